//! A login whose session is kept for the commands that come after it.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::{AppTokenLogin, DetectedHashType, Session, Transport};
use kaltura_types::HashType;

use crate::error::Failure;
use crate::output::Ui;
use crate::session_cache::{Lock, LoginWay, Record, SessionFile, Trouble};
use crate::session_proof::{Proof, client_of, prove};
use crate::signals::Signals;
use crate::{runtime, time};

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
    /// Logs in, while no other process does so for the same session; and keeps the session at this place.
    pub(super) fn make(
        ui: &Ui,
        login: &AppTokenLogin,
        manner: LoginManner,
        transport: &Arc<impl Transport + 'static>,
        place: Result<SessionFile, Trouble>,
        way: &LoginWay,
    ) -> Result<Self, Failure> {
        let mut warnings = Vec::new();
        let mut usable = |trouble: Trouble| warnings.push(trouble.to_string());
        let place = place.map_err(&mut usable).ok();
        let lock = place.as_ref().and_then(|place| place.lock(ui).map_err(&mut usable).ok());

        // To verify the session, or to try several hash types, is something else than others wait for.
        let shared = lock.as_ref().filter(|_| !manner.detect_hash_type && !manner.verify);
        if let Some(failure) = shared.and_then(|lock| lock.failed_meanwhile(way)) {
            return Err(failure);
        }

        let asked_at = time::now();
        let made = runtime::run(ui, async {
            let mut signals = Signals::listen(ui)?;
            let outcome = signals.unless_stopped(Self::log_in(login, manner, transport)).await?;
            outcome.map_err(|failure| failure.at(login.service_url()))
        });
        let mut made = made.inspect_err(|failure| {
            if let Some(lock) = shared {
                lock.tell(failure, way);
            }
        })?;
        made.warnings.splice(0..0, warnings);
        if let Some(lock) = &lock {
            made.keep(ui, lock, Record::of(&made.session, asked_at));
        }
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
                "the session is for certain paths only, so that it can not be verified: {paths}"
            )),
            Err(failure) => {
                let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
                return Err(failure.with_hint(hint + "The session is not kept."));
            }
        }
        Ok(())
    }

    fn keep(&mut self, ui: &Ui, lock: &Lock<'_>, record: Option<Record>) {
        let outcome = match record {
            Some(record) => lock.write(ui, &record).map_err(|trouble| trouble.to_string()),
            None => Err("the server did not say when the session ends, so it is not kept".to_owned()),
        };
        self.warnings.extend(outcome.err());
    }
}
