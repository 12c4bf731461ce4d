//! Sessions from an app token.

use std::sync::Arc;

use async_trait::async_trait;
use kaltura_types::Ks;

use super::widget_ks_cache::{StartFrom, WidgetKsCache};
use super::{BlockingCredentialsSource, BlockingSessionSource, CredentialsSource, SessionSource};
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::flow::{AppTokenFlow, FlowStep};
use crate::login::AppTokenLogin;
use crate::manager::{IssuedSession, Moment};
use crate::runtime::Clock;
use crate::session::Session;
use crate::transport::{BlockingTransport, Transport};
use kaltura_types::SessionRequest;

/// Starts sessions with an app token, over a transport `T`, with credentials from `C`.
///
/// It keeps the widget KS of the first of the two requests, so that a renewal costs one request.
///
/// ```
/// # use kaltura_auth::source::AppTokenSource; use kaltura_auth::{AppTokenLogin, Transport};
/// # fn example(login: AppTokenLogin, transport: impl Transport) {
/// let source = AppTokenSource::new(login, transport);
/// # }
/// ```
///
/// A clone is the same token with the same widget KS.
#[derive(Debug)]
pub struct AppTokenSource<T, C = AppTokenCredentials> {
    login: AppTokenLogin,
    transport: Arc<T>,
    credentials: Arc<C>,
    shelf: Arc<WidgetKsCache>,
}

impl<T> AppTokenSource<T> {
    /// With the credentials of the login.
    pub fn new(login: AppTokenLogin, transport: T) -> Self {
        let credentials = Arc::new(login.credentials.clone());
        Self { login, transport: Arc::new(transport), credentials, shelf: Arc::default() }
    }

    /// With credentials that are looked up at each login, instead of those of the login. `credentials` is a
    /// [`CredentialsSource`] or a [`BlockingCredentialsSource`].
    #[must_use]
    pub fn with_credentials_from<C>(self, credentials: C) -> AppTokenSource<T, C> {
        let credentials = Arc::new(credentials);
        AppTokenSource { login: self.login, transport: self.transport, credentials, shelf: self.shelf }
    }
}

impl<T, C> AppTokenSource<T, C> {
    /// The same token with other wishes. The two share the widget KS, unless they go through different widgets.
    #[must_use]
    pub fn with_request(&self, request: SessionRequest) -> Self {
        let mut other = self.clone();
        if request.get_widget_id() != self.login.request.get_widget_id() {
            other.shelf = Arc::default();
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
            shelf: Arc::clone(&self.shelf),
        }
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<T: Transport + 'static, C: CredentialsSource + 'static> SessionSource for AppTokenSource<T, C> {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let credentials = self.credentials.credentials().await?;
        let mut attempt = Attempt::new(&self.login, credentials, &self.shelf, clock);
        let mut step = attempt.first_step();
        loop {
            match step {
                FlowStep::Send(request, flow) => {
                    attempt.about_to_send(&flow);
                    let outcome = self.transport.send(request).await;
                    step = attempt.note(flow.receive(outcome))?;
                }
                FlowStep::Done(session) => return Ok(attempt.grant(session)),
            }
        }
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        Some(Arc::new(Self::with_request(self, request.clone())))
    }
}

impl<T: BlockingTransport + 'static, C: BlockingCredentialsSource + 'static> BlockingSessionSource
    for AppTokenSource<T, C>
{
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let credentials = self.credentials.credentials()?;
        let mut attempt = Attempt::new(&self.login, credentials, &self.shelf, clock);
        let mut step = attempt.first_step();
        loop {
            match step {
                FlowStep::Send(request, flow) => {
                    attempt.about_to_send(&flow);
                    let outcome = self.transport.send(request);
                    step = attempt.note(flow.receive(outcome))?;
                }
                FlowStep::Done(session) => return Ok(attempt.grant(session)),
            }
        }
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        Some(Arc::new(Self::with_request(self, request.clone())))
    }
}

/// One login, as far as it is the same with and without async.
struct Attempt<'a> {
    login: AppTokenLogin,
    shelf: &'a WidgetKsCache,
    clock: &'a dyn Clock,
    sent: Moment,
    /// The widget KS that was sent last.
    widget: Option<Ks>,
}

impl<'a> Attempt<'a> {
    fn new(
        login: &AppTokenLogin,
        credentials: AppTokenCredentials,
        shelf: &'a WidgetKsCache,
        clock: &'a dyn Clock,
    ) -> Self {
        let mut login = login.clone();
        login.credentials = credentials;
        Self { login, shelf, clock, sent: Moment::read(clock), widget: None }
    }

    fn first_step(&self) -> FlowStep {
        match self.shelf.start_from(self.sent) {
            StartFrom::Widget(ks) => AppTokenFlow::resume(&self.login, ks),
            StartFrom::Nothing => AppTokenFlow::start(&self.login),
            StartFrom::Uncached => AppTokenFlow::start_uncached(&self.login),
        }
    }

    fn about_to_send(&mut self, flow: &AppTokenFlow) {
        self.sent = Moment::read(self.clock);
        match flow.widget_ks() {
            Some(ks) => self.shelf.keep(ks, self.sent),
            // The flow goes back to its first request: the widget KS was refused. This is noted now, since a
            // login that is dropped on the way must not leave it to the next one.
            None if self.widget.is_some() => self.shelf.refused(self.widget.as_ref()),
            None => {}
        }
        self.widget = flow.widget_ks().cloned();
    }

    /// A failure on the way says nothing against the widget KS; a refusal does.
    fn note(&self, next: Result<FlowStep, Error>) -> Result<FlowStep, Error> {
        next.inspect_err(|error| {
            if error.api_error().is_some() {
                self.shelf.refused(self.widget.as_ref());
            }
        })
    }

    fn grant(self, session: Session) -> IssuedSession {
        self.shelf.succeeded();
        IssuedSession::new(Arc::new(session), self.sent, self.login.request.get_lifetime())
    }
}
