//! A session that is ready to be used: from the cache or a shared store, else by a login.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use kaltura_auth::blocking::SessionManager;
use kaltura_auth::manager::{Event, InvalidReason, Observer, Policy};
use kaltura_auth::{ErrorKind, ServiceUrl, Session, SessionIdentity};
use kaltura_http::SystemClock;

use super::{AppTokenOptions, ServerOptions, SessionRequestOptions, StoreOptions};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::session::{
    CommandStore, LoginFailure, Place, SessionCache, TokenSessions, TokenSource, with_causes,
};
use crate::time;

/// How long a login of another process is waited for: until it ends. A person may be asked meanwhile, by a command that
/// prints the secret. A process that ends, or is stopped, loses its right to log in.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Which session, and how long it must be good for.
#[derive(Debug, Args)]
pub(crate) struct ReadySessionOptions {
    /// How long the session must be valid at least
    #[arg(long, value_name = "DURATION", value_parser = time::parse_duration, default_value = "5m")]
    min_validity: Duration,

    /// Log in even if there is a session in the cache
    #[arg(long)]
    fresh: bool,

    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,

    #[command(flatten)]
    store: StoreOptions,
}

/// A session that is ready to be used.
pub(crate) struct ReadySession {
    pub(crate) session: Arc<Session>,
    /// How long it is valid from now. Nothing if the server did not say.
    pub(crate) valid_for: Option<Duration>,
    pub(crate) service_url: ServiceUrl,
    /// Whether no login was needed.
    pub(crate) from_cache: bool,
    /// What is wrong with the cache, the first first.
    pub(crate) warnings: Vec<String>,
}

impl ReadySession {
    /// Notes what is wrong with the cache, and what the server granted otherwise.
    pub(crate) fn tell(&self, ui: &Ui) {
        for warning in &self.warnings {
            ui.note(warning);
        }
        for adjustment in self.session.adjustments() {
            ui.note(&adjustment.to_string());
        }
    }
}

impl ReadySessionOptions {
    /// A session that lives long enough.
    pub(crate) fn session(&self, ui: &Ui, settings: &Settings) -> Result<ReadySession, Failure> {
        let wanted = WantedSession {
            server: &self.server,
            token: &self.token,
            request: &self.request,
            store: &self.store,
            min_validity: Some(self.min_validity),
            fresh: self.fresh,
        };
        SessionSupply::new(ui, wanted, settings)?.session()
    }
}

/// Which session is wanted, by options of any command.
#[derive(Clone, Copy)]
pub(crate) struct WantedSession<'a> {
    pub(crate) server: &'a ServerOptions,
    pub(crate) token: &'a AppTokenOptions,
    pub(crate) request: &'a SessionRequestOptions,
    pub(crate) store: &'a StoreOptions,
    /// How long it must live at least; nothing if any will do that the server accepts.
    pub(crate) min_validity: Option<Duration>,
    /// Whether the one in the cache will not do.
    pub(crate) fresh: bool,
}

/// Where sessions come from: the cache or a shared store, else a login.
pub(crate) struct SessionSupply {
    manager: SessionManager,
    service_url: ServiceUrl,
    min_validity: Option<Duration>,
    failure: Arc<LoginFailure>,
    log: Arc<SessionLog>,
}

impl SessionSupply {
    pub(crate) fn new(ui: &Ui, wanted: WantedSession<'_>, settings: &Settings) -> Result<Self, Failure> {
        let WantedSession { server, token, request, store, min_validity, fresh } = wanted;
        token.value_source().refuse_an_argument()?;
        let service_url = server.service_url(settings)?;
        let request = request.request(settings)?;
        let (partner, token_id) = token.account(settings)?;
        // What is wrong is reported, also where no login needs it.
        token.check_hash_type(settings)?;
        let log = Arc::<SessionLog>::default();

        let get = |ui: &Ui| token.credentials(ui, settings, &service_url, None);
        // Who pipes the value in waits until it is read. Otherwise it is taken only if it is needed.
        let mut known = if token.value_source().takes_stdin() { Some(get(ui)?) } else { None };
        let shared = store.open(settings)?;
        let own = match shared {
            Some(_) => None,
            None => SessionCache::of(settings.environment())
                .map(|cache| cache.token(&service_url, partner, &token_id))
                .map_err(|trouble| log.warn(trouble.to_string()))
                .ok(),
        };
        // Other processes do not wait until a person has answered.
        if known.is_none() && token.value_must_be_asked(ui, settings) {
            let is_there = |sessions: &TokenSessions| {
                let least = min_validity.unwrap_or_default();
                let found = sessions.read(&request);
                !fresh && found.is_ok_and(|found| found.is_some_and(|(_, left)| left > least))
            };
            if !own.as_ref().is_some_and(is_there) {
                known = Some(get(ui)?);
            }
        }
        let place = match (shared, own) {
            (Some(store), _) => Some((Place::Shared(store), None)),
            (None, Some(sessions)) => {
                let key = TokenSessions::key(&request);
                let way = token.login_way(settings, &key, known.as_ref());
                Some((Place::Own { sessions, way }, Some(key)))
            }
            (None, None) => None,
        };
        let (place, key) = place.map_or((None, None), |(place, key)| (Some(place), key));
        let credentials = {
            let (ui, token, settings, url) =
                (ui.clone(), token.clone(), settings.clone(), service_url.clone());
            move || match &known {
                Some(known) => Ok(known.clone()),
                None => token.credentials(&ui, &settings, &url, None),
            }
        };
        let transport = {
            let (ui, server) = (ui.clone(), server.clone());
            move || server.transport(&ui)
        };
        let source = TokenSource::new(
            ui,
            service_url.clone(),
            request,
            server.timeout(),
            key,
            Box::new(credentials),
            Box::new(transport),
        );
        let failure = source.failure();
        let mut manager = SessionManager::builder(source, SystemClock::new())
            .policy(Policy::default().login_timeout(PATIENCE))
            .observer(Arc::clone(&log));
        if let Some(place) = place {
            manager = manager.store(CommandStore::new(place, fresh, Arc::clone(&failure), ui.clone()));
        }
        Ok(Self { manager: manager.build(), service_url, min_validity, failure, log })
    }

