//! Options for the app token that logs in.

use std::convert::Infallible;

use clap::Args;
use kaltura_auth::store::StoreKey;
use kaltura_auth::{AppTokenCredentials, ServiceUrl};
use kaltura_types::{AppTokenId, AppTokenValue, HashType, PartnerId};
use zeroize::Zeroizing;

use super::secret::{AppTokenValueOptions, SecretSource};
use super::values;
use crate::config::{Found, Setting, Settings};
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::{ProfileSecret, SecretOwner};

/// The app token that logs in.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenOptions {
    #[command(flatten)]
    name: AppTokenNameOptions,

    #[command(flatten)]
    hash_type: HashTypeOption,

    #[command(flatten)]
    value: AppTokenValueOptions,
}

/// Which app token of which account.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenNameOptions {
    #[command(flatten)]
    partner: PartnerIdOption,

    /// The app token's id, such as 0_7jh3eu10 [env: KALTURA_APP_TOKEN_ID]
    #[arg(long, value_name = "ID")]
    app_token_id: Option<String>,
}

/// The account.
#[derive(Clone, Debug, Args)]
pub(crate) struct PartnerIdOption {
    /// The partner id (account number), such as 1234567 [env: KALTURA_PARTNER_ID]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    partner_id: Option<PartnerId>,
}

/// The hash type of an app token.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct HashTypeOption {
    /// The app token's hash type: MD5, SHA1, SHA256 or SHA512 [env: KALTURA_APP_TOKEN_HASH_TYPE]
    #[arg(long, alias = "app-token-hash-type", value_name = "TYPE", add = values::hash_types())]
    hash_type: Option<HashType>,
}

impl PartnerIdOption {
    pub(crate) fn known(&self, settings: &Settings) -> Result<Option<PartnerId>, Failure> {
        settings.value(&Setting::PARTNER_ID, self.partner_id)
    }

    pub(crate) fn partner_id(&self, settings: &Settings) -> Result<PartnerId, Failure> {
        settings.required(&Setting::PARTNER_ID, self.partner_id)
    }
}

impl HashTypeOption {
    fn known(&self, settings: &Settings) -> Result<Option<HashType>, Failure> {
        settings.value(&Setting::HASH_TYPE, self.hash_type)
    }

    pub(crate) fn hash_type(&self, settings: &Settings) -> Result<HashType, Failure> {
        settings.required(&Setting::HASH_TYPE, self.hash_type)
    }
}

impl AppTokenNameOptions {
    pub(crate) fn account(&self, settings: &Settings) -> Result<(PartnerId, String), Failure> {
        Ok((self.partner.partner_id(settings)?, self.id(settings)?))
    }

    fn id(&self, settings: &Settings) -> Result<String, Failure> {
        settings.required(&Setting::APP_TOKEN_ID, self.app_token_id.clone())
    }
}

/// The parts of the credentials, each of which may be missing.
pub(crate) struct AppTokenParts {
    pub(crate) partner: Result<PartnerId, Failure>,
    pub(crate) id: Result<String, Failure>,
    /// `None` if none is set.
    pub(crate) hash_type: Result<Option<HashType>, Failure>,
    pub(crate) value: Result<AppTokenValue, Failure>,
}

impl AppTokenOptions {
    pub(crate) const fn value_source(&self) -> &SecretSource {
        self.value.source()
    }

    /// Whether an option names a token, or gives its value.
    pub(crate) fn is_named(&self) -> bool {
        self.name.app_token_id.is_some() || self.value_source().is_given()
    }

    pub(crate) fn known_partner(&self, settings: &Settings) -> Result<Option<PartnerId>, Failure> {
        self.name.partner.known(settings)
    }

    /// Refuses a hash type that cannot be read.
    pub(crate) fn check_hash_type(&self, settings: &Settings) -> Result<(), Failure> {
        self.hash_type.known(settings).map(drop)
    }

    /// Whether the token's value would have to be asked for at the terminal.
    pub(crate) fn value_must_be_asked(&self, ui: &Ui, settings: &Settings) -> bool {
        self.value_source().must_be_asked(ui, settings, ProfileSecret::APP_TOKEN)
    }

    /// The key of all that decides whether a login for the session of this key can succeed: the hash type, and the value
    /// if it is at hand, else where it comes from.
    pub(crate) fn login_way(
        &self,
        settings: &Settings,
        session: &StoreKey,
        known: Option<&AppTokenCredentials>,
    ) -> StoreKey {
        let source = self.value_source();
        let hash_type = self.hash_type.known(settings).ok().flatten();
        let variable = || settings.environment.text(source.variable).ok().flatten();
        let value = known.map(|known| Zeroizing::new(known.value().expose().to_owned()));
        let value = value.or_else(|| variable().map(Zeroizing::new));
        StoreKey::builder("kaltura command, login")
            .part("session", session.as_hex())
            .optional_part("hash_type", hash_type.map(|it| it.to_string()))
            .part("value_from", source.origin(settings, ProfileSecret::APP_TOKEN))
            .optional_part("value", value.as_deref())
            .build()
    }

