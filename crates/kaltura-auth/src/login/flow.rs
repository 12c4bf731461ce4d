//! The login as a state machine that does no I/O.

use std::sync::Arc;

use kaltura_types::{
    Action, Ks, Parameters, PartnerId, PayloadError, SessionInfo, StartAppTokenSession, StartWidgetSession,
    UnexpectedBody, UnixTime, WidgetId, WidgetSession,
    payload::{self, JsonKind},
};
use serde_json::Value;

use super::app_token_login::AppTokenLogin;
use crate::error::{Error, ErrorKind, LoginStep, UnusableSession};
use crate::session::Session;
use crate::token_hash::TokenHash;
use crate::transport::TransportError;
use crate::wire::{WireRequest, WireResponse};

/// The next step of a login.
#[derive(Debug)]
#[must_use = "a login continues only if its next step is taken"]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle every step")]
pub enum FlowStep {
    /// Send this request and pass the result to [`AppTokenFlow::receive`].
    Send(WireRequest, AppTokenFlow),
    /// The login has succeeded.
    Done(Session),
}

/// One login as a state machine: it takes responses and returns the next request to send.
///
/// It does no I/O, so it works with any HTTP client, async or blocking, and needs no network in tests.
/// [`AppTokenLogin::run`] and [`AppTokenLogin::run_blocking`] are a few lines on top of it:
///
/// ```
/// # use kaltura_auth::{AppTokenFlow, AppTokenLogin, blocking::Transport as BlockingTransport, Error, FlowStep, Session};
/// fn log_in(login: &AppTokenLogin, transport: &dyn BlockingTransport) -> Result<Session, Error> {
///     let mut step = AppTokenFlow::start(login);
///     loop {
///         match step {
///             FlowStep::Send(request, flow) => step = flow.receive(transport.send(request))?,
///             FlowStep::Done(session) => return Ok(session),
///         }
///     }
/// }
/// ```
///
/// Its rules:
/// - The KS that is sent with the token hash is the KS that was hashed, byte for byte, from one value.
/// - What is unset is not sent, and the first call has no KS (wire contract, section 4.2).
/// - The server's response cache may return a widget KS that is no longer valid. If the second call is refused
///   because of its KS, a new one is fetched with `nocache`, once.
/// - Each request is sent again on a fresh connection, once, if its connection is lost
///   ([`WireRequest::on_fresh_connection`]). Both steps are safe to repeat.
#[derive(Debug)]
#[must_use = "a login continues only if it receives the responses"]
pub struct AppTokenFlow {
    login: Arc<AppTokenLogin>,
    /// The request whose response is awaited.
    request: WireRequest,
    awaiting: Awaiting,
}

#[derive(Debug)]
enum Awaiting {
    WidgetSession { uncached: bool },
    Session { widget_ks: Ks, hash: TokenHash, uncached: bool },
}

impl AppTokenFlow {
    /// Starts with `session.startWidgetSession`. The response may come from the server's cache.
    pub fn start(login: &AppTokenLogin) -> FlowStep {
        Self::start_widget_session(Arc::new(login.clone()), false)
    }

    /// Starts with `session.startWidgetSession` and bypasses the server's cache.
    ///
    /// Use it after `appToken.startSession` was refused: the cache would return the same widget KS, for which the
    /// server repeats the error for two minutes (wire contract, section 7).
    pub fn start_uncached(login: &AppTokenLogin) -> FlowStep {
        Self::start_widget_session(Arc::new(login.clone()), true)
    }

    /// Starts with `appToken.startSession`, with the widget KS of an earlier login ([`Self::widget_ks`]). If the
    /// server refuses that KS, a new one is fetched.
    pub fn resume(login: &AppTokenLogin, widget_ks: Ks) -> FlowStep {
        Self::start_session(Arc::new(login.clone()), widget_ks, false)
    }

    /// The widget KS, once it was received. It can be used again for later logins with this token.
    #[must_use]
    pub const fn widget_ks(&self) -> Option<&Ks> {
        match &self.awaiting {
            Awaiting::WidgetSession { .. } => None,
            Awaiting::Session { widget_ks, .. } => Some(widget_ks),
        }
    }

