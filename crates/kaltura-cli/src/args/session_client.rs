//! A client with a session that is ready to be used: from the cache or a shared store, else by a login.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Args;
use kaltura_auth::manager::{Event, Observer, Policy};
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ErrorKind, ServiceUrl, Session, SessionIdentity};
use kaltura_client::{Client, Error, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::{HashType, UnixTime};

use super::{AppTokenOptions, ServerOptions, SessionRequestOptions, StoreOptions};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::session::{
    CommandStore, LoginFailure, Place, SessionCache, TokenSessions, TokenSource, store_trouble,
};
use crate::signals::run_until_stopped;
use crate::time;

/// How long a login of another process is waited for: until it ends. A person may be asked meanwhile, by a command that
/// prints the secret. A process that ends, or is stopped, loses its right to log in.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How to log in, with what, and where sessions are shared.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoginOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,

    #[command(flatten)]
    pub(crate) token: AppTokenOptions,

    #[command(flatten)]
    pub(crate) request: SessionRequestOptions,

    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

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
    login: LoginOptions,
}

#[derive(Clone, Copy)]
pub(crate) struct SessionNeed {
    /// How long it must live at least; nothing if any will do that the server accepts.
    pub(crate) min_validity: Option<Duration>,
    /// Whether the one in the cache will not do.
    pub(crate) fresh: bool,
}

pub(crate) struct ReadySession {
    pub(crate) session: Arc<Session>,
    /// How long it is valid from now. Nothing if the server did not say.
    pub(crate) valid_for: Option<Duration>,
    /// When it ends, by the clock of this machine.
    pub(crate) expires_at: UnixTime,
    pub(crate) service_url: ServiceUrl,
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
        let need = SessionNeed { min_validity: Some(self.min_validity), fresh: self.fresh };
        let client = SessionClient::new(ui, settings, &self.login, need, RetryPolicy::never())?;
        run_until_stopped(ui, client.session())
    }
}

/// A client whose sessions come from the cache or a shared store, else from a login.
pub(crate) struct SessionClient {
    pub(crate) client: Client,
    service_url: ServiceUrl,
    min_validity: Option<Duration>,
    failure: Arc<LoginFailure>,
    log: Arc<SessionLog>,
}

impl SessionClient {
    pub(crate) fn new(
        ui: &Ui,
        settings: &Settings,
        login: &LoginOptions,
        need: SessionNeed,
        retry: RetryPolicy,
    ) -> Result<Self, Failure> {
        let LoginOptions { server, token, request, store } = login;
        let SessionNeed { min_validity, fresh } = need;
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
            None => SessionCache::of(&settings.environment)
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
        // The source gets the value, and the hash type, when they are needed.
        let unknown = AppTokenCredentials::new(partner, token_id, "", HashType::Sha256);
        let login = AppTokenLogin::new(service_url.clone(), unknown).request(request).timeout(server.timeout);
        let source = TokenSource::new(login, key, server.timeout, credentials, transport);
        let failure = Arc::clone(&source.failure);
        let transport = source.transport.clone();
        let policy = Policy::default().login_timeout(PATIENCE);
        // A session that the server accepts is not renewed.
        let policy = if min_validity.is_some() { policy } else { policy.renewal_window(Duration::ZERO) };
        let mut client =
            Client::builder_with_source(service_url.clone(), source, transport, TokioRuntime::new())
                .session_policy(policy)
                .observer(Arc::clone(&log))
                .retry(retry)
                .request_timeout(server.timeout);
        if let Some(place) = place {
            client = client.store(CommandStore::new(place, fresh, Arc::clone(&failure), ui.clone()));
        }
        Ok(Self { client: client.build(), service_url, min_validity, failure, log })
    }

    pub(crate) async fn session(&self) -> Result<ReadySession, Failure> {
        let session = match self.min_validity {
            Some(least) => self.client.session_valid_for(least).await,
            None => self.client.session().await,
        };
        let session = session.map_err(|error| self.failure(error))?;
        // A source that does not know says so by the longest duration there is.
        let remaining = self.client.status().remaining;
        let valid_for = remaining.filter(|left| *left < Duration::MAX / 2);
        // At once: later it would seem to live longer.
        let expires_at = time::after(valid_for.unwrap_or_default());
        if valid_for.is_none() && self.min_validity.is_some() {
            let message = "the server did not report when the session expires";
            return Err(Failure::new(ExitCode::Server, message)
                .with_hint("Use `kaltura login --ks-only`, which does not need to know."));
        }
        let service_url = self.service_url.clone();
        let from_cache = !self.has_logged_in();
        let warnings = self.log.take_warnings();
        Ok(ReadySession { session, valid_for, expires_at, service_url, from_cache, warnings })
    }

    /// Whether the last session came from a login of this process.
    pub(crate) fn has_logged_in(&self) -> bool {
        self.log.lock().logged_in
    }

    /// Why a login or a call failed.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        if let Some(failure) = self.failure.take_own() {
            return failure;
        }
        let Some(login) = error.session_error() else { return Failure::from(error).at(&self.service_url) };
        if login.kind() == ErrorKind::SessionTooShort {
            return self.too_short(login);
        }
        let is_of_another_process = login.is_of_another_process();
        if is_of_another_process && login.kind() == ErrorKind::SourceFailed {
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
        let message = match self.client.status().remaining {
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

/// What the client reports of its sessions.
#[derive(Debug, Default)]
struct SessionLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    /// Whether the last session came from a login, and not from the store.
    logged_in: bool,
    warnings: Vec<String>,
}

impl SessionLog {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warn(&self, warning: String) {
        let mut log = self.lock();
        if !log.warnings.contains(&warning) {
            log.warnings.push(warning);
        }
    }

    /// What is new since the last call.
    fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().warnings)
    }
}

impl Observer for SessionLog {
    fn observe(&self, event: &Event, _: &Arc<SessionIdentity>) {
        match event {
            Event::Adopted { .. } => self.lock().logged_in = false,
            Event::LoginSucceeded { .. } => self.lock().logged_in = true,
            Event::StoreTrouble { error } => self.warn(store_trouble(error)),
            _ => {}
        }
    }
}
