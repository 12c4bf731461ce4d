//! Distinctive secrets go through whole logins and calls, through success and every failure, with a server that
//! echoes all it was sent. They must stand nowhere but on the wire — and must stand there, or this test proves
//! nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{BlockingSessionManager, Event, InvalidReason};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::{AppTokenSource, PartnerSecretSource, SecretLogin};
use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, BlockingTransport, FlowStep, ServiceUrl,
    SessionRequest, TokenHash, TransportError, TransportErrorKind, WireRequest, WireResponse,
    blocking_transport_fn,
};
use kaltura_client::{CallOptions, RawAction, RetryPolicy};
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, PartnerId};
use serde_json::{Value, json};

/// Unlike a secret of the real server, so that no rule about how secrets look can save us.
const TOKEN: &str = "canary:token:value";
const WIDGET_KS: &str = "canary:widget:ks";
const SESSION_KS: &str = "canary:session:ks";
const PARTNER_SECRET: &str = "canary:partner:secret";
const PARTNER: PartnerId = PartnerId::new(7);

fn token_hash() -> String {
    TokenHash::new(HashType::Sha256, &Ks::new(WIDGET_KS), &AppTokenValue::new(TOKEN)).expose().to_owned()
}

/// All that was shown anywhere.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn value(&mut self, value: &impl Debug) {
        self.0.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn text(&mut self, value: &impl Display) {
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
        assert!(self.0.len() > 100, "hardly anything was shown: {}", self.0);
        for secret in [TOKEN, WIDGET_KS, SESSION_KS, PARTNER_SECRET, &token_hash()] {
            assert!(!self.0.contains(secret), "{secret} was shown:\n{}", self.0);
        }
    }
}

/// A way to answer.
type Answering = fn(&WireRequest) -> Result<WireResponse, TransportError>;

/// What the server does at one of the steps.
#[derive(Clone, Copy)]
struct Failing {
    action: &'static str,
    how: Answering,
}

/// A server that notes what it is sent, and fails at one action.
#[derive(Clone)]
struct Server {
    failing: Option<Failing>,
    wire: Arc<Mutex<String>>,
}

impl Server {
    fn new(failing: Option<Failing>) -> Self {
        Self { failing, wire: Arc::default() }
    }

    fn wire(&self) -> String {
        self.wire.lock().unwrap().clone()
    }
}

impl BlockingTransport for Server {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.wire.lock().unwrap().push_str(std::str::from_utf8(request.body()).unwrap());
        assert!(!request.url().contains("canary"), "a secret in a URL: {}", request.url());
        if let Some(failing) = self.failing.filter(|failing| failing.action == request.action()) {
            return (failing.how)(&request);
        }
        let body = match request.action() {
            "startWidgetSession" => json!({"partnerId": 7, "ks": WIDGET_KS, "userId": 0}),
            "startSession" => json!({
                "ks": SESSION_KS, "sessionType": 0, "partnerId": "7", "userId": "u", "expiry": 2_000_000_000,
                "privileges": "list:*",
            }),
            _ => json!({"totalCount": 0, "objects": []}),
        };
        Ok(answered(200, body.to_string()))
    }
}

fn answered(status: u16, body: impl Into<Vec<u8>>) -> WireResponse {
    WireResponse::new(status, body)
        .with_header("X-Kaltura-Session", "1, 1795493355")
        .with_header("X-Me", "web-1")
}

/// All that a request holds: a server can echo no more than it was sent.
fn echo(request: &WireRequest) -> String {
    String::from_utf8_lossy(request.body()).into_owned()
}

fn refusal(code: &str, ksid: &str, request: &WireRequest) -> Result<WireResponse, TransportError> {
    let echo = echo(request);
    let body = json!({
        "code": code, "message": format!("no: {echo}"), "objectType": "KalturaAPIException",
        "args": {"KSID": ksid, "ID": echo, echo.clone(): "name"},
    });
    let response = answered(200, body.to_string());
    Ok(response.with_header("X-Me", echo.clone()).with_header("X-Kaltura-Session", echo))
}

fn failures(action: &'static str) -> Vec<Failing> {
    let ways: [Answering; 12] = [
        |request| refusal("INVALID_APP_TOKEN_HASH", "", request),
        |request| refusal("APP_TOKEN_ID_NOT_FOUND", "", request),
        |request| refusal("INVALID_KS", SESSION_KS, request),
        |request| refusal("INVALID_KS", WIDGET_KS, request),
        |request| refusal("INVALID_KS", "LOGOUT", request),
        |request| refusal("START_SESSION_ERROR", "", request),
        |request| refusal(&format!("ODD {}", echo(request)), "", request),
        |request| Ok(answered(502, format!("<html>{}</html>", echo(request)))),
        |request| Ok(answered(200, echo(request))),
        |request| Ok(answered(200, format!("{{\"ks\":\"{WIDGET_KS}\",\"echo\":\"{}", echo(request)))),
        |_| {
            Ok(answered(
                200,
                json!({"partnerId": TOKEN, "ks": {"x": SESSION_KS}, "expiry": WIDGET_KS}).to_string(),
            ))
        },
        |_| Err(TransportError::new(TransportErrorKind::Io, "reset")),
    ];
    ways.into_iter().map(|how| Failing { action, how }).collect()
}

