//! The places in stores that a change is about to put a secret into or to take one from, noted until it is done. If it
//! is killed, the next change finds there what is to be cleared away. What could not be cleared away stays noted: nothing
//! else knows of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{ExitCode, Failure};
use crate::files;
use crate::profile::secret_place::NotForgotten;
use crate::profile::store_slot::StoreSlot;
use crate::profile::{Config, ProfileName, ProfileSecret, SecretPlace};

/// The note, a file beside the profiles. A line of it is like `work token_store file-2`.
pub(super) struct Unsettled {
    folder: PathBuf,
    /// What earlier changes have left behind, and could not be cleared away.
    left: Vec<Entry>,
    /// What this change is about.
    entries: Vec<Entry>,
}

/// A secret of a profile, and where in a store it is.
type Entry = (ProfileName, ProfileSecret, StoreSlot);

impl Unsettled {
    /// Clears away what earlier changes have left behind, and says what can not be. The caller holds the lock of the
    /// profiles.
    pub(super) fn begin(folder: &Path, config: &Config) -> (Self, Vec<String>) {
        // One that is not whole was never put in its place.
        let text = fs::read_to_string(path(folder)).unwrap_or_default();
        let entries = text.lines().filter_map(entry).collect();
        let mut unsettled = Self { folder: folder.to_owned(), left: Vec::new(), entries };
        let notes = unsettled.clear_away(config);
        if unsettled.text() != text {
            unsettled.tidy();
        }
        (unsettled, notes)
    }

    /// Notes one more place. It is on disk before anything else is done.
    pub(super) fn add(
        &mut self,
        name: &ProfileName,
        secret: ProfileSecret,
        slot: StoreSlot,
    ) -> Result<(), Failure> {
        self.entries.push((name.clone(), secret, slot));
        self.write()
    }

    /// Notes a place that can not be cleared away now, and says so. It is on disk before the profile goes.
    pub(super) fn leave(
        &mut self,
        name: &ProfileName,
        secret: ProfileSecret,
        slot: StoreSlot,
        reason: &NotForgotten,
    ) -> Result<String, Failure> {
        let entry = (name.clone(), secret, slot);
        let note = left_behind(&self.folder, &entry, &slot.place(&self.folder, name, secret), reason);
        self.left.push(entry);
        self.write().map(|()| note)
    }

    /// Takes back the last place, which nothing was put into. It is still on disk until the next one is noted.
    pub(super) fn withdraw(&mut self) {
        self.entries.pop();
    }

    /// It is done: what no profile names any more is cleared away. Says what can not be.
    pub(super) fn end(mut self, config: &Config) -> Vec<String> {
        let notes = self.clear_away(config);
        self.tidy();
        notes
    }

    /// Takes secrets from where no profile names them. A place that a profile names keeps its secret.
    fn clear_away(&mut self, config: &Config) -> Vec<String> {
        let mut notes = Vec::new();
        let place = |(name, secret, slot): &Entry| slot.place(&self.folder, name, *secret);
        let is_named = |entry: &Entry| {
            let named = config.find(entry.0.as_str()).and_then(|profile| profile.place_of(entry.1));
            named == Some(place(entry))
        };
        self.left.retain(|entry| !is_named(entry));
        for entry in std::mem::take(&mut self.entries) {
            let done = if is_named(&entry) {
                place(&entry).forget_half()
            } else if self.left.contains(&entry) {
                // It was tried a moment ago.
                continue;
            } else {
                place(&entry).forget().map(drop)
            };
            if let Err(reason) = done {
                notes.push(left_behind(&self.folder, &entry, &place(&entry), &reason));
                self.left.push(entry);
            }
        }
        notes
    }

    fn text(&self) -> String {
        let lines = self.left.iter().chain(&self.entries);
        lines.map(|(name, secret, slot)| format!("{name} {} {slot}\n", secret.store_entry())).collect()
    }

