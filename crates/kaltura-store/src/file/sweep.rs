//! Removes the files of sessions and backoffs that have ended, and those that a killed process left unfinished.
//!
//! The process that has just stored a session does it, and looks at a few files only, each time at others: so it
//! stays cheap however many there are.

use std::time::Duration;

use kaltura_auth::store::StoreKey;

use super::clock::{Clock, Timestamp};
use super::folder::{PrivateFolder, is_unfinished};
use super::lease::{Attempt, Leases};
use super::{BACKOFF, SESSION, entry};

/// How many files to look at.
const MAX_FILES: usize = 100;

/// For how long a file may be unfinished before its process counts as dead.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// What cannot be removed stays: that harms no one.
pub(super) fn some(folder: &PrivateFolder, leases: &Leases, clock: &dyn Clock) {
    let mut names = folder.names().unwrap_or_default();
    names.retain(|name| name.ends_with(SESSION) || name.ends_with(BACKOFF) || is_unfinished(name));
    let start = usize::try_from(clock.now().store_time().as_millis()).unwrap_or_default();
    let count = names.len();
    names.rotate_left(start.checked_rem(count).unwrap_or_default());
    for name in names.iter().take(MAX_FILES) {
        if is_unfinished(name) {
            folder.remove_older_than(name, UNFINISHED_FOR);
        } else {
            remove_if_ended(folder, leases, clock, name);
        }
    }
}

fn remove_if_ended(folder: &PrivateFolder, leases: &Leases, clock: &dyn Clock, name: &str) {
    let Some(key) = name.split_once('.').and_then(|(key, _)| StoreKey::from_hex(key)) else { return };
    if !has_ended(folder, &key, name, &clock.now()) {
        return;
    }
    // The process that logs in for this key stores the next session, which is not to be removed.
    if let Ok(Attempt::Taken(_lease)) = leases.take(folder, clock, &key, 0)
        && has_ended(folder, &key, name, &clock.now())
    {
        let _ = folder.remove(name);
    }
}

/// A file that cannot be read is left for its process, which reports it.
fn has_ended(folder: &PrivateFolder, key: &StoreKey, name: &str, now: &Timestamp) -> bool {
    let Ok(Some(text)) = folder.read(name) else { return false };
    if name.ends_with(SESSION) {
        entry::read_session(key, now, &text).is_ok_and(|session| session.is_none())
    } else {
        entry::read_backoff(key, now, &text).is_ok_and(|backoff| backoff.is_none())
    }
}
