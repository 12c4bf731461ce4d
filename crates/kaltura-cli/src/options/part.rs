//! A part of what a command needs, from its option, its environment variable or a default.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use kaltura_types::{HashType, PartnerId};

use crate::environment::Environment;
use crate::failure::Failure;

/// The account.
#[derive(Debug, Args)]
pub(crate) struct PartnerIdOption {
    /// The account's number, such as 1234567 [env: KALTURA_PARTNER_ID]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    partner_id: Option<PartnerId>,
}

impl PartnerIdOption {
    /// The account that was given.
    pub(crate) fn partner_id(&self, environment: Environment) -> Result<PartnerId, Failure> {
        part(self.partner_id, environment, "--partner-id", "KALTURA_PARTNER_ID", None)
    }
}

/// The hash type of an app token.
#[derive(Debug, Args)]
pub(crate) struct HashTypeOption {
    /// MD5, SHA1, SHA256 or SHA512, as the token was made [env: KALTURA_APP_TOKEN_HASH_TYPE]
    #[arg(long, value_name = "TYPE")]
    hash_type: Option<HashType>,
}

impl HashTypeOption {
    /// The hash type that was given, else the default if there is one.
    pub(crate) fn hash_type(
        &self,
        environment: Environment,
        default: Option<HashType>,
    ) -> Result<HashType, Failure> {
        part(self.hash_type, environment, "--hash-type", "KALTURA_APP_TOKEN_HASH_TYPE", default)
    }
}

/// A part that must be there: from the option, the environment, or the default.
pub(crate) fn part<T: FromStr<Err: fmt::Display>>(
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
