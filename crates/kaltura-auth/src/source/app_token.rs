//! Sessions from an app token.

use std::sync::Arc;

use async_trait::async_trait;
use kaltura_types::{Ks, SessionRequest};

use super::blocking::{BlockingCredentialsSource, BlockingSessionSource};
use super::widget_ks::{StartFrom, WidgetKsCache};
use super::{CredentialsSource, SessionIdentity, SessionSource};
use crate::credentials::AppTokenCredentials;
use crate::error::{Error, ErrorKind};
use crate::login::{AppTokenFlow, AppTokenLogin, FlowStep};
use crate::runtime::Clock;
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, Session, SessionId};
use crate::store::StoreKey;
use crate::transport::{BlockingTransport, Transport, TransportErrorKind};

/// Starts sessions with an app token, over a transport `T`, with credentials from `C`.
///
/// It caches the widget KS from the first of the two requests, so that a renewal takes one request.
///
/// ```
/// # use kaltura_auth::source::AppTokenSource; use kaltura_auth::{AppTokenLogin, Transport};
/// # fn example(login: AppTokenLogin, transport: impl Transport) {
/// let source = AppTokenSource::new(login, transport);
/// # }
/// ```
///
/// A clone shares the cached widget KS.
#[derive(Debug)]
pub struct AppTokenSource<T, C = AppTokenCredentials> {
    login: AppTokenLogin,
    transport: Arc<T>,
    credentials: Arc<C>,
    widget_ks_cache: Arc<WidgetKsCache>,
}

impl<T> AppTokenSource<T> {
    /// A source with the credentials of the login.
    pub fn new(login: AppTokenLogin, transport: T) -> Self {
        let credentials = Arc::new(login.credentials.clone());
        Self { login, transport: Arc::new(transport), credentials, widget_ks_cache: Arc::default() }
    }

    /// Gets the credentials from `credentials` for each login, instead of those of the login. It is a
    /// [`CredentialsSource`] or a [`BlockingCredentialsSource`].
    #[must_use]
    pub fn with_credentials_from<C>(self, credentials: C) -> AppTokenSource<T, C> {
        let credentials = Arc::new(credentials);
        AppTokenSource {
            login: self.login,
            transport: self.transport,
            credentials,
            widget_ks_cache: self.widget_ks_cache,
        }
    }
}

impl<T, C> AppTokenSource<T, C> {
    /// The same token with another session request. The two share the cached widget KS if they use the same widget.
    #[must_use]
    pub fn with_request(&self, request: SessionRequest) -> Self {
        let mut other = self.clone();
        if request.get_widget_id() != self.login.request.get_widget_id() {
            other.widget_ks_cache = Arc::default();
        }
        other.login = other.login.request(request);
        other
    }
}

impl<T, C> Clone for AppTokenSource<T, C> {
    fn clone(&self) -> Self {
        Self {
            login: self.login.clone(),
            transport: Arc::clone(&self.transport),
            credentials: Arc::clone(&self.credentials),
            widget_ks_cache: Arc::clone(&self.widget_ks_cache),
        }
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<T: Transport + 'static, C: CredentialsSource + 'static> SessionSource for AppTokenSource<T, C> {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let credentials = self.credentials.credentials().await?;
        let mut attempt = Attempt::new(&self.login, credentials, &self.widget_ks_cache, clock);
        let mut step = attempt.first_step();
        loop {
            match step {
                FlowStep::Send(request, flow) => {
                    attempt.before_send(&flow);
                    let result = self.transport.send(request).await;
                    step = attempt.check(flow.receive(result))?;
                }
                FlowStep::Done(session) => return Ok(attempt.issued(session)),
            }
        }
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        Some(Arc::new(Self::with_request(self, request.clone())))
    }

    fn identity(&self) -> SessionIdentity {
        self.login.identity()
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(store_key(&self.login, self.credentials.credentials().await?)))
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        Some(&self.widget_ks_cache)
    }
}

impl<T: BlockingTransport + 'static, C: BlockingCredentialsSource + 'static> BlockingSessionSource
    for AppTokenSource<T, C>
{
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let credentials = self.credentials.credentials()?;
        let mut attempt = Attempt::new(&self.login, credentials, &self.widget_ks_cache, clock);
        let mut step = attempt.first_step();
        loop {
            match step {
                FlowStep::Send(request, flow) => {
                    attempt.before_send(&flow);
                    let result = self.transport.send(request);
                    step = attempt.check(flow.receive(result))?;
                }
                FlowStep::Done(session) => return Ok(attempt.issued(session)),
            }
        }
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        Some(Arc::new(Self::with_request(self, request.clone())))
    }

    fn identity(&self) -> SessionIdentity {
        self.login.identity()
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(store_key(&self.login, self.credentials.credentials()?)))
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        Some(&self.widget_ks_cache)
    }
}

/// The key of the login with these credentials.
fn store_key(login: &AppTokenLogin, credentials: AppTokenCredentials) -> StoreKey {
    let mut login = login.clone();
    login.credentials = credentials;
    StoreKey::of_app_token(&login)
}

/// One login: the part that the async and the blocking source share.
struct Attempt<'a> {
    login: AppTokenLogin,
    cache: &'a WidgetKsCache,
    clock: &'a dyn Clock,
    sent_at: Moment,
    /// The widget KS that was sent last.
    widget_ks: Option<Ks>,
}

impl<'a> Attempt<'a> {
    fn new(
        login: &AppTokenLogin,
        credentials: AppTokenCredentials,
        cache: &'a WidgetKsCache,
        clock: &'a dyn Clock,
    ) -> Self {
        let mut login = login.clone();
        login.credentials = credentials;
        Self { login, cache, clock, sent_at: Moment::read(clock), widget_ks: None }
    }

    fn first_step(&self) -> FlowStep {
        match self.cache.start_from(self.sent_at) {
            StartFrom::WidgetKs(ks) => AppTokenFlow::resume(&self.login, ks),
            StartFrom::Nothing => AppTokenFlow::start(&self.login),
            StartFrom::Uncached => AppTokenFlow::start_uncached(&self.login),
        }
    }

    fn before_send(&mut self, flow: &AppTokenFlow) {
        self.sent_at = Moment::read(self.clock);
        match flow.widget_ks() {
            Some(ks) => self.cache.insert(ks, self.sent_at),
            // The flow returns to its first request, so the widget KS was refused. It is removed now: if this login is
            // dropped later, the next one must not use it.
            None if self.widget_ks.is_some() => self.cache.remove_refused(self.widget_ks.as_ref()),
            None => {}
        }
        self.widget_ks = flow.widget_ks().cloned();
    }

    /// An API error means that the widget KS may be invalid; a transport error does not. But an error that echoes a
    /// very long KS is too large, and would be so until the KS expires.
    fn check(&self, next: Result<FlowStep, Error>) -> Result<FlowStep, Error> {
        let too_large = ErrorKind::Transport(TransportErrorKind::TooLarge);
        next.inspect_err(|error| {
            if error.api_error().is_some() || error.kind() == too_large {
                self.cache.remove_refused(self.widget_ks.as_ref());
            }
        })
    }

    fn issued(self, session: Session) -> IssuedSession {
        self.cache.login_succeeded();
        let session = session.with_id(SessionId::generate(self.clock));
        IssuedSession::new(Arc::new(session), self.sent_at, self.login.request.get_lifetime())
    }
}
