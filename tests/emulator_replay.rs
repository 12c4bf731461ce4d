//! The emulator compared with the real server: each recorded request is sent again, in order, with the clock set to the
//! time of the recording, and the response is compared byte by byte.
//!
//! Values that cannot be equal are compared by their meaning: KS strings are opened; ids and values of new app tokens
//! are mapped to the emulator's at their first occurrence, and must match that mapping later; times may differ by two
//! seconds; execution times are masked.

#![expect(clippy::unwrap_used, reason = "a recording that cannot be read fails the test")]

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use kaltura_auth::TokenHash;
use kaltura_ks::{KsFields, OpenedKs};
use kaltura_testing::emulator::{AppTokenSeed, Clock, Emulator, PartnerSeed, RateLimit, Seed};
use kaltura_tests::vectors::{EXCHANGES, SEED};
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, PartnerId, SessionType, UnixTime};
use serde_json::Value;

/// The exchange that lists two app tokens ordered by id. One is in the seed; the emulator generates the other id, so
/// their order may differ.
const LIST_OF_TWO: (u64, [&str; 2]) = (222, ["0_fixeduser", "0_gtuptzll"]);

/// App tokens whose creation was not recorded, and the first exchange that uses each.
const UNRECORDED_TOKENS: [(u64, &str); 3] = [(335, "0_m28yl78r"), (349, "0_puoryshy"), (354, "0_kugx9p6e")];

/// Logins with a token value that the emulator generates: their hash is computed again.
const REHASHED: [u64; 3] = [335, 338, 345];

/// The token value from exchange 344, used by the login in exchange 345.
const VALUE_OF_344: &str = "f2f358f6d3d6d29397297cd059b9cd82";

/// A response of the recorder itself, for a path outside the API: only the status is compared.
const FROM_RECORDER: u64 = 399;

/// Exchanges that repeat an unrecorded one, which is sent once before.
const REPETITIONS: [u64; 2] = [465, 469];

#[test]
fn emulator_responds_as_the_server() {
    let recording: Value = serde_json::from_str(EXCHANGES).unwrap();
    let exchanges = recording["exchanges"].as_array().unwrap();
    let mut replay = Replay::new();
    let mut differences = Vec::new();
    for exchange in exchanges {
        let exchange = Exchange(exchange);
        if let Err(difference) = replay.run(exchange) {
            differences.push(format!("{} {}: {difference}", exchange.number(), exchange.text("name")));
        }
    }
    assert!(!exchanges.is_empty());
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[derive(Clone, Copy)]
struct Exchange<'a>(&'a Value);

impl<'a> Exchange<'a> {
    fn number(self) -> u64 {
        self.0["n"].as_u64().unwrap()
    }

    fn text(self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap()
    }

    fn headers(self, side: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let headers = self.0[side]["headers"].as_array().unwrap();
        headers.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
    }

