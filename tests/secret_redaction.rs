//! No value or error shows a secret. Recognisable secrets pass through logins and calls, which succeed or fail in many
//! ways, with a server that echoes all that it receives. The secrets must be sent, or these tests show nothing, and must
//! not appear in any `Debug`, `Display` or hint.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use kaltura_auth::blocking::SessionManager as BlockingSessionManager;
use kaltura_auth::manager::{InvalidReason, observer_fn};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{AppTokenSource, PartnerSecretLogin, PartnerSecretSource};
use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, FlowStep, ServiceUrl, SessionRequest, TokenHash,
    TransportError, TransportErrorKind, WireRequest, WireResponse, blocking::Transport as BlockingTransport,
    blocking::transport_fn as blocking_transport_fn,
};
use kaltura_client::{CallOptions, RawAction, RetryPolicy};
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, PartnerId};
use serde_json::{Value, json};

/// Unlike a secret of the real server, so that redaction cannot depend on the form of secrets.
const TOKEN: &str = "canary:token:value";
const WIDGET_KS: &str = "canary:widget:ks";
const SESSION_KS: &str = "canary:session:ks";
const PARTNER_SECRET: &str = "canary:partner:secret";
const PARTNER: PartnerId = PartnerId::new(7);

fn token_hash() -> String {
    TokenHash::new(HashType::Sha256, &Ks::new(WIDGET_KS), &AppTokenValue::new(TOKEN)).expose().to_owned()
}

/// Every text that was output.
#[derive(Default)]
struct Output(String);

impl Output {
    fn debug(&mut self, value: &impl Debug) {
        self.0.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn display(&mut self, value: &impl Display) {
        self.0.push_str(&format!("{value}\n"));
    }

    fn error(&mut self, error: &(impl StdError + 'static)) {
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            self.0.push_str(&format!("{error}\n{error:?}\n{error:#?}\n"));
            next = error.source();
        }
    }

    fn assert_clean(&self) {
        assert!(self.0.len() > 100, "almost nothing was output: {}", self.0);
        for secret in [TOKEN, WIDGET_KS, SESSION_KS, PARTNER_SECRET, &token_hash()] {
            assert!(!self.0.contains(secret), "{secret} was output:\n{}", self.0);
        }
    }
}

/// How the server responds to a request.
type Respond = fn(&WireRequest) -> Result<WireResponse, TransportError>;

/// A failure of the server at one action.
#[derive(Clone, Copy)]
struct Failure {
    action: &'static str,
    respond: Respond,
}

/// A server that records the bodies it receives, and fails at one action.
#[derive(Clone)]
struct Server {
    failure: Option<Failure>,
    received: Arc<Mutex<String>>,
}

impl Server {
    fn new(failure: Option<Failure>) -> Self {
        Self { failure, received: Arc::default() }
    }

    fn received(&self) -> String {
        self.received.lock().unwrap().clone()
    }
}

impl BlockingTransport for Server {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.received.lock().unwrap().push_str(std::str::from_utf8(request.body()).unwrap());
        assert!(!request.url().contains("canary"), "a secret in a URL: {}", request.url());
        if let Some(failure) = self.failure.filter(|failure| failure.action == request.action()) {
            return (failure.respond)(&request);
        }
        let body = match request.action() {
            "startWidgetSession" => json!({"partnerId": 7, "ks": WIDGET_KS, "userId": 0}),
            "startSession" => json!({
                "ks": SESSION_KS, "sessionType": 0, "partnerId": "7", "userId": "u", "expiry": 2_000_000_000,
                "privileges": "list:*",
            }),
            _ => json!({"totalCount": 0, "objects": []}),
        };
        Ok(response(200, body.to_string()))
    }
}

fn response(status: u16, body: impl Into<Vec<u8>>) -> WireResponse {
    WireResponse::new(status, body)
        .with_header("X-Kaltura-Session", "1, 1795493355")
        .with_header("X-Me", "web-1")
}

/// The whole body of a request: a server can echo no more than that.
fn echo(request: &WireRequest) -> String {
    String::from_utf8_lossy(request.body()).into_owned()
}

fn refusal(code: &str, ksid: &str, request: &WireRequest) -> Result<WireResponse, TransportError> {
    let echo = echo(request);
    let body = json!({
        "code": code, "message": format!("no: {echo}"), "objectType": "KalturaAPIException",
        "args": {"KSID": ksid, "ID": echo, echo.clone(): "name"},
    });
    let response = response(200, body.to_string());
    Ok(response.with_header("X-Me", echo.clone()).with_header("X-Kaltura-Session", echo))
}