    fn write(&self) -> Result<(), Failure> {
        let path = path(&self.folder);
        files::replace(&path, self.text().as_bytes()).map_err(|error| {
            let (folder, file) = (self.folder.display(), path.display());
            let message =
                format!("the profiles in {folder} can not be changed: the file {file} can not be written");
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })
    }

    /// If more of the file stays than is left, the next change finds nothing to do there.
    fn tidy(&self) {
        let _ = if self.left.is_empty() {
            files::remove_all(&path(&self.folder)).is_ok()
        } else {
            self.write().is_ok()
        };
    }
}

fn left_behind(
    folder: &Path,
    (name, secret, _): &Entry,
    place: &SecretPlace,
    reason: &NotForgotten,
) -> String {
    let place = match place {
        SecretPlace::Keyring(item) => format!("the keyring ({} of {})", item.account, item.service),
        SecretPlace::OwnFile(path) => format!("the file {}", path.display()),
        SecretPlace::Command(_) | SecretPlace::File(_) | SecretPlace::Variable(_) => String::new(),
    };
    format!(
        "{} of the profile {name} could not be taken away from {place}: {reason}; the next change of a profile tries \
         it again, as long as it is noted in {}",
        secret.what(),
        path(folder).display()
    )
}

fn path(folder: &Path) -> PathBuf {
    folder.join("config.unsettled")
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let (name, entry, slot) = (words.next()?, words.next()?, words.next()?);
    let secret = ProfileSecret::ALL.into_iter().find(|secret| secret.store_entry() == entry)?;
    Some((name.parse().ok()?, secret, slot.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::SecretStore;

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
        let half = files::beside(&path_of(&places[1]));
        fs::write(&half, "hu").unwrap();

        let (mut unsettled, _) =
            Unsettled::begin(folder.path(), &Config::of_text(&path(folder.path()), "").unwrap());
        unsettled.add(&name, SECRET, slot(1)).unwrap();
        unsettled.add(&name, SECRET, slot(2)).unwrap();
        let config = folder.path().join("config.toml");
        let config = Config::of_text(&config, "[profiles.work]\ntoken_store = 'file-2'\n").unwrap();
        // It is killed here.
        drop(unsettled);
        assert_eq!(Unsettled::begin(folder.path(), &config).1, Vec::<String>::new());
        // The third one was not noted.
        assert_eq!(
            places.iter().map(|place| path_of(place).exists()).collect::<Vec<_>>(),
            [false, true, true]
        );
        assert!(!half.exists());
        assert!(!path(folder.path()).exists());
    }

    #[test]
    fn what_can_not_be_cleared_away_stays_noted() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::of_text(&folder.path().join("config.toml"), "").unwrap();
        let begin = || Unsettled::begin(folder.path(), &config);
        let noted = || fs::read_to_string(path(folder.path())).unwrap_or_default();
        let name: ProfileName = "work".parse().unwrap();
        // A folder is no secret that could be taken away.
        let secret = folder.path().join("secrets/work.app-token-2");
        fs::create_dir_all(&secret).unwrap();

        let (mut first, _) = begin();
        first.add(&name, SECRET, slot(2)).unwrap();
        first.add(&name, SECRET, slot(1)).unwrap();
        let notes = first.end(&config);
        let said = format!(
            "the value of the app token of the profile work could not be taken away from the file {}: ",
            secret.display()
        );
        assert!(notes.len() == 1 && notes[0].starts_with(&said), "{notes:?}");
        assert_eq!(noted(), "work token_store file-2\n");

        // The next one tells of it once, and notes what it does beside it.
        let (mut next, notes) = begin();
        assert!(notes.len() == 1 && notes[0].starts_with(&said), "{notes:?}");
        next.add(&name, SECRET, slot(3)).unwrap();
        next.add(&name, SECRET, slot(2)).unwrap();
        assert!(noted().starts_with("work token_store file-2\nwork token_store file-3\n"), "{}", noted());
        next.withdraw();
        assert_eq!(next.end(&config), Vec::<String>::new());
        assert_eq!(noted(), "work token_store file-2\n");

        fs::remove_dir(&secret).unwrap();
        assert_eq!(begin().1, Vec::<String>::new());
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
