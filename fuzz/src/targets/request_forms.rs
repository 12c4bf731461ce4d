//! The forms in which the emulator reads the parameters of a request.

use std::cell::OnceCell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use bytes::Bytes;
use http::{Method, Request, Response};
use kaltura_emulator::{Clock, Emulator, Seed};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::seeds;

/// What requests are made of.
pub const WORDS: [&str; 36] = [
    "POST /api_v3/service/",
    "/action/",
    "GET /api_v3/?",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "--b\r\nContent-Disposition: form-data; name=\"",
    "\"; filename=\"",
    "\r\n\r\n",
    "--b--",
    "[",
    "]",
    "[]",
    ":",
    "%5B",
    "=",
    "&",
    "{",
    "}",
    "\"",
    "__null",
    "format=1",
    "ks=",
    "service",
    "action",
    "session",
    "start",
    "multirequest",
    "1:service",
    "{1:result}",
    "responseProfile",
    "filter",
    "pager[pageSize]",
    "0/",
    "%FF",
    "\0",
];

thread_local! {
    static EMULATOR: OnceCell<Emulator> = const { OnceCell::new() };
}

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Calls an emulator in the state of `tests/vectors/seed.json`, at the time of the vectors.
pub fn with_emulator<T>(call: impl FnOnce(&Emulator) -> T) -> T {
    EMULATOR.with(|emulator| {
        let emulator = emulator.get_or_init(new_emulator);
        emulator.reset();
        emulator.forget_calls();
        call(emulator)
    })
}

/// An emulator that draws the same numbers each time.
fn new_emulator() -> Emulator {
    static SEED: LazyLock<Seed> = LazyLock::new(|| {
        let Ok(seed) = Seed::from_json(seeds::SEED) else { panic!("the seed of the vectors is valid") };
        seed
    });
    let time = SEED.written_at();
    let builder = Emulator::builder().seed(SEED.clone()).random_seed(1);
    let builder = time.into_iter().fold(builder, |builder, time| builder.clock(Clock::frozen_at(time)));
    let Ok(emulator) = builder.build() else { panic!("the seed of the vectors can be used") };
    emulator
}

/// The bytes as a request: its line, its content type, and its body. Then their lines as names and values, which mean
/// the same in each form.
pub fn read(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (line, content_type) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let body = parts.next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let request = Method::from_bytes(method).ok().and_then(|method| {
        let request = Request::builder().method(method).uri(uri).header("content-type", content_type);
        request.body(Bytes::copy_from_slice(body)).ok()
    });
    if let Some(request) = request {
        let response = with_emulator(|emulator| emulator.handle(&request, CLIENT));
        assert!(response.status().as_u16() >= 200);
    }
    check_forms(&String::from_utf8_lossy(data));
}

fn check_forms(text: &str) {
    let plain = |text: &str| !text.contains(['\r', '\n', '\0', '"', '\'', '\\', ';']) && text.trim() == text;
    let pairs: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, value)| !name.is_empty() && plain(name) && !value.contains(['\r', '\n']))
        .filter(|(name, _)| !name.starts_with("callback") && !name.starts_with("json"))
        .collect();
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let form: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    let form = form.join("&");
    if pairs.is_empty() || form.len() > 60_000 || text.contains("--fuzz") {
        return;
    }
    let mut multipart = String::new();
    for (name, value) in &pairs {
        multipart += &format!("--fuzz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    multipart += "--fuzz--\r\n";
    let post = |uri: &str, content_type: &str, body: String| {
        let request = Request::post(uri).header("content-type", content_type).body(Bytes::from(body));
        request.map(|request| shown(&new_emulator().handle(&request, CLIENT))).ok()
    };
    let as_form = post("/api_v3/", "application/x-www-form-urlencoded", form.clone());
    let as_parts = post("/api_v3/", "multipart/form-data; boundary=fuzz", multipart);
    let as_query = post(&format!("/api_v3/?{form}"), "text/plain", String::new());
    assert_eq!(as_form, as_parts, "a form and a multipart body mean the same");
    assert_eq!(as_form, as_query, "a form and a query string mean the same");
}

/// The status and the body, without the time that the emulator took.
fn shown(response: &Response<Bytes>) -> (u16, String) {
    let body = String::from_utf8_lossy(response.body());
    let mut parts = body.split("executionTime");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let start = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let rest = &part[start..];
        shown += part[..start].trim_end_matches('-');
        shown += rest.trim_start_matches(|c: char| c.is_ascii_digit() || ".eE-".contains(c));
    }
    (response.status().as_u16(), shown)
}
