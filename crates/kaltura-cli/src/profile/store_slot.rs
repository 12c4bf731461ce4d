//! Where in a store of this program a secret of a profile is.
//!
//! The value of another app token does not go into the place of the one before: it gets a place of its own, with the
//! next number. The entry of the profile names that place, so that the write of the file with the profiles is what
//! switches from one token and its value to the other, both at once.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::{KeyringItem, Profile, ProfileName, ProfileSecret, SecretPlace, SecretStore};

/// A store, and which of the places there, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoreSlot {
    pub(super) store: SecretStore,
    pub(super) number: u32,
}

/// The text names no place in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store is keyring or file; with a number, as in file-2, it is another place there")]
pub(super) struct InvalidStoreSlot;

impl StoreSlot {
    /// The number of the first place.
    pub(super) const FIRST: u32 = 1;

    /// The place of a secret in it. `folder` is the one with the profiles: those of two folders that have the same
    /// name do not share a secret.
    pub(super) fn place(self, folder: &Path, profile: &ProfileName, secret: ProfileSecret) -> SecretPlace {
        let secret = match secret {
            ProfileSecret::AppToken => "app-token",
            ProfileSecret::AdminSecret => "admin-secret",
        };
        let name = format!("{profile}.{secret}{}", self.suffix());
        match self.store {
            SecretStore::Keyring => SecretPlace::Keyring(KeyringItem {
                service: format!("kaltura {}", folder.display()),
                account: name,
            }),
            SecretStore::File => SecretPlace::OwnFile(folder.join("secrets").join(name)),
        }
    }

    fn suffix(self) -> String {
        if self.number == Self::FIRST { String::new() } else { format!("-{}", self.number) }
    }
}

/// As it stands in the file with the profiles.
impl fmt::Display for StoreSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.store.as_str(), self.suffix())
    }
}

impl FromStr for StoreSlot {
    type Err = InvalidStoreSlot;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (store, number) = match text.split_once('-') {
            Some((store, number)) => (store, number.parse().map_err(|_| InvalidStoreSlot)?),
            None => (text, Self::FIRST),
        };
        let stores = [SecretStore::Keyring, SecretStore::File];
        let store = stores.into_iter().find(|it| it.as_str() == store).ok_or(InvalidStoreSlot)?;
        let slot = Self { store, number };
        // One place has one name.
        if number >= Self::FIRST && slot.to_string() == text { Ok(slot) } else { Err(InvalidStoreSlot) }
    }
}

impl Profile {
    /// Where in a store a secret is, if this program keeps it.
    pub(super) fn slot_of(&self, secret: ProfileSecret) -> Option<StoreSlot> {
        self.text(secret.store_entry())?.parse().ok()
    }

    /// The number of the place for a secret that this profile is about to get; `before` is what it was until now.
    /// Only what belongs to the same token, or to the same account, takes the place of what is there.
    pub(super) fn number_for(&self, secret: ProfileSecret, before: Option<&Self>) -> u32 {
        match before.and_then(|before| Some((before, before.slot_of(secret)?.number))) {
            None => StoreSlot::FIRST,
            Some((before, number)) if self.is_of_the_owner_of(secret, before) => number,
            Some((_, number)) => number.checked_add(1).unwrap_or(StoreSlot::FIRST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_name() {
        for text in ["keyring", "file", "keyring-2", "file-17"] {
            assert_eq!(text.parse::<StoreSlot>().unwrap().to_string(), text);
        }
        for text in
            ["", "drawer", "file-", "file-0", "file-1", "file-02", "file-+2", "file-2-2", "file-x", "2"]
        {
            assert_eq!(text.parse::<StoreSlot>(), Err(InvalidStoreSlot), "{text}");
        }
    }

    #[test]
    fn what_belongs_to_another_token_or_account_gets_another_place() {
        let before = Profile::of_test(
            "region = 'eu'\npartner_id = 7\napp_token_id = '0_a'\nuser = 'bob'\ntoken_store = 'file-3'\n\
             admin_secret_store = 'keyring'",
        );
        let numbers = |now: &str| {
            let now = Profile::of_test(now);
            ProfileSecret::ALL.map(|secret| now.number_for(secret, Some(&before)))
        };
        assert_eq!(numbers("region = 'eu'\npartner_id = 7\napp_token_id = '0_a'"), [3, 1]);
        let url = "service_url = 'https://api.eu.kaltura.com'";
        assert_eq!(numbers(&format!("{url}\npartner_id = 7\napp_token_id = '0_a'\nuser = 'eve'")), [3, 1]);
        assert_eq!(numbers("region = 'eu'\npartner_id = 7\napp_token_id = '0_b'"), [4, 1]);
        assert_eq!(numbers("region = 'eu'\npartner_id = 8\napp_token_id = '0_a'"), [4, 2]);
        assert_eq!(numbers("region = 'ca'\npartner_id = 7\napp_token_id = '0_a'"), [4, 2]);
        assert_eq!(numbers("region = 'hush'\npartner_id = 7\napp_token_id = '0_a'"), [4, 2]);

        let now = Profile::of_test("partner_id = 7");
        assert_eq!(now.number_for(ProfileSecret::AppToken, None), 1);
        let elsewhere = Profile::of_test("token_command = 'pass x'");
        assert_eq!(now.number_for(ProfileSecret::AppToken, Some(&elsewhere)), 1);
    }
}
