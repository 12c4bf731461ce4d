//! Which app token of which account.

use std::convert::Infallible;

use clap::Args;
use kaltura_types::{AppTokenId, PartnerId};

use super::PartnerIdOption;
use crate::failure::Failure;
use crate::settings::{Found, Setting, Settings};

/// Which app token of which account. Who does not log in needs no more.
#[derive(Debug, Args)]
#[command(next_help_heading = "App token")]
pub(crate) struct AppTokenNameOptions {
    #[command(flatten)]
    partner: PartnerIdOption,

    /// The token's id, such as 0_7jh3eu10 [env: KALTURA_APP_TOKEN_ID]
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
