//! `kaltura token`: the app tokens of an account. What surprises about an app token is known by the library
//! ([`kaltura_types::AppTokenWarning`]).

mod edit;
mod output;
mod rotate;
mod value;

use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, Subcommand};
use kaltura_auth::{
    ErrorKind as LoginErrorKind, ServiceUrl, Transport, TransportError, WireRequest, WireResponse,
    async_trait,
};
use kaltura_client::app_tokens::AppTokens;
use kaltura_client::{CallError, Client, Error, ErrorKind};
use kaltura_types::{AppToken, AppTokenId, ErrorCode, KsRefusal, PartnerId, UnixTime};

use self::edit::{AddCommand, DeleteCommand, GetCommand, UpdateCommand};
use self::output::ListCommand;
use self::rotate::RotateCommand;
use crate::args::{AdminSecretOptions, Deferred, KsOptions, PartnerIdOption, ServerOptions, ks_header};
use crate::config::{Environment, SecretVariable, Setting, Settings};
use crate::error::Failure;
use crate::http::{LoggedTransport, admin_client, client_with_ks};
use crate::output::Ui;
use crate::profile::{Config, ProfileSecret};
use crate::session::Forgotten;
use crate::time;

const HELP: &str = "\
An app token lets a program log in without the account's admin secret, and do only what the
token was created for. Managing app tokens requires an ADMIN session of the account. It is
signed on this machine with the admin secret, which is not sent, or is a KS. The first of
these is used:
  --admin-secret-file, --admin-secret-stdin, --ks-file, --ks-stdin
  KALTURA_ADMIN_SECRET
  KALTURA_KS
  the admin secret of the profile
An app token with ADMIN sessions works too:
  KALTURA_KS=\"$(kaltura ks --type admin)\" kaltura token list

The value of a token is its secret. It is printed only with --show-value, or written to a file
with --value-file. The server stores it: `kaltura token get ID --value-file FILE` gets it again.

No action of the API disables or enables a token: delete it, and create another one.";

/// Create, list, show, change, replace and delete app tokens
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct TokenCommand {
    #[command(subcommand)]
    action: TokenAction,
}

#[derive(Debug, Subcommand)]
enum TokenAction {
    #[command(visible_alias = "create")]
    Add(Deferred<AddCommand>),
    #[command(visible_alias = "ls")]
    List(Deferred<ListCommand>),
    Get(Deferred<GetCommand>),
    Update(Deferred<UpdateCommand>),
    #[command(visible_alias = "rm")]
    Delete(Deferred<DeleteCommand>),
    Rotate(Deferred<RotateCommand>),
}

impl TokenCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        match self.action {
            TokenAction::Add(add) => add.0.run(ui, settings),
            TokenAction::List(list) => list.0.run(ui, settings),
            TokenAction::Get(get) => get.0.run(ui, settings),
            TokenAction::Update(update) => update.0.run(ui, settings),
            TokenAction::Delete(delete) => delete.0.run(ui, settings),
            TokenAction::Rotate(rotate) => rotate.0.run(ui, settings),
        }
    }
}

/// The account, and the right to manage it.
#[derive(Debug, Args)]
struct AccountOptions {
    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten, next_help_heading = "Account")]
    partner: PartnerIdOption,

    #[command(flatten)]
    secret: AdminSecretOptions,

    #[command(flatten)]
    ks: KsOptions,
}

/// An account, ready to be managed.
struct Account {
    client: Client,
    partner: PartnerId,
    service_url: ServiceUrl,
    clock: ServerClock,
    /// Whether the session is a given KS, and not signed with the admin secret.
    by_ks: bool,
}

