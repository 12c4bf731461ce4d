//! Changing profiles. What people wrote into the file stays as they wrote it, comments and order included.

mod change;
mod document;
mod kept_secrets;
mod unsettled;

use std::fs::File;
use std::path::{Path, PathBuf};

pub(crate) use self::change::{NewPlace, ProfileChanges};
use self::change::{Removed, Saved};
use self::document::ProfileDocument;
use self::kept_secrets::KeptSecrets;
use self::unsettled::Unsettled;
use super::store_slot::StoreSlot;
use super::{Config, ProfileName, ProfileSecret};
use crate::config::{Environment, paths};
use crate::error::{ExitCode, Failure};
use crate::files;
use crate::files::{Stranger, behind_links};
use crate::output::Ui;

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

impl ProfileEditor {
    /// Waits until nobody else changes the profiles, and reads them.
    pub(crate) fn open(ui: &Ui, environment: &Environment) -> Result<Self, Failure> {
        let path = Config::path(environment).ok_or_else(|| {
            Failure::usage("there is no place for profiles").with_hint("Set HOME or KALTURA_CONFIG_DIR.")
        })?;
        let folder = path.parent().unwrap_or(&path);
        if let Some(stranger) = Stranger::with_folder(folder, environment) {
            let message = format!("the profiles in {} would be those of {stranger}", path.display());
            return Err(Failure::usage(message).with_hint(stranger.remedy(paths::SETTINGS_VARIABLE)));
        }
        let lock = files::lock(ui, &path.with_file_name("config.lock")).map_err(|error| {
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
    ///
    /// Killed at any moment, the profile is as it was, secrets included, or as it shall be. What is left over then is
    /// cleared away by the next change.
    pub(crate) fn save(&mut self, name: &ProfileName, changes: &ProfileChanges) -> Result<Saved, Failure> {
        self.reread()?;
        self.config.refuse_namesake(name)?;
        let folder = self.folder().to_owned();
        let is_new = self.config.find(name.as_str()).is_none();
        let becomes_default = self.config.profiles().next().is_none() && self.config.default_name().is_none();

        let changed = changes.secrets.iter().map(|(secret, _)| *secret);
        let mut kept = KeptSecrets::begin(&folder, name, &self.config, changed)?;
        let put = self.put(name, changes, &mut kept);
        if becomes_default {
            self.document.set_default(name);
        }
        if let Err(failure) = put.and_then(|()| self.write()) {
            // Nobody would know of these secrets, or they would be taken for those that were there before.
            kept.undo(&self.config);
            return Err(failure);
        }
        let notes = kept.settle(&self.config);
        Ok(Saved { is_new, became_default: becomes_default, notes })
    }

    /// Keeps what is to be kept, and changes the text.
    fn put(
        &mut self,
        name: &ProfileName,
        changes: &ProfileChanges,
        kept: &mut KeptSecrets<'_>,
    ) -> Result<(), Failure> {
        for setting in &changes.unset {
            self.document.unset(name, setting);
        }
        for (setting, text) in &changes.settings {
            self.document.set(name, setting, text);
        }
        // Whose secrets they are from now on.
        let next = Config::of_text(&self.path, &self.document.text())?;
        let (before, next) = (self.config.find(name.as_str()), next.find(name.as_str()));
        for (secret, place) in &changes.secrets {
            let [command, file, variable, store] = secret.entries();
            let slot;
            let (entry, text) = match place {
                NewPlace::Command(text) => (command, text.as_str()),
                NewPlace::File(text) => (file, text.as_str()),
                NewPlace::Variable(text) => (variable, text.as_str()),
                NewPlace::Kept(value) => {
                    let number = next.map_or(StoreSlot::FIRST, |next| next.number_for(*secret, before));
                    slot = kept.keep(changes.store, number, *secret, value)?.to_string();
                    (store, slot.as_str())
                }
            };
            self.document.set_place(name, *secret, entry, text);
        }
        Ok(())
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
        let (mut unsettled, notes) = Unsettled::begin(self.folder(), &self.config);
        let mut removed = Removed { was_default, forgotten: Vec::new(), notes };
        // The secrets first: should this be killed here, the profile still tells of them.
        for secret in ProfileSecret::ALL {
            let Some(slot) = profile.slot_of(secret) else { continue };
            match slot.place(self.folder(), profile.name(), secret).forget() {
                Ok(true) => removed.forgotten.push(secret),
                Ok(false) => {}
                Err(reason) => removed.notes.push(unsettled.leave(profile.name(), secret, slot, &reason)?),
            }
        }
        self.document.remove(name);
        self.write()?;
        removed.notes.extend(unsettled.end(&self.config));
        Ok(removed)
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Writes the file as a whole, once it is sure that it can be read again.
    fn write(&mut self) -> Result<(), Failure> {
        let text = self.document.text();
        let config = Config::of_text(&self.path, &text)?;
        files::replace(&behind_links(&self.path), text.as_bytes()).map_err(|error| {
            let message = format!("the profiles can not be written to {}", self.path.display());
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })?;
        self.config = config;
        Ok(())
    }
}

/// The file, as it is and as it can be changed.
fn read(path: &Path) -> Result<(Config, ProfileDocument), Failure> {
    let text = Config::text(path)?;
    Ok((Config::of_text(path, &text)?, ProfileDocument::parse(&text)?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::Setting;

    #[test]
    fn what_a_person_writes_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let lock = files::lock(&Ui::silent(), &folder.path().join("config.lock")).unwrap();
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