    fn response_header(self, name: &str) -> Option<&'a str> {
        self.headers("response")
            .find(|(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The server's time: from its `X-Kaltura-Session` header, else from `Date`.
    fn time(self) -> Option<UnixTime> {
        let header =
            self.response_header("X-Kaltura-Session").map(|value| value.rsplit(", ").next().unwrap());
        if let Some(seconds) = header {
            return Some(UnixTime::from_seconds(seconds.parse().unwrap()));
        }
        let date = httpdate::parse_http_date(self.response_header("Date")?).unwrap();
        let seconds = date.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        Some(UnixTime::from_seconds(i64::try_from(seconds).unwrap()))
    }
}

struct Replay {
    emulator: Emulator,
    secrets: Vec<AdminSecret>,
    /// The value of the last of [`UNRECORDED_TOKENS`].
    unrecorded_value: Option<AppTokenValue>,
    /// Generated values of the server, and those of the emulator in their place.
    mapped: HashMap<String, String>,
    server: String,
}

/// The secret of the platform's own partner is not in the seed, so its KS strings are signed with this one.
const HOSTED_PAGES: PartnerId = PartnerId::new(-3);
const HOSTED_PAGES_SECRET: &str = "hosted pages";

impl Replay {
    fn new() -> Self {
        let seed = Seed::from_json(SEED).unwrap();
        let clock = Clock::frozen_at(seed.written_at().unwrap());
        let emulator = Emulator::builder()
            .seed(seed)
            .partner(PartnerSeed::new(HOSTED_PAGES).admin_secret(HOSTED_PAGES_SECRET))
            .clock(clock)
            .build()
            .unwrap();
        let seed: Value = serde_json::from_str(SEED).unwrap();
        let secrets = seed["partners"].as_array().unwrap().iter().flat_map(|partner| {
            partner["adminSecrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap().into())
        });
        let secrets = secrets.chain([HOSTED_PAGES_SECRET.into()]).collect();
        Self { emulator, secrets, unrecorded_value: None, mapped: HashMap::new(), server: String::new() }
    }

    fn run(&mut self, exchange: Exchange<'_>) -> Result<(), String> {
        if let Some(time) = exchange.time() {
            self.emulator.clock().set(time);
        }
        if let Some((_, id)) = UNRECORDED_TOKENS.iter().find(|(n, _)| *n == exchange.number()) {
            let token = self.emulator.add_app_token(AppTokenSeed::new().id(*id)).unwrap();
            self.unrecorded_value = Some(token.value().clone());
        }
        self.set_up(exchange);
        let request = self.request(exchange);
        if REPETITIONS.contains(&exchange.number()) {
            self.send(&request);
        }
        let has_no_anonymous_partner = exchange.text("name").contains("the database has no partner 0");
        self.emulator.keep_anonymous_partner(!has_no_anonymous_partner);
        let response = self.send(&request);
        self.compare(exchange, &response)
    }

    /// Configures the emulator as the server of an exchange: three servers with one database were recorded.
    fn set_up(&mut self, exchange: Exchange<'_>) {
        let server = exchange.text("server");
        if self.server == server {
            return;
        }
        self.server = server.to_owned();
        self.emulator.set_response_cache(server == "cache");
        let limit = RateLimit::new("appToken.startSession", 3, Duration::from_secs(10)).for_each("id");
        self.emulator.set_rate_limits((server == "ratelimit").then_some(limit));
        if server == "ratelimit" {
            // The first three calls were not recorded.
            let request = self.request(exchange);
            for _ in 0..3 {
                self.send(&request);
            }
        }
    }

    fn send(&self, request: &http::Request<Bytes>) -> http::Response<Bytes> {
        self.emulator.handle(request, IpAddr::from([127, 0, 0, 1]))
    }

    fn request(&self, exchange: Exchange<'_>) -> http::Request<Bytes> {
        let mut parts = exchange.0["request"]["line"].as_str().unwrap().split(' ');
        let (method, uri) = (parts.next().unwrap(), parts.next().unwrap());
        let body = exchange.0["request"]["body"].as_str().unwrap_or_default();
        let mut request = http::Request::builder().method(method).uri(self.with_mapped_values(uri));
        for (name, value) in exchange.headers("request") {
            if !name.eq_ignore_ascii_case("content-length") {
                request = request.header(name, value);
            }
        }
        let mut body = self.resigned(&self.with_mapped_values(body));
        if REHASHED.contains(&exchange.number()) {
            body = self.rehashed(&body);
        }
        request.body(body.into()).unwrap()
    }

    /// Replaces the generated values of the server by those of the emulator.
    fn with_mapped_values(&self, text: &str) -> String {
        self.mapped.iter().fold(text.to_owned(), |text, (expected, actual)| text.replace(expected, actual))
    }

    /// Replaces the token hash by that of the emulator's token value.
    fn rehashed(&self, body: &str) -> String {
        let field = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")[..]));
        let ks = Ks::new(field("ks").unwrap().replace("%3D", "="));
        let value = self.mapped.get(VALUE_OF_344).map(|actual| AppTokenValue::new(actual.as_str()));
        let value = value.or_else(|| self.unrecorded_value.clone()).unwrap();
        let hash = TokenHash::new(HashType::Sha256, &ks, &value);
        body.replace(field("tokenHash").unwrap(), hash.expose())
    }

    /// Replaces a KS of the platform's own partner by one that the emulator can open.
    fn resigned(&self, body: &str) -> String {
        let Some(at) = body.find("ks=ODVkZjFmNmY3NDJjNGZk") else { return body.to_owned() };
        let end = body[at..].find('&').map_or(body.len(), |length| at + length);
        let expiry = self.emulator.clock().now().plus_seconds(86_400);
        let fields = KsFields::new(HOSTED_PAGES, SessionType::Admin, expiry);
        let ks = fields.sign_v2(&HOSTED_PAGES_SECRET.into(), [7; 16]).unwrap();
        format!("{}ks={}{}", &body[..at], ks.expose().replace('=', "%3D"), &body[end..])
    }

    fn compare(&mut self, exchange: Exchange<'_>, response: &http::Response<Bytes>) -> Result<(), String> {
        let status = exchange.0["response"]["status"].as_u64().unwrap();
        if u64::from(response.status().as_u16()) != status {
            return Err(format!("status {} instead of {status}", response.status()));
        }
        if exchange.number() == FROM_RECORDER {
            return Ok(());
        }
        self.compare_headers(exchange, response)?;
        let expected = masked(exchange.0["response"]["body"].as_str().unwrap());
        let actual = masked(std::str::from_utf8(response.body()).unwrap());
        let actual = if self.has_reversed_order(exchange) { reversed(&actual) } else { actual };
        self.compare_texts(&expected, &actual)
            .map_err(|what| format!("{what}\n  server:   {expected}\n  emulator: {actual}"))
    }

    /// Whether the emulator's ids sort in the opposite order.
    fn has_reversed_order(&self, exchange: Exchange<'_>) -> bool {
        let (number, expected) = LIST_OF_TWO;
        exchange.number() == number && !expected.map(|id| self.with_mapped_values(id)).is_sorted()
    }

    fn compare_headers(
        &mut self,
        exchange: Exchange<'_>,
        response: &http::Response<Bytes>,
    ) -> Result<(), String> {
        /// Headers of the connection and the machine.
        const LOCAL: [&str; 4] = ["host", "connection", "date", "x-me"];
        let recorded: HashMap<String, &str> =
            exchange.headers("response").map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let recorded = recorded.iter().filter(|(name, _)| !LOCAL.contains(&name.as_str()));
        let mut names = Vec::new();
        for (name, expected) in recorded {
            names.push(name.as_str());
            let actual = response.headers().get(name).and_then(|value| value.to_str().ok());
            let actual = actual.ok_or_else(|| format!("no header {name}"))?;
            let (expected, actual) = (masked_header(name, expected), masked_header(name, actual));
            self.compare_texts(&expected, &actual)
                .map_err(|_| format!("header {name} is {actual:?} instead of {expected:?}"))?;
        }
        let additional = response.headers().keys().map(http::HeaderName::as_str);
        match additional.into_iter().find(|name| !names.contains(name) && !LOCAL.contains(name)) {
            Some(name) => Err(format!("unexpected header {name}")),
            None => Ok(()),
        }
    }

    /// Compares word by word.
    fn compare_texts(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        let (expected, actual) = (expected.replace("\\/", SLASH), actual.replace("\\/", SLASH));
        let (expected, actual) = (words(&expected), words(&actual));
        if expected.len() != actual.len() {
            return Err(format!("{} words instead of {}", actual.len(), expected.len()));
        }
        expected
            .into_iter()
            .zip(actual)
            .try_for_each(|(expected, actual)| self.compare_words(expected, actual))
    }

    fn compare_words(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        if expected == actual || self.mapped.get(expected).is_some_and(|known| known == actual) {
            return Ok(());
        }
        let known = self.mapped.contains_key(expected) || SEED.contains(expected);
        let is_new = !known
            && (is_new_id(expected) && is_new_id(actual) || is_new_value(expected) && is_new_value(actual));
        if is_new || (!known && self.are_same_session(expected, actual)) {
            self.mapped.insert(expected.to_owned(), actual.to_owned());
            return Ok(());
        }
        if is_near(expected, actual) { Ok(()) } else { Err(format!("{actual:?} instead of {expected:?}")) }
    }

    /// Whether two words are KS strings with the same fields.
    fn are_same_session(&mut self, expected: &str, actual: &str) -> bool {
        let (Some(expected), Some(actual)) = (self.open(expected), self.open(actual)) else { return false };
        let fields = |ks: &OpenedKs| -> Vec<String> {
            let text = ks.fields_text().to_owned();
            // The fifth field of version 1 is the random part.
            let random = if text.contains('&') { usize::MAX } else { 4 };
            let fields = text.split([';', '&', '=']).map(str::to_owned).enumerate();
            fields.filter(|(index, _)| *index != random).map(|(_, field)| field).collect()
        };
        let (expected_fields, actual_fields) = (fields(&expected), fields(&actual));
        expected.version() == actual.version()
            && expected.secret_index() == actual.secret_index()
            && expected_fields.len() == actual_fields.len()
            && expected_fields
                .iter()
                .zip(&actual_fields)
                .all(|(expected, actual)| self.compare_texts(expected, actual).is_ok())
    }

    fn open(&self, word: &str) -> Option<OpenedKs> {
        let ks = Ks::new(word.replace(SLASH, "/"));
        Ks::reads_as_ks(ks.expose()).then(|| kaltura_ks::open(&ks, &self.secrets).ok())?
    }
}

/// Removes the execution time.
fn masked(body: &str) -> String {
    let (Some(start), Some(end)) = (body.find("<executionTime>"), body.find("</executionTime>")) else {
        return body.to_owned();
    };
    let seconds: f64 = body[start + "<executionTime>".len()..end].parse().unwrap();
    assert!((0.0..60.0).contains(&seconds));
    format!("{}{}", &body[..start], &body[end..])
}

/// Swaps the two objects of a list.
fn reversed(body: &str) -> String {
    let (before, objects) = body.split_once('[').unwrap();
    let (objects, after) = objects.rsplit_once(']').unwrap();
    let (first, second) = objects.split_once("},{").unwrap();
    format!("{before}[{{{second},{first}}}]{after}")
}

/// Removes the request number, the cache key and the execution time.
fn masked_header(name: &str, value: &str) -> String {
    match name {
        "x-kaltura-session" => value.rsplit(", ").next().unwrap().to_owned(),
        "x-kaltura" if value.starts_with("cache") => {
            let shown = value.split(',').map(|part| {
                let key = part.strip_prefix("cache_v3-").unwrap_or(part);
                let is_key = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
                match part {
                    _ if is_key => part.replace(key, "KEY"),
                    _ if part.parse::<f64>().is_ok() => "SECONDS".to_owned(),
                    _ => part.to_owned(),
                }
            });
            shown.collect::<Vec<_>>().join(",")
        }
        _ => value.to_owned(),
    }
}

/// Replaces an escaped slash, which may be part of a KS.
const SLASH: &str = "\u{2044}";

/// Splits a text into words, which may be ids, numbers or KS strings, and the text between them.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-+/=".contains(c) || SLASH.contains(c);
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

fn is_new_id(word: &str) -> bool {
    word.strip_prefix("0_")
        .is_some_and(|name| name.len() == 8 && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_new_value(word: &str) -> bool {
    word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether two words are Unix times at most two seconds apart.
fn is_near(expected: &str, actual: &str) -> bool {
    let time = |word: &str| if word.len() == 10 { word.parse::<i64>().ok() } else { None };
    matches!((time(expected), time(actual)), (Some(expected), Some(actual)) if (expected - actual).abs() <= 2)
}
