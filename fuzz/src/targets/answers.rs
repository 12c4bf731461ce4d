//! What a server may answer to a login and to calls, with echoes of the secrets of the request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaltura_auth::blocking::{Transport, transport_fn};
use kaltura_auth::runtime::Clock;
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, WireRequest, WireResponse};
use kaltura_client::blocking::Client;
use kaltura_client::{Multirequest, RawAction, RetryPolicy, Subrequest};
use kaltura_types::{HashType, PartnerId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::redaction::assert_unreadable;

/// What responses are made of. The control characters stand for echoes: see [`receive`].
pub const WORDS: [&str; 25] = [
    "\x01",
    "\x02",
    "\x03",
    "\x04",
    "\x05",
    "\x06",
    "\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\"code\":\"",
    "\"message\":\"",
    "\"objectType\":\"KalturaAPIException\"",
    "\"args\":{\"NAME\":\"",
    "INVALID_KS",
    "SERVICE_FORBIDDEN",
    "\"ks\":\"",
    "<html>",
    "<?xml",
    "\"objects\":[",
    "\"totalCount\":1",
    "120",
    "Tue, 24 Nov 2026 03:22:35 GMT",
];

const TOKEN: &str = "3f786850e387550fdab836ed7e6dc881";
const WIDGET_KS: &str =
    "djJ8MTIzNDU2N3wAvCSrY4V3rFTT4BhLBFwICWNf0AP14_w8iBF8U2hgr9nNo8tKO1iWq4FhwR2RL7FohnOph3GhNYjHvMhoPqk9";
const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

const SESSION: &str =
    r#"{"ks":"KS","sessionType":0,"partnerId":1234567,"userId":"u","expiry":1795579761,"privileges":""}"#;

/// The secrets that were sent.
pub type Sent = Arc<Mutex<Vec<String>>>;

struct FixedClock;

impl Clock for FixedClock {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(1_795_493_361)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self) -> u64 {
        7
    }
}

/// The first lines are the status, `Retry-After`, `Date` and `X-Me`, the rest is the body. The characters U+0001 to
/// U+0006 are replaced by the secret of the request in several spellings.
pub fn receive(data: &[u8]) {
    let text = Arc::new(String::from_utf8_lossy(data).into_owned());
    // The answer to the first request of a login, to the second one, to a call, and to a multirequest.
    for place in 0..4 {
        let sent = Sent::default();
        let shown = outcome(place, Arc::clone(&text), Arc::clone(&sent));
        let mut secrets = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        secrets.extend([TOKEN.to_owned(), WIDGET_KS.to_owned(), KS.to_owned()]);
        for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
            assert_unreadable(secret, &shown);
        }
    }
}

/// What is shown of the errors if the server answers with this text to the first request of a login, to the second one,
/// to a call, or to a multirequest.
#[must_use]
pub fn outcome(place: usize, text: Arc<String>, sent: Sent) -> String {
    let transport = server(place.min(2), text, sent);
    match place {
        0 | 1 => login(transport),
        2 => call(transport),
        _ => multirequest(transport),
    }
}

/// Answers the request at this place as the text says, and all others as a server does. Keeps the secrets that were
/// sent.
fn server(place: usize, text: Arc<String>, sent: Sent) -> impl Transport {
    let count = AtomicUsize::new(0);
    transport_fn(move |request: WireRequest| {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let text_of = |name: &str| body[name].as_str().map(str::to_owned);
        let secrets = [text_of("tokenHash"), text_of("ks")];
        let secret = secrets.iter().flatten().next().cloned().unwrap_or_default();
        sent.lock().unwrap_or_else(PoisonError::into_inner).extend(secrets.into_iter().flatten());
        Ok(match count.fetch_add(1, Ordering::Relaxed) {
            number if number == place => response(&text, &secret),
            0 => {
                WireResponse::new(200, format!(r#"{{"partnerId":1234567,"ks":"{WIDGET_KS}","userId":"0"}}"#))
            }
            1 => WireResponse::new(200, SESSION.replace("KS", KS)),
            _ => WireResponse::new(200, "null"),
        })
    })
}

fn response(text: &str, secret: &str) -> WireResponse {
    let mut lines = text.splitn(5, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let status = next().trim().parse().unwrap_or(200);
    let headers = [("Retry-After", next()), ("Date", next()), ("X-Me", next())];
    let echo = |text: &str| {
        if !text.contains(|c| ('\x01'..='\x06').contains(&c)) {
            return text.to_owned();
        }
        text.chars()
            .map(|c| match c {
                '\x01' => secret.to_owned(),
                '\x02' => STANDARD.encode(secret),
                '\x03' => utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
                '\x04' => secret.bytes().map(|byte| format!("\\\\u{byte:04x}")).collect(),
                '\x05' => hex::encode(secret),
                '\x06' => secret.bytes().map(|byte| format!("&#{byte};")).collect(),
                other => other.to_string(),
            })
            .collect::<String>()
    };
    let response = WireResponse::new(status, echo(next()));
    headers.into_iter().fold(response, |response, (name, value)| response.with_header(name, echo(value)))
}

fn app_token_login() -> AppTokenLogin {
    let partner = PartnerId::new(1_234_567);
    AppTokenLogin::new(
        ServiceUrl::US,
        AppTokenCredentials::new(partner, "0_7jh3eu10", TOKEN, HashType::Sha256),
    )
}

fn login(transport: impl Transport) -> String {
    match app_token_login().run_blocking(&transport) {
        // User and privileges are shown as the server granted them, whatever they say; the KS is not.
        Ok(session) => {
            let shown = format!("{session:?}");
            assert!(![TOKEN, KS, WIDGET_KS].iter().any(|secret| shown.contains(secret)), "{shown}");
            String::new()
        }
        Err(error) => chain(&error),
    }
}

fn client(transport: impl Transport + 'static) -> Client {
    let builder = Client::builder(app_token_login(), transport, FixedClock);
    builder.retry(RetryPolicy::never()).sleep(|_| {}).build()
}

fn call(transport: impl Transport + 'static) -> String {
    match client(transport).call(&RawAction::new("media", "get").param("entryId", "0_a")) {
        // A result is what the program asked for: it is not redacted.
        Ok(_) => String::new(),
        Err(error) => chain(&error),
    }
}

fn multirequest(transport: impl Transport + 'static) -> String {
    let mut batch = Multirequest::new();
    let first = batch.add(RawAction::new("media", "list"));
    let id = first.whole().member("objects").item(0).member("id");
    batch.add(Subrequest::new(RawAction::new("media", "get")).refer("entryId", id));
    match client(transport).multirequest(batch) {
        Ok(results) => {
            format!("{results:?} {}", results.failures().map(|error| chain(error)).collect::<String>())
        }
        Err(error) => chain(&error),
    }
}

/// The error and its causes, as `Display` and `Debug` show them.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut shown = format!("{error:?} {error:#?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        shown += &format!("\n{error}");
        cause = error.source();
    }
    shown
}
