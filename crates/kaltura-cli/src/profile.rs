//! Profiles: what a login needs, under a name.
//!
//! They are in `config.toml` in the folder for settings, which users may edit:
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
//! The file holds no secrets: an entry says where each of them is. What kaltura stores itself (`token_store`) is in
//! the keyring of the system, or in a file beside that only its owner can read.

mod file;
mod secret_store;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use kaltura_auth::{Region, ServiceUrl};
use kaltura_types::PartnerId;

pub(crate) use self::file::{Config, NewPlace, ProfileChanges, ProfileEditor};
pub(crate) use self::secret_store::{ProfileSecret, SecretPlace, SecretStore, StoredSecret};
use crate::environment::Setting;
use crate::redaction::looks_like_a_secret;

/// What a login needs, under a name.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) name: ProfileName,
    /// The entries, each of a known name.
    entries: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
}

impl Profile {
    /// The variable that names the profile in use.
    pub(crate) const VARIABLE: &str = "KALTURA_PROFILE";

    pub(crate) fn text(&self, entry: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _)| name == entry).map(|(_, text)| text.as_str())
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
    pub(crate) fn of_test(entries: &str) -> Self {
        Config::of_test(&format!("[profiles.test]\n{entries}")).profile("test").unwrap()
    }
}

/// The name of a profile. It can be a part of a file name on every system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileName(String);

impl ProfileName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the name of a profile that is to be made. What looks like a secret may be one, in the wrong place.
pub(crate) fn new_profile_name(text: &str) -> Result<ProfileName, String> {
    if looks_like_a_secret(text) {
        return Err("this looks like a secret, not like a profile name".to_owned());
    }
    text.parse().map_err(str::to_owned)
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_name =
            !text.is_empty() && text.len() <= 64 && !text.starts_with('-') && text.chars().all(is_letter);
        is_name.then(|| Self(text.to_owned())).ok_or(NO_PROFILE_NAME)
    }
}

const NO_PROFILE_NAME: &str = "a profile name has up to 64 letters, digits, - and _, such as work";

/// Whose secret it must be, as far as that is known. What a profile keeps is for its own server, account and token:
/// it is not tried on others that an option or the environment names. Another server could use what it is sent.
#[derive(Clone, Copy, Default)]
pub(crate) struct SecretOwner<'a> {
    pub(crate) service_url: Option<&'a ServiceUrl>,
    pub(crate) partner: Option<PartnerId>,
    pub(crate) token_id: Option<&'a str>,
}

impl Profile {
    /// In what this owner is another one than that of the profile.
    pub(crate) fn differs_from(&self, owner: &SecretOwner<'_>) -> Option<&'static Setting> {
        let is_other =
            |setting: &Setting, wanted: &str| self.text(setting.entry).is_some_and(|own| own != wanted);
        if owner.service_url.is_some_and(|url| self.service_url().as_ref() != Some(url)) {
            return Some(&Setting::SERVICE_URL);
        }
        if owner.partner.is_some_and(|partner| is_other(&Setting::PARTNER_ID, &partner.to_string())) {
            return Some(&Setting::PARTNER_ID);
        }
        owner
            .token_id
            .is_some_and(|id| is_other(&Setting::APP_TOKEN_ID, id))
            .then_some(&Setting::APP_TOKEN_ID)
    }

    /// The server, account and token that the profile logs in to and with, if it names all of them well.
    pub(crate) fn account(&self) -> Option<(ServiceUrl, PartnerId, &str)> {
        let partner = self.text(Setting::PARTNER_ID.entry)?.parse().ok()?;
        Some((self.service_url()?, partner, self.text(Setting::APP_TOKEN_ID.entry)?))
    }

    /// The server of the profile; nothing if it cannot be read.
    pub(crate) fn service_url(&self) -> Option<ServiceUrl> {
        server(self.text(Setting::SERVICE_URL.entry), self.text(Setting::REGION.entry))
    }
}

/// The server of a URL or a region, else that of the US region; nothing if it cannot be read.
pub(crate) fn server(url: Option<&str>, region: Option<&str>) -> Option<ServiceUrl> {
    match (url, region) {
        (Some(url), _) => url.parse().ok(),
        (None, Some(region)) => region.parse().map(|region: Region| region.into()).ok(),
        (None, None) => Some(ServiceUrl::US),
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

    #[test]
    fn a_name_can_be_a_file_name() {
        let long = "x".repeat(65);
        for name in ["work", "a-b_C3", "0", &long[..64]] {
            assert_eq!(name.parse::<ProfileName>().unwrap().as_str(), name);
        }
        for name in ["", "-x", "a b", "a/b", "..", "a.b", "ü", &long] {
            assert_eq!(name.parse::<ProfileName>(), Err(NO_PROFILE_NAME), "{name}");
        }
    }

    fn differs(entries: &str, owner: SecretOwner<'_>) -> Option<&'static str> {
        Profile::of_test(entries).differs_from(&owner).map(|setting| setting.entry)
    }

    #[test]
    fn another_server_account_or_token_is_another_owner() {
        let owner = SecretOwner {
            service_url: Some(&ServiceUrl::EU),
            partner: Some(PartnerId::new(7)),
            token_id: Some("0_a"),
        };
        assert_eq!(differs("region = 'eu'\npartner_id = 7\napp_token_id = '0_a'", owner), None);
        assert_eq!(differs("service_url = 'https://api.eu.kaltura.com'", owner), None);
        assert_eq!(differs("region = 'ca'\npartner_id = 7", owner), Some("service_url"));
        // Without one it is the US region.
        assert_eq!(differs("partner_id = 7", owner), Some("service_url"));
        assert_eq!(differs("region = 'eu'\npartner_id = 8", owner), Some("partner_id"));
        assert_eq!(differs("region = 'eu'\napp_token_id = '0_b'", owner), Some("app_token_id"));
        assert_eq!(differs("region = 'hush'", SecretOwner::default()), None);
    }
}
