//! The account whose app tokens are managed, and with which session.

use std::future::Future;

use clap::Args;
use kaltura_auth::{ServiceUrl, Transport};
use kaltura_client::app_tokens::AppTokens;
use kaltura_client::{Client, Error};
use kaltura_types::{AppTokenId, Ks, KsHeader, PartnerId};

use super::hint::hint_of;
use super::server_clock::ServerClock;
use crate::args::{AdminSecretOptions, KsOptions, PartnerIdOption, ServerOptions};
use crate::config::{Environment, SecretVariable, Setting, Settings};
use crate::error::Failure;
use crate::http::{admin_client, client_with_ks};
use crate::output::Ui;
use crate::profile::ProfileSecret;
use crate::runtime;
use crate::session_cache::Forgotten;
use crate::signals::Signals;

/// The account, and what proves that one may manage it.
#[derive(Debug, Args)]
pub(super) struct AccountOptions {
    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten, next_help_heading = "Account")]
    partner: PartnerIdOption,

    #[command(flatten)]
    secret: AdminSecretOptions,

    #[command(flatten)]
    ks: KsOptions,
}

/// What the session is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// The admin secret.
    Secret,
    /// A KS that somebody else has made.
    Ks,
}

/// An account, ready to be managed.
pub(super) struct Account {
    client: Client,
    partner: PartnerId,
    service_url: ServiceUrl,
    clock: ServerClock,
    authority: Authority,
}

impl AccountOptions {
    /// The account. Nothing is sent yet.
    pub(super) fn open(&self, ui: &Ui, settings: &Settings) -> Result<Account, Failure> {
        let (secret, ks) = (self.secret.source(), self.ks.source());
        secret.refuse_an_argument()?;
        ks.refuse_an_argument()?;
        if secret.is_given() && ks.is_given() {
            return Err(Failure::usage("the admin secret and a KS are given: one of them is enough"));
        }
        let service_url = self.server.service_url(settings)?;
        let clock = ServerClock::default();
        let transport = clock.watching(self.server.transport(ui)?);
        // An option goes before the environment, and that before the profile.
        let by_ks = ks.is_given() || (!secret.is_given() && self.secret.given(ui, settings)?.is_none());
        let ks = if by_ks { self.ks.given(ui, settings)? } else { None };
        match ks {
            Some(ks) => self.with_ks(ks, settings, service_url, transport, clock),
            None => self.with_secret(ui, settings, service_url, transport, clock),
        }
    }

    fn with_ks(
        &self,
        ks: Ks,
        settings: &Settings,
        service_url: ServiceUrl,
        transport: impl Transport + 'static,
        clock: ServerClock,
    ) -> Result<Account, Failure> {
        let header = KsHeader::parse(&ks)
            .map_err(|error| Failure::usage("the KS can not be read as one").caused_by(&error))?;
        let partner = header.partner_id();
        match self.partner.known(settings)? {
            Some(wanted) if wanted != partner => {
                let message = format!("the KS is of the account {partner}, and not of {wanted}");
                return Err(Failure::usage(message).with_hint(
                    "Give the KS or the admin secret of the account that you mean, or its --partner-id.",
                ));
            }
            _ => {}
        }
        let client = client_with_ks(&service_url, partner, ks, transport, self.server.timeout());
        Ok(Account { client, partner, service_url, clock, authority: Authority::Ks })
    }

    fn with_secret(
        &self,
        ui: &Ui,
        settings: &Settings,
        service_url: ServiceUrl,
        transport: impl Transport + 'static,
        clock: ServerClock,
    ) -> Result<Account, Failure> {
        let is_given = self.secret.source().is_given() || self.secret.given(ui, settings)?.is_some();
        let is_kept =
            settings.profile().is_some_and(|profile| profile.place_of(ProfileSecret::AdminSecret).is_some());
        if !is_given && !is_kept {
            return Err(no_authority(settings.environment()));
        }
        let partner = self.partner.partner_id(settings)?;
        let secret = self.secret.admin_secret(ui, settings, partner, Some(&service_url))?;
        let client = admin_client(&service_url, partner, secret, transport, self.server.timeout());
        Ok(Account { client, partner, service_url, clock, authority: Authority::Secret })
    }
}

fn no_authority(environment: &Environment) -> Failure {
    let variable = Setting::PARTNER_ID.variable;
    let empty = environment.but_empty(&[SecretVariable::ADMIN_SECRET, SecretVariable::KS]);
    let message = "managing app tokens takes the admin secret of the account, or an ADMIN session";
    Failure::usage(format!("{message}{empty}")).with_hint(format!(
        "Put the admin secret into KALTURA_ADMIN_SECRET or a file (--admin-secret-file FILE), or pipe it in \
             (--admin-secret-stdin), and the account into {variable}. Or give the KS of an ADMIN session by \
             KALTURA_KS, --ks-file or --ks-stdin: an app token that is for ADMIN sessions makes one, with \
             `kaltura ks --type admin`."
    ))
}

impl Account {
    /// Forgets the sessions of a deleted token that are kept on this machine: they are dead. If that can not be done,
    /// the next one who takes one is told by the server.
    pub(super) fn forget_sessions(
        &self,
        ui: &Ui,
        token: &AppTokenId,
        environment: &Environment,
    ) -> Forgotten {
        Forgotten::aside(ui, environment, &self.service_url, self.partner, token.as_str())
    }

    /// The app tokens.
    pub(super) fn tokens(&self) -> AppTokens {
        self.client.app_tokens()
    }

    /// Where the account is.
    pub(super) const fn service_url(&self) -> &ServiceUrl {
        &self.service_url
    }

    /// The server's clock.
    pub(super) const fn clock(&self) -> &ServerClock {
        &self.clock
    }

    /// Shows the session to the server, before anything is changed. From then on the clock is the server's.
    pub(super) async fn prove_session(&self) -> Result<(), Failure> {
        self.client.verify_session().await.map_err(|error| self.failure(error))
    }

    /// Runs some work, unless a signal comes first.
    pub(super) fn run<T>(
        &self,
        ui: &Ui,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        runtime::run(ui, async {
            let mut signals = Signals::listen(ui)?;
            signals.unless_stopped(work).await?
        })
    }

    /// What a failed call means here.
    pub(super) fn failure(&self, error: Error) -> Failure {
        let hint = hint_of(&error, self.authority, self.partner, self.clock.ahead());
        let failure = Failure::from(error).at(&self.service_url);
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}
