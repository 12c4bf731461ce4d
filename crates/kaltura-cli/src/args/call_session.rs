//! The session that calls of the API go with.

use std::sync::{Mutex, PoisonError};

use clap::Args;
use kaltura_auth::source::FixedSession;
use kaltura_auth::{Adjustment, ServiceUrl, Session, Transport};
use kaltura_client::{CallOptions, Client, ClientBuilder, Error, ErrorKind, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::{Ks, KsHeader, KsRefusal, PartnerId};

use super::{KsOptions, LoginOptions, ReadySession, SessionClient, SessionNeed};
use crate::config::{Origin, Settings};
use crate::error::Failure;
use crate::output::Ui;
use crate::signals::run_until_stopped;

/// Where the API is, and what calls of it go with.
#[derive(Debug, Args)]
pub(crate) struct CallSessionOptions {
    /// Send no session
    #[arg(long, help_heading = "Session",
          conflicts_with_all = ["ks-file", "ks-stdin", "app-token-file", "app-token-stdin", "fresh"])]
    anonymous: bool,

    /// Log in even if there is a session in the cache
    #[arg(long, help_heading = "Session", conflicts_with_all = ["ks-file", "ks-stdin"])]
    fresh: bool,

    #[command(flatten)]
    ks: KsOptions,

    #[command(flatten)]
    login: LoginOptions,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionUse {
    /// None: each call has its own KS, or is sent without one.
    None,
    Usual,
    /// One of the calls is `session.end`.
    Ended,
}

/// A client, and the options that its calls are sent with.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) options: CallOptions,
    pub(crate) service_url: ServiceUrl,
    authority: Authority,
    /// What was granted otherwise, as far as it is noted.
    noted: Mutex<Vec<Adjustment>>,
}

enum Authority {
    Anonymous,
    /// A KS that another program has made.
    Ks,
    /// Sessions of the app token.
    Token(Box<SessionClient>),
}

impl CallSessionOptions {
    pub(crate) fn service_url(&self, settings: &Settings) -> Result<ServiceUrl, Failure> {
        self.login.server.service_url(settings)
    }

    /// Whether a session goes with the calls.
    pub(crate) const fn is_wanted(&self) -> bool {
        !self.anonymous
    }

    /// Sees to it that no secret stands in an argument, and that standard input is for one thing. `other` is what
    /// else is to come from there.
    pub(crate) fn check_secrets(&self, other: Option<&str>) -> Result<(), Failure> {
        let (ks, value) = (self.ks.source(), self.login.token.value_source());
        ks.refuse_an_argument()?;
        value.refuse_an_argument()?;
        ks.shares_stdin_with(value)?;
        let Some(other) = other else { return Ok(()) };
        for source in [ks, value] {
            if source.takes_stdin() {
                let message = format!("{} and {other} cannot both be read from standard input", source.what);
                let hint = format!("Put {} into a file or into {}.", source.what, source.variable);
                return Err(Failure::usage(message).with_hint(hint));
            }
        }
        Ok(())
    }

    /// Whether an option names a token, a profile or what is requested of a session: it goes before `KALTURA_KS`.
    fn token_is_meant(&self, settings: &Settings) -> bool {
        let by_option = matches!(settings.profile_origin, Origin::Option(_)) && settings.profile().is_some();
        self.fresh || by_option || self.login.token.is_named() || self.login.request.is_given()
    }

    /// Names what is wrong with a text that is not a KS, before it is sent. The text is not shown.
    fn refuse_another_text(&self, ks: &Ks) -> Result<(), Failure> {
        let Some(issue) = ks.issue() else { return Ok(()) };
        let source = self.ks.source();
        let place = if source.is_given() { String::new() } else { format!(" in {}", source.variable) };
        Err(Failure::usage(format!("the KS{place} cannot be used: {issue}")).with_hint(issue.advice()))
    }

    /// Sees to it that a KS is not sent to the server of another account, nor acts in it unseen.
    fn refuse_another_account(&self, ks: &Ks, settings: &Settings) -> Result<(), Failure> {
        let Ok(header) = KsHeader::parse(ks) else { return Ok(()) };
        let partner = header.partner_id();
        match self.login.token.known_partner(settings)? {
            Some(wanted) if wanted != partner => {
                let message = format!("the KS is of the account {partner}, and not of {wanted}");
                Err(Failure::usage(message).with_hint(
                    "Unset KALTURA_KS, or give the KS of the account that you mean. --profile and --fresh log in \
                     instead.",
                ))
            }
            _ => Ok(()),
        }
    }

