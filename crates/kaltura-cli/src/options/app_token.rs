//! The app token that logs in.

use std::time::Duration;

use clap::Args;
use kaltura_auth::{AppTokenCredentials, ServiceUrl};
use kaltura_types::{AppTokenValue, HashType, PartnerId};

use super::{AppTokenNameOptions, AppTokenValueOptions, HashTypeOption};
use crate::failure::Failure;
use crate::profile::{ProfileSecret, SecretOwner};
use crate::secret_input::SecretSource;
use crate::session_cache::LoginWay;
use crate::settings::{Found, Settings};

/// The app token that logs in.
#[derive(Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenOptions {
    #[command(flatten)]
    name: AppTokenNameOptions,

    #[command(flatten)]
    hash_type: HashTypeOption,

    #[command(flatten)]
    value: AppTokenValueOptions,
}

/// The parts of the credentials, each of which may be missing.
pub(crate) struct AppTokenParts {
    pub(crate) partner: Result<PartnerId, Failure>,
    pub(crate) id: Result<String, Failure>,
    /// Nothing if none is set.
    pub(crate) hash_type: Result<Option<HashType>, Failure>,
    pub(crate) value: Result<AppTokenValue, Failure>,
}

impl AppTokenOptions {
    /// Where the token's value comes from.
    pub(crate) fn value_source(&self) -> SecretSource<'_> {
        self.value.source()
    }

    /// Whether an option names a token, or gives its value.
    pub(crate) fn is_named(&self) -> bool {
        self.name.is_id_given() || self.value.source().is_given()
    }

    /// The account, if it is set.
    pub(crate) fn known_partner(&self, settings: &Settings) -> Result<Option<PartnerId>, Failure> {
        self.name.known_partner(settings)
    }

    /// Sees to it that the hash type, if one is set, can be read.
    pub(crate) fn check_hash_type(&self, settings: &Settings) -> Result<(), Failure> {
        self.hash_type.set(settings).map(drop)
    }

    /// Whether the token's value would have to be asked for at the terminal.
    pub(crate) fn value_must_be_asked(&self, settings: &Settings) -> bool {
        self.value.source().must_be_asked(settings, ProfileSecret::AppToken)
    }

    /// In which way a login with this token is tried.
    pub(crate) fn login_way(&self, settings: &Settings, timeout: Duration) -> LoginWay {
        let hash_type = self.hash_type.set(settings).ok().flatten();
        let value_from = self.value.source().origin(settings, ProfileSecret::AppToken);
        LoginWay::new(hash_type, value_from, timeout)
    }

    /// Which token of which account: what of the credentials is no secret.
    pub(crate) fn account(&self, settings: &Settings) -> Result<(PartnerId, String), Failure> {
        self.name.account(settings)
    }

    /// Account, token id and hash type, each with who has set it.
    pub(crate) fn found(&self, settings: &Settings) -> [Found; 3] {
        let [partner, id] = self.name.found(settings);
        [partner, id, self.hash_type.found(settings)]
    }

    /// Each of the four parts of the credentials, or why there is none.
    pub(crate) fn parts(&self, settings: &Settings, service_url: Option<&ServiceUrl>) -> AppTokenParts {
        let (partner, id) = (self.name.partner_id(settings), self.name.id(settings));
        let owner = SecretOwner {
            service_url,
            partner: partner.as_ref().ok().copied(),
            token_id: id.as_deref().ok(),
        };
        // Nobody is asked for the value of a token that is not known.
        let value = if self.value_must_be_asked(settings) && (partner.is_err() || id.is_err()) {
            Err(self.value.source().missing(settings.environment(), ""))
        } else {
            self.value.value(settings, &owner)
        };
        AppTokenParts { hash_type: self.hash_type.set(settings), value, partner, id }
    }

    /// All four parts of the credentials, for a login at this server. `hash_type` is what is taken if none is given.
    pub(crate) fn credentials(
        &self,
        settings: &Settings,
        service_url: &ServiceUrl,
        hash_type: Option<HashType>,
    ) -> Result<AppTokenCredentials, Failure> {
        self.value.source().refuse_an_argument()?;
        let (partner, id) = self.account(settings)?;
        let hash_type = self.hash_type.hash_type(settings, hash_type)?;
        let owner =
            SecretOwner { service_url: Some(service_url), partner: Some(partner), token_id: Some(&id) };
        let value = self.value.value(settings, &owner)?;
        Ok(AppTokenCredentials::new(partner, id, value, hash_type))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::environment::Environment;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        token: AppTokenOptions,
    }

    const ENVIRONMENT: Environment = Environment::of_test(|name| match name {
        "KALTURA_PARTNER_ID" => Some("1".into()),
        "KALTURA_APP_TOKEN_ID" => Some("0_environment".into()),
        "KALTURA_APP_TOKEN_HASH_TYPE" => Some("sha512".into()),
        "KALTURA_APP_TOKEN" => Some("value".into()),
        _ => None,
    });

    fn credentials(arguments: &[&str], environment: Environment) -> Result<AppTokenCredentials, Failure> {
        let line = [&["x"], arguments].concat();
        Line::try_parse_from(line).unwrap().token.credentials(
            &Settings::of_environment(environment),
            &ServiceUrl::US,
            None,
        )
    }

    #[test]
    fn an_option_goes_before_the_environment() {
        let all = credentials(&[], ENVIRONMENT).unwrap();
        assert_eq!((all.partner_id(), all.hash_type()), (PartnerId::new(1), HashType::Sha512));
        assert_eq!((all.id().as_str(), all.value().expose()), ("0_environment", "value"));

        let given = ["--partner-id=-2", "--app-token-id", "0_option", "--hash-type", "SHA-1"];
        let given = credentials(&given, ENVIRONMENT).unwrap();
        assert_eq!((given.partner_id(), given.hash_type()), (PartnerId::new(-2), HashType::Sha1));
        assert_eq!(given.id().as_str(), "0_option");
    }

    #[test]
    fn what_is_missing_is_named() {
        let unset = Environment::of_test(|_| None);
        let message = credentials(&[], unset).unwrap_err();
        assert!(format!("{message:?}").contains("set KALTURA_PARTNER_ID"), "{message:?}");
        let message = credentials(&["--partner-id=1", "--app-token-id=0_a"], unset).unwrap_err();
        assert!(format!("{message:?}").contains("set KALTURA_APP_TOKEN_HASH_TYPE"), "{message:?}");
        let message =
            credentials(&["--partner-id=1", "--app-token-id=0_a", "--hash-type=MD5"], unset).unwrap_err();
        assert!(format!("{message:?}").contains("--app-token-stdin"), "{message:?}");
    }

    #[test]
    fn a_value_in_an_argument_is_refused_and_not_quoted() {
        for arguments in [&["--app-token", "hush"][..], &["--app-token=hush"], &["--app-token"]] {
            let failure = credentials(arguments, ENVIRONMENT).unwrap_err();
            assert!(format!("{failure:?}").contains("--app-token-file"), "{failure:?}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }
}
