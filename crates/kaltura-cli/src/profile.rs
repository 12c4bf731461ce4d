//! Profiles: what a login needs, kept under a name.
//!
//! They stand in `config.toml` in the folder for settings, which people may edit:
//!
//! ```toml
//! default_profile = "work"
//!
//! [profiles.work]
//! region = "eu"
//! partner_id = 1234567
//! app_token_id = "0_7jh3eu10"
//! hash_type = "SHA256"
//! token_command = "pass show kaltura"
//! ```
//!
//! Secrets do not stand there: an entry says where each of them is. What this program keeps itself
//! (`token_store`) is in the keyring of the system, or in a file beside that only its owner can read. Its place there
//! has a number behind it once the profile has changed to another token (`token_store = "keyring-2"`).
//!
//! Whoever changes profiles opens a [`ProfileEditor`].

mod config;
mod editor;
mod keyring;
mod name;
mod own_file;
mod secret_owner;
mod secret_place;
mod secret_store;
mod store_slot;

use std::fmt;
use std::path::PathBuf;

pub(crate) use self::config::Config;
pub(crate) use self::editor::{NewPlace, ProfileChanges, ProfileEditor};
pub(crate) use self::keyring::KeyringItem;
pub(crate) use self::name::{ProfileName, new_profile_name};
pub(crate) use self::secret_owner::SecretOwner;
pub(crate) use self::secret_place::{ProfileSecret, SecretPlace};
pub(crate) use self::secret_store::SecretStore;

use crate::error::Failure;

/// What a login needs, under a name.
pub(crate) struct Profile {
    name: ProfileName,
    /// The entries, each of a known name.
    entries: Vec<(String, String)>,
    /// Where the file with it is, which relative paths begin at.
    folder: PathBuf,
}

impl Profile {
    /// The variable that names the profile in use.
    pub(crate) const VARIABLE: &str = "KALTURA_PROFILE";

    /// Its name.
    pub(crate) const fn name(&self) -> &ProfileName {
        &self.name
    }

    /// The text of an entry.
    pub(crate) fn text(&self, entry: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _)| name == entry).map(|(_, text)| text.as_str())
    }

    /// The value of an entry. A wrong one is named and not quoted: it may be a secret by mistake.
    pub(crate) fn value_by<T, E: fmt::Display>(
        &self,
        entry: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(entry) else { return Ok(None) };
        parse(text).map(Some).map_err(|error| {
            Failure::usage(format!("{entry} of the profile {} is wrong: {error}", self.name)).with_hint(format!(
                "Set it again with `kaltura profile add {}`, or edit the file that `kaltura profile list` names.",
                self.name
            ))
        })
    }
}

/// Shows the name only: a command that prints a secret may have it in its text.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Profile {
    /// The profile of a test, called `test`.
    pub(crate) fn of_test(entries: &str) -> Self {
        Config::of_test(&format!("[profiles.test]\n{entries}")).profile("test").unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_entry() {
        let shown = format!("{:?}", Profile::of_test("token_command = 'echo hush'\nuser = 'hush'"));
        assert_eq!(shown, "Profile { name: ProfileName(\"test\"), .. }");
    }
}