    /// Takes the response to the request that was sent, or the transport's error.
    ///
    /// # Errors
    ///
    /// [`Error`] if the transport failed, the server refused, the response is not from the API, or the granted session
    /// is unusable.
    pub fn receive(self, result: Result<WireResponse, TransportError>) -> Result<FlowStep, Error> {
        if let Some(request) = self.request.on_fresh_connection(&result) {
            return Ok(Self { request, ..self }.step());
        }
        match self.awaiting {
            Awaiting::WidgetSession { uncached } => {
                let widget_ks = read_widget_session(&self.login, result, &self.request)?;
                Ok(Self::start_session(self.login, widget_ks, uncached))
            }
            Awaiting::Session { widget_ks, hash, uncached } => {
                let (login, request) = (&*self.login, &self.request);
                let exchange = SessionExchange { login, widget_ks: &widget_ks, hash: &hash, request };
                match exchange.read(result) {
                    Ok(session) => Ok(FlowStep::Done(session)),
                    Err(error) if !uncached && is_refused_ks(&error) => {
                        Ok(Self::start_widget_session(self.login, true))
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn start_widget_session(login: Arc<AppTokenLogin>, uncached: bool) -> FlowStep {
        let partner = login.credentials.partner_id();
        let widget = login.request.get_widget_id().cloned().unwrap_or_else(|| WidgetId::default_for(partner));
        let call = StartWidgetSession::new(widget);
        let mut parameters = call.parameters();
        if uncached {
            parameters.insert("nocache".to_owned(), 1.into());
        }
        let request = request(&login, &call, &parameters, None);
        Self::send(login, request, Awaiting::WidgetSession { uncached })
    }

    fn start_session(login: Arc<AppTokenLogin>, widget_ks: Ks, uncached: bool) -> FlowStep {
        let credentials = &login.credentials;
        let hash = TokenHash::new(credentials.hash_type(), &widget_ks, credentials.value());
        let mut call = StartAppTokenSession::new(credentials.id().clone(), hash.expose());
        let requested = &login.request;
        if let Some(user) = requested.get_user_id() {
            call = call.user_id(user.clone());
        }
        if let Some(session_type) = requested.get_session_type() {
            call = call.session_type(session_type);
        }
        if let Some(lifetime) = requested.get_lifetime() {
            call = call.lifetime(lifetime);
        }
        if let Some(privileges) = requested.get_privileges() {
            call = call.privileges(privileges.clone());
        }
        let request = request(&login, &call, &call.parameters(), Some(&widget_ks));
        Self::send(login, request, Awaiting::Session { widget_ks, hash, uncached })
    }

    fn send(login: Arc<AppTokenLogin>, request: WireRequest, awaiting: Awaiting) -> FlowStep {
        Self { login, request, awaiting }.step()
    }

    fn step(self) -> FlowStep {
        FlowStep::Send(self.request.clone(), self)
    }
}

fn request(
    login: &AppTokenLogin,
    call: &impl Action,
    parameters: &Parameters,
    ks: Option<&Ks>,
) -> WireRequest {
    let client_tag = login.client_tag.as_str().into();
    let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value));
    let parameters = parameters.chain([("clientTag", &client_tag)]);
    WireRequest::json_with_ks(&login.service_url, call.service(), call.action(), parameters, ks)
        .with_timeout(login.timeout)
        .with_max_response_bytes(AppTokenLogin::MAX_RESPONSE_BYTES)
}

/// The names of the parameters that are not in every request. Only an error needs them.
fn names_sent(request: &WireRequest) -> Vec<String> {
    let body = std::str::from_utf8(request.body()).unwrap_or_default();
    let Ok(Value::Object(parameters)) = serde_json::from_str(body) else { return Vec::new() };
    let names = parameters.into_iter().map(|(name, _)| name);
    names.filter(|name| !matches!(name.as_str(), "clientTag" | "format")).collect()
}

fn read_widget_session(
    login: &AppTokenLogin,
    result: Result<WireResponse, TransportError>,
    request: &WireRequest,
) -> Result<Ks, Error> {
    let step = LoginStep::StartWidgetSession;
    let credentials = &login.credentials;
    let response = result.map_err(|error| Error::transport(step, error))?;
    let secrets = [credentials.value().expose()];
    let widget: WidgetSession = payload::decode(response.body()).map_err(|error| {
        Error::response(step, error, &response, Some(credentials), &names_sent(request), &secrets)
    })?;
    check_partner(credentials.partner_id(), widget.partner_id)
        .map_err(|error| Error::unusable(step, error, &response, &secrets))?;
    Ok(widget.ks)
}

/// The second call: what was sent, to check the response against it.
struct SessionExchange<'a> {
    login: &'a AppTokenLogin,
    widget_ks: &'a Ks,
    hash: &'a TokenHash,
    request: &'a WireRequest,
}

impl SessionExchange<'_> {
    fn read(&self, result: Result<WireResponse, TransportError>) -> Result<Session, Error> {
        let step = LoginStep::StartSession;
        let credentials = &self.login.credentials;
        let response = result.map_err(|error| Error::transport(step, error))?;
        let mut secrets = vec![self.widget_ks.expose(), self.hash.expose(), credentials.value().expose()];
        if !credentials.id().is_well_formed() {
            // It may be the token value in the wrong place, which the server would echo as an id.
            secrets.push(credentials.id().as_str());
        }
        let unexpected = |error| {
            let sent = names_sent(self.request);
            Error::response(step, error, &response, Some(credentials), &sent, &secrets)
        };
        let unusable = |error| Error::unusable(step, error, &response, &secrets);

        let info: SessionInfo = payload::decode(response.body()).map_err(unexpected)?;
        if info.ks.as_ref() == Some(self.widget_ks) {
            // Not the API, but a server that echoes the request.
            let echo = UnexpectedBody::WrongShape { expected: "SessionInfo", found: JsonKind::Object };
            return Err(unexpected(echo.into()));
        }
        if let Some(actual) = info.partner_id {
            check_partner(credentials.partner_id(), actual).map_err(unusable)?;
        }
        let server_time = response.server_time();
        check_expiry(info.expiry, server_time).map_err(unusable)?;
        Session::from_info(info, credentials.partner_id(), &self.login.request, server_time)
            .map_err(|error: PayloadError| unexpected(error))
    }
}

fn check_partner(expected: PartnerId, actual: PartnerId) -> Result<(), UnusableSession> {
    if actual == expected { Ok(()) } else { Err(UnusableSession::OtherPartner { expected, actual }) }
}

/// When this library was written, at the earliest (2026-01-01): no current time is before it.
const EARLIEST_TIME: UnixTime = UnixTime::from_seconds(1_767_225_600);

/// A KS has expired when the time equals its expiry (wire contract, section 6.4).
///
/// Without the server's time only an expiry that is past by every clock is refused here, since the local clock may be
/// wrong; a session manager decides about the others.
fn check_expiry(expiry: Option<UnixTime>, server_time: Option<UnixTime>) -> Result<(), UnusableSession> {
    let now = server_time.unwrap_or(EARLIEST_TIME);
    match expiry {
        Some(expiry) if expiry <= now => Err(UnusableSession::expired_on_arrival(expiry, now)),
        _ => Ok(()),
    }
}

fn is_refused_ks(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::KsRefused(_))
}