    /// A client for calls with a KS that was given, else with sessions of the app token. A token, profile or session
    /// request that is given by an option goes before the variable of a KS.
    pub(crate) fn connect(
        &self,
        ui: &Ui,
        settings: &Settings,
        session_use: SessionUse,
        retry: RetryPolicy,
    ) -> Result<Connection, Failure> {
        let service_url = self.login.server.service_url(settings)?;
        let noted = Mutex::default();
        let ks = match session_use {
            _ if self.anonymous => None,
            SessionUse::None => None,
            _ => match self.given_ks(ui, settings)? {
                Some(ks) => Some(ks),
                None => {
                    let token = self.session_client(ui, settings, session_use, retry)?;
                    let (client, options) = (token.client.clone(), CallOptions::new());
                    let authority = Authority::Token(Box::new(token));
                    return Ok(Connection { client, options, service_url, authority, noted });
                }
            },
        };
        let client = client_without_session(&service_url, self.login.server.transport(ui)?)
            .retry(retry)
            .request_timeout(self.login.server.timeout)
            .build();
        let (options, authority) = match ks {
            Some(ks) => (CallOptions::new().ks(ks), Authority::Ks),
            None => (CallOptions::new().anonymous(), Authority::Anonymous),
        };
        Ok(Connection { client, options, service_url, authority, noted })
    }

    fn given_ks(&self, ui: &Ui, settings: &Settings) -> Result<Option<Ks>, Failure> {
        if self.token_is_meant(settings) && !self.ks.source().is_given() {
            return Ok(None);
        }
        let ks = self.ks.given(ui, settings)?;
        if let Some(ks) = &ks {
            self.refuse_another_text(ks)?;
            self.refuse_another_account(ks, settings)?;
        }
        Ok(ks)
    }

    fn session_client(
        &self,
        ui: &Ui,
        settings: &Settings,
        session_use: SessionUse,
        retry: RetryPolicy,
    ) -> Result<SessionClient, Failure> {
        if session_use == SessionUse::Ended {
            let message = "session.end with the session of a login would shut the app token";
            return Err(Failure::usage(message).with_hint(
                "It ends all sessions of the token, those that are still to be started included. If that is what \
                 you want, give the KS of one by KALTURA_KS.",
            ));
        }
        let need = SessionNeed { min_validity: None, fresh: self.fresh };
        SessionClient::new(ui, settings, &self.login, need, retry).map_err(|failure| {
            let variable = self.ks.source().variable;
            if self.token_is_meant(settings) || !settings.environment.is_empty(variable) {
                return failure;
            }
            failure.within(&format!("{variable} is set, but empty, so that an app token has to log in"))
        })
    }
}

/// A client whose calls bring their own KS, or none. Its own session is never used.
pub(crate) fn client_without_session(
    service_url: &ServiceUrl,
    transport: impl Transport + 'static,
) -> ClientBuilder {
    let unused = FixedSession::new(Session::new(PartnerId::new(0), Ks::new("")));
    Client::builder_with_source(service_url.clone(), unused, transport, TokioRuntime::new())
}

impl Connection {
    /// Does some work with the client, unless a signal comes first.
    pub(crate) fn run<T>(
        &self,
        ui: &Ui,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        run_until_stopped(ui, async {
            let Authority::Token(token) = &self.authority else { return work.await };
            self.note(ui, &token.session().await?);
            let had_logged_in = token.has_logged_in();
            let done = work.await?;
            // The session was replaced.
            if token.has_logged_in() != had_logged_in {
                self.note(ui, &token.session().await?);
            }
            Ok(done)
        })
    }

    /// Why a call failed.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        let refusal = match error.kind() {
            ErrorKind::KsRefused(refusal) => Some(refusal),
            _ => None,
        };
        match (&self.authority, refusal) {
            // Ending one session of a token ends those to come (wire contract, section 4.4).
            (Authority::Token(token), Some(KsRefusal::LoggedOut)) => token.failure(error).with_hint(
                "This is a new session of the app token. One of its sessions was ended by session.end, which ends all of \
                 them, later ones included. Create a new app token.",
            ),
            (Authority::Token(token), _) => token.failure(error),
            (
                Authority::Ks,
                Some(
                    KsRefusal::Expired
                    | KsRefusal::LoggedOut
                    | KsRefusal::ActionsLimitExceeded
                    | KsRefusal::Unreadable,
                ),
            ) => Failure::from(error).at(&self.service_url).with_hint(
                "This is the KS that was given. To use a session of the app token, unset KALTURA_KS or use --fresh.",
            ),
            _ => Failure::from(error).at(&self.service_url),
        }
    }

    /// Notes what is wrong with the cache, and what the server granted otherwise.
    fn note(&self, ui: &Ui, ready: &ReadySession) {
        for warning in &ready.warnings {
            ui.note(warning);
        }
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        for adjustment in ready.session.adjustments() {
            // How long it lives makes no difference to a call.
            if !matches!(adjustment, Adjustment::ShorterLifetime { .. }) && !noted.contains(adjustment) {
                ui.note(&adjustment.to_string());
                noted.push(adjustment.clone());
            }
        }
    }
}