    /// Which token of which account. If something is missing, all of that is in the error.
    pub(crate) fn account(&self, settings: &Settings) -> Result<(PartnerId, String), Failure> {
        let names = [&Setting::PARTNER_ID, &Setting::APP_TOKEN_ID, &Setting::HASH_TYPE];
        let found = self.found(settings);
        let is_missing = |found: &Found| found.value.is_none() && found.problem.is_none();
        let mut missing: Vec<(&str, &str)> = names
            .iter()
            .zip(&found)
            .filter(|(_, found)| is_missing(found))
            .map(|(setting, _)| (setting.option, setting.variable))
            .collect();
        // The hash type alone is checked where it is needed: it may be detected.
        let is_needed = missing.iter().any(|(option, _)| *option != Setting::HASH_TYPE.option);
        if !is_needed || found.iter().any(|found| found.problem.is_some()) {
            return self.name.account(settings);
        }
        let value = self.value_source();
        let is_stored = settings.profile().is_some_and(|it| it.place_of(ProfileSecret::APP_TOKEN).is_some());
        if !value.is_given() && !settings.environment.is_set(value.variable) && !is_stored {
            missing.push((value.what, value.variable));
        }
        let (options, variables): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        let empty = settings.environment.but_empty(&variables);
        let (verb, it) = if options.len() == 1 { ("is", "it") } else { ("are", "them") };
        Err(Failure::usage(format!("{} {verb} missing{empty}", options.join(", "))).with_hint(format!(
            "Pass {it}, set {}, or create a profile: `kaltura profile add`.",
            variables.join(", ")
        )))
    }

    /// Account, token id and hash type, each with where it is set.
    pub(crate) fn found(&self, settings: &Settings) -> [Found; 3] {
        // An id is shown if it looks like one: it may be the value, put in the wrong place.
        let parse_id = |text: &str| Ok::<_, Infallible>(AppTokenId::new(text));
        let id = self.name.app_token_id.clone().map(AppTokenId::new);
        let (partner, hash_type) = (self.name.partner.partner_id, self.hash_type.hash_type);
        [
            settings.found(&Setting::PARTNER_ID, partner, str::parse, PartnerId::to_string),
            settings.found(&Setting::APP_TOKEN_ID, id, parse_id, AppTokenId::to_string),
            settings.found(&Setting::HASH_TYPE, hash_type, str::parse, HashType::to_string),
        ]
    }

    /// Each of the four parts of the credentials, or why there is none.
    pub(crate) fn parts(
        &self,
        ui: &Ui,
        settings: &Settings,
        service_url: Option<&ServiceUrl>,
    ) -> AppTokenParts {
        let (partner, id) = (self.name.partner.partner_id(settings), self.name.id(settings));
        let owner = SecretOwner {
            service_url,
            partner: partner.as_ref().ok().copied(),
            token_id: id.as_deref().ok(),
        };
        // The value of a token that is not known is not prompted for.
        let value = if self.value_must_be_asked(ui, settings) && (partner.is_err() || id.is_err()) {
            Err(self.value_source().missing(&settings.environment, ""))
        } else {
            self.value.value(ui, settings, &owner)
        };
        AppTokenParts { hash_type: self.hash_type.known(settings), value, partner, id }
    }

    /// All four parts of the credentials, for a login at this server. `hash_type` is what is taken if none is given.
    pub(crate) fn credentials(
        &self,
        ui: &Ui,
        settings: &Settings,
        service_url: &ServiceUrl,
        hash_type: Option<HashType>,
    ) -> Result<AppTokenCredentials, Failure> {
        self.value_source().refuse_an_argument()?;
        let (partner, id) = self.account(settings)?;
        let hash_type = match hash_type {
            None => self.hash_type.hash_type(settings)?,
            Some(default) => self.hash_type.known(settings)?.unwrap_or(default),
        };
        let owner =
            SecretOwner { service_url: Some(service_url), partner: Some(partner), token_id: Some(&id) };
        let value = self.value.value(ui, settings, &owner)?;
        Ok(AppTokenCredentials::new(partner, id, value, hash_type))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    use crate::config::Environment;

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

    fn credentials(arguments: &[&str], environment: &Environment) -> Result<AppTokenCredentials, Failure> {
        let line = [&["x"], arguments].concat();
        Line::try_parse_from(line).unwrap().token.credentials(
            &Ui::silent(),
            &Settings::of_environment(environment),
            &ServiceUrl::US,
            None,
        )
    }

    #[test]
    fn an_option_goes_before_the_environment() {
        let all = credentials(&[], &ENVIRONMENT).unwrap();
        assert_eq!((all.partner_id(), all.hash_type()), (PartnerId::new(1), HashType::Sha512));
        assert_eq!((all.id().as_str(), all.value().expose()), ("0_environment", "value"));

        // As its variable is named.
        let hash_type = "--app-token-hash-type";
        let given = ["--partner-id=-2", "--app-token-id", "0_option", hash_type, "SHA-1"];
        let given = credentials(&given, &ENVIRONMENT).unwrap();
        assert_eq!((given.partner_id(), given.hash_type()), (PartnerId::new(-2), HashType::Sha1));
        assert_eq!(given.id().as_str(), "0_option");
    }
}