impl AccountOptions {
    /// The account. Sends nothing.
    fn open(&self, ui: &Ui, settings: &Settings) -> Result<Account, Failure> {
        let (secret, ks) = (self.secret.source(), self.ks.source());
        secret.refuse_an_argument()?;
        ks.refuse_an_argument()?;
        if secret.is_given() && ks.is_given() {
            return Err(Failure::usage("both the admin secret and a KS are given: one of them is enough"));
        }
        let service_url = self.server.service_url(settings)?;
        let transport = Arc::new(self.server.transport(ui)?);
        let clock = ServerClock { transport, shown: Arc::default() };
        let timeout = self.server.timeout;
        let secret_given =
            secret.is_given() || (!ks.is_given() && self.secret.given(ui, settings)?.is_some());
        if !secret_given && let Some(ks) = self.ks.given(ui, settings)? {
            let partner = match ks_header(&ks) {
                Ok(header) => header.partner_id(),
                Err((why, advice)) => {
                    return Err(
                        Failure::usage(format!("the given text is not a KS: {why}")).with_hint(advice)
                    );
                }
            };
            if let Some(wanted) = self.partner.known(settings)?.filter(|wanted| *wanted != partner) {
                let message = format!("the KS is for account {partner}, not {wanted}");
                return Err(Failure::usage(message).with_hint(
                    "Pass the KS or the admin secret of the account that you mean, or its --partner-id.",
                ));
            }
            let client = client_with_ks(&service_url, partner, ks, clock.clone(), timeout);
            return Ok(Account { client, partner, service_url, clock, by_ks: true });
        }
        let profile = settings.needed_profile()?;
        if !secret_given && profile.is_none_or(|it| it.place_of(ProfileSecret::ADMIN_SECRET).is_none()) {
            return Err(no_authority(&settings.environment));
        }
        let partner = self.partner.partner_id(settings)?;
        let secret = self.secret.admin_secret(ui, settings, partner, Some(&service_url))?;
        let client = admin_client(&service_url, partner, secret, clock.clone(), timeout);
        Ok(Account { client, partner, service_url, clock, by_ks: false })
    }
}

fn no_authority(environment: &Environment) -> Failure {
    let empty = environment.but_empty(&[SecretVariable::ADMIN_SECRET, SecretVariable::KS]);
    let message = "managing app tokens requires the account's admin secret or an ADMIN session";
    Failure::usage(format!("{message}{empty}")).with_hint(format!(
        "Set KALTURA_ADMIN_SECRET (or pass --admin-secret-file FILE or --admin-secret-stdin) and {}. Or pass the KS \
         of an ADMIN session in KALTURA_KS, --ks-file or --ks-stdin: an app token for ADMIN sessions gets one with \
         `kaltura ks --type admin`.",
        Setting::PARTNER_ID.variable
    ))
}

impl Account {
    fn tokens(&self) -> AppTokens {
        self.client.app_tokens()
    }

    /// Removes the cached sessions of a deleted token, which are dead.
    fn forget_sessions(&self, ui: &Ui, token: &AppTokenId, environment: &Environment) -> Forgotten {
        let token = Some((&self.service_url, self.partner, token.as_str()));
        Forgotten::of(ui, environment, token, Forgotten::ASIDE)
    }

    /// Verifies the session before anything is changed. From then on the server's clock is known.
    async fn verify_session(&self) -> Result<(), Failure> {
        self.client.verify_session().await.map_err(|error| self.failure(error))
    }

    async fn get(&self, id: &AppTokenId) -> Result<AppToken, Failure> {
        self.tokens().get(id).await.map_err(|error| self.failure(error))
    }

    async fn delete(&self, id: &AppTokenId) -> Result<(), Failure> {
        self.tokens().delete(id).await.map_err(|error| self.failure(error))
    }

    /// A failed call, with a hint where more is known here than where the error comes from.
    fn failure(&self, error: Error) -> Failure {
        let hint = self.hint(&error);
        let failure = Failure::from(error).at(&self.service_url);
        hint.into_iter().fold(failure, Failure::with_hint)
    }

