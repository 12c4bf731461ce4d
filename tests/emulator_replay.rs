//! The emulator against what the real server's code answered: each recorded exchange is sent again, in order,
//! with the clock set to the recording, and the answer is compared byte by byte.
//!
//! What cannot be the same is compared by what it means: KSs are opened, ids and values of new app tokens are
//! noted at their first occurrence and must stay what they were, times may be off by two seconds, and the time
//! that an answer took is masked.

#![expect(clippy::unwrap_used, reason = "a recording that cannot be read fails the test")]

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kaltura_auth::TokenHash;
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, PartnerSeed, RateLimit, Seed};
use kaltura_ks::{KsFields, OpenedKs};
use kaltura_tests::vectors::{EXCHANGES, EXCHANGES_2, SEED};
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, PartnerId, SessionType, UnixTime};
use serde_json::Value;

/// The exchange that lists two app tokens in the order of their ids: one that the seed has, and one whose id the
/// emulator draws anew, so that it may stand before or behind the other.
const LISTS_TWO: (u64, [&str; 2]) = (222, ["0_fixeduser", "0_gtuptzll"]);

/// App tokens that were made off the record, and the exchange that is the first to need each.
const MADE_OFF_THE_RECORD: [(u64, &str); 3] = [(335, "0_m28yl78r"), (349, "0_puoryshy"), (354, "0_kugx9p6e")];

/// Logins whose recorded hash is of a token value that the emulator draws anew: they are hashed anew, too.
const HASHED_ANEW: [u64; 3] = [335, 338, 345];

/// The value of the token of exchange 344, which exchange 345 logs in with.
const VALUE_OF_344: &str = "f2f358f6d3d6d29397297cd059b9cd82";

/// The recorder's own answer to a path that is not the API's: only the status is compared.
const RECORDERS_OWN: u64 = 399;

/// Format errors whose recording has the header `X-Kaltura-Session`. The second measurement says that format errors
/// have none, and recorded two without.
const WITH_SESSION_HEADER: [u64; 2] = [53, 392];

/// Exchanges that repeat one which was kept back: it is sent once before.
const REPETITIONS: [u64; 2] = [465, 469];

/// What `needs` of an exchange says if the hash was of a token value that the server drew in the exchange before.
const HASHED_ANEW_BY_NEED: &str = "tokenHash made anew";

#[test]
fn the_emulator_answers_as_the_server_did() {
    let partner = PartnerSeed::new(HOSTED_PAGES).admin_secret(HOSTED_PAGES_SECRET);
    let seed = Seed::from_json(SEED).unwrap();
    let clock = Clock::frozen_at(seed.written_at().unwrap());
    replay(EXCHANGES, seed.partner(partner), &clock);
}

#[test]
fn the_emulator_answers_as_the_server_did_in_the_second_measurement() {
    let recording: Value = serde_json::from_str(EXCHANGES_2).unwrap();
    let mut extra = recording["seed_extra"].clone();
    // Each partner has its anonymous user and the standard roles anyway.
    extra.as_object_mut().unwrap().remove("_note");
    let extra = Seed::from_json(&extra.to_string()).unwrap();
    let seed = Seed::from_json(SEED).unwrap().and(extra);
    let clock = Clock::frozen_at(UnixTime::from_seconds(recording["recorded_at"].as_i64().unwrap()));
    replay(EXCHANGES_2, seed, &clock);
}