    /// A session.
    pub(crate) fn session(&self) -> Result<ReadySession, Failure> {
        let session = match self.min_validity {
            Some(least) => self.manager.session_valid_for(least),
            None => self.manager.session(),
        };
        let session = session.map_err(|error| self.failed(error))?;
        // A source that does not know says so by the longest duration there is.
        let remaining = self.manager.status().remaining;
        let valid_for = remaining.filter(|left| *left < Duration::MAX / 2);
        if valid_for.is_none() && self.min_validity.is_some() {
            let message = "the server did not report when the session expires";
            return Err(Failure::new(ExitCode::Server, message)
                .with_hint("Use `kaltura login --ks-only`, which does not need to know."));
        }
        let log = self.log.take();
        Ok(ReadySession {
            session,
            valid_for,
            service_url: self.service_url.clone(),
            from_cache: log.adopted,
            warnings: log.warnings,
        })
    }

    /// Another session than this one, which the server has refused.
    pub(crate) fn instead_of(
        &self,
        refused: &Arc<Session>,
        reason: InvalidReason,
    ) -> Result<ReadySession, Failure> {
        self.manager.invalidate(refused, reason);
        self.session()
    }

    fn failed(&self, error: kaltura_auth::Error) -> Failure {
        if let Some(failure) = self.failure.take_own() {
            return failure;
        }
        if error.kind() == ErrorKind::SessionTooShort {
            return self.too_short(&error);
        }
        let is_of_another_process = error.is_of_another_process();
        if is_of_another_process && error.kind() == ErrorKind::SourceFailed {
            let message = "another kaltura process, which this one waited for, could not log in: it did not get the \
                           app token value";
            return Failure::new(ExitCode::Local, message).with_hint("Run the command again to see why.");
        }
        let failure = Failure::from(error).at(&self.service_url);
        if is_of_another_process {
            return failure.within("another kaltura process, which this one waited for, could not log in");
        }
        failure
    }

    /// The token was accepted: another login would not help.
    fn too_short(&self, error: &kaltura_auth::Error) -> Failure {
        let least = time::show_duration(self.min_validity.unwrap_or_default().as_secs());
        let message = match self.manager.status().remaining {
            Some(left) => {
                let left = time::show_duration(left.as_secs());
                format!("the session is valid for {left}, but {least} are required")
            }
            None => error.to_string(),
        };
        Failure::usage(message)
            .with_hint("Request a longer --lifetime or a shorter --min-validity, or use another app token.")
            .at(&self.service_url)
    }
}

/// What the manager reports.
#[derive(Debug, Default)]
struct SessionLog(Mutex<Log>);

#[derive(Clone, Debug, Default)]
struct Log {
    adopted: bool,
    warnings: Vec<String>,
}

impl SessionLog {
    fn warn(&self, warning: String) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !log.warnings.contains(&warning) {
            log.warnings.push(warning);
        }
    }

    /// What is new since the last call.
    fn take(&self) -> Log {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let adopted = log.adopted;
        Log { adopted, warnings: std::mem::take(&mut log.warnings) }
    }
}

impl Observer for SessionLog {
    fn observe(&self, event: &Event, _: &Arc<SessionIdentity>) {
        let adopted = |adopted| self.0.lock().unwrap_or_else(PoisonError::into_inner).adopted = adopted;
        match event {
            Event::Adopted { .. } => adopted(true),
            Event::LoginSucceeded { .. } => adopted(false),
            Event::StoreTrouble { error } => self.warn(format!("session store: {}", with_causes(error))),
            _ => {}
        }
    }
}
