//! Logins of a command with an app token, whose value and transport are got when they are needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaltura_auth::manager::IssuedSession;
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{
    AppTokenSource, CredentialsSource, SessionIdentity, SessionSource, WidgetKsCache,
};
use kaltura_auth::store::{StoreKey, StoredFailure};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error, Transport, TransportError, TransportErrorKind, WireRequest,
    WireResponse, async_trait,
};
use tokio::sync::OnceCell;

use crate::error::{ExitCode, Failure};
use crate::http::{LoggedTransport, with_retries};
use crate::signals;

type Get<T> = Arc<dyn Fn() -> Result<T, Failure> + Send + Sync>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// What the processes are told that have waited for this login.
    pub(super) fn take_for_others(&self) -> Option<StoredFailure> {
        lock(&self.for_others).take()
    }

    /// Keeps a failure that the library does not know, and returns an error in its place.
    fn keep(&self, failure: Failure) -> Error {
        let error = Error::from_source("kaltura could not start the login", false);
        // Other processes find out themselves what is wrong with their own settings.
        let is_own = failure.exit_code() == ExitCode::Usage;
        *lock(&self.for_others) = (!is_own).then(|| StoredFailure::new(&error, 1));
        *lock(&self.own) = Some(failure);
        error
    }
}

/// The credentials, which are got when they are first needed: from a person, a command, a keyring.
#[derive(Clone)]
pub(crate) struct LazyCredentials {
    get: Get<AppTokenCredentials>,
    known: Arc<OnceCell<AppTokenCredentials>>,
    failure: Arc<LoginFailure>,
}

#[async_trait]
impl CredentialsSource for LazyCredentials {
    async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        let known = self.known.get_or_try_init(async || {
            let get = Arc::clone(&self.get);
            let got = tokio::task::spawn_blocking(move || signals::ending_at_once(|| get())).await;
            let got = got.map_err(|error| Error::from_source(error, false))?;
            got.map_err(|failure| self.failure.keep(failure))
        });
        known.await.cloned()
    }
}

/// A transport that is built when it is first needed: its TLS takes longer than all else of a command that needs none.
#[derive(Clone)]
pub(crate) struct LazyTransport {
    build: Get<LoggedTransport>,
    built: Arc<OnceCell<LoggedTransport>>,
    failure: Arc<LoginFailure>,
}

#[async_trait]
impl Transport for LazyTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let built = self.built.get_or_try_init(async || {
            let built = (self.build)();
            built
                .map_err(|failure| TransportError::new(TransportErrorKind::Build, self.failure.keep(failure)))
        });
        built.await?.send(request).await
    }
}

/// Starts sessions with an app token. While the server is unavailable, it tries again.
pub(crate) struct TokenSource {
    source: AppTokenSource<LazyTransport, LazyCredentials>,
    /// The key in the command's own cache. Without one, that of the credentials.
    key: Option<StoreKey>,
    /// How long logins are tried again.
    retry_within: Duration,
    /// The transport of the logins.
    pub(crate) transport: LazyTransport,
    /// Why logins fail.
    pub(crate) failure: Arc<LoginFailure>,
}

impl TokenSource {
    /// A source of sessions like those of `login`, whose credentials and transport are not known yet.
    pub(crate) fn new(
        login: AppTokenLogin,
        key: Option<StoreKey>,
        retry_within: Duration,
        credentials: impl Fn() -> Result<AppTokenCredentials, Failure> + Send + Sync + 'static,
        transport: impl Fn() -> Result<LoggedTransport, Failure> + Send + Sync + 'static,
    ) -> Self {
        let failure = Arc::<LoginFailure>::default();
        let transport = LazyTransport {
            build: Arc::new(transport),
            built: Arc::default(),
            failure: Arc::clone(&failure),
        };
        let credentials = LazyCredentials {
            get: Arc::new(credentials),
            known: Arc::default(),
            failure: Arc::clone(&failure),
        };
        let source = AppTokenSource::new(login, transport.clone()).with_credentials_from(credentials);
        Self { source, key, retry_within, transport, failure }
    }
}

#[async_trait]
impl SessionSource for TokenSource {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let outcome = with_retries(self.retry_within, || SessionSource::start(&self.source, clock)).await;
        outcome.inspect_err(|error| {
            if lock(&self.failure.own).is_none() {
                *lock(&self.failure.for_others) = Some(StoredFailure::new(error, 1));
            }
        })
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        match &self.key {
            Some(key) => Ok(Some(key.clone())),
            None => SessionSource::store_key(&self.source).await,
        }
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        SessionSource::widget_ks_cache(&self.source)
    }

    fn identity(&self) -> SessionIdentity {
        SessionSource::identity(&self.source)
    }
}
