//! No text is said twice in a chain of errors: neither does an error contain the text of its source, nor do two errors
//! of a chain share a sentence. So the texts of a chain can be joined, as `report()` and `anyhow` do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::error::Error as StdError;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use kaltura_auth::runtime::Clock;
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, TransportError, TransportErrorKind, WireResponse,
    blocking::Transport as BlockingTransport, blocking::transport_fn as blocking_transport_fn,
};
use kaltura_client::{CallOptions, Multirequest, RawAction, RetryPolicy, Subrequest, blocking};
use kaltura_http::ReqwestTransport;
use kaltura_types::{AppTokenFilter, HashType, PartnerId};
use serde_json::{Value, json};

const CODES: &str = "MISSING_KS INVALID_KS SERVICE_FORBIDDEN SERVICE_FORBIDDEN_CONTENT_BLOCKED \
    SERVICE_FORBIDDEN_FULLY_BLOCKED SERVICE_FORBIDDEN_PARTNER_DELETED SERVICE_ACCESS_CONTROL_RESTRICTED \
    ACCESS_UNAUTHORIZED PARTNER_ACCESS_FORBIDDEN USER_BLOCKED ACTION_BLOCKED INVALID_ACTIONS_LIMIT INVALID_SET_ROLE \
    UNKNOWN_ROLE_ID INVALID_OBJECT_ID START_SESSION_ERROR START_WIDGET_SESSION_ERROR INVALID_WIDGET_ID \
    APP_TOKEN_ID_NOT_FOUND APP_TOKEN_NOT_ACTIVE APP_TOKEN_EXPIRED INVALID_APP_TOKEN_HASH SERVICE_NOT_SPECIFIED \
    SERVICE_DOES_NOT_EXISTS ACTION_NOT_SPECIFIED ACTION_DOES_NOT_EXISTS MISSING_MANDATORY_PARAMETER \
    INVALID_ENUM_VALUE INVALID_PARAMETER_CHAR INVALID_LANGUAGE_CODE INVALID_FIELD_VALUE \
    PROPERTY_VALIDATION_NOT_UPDATABLE PROPERTY_VALIDATION_WRONG_FORMAT LOCK_TIMED_OUT INTERNAL_SERVERL_ERROR \
    INTERNAL_DATABASE_ERROR ENTRY_ID_NOT_FOUND INVALID_USER_ID UPLOAD_ERROR ENTRY_ALREADY_WITH_CONTENT \
    FEATURE_FORBIDDEN USER_WRONG_PASSWORD BRAND_NEW THING_NOT_FOUND INVALID_THING_ID PROPERTY_VALIDATION_NEW";

