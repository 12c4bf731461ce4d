//! The options of each secret: a file, standard input, and one that is there only to refuse an argument.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_types::{AdminSecret, AppTokenValue, Ks, PartnerId};

use crate::failure::Failure;
use crate::profile::{ProfileSecret, SecretOwner};
use crate::secret_input::SecretSource;
use crate::settings::{SecretVariable, Settings};

/// The value of an app token.
#[derive(Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenValueOptions {
    /// Take the token's value from this file, less one line end, and not from KALTURA_APP_TOKEN
    #[arg(long, value_name = "FILE", conflicts_with = "app_token_stdin")]
    app_token_file: Option<PathBuf>,

    /// Take the token's value from standard input, less one line end
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
        settings: &Settings,
        owner: &SecretOwner<'_>,
    ) -> Result<AppTokenValue, Failure> {
        let mut value = self.source().require_or_kept(settings, ProfileSecret::AppToken, owner)?;
        // The String inside moves, here and below: no copy is left behind.
        Ok(AppTokenValue::new(std::mem::take(&mut *value)))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> SecretSource<'_> {
        SecretSource {
            what: "the value of the app token",
            option: "--app-token",
            variable: SecretVariable::APP_TOKEN,
            file: self.app_token_file.as_deref(),
            stdin: self.app_token_stdin,
            in_argument: self.app_token.is_some(),
        }
    }
}

/// A KS that somebody else has made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Session")]
pub(crate) struct KsOptions {
    /// Take the KS from this file, less one line end, and not from KALTURA_KS
    #[arg(long, value_name = "FILE", conflicts_with = "ks_stdin")]
    ks_file: Option<PathBuf>,

    /// Take the KS from standard input, less one line end
    #[arg(long)]
    ks_stdin: bool,

    /// Taken only to say what to do instead.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    ks: Option<Option<OsString>>,
}

impl KsOptions {
    /// The KS, byte for byte as it was given, if one was.
    pub(crate) fn given(&self, settings: &Settings) -> Result<Option<Ks>, Failure> {
        let ks = self.source().read(settings.environment())?;
        Ok(ks.map(|mut ks| Ks::new(std::mem::take(&mut *ks))))
    }

    /// The KS, without which nothing can be done.
    pub(crate) fn ks(&self, settings: &Settings) -> Result<Ks, Failure> {
        Ok(Ks::new(std::mem::take(&mut *self.source().require(settings.environment())?)))
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
#[derive(Debug, Args)]
#[command(next_help_heading = "Admin secret")]
pub(crate) struct AdminSecretOptions {
    /// Take the admin secret from this file, less one line end, and not from KALTURA_ADMIN_SECRET
    #[arg(long, value_name = "FILE", conflicts_with = "admin_secret_stdin")]
    admin_secret_file: Option<PathBuf>,

    /// Take the admin secret from standard input, less one line end
    #[arg(long)]
    admin_secret_stdin: bool,

    /// Taken only to say what to do instead.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    admin_secret: Option<Option<OsString>>,
}

impl AdminSecretOptions {
    /// The admin secret, if one was given. That of the profile is not looked for: it may have to be asked for.
    pub(crate) fn given(&self, settings: &Settings) -> Result<Option<AdminSecret>, Failure> {
        let secret = self.source().read(settings.environment())?;
        Ok(secret.map(|mut secret| AdminSecret::new(std::mem::take(&mut *secret))))
    }

    /// The admin secret of this account, without which nothing can be done. `service_url` is the server that is to
    /// be sent what is signed with it, if any.
    pub(crate) fn admin_secret(
        &self,
        settings: &Settings,
        partner: PartnerId,
        service_url: Option<&ServiceUrl>,
    ) -> Result<AdminSecret, Failure> {
        let owner = SecretOwner { service_url, partner: Some(partner), token_id: None };
        let mut secret = self.source().require_or_kept(settings, ProfileSecret::AdminSecret, &owner)?;
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
