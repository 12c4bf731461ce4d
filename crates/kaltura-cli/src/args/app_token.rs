//! Options for the app token, and for secrets.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use kaltura_auth::store::StoreKey;
use kaltura_auth::{AppTokenCredentials, ServiceUrl};
use kaltura_types::{AdminSecret, AppTokenId, AppTokenValue, HashType, Ks, PartnerId};
use zeroize::Zeroizing;

use crate::args::values;
use crate::config::{Found, SecretVariable, Setting, Settings};
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::{ProfileSecret, SecretOwner};
use crate::secret_input::SecretSource;

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
    pub(crate) fn value_must_be_asked(&self, ui: &Ui, settings: &Settings) -> bool {
        self.value.source().must_be_asked(ui, settings, ProfileSecret::AppToken)
    }

    /// Names all that decides whether a login for the session of this key can succeed: the hash type, and the value if
    /// it is at hand, else where it comes from.
    pub(crate) fn login_way(
        &self,
        settings: &Settings,
        session: &StoreKey,
        known: Option<&AppTokenCredentials>,
    ) -> StoreKey {
        let source = self.value.source();
        let hash_type = self.hash_type.set(settings).ok().flatten();
        let way = StoreKey::builder("kaltura command, login")
            .part("session", session.as_hex())
            .optional_part("hash_type", hash_type.map(|it| it.to_string()))
            .part("value_from", format!("{:?}", source.origin(settings, ProfileSecret::AppToken)));
        let variable = || settings.environment().text(source.variable).ok().flatten();
        let value = known.map(|known| Zeroizing::new(known.value().expose().to_owned()));
        let value = value.or_else(|| variable().map(Zeroizing::new));
        way.optional_part("value", value.as_deref()).build()
    }

    /// Which token of which account: what of the credentials is no secret.
    pub(crate) fn account(&self, settings: &Settings) -> Result<(PartnerId, String), Failure> {
        let [partner, id, hash_type] = self.found(settings);
        let is_missing = |found: &Found| found.value.is_none() && found.problem.is_none();
        let settings_of =
            [(&Setting::PARTNER_ID, partner), (&Setting::APP_TOKEN_ID, id), (&Setting::HASH_TYPE, hash_type)];
        let missing = settings_of.iter().filter(|(_, found)| is_missing(found)).map(|(setting, _)| setting);
        let missing: Vec<_> = missing.map(|setting| (setting.option, setting.variable)).collect();
        let is_invalid = settings_of.iter().any(|(_, found)| found.problem.is_some());
        // The hash type alone is checked where it is needed: it may be detected.
        if !is_invalid && missing.iter().any(|(option, _)| *option != Setting::HASH_TYPE.option) {
            return Err(self.several_missing(settings, missing));
        }
        self.name.account(settings)
    }

    /// All that is missing for a login, in one error.
    fn several_missing(
        &self,
        settings: &Settings,
        mut missing: Vec<(&'static str, &'static str)>,
    ) -> Failure {
        let value = self.value.source();
        let is_stored = settings.profile().is_some_and(|it| it.place_of(ProfileSecret::AppToken).is_some());
        if !value.is_given() && !settings.environment().is_set(value.variable) && !is_stored {
            missing.push((value.what, value.variable));
        }
        let (options, variables): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        let empty = settings.environment().but_empty(&variables);
        let verb = if options.len() == 1 { "is" } else { "are" };
        Failure::usage(format!("{} {verb} missing{empty}", options.join(", "))).with_hint(format!(
            "Pass {}, set {}, or create a profile: `kaltura profile add`.",
            if options.len() == 1 { "it" } else { "them" },
            variables.join(", ")
        ))
    }

    /// Account, token id and hash type, each with who has set it.
    pub(crate) fn found(&self, settings: &Settings) -> [Found; 3] {
        let [partner, id] = self.name.found(settings);
        [partner, id, self.hash_type.found(settings)]
    }

    /// Each of the four parts of the credentials, or why there is none.
    pub(crate) fn parts(
        &self,
        ui: &Ui,
        settings: &Settings,
        service_url: Option<&ServiceUrl>,
    ) -> AppTokenParts {
        let (partner, id) = (self.name.partner_id(settings), self.name.id(settings));
        let owner = SecretOwner {
            service_url,
            partner: partner.as_ref().ok().copied(),
            token_id: id.as_deref().ok(),
        };
        // The value of a token that is not known is not prompted for.
        let value = if self.value_must_be_asked(ui, settings) && (partner.is_err() || id.is_err()) {
            Err(self.value.source().missing(settings.environment(), ""))
        } else {
            self.value.value(ui, settings, &owner)
        };
        AppTokenParts { hash_type: self.hash_type.set(settings), value, partner, id }
    }

    /// All four parts of the credentials, for a login at this server. `hash_type` is what is taken if none is given.
    pub(crate) fn credentials(
        &self,
        ui: &Ui,
        settings: &Settings,
        service_url: &ServiceUrl,
        hash_type: Option<HashType>,
    ) -> Result<AppTokenCredentials, Failure> {
        self.value.source().refuse_an_argument()?;
        let (partner, id) = self.account(settings)?;
        let hash_type = self.hash_type.hash_type(settings, hash_type)?;
        let owner =
            SecretOwner { service_url: Some(service_url), partner: Some(partner), token_id: Some(&id) };
        let value = self.value.value(ui, settings, &owner)?;
        Ok(AppTokenCredentials::new(partner, id, value, hash_type))
    }
}