fn texts(error: &(dyn StdError + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts
}

/// The parts of a text that are sentences by themselves.
fn sentences(text: &str) -> Vec<&str> {
    text.split([':', '(', ')', ';']).map(str::trim).filter(|part| part.len() > 3).collect()
}

#[track_caller]
fn assert_said_once(error: &(dyn StdError + 'static)) {
    let texts = texts(error);
    for (number, text) in texts.iter().enumerate() {
        for later in &texts[number + 1..] {
            assert!(!text.contains(later.as_str()) && !later.contains(text.as_str()), "{texts:#?}");
            let again = sentences(later).into_iter().find(|part| sentences(text).contains(part));
            assert_eq!(again, None, "{texts:#?}");
        }
        let mut parts = sentences(text);
        parts.sort_unstable();
        let all = parts.len();
        parts.dedup();
        assert_eq!(parts.len(), all, "{texts:#?}");
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(1_795_493_355)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn random(&self) -> u64 {
        4
    }
}

fn login() -> AppTokenLogin {
    let token = AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", "hush", HashType::Sha256);
    AppTokenLogin::new(ServiceUrl::US, token)
}

type Outcome = Result<WireResponse, TransportError>;

/// Every kind of failure, as a server or a transport causes it.
fn failures() -> Vec<Outcome> {
    let api = |code: &str, args: Value| {
        let body = json!({
            "code": code, "message": "what the server says", "objectType": "KalturaAPIException", "args": args,
        });
        Ok(WireResponse::new(200, body.to_string()))
    };
    let mut all: Vec<Outcome> =
        CODES.split_whitespace().map(|code| api(code, json!({"ID": "0_a"}))).collect();
    all.push(api("INVALID_OBJECT_ID", json!({"ID": "N/A"})));
    for parameter in ["widgetId", "entryId", "other"] {
        all.push(api("MISSING_MANDATORY_PARAMETER", json!({"PARAM_NAME": parameter})));
    }
    for ksid in ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", "EXCEEDED_RESTRICTED_IP", "sent", ""] {
        all.push(api("INVALID_KS", json!({"KSID": ksid, "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"})));
    }
    for status in [200, 302, 404, 429, 500, 503] {
        for body in
            ["", "<html>", "<?xml", "text", "{\"a", "{\"a\":1}}", "null", "[1]", "{\"a\":1}", "\u{feff}"]
        {
            all.push(Ok(WireResponse::new(status, body)));
        }
    }
    use TransportErrorKind::{Build, Connect, Io, Other, Timeout, TooLarge};
    for kind in [Build, Connect, Io, Other, Timeout, TooLarge] {
        all.push(Err(TransportError::new(kind, "what the HTTP client says")));
    }
    all
}

fn client(transport: impl BlockingTransport + 'static) -> blocking::Client {
    blocking::Client::builder(login(), transport, FixedClock).retry(RetryPolicy::never()).build()
}

fn widget_session() -> WireResponse {
    WireResponse::new(200, json!({"partnerId": 7, "ks": "a widget KS", "userId": 0}).to_string())
}

fn session() -> WireResponse {
    let body = json!({
        "ks": "a KS", "sessionType": 0, "partnerId": "7", "userId": "u", "expiry": 2_000_000_000, "privileges": "",
    });
    WireResponse::new(200, body.to_string())
}

#[test]
fn a_failed_login_says_each_text_once() {
    let mut failed = 0;
    for step in ["startWidgetSession", "startSession"] {
        for outcome in failures() {
            let transport = blocking_transport_fn(move |request| {
                if request.action() == step { outcome.clone() } else { Ok(widget_session()) }
            });
            let error: Error = login().run_blocking(&transport).unwrap_err();
            assert_said_once(&error);
            // Each text of the chain is in the report, and the hint.
            let report = error.report().to_string();
            assert!(texts(&error).iter().all(|text| report.contains(text)), "{report}");
            assert!(report.contains(&error.hint()), "{report}");
            // The same as the error of a call, and of the client.
            let client = client(transport);
            assert_said_once(&client.call(&RawAction::new("media", "list")).unwrap_err());
            assert_said_once(&client.session().unwrap_err());
            failed += 1;
        }
    }
    assert!(failed > 200, "{failed}");
}

#[test]
fn a_failed_call_says_each_text_once() {
    for outcome in failures() {
        let transport = blocking_transport_fn(move |request| match request.action() {
            "startWidgetSession" => Ok(widget_session()),
            "startSession" => Ok(session()),
            _ => outcome.clone(),
        });
        let client = client(transport);
        let get = RawAction::new("media", "get").param("entryId", "0_a").output::<Vec<String>>();
        let Err(error) = client.call(&get) else { continue };
        assert_said_once(&error);
        let report = format!("{:#}", error.report());
        assert!(texts(&error).iter().all(|text| report.contains(text)), "{report}");
        let mut batch = Multirequest::new();
        batch.add(Subrequest::new(get));
        if let Err(error) = client.multirequest(batch) {
            assert_said_once(&error);
        }
        if let Some(Err(error)) = client.app_tokens().list(AppTokenFilter::new()).next() {
            assert_said_once(&error);
        }
    }
}

#[test]
fn a_call_that_is_not_sent_says_each_text_once() {
    let client = client(blocking_transport_fn(|request| {
        Ok(if request.action() == "startSession" { session() } else { widget_session() })
    }));
    let no_time = CallOptions::new().timeout(Duration::ZERO);
    assert_said_once(&client.call_with(&RawAction::new("media", "list"), &no_time).unwrap_err());
    assert_said_once(&client.call(&RawAction::new("media", "list").param("format", 1)).unwrap_err());
    let mut batch = Multirequest::new();
    batch.add(Subrequest::new(RawAction::new("", "")));
    assert_said_once(&client.multirequest(batch).unwrap_err());
    assert_said_once(&"x".parse::<PartnerId>().unwrap_err());
}

/// A server that reads a request, sends these bytes and closes the connection.
fn server(reply: &'static [u8]) -> ServiceUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 65536]);
            let _ = stream.write_all(reply);
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    url.parse().unwrap()
}

#[test]
fn an_error_of_reqwest_says_each_text_once() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls: [ServiceUrl; 11] = [
        format!("http://{refused}").parse().unwrap(),
        format!("https://{refused}").parse().unwrap(),
        "https://no-such-host.invalid".parse().unwrap(),
        server(b""),
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"),
        server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz"),
        server(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        server(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"),
        server(b"what is this?\r\n\r\n"),
        server(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"),
    ];
    let transport = ReqwestTransport::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(5))
        .build_blocking()
        .unwrap();
    for url in urls {
        let login = AppTokenLogin::new(url, login().credentials().clone());
        let error = login.run_blocking(&transport).unwrap_err();
        assert_said_once(&error);
        let client = blocking::Client::builder(login, transport.clone(), FixedClock)
            .retry(RetryPolicy::never())
            .build();
        assert_said_once(&client.call(&RawAction::new("media", "list")).unwrap_err());
    }
}

#[test]
fn an_invalid_setting_of_a_transport_says_each_text_once() {
    let builder = ReqwestTransport::builder;
    for error in [
        builder().user_agent("a\nb").build().unwrap_err(),
        builder().proxy("::").build().unwrap_err(),
        builder().add_root_certificates_pem("x").build().unwrap_err(),
        builder().disable_system_roots().build().unwrap_err(),
        builder().client_certificate_pem("x", "y").build().unwrap_err(),
    ] {
        assert_said_once(&error);
    }
}