fn failures(action: &'static str) -> Vec<Failure> {
    let responses: [Respond; 12] = [
        |request| refusal("INVALID_APP_TOKEN_HASH", "", request),
        |request| refusal("APP_TOKEN_ID_NOT_FOUND", "", request),
        |request| refusal("INVALID_KS", SESSION_KS, request),
        |request| refusal("INVALID_KS", WIDGET_KS, request),
        |request| refusal("INVALID_KS", "LOGOUT", request),
        |request| refusal("START_SESSION_ERROR", "", request),
        |request| refusal(&format!("UNKNOWN {}", echo(request)), "", request),
        |request| Ok(response(502, format!("<html>{}</html>", echo(request)))),
        |request| Ok(response(200, echo(request))),
        |request| Ok(response(200, format!("{{\"ks\":\"{WIDGET_KS}\",\"echo\":\"{}", echo(request)))),
        |_| {
            Ok(response(
                200,
                json!({"partnerId": TOKEN, "ks": {"x": SESSION_KS}, "expiry": WIDGET_KS}).to_string(),
            ))
        },
        |_| Err(TransportError::new(TransportErrorKind::Io, "reset")),
    ];
    responses.into_iter().map(|respond| Failure { action, respond }).collect()
}

fn login() -> AppTokenLogin {
    let token = AppTokenCredentials::new(PARTNER, "0_7jh3eu10", TOKEN, HashType::Sha256);
    AppTokenLogin::new(ServiceUrl::US, token).request(SessionRequest::new().user_id("importer"))
}

struct FixedClock;

impl Clock for FixedClock {
    fn unix_time(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1_795_493_355)
    }

    fn monotonic(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1)
    }

    fn random(&self) -> u64 {
        4
    }
}

#[test]
fn successful_login_shows_no_secret_and_sends_all_but_the_token_value() {
    let server = Server::new(None);
    let mut output = Output::default();
    output.debug(&login());
    output.debug(login().credentials());
    let mut step = AppTokenFlow::start(&login());
    let session = loop {
        output.debug(&step);
        match step {
            FlowStep::Send(request, flow) => {
                let response = server.send(request);
                output.debug(&response);
                step = flow.receive(response).unwrap();
            }
            FlowStep::Done(session) => break session,
        }
    };
    output.debug(&session);
    output.debug(session.ks());
    for adjustment in session.adjustments() {
        output.display(adjustment);
    }
    output.debug(&TokenHash::new(HashType::Sha256, session.ks(), login().credentials().value()));
    output.assert_clean();

    let received = server.received();
    assert!(
        received.contains(WIDGET_KS) && received.contains(&token_hash()),
        "the token hash is sent: {received}"
    );
    assert!(!received.contains(TOKEN), "the token value is never sent: {received}");
}

#[test]
fn failed_login_shows_no_secret() {
    for action in ["startWidgetSession", "startSession"] {
        for (index, failure) in failures(action).into_iter().enumerate() {
            let server = Server::new(Some(failure));
            let mut output = Output::default();
            let error = login().run_blocking(&server).expect_err(&format!("{action} with failure {index}"));
            output.error(&error);
            output.display(&error.hint());
            output.debug(&error.credential_issues());
            output.debug(&(error.server(), error.request_id(), error.kind()));
            output.assert_clean();
            assert!(action == "startWidgetSession" || server.received().contains(&token_hash()));
        }
    }
}

#[test]
fn swapped_id_and_value_show_no_secret() {
    let token = AppTokenCredentials::new(PARTNER, TOKEN, "0_7jh3eu10", HashType::Sha256);
    let login = AppTokenLogin::new(ServiceUrl::US, token);
    let transport = blocking_transport_fn(|request| {
        if request.action() == "startSession" {
            refusal("APP_TOKEN_ID_NOT_FOUND", TOKEN, &request)
        } else {
            Server::new(None).send(request)
        }
    });
    let mut output = Output::default();
    output.debug(&login);
    let error = login.run_blocking(&transport).unwrap_err();
    output.error(&error);
    output.display(&error.hint());
    output.assert_clean();
}

