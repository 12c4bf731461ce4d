//! The login as a state machine without input or output.

use std::sync::Arc;

use kaltura_types::{
    Action, Ks, Parameters, PartnerId, PayloadError, SessionInfo, StartAppTokenSession, StartWidgetSession,
    UnexpectedBody, UnixTime, WidgetId, WidgetSession,
    payload::{self, JsonKind},
};

use crate::error::{Error, ErrorKind, LoginStep, UnusableGrant};
use crate::login::AppTokenLogin;
use crate::session::Session;
use crate::token_hash::TokenHash;
use crate::transport::TransportError;
use crate::wire::{WireRequest, WireResponse};

/// What to do next in a login.
#[derive(Debug)]
#[must_use = "a login goes on only if its next step is taken"]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle every step")]
pub enum FlowStep {
    /// Send this request, and give what comes of it to [`AppTokenFlow::receive`].
    Send(WireRequest, AppTokenFlow),
    /// The session is there.
    Done(Session),
}

/// One login, by whoever has a way to send requests: it is given answers, and gives back what to send next.
///
/// It neither sends nor waits, so it works with any HTTP client, async or not, and needs no network in
/// tests. [`AppTokenLogin::run`] and [`AppTokenLogin::run_blocking`] are a few lines over it:
///
/// ```
/// # use kaltura_auth::{AppTokenFlow, AppTokenLogin, BlockingTransport, Error, FlowStep, Session};
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
/// The rules that it keeps:
/// - The KS that is sent with the proof is the one that was hashed, byte for byte, from one value.
/// - What is unset is not sent, and no KS goes with the first call (wire contract, section 4.2).
/// - The server's response cache may hand out a widget KS that is dead. If the second call is refused for
///   its KS, a new one is fetched with `nocache`, once.
#[derive(Debug)]
#[must_use = "a login goes on only if its answers are received"]
pub struct AppTokenFlow {
    login: Arc<AppTokenLogin>,
    awaiting: Awaiting,
}

#[derive(Debug)]
enum Awaiting {
    WidgetSession { uncached: bool, sent: Vec<String> },
    Session { widget_ks: Ks, hash: TokenHash, uncached: bool, sent: Vec<String> },
}

impl AppTokenFlow {
    /// Begins with `session.startWidgetSession`, whose answer may come from the server's cache.
    pub fn start(login: &AppTokenLogin) -> FlowStep {
        Self::start_widget_session(Arc::new(login.clone()), false)
    }

    /// Begins with `session.startWidgetSession`, past the server's cache.
    ///
    /// After a refusal of `appToken.startSession`: the cache would give the same widget KS again, and with it
    /// repeat the refusal for two minutes (wire contract, section 7).
    pub fn start_uncached(login: &AppTokenLogin) -> FlowStep {
        Self::start_widget_session(Arc::new(login.clone()), true)
    }

    /// Begins with `appToken.startSession`, on a widget KS of an earlier login ([`Self::widget_ks`]). If the
    /// server refuses that KS, a new one is fetched.
    pub fn resume(login: &AppTokenLogin, widget_ks: Ks) -> FlowStep {
        Self::start_session(Arc::new(login.clone()), widget_ks, false)
    }

    /// The widget KS, once it is there. It is not single-use and can serve later logins of this token.
    #[must_use]
    pub const fn widget_ks(&self) -> Option<&Ks> {
        match &self.awaiting {
            Awaiting::WidgetSession { .. } => None,
            Awaiting::Session { widget_ks, .. } => Some(widget_ks),
        }
    }

