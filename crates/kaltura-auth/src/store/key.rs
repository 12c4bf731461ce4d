//! Under which key a store keeps the sessions of a login.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::login::AppTokenLogin;
use crate::source::PartnerSecretLogin;

/// Under which key a store keeps the sessions of a login: a hash of everything that decides which session is granted.
///
/// It covers the service URL, the credentials **with the token value or the secret**, and the session request: user, type,
/// lifetime, privileges and widget. So only a program that has the secret finds the session, a program with a mistyped value
/// neither gets a session nor stops the others, and different requests never share one. The key itself reveals
/// nothing: the secrets are random, and too long to be guessed.
///
/// ```
/// # use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, SessionRequest, store::StoreKey};
/// # use kaltura_types::{HashType, PartnerId};
/// let login = |value: &str| {
///     let token = AppTokenCredentials::new(PartnerId::new(1234567), "0_7jh3eu10", value, HashType::Sha256);
///     AppTokenLogin::new(ServiceUrl::US, token)
/// };
/// let key = StoreKey::of_app_token(&login("3f786850e387550fdab836ed7e6dc881"));
/// assert_eq!(key.as_hex().len(), 64);
/// assert_ne!(key, StoreKey::of_app_token(&login("3f786850e387550fdab836ed7e6dc880")));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey(Arc<str>);

impl StoreKey {
    /// The key of a login with an app token.
    #[must_use]
    pub fn of_app_token(login: &AppTokenLogin) -> Self {
        let (credentials, request) = (&login.credentials, &login.request);
        Self::builder("app token")
            .part("service_url", login.service_url.as_str())
            .part("partner", credentials.partner_id().to_string())
            .part("token_id", credentials.id().as_str())
            .part("hash_type", credentials.hash_type().as_str())
            .part("token_value", credentials.value().expose())
            .optional_part("user", request.get_user_id().map(|user| user.as_str()))
            .optional_part("type", request.get_session_type().map(|session_type| session_type.as_str()))
            .optional_part(
                "lifetime",
                request.get_lifetime().map(|lifetime| lifetime.as_seconds().to_string()),
            )
            .optional_part("privileges", request.get_privileges().map(ToString::to_string))
            .optional_part("widget", request.get_widget_id().map(|widget| widget.as_str()))
            .build()
    }

    /// The key of a login with a partner's secret.
    #[must_use]
    pub fn of_partner_secret(login: &PartnerSecretLogin) -> Self {
        login.store_key()
    }

    /// Starts the key of a source that the program implements itself. `label` names the kind of source.
    ///
    /// Add everything that decides which session is granted, and a secret that only those have who may use the session.
    ///
    /// ```
    /// # use kaltura_auth::store::StoreKey;
    /// let key = StoreKey::builder("example broker")
    ///     .part("url", "https://broker.example.com")
    ///     .part("password", "…")
    ///     .optional_part("user", Some("alice"))
    ///     .build();
    /// ```
    pub fn builder(label: &str) -> StoreKeyBuilder {
        StoreKeyBuilder(Sha256::new()).part("kaltura session store", "1").part("kind", label)
    }

    /// The key with these 64 lower-case hex digits, such as those in the name of a file. `None` for any other text.
    ///
    /// ```
    /// # use kaltura_auth::store::StoreKey;
    /// let key = StoreKey::builder("example broker").build();
    /// assert_eq!(StoreKey::from_hex(key.as_hex()), Some(key));
    /// assert_eq!(StoreKey::from_hex("0123"), None);
    /// ```
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| Self(digits.into()))
    }

    /// 64 lower-case hex digits, for the name of a file or of an entry.
    #[must_use]
    pub fn as_hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({})", self.0)
    }
}

/// Builds a [`StoreKey`] from named parts. Each is hashed with its length, so that no two lists of parts are alike.
#[must_use = "a builder does nothing until it is built"]
pub struct StoreKeyBuilder(Sha256);

impl StoreKeyBuilder {
    /// Adds a part.
    pub fn part(mut self, name: &str, value: impl AsRef<str>) -> Self {
        for text in [name, value.as_ref()] {
            self.0.update((text.len() as u64).to_be_bytes());
            self.0.update(text);
        }
        self
    }

    /// Adds a part if it is set. An empty value is not the same as none.
    pub fn optional_part(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.part(name, value),
            None => self,
        }
    }

    /// The key.
    #[must_use]
    pub fn build(self) -> StoreKey {
        StoreKey(hex::encode(self.0.finalize()).into())
    }
}

impl fmt::Debug for StoreKeyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKeyBuilder")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kaltura_types::{
        AdminSecret, HashType, Lifetime, PartnerId, Privileges, SessionRequest, SessionType, UserSecret,
    };

    use super::*;
    use crate::{AppTokenCredentials, ServiceUrl};

    fn login(partner: i64, id: &str, value: &str, hash_type: HashType) -> AppTokenLogin {
        AppTokenLogin::new(
            ServiceUrl::US,
            AppTokenCredentials::new(PartnerId::new(partner), id, value, hash_type),
        )
    }

    #[test]
    fn everything_that_decides_about_the_session_is_in_the_key() {
        let base = || login(7, "0_a", "value", HashType::Sha256);
        let request = SessionRequest::new;
        let logins = [
            base(),
            login(8, "0_a", "value", HashType::Sha256),
            login(7, "0_b", "value", HashType::Sha256),
            login(7, "0_a", "other", HashType::Sha256),
            login(7, "0_a", "value", HashType::Sha1),
            // The same text, cut at another place.
            login(7, "0_av", "alue", HashType::Sha256),
            AppTokenLogin::new(ServiceUrl::EU, base().credentials().clone()),
            base().request(request().user_id("u")),
            base().request(request().user_id("")),
            base().request(request().session_type(SessionType::User)),
            base().request(request().session_type(SessionType::Admin)),
            base().request(request().lifetime(Lifetime::seconds(60))),
            base().request(request().privileges(Privileges::parse("u"))),
            base().request(request().widget_id("u")),
        ];
        let mut keys: BTreeSet<StoreKey> = logins.iter().map(StoreKey::of_app_token).collect();
        assert_eq!(keys.len(), logins.len());
        let admin =
            |secret| PartnerSecretLogin::admin(ServiceUrl::US, PartnerId::new(7), AdminSecret::new(secret));
        let secrets = [
            admin("value"),
            admin("other"),
            admin("value").user_id("u"),
            admin("value").lifetime(Lifetime::hours(1)),
            admin("value").privileges(Privileges::parse("list:*")),
            PartnerSecretLogin::user(ServiceUrl::US, PartnerId::new(7), AdminSecret::new("value")),
            PartnerSecretLogin::user(ServiceUrl::US, PartnerId::new(7), UserSecret::new("value")),
        ];
        keys.extend(secrets.iter().map(StoreKey::of_partner_secret));
        // Whether a secret is the user's or the admin's makes no difference for the same request.
        assert_eq!(keys.len(), logins.len() + secrets.len() - 1);
    }

    #[test]
    fn the_same_login_has_the_same_key_whatever_its_timeout() {
        let base = login(7, "0_a", "value", HashType::Sha256);
        let other = base.clone().client_tag("other").timeout(std::time::Duration::from_secs(1));
        assert_eq!(StoreKey::of_app_token(&base), StoreKey::of_app_token(&other));
        // Stored sessions are lost if this changes.
        assert_eq!(
            StoreKey::builder("test").part("a", "b").build().as_hex(),
            "1f455ba1820be048ba02584892575f7f8b88e2aebbaf38cf1ce5edadc0041cb0"
        );
    }
}
