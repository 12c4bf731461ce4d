//! The faults: the rows of the matrix.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use kaltura_auth::{WireRequest, WireResponse};
use kaltura_emulator::Fault as EmulatorFault;
use serde_json::{Map, Value, json};

use crate::leaks::{SPELLINGS, Spell};
use crate::network::{Change, secrets_of, with_body};
use crate::outcome::Kind;
use crate::steps::Step;

/// A fault, and what it means for a client.
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) class: Class,
    pub(crate) injection: Injection,
}

/// What a client makes of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The response is still right.
    Harmless,
    /// It may pass, and what is safe to repeat is repeated.
    Transient(Kind),
    /// As [`Transient`](Self::Transient), but the server asks for a longer wait than any call has time for.
    Postponed(Kind),
    /// It stays as it is.
    Permanent(Kind),
    /// The connection is lost: what is safe to repeat is sent again at once.
    Lost,
    /// The server's time of a login is later than its end.
    ExpiredOnArrival,
    /// The response to a login has a KS that the server does not accept.
    InvalidKs,
    /// The same, so long that the error of a login that echoes it is too large.
    LongKs,
    /// An empty list: to several calls in one request, that the server has read none of them.
    EmptyList,
    /// The server's cache has a widget KS that is no longer valid.
    DeadWidgetKs,
}

/// How a fault is injected.
pub(crate) enum Injection {
    /// Into the emulator.
    Emulator(Vec<EmulatorFault>),
    /// Between the emulator and the client.
    Response(Change),
    /// The client's wall clock is ahead of the server's, in seconds.
    ClientClock(i64),
    /// The widget sessions of the server are short, and its cache repeats them.
    ShortWidgetSessions,
}

impl Fault {
    fn new(name: impl Into<String>, class: Class, injection: Injection) -> Self {
        Self { name: name.into(), class, injection }
    }

    fn of_emulator(class: Class, faults: impl IntoIterator<Item = EmulatorFault>) -> Self {
        let faults: Vec<EmulatorFault> = faults.into_iter().collect();
        let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Self::new(names.join(" + "), class, Injection::Emulator(faults))
    }

    fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    fn of_response(
        name: impl Into<String>,
        class: Class,
        change: impl Fn(&WireRequest, WireResponse) -> WireResponse + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, class, Injection::Response(Arc::new(change)))
    }

    /// Whether the fault can happen at this step.
    pub(crate) fn applies_to(&self, step: Step) -> bool {
        match self.class {
            Class::InvalidKs | Class::LongKs | Class::DeadWidgetKs => step.is_login(),
            _ => true,
        }
    }

    /// Whether the connection cannot be used after the response, which the client may notice late.
    pub(crate) fn spoils_the_connection(&self) -> bool {
        let spoils = |fault: &EmulatorFault| match fault {
            EmulatorFault::ResetAfter => true,
            EmulatorFault::WrongLength(difference) => *difference < 0,
            _ => false,
        };
        matches!(&self.injection, Injection::Emulator(faults) if faults.iter().any(spoils))
    }
}

const UNAVAILABLE: Class = Class::Transient(Kind::Unavailable);
const NOT_KALTURA: Class = Class::Permanent(Kind::NotKaltura);

