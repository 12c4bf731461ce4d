//! Changing profiles. What people wrote into the file stays as they wrote it, comments and order included.

mod document;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use self::document::ProfileDocument;
use super::keyring::KeyringTrouble;
use super::secret_store::NotForgotten;
use super::{Config, ProfileName, ProfileSecret, SecretPlace, SecretStore, own_file};
use crate::environment::Environment;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::private_file;
use crate::secret_input::Secret;
use crate::settings::Setting;

/// How many links are followed from one file to the next.
const MOST_LINKS: usize = 16;

/// The file with the profiles, while nobody else changes it. Whoever only reads it is not held up.
///
/// Opening it shows that the folder can be written to: whoever gets a secret from elsewhere that must not be lost opens
/// it before. [`Self::save`] then keeps the secret and writes the entries. A secret comes as [`NewPlace::Kept`].
pub(crate) struct ProfileEditor {
    path: PathBuf,
    config: Config,
    document: ProfileDocument,
    _lock: File,
}

/// What shall be changed in a profile. What is not named stays as it is.
#[derive(Default)]
pub(crate) struct ProfileChanges {
    /// Settings that are taken out, before others are set.
    pub(crate) unset: Vec<&'static Setting>,
    /// Settings with their new texts, each of which can be read.
    pub(crate) settings: Vec<(&'static Setting, String)>,
    /// Where secrets are from now on.
    pub(crate) secrets: Vec<(ProfileSecret, NewPlace)>,
    /// The store that secrets shall be kept in; otherwise the keyring, and where that can not be used, a file.
    pub(crate) store: Option<SecretStore>,
}

/// Where a secret is from now on.
pub(crate) enum NewPlace {
    /// What a command of the shell prints.
    Command(String),
    /// The content of somebody's file, named from the root.
    File(String),
    /// An environment variable.
    Variable(String),
    /// A store of this program, which is to keep this value.
    Kept(Secret),
}

/// What was changed.
pub(crate) struct Saved {
    /// Whether there was no such profile before.
    pub(crate) is_new: bool,
    /// Whether it is now the profile that is used where none is named, and was not before.
    pub(crate) became_default: bool,
    /// What is good to know, in sentences for people.
    pub(crate) notes: Vec<String>,
}

/// What was taken away.
pub(crate) struct Removed {
    /// Whether it was the profile that is used where none is named.
    pub(crate) was_default: bool,
    /// The secrets that were forgotten.
    pub(crate) forgotten: Vec<ProfileSecret>,
    /// What is good to know, in sentences for people.
    pub(crate) notes: Vec<String>,
}

impl ProfileChanges {
    /// Whether nothing shall be changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.unset.is_empty() && self.settings.is_empty() && self.secrets.is_empty()
    }
}

impl ProfileEditor {
    /// Waits until nobody else changes the profiles, and reads them.
    pub(crate) fn open(environment: Environment) -> Result<Self, Failure> {
        let path = Config::path(environment).ok_or_else(|| {
            Failure::usage("there is no place for profiles").with_hint("Set HOME or KALTURA_CONFIG_DIR.")
        })?;
        let lock = private_file::lock(&path.with_file_name("config.lock")).map_err(|error| {
            let message = format!("the profiles in {} can not be changed", path.display());
            Failure::new(ExitCode::Local, message)
                .caused_by(&error)
                .with_hint("See to it that you can write there, or set KALTURA_CONFIG_DIR to another folder.")
        })?;
        let (config, document) = read(&path)?;
        Ok(Self { path, config, document, _lock: lock })
    }

    /// Reads the file again: a person may have edited it since it was opened.
    fn reread(&mut self) -> Result<(), Failure> {
        (self.config, self.document) = read(&self.path)?;
        Ok(())
    }

    /// The profiles as they are now.
    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a profile, or changes the one that has this name: keeps the secrets that are given, and writes the
    /// entries. The first profile becomes the one that is used where none is named. Secrets that were kept elsewhere
    /// until now are forgotten there. The notes of the answer must be told: they say where a secret is in clear text.
    pub(crate) fn save(&mut self, name: &ProfileName, changes: &ProfileChanges) -> Result<Saved, Failure> {
        self.reread()?;
        self.config.refuse_namesake(name)?;
        let old = self.places(name, changes);
        let is_new = self.config.find(name.as_str()).is_none();
        let becomes_default = self.config.profiles().next().is_none() && self.config.default_name().is_none();

        let (mut kept, mut notes) = (Vec::new(), Vec::new());
        let put = self.put(name, changes, &mut kept, &mut notes);
        if becomes_default {
            self.document.set_default(name);
        }
        if let Err(failure) = put.and_then(|()| self.write()) {
            // Nobody would know of these secrets, or they would be taken for those that were there before.
            kept.iter().for_each(|kept| kept.undo());
            return Err(failure);
        }
        let now = self.places(name, changes);
        for (secret, place) in old.iter().filter(|old| !now.contains(old)) {
            if let Err(reason) = place.forget() {
                notes.push(left_behind(*secret, &reason));
            }
        }
        Ok(Saved { is_new, became_default: becomes_default, notes })
    }