/// Which app token of which account. Who does not log in needs no more.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenNameOptions {
    #[command(flatten)]
    partner: PartnerIdOption,

    /// The app token's id, such as 0_7jh3eu10 [env: KALTURA_APP_TOKEN_ID]
    #[arg(long, value_name = "ID")]
    app_token_id: Option<String>,
}

impl AppTokenNameOptions {
    /// Both.
    pub(crate) fn account(&self, settings: &Settings) -> Result<(PartnerId, String), Failure> {
        Ok((self.partner_id(settings)?, self.id(settings)?))
    }

    pub(super) fn partner_id(&self, settings: &Settings) -> Result<PartnerId, Failure> {
        self.partner.partner_id(settings)
    }

    pub(super) fn id(&self, settings: &Settings) -> Result<String, Failure> {
        settings.required(&Setting::APP_TOKEN_ID, self.app_token_id.clone())
    }

    /// The account, if it is set.
    pub(super) fn known_partner(&self, settings: &Settings) -> Result<Option<PartnerId>, Failure> {
        self.partner.known(settings)
    }

    /// Whether an option names a token.
    pub(super) const fn is_id_given(&self) -> bool {
        self.app_token_id.is_some()
    }

    /// Account and token id, each with who has set it.
    pub(super) fn found(&self, settings: &Settings) -> [Found; 2] {
        let id = self.app_token_id.clone().map(AppTokenId::new);
        // An id is shown if it looks like one: it may be the value, put in the wrong place.
        let parse_id = |text: &str| Ok::<_, Infallible>(AppTokenId::new(text));
        [
            self.partner.found(settings),
            settings.found(&Setting::APP_TOKEN_ID, id, parse_id, AppTokenId::to_string),
        ]
    }
}

/// The account.
#[derive(Clone, Debug, Args)]
pub(crate) struct PartnerIdOption {
    /// The partner id (account number), such as 1234567 [env: KALTURA_PARTNER_ID]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    partner_id: Option<PartnerId>,
}

impl PartnerIdOption {
    /// The account that was given, if one was.
    pub(crate) fn known(&self, settings: &Settings) -> Result<Option<PartnerId>, Failure> {
        settings.value(&Setting::PARTNER_ID, self.partner_id)
    }