    /// Takes what came of the request that was sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if the transport failed, the server refused, something else answered, or the grant is of no use.
    pub fn receive(self, outcome: Result<WireResponse, TransportError>) -> Result<FlowStep, Error> {
        match self.awaiting {
            Awaiting::WidgetSession { uncached, sent } => {
                let widget_ks = read_widget_session(&self.login, outcome, &sent)?;
                Ok(Self::start_session(self.login, widget_ks, uncached))
            }
            Awaiting::Session { widget_ks, hash, uncached, sent } => {
                let exchange =
                    SessionExchange { login: &self.login, widget_ks: &widget_ks, hash: &hash, sent: &sent };
                match exchange.read(outcome) {
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
        let (request, sent) = request(&login, &call, parameters);
        FlowStep::Send(request, Self { login, awaiting: Awaiting::WidgetSession { uncached, sent } })
    }

    fn start_session(login: Arc<AppTokenLogin>, widget_ks: Ks, uncached: bool) -> FlowStep {
        let credentials = &login.credentials;
        let hash = TokenHash::new(credentials.hash_type(), &widget_ks, credentials.value());
        let mut call = StartAppTokenSession::new(credentials.id().clone(), hash.expose());
        let wished = &login.request;
        if let Some(user) = wished.get_user_id() {
            call = call.user_id(user.clone());
        }
        if let Some(session_type) = wished.get_session_type() {
            call = call.session_type(session_type);
        }
        if let Some(lifetime) = wished.get_lifetime() {
            call = call.lifetime(lifetime);
        }
        if let Some(privileges) = wished.get_privileges() {
            call = call.privileges(privileges.clone());
        }
        let mut parameters = call.parameters();
        parameters.insert("ks".to_owned(), widget_ks.expose().into());
        let (request, sent) = request(&login, &call, parameters);
        FlowStep::Send(
            request,
            Self { login, awaiting: Awaiting::Session { widget_ks, hash, uncached, sent } },
        )
    }
}

/// A request of this login, and the names of its parameters.
fn request(
    login: &AppTokenLogin,
    call: &impl Action,
    mut parameters: Parameters,
) -> (WireRequest, Vec<String>) {
    let sent = parameters.keys().cloned().collect();
    parameters.insert("clientTag".to_owned(), login.client_tag.clone().into());
    let request = WireRequest::json(&login.service_url, call.service(), call.action(), parameters)
        .with_timeout(login.timeout)
        .with_max_response_bytes(AppTokenLogin::MAX_RESPONSE_BYTES);
    (request, sent)
}

fn read_widget_session(
    login: &AppTokenLogin,
    outcome: Result<WireResponse, TransportError>,
    sent: &[String],
) -> Result<Ks, Error> {
    let step = LoginStep::StartWidgetSession;
    let credentials = &login.credentials;
    let response = outcome.map_err(|error| Error::transport(step, error))?;
    let secrets = [credentials.value().expose()];
    let widget: WidgetSession = payload::decode(response.body())
        .map_err(|error| Error::answer(step, error, &response, Some(credentials), sent, &secrets))?;
    check_partner(credentials.partner_id(), widget.partner_id)
        .map_err(|grant| Error::grant(step, grant, &response, &secrets))?;
    Ok(widget.ks)
}

/// The second call: what was sent, to judge what comes back.
struct SessionExchange<'a> {
    login: &'a AppTokenLogin,
    widget_ks: &'a Ks,
    hash: &'a TokenHash,
    sent: &'a [String],
}

impl SessionExchange<'_> {
    fn read(&self, outcome: Result<WireResponse, TransportError>) -> Result<Session, Error> {
        let step = LoginStep::StartSession;
        let credentials = &self.login.credentials;
        let response = outcome.map_err(|error| Error::transport(step, error))?;
        let mut secrets = vec![self.widget_ks.expose(), self.hash.expose(), credentials.value().expose()];
        if !credentials.id().is_well_formed() {
            // It may be the token value, put in the wrong place; the server echoes it as an id.
            secrets.push(credentials.id().as_str());
        }
        let refused = |error| Error::answer(step, error, &response, Some(credentials), self.sent, &secrets);
        let useless = |grant| Error::grant(step, grant, &response, &secrets);

        let info: SessionInfo = payload::decode(response.body()).map_err(refused)?;
        if info.ks.as_ref() == Some(self.widget_ks) {
            // Something that sends back what it is sent, not the API.
            let echo = UnexpectedBody::WrongShape { expected: "SessionInfo", found: JsonKind::Object };
            return Err(refused(echo.into()));
        }
        if let Some(answered) = info.partner_id {
            check_partner(credentials.partner_id(), answered).map_err(useless)?;
        }
        check_life(info.expiry, response.server_time()).map_err(useless)?;
        Session::granted(info, credentials.partner_id(), &self.login.request, response.server_time())
            .map_err(|error: PayloadError| refused(error))
    }
}

fn check_partner(expected: PartnerId, answered: PartnerId) -> Result<(), UnusableGrant> {
    if answered == expected { Ok(()) } else { Err(UnusableGrant::OtherPartner { expected, answered }) }
}

/// A KS is expired from its very expiry on (wire contract, section 6.4).
fn check_life(expiry: Option<UnixTime>, server_time: Option<UnixTime>) -> Result<(), UnusableGrant> {
    match (expiry, server_time) {
        (Some(expiry), Some(now)) if expiry <= now => {
            Err(UnusableGrant::ExpiredOnArrival { seconds_ago: now.seconds_since(expiry) })
        }
        _ => Ok(()),
    }
}

fn is_refused_ks(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::KsRefused(_))
}