    /// Keeps what is to be kept, and changes the text.
    fn put(
        &mut self,
        name: &ProfileName,
        changes: &ProfileChanges,
        kept: &mut Vec<Replaced>,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        for setting in &changes.unset {
            self.document.unset(name, setting);
        }
        for (setting, text) in &changes.settings {
            self.document.set(name, setting, text);
        }
        for (secret, place) in &changes.secrets {
            let [command, file, variable, store] = secret.entries();
            let (entry, text) = match place {
                NewPlace::Command(text) => (command, text.as_str()),
                NewPlace::File(text) => (file, text.as_str()),
                NewPlace::Variable(text) => (variable, text.as_str()),
                NewPlace::Kept(value) => {
                    let before = self.kept_before(name, *secret);
                    let now = SecretStore::keep(changes.store, self.folder(), name, *secret, value)?;
                    let place = now.store.place(self.folder(), name, *secret);
                    notes.extend(now.instead_of_keyring.map(|why| note_of_file(*secret, &place, &why)));
                    kept.push(Replaced { place, before });
                    (store, now.store.as_str())
                }
            };
            self.document.set_place(name, *secret, entry, text);
        }
        Ok(())
    }

    /// The secret that a store of this program keeps for the profile until now, and where.
    fn kept_before(&self, name: &ProfileName, secret: ProfileSecret) -> Option<(SecretPlace, Secret)> {
        let place = self.config.find(name.as_str()).and_then(|profile| profile.place_of(secret));
        let value = match &place {
            // What can not be had can not be put back either.
            Some(SecretPlace::Keyring(item)) => item.secret().ok().flatten(),
            Some(SecretPlace::OwnFile(path)) => own_file::read(path).ok().flatten(),
            _ => None,
        };
        place.zip(value)
    }

    /// Makes a profile the one that is used where none is named.
    pub(crate) fn make_default(&mut self, name: &str) -> Result<(), Failure> {
        self.reread()?;
        let Some(profile) = self.config.find(name) else { return Err(self.config.unknown(name)) };
        self.document.set_default(profile.name());
        self.write()
    }

    /// Takes a profile away, and the secrets of it that this program keeps.
    pub(crate) fn remove(&mut self, name: &str) -> Result<Removed, Failure> {
        self.reread()?;
        let Some(profile) = self.config.find(name) else { return Err(self.config.unknown(name)) };
        let was_default = self.config.default_name() == Some(name);
        let mut removed = Removed { was_default, forgotten: Vec::new(), notes: Vec::new() };
        // The secrets first: should this be killed here, the profile still tells of them.
        for secret in ProfileSecret::ALL {
            match profile.place_of(secret).map(|place| place.forget()) {
                Some(Ok(true)) => removed.forgotten.push(secret),
                Some(Err(reason)) => removed.notes.push(left_behind(secret, &reason)),
                Some(Ok(false)) | None => {}
            }
        }
        self.document.remove(name);
        self.write()?;
        Ok(removed)
    }

    /// The places of the secrets that are about to be changed, as they are now.
    fn places(&self, name: &ProfileName, changes: &ProfileChanges) -> Vec<(ProfileSecret, SecretPlace)> {
        let Some(profile) = self.config.find(name.as_str()) else { return Vec::new() };
        let secrets = changes.secrets.iter();
        secrets.filter_map(|(secret, _)| Some((*secret, profile.place_of(*secret)?))).collect()
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Writes the file as a whole, once it is sure that it can be read again.
    fn write(&mut self) -> Result<(), Failure> {
        let text = self.document.text();
        let config = Config::of_text(&self.path, &text)?;
        private_file::replace(&behind_links(&self.path), text.as_bytes()).map_err(|error| {
            let message = format!("the profiles can not be written to {}", self.path.display());
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })?;
        self.config = config;
        Ok(())
    }
}

/// A secret that was kept in the place of another one.
struct Replaced {
    place: SecretPlace,
    /// The one before it, and where that was.
    before: Option<(SecretPlace, Secret)>,
}

impl Replaced {
    /// Puts back what was there. It is tried after something else has failed, which is what is told.
    fn undo(&self) {
        match (&self.place, &self.before) {
            (SecretPlace::Keyring(item), Some((place, value))) if *place == self.place => {
                let _ = item.keep(value);
            }
            (SecretPlace::OwnFile(path), Some((place, value))) if *place == self.place => {
                let _ = own_file::keep(path, value);
            }
            (place, _) => {
                let _ = place.forget();
            }
        }
    }
}

/// The file, as it is and as it can be changed.
fn read(path: &Path) -> Result<(Config, ProfileDocument), Failure> {
    let text = Config::text(path)?;
    Ok((Config::of_text(path, &text)?, ProfileDocument::parse(&text)?))
}

/// The file that a link leads to, so that the link stays one.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(&path).join(target);
    }
    path
}

fn note_of_file(secret: ProfileSecret, place: &SecretPlace, why: &KeyringTrouble) -> String {
    let file = match place {
        SecretPlace::OwnFile(path) => path.display().to_string(),
        _ => String::new(),
    };
    let what = secret.what();
    format!("{what} is kept in clear text in the file {file}, which only you can read: {why}")
}

fn left_behind(secret: ProfileSecret, reason: &NotForgotten) -> String {
    format!("{} could not be taken away from where it was kept: {reason}", secret.what())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_writes_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let lock = private_file::lock(&folder.path().join("config.lock")).unwrap();
        let (config, document) = read(&path).unwrap();
        let mut editor = ProfileEditor { path: path.clone(), config, document, _lock: lock };
        fs::write(&path, "# mine\n[profiles.byhand]\npartner_id = 7\n").unwrap();

        let settings = vec![(&Setting::PARTNER_ID, "8".to_owned())];
        let changes = ProfileChanges { settings, ..ProfileChanges::default() };
        editor.save(&"work".parse().unwrap(), &changes).unwrap();
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.starts_with("# mine\n[profiles.byhand]\npartner_id = 7\n"), "{after}");
        assert!(after.contains("[profiles.work]\npartner_id = 8\n"), "{after}");
    }
}