/// The faults of what a response contains.
pub(crate) fn of_responses() -> Vec<Fault> {
    use EmulatorFault as F;
    let header = |name: &str, value: &str| F::Header(name.to_owned(), value.to_owned());
    let body = |name: &str, body: Vec<u8>| Fault::of_emulator(NOT_KALTURA, [F::Body(body)]).named(name);
    let mut faults = Vec::new();
    let mut add = |fault| faults.push(fault);

    for status in [204, 408, 429, 500, 502, 503, 504, 599] {
        add(Fault::of_emulator(UNAVAILABLE, [F::Status(status)]));
    }
    for status in [400, 401, 403, 404, 413] {
        add(Fault::of_emulator(NOT_KALTURA, [F::Status(status)]));
    }
    let elsewhere = header("Location", "https://www.example.com/api_v3?ks=hush");
    for status in [301, 307] {
        let redirect = [F::Status(status), elsewhere.clone()];
        add(Fault::of_emulator(Class::Permanent(Kind::Redirected), redirect)
            .named(format!("status:{status} to another host")));
    }
    for (value, class) in [
        ("7", UNAVAILABLE),
        ("Tue, 24 Nov 2026 04:09:22 GMT", UNAVAILABLE),
        ("-5", UNAVAILABLE),
        ("99999999999", Class::Postponed(Kind::Unavailable)),
        // Not a number of this library: as if there were no such header.
        ("99999999999999999999999999", UNAVAILABLE),
    ] {
        add(Fault::of_emulator(class, [F::Status(503), header("Retry-After", value)]));
    }

    add(Fault::of_emulator(NOT_KALTURA, [F::HtmlPage(200)]));
    add(Fault::of_emulator(UNAVAILABLE, [F::HtmlPage(502)]));
    add(Fault::of_emulator(NOT_KALTURA, [F::Xml]));
    add(Fault::of_emulator(NOT_KALTURA, [F::PlainString("Service unavailable".to_owned())]));
    add(Fault::of_emulator(UNAVAILABLE, [F::EmptyBody]));
    add(Fault::of_emulator(UNAVAILABLE, [F::TruncatedBody]));
    for text in ["null", "{}", "true", "0", "not JSON"] {
        add(Fault::of_emulator(NOT_KALTURA, [F::Body(text.into())]));
    }
    add(Fault::of_emulator(Class::EmptyList, [F::Body(b"[]".to_vec())]));
    add(body("deep nesting", "[".repeat(200_000).into_bytes()));
    add(body("a number beyond any type", br#"{"ks":"k","id":1e999,"partnerId":1e999}"#.to_vec()));
    add(body("invalid UTF-8", b"{\"ks\":\"\xff\xfe\",\"id\":\"\xff\"}".to_vec()));
    add(Fault::of_response("huge numbers", NOT_KALTURA, |_, response| {
        map_json(&response, |value| change_numbers(value, &json!(99_999_999_999_999_999_999_u128 as f64)))
    }));
    add(Fault::of_response("duplicate members", Class::Harmless, |_, response| {
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        with_body(&response, duplicate_members(&serde_json::from_str(&body).unwrap()))
    }));
    add(Fault::of_response("byte order mark", Class::Harmless, |_, response| {
        with_body(&response, [b"\xef\xbb\xbf", response.body()].concat())
    }));
    add(Fault::of_emulator(Class::Harmless, [F::ContentType("text/html".to_owned())]));
    add(Fault::of_emulator(Class::Harmless, [header("Content-Type", "")]).named("no content type"));

    for seconds in [3600, 86_400] {
        add(Fault::of_emulator(Class::ExpiredOnArrival, [F::ClockSkew(seconds)]));
        add(Fault::of_emulator(Class::Harmless, [F::ClockSkew(-seconds)]));
        for seconds in [seconds, -seconds] {
            let name = format!("clock of the client {seconds:+} s");
            add(Fault::new(name, Class::Harmless, Injection::ClientClock(seconds)));
        }
    }
    let no_time = [header("Date", ""), header("X-Kaltura-Session", "")];
    add(Fault::of_emulator(Class::Harmless, no_time).named("no Date"));
    add(Fault::of_emulator(Class::Harmless, [header("Date", "soon"), header("X-Kaltura-Session", "")])
        .named("an invalid Date"));

    add(Fault::of_emulator(Class::Transient(Kind::ServerFailed), [F::EchoSecrets]));
    for (name, spell) in SPELLINGS {
        add(Fault::of_response(
            format!("echo: {name}"),
            Class::Transient(Kind::ServerFailed),
            move |request, response| echo(request, &response, spell),
        ));
    }
    add(Fault::of_response("a KS with control characters", Class::InvalidKs, |_, response| {
        with_ks(&response, "djJ8MTIzNDU2N3w\u{0}\n\u{1b}[31m\u{7f}\u{85}canary")
    }));
    add(Fault::of_response("a KS of 1 MB", Class::LongKs, |_, response| {
        with_ks(&response, &"djJ8MTIzNDU2N3x4".repeat(1_000_000 / 16))
    }));
    add(Fault::new(
        "a dead widget KS in the server's cache",
        Class::DeadWidgetKs,
        Injection::ShortWidgetSessions,
    ));
    faults
}

/// The faults of a connection.
pub(crate) fn of_connections() -> Vec<Fault> {
    use EmulatorFault as F;
    let timeout = Class::Transient(Kind::Timeout);
    let too_large = Class::Permanent(Kind::TooLarge);
    let long = Duration::from_secs(3600);
    vec![
        Fault::of_emulator(Class::Lost, [F::Reset]),
        Fault::of_emulator(Class::Lost, [F::ResetBody]),
        Fault::of_emulator(Class::Harmless, [F::ResetAfter]),
        Fault::of_emulator(Class::Lost, [F::CutBody]),
        Fault::of_emulator(Class::Lost, [F::WrongLength(10)]),
        Fault::of_emulator(UNAVAILABLE, [F::WrongLength(-10)]),
        Fault::of_emulator(timeout, [F::Slow(long)]).named("slow head"),
        Fault::of_emulator(timeout, [F::SlowBody(long)]).named("slow body"),
        Fault::of_emulator(too_large, [F::EndlessBody]),
        Fault::of_emulator(too_large, [F::Body(gzip_bomb()), gzip_header()]).named("gzip bomb"),
        Fault::of_emulator(Class::Lost, [gzip_header()]).named("gzip that is none"),
        // Nothing listens there.
        Fault::of_emulator(
            Class::Permanent(Kind::Redirected),
            [F::Status(307), F::Header("Location".to_owned(), "http://127.0.0.1:1/".to_owned())],
        )
        .named("status:307 to another host"),
        Fault::of_emulator(NOT_KALTURA, [F::HtmlPage(200)]),
        Fault::of_emulator(UNAVAILABLE, [F::Status(503)]),
    ]
}

fn gzip_header() -> EmulatorFault {
    EmulatorFault::Header("Content-Encoding".to_owned(), "gzip".to_owned())
}

/// A few kilobytes that become 32 MiB of spaces: more than any limit.
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 32 << 20]).unwrap();
    encoder.finish().unwrap()
}

