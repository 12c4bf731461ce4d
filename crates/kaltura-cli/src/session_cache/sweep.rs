//! Clearing away what is over: sessions that have ended, and the files of those that never came to be.
//!
//! It is done by who has just logged in, never by who takes a session from the cache; and it looks at a few files
//! only, each time at others, so that it stays cheap however many there are.

use std::path::Path;

use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;

use super::TokenFolder;
use crate::output::Ui;
use crate::time;

/// At how many sessions, and empty folders, to look at most.
const MOST: usize = 100;

/// Clears away some of what is over, in the folder of a token and in those beside it. What can not be cleared away
/// stays: that harms nobody.
pub(super) fn around(ui: &Ui, own: &Path) {
    let mut folders = own.parent().and_then(|cache| TokenFolder::all_in(cache).ok()).unwrap_or_default();
    let chance = usize::try_from(SystemClock::new().unix_time().subsec_nanos()).unwrap_or_default();
    begin_at(chance, &mut folders);
    // The own folder is the one that is written to.
    folders.sort_by_key(|folder| !folder.is_at(own));
    let (now, mut left) = (time::now(), MOST);
    for folder in folders {
        let mut sessions = folder.sessions().unwrap_or_default();
        begin_at(chance, &mut sessions);
        sessions.iter().take(left).for_each(|session| session.clear_if_over(ui, now));
        folder.remove_if_empty();
        left = left.saturating_sub(sessions.len().max(1));
        if left == 0 {
            return;
        }
    }
}

/// Begins anywhere.
fn begin_at<T>(chance: usize, all: &mut [T]) {
    all.rotate_left(chance.checked_rem(all.len()).unwrap_or_default());
}
