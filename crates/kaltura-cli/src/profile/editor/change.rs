//! What shall be changed in a profile, and what was.

use crate::config::Setting;
use crate::profile::{ProfileSecret, SecretStore};
use crate::secret_input::Secret;

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
