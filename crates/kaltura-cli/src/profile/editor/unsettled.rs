//! The places in stores that a change is about to put a secret into or to take one from, noted until it is done. If it
//! is killed, the next change finds there what is to be cleared away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::left_behind;
use crate::private_file;
use crate::profile::store_slot::StoreSlot;
use crate::profile::{Config, ProfileName, ProfileSecret};

/// The note, a file beside the profiles. A line of it is like `work token_store file-2`.
pub(super) struct Unsettled {
    path: PathBuf,
    lines: Vec<String>,
}

impl Unsettled {
    /// A note of nothing, in the folder with the profiles. The caller holds their lock.
    pub(super) fn begin(folder: &Path) -> Self {
        Self { path: path(folder), lines: Vec::new() }
    }

    /// Notes one more place. It is on disk before anything else is done.
    pub(super) fn add(
        &mut self,
        name: &ProfileName,
        secret: ProfileSecret,
        slot: StoreSlot,
    ) -> io::Result<()> {
        self.lines.push(format!("{name} {} {slot}\n", secret.store_entry()));
        private_file::replace(&self.path, self.lines.concat().as_bytes())
    }

    /// Takes back the last place, which nothing was put into. It is still on disk until the next one is noted.
    pub(super) fn withdraw(&mut self) {
        self.lines.pop();
    }

    /// It is done.
    pub(super) fn end(self) {
        // If it stays, the next change finds nothing to do.
        let _ = private_file::remove_all(&self.path);
    }
}

/// Clears away what a change that was killed has left, and says what can not be. A place that a profile names keeps
/// its secret. The caller holds the lock of the profiles.
pub(super) fn settle(folder: &Path, config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    // Without a note, there is nothing to do; one that is not whole was never put in its place.
    let Ok(text) = fs::read_to_string(path(folder)) else { return notes };
    for (name, secret, slot) in text.lines().filter_map(entry) {
        let place = slot.place(folder, &name, secret);
        let named = config.find(name.as_str()).and_then(|profile| profile.place_of(secret));
        let done =
            if named.as_ref() == Some(&place) { place.forget_half() } else { place.forget().map(drop) };
        notes.extend(done.err().map(|reason| left_behind(secret, &reason)));
    }
    let _ = private_file::remove_all(&path(folder));
    notes
}

fn path(folder: &Path) -> PathBuf {
    folder.join("config.unsettled")
}

fn entry(line: &str) -> Option<(ProfileName, ProfileSecret, StoreSlot)> {
    let mut words = line.split(' ');
    let (name, entry, slot) = (words.next()?, words.next()?, words.next()?);
    let secret = ProfileSecret::ALL.into_iter().find(|secret| secret.store_entry() == entry)?;
    Some((name.parse().ok()?, secret, slot.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{SecretPlace, SecretStore};

    const SECRET: ProfileSecret = ProfileSecret::AppToken;

    fn slot(number: u32) -> StoreSlot {
        StoreSlot { store: SecretStore::File, number }
    }

    #[test]
    fn what_no_profile_names_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let name: ProfileName = "work".parse().unwrap();
        let places: Vec<SecretPlace> =
            (1..4).map(|number| slot(number).place(folder.path(), &name, SECRET)).collect();
        let path_of = |place: &SecretPlace| match place {
            SecretPlace::OwnFile(path) => path.clone(),
            _ => unreachable!(),
        };
        for place in &places {
            place.keep("hush").unwrap();
        }
        let half = private_file::beside(&path_of(&places[1]));
        fs::write(&half, "hu").unwrap();

        let mut unsettled = Unsettled::begin(folder.path());
        unsettled.add(&name, SECRET, slot(1)).unwrap();
        unsettled.add(&name, SECRET, slot(2)).unwrap();
        let config = folder.path().join("config.toml");
        let config = Config::of_text(&config, "[profiles.work]\ntoken_store = 'file-2'\n").unwrap();
        assert_eq!(settle(folder.path(), &config), Vec::<String>::new());
        // The third one was not noted.
        assert_eq!(
            places.iter().map(|place| path_of(place).exists()).collect::<Vec<_>>(),
            [false, true, true]
        );
        assert!(!half.exists());
        assert!(!path(folder.path()).exists());
    }

    #[test]
    fn what_is_no_entry_is_passed_over() {
        for line in [
            "",
            "work",
            "work token_store",
            "../x token_store file",
            "work token_file file",
            "work token_store x",
        ] {
            assert!(entry(line).is_none(), "{line}");
        }
        assert!(entry("work admin_secret_store keyring-2").is_some());
    }
}