    /// The account, and who has set it.
    pub(super) fn found(&self, settings: &Settings) -> Found {
        settings.found(&Setting::PARTNER_ID, self.partner_id, str::parse, PartnerId::to_string)
    }

    /// The account that was given.
    pub(crate) fn partner_id(&self, settings: &Settings) -> Result<PartnerId, Failure> {
        settings.required(&Setting::PARTNER_ID, self.partner_id)
    }
}

/// The hash type of an app token.
#[derive(Clone, Debug, Args)]
pub(crate) struct HashTypeOption {
    /// The app token's hash type: MD5, SHA1, SHA256 or SHA512 [env: KALTURA_APP_TOKEN_HASH_TYPE]
    #[arg(long, value_name = "TYPE", add = values::hash_types())]
    hash_type: Option<HashType>,
}

impl HashTypeOption {
    /// The hash type, and who has set it.
    pub(super) fn found(&self, settings: &Settings) -> Found {
        settings.found(&Setting::HASH_TYPE, self.hash_type, str::parse, HashType::to_string)
    }

    /// The hash type that was given, if any.
    pub(crate) fn set(&self, settings: &Settings) -> Result<Option<HashType>, Failure> {
        settings.value(&Setting::HASH_TYPE, self.hash_type)
    }

    /// The hash type that was given, else the default if there is one.
    pub(crate) fn hash_type(
        &self,
        settings: &Settings,
        default: Option<HashType>,
    ) -> Result<HashType, Failure> {
        match default {
            None => settings.required(&Setting::HASH_TYPE, self.hash_type),
            Some(default) => Ok(settings.value(&Setting::HASH_TYPE, self.hash_type)?.unwrap_or(default)),
        }
    }
}

/// The value of an app token.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenValueOptions {
    /// Read the app token value from this file (one trailing newline is removed) [env: KALTURA_APP_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with = "app_token_stdin")]
    app_token_file: Option<PathBuf>,

    /// Read the app token value from standard input
    #[arg(long)]
    app_token_stdin: bool,

    /// Taken only to say what to do instead.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    app_token: Option<Option<OsString>>,
}

impl AppTokenValueOptions {
    /// The value. `owner` is which token it must be the value of.
    pub(crate) fn value(
        &self,
        ui: &Ui,
        settings: &Settings,
        owner: &SecretOwner<'_>,
    ) -> Result<AppTokenValue, Failure> {
        let mut value = self.source().require_or_kept(ui, settings, ProfileSecret::AppToken, owner)?;
        // The String inside moves, here and below: no copy is left behind.
        Ok(AppTokenValue::new(std::mem::take(&mut *value)))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> SecretSource<'_> {
        SecretSource {
            what: "the app token value",
            option: "--app-token",
            variable: SecretVariable::APP_TOKEN,
            file: self.app_token_file.as_deref(),
            stdin: self.app_token_stdin,
            in_argument: self.app_token.is_some(),
        }
    }
}

/// A KS that somebody else has made.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Session")]
pub(crate) struct KsOptions {
    /// Read the KS from this file (one trailing newline is removed) [env: KALTURA_KS]
    #[arg(long, value_name = "FILE", conflicts_with = "ks_stdin")]
    ks_file: Option<PathBuf>,

    /// Read the KS from standard input
    #[arg(long)]
    ks_stdin: bool,

    /// Taken only to say what to do instead.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    ks: Option<Option<OsString>>,
}

impl KsOptions {
    /// The KS, byte for byte as it was given, if one was.
    pub(crate) fn given(&self, ui: &Ui, settings: &Settings) -> Result<Option<Ks>, Failure> {
        let ks = self.source().read(ui, settings.environment())?;
        Ok(ks.map(|mut ks| Ks::new(std::mem::take(&mut *ks))))
    }

