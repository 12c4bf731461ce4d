//! References in a multirequest, `{N:result:path}`.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::request_forms::with_emulator;

/// What references are made of.
pub const WORDS: [&str; 16] = [
    "{1:result}",
    "{2:result:objects:0:id}",
    "{2:result:objects:_all:id}",
    "{1:result:",
    "{",
    "}",
    ":result",
    ":objects",
    ":0",
    ":_all",
    ":code",
    "{1:",
    "{3:result",
    "_all:",
    "{99999999999999999999:result}",
    "{0:result}",
];

const SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";

/// The lines as the texts of later calls, which refer to the results of the first ones.
pub fn resolve(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let call = |service: &str, action: &str| json!({ "service": service, "action": action });
    let mut start = call("session", "start");
    for (name, value) in [("secret", json!(SECRET)), ("partnerId", json!(1_234_567)), ("type", json!(2))] {
        start[name] = value;
    }
    let mut list = call("appToken", "list");
    list["ks"] = "{1:result}".into();
    let mut request = json!({ "format": 1, "1": start, "2": list });
    for (number, line) in (3..12).zip(text.split('\n')) {
        let mut get = call("appToken", "get");
        get["ks"] = "{1:result}".into();
        get["id"] = line.into();
        request[number.to_string()] = get;
    }
    let http = Request::post("/api_v3/service/multirequest").header("content-type", "application/json");
    let Ok(http) = http.body(Bytes::from(request.to_string())) else { return };
    let response = with_emulator(|emulator| emulator.handle(&http, IpAddr::V4(Ipv4Addr::LOCALHOST)));
    if response.body().is_empty() {
        // The server fails at a protected property of an error.
        return;
    }
    let results: Result<Vec<Value>, _> = serde_json::from_slice(response.body());
    let Ok(results) = results else { panic!("the response is no list of results: {:?}", response.body()) };
    assert!(results[0].is_string() && results[1]["objects"].is_array(), "{results:?}");
    for (line, result) in text.split('\n').zip(&results[2..]) {
        let is_plain =
            line.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !line.is_empty();
        if is_plain && result["code"] == "APP_TOKEN_ID_NOT_FOUND" {
            assert!(result["message"].as_str().is_some_and(|message| message.contains(line)), "{result}");
        }
    }
}
