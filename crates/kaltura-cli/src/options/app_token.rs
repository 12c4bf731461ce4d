//! The app token that logs in.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use kaltura_auth::AppTokenCredentials;
use kaltura_types::{AppTokenValue, HashType, PartnerId};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::secret_input::{self, Secret};

const PARTNER_ID: &str = "KALTURA_PARTNER_ID";
const APP_TOKEN_ID: &str = "KALTURA_APP_TOKEN_ID";
const HASH_TYPE: &str = "KALTURA_APP_TOKEN_HASH_TYPE";
const APP_TOKEN: &str = "KALTURA_APP_TOKEN";

/// The app token that logs in.
#[derive(Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenOptions {
    /// The account's number, such as 1234567 [env: KALTURA_PARTNER_ID]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    partner_id: Option<PartnerId>,

    /// The token's id, such as 0_7jh3eu10 [env: KALTURA_APP_TOKEN_ID]
    #[arg(long, value_name = "ID")]
    app_token_id: Option<String>,

    /// MD5, SHA1, SHA256 or SHA512, as the token was made [env: KALTURA_APP_TOKEN_HASH_TYPE]
    #[arg(long, value_name = "TYPE")]
    hash_type: Option<HashType>,

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

impl AppTokenOptions {
    /// All four parts of the credentials. `hash_type` is what is taken if none is given.
    pub(crate) fn credentials(
        &self,
        environment: Environment,
        hash_type: Option<HashType>,
    ) -> Result<AppTokenCredentials, Failure> {
        if self.app_token.is_some() {
            let message = "the value of an app token is not taken from an argument, which others can read";
            return Err(Failure::usage(message).with_hint(
                "Others may have read it by now, and the shell may have kept it. Next time, use KALTURA_APP_TOKEN, \
                 --app-token-file or --app-token-stdin.",
            ));
        }
        let partner = part(self.partner_id, environment, "--partner-id", PARTNER_ID, None)?;
        let id: String = part(self.app_token_id.clone(), environment, "--app-token-id", APP_TOKEN_ID, None)?;
        let hash_type = part(self.hash_type, environment, "--hash-type", HASH_TYPE, hash_type)?;
        // The String inside moves: no copy is left behind.
        let value = AppTokenValue::new(std::mem::take(&mut *self.value(environment)?));
        Ok(AppTokenCredentials::new(partner, id, value, hash_type))
    }

    fn value(&self, environment: Environment) -> Result<Secret, Failure> {
        match &self.app_token_file {
            Some(path) if path != Path::new("-") => return secret_input::from_file(path),
            Some(_) => return secret_input::from_stdin(),
            None => {}
        }
        if self.app_token_stdin {
            return secret_input::from_stdin();
        }
        secret_input::from_environment(environment, APP_TOKEN)?.ok_or_else(|| {
            Failure::usage("the value of the app token is missing").with_hint(
                "Put it into KALTURA_APP_TOKEN or a file (--app-token-file FILE), or pipe it in (--app-token-stdin).",
            )
        })
    }
}

/// A part that must be there: from the option, the environment, or the default.
fn part<T: FromStr<Err: fmt::Display>>(
    given: Option<T>,
    environment: Environment,
    option: &str,
    variable: &str,
    default: Option<T>,
) -> Result<T, Failure> {
    let given = match given {
        None => environment.value(variable)?,
        given => given,
    };
    given.or(default).ok_or_else(|| {
        Failure::usage(format!("{option} is missing")).with_hint(format!("Give {option}, or set {variable}."))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        token: AppTokenOptions,
    }

    const ENVIRONMENT: Environment = Environment::of_test(|name| match name {
        PARTNER_ID => Some("1".into()),
        APP_TOKEN_ID => Some("0_environment".into()),
        HASH_TYPE => Some("sha512".into()),
        APP_TOKEN => Some("value".into()),
        _ => None,
    });

    fn credentials(arguments: &[&str], environment: Environment) -> Result<AppTokenCredentials, Failure> {
        let line = [&["x"], arguments].concat();
        Line::try_parse_from(line).unwrap().token.credentials(environment, None)
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