#[test]
fn session_manager_shows_no_secret() {
    for failure in failures("startSession").into_iter().map(Some).chain([None]) {
        let output = Arc::new(Mutex::new(Output::default()));
        let observed = Arc::clone(&output);
        let source = AppTokenSource::new(login(), Server::new(failure));
        output.lock().unwrap().debug(&login());
        let manager = BlockingSessionManager::builder(source, FixedClock)
            .observer(observer_fn(move |event, identity| {
                let mut observed = observed.lock().unwrap();
                observed.debug(event);
                observed.debug(identity);
            }))
            .build();
        for _ in 0..3 {
            match manager.session() {
                Ok(session) => {
                    output.lock().unwrap().debug(&session);
                    manager.invalidate(&session, InvalidReason::LoggedOut);
                }
                Err(error) => output.lock().unwrap().error(&error),
            }
            output.lock().unwrap().debug(&manager);
            output.lock().unwrap().debug(&manager.status());
        }
        output.lock().unwrap().assert_clean();
    }
}

#[test]
fn client_shows_no_secret_and_sends_the_session() {
    for failure in failures("list").into_iter().map(Some).chain([None]) {
        let server = Server::new(failure);
        let client = kaltura_client::blocking::Client::builder(login(), server.clone(), FixedClock)
            .retry(RetryPolicy::never())
            .build();
        let mut output = Output::default();
        let action = RawAction::new("media", "list").param("secret", PARTNER_SECRET);
        let options = CallOptions::new().header("x-note", "n");
        let outcome: Result<Value, _> = client.call_with(&action, &options);
        assert!(failure.is_some() || outcome.is_ok());
        if let Err(error) = outcome {
            output.error(&error);
            output.display(&error.hint());
            output.debug(&error.response_metadata());
        }
        output.debug(&client);
        output.debug(&client.status());
        output.assert_clean();
        let received = server.received();
        assert!(
            received.contains(SESSION_KS) && received.contains(PARTNER_SECRET),
            "the session is sent: {received}"
        );
    }
}

#[test]
fn partner_secret_is_sent_and_not_shown() {
    for failure in failures("start").into_iter().map(Some) {
        let server = Server::new(failure);
        let login = PartnerSecretLogin::admin(ServiceUrl::US, PARTNER, AdminSecret::new(PARTNER_SECRET));
        let mut output = Output::default();
        output.debug(&login);
        let manager =
            BlockingSessionManager::new(PartnerSecretSource::new(login, server.clone()), FixedClock);
        output.error(&manager.session().unwrap_err());
        output.assert_clean();
        assert!(server.received().contains(PARTNER_SECRET));
    }
}

/// The spellings in which a server may return a secret that it received.
fn spellings(secret: &str) -> Vec<String> {
    let each = |to: &dyn Fn(u8) -> String| secret.bytes().map(to).collect::<String>();
    let split = |by: &str| secret.chars().map(String::from).collect::<Vec<_>>().join(by);
    let groups = |by: &str| {
        let characters: Vec<char> = secret.chars().collect();
        characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(by)
    };
    vec![
        secret.to_owned(),
        secret.to_uppercase(),
        base64(secret),
        base64(&format!("x{secret}")),
        base64(&format!("xx{secret}.")),
        base64(secret).replace('+', "-").replace('/', "_"),
        hex::encode(secret),
        hex::encode_upper(secret),
        each(&|byte| format!("{byte:02x}:")),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("%25{byte:02x}")),
        each(&|byte| format!("&#{byte};")),
        each(&|byte| format!("&#x{byte:X};")),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("\\x{byte:02X}")),
        each(&|byte| format!("={byte:02X}")),
        split(" "),
        split("=\r\n"),
        split("\u{ad}"),
        split("<wbr>"),
        groups(" "),
        groups("\r\n"),
    ]
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| char::from(ALPHABET[(bits & 63) as usize]);
    text.as_bytes()
        .chunks(3)
        .flat_map(|group| {
            let bits = group.iter().chain(&[0, 0]).take(3).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
            let digits = [18, 12, 6, 0].map(|shift| digit(bits >> shift));
            digits.into_iter().take(group.len() + 1).chain(std::iter::repeat_n('=', 3 - group.len()))
        })
        .collect()
}