    fn hint(&self, error: &Error) -> Option<String> {
        let partner = self.partner;
        if let Some(api) = error.api_error()
            && *api.code() == ErrorCode::InvalidFieldValue
            && api.arg("FIELD_NAME") == Some("sessionUserId")
        {
            let hint = "Pass --user, with only letters, digits and !#$%&'*+?^_`{|}~.@,-: an account that never had \
                        an anonymous user accepts no token without a user.";
            return Some(hint.to_owned());
        }
        let refusal = match error.kind() {
            ErrorKind::KsRefused(refusal) | ErrorKind::NoSession(LoginErrorKind::KsRefused(refusal)) => {
                refusal
            }
            ErrorKind::Forbidden if self.by_ks => {
                return Some(format!(
                    "The KS must be of an ADMIN session of account {partner}, or of a role that may manage app \
                     tokens. Pass such a KS, or the admin secret by --admin-secret-file, which overrides KALTURA_KS."
                ));
            }
            _ => return None,
        };
        Some(match (self.by_ks, refusal) {
            (false, KsRefusal::Expired) => {
                let skew = self.clock.skew().unwrap_or_default();
                format!("The session was signed with this machine's clock{skew}. Set the clock.")
            }
            (false, KsRefusal::Unreadable) => format!(
                "Check that this is the admin secret of account {partner}, and that the account is in this region."
            ),
            (true, KsRefusal::Expired) => {
                "The session of the KS has expired: get a new one, or pass --admin-secret-file.".to_owned()
            }
            (true, KsRefusal::Unreadable) => "Check that the KS is complete, and for this region.".to_owned(),
            _ => return None,
        })
    }

    /// Says which profiles log in with a token that is deleted.
    fn profiles_with(&self, id: &AppTokenId, environment: &Environment) -> Vec<String> {
        let config = Config::read(environment).unwrap_or_default();
        let partner = self.partner.to_string();
        config
            .profiles()
            .filter(|profile| {
                let has = |setting: &Setting, value: &str| {
                    profile.text(setting.entry).is_some_and(|text| text.eq_ignore_ascii_case(value))
                };
                has(&Setting::APP_TOKEN_ID, id.as_str()) && has(&Setting::PARTNER_ID, &partner)
            })
            .map(|profile| profile.name.to_string())
            .collect()
    }
}

/// Whether the server may have executed a call, although it failed.
fn may_be_done(error: &Error) -> bool {
    if let Some(error) = error.transport_error() {
        return error.maybe_sent();
    }
    if let Some(failed) = error.call_error() {
        return matches!(failed, CallError::TimedOut { .. } | CallError::UnexpectedStatus { .. });
    }
    error.unexpected_body().is_some() || error.kind() == ErrorKind::ServerFailed
}

/// A transport that keeps the server's clock, as its last response showed it: by it app tokens expire.
#[derive(Clone)]
struct ServerClock {
    transport: Arc<LoggedTransport>,
    /// The server's time, and that of this machine when it came.
    shown: Arc<Mutex<Option<(UnixTime, UnixTime)>>>,
}

impl ServerClock {
    fn shown(&self) -> Option<(UnixTime, UnixTime)> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's time; before the first response that of this machine.
    fn now(&self) -> UnixTime {
        self.shown().map_or_else(time::now, |(server, _)| server)
    }

    /// `, which is 5 min ahead of the server's`, if the difference is larger than a minute.
    fn skew(&self) -> Option<String> {
        let (server, local) = self.shown()?;
        let ahead = local.seconds_since(server);
        let words = time::show_duration(ahead.unsigned_abs());
        let direction = if ahead > 0 { "ahead of" } else { "behind" };
        (ahead.unsigned_abs() > 60).then(|| format!(", which is {words} {direction} the server's"))
    }
}

#[async_trait]
impl Transport for ServerClock {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let response = self.transport.send(request).await?;
        if let Some(server) = response.server_time() {
            *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some((server, time::now()));
        }
        Ok(response)
    }
}
