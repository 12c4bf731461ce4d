//! The session that calls are sent with, and a new one where the server refuses that of the cache.

use kaltura_auth::manager::InvalidReason;
use kaltura_auth::source::FixedSession;
use kaltura_auth::{Adjustment, ServiceUrl, Session, Transport};
use kaltura_client::{CallOptions, Client, Error, ErrorKind, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::{Ks, KsRefusal, PartnerId};

use crate::args::{Authority, CallSessionOptions, ReadySession, SessionSupply};
use crate::error::Failure;
use crate::output::Ui;
use crate::runtime;
use crate::signals::Signals;

/// What calls are sent with.
pub(in crate::commands) struct SessionInUse<'a> {
    options: &'a CallSessionOptions,
    service_url: ServiceUrl,
    held: Held,
    retry: RetryPolicy,
}

enum Held {
    Nothing,
    Given(Ks),
    Ready {
        supply: Box<SessionSupply>,
        session: Box<ReadySession>,
        /// Whether it is known to be new, so that another one would be no better.
        is_new: bool,
    },
}

/// All that some work needs to send calls.
pub(in crate::commands) struct Line<'a> {
    pub(in crate::commands) client: &'a Client,
    pub(in crate::commands) options: CallOptions,
    pub(in crate::commands) signals: &'a mut Signals,
    pub(in crate::commands) service_url: &'a ServiceUrl,
}

/// Why some work is not done.
pub(in crate::commands) enum Undone {
    /// The server refused the session, and did nothing. Another one may be accepted.
    Refused {
        failure: Failure,
        why: KsRefusal,
        /// Whether it had accepted the session before.
        worked: bool,
    },
    /// Another session would change nothing.
    Failed(Failure),
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Line<'_> {
    /// What follows from a failed call. `worked` is whether the session had been accepted before.
    pub(in crate::commands) fn undone(&self, error: Error, worked: bool) -> Undone {
        let why = cured_by_a_login(&error);
        let failure = Failure::from(error).at(self.service_url);
        match why {
            Some(why) => Undone::Refused { failure, why, worked },
            None => Undone::Failed(failure),
        }
    }
}

/// Why the server refused the session, if a new one may be accepted.
pub(in crate::commands) fn cured_by_a_login(error: &Error) -> Option<KsRefusal> {
    match error.kind() {
        ErrorKind::KsRefused(
            why @ (KsRefusal::Expired
            | KsRefusal::LoggedOut
            | KsRefusal::ActionsLimitExceeded
            | KsRefusal::Unreadable),
        ) => Some(why),
        _ => None,
    }
}

impl<'a> SessionInUse<'a> {
    /// Takes the session from where it is to come from.
    pub(in crate::commands) fn new(
        ui: &Ui,
        options: &'a CallSessionOptions,
        service_url: &ServiceUrl,
        authority: Authority,
    ) -> Result<Self, Failure> {
        let held = match authority {
            Authority::Anonymous => Held::Nothing,
            Authority::Ks(ks) => Held::Given(ks),
            Authority::Token(supply) => {
                let within = options.server().timeout();
                let session = runtime::run_with_retries(ui, within, || supply.session())?;
                let session = Box::new(session);
                let is_new = !session.from_cache;
                Held::Ready { supply, session, is_new }
            }
        };
        let service_url = service_url.clone();
        let in_use = Self { options, service_url, held, retry: RetryPolicy::never() };
        in_use.tell(ui, &[]);
        Ok(in_use)
    }

    /// Lets calls be tried again that may be.
    pub(in crate::commands) fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Does some work. If the server refuses the session, the work is begun again with a new one: once, and once
    /// more whenever that one had been accepted.
    pub(in crate::commands) fn run<T>(
        &mut self,
        ui: &Ui,
        mut work: impl AsyncFnMut(&mut Line<'_>) -> Result<T, Undone>,
    ) -> Result<T, Failure> {
        loop {
            let transport = self.options.server().transport(ui)?;
            let client = without_login(&self.service_url, transport)
                .retry(self.retry.clone())
                .request_timeout(self.options.server().timeout())
                .build();
            let options = match &self.held {
                Held::Nothing => CallOptions::new().anonymous(),
                Held::Given(ks) => CallOptions::new().ks(ks.clone()),
                Held::Ready { session, .. } => CallOptions::new().ks(session.session.ks().clone()),
            };
            let service_url = &self.service_url;
            let outcome = runtime::run(ui, async {
                let mut signals = Signals::listen(ui)?;
                let mut line = Line { client: &client, options, signals: &mut signals, service_url };
                Ok(work(&mut line).await)
            })?;
            match outcome {
                Ok(done) => return Ok(done),
                Err(Undone::Failed(failure)) => return Err(failure),
                Err(Undone::Refused { failure, why, worked }) => {
                    if !self.renew(ui, why, worked)? {
                        return Err(self.hopeless(failure, why));
                    }
                }
            }
        }
    }

    /// Gets a new session in the place of a refused one, if that may help.
    fn renew(&mut self, ui: &Ui, why: KsRefusal, worked: bool) -> Result<bool, Failure> {
        match &mut self.held {
            Held::Ready { supply, session, is_new } if !*is_new || worked => {
                let renewed = supply.instead_of(&session.session, reason_of(why))?;
                let before = std::mem::replace(&mut **session, renewed);
                *is_new = true;
                self.tell(ui, before.session.adjustments());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The session was refused, and there is none that would not be.
    fn hopeless(&self, failure: Failure, why: KsRefusal) -> Failure {
        match (&self.held, why) {
            // Ending one session of a token ends those to come (wire contract, section 4.4).
            (Held::Ready { .. }, KsRefusal::LoggedOut) => failure.with_hint(
                "This is a new session of the app token. One of its sessions was ended by session.end, which ends all of \
                 them, later ones included. Create a new app token.",
            ),
            (Held::Given(_), _) => failure.with_hint(
                "This is the KS that was given. To use a session of the app token, unset KALTURA_KS or use --fresh.",
            ),
            _ => failure,
        }
    }

    /// Tells what is wrong with the cache, and what the server granted otherwise, but for what is told already.
    fn tell(&self, ui: &Ui, told: &[Adjustment]) {
        let Held::Ready { session, .. } = &self.held else { return };
        for warning in &session.warnings {
            ui.note(warning);
        }
        for adjustment in session.session.adjustments() {
            // How long it lives makes no difference to a call.
            if !matches!(adjustment, Adjustment::ShorterLifetime { .. }) && !told.contains(adjustment) {
                ui.note(&adjustment.to_string());
            }
        }
    }
}

/// What the refusal says of the session.
const fn reason_of(why: KsRefusal) -> InvalidReason {
    match why {
        KsRefusal::LoggedOut => InvalidReason::LoggedOut,
        KsRefusal::ActionsLimitExceeded => InvalidReason::ActionsUsedUp,
        _ => InvalidReason::Expired,
    }
}

/// A client whose calls bring their own KS, or none. Its own session is never asked for.
pub(in crate::commands) fn without_login(
    service_url: &ServiceUrl,
    transport: impl Transport + 'static,
) -> kaltura_client::ClientBuilder {
    let unused = FixedSession::new(Session::new(PartnerId::new(0), Ks::new("")));
    Client::builder_with_source(service_url.clone(), unused, transport, TokioRuntime::new())
}
