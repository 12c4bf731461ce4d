//! Whose secret it is.

use kaltura_auth::{Region, ServiceUrl};
use kaltura_types::PartnerId;

use super::{Profile, ProfileSecret};
use crate::config::Setting;

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

    /// Whether a secret of this profile belongs to the same token, or to the same account, as that of the other.
    pub(super) fn is_of_the_owner_of(&self, secret: ProfileSecret, other: &Self) -> bool {
        let is_same = |setting: &Setting| self.text(setting.entry) == other.text(setting.entry);
        let is_same_server = self.service_url().is_some_and(|url| other.service_url().as_ref() == Some(&url));
        is_same_server
            && is_same(&Setting::PARTNER_ID)
            && (secret != ProfileSecret::AppToken || is_same(&Setting::APP_TOKEN_ID))
    }

    /// The server, account and token that the profile logs in to and with, if it names all of them well.
    pub(crate) fn account(&self) -> Option<(ServiceUrl, PartnerId, &str)> {
        let partner = self.text(Setting::PARTNER_ID.entry)?.parse().ok()?;
        Some((self.service_url()?, partner, self.text(Setting::APP_TOKEN_ID.entry)?))
    }

    /// The server of the profile; nothing if it can not be read.
    fn service_url(&self) -> Option<ServiceUrl> {
        match (self.text(Setting::SERVICE_URL.entry), self.text(Setting::REGION.entry)) {
            (Some(url), _) => url.parse().ok(),
            (None, Some(region)) => region.parse().map(|region: Region| region.into()).ok(),
            (None, None) => Some(ServiceUrl::US),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
