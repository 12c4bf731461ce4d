//! Parts of the credentials that some commands need alone.

use clap::Args;
use kaltura_types::{HashType, PartnerId};

use crate::completion::values;
use crate::failure::Failure;
use crate::settings::{Found, Setting, Settings};

/// The account.
#[derive(Debug, Args)]
pub(crate) struct PartnerIdOption {
    /// The account's number, such as 1234567 [env: KALTURA_PARTNER_ID]
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
#[derive(Debug, Args)]
pub(crate) struct HashTypeOption {
    /// MD5, SHA1, SHA256 or SHA512, as the token was made [env: KALTURA_APP_TOKEN_HASH_TYPE]
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