/// Sends all exchanges of a recording. None is left out.
fn replay(recording: &str, seed: Seed, clock: &Clock) {
    let recording: Value = serde_json::from_str(recording).unwrap();
    let exchanges = recording["exchanges"].as_array().unwrap();
    let mut replay = Replay::new(seed, clock, &recording);
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

    /// Whether its hash must be made anew, because it was of a token value that the emulator draws anew.
    fn is_hashed_anew(self) -> bool {
        let needs = self.0["needs"].as_str().unwrap_or_default();
        HASHED_ANEW.contains(&self.number()) || needs.starts_with(HASHED_ANEW_BY_NEED)
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

    /// The server's clock: exactly in its own header, else in the date.
    fn time(self) -> Option<UnixTime> {
        let own = self.response_header("X-Kaltura-Session").map(|value| value.rsplit(", ").next().unwrap());
        if let Some(seconds) = own {
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
    /// The value of the last app token that was made off the record.
    off_the_record: Option<AppTokenValue>,
    /// What the server made, and what the emulator made in its place.
    made: HashMap<String, String>,
    server: String,
    /// The value of the app token that the emulator made last.
    last_value: Option<AppTokenValue>,
}

/// The seed does not tell the secret of the platform's own partner, so its KSs are signed with this one.
const HOSTED_PAGES: PartnerId = PartnerId::new(-3);
const HOSTED_PAGES_SECRET: &str = "hosted pages";

impl Replay {
    fn new(seed: Seed, clock: &Clock, recording: &Value) -> Self {
        let emulator = Emulator::builder().seed(seed).clock(clock.clone()).build().unwrap();
        let seed: Value = serde_json::from_str(SEED).unwrap();
        let partners = [&seed, &recording["seed_extra"]].map(|seed| seed["partners"].as_array());
        let secrets = partners.into_iter().flatten().flatten().flat_map(|partner| {
            partner["adminSecrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap().into())
        });
        let secrets = secrets.chain([HOSTED_PAGES_SECRET.into()]).collect();
        Self {
            emulator,
            secrets,
            off_the_record: None,
            made: HashMap::new(),
            server: String::new(),
            last_value: None,
        }
    }

    fn run(&mut self, exchange: Exchange<'_>) -> Result<(), String> {
        if let Some(time) = exchange.time() {
            self.emulator.clock().set(time);
        }
        if let Some((_, id)) = MADE_OFF_THE_RECORD.iter().find(|(n, _)| *n == exchange.number()) {
            let token = self.emulator.add_app_token(AppTokenSeed::new().id(*id)).unwrap();
            self.off_the_record = Some(token.value().clone());
        }
        self.set_up(exchange);
        let request = self.request(exchange);
        if REPETITIONS.contains(&exchange.number()) {
            self.send(&request);
        }
        let has_no_anonymous_partner = exchange.text("name").contains("the database has no partner 0");
        self.emulator.keep_anonymous_partner(!has_no_anonymous_partner);
        let response = self.send(&request);
        let own: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        self.last_value = own["token"].as_str().map(AppTokenValue::new).or_else(|| self.last_value.take());
        self.compare(exchange, &response)
    }

    /// The recording went through three servers over one database.
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
            // The first three calls were kept back.
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
        let mut request = http::Request::builder().method(method).uri(self.with_own(uri));
        for (name, value) in exchange.headers("request") {
            if !name.eq_ignore_ascii_case("content-length") {
                request = request.header(name, value);
            }
        }
        let mut body = self.signed_anew(&self.with_own(body));
        if exchange.is_hashed_anew() {
            body = self.hashed_anew(&body);
        }
        request.body(body.into()).unwrap()
    }

    /// The text with what the emulator made in the place of what the server made.
    fn with_own(&self, text: &str) -> String {
        self.made.iter().fold(text.to_owned(), |text, (theirs, own)| text.replace(theirs, own))
    }

    /// The body with a hash of the emulator's own token value.
    fn hashed_anew(&self, body: &str) -> String {
        let field = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")[..]));
        let ks = Ks::new(field("ks").unwrap().replace("%3D", "="));
        let value = self.made.get(VALUE_OF_344).map(|own| AppTokenValue::new(own.as_str()));
        let value =
            value.or_else(|| self.off_the_record.clone()).or_else(|| self.last_value.clone()).unwrap();
        let hash = TokenHash::new(HashType::Sha256, &ks, &value);
        body.replace(field("tokenHash").unwrap(), hash.expose())
    }

    /// The body with a KS of the platform's own partner that the emulator can open.
    fn signed_anew(&self, body: &str) -> String {
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
        if exchange.number() == RECORDERS_OWN {
            return Ok(());
        }
        self.compare_headers(exchange, response)?;
        let theirs = with_own_urls(&masked(exchange.0["response"]["body"].as_str().unwrap()));
        let own = masked(std::str::from_utf8(response.body()).unwrap());
        let own = if self.lists_in_another_order(exchange) { turned_round(&own) } else { own };
        self.compare_texts(&theirs, &own)
            .map_err(|what| format!("{what}\n  server:   {theirs}\n  emulator: {own}"))
    }

    /// Whether the emulator's ids have another order than those that the server drew.
    fn lists_in_another_order(&self, exchange: Exchange<'_>) -> bool {
        let (number, theirs) = LISTS_TWO;
        exchange.number() == number && !theirs.map(|id| self.with_own(id)).is_sorted()
    }

    fn compare_headers(
        &mut self,
        exchange: Exchange<'_>,
        response: &http::Response<Bytes>,
    ) -> Result<(), String> {
        /// Of the connection and the machine, not of the API.
        const LOCAL: [&str; 5] = ["host", "connection", "date", "x-me", "x-kaltura-emulator"];
        let recorded: HashMap<String, &str> =
            exchange.headers("response").map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let is_obsolete =
            |name: &str| name == "x-kaltura-session" && WITH_SESSION_HEADER.contains(&exchange.number());
        let recorded =
            recorded.iter().filter(|(name, _)| !LOCAL.contains(&name.as_str()) && !is_obsolete(name));
        let mut names = Vec::new();
        for (name, theirs) in recorded {
            names.push(name.as_str());
            let own = response.headers().get(name).and_then(|value| value.to_str().ok());
            let own = own.ok_or_else(|| format!("no header {name}"))?;
            let (theirs, own) = (masked_header(name, theirs), masked_header(name, own));
            self.compare_texts(&theirs, &own)
                .map_err(|_| format!("header {name} is {own:?} instead of {theirs:?}"))?;
        }
        let surplus = response.headers().keys().map(http::HeaderName::as_str);
        match surplus.into_iter().find(|name| !names.contains(name) && !LOCAL.contains(name)) {
            Some(name) => Err(format!("header {name}, which the server did not send")),
            None => Ok(()),
        }
    }

    /// Compares word by word.
    fn compare_texts(&mut self, theirs: &str, own: &str) -> Result<(), String> {
        let (theirs, own) = (theirs.replace("\\/", SLASH), own.replace("\\/", SLASH));
        let (theirs, own) = (words(&theirs), words(&own));
        if theirs.len() != own.len() {
            return Err(format!("{} words instead of {}", own.len(), theirs.len()));
        }
        theirs.into_iter().zip(own).try_for_each(|(theirs, own)| self.compare_words(theirs, own))
    }

    fn compare_words(&mut self, theirs: &str, own: &str) -> Result<(), String> {
        if theirs == own || self.made.get(theirs).is_some_and(|known| known == own) {
            return Ok(());
        }
        let known = self.made.contains_key(theirs) || SEED.contains(theirs);
        let is_new =
            !known && (is_new_id(theirs) && is_new_id(own) || is_new_value(theirs) && is_new_value(own));
        if is_new || (!known && self.are_same_session(theirs, own)) {
            self.made.insert(theirs.to_owned(), own.to_owned());
            return Ok(());
        }
        if is_near(theirs, own) { Ok(()) } else { Err(format!("{own:?} instead of {theirs:?}")) }
    }

    /// Whether two words are KSs that say the same.
    fn are_same_session(&mut self, theirs: &str, own: &str) -> bool {
        if let (Some(theirs), Some(own)) = (fields_of_no_partner(theirs), fields_of_no_partner(own)) {
            return self.compare_texts(&theirs, &own).is_ok();
        }
        let (Some(theirs), Some(own)) = (self.open(theirs), self.open(own)) else { return false };
        let fields = |ks: &OpenedKs| -> Vec<String> {
            let text = ks.fields_text().to_owned();
            // The fifth field of version 1 is the random part.
            let random = if text.contains('&') { usize::MAX } else { 4 };
            let fields = text.split([';', '&', '=']).map(str::to_owned).enumerate();
            fields.filter(|(index, _)| *index != random).map(|(_, field)| field).collect()
        };
        let (theirs_fields, own_fields) = (fields(&theirs), fields(&own));
        theirs.version() == own.version()
            && theirs.secret_index() == own.secret_index()
            && theirs_fields.len() == own_fields.len()
            && theirs_fields
                .iter()
                .zip(&own_fields)
                .all(|(theirs, own)| self.compare_texts(theirs, own).is_ok())
    }

    fn open(&self, word: &str) -> Option<OpenedKs> {
        let ks = Ks::new(word.replace(SLASH, "/"));
        Ks::looks_like_ks(ks.expose()).then(|| kaltura_ks::open(&ks, &self.secrets).ok())?
    }
}

/// The fields of a KS of version 1 that has no partner, without the random part. It is signed with no secret of the seed.
fn fields_of_no_partner(word: &str) -> Option<String> {
    let plain = STANDARD.decode(word.replace(SLASH, "/")).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (signature, fields) = plain.split_once('|')?;
    let fields: Vec<&str> = fields.split(';').collect();
    (signature.len() == 40 && fields.starts_with(&["", ""]))
        .then(|| [&fields[..4], &fields[5..]].concat().join(";"))
}

/// The text with the URLs of media as the emulator writes them: it has another host, and https.
fn with_own_urls(body: &str) -> String {
    let body = body.replace("http:\\/\\/127.0.0.1\\/", "https:\\/\\/cdn.example.com\\/");
    let body = body
        .replace("protocol\\/http\\/", "protocol\\/https\\/")
        .replace("protocol\\/http\"", "protocol\\/https\"");
    let body = body.replace("http://127.0.0.1/", "https://cdn.example.com/");
    body.replace("protocol/http/", "protocol/https/").replace("protocol/http<", "protocol/https<")
}

/// The text without the time that the answer took.
fn masked(body: &str) -> String {
    let (Some(start), Some(end)) = (body.find("<executionTime>"), body.find("</executionTime>")) else {
        return body.to_owned();
    };
    let seconds: f64 = body[start + "<executionTime>".len()..end].parse().unwrap();
    assert!((0.0..60.0).contains(&seconds));
    format!("{}{}", &body[..start], &body[end..])
}

/// The answer with the two objects of its list the other way round.
fn turned_round(body: &str) -> String {
    let (before, objects) = body.split_once('[').unwrap();
    let (objects, behind) = objects.rsplit_once(']').unwrap();
    let (first, second) = objects.split_once("},{").unwrap();
    format!("{before}[{{{second},{first}}}]{behind}")
}

/// The header without the number of the request, the key of the cache and the time that it took.
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

/// Stands for an escaped slash, which may be a part of a KS.
const SLASH: &str = "\u{2044}";

/// Splits a text into words that may be ids, numbers or KSs, and what stands between them.
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

/// Whether two words are times, two seconds apart at most.
fn is_near(theirs: &str, own: &str) -> bool {
    let time = |word: &str| if word.len() == 10 { word.parse::<i64>().ok() } else { None };
    matches!((time(theirs), time(own)), (Some(theirs), Some(own)) if (theirs - own).abs() <= 2)
}
