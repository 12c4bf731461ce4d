//! Requests to the emulator, in each form.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::Request;
use serde_json::json;

use super::{Case, MEDIUM, PARTS, SHORT, Work, case, numbered, repeated};
use crate::targets::request_forms::with_emulator;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=b";

pub(super) const CASES: &[Case] = &[
    case("form-names", PARTS, |n| form((0..n).map(|number| format!("a{number:03}=1")))),
    case("form-next-numbers", PARTS, |n| form((0..n).map(|_| "a[]=1".to_owned()))),
    case("form-keys", PARTS, |n| form((0..n).map(|number| format!("a[{number:03}]=1")))),
    case("form-colons", PARTS, |n| form((0..n).map(|number| format!("a:b{number:03}:c=1")))),
    case("form-nested", PARTS, |n| {
        form((0..n).map(|number| format!("a{}=1", format!("[{}]", number % 3).repeat(20))))
    }),
    case("form-long-value", MEDIUM, |n| post(FORM, format!("a={}", repeated("+%41", n)))),
    case("form-brackets", MEDIUM, |n| post(FORM, format!("a{}=1", repeated("[", n)))),
    case("form-bracket-pairs", MEDIUM, |n| post(FORM, format!("a{}=1", repeated("[]", n)))),
    case("form-colons-in-a-name", MEDIUM, |n| post(FORM, format!("a{}=1", repeated(":", n)))),
    case("form-ampersands", MEDIUM, |n| post(FORM, repeated("&", n))),
    case("query", SHORT, |n| {
        request(Request::get(format!("/api_v3/?a={}", repeated("%41[", n))), "", Bytes::new())
    }),
    case("path", SHORT, |n| request(Request::get(format!("/api_v3{}", repeated("/a", n))), "", Bytes::new())),
    case("path-names", SHORT, |n| {
        let names = numbered(n, |number| format!("n{number}/v")).replace(',', "/");
        request(Request::get(format!("/api_v3/{names}")), "", Bytes::new())
    }),
    case("json-members", MEDIUM, |n| {
        post(JSON, format!("{{{}}}", numbered(n, |number| format!("\"m{number}\":1"))))
    }),
    case("json-colons", MEDIUM, |n| {
        post(JSON, format!("{{{}}}", numbered(n, |number| format!("\"a:b:m{number}\":1"))))
    }),
    case("json-nesting", MEDIUM, |n| post(JSON, format!("{{\"a\":{}1}}", repeated("[", n)))),
    case("json-text", MEDIUM, |n| post(JSON, format!("{{\"a\":\"{}\"}}", repeated("\\u0041[", n)))),
    case("multipart-parts", PARTS, |n| {
        let part =
            |number| format!("--b\r\nContent-Disposition: form-data; name=\"a{number:03}\"\r\n\r\n1\r\n");
        post(MULTIPART, (0..n).map(part).collect::<String>() + "--b--")
    }),
    case("multipart-next-numbers", PARTS, |n| {
        post(
            MULTIPART,
            "--b\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\n1\r\n".repeat(n) + "--b--",
        )
    }),
    case("multipart-dashes", MEDIUM, |n| post(MULTIPART, format!("--b\r\n{}", repeated("--", n)))),
    case("multipart-long-boundary", SHORT, |n| {
        let boundary = format!("multipart/form-data; boundary={}b", repeated("-", n / 2));
        post_as(boundary, repeated("-", n / 2))
    }),
    case("multipart-headers", MEDIUM, |n| {
        post(MULTIPART, format!("--b\r\n{}\r\n\r\n1", repeated("a:b\r\n", n)))
    }),
    case("multipart-attributes", MEDIUM, |n| {
        post(MULTIPART, format!("--b\r\nContent-Disposition: {}\r\n\r\n1", repeated(";x=\"y", n)))
    }),
    case("reference-braces", MEDIUM, |n| reference(&format!("{}}}", repeated("{", n)))),
    case("reference-colons", MEDIUM, |n| reference(&format!("{}}}", repeated("{1:", n)))),
    case("reference-tail", MEDIUM, |n| {
        reference(&format!("{}}}{}", repeated("{1", n / 2), repeated("a", n / 2)))
    }),
    case("reference-digits", MEDIUM, |n| reference(&format!("{{{}:result}}", repeated("1", n)))),
    case("reference-path", MEDIUM, |n| reference(&format!("{{1:result{}}}", repeated(":_all", n)))),
    case("reference-many", MEDIUM, |n| reference(&repeated("{1:result}", n))),
    case("multirequest-calls", PARTS, |n| {
        let ping = json!({ "service": "system", "action": "ping" });
        let calls =
            (1..=n).map(|number| (number.to_string(), ping.clone())).collect::<serde_json::Map<_, _>>();
        multirequest(calls)
    }),
    case("multirequest-texts", PARTS, |n| {
        let calls = (1..=n).map(|number| {
            let call = json!({ "service": "system", "action": "ping", "text": "{1:result}" });
            (number.to_string(), call)
        });
        multirequest(calls.collect())
    }),
];

fn form(pairs: impl Iterator<Item = String>) -> Work {
    post(FORM, pairs.collect::<Vec<_>>().join("&"))
}

fn post(content_type: &'static str, body: String) -> Work {
    post_as(content_type.to_owned(), body)
}

fn post_as(content_type: String, body: String) -> Work {
    request(Request::post("/api_v3/service/system/action/ping"), &content_type, body.into())
}

fn request(builder: http::request::Builder, content_type: &str, body: Bytes) -> Work {
    let request = builder.header("content-type", content_type).body(body);
    let Ok(request) = request else { panic!("the request is valid") };
    with_emulator(|_| ());
    Box::new(move || {
        with_emulator(|emulator| emulator.handle(&request, IpAddr::V4(Ipv4Addr::LOCALHOST)));
    })
}

/// A text in a call after one that has a result.
fn reference(text: &str) -> Work {
    let mut calls = serde_json::Map::new();
    calls.insert("1".to_owned(), json!({ "service": "system", "action": "getTime" }));
    calls.insert("2".to_owned(), json!({ "service": "system", "action": "ping", "text": text }));
    multirequest(calls)
}

fn multirequest(calls: serde_json::Map<String, serde_json::Value>) -> Work {
    let body = serde_json::Value::Object(calls).to_string();
    request(Request::post("/api_v3/service/multirequest?format=1"), JSON, body.into())
}
