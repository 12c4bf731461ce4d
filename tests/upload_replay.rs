//! The emulator against what the real server did with uploads and entries: each recorded exchange is sent again, in
//! order, with the clock set to the recording, and the response is compared word by word.
//!
//! What cannot be the same is compared by what it means: ids of new objects are noted at their first occurrence and
//! must stay what they were, a KS is opened, times may differ by two seconds, the time that a response took is masked,
//! and the host of the entries' URLs, which is the recorder's, is the emulator's.

#![expect(clippy::unwrap_used, reason = "a recording that cannot be read fails the test")]

use std::collections::HashMap;
use std::net::IpAddr;

use bytes::Bytes;
use kaltura_emulator::{Clock, Emulator};
use kaltura_ks::KsFields;
use kaltura_tests::vectors::{EXCHANGES_3, SEED};
use kaltura_types::{AdminSecret, Ks, PartnerId, SessionType, UnixTime};
use serde_json::Value;

#[test]
fn the_emulator_responds_to_uploads_as_the_server_did() {
    let recording: Value = serde_json::from_str(EXCHANGES_3).unwrap();
    let mut replay = Replay::new(&recording);
    let exchanges = recording["exchanges"].as_array().unwrap();
    let differences: Vec<String> = exchanges
        .iter()
        .filter_map(|exchange| {
            let difference = replay.run(exchange).err()?;
            Some(format!("{} {}: {difference}", exchange["n"], exchange["name"]))
        })
        .collect();
    assert_eq!(exchanges.len(), 113);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

struct Replay {
    emulator: Emulator,
    secret: AdminSecret,
    partner: PartnerId,
    /// The server's new ids, and the emulator's in their place.
    ids: HashMap<String, String>,
}

impl Replay {
    /// The recorder had no converter, so nothing is converted here.
    fn new(recording: &Value) -> Self {
        let mut seed: Value = serde_json::from_str(SEED).unwrap();
        seed["entries"] = recording["seed_extra"]["entries"].clone();
        let recorded_at = UnixTime::from_seconds(recording["recorded_at"].as_i64().unwrap());
        let emulator = Emulator::builder()
            .seed_json(&seed.to_string())
            .unwrap()
            .clock(Clock::frozen_at(recorded_at))
            .conversion_time(None)
            .build()
            .unwrap();
        Self {
            emulator,
            secret: AdminSecret::new(recording["partner"]["adminSecret"].as_str().unwrap()),
            partner: PartnerId::new(recording["partner"]["id"].as_i64().unwrap()),
            ids: HashMap::new(),
        }
    }

    fn run(&mut self, exchange: &Value) -> Result<(), String> {
        let theirs = &exchange["response"];
        let header = |name: &str| {
            let headers = theirs["headers"].as_array().unwrap().iter();
            headers.clone().find(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap())
        };
        let time: i64 = header("x-kaltura-session").unwrap().rsplit(", ").next().unwrap().parse().unwrap();
        self.emulator.clock().set(UnixTime::from_seconds(time));

        let response = self.emulator.handle(&self.request(exchange), IpAddr::from([127, 0, 0, 1]));
        if theirs["status"] != response.status().as_u16() {
            return Err(format!("status {} instead of {}", response.status(), theirs["status"]));
        }
        for name in
            ["content-type", "x-kaltura", "x-kaltura-app", "cache-control", "access-control-allow-origin"]
        {
            let own = response.headers().get(name).map(|value| value.to_str().unwrap());
            if own != header(name) {
                return Err(format!("header {name} is {own:?} instead of {:?}", header(name)));
            }
        }
        let theirs = masked(theirs["body"].as_str().unwrap()).replace("\\/", "/");
        let theirs = theirs.replace("http://127.0.0.1/p/", "https://cdn.example.com/p/");
        let theirs = theirs.replace("/protocol/http", "/protocol/https");
        let own = masked(std::str::from_utf8(response.body()).unwrap()).replace("\\/", "/");
        self.compare(&theirs, &own).map_err(|what| format!("{what}\n  server:   {theirs}\n  emulator: {own}"))
    }

    /// The recorded request with the emulator's ids. A KS that names a new entry is signed anew.
    fn request(&self, exchange: &Value) -> http::Request<Bytes> {
        let recorded = &exchange["request"];
        let mut line = recorded["line"].as_str().unwrap().split(' ');
        let mut request = http::Request::builder().method(line.next().unwrap());
        request = request.uri(self.with_own_ids(line.next().unwrap()));
        for header in recorded["headers"].as_array().unwrap() {
            if header[0] != "Content-Length" {
                request = request.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
            }
        }
        let mut body = self.with_own_ids(recorded["body"].as_str().unwrap_or_default());
        for ks in exchange["request_ks"].as_array().unwrap() {
            let privileges = ks["privileges"].as_str().unwrap();
            let own = self.with_own_ids(privileges);
            if own != privileges {
                let expiry = UnixTime::from_seconds(ks["validUntil"].as_str().unwrap().parse().unwrap());
                let fields = KsFields::new(self.partner, SessionType::User, expiry);
                let fields = fields.user(ks["user"].as_str().unwrap()).privileges(own);
                let signed = fields.sign_v2(&self.secret, [7; 16]).unwrap();
                body = body.replace(ks["ks"].as_str().unwrap(), signed.expose());
            }
        }
        request.body(body.into()).unwrap()
    }

    fn with_own_ids(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (theirs, own)| text.replace(theirs, own))
    }

    fn compare(&mut self, theirs: &str, own: &str) -> Result<(), String> {
        let (theirs, own) = (words(theirs), words(own));
        for (index, word) in theirs.iter().enumerate() {
            let Some(found) = own.get(index) else {
                return Err(format!("the response ends before {word:?}"));
            };
            if !self.is_same(word, found) {
                let before = own[index.saturating_sub(4)..index].concat();
                return Err(format!("{found:?} instead of {word:?} after {before:?}"));
            }
        }
        if own.len() > theirs.len() { Err("the response is longer".to_owned()) } else { Ok(()) }
    }

    fn is_same(&mut self, theirs: &str, own: &str) -> bool {
        let length =
            |word: &str| word.strip_prefix("0_").map(str::len).filter(|length| [8, 32].contains(length));
        let number = |word: &str| word.parse::<i64>().ok().filter(|_| word.len() == 10);
        if let Some(known) = self.ids.get(theirs) {
            return known == own;
        }
        if theirs == own {
            return true;
        }
        if let (Some(theirs), Some(own)) = (number(theirs), number(own)) {
            return (theirs - own).abs() <= 2;
        }
        if length(theirs).is_some() && length(theirs) == length(own) && !SEED.contains(theirs) {
            self.ids.insert(theirs.to_owned(), own.to_owned());
            return true;
        }
        let opened = |text: &str| {
            let ks = kaltura_ks::open(&Ks::new(text), std::slice::from_ref(&self.secret)).ok()?;
            Some(ks.fields_text().to_owned())
        };
        match (opened(theirs), opened(own)) {
            (Some(theirs), Some(own)) => self.compare(&theirs, &own).is_ok(),
            _ => false,
        }
    }
}

/// The text without the time that the response took.
fn masked(body: &str) -> String {
    let Some((before, rest)) = body.split_once("<executionTime>") else { return body.to_owned() };
    let (seconds, after) = rest.split_once("</executionTime>").unwrap();
    assert!((0.0..60.0).contains(&seconds.parse::<f64>().unwrap()));
    format!("{before}{after}")
}

/// Words that may be ids, numbers or KSs, and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-=".contains(c);
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}