/// Responses that contain a text, each at another place.
fn places(text: &str) -> Vec<WireResponse> {
    let exception = |code: &str, message: &str, args: Value| {
        let body =
            json!({"code": code, "message": message, "objectType": "KalturaAPIException", "args": args});
        WireResponse::new(200, body.to_string())
    };
    let fine = || exception("USER_BLOCKED", "", json!([]));
    vec![
        exception("BRAND_NEW", text, json!([])),
        exception("BRAND_NEW", &format!("{} {text} was not found", "so it is, ".repeat(15)), json!([])),
        exception("INVALID_APP_TOKEN_HASH", text, json!([])),
        exception(text, "", json!([])),
        exception("INVALID_KS", "", json!({"KSID": text})),
        exception("MISSING_MANDATORY_PARAMETER", "", json!({"PARAM_NAME": text})),
        exception("APP_TOKEN_ID_NOT_FOUND", "", json!({"ID": text, "OTHER": text})),
        exception("SERVICE_FORBIDDEN", "", json!({"SERVICE": format!("user->{text}")})),
        exception("BRAND_NEW", "", json!({text: "name"})),
        fine().with_header("X-Me", text),
        fine().with_header("X-Kaltura-Session", format!("{text}, 1795493355")),
        WireResponse::new(302, text)
            .with_header("Location", format!("https://{text}@example.com/?ks={text}")),
        WireResponse::new(502, format!("<html>{text}</html>")).with_header("X-Me", text),
        WireResponse::new(200, json!({"ks": [text], "objects": text}).to_string()),
        WireResponse::new(200, format!("{{\"ks\":\"{text}")),
    ]
}

impl Output {
    /// Whether twelve characters of this spelling were output, however split.
    fn shows(&self, spelling: &str) -> bool {
        let squeezed = |text: &str| {
            let text = text.replace("<wbr>", "").replace("\\u{ad}", "").replace("\\r", "").replace("\\n", "");
            text.chars().filter(|c| !c.is_whitespace() && *c != '\u{ad}').collect::<Vec<char>>()
        };
        let (output, spelling) = (squeezed(&self.0).iter().collect::<String>(), squeezed(spelling));
        spelling.windows(12).any(|part| output.contains(&part.iter().collect::<String>()))
    }
}

#[test]
fn no_spelling_of_a_sent_secret_is_shown_at_any_place() {
    let mut responses = 0;
    for (failing, secret) in [
        ("startSession", WIDGET_KS.to_owned()),
        ("startSession", token_hash()),
        ("list", SESSION_KS.to_owned()),
        ("list", PARTNER_SECRET.to_owned()),
    ] {
        for spelling in spellings(&secret) {
            for response in places(&spelling) {
                let (reply, server) = (response.clone(), Server::new(None));
                let transport = blocking_transport_fn(move |request| match request.action() {
                    action if action == failing => Ok(reply.clone()),
                    _ => server.send(request),
                });
                let output = Arc::new(Mutex::new(Output::default()));
                let observed = Arc::clone(&output);
                let client = kaltura_client::blocking::Client::builder(login(), transport, FixedClock)
                    .retry(RetryPolicy::never())
                    .observer(observer_fn(move |event, identity| {
                        let mut output = observed.lock().unwrap();
                        output.debug(event);
                        output.debug(identity);
                    }))
                    .build();
                let action =
                    RawAction::new("media", "list").param("secret", PARTNER_SECRET).output::<Vec<u8>>();
                let error = client.call(&action).unwrap_err();
                let mut output = output.lock().unwrap();
                output.error(&error);
                output.display(&error.report());
                output.debug(&error.response_metadata());
                output.debug(&response);
                output.debug(&client.status());
                if let Some(error) = error.api_error() {
                    output.display(&error.message());
                    output.debug(&error.args().collect::<Vec<_>>());
                }
                assert!(!output.shows(&spelling), "{spelling:?} was output:\n{}", output.0);
                responses += 1;
            }
        }
    }
    assert!(responses > 1000, "{responses}");
}

#[test]
fn the_raw_text_of_the_server_is_under_its_own_name() {
    // The control: what is not shown above has arrived, and would be found if it were shown.
    for spelling in spellings(SESSION_KS) {
        let Some(response) = places(&spelling).into_iter().next() else { panic!("a place") };
        let transport = blocking_transport_fn(move |_| Ok(response.clone()));
        let error = login().run_blocking(&transport).unwrap_err();
        let mut output = Output::default();
        output.display(&error.api_error().unwrap().server_text());
        assert!(output.shows(&spelling), "{spelling:?}");
    }
}

#[test]
fn actions_and_options_show_no_value() {
    let mut output = Output::default();
    output.debug(&RawAction::new("partner", "get").param("note", PARTNER_SECRET).param("x", json!([TOKEN])));
    output.debug(&CallOptions::new().header("x-note", SESSION_KS).ks(Ks::new(WIDGET_KS)));
    output.assert_clean();
}