    /// The KS, without which nothing can be done.
    pub(crate) fn ks(&self, ui: &Ui, settings: &Settings) -> Result<Ks, Failure> {
        Ok(Ks::new(std::mem::take(&mut *self.source().require(ui, settings.environment())?)))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> SecretSource<'_> {
        SecretSource {
            what: "the KS",
            option: "--ks",
            variable: SecretVariable::KS,
            file: self.ks_file.as_deref(),
            stdin: self.ks_stdin,
            in_argument: self.ks.is_some(),
        }
    }
}

/// The admin secret of an account, with which every KS of it is signed and opened.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Admin secret")]
pub(crate) struct AdminSecretOptions {
    /// Read the admin secret from this file (one trailing newline is removed) [env: KALTURA_ADMIN_SECRET]
    #[arg(long, value_name = "FILE", conflicts_with = "admin_secret_stdin")]
    admin_secret_file: Option<PathBuf>,

    /// Read the admin secret from standard input
    #[arg(long)]
    admin_secret_stdin: bool,

    /// Taken only to say what to do instead.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    admin_secret: Option<Option<OsString>>,
}

impl AdminSecretOptions {
    /// The admin secret, if one was given. That of the profile is not looked for: it may have to be asked for.
    pub(crate) fn given(&self, ui: &Ui, settings: &Settings) -> Result<Option<AdminSecret>, Failure> {
        let secret = self.source().read(ui, settings.environment())?;
        Ok(secret.map(|mut secret| AdminSecret::new(std::mem::take(&mut *secret))))
    }

    /// The admin secret of this account, without which nothing can be done. `service_url` is the server that is to
    /// be sent what is signed with it, if any.
    pub(crate) fn admin_secret(
        &self,
        ui: &Ui,
        settings: &Settings,
        partner: PartnerId,
        service_url: Option<&ServiceUrl>,
    ) -> Result<AdminSecret, Failure> {
        let owner = SecretOwner { service_url, partner: Some(partner), token_id: None };
        let mut secret = self.source().require_or_kept(ui, settings, ProfileSecret::AdminSecret, &owner)?;
        Ok(AdminSecret::new(std::mem::take(&mut *secret)))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> SecretSource<'_> {
        SecretSource {
            what: "the admin secret",
            option: "--admin-secret",
            variable: SecretVariable::ADMIN_SECRET,
            file: self.admin_secret_file.as_deref(),
            stdin: self.admin_secret_stdin,
            in_argument: self.admin_secret.is_some(),
        }
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

        let given = ["--partner-id=-2", "--app-token-id", "0_option", "--hash-type", "SHA-1"];
        let given = credentials(&given, &ENVIRONMENT).unwrap();
        assert_eq!((given.partner_id(), given.hash_type()), (PartnerId::new(-2), HashType::Sha1));
        assert_eq!(given.id().as_str(), "0_option");
    }

    #[test]
    fn what_is_missing_is_named() {
        let unset = Environment::of_test(|_| None);
        let message = credentials(&[], &unset).unwrap_err();
        assert!(format!("{message:?}").contains("set KALTURA_PARTNER_ID"), "{message:?}");
        let message = credentials(&["--partner-id=1", "--app-token-id=0_a"], &unset).unwrap_err();
        assert!(format!("{message:?}").contains("set KALTURA_APP_TOKEN_HASH_TYPE"), "{message:?}");
        let message =
            credentials(&["--partner-id=1", "--app-token-id=0_a", "--hash-type=MD5"], &unset).unwrap_err();
        assert!(format!("{message:?}").contains("--app-token-stdin"), "{message:?}");
    }

    #[test]
    fn a_value_in_an_argument_is_refused_and_not_quoted() {
        for arguments in [&["--app-token", "hush"][..], &["--app-token=hush"], &["--app-token"]] {
            let failure = credentials(arguments, &ENVIRONMENT).unwrap_err();
            assert!(format!("{failure:?}").contains("--app-token-file"), "{failure:?}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }
}