fn login() -> AppTokenLogin {
    let token = AppTokenCredentials::new(PARTNER, "0_7jh3eu10", TOKEN, HashType::Sha256);
    AppTokenLogin::new(ServiceUrl::US, token).request(SessionRequest::new().user_id("somebody"))
}

struct StoppedClock;

impl Clock for StoppedClock {
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
fn a_login_that_succeeds_shows_no_secret_and_sends_all_but_the_token() {
    let server = Server::new(None);
    let mut shown = Shown::default();
    shown.value(&login());
    shown.value(login().credentials());
    let mut step = AppTokenFlow::start(&login());
    let session = loop {
        shown.value(&step);
        match step {
            FlowStep::Send(request, flow) => {
                let response = server.send(request);
                shown.value(&response);
                step = flow.receive(response).unwrap();
            }
            FlowStep::Done(session) => break session,
        }
    };
    shown.value(&session);
    shown.value(session.ks());
    for adjustment in session.adjustments() {
        shown.text(adjustment);
    }
    shown.value(&TokenHash::new(HashType::Sha256, session.ks(), login().credentials().value()));
    shown.assert_clean();

    let wire = server.wire();
    assert!(wire.contains(WIDGET_KS) && wire.contains(&token_hash()), "the proof is sent: {wire}");
    assert!(!wire.contains(TOKEN), "the token is never sent: {wire}");
}

#[test]
fn a_login_that_fails_shows_no_secret_wherever_it_fails() {
    for action in ["startWidgetSession", "startSession"] {
        for (index, failing) in failures(action).into_iter().enumerate() {
            let server = Server::new(Some(failing));
            let mut shown = Shown::default();
            let error = login().run_blocking(&server).expect_err(&format!("{action} fails in way {index}"));
            shown.error(&error);
            shown.text(&error.hint());
            shown.value(&error.credential_issues());
            shown.value(&(error.server(), error.request_id(), error.kind()));
            shown.assert_clean();
            assert!(action == "startWidgetSession" || server.wire().contains(&token_hash()));
        }
    }
}

#[test]
fn a_swapped_id_and_value_show_no_secret() {
    let token = AppTokenCredentials::new(PARTNER, TOKEN, "0_7jh3eu10", HashType::Sha256);
    let login = AppTokenLogin::new(ServiceUrl::US, token);
    let transport = blocking_transport_fn(|request| {
        if request.action() == "startSession" {
            refusal("APP_TOKEN_ID_NOT_FOUND", TOKEN, &request)
        } else {
            Server::new(None).send(request)
        }
    });
    let mut shown = Shown::default();
    shown.value(&login);
    let error = login.run_blocking(&transport).unwrap_err();
    shown.error(&error);
    shown.text(&error.hint());
    shown.assert_clean();
}

#[test]
fn a_session_manager_shows_no_secret() {
    for failing in failures("startSession").into_iter().map(Some).chain([None]) {
        let shown = Arc::new(Mutex::new(Shown::default()));
        let heard = Arc::clone(&shown);
        let source = AppTokenSource::new(login(), Server::new(failing));
        shown.lock().unwrap().value(&login());
        let manager = BlockingSessionManager::builder(source, StoppedClock)
            .observer(move |event: &Event| heard.lock().unwrap().value(event))
            .build();
        for _ in 0..3 {
            match manager.session() {
                Ok(session) => {
                    shown.lock().unwrap().value(&session);
                    manager.invalidate(&session, InvalidReason::LoggedOut);
                }
                Err(error) => shown.lock().unwrap().error(&error),
            }
            shown.lock().unwrap().value(&manager);
            shown.lock().unwrap().value(&manager.status());
        }
        shown.lock().unwrap().assert_clean();
    }
}

#[test]
fn a_client_shows_no_secret_in_any_failing_call_and_sends_the_session() {
    for failing in failures("list").into_iter().map(Some).chain([None]) {
        let server = Server::new(failing);
        let client = kaltura_client::blocking::Client::builder(login(), server.clone(), StoppedClock)
            .retry(RetryPolicy::never())
            .build();
        let mut shown = Shown::default();
        let action = RawAction::new("media", "list").param("secret", PARTNER_SECRET);
        let options = CallOptions::new().header("x-note", "n");
        let outcome: Result<Value, _> = client.call_with(&action, &options);
        assert!(failing.is_some() || outcome.is_ok());
        if let Err(error) = outcome {
            shown.error(&error);
            shown.text(&error.hint());
            shown.value(&error.response_metadata());
        }
        shown.value(&client);
        shown.value(&client.status());
        shown.assert_clean();
        let wire = server.wire();
        assert!(wire.contains(SESSION_KS) && wire.contains(PARTNER_SECRET), "the session is sent: {wire}");
    }
}

#[test]
fn a_partner_secret_is_sent_and_not_shown() {
    for failing in failures("start").into_iter().map(Some) {
        let server = Server::new(failing);
        let login = SecretLogin::admin(ServiceUrl::US, PARTNER, AdminSecret::new(PARTNER_SECRET));
        let mut shown = Shown::default();
        shown.value(&login);
        let manager =
            BlockingSessionManager::new(PartnerSecretSource::new(login, server.clone()), StoppedClock);
        shown.error(&manager.session().unwrap_err());
        shown.assert_clean();
        assert!(server.wire().contains(PARTNER_SECRET));
    }
}
