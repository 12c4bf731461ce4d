//! Sessions from an app token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kaltura_types::{Ks, SessionRequest};

use super::blocking::{BlockingCredentialsSource, BlockingSessionSource};
use super::{CredentialsSource, SessionIdentity, SessionSource};
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::login::{AppTokenFlow, AppTokenLogin, FlowStep};
use crate::runtime::Clock;
use crate::runtime::moment::{Deadline, Moment};
use crate::session::{IssuedSession, Session, SessionId};
use crate::transport::{BlockingTransport, Transport};

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

    /// An API error means that the widget KS may be invalid; a transport error does not.
    fn check(&self, next: Result<FlowStep, Error>) -> Result<FlowStep, Error> {
        next.inspect_err(|error| {
            if error.api_error().is_some() {
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

/// The default lifetime of a widget KS (wire contract, section 4.2).
const WIDGET_KS_LIFETIME: Duration = Duration::from_secs(86_400);

/// The maximum age of a widget KS from the server's response cache (wire contract, section 4.2).
const MAX_CACHE_AGE: Duration = Duration::from_secs(600);

/// The widget KS that the logins of one token share.
///
/// It can be used many times; with it, a renewal takes one request instead of two. It is kept until the server refuses
/// it or it may have expired. After an API error the next one is fetched with `nocache`: the server's response cache
/// would return the same KS, and with it the same error (wire contract, section 7).
#[derive(Debug, Default)]
struct WidgetKsCache(Mutex<CachedWidgetKs>);

#[derive(Debug, Default)]
struct CachedWidgetKs {
    entry: Option<(Ks, Deadline)>,
    /// The next widget KS must not come from the server's cache.
    bypass_server_cache: bool,
}

/// How a login starts.
#[derive(Debug, PartialEq, Eq)]
enum StartFrom {
    /// With this widget KS, which saves the first request.
    WidgetKs(Ks),
    /// With a widget KS that may come from the server's cache.
    Nothing,
    /// With a widget KS that must not come from the server's cache.
    Uncached,
}

impl WidgetKsCache {
    fn start_from(&self, now: Moment) -> StartFrom {
        let cached = self.lock();
        match &cached.entry {
            Some((ks, until)) if !until.is_reached(now) => StartFrom::WidgetKs(ks.clone()),
            _ if cached.bypass_server_cache => StartFrom::Uncached,
            _ => StartFrom::Nothing,
        }
    }

    /// Called as soon as the first request has succeeded, so that a login that is dropped later does not lose it.
    fn insert(&self, ks: &Ks, now: Moment) {
        let mut cached = self.lock();
        if !cached.entry.as_ref().is_some_and(|(current, _)| current == ks) {
            cached.entry =
                Some((ks.clone(), Deadline::after(now, WIDGET_KS_LIFETIME.saturating_sub(MAX_CACHE_AGE))));
        }
    }

    /// Called after an API error. `ks` is the widget KS that was sent, if any. If a concurrent login has inserted another
    /// one meanwhile, that is kept.
    fn remove_refused(&self, ks: Option<&Ks>) {
        let mut cached = self.lock();
        cached.entry.take_if(|(current, _)| ks == Some(&*current));
        cached.bypass_server_cache = true;
    }

    /// Called after a successful login: the server's cache can be used again.
    fn login_succeeded(&self) {
        self.lock().bypass_server_cache = false;
    }

    fn lock(&self) -> MutexGuard<'_, CachedWidgetKs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(seconds), wall: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_widget_ks_is_used_until_it_may_have_expired() {
        let cache = WidgetKsCache::default();
        assert_eq!(cache.start_from(at(0)), StartFrom::Nothing);
        cache.insert(&Ks::new("w"), at(0));
        // Inserting it again later does not extend it.
        cache.insert(&Ks::new("w"), at(1000));
        assert_eq!(cache.start_from(at(85_799)), StartFrom::WidgetKs(Ks::new("w")));
        assert_eq!(cache.start_from(at(85_800)), StartFrom::Nothing);
    }

    #[test]
    fn after_a_refusal_the_server_cache_is_bypassed_until_a_login_succeeds() {
        let cache = WidgetKsCache::default();
        cache.insert(&Ks::new("w"), at(0));
        cache.remove_refused(Some(&Ks::new("w")));
        assert_eq!(cache.start_from(at(1)), StartFrom::Uncached);
        cache.insert(&Ks::new("x"), at(1));
        assert_eq!(cache.start_from(at(1)), StartFrom::WidgetKs(Ks::new("x")));
        cache.login_succeeded();
        assert_eq!(cache.start_from(at(90_000)), StartFrom::Nothing);
    }

    #[test]
    fn a_late_refusal_of_an_old_widget_ks_does_not_remove_a_new_one() {
        let cache = WidgetKsCache::default();
        cache.insert(&Ks::new("new"), at(0));
        cache.remove_refused(Some(&Ks::new("old")));
        cache.remove_refused(None);
        assert_eq!(cache.start_from(at(1)), StartFrom::WidgetKs(Ks::new("new")));
    }
}
