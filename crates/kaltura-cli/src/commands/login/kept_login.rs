//! A login whose session is kept for the commands that come after it.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::{IssuedSession, Moment};
use kaltura_auth::store::{StoreKey, StoreTime};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, DetectedHashType, Session, SessionId, SessionRequest, Transport,
};
use kaltura_http::SystemClock;
use kaltura_types::HashType;

use crate::error::Failure;
use crate::output::Ui;
use crate::runtime;
use crate::session::{Place, TokenSessions, with_causes};
use crate::session_proof::{Proof, client_of, prove};
use crate::signals::Signals;

/// How to log in.
#[derive(Clone, Copy)]
pub(super) struct LoginManner {
    /// Whether the other hash types are tried if the first is refused.
    pub(super) detect_hash_type: bool,
    /// Whether the session is shown to the server. It is kept only if the server does not refuse it.
    pub(super) verify: bool,
    /// How long each request may take.
    pub(super) timeout: Duration,
}

/// What a login gave.
pub(super) struct KeptLogin {
    pub(super) session: Session,
    pub(super) hash_type: HashType,
    /// Whether the server was shown the session, and accepted it.
    pub(super) verified: bool,
    /// Why the session is not kept, or could not be tried.
    pub(super) warnings: Vec<String>,
}

impl KeptLogin {
    /// Logs in, and keeps the session at this place.
    pub(super) fn make(
        ui: &Ui,
        login: &AppTokenLogin,
        request: &SessionRequest,
        manner: LoginManner,
        transport: &Arc<impl Transport + 'static>,
        place: Result<Place, String>,
    ) -> Result<Self, Failure> {
        let clock = SystemClock::new();
        // Before the login: the session must not be kept for longer than it lives.
        let started = place.and_then(|place| {
            let time = place.time().map_err(|error| format!("session store: {}", with_causes(&error)))?;
            Ok((place, time))
        });
        let sent_at = Moment::read(&clock);
        let mut made = runtime::run(ui, async {
            let mut signals = Signals::listen(ui)?;
            let outcome = signals.unless_stopped(Self::log_in(login, manner, transport)).await?;
            outcome.map_err(|failure| failure.at(login.service_url()))
        })?;
        let kept =
            started.and_then(|(place, started)| made.keep(&place, started, sent_at, login, request, &clock));
        made.warnings.extend(kept.err());
        Ok(made)
    }

    async fn log_in(
        login: &AppTokenLogin,
        manner: LoginManner,
        transport: &Arc<impl Transport + 'static>,
    ) -> Result<Self, Failure> {
        let (session, hash_type) = if manner.detect_hash_type {
            let detected = login.detect_hash_type(transport).await.map_err(Failure::after_detection);
            let DetectedHashType { session, hash_type, .. } = detected?;
            (session, hash_type)
        } else {
            (login.run(transport).await?, login.credentials().hash_type())
        };
        let mut made = Self { session, hash_type, verified: false, warnings: Vec::new() };
        if manner.verify {
            made.verify(login, transport, manner.timeout).await?;
        }
        Ok(made)
    }

    async fn verify(
        &mut self,
        login: &AppTokenLogin,
        transport: &Arc<impl Transport + 'static>,
        limit: Duration,
    ) -> Result<(), Failure> {
        let client = client_of(&self.session, login.service_url(), Arc::clone(transport), limit);
        match prove(&client, &self.session).await {
            Ok(Proof::Accepted) => self.verified = true,
            Ok(Proof::OtherPathsOnly(paths)) => self.warnings.push(format!(
                "the session is for certain paths only, so that it cannot be verified: {paths}"
            )),
            Err(failure) => {
                let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
                return Err(failure.with_hint(hint + "The session is not kept."));
            }
        }
        Ok(())
    }

    fn keep(
        &self,
        place: &Place,
        started: StoreTime,
        sent_at: Moment,
        login: &AppTokenLogin,
        request: &SessionRequest,
        clock: &SystemClock,
    ) -> Result<(), String> {
        let session = self.session.clone().with_id(SessionId::generate(clock));
        let issued = IssuedSession::new(Arc::new(session), sent_at, request.get_lifetime());
        let key = match place {
            Place::Own { .. } => TokenSessions::key(request),
            Place::Shared(_) => {
                let (old, hash_type) = (login.credentials(), self.hash_type);
                let token = AppTokenCredentials::new(
                    old.partner_id(),
                    old.id().clone(),
                    old.value().clone(),
                    hash_type,
                );
                let login = AppTokenLogin::new(login.service_url().clone(), token);
                StoreKey::of_app_token(&login.request(request.clone()))
            }
        };
        match place.keep(&key, started, &issued) {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err("the server did not report when the session expires, so it is not cached".to_owned())
            }
            Err(error) => Err(format!("session store: {}", with_causes(&error))),
        }
    }
}
