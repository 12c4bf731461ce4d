//! Logins of a command with an app token, whose value and transport are got when they are needed.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use kaltura_auth::blocking;
use kaltura_auth::manager::IssuedSession;
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{
    AppTokenSource, CredentialsSource, SessionIdentity, SessionSource, WidgetKsCache,
};
use kaltura_auth::store::{StoreKey, StoredFailure};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, SessionRequest, Transport, TransportError,
    TransportErrorKind, WireRequest, WireResponse, async_trait,
};
use kaltura_types::{HashType, PartnerId};

use crate::error::{ExitCode, Failure};
use crate::http::LoggedTransport;
use crate::output::Ui;
use crate::runtime;
use crate::signals::Signals;

type Get<T> = Box<dyn Fn() -> Result<T, Failure> + Send + Sync>;

/// Starts sessions with an app token.
pub(crate) struct TokenSource {
    service_url: ServiceUrl,
    request: SessionRequest,
    source: AppTokenSource<LazyTransport, Credentials>,
    transport: LazyTransport,
    credentials: Credentials,
    /// The key in the command's own cache. Without one, that of the credentials.
    key: Option<StoreKey>,
    failure: Arc<LoginFailure>,
    ui: Ui,
}

/// Why the last login failed.
#[derive(Debug, Default)]
pub(crate) struct LoginFailure {
    own: Mutex<Option<Failure>>,
    for_others: Mutex<Option<StoredFailure>>,
}

impl LoginFailure {
    /// What was no error of the login itself, such as a command that does not print the value.
    pub(crate) fn take_own(&self) -> Option<Failure> {
        lock(&self.own).take()
    }

    /// What those are told who have waited for this login.
    pub(super) fn take_for_others(&self) -> Option<StoredFailure> {
        lock(&self.for_others).take()
    }

    /// Notes a failure that the login does not know, and returns the error of the login.
    fn note(&self, failure: Failure) -> Error {
        let error = Error::from_source("kaltura could not start the login", false);
        // Others are not told to stop, and know at once what is wrong with their own settings.
        let is_own = matches!(
            failure.exit_code(),
            ExitCode::HungUp | ExitCode::Interrupted | ExitCode::Terminated | ExitCode::Usage
        );
        *lock(&self.for_others) = (!is_own).then(|| StoredFailure::new(&error, 1));
        *lock(&self.own) = Some(failure);
        error
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The credentials, which are got when they are first needed.
#[derive(Clone)]
struct Credentials(Arc<LazyCredentials>);

struct LazyCredentials {
    get: Get<AppTokenCredentials>,
    known: Mutex<Option<AppTokenCredentials>>,
    failure: Arc<LoginFailure>,
}

impl Credentials {
    fn get(&self) -> Result<AppTokenCredentials, Error> {
        let mut known = lock(&self.0.known);
        if let Some(known) = &*known {
            return Ok(known.clone());
        }
        let credentials = (self.0.get)().map_err(|failure| self.0.failure.note(failure))?;
        Ok(known.insert(credentials).clone())
    }
}

#[async_trait]
impl CredentialsSource for Credentials {
    async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        self.get()
    }
}

/// A transport that is built when it is first needed: its TLS takes longer than all else of a command that needs none.
#[derive(Clone)]
struct LazyTransport(Arc<(Get<LoggedTransport>, OnceLock<LoggedTransport>)>);

impl LazyTransport {
    fn build(&self) -> Result<(), Failure> {
        let (build, built) = &*self.0;
        if built.get().is_none() {
            let _ = built.set(build()?);
        }
        Ok(())
    }
}

#[async_trait]
impl Transport for LazyTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        match self.0.1.get() {
            Some(transport) => transport.send(request).await,
            // It is built before each login.
            None => Err(TransportError::new(TransportErrorKind::Other, "the transport is not ready")),
        }
    }
}

impl TokenSource {
    /// A source of sessions that are requested so. Each request may take as long as `timeout`.
    pub(crate) fn new(
        ui: &Ui,
        service_url: ServiceUrl,
        request: SessionRequest,
        timeout: Duration,
        key: Option<StoreKey>,
        credentials: Get<AppTokenCredentials>,
        transport: Get<LoggedTransport>,
    ) -> Self {
        // Its credentials are never used.
        let none = AppTokenCredentials::new(PartnerId::new(0), "", "", HashType::Sha256);
        let login = AppTokenLogin::new(service_url.clone(), none).request(request.clone()).timeout(timeout);
        let failure = Arc::<LoginFailure>::default();
        let known = Mutex::new(None);
        let credentials =
            Credentials(Arc::new(LazyCredentials { get: credentials, known, failure: Arc::clone(&failure) }));
        let transport = LazyTransport(Arc::new((transport, OnceLock::new())));
        let source = AppTokenSource::new(login, transport.clone()).with_credentials_from(credentials.clone());
        Self { service_url, request, source, transport, credentials, key, failure, ui: ui.clone() }
    }

    /// Why logins fail.
    pub(crate) fn failure(&self) -> Arc<LoginFailure> {
        Arc::clone(&self.failure)
    }

    fn log_in(&self, clock: &dyn Clock) -> Result<Result<IssuedSession, Error>, Failure> {
        self.transport.build()?;
        runtime::run(&self.ui, async {
            let mut signals = Signals::listen(&self.ui)?;
            signals.unless_stopped(SessionSource::start(&self.source, clock)).await
        })
    }
}

impl blocking::SessionSource for TokenSource {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        // Outside of the runtime: it may ask a person, or run a command.
        self.credentials.get()?;
        let outcome = self.log_in(clock).map_err(|failure| self.failure.note(failure))?;
        outcome.inspect_err(|error| {
            *lock(&self.failure.for_others) = Some(StoredFailure::new(error, 1));
        })
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        if self.key.is_some() {
            return Ok(self.key.clone());
        }
        let login = AppTokenLogin::new(self.service_url.clone(), self.credentials.get()?);
        Ok(Some(StoreKey::of_app_token(&login.request(self.request.clone()))))
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        SessionSource::widget_ks_cache(&self.source)
    }

    fn identity(&self) -> SessionIdentity {
        SessionSource::identity(&self.source)
    }
}
