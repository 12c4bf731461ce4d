//! The secrets that one change puts into stores of this program.

use std::path::Path;

use super::left_behind;
use super::unsettled::Unsettled;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::profile::keyring::KeyringTrouble;
use crate::profile::secret_place::NotKept;
use crate::profile::store_slot::StoreSlot;
use crate::profile::{Profile, ProfileName, ProfileSecret, SecretPlace, SecretStore};
use crate::secret_input::Secret;

/// What has been put into stores so far, so that it can be undone; and what was there before.
pub(super) struct KeptSecrets<'a> {
    folder: &'a Path,
    name: &'a ProfileName,
    unsettled: Unsettled,
    /// Where the secrets that are changed were until now.
    old: Vec<(ProfileSecret, SecretPlace)>,
    new: Vec<SecretPlace>,
    /// Secrets that were in the place of a new one.
    overwritten: Vec<(SecretPlace, Secret)>,
    /// What is good to know, in sentences for people.
    pub(super) notes: Vec<String>,
}

impl<'a> KeptSecrets<'a> {
    /// Begins with the profile as it is, if it is there, and the secrets that are about to be changed in it.
    pub(super) fn begin(
        folder: &'a Path,
        name: &'a ProfileName,
        before: Option<&Profile>,
        changed: impl Iterator<Item = ProfileSecret>,
    ) -> Result<Self, Failure> {
        let unsettled = Unsettled::begin(folder);
        let (old, new, overwritten, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut kept = Self { folder, name, unsettled, old, new, overwritten, notes };
        for secret in changed {
            if let Some(slot) = before.and_then(|before| before.slot_of(secret)) {
                kept.note(secret, slot)?;
                kept.old.push((secret, slot.place(folder, name, secret)));
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
        let is_old = self.old.iter().any(|(_, old)| *old == place);
        if is_old {
            self.overwritten.extend(place.kept().map(|value| (place.clone(), value)));
        } else {
            self.note(secret, slot)?;
        }
        let outcome = place.keep(value);
        match &outcome {
            Ok(()) => self.new.push(place),
            Err(_) if is_old => {}
            Err(_) => self.unsettled.withdraw(),
        }
        Ok(outcome)
    }

    fn note(&mut self, secret: ProfileSecret, slot: StoreSlot) -> Result<(), Failure> {
        self.unsettled.add(self.name, secret, slot).map_err(|error| {
            let message = format!("the profiles in {} can not be changed", self.folder.display());
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })
    }

    /// The profile is written: what is not there any more is forgotten.
    pub(super) fn settle(mut self, now: Option<&Profile>) -> Vec<String> {
        for (secret, place) in &self.old {
            if now.and_then(|now| now.place_of(*secret)).as_ref() != Some(place)
                && let Err(reason) = place.forget()
            {
                self.notes.push(left_behind(*secret, &reason));
            }
        }
        self.unsettled.end();
        self.notes
    }

    /// Puts back what was there. It is tried after something else has failed, which is what is told.
    pub(super) fn undo(self) {
        for place in &self.new {
            let _ = match self.overwritten.iter().find(|(overwritten, _)| overwritten == place) {
                Some((_, value)) => place.keep(value).is_ok(),
                None => place.forget().is_ok(),
            };
        }
        self.unsettled.end();
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