fn map_json(response: &WireResponse, change: impl FnOnce(&mut Value)) -> WireResponse {
    let Ok(mut value) = serde_json::from_slice(response.body()) else { return response.clone() };
    change(&mut value);
    with_body(response, value.to_string())
}

fn change_numbers(value: &mut Value, to: &Value) {
    match value {
        Value::Number(_) => *value = to.clone(),
        Value::Object(members) => members.values_mut().for_each(|value| change_numbers(value, to)),
        Value::Array(elements) => elements.iter_mut().for_each(|value| change_numbers(value, to)),
        _ => {}
    }
}

/// Each member of each object twice; only the last one is right.
fn duplicate_members(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let name = |name: &str| Value::from(name).to_string();
            let wrong = members.keys().map(|key| format!("{}:[\"wrong\"]", name(key)));
            let right =
                members.iter().map(|(key, value)| format!("{}:{}", name(key), duplicate_members(value)));
            format!("{{{}}}", wrong.chain(right).collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(duplicate_members).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// An error with everything that was sent in its message.
fn echo(request: &WireRequest, response: &WireResponse, spell: Spell) -> WireResponse {
    let body = String::from_utf8_lossy(request.body());
    let secrets: Vec<String> = secrets_of(request.body()).iter().map(|secret| spell(secret)).collect();
    let message = format!("failed: {} ({})", secrets.join(" "), spell(&body));
    let error = json!({
        "code": "INTERNAL_SERVERL_ERROR", "message": message, "objectType": "KalturaAPIException",
        "args": { "KS": secrets.first(), "TEXT": message },
    });
    let shown = secrets.first().cloned().unwrap_or_default();
    let echoed = WireResponse::new(response.status(), error.to_string()).with_header("x-me", &shown);
    let echoed = echoed.with_header("x-kaltura-session", shown);
    response.header("date").into_iter().fold(echoed, |echoed, date| echoed.with_header("date", date))
}

fn with_ks(response: &WireResponse, ks: &str) -> WireResponse {
    map_json(response, |value| {
        if let Some(members) = value.as_object_mut().filter(|members| members.contains_key("ks")) {
            let members: &mut Map<String, Value> = members;
            members.insert("ks".to_owned(), ks.into());
        }
    })
}
