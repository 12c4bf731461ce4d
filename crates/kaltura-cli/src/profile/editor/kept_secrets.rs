//! The secrets that one change puts into stores of this program.

use std::path::Path;

use super::unsettled::Unsettled;
use crate::error::Failure;
use crate::profile::keyring::KeyringTrouble;
use crate::profile::secret_place::NotKept;
use crate::profile::store_slot::StoreSlot;
use crate::profile::{Config, Profile, ProfileName, ProfileSecret, SecretPlace, SecretStore};
use crate::secret_input::Secret;

/// What has been put into stores so far, so that it can be undone; and what was there before.
pub(super) struct KeptSecrets<'a> {
    folder: &'a Path,
    name: &'a ProfileName,
    unsettled: Unsettled,
    /// Where the secrets that are changed were until now.
    old: Vec<SecretPlace>,
    new: Vec<SecretPlace>,
    /// Secrets that were in the place of a new one.
    overwritten: Vec<(SecretPlace, Secret)>,
    notes: Vec<String>,
}

impl<'a> KeptSecrets<'a> {
    /// Begins with the profiles as they are, and the secrets that are about to be changed in one of them.
    pub(super) fn begin(
        folder: &'a Path,
        name: &'a ProfileName,
        config: &Config,
        changed: impl Iterator<Item = ProfileSecret>,
    ) -> Result<Self, Failure> {
        let (unsettled, notes) = Unsettled::begin(folder, config);
        let (old, new, overwritten) = (Vec::new(), Vec::new(), Vec::new());
        let before = config.find(name.as_str());
        let mut kept = Self { folder, name, unsettled, old, new, overwritten, notes };
        for secret in changed {
            if let Some(slot) = before.and_then(|before: &Profile| before.slot_of(secret)) {
                kept.unsettled.add(name, secret, slot)?;
                kept.old.push(slot.place(folder, name, secret));
            }
        }
        Ok(kept)
    }

    /// Keeps a secret: in the store that is wished; else in the keyring, and where that can not be used, in a file.
    pub(super) fn keep(
        &mut self,
        wished: Option<SecretStore>,
        number: u32,
        secret: ProfileSecret,
        value: &str,
    ) -> Result<StoreSlot, Failure> {
        let slot = StoreSlot { store: wished.unwrap_or(SecretStore::Keyring), number };
        match (self.put(slot, secret, value)?, wished) {
            (Ok(()), _) => Ok(slot),
            (Err(NotKept::Keyring(trouble)), None) => {
                let slot = StoreSlot { store: SecretStore::File, number };
                self.put(slot, secret, value)?.map_err(|not_kept| not_kept.into_failure(secret.what()))?;
                self.notes.push(note_of_file(secret, &slot.place(self.folder, self.name, secret), &trouble));
                Ok(slot)
            }
            (Err(not_kept), _) => Err(not_kept.into_failure(secret.what())),
        }
    }

    fn put(
        &mut self,
        slot: StoreSlot,
        secret: ProfileSecret,
        value: &str,
    ) -> Result<Result<(), NotKept>, Failure> {
        let place = slot.place(self.folder, self.name, secret);
        let is_old = self.old.contains(&place);
        if is_old {
            self.overwritten.extend(place.kept().map(|value| (place.clone(), value)));
        } else {
            self.unsettled.add(self.name, secret, slot)?;
        }
        let outcome = place.keep(value);
        match &outcome {
            Ok(()) => self.new.push(place),
            Err(_) if is_old => {}
            Err(_) => self.unsettled.withdraw(),
        }
        Ok(outcome)
    }

    /// The profile is written: what is not there any more is forgotten. Says what is good to know, in sentences for
    /// people.
    pub(super) fn settle(mut self, now: &Config) -> Vec<String> {
        self.notes.extend(self.unsettled.end(now));
        self.notes
    }

    /// Puts back what was there. It is tried after something else has failed, which is what is told.
    pub(super) fn undo(self, before: &Config) {
        for place in &self.new {
            let _ = match self.overwritten.iter().find(|(overwritten, _)| overwritten == place) {
                Some((_, value)) => place.keep(value).is_ok(),
                None if self.old.contains(place) => place.forget().is_ok(),
                // It is noted, and the profiles do not name it.
                None => continue,
            };
        }
        self.unsettled.end(before);
    }
}

fn note_of_file(secret: ProfileSecret, place: &SecretPlace, why: &KeyringTrouble) -> String {
    let file = match place {
        SecretPlace::OwnFile(path) => path.display().to_string(),
        _ => String::new(),
    };
    let what = secret.what();
    format!("{what} is kept in clear text in the file {file}, which only you can read: {why}")
}
