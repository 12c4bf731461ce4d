//! Bodies of responses, to a login, to a call, and to a multirequest.

use kaltura_types::payload;
use kaltura_types::{AppTokenList, SessionInfo};
use serde_json::Value;

use super::{Case, LONG, MEDIUM, PARTS, Work, case, keep, numbered, repeated, with};
use crate::targets::answers;

pub(super) const CASES: &[Case] = &[
    case("payload-members", LONG, |n| decoded::<Value>(format!("{{{}}}", members(n)))),
    case("payload-equal-members", MEDIUM, |n| {
        decoded::<Value>(format!("{{{}\"a\":1}}", repeated("\"a\":1,", n)))
    }),
    case("payload-list", LONG, |n| decoded::<Value>(format!("[{}1]", repeated("1,", n)))),
    case("payload-nesting", MEDIUM, |n| decoded::<Value>(repeated("[{\"a\":", n))),
    case("payload-escapes", LONG, |n| decoded::<Value>(format!("\"{}\"", repeated("\\u0041", n)))),
    case("payload-escaped-names", MEDIUM, |n| {
        decoded::<SessionInfo>(format!("{{\"x\":\"{}\"}}", repeated("\\u00e9", n)))
    }),
    case("payload-digits", MEDIUM, |n| decoded::<Value>(repeated("1", n))),
    case("payload-skipped", MEDIUM, |n| {
        decoded::<SessionInfo>(format!("{{\"ks\":\"djJ8\",\"partnerId\":7,{}}}", members(n)))
    }),
    case("payload-skipped-nesting", LONG, |n| {
        decoded::<SessionInfo>(format!("{{\"x\":{}", repeated("[", n)))
    }),
    case("payload-privileges", MEDIUM, |n| {
        decoded::<SessionInfo>(format!(
            "{{\"ks\":\"djJ8\",\"partnerId\":7,\"privileges\":\"{}\"}}",
            repeated("a,b,", n)
        ))
    }),
    case("payload-objects", MEDIUM, |n| {
        let object = |number| {
            format!("{{\"id\":\"0_{number}\",\"partnerId\":7,\"status\":2,\"hashType\":\"SHA256\"}}")
        };
        decoded::<AppTokenList>(format!("{{\"objects\":[{}],\"totalCount\":1}}", numbered(n, object)))
    }),
    case("payload-blanks", MEDIUM, |n| decoded::<Value>(repeated(" \n", n))),
    case("payload-html", LONG, |n| decoded::<Value>(format!("<html>{}", repeated("<p>", n)))),
    case("payload-error", MEDIUM, |n| decoded::<Value>(error(&repeated("Invalid KS ", n)))),
    case("payload-error-arguments", MEDIUM, |n| {
        let arguments = numbered(n, |number| format!("\"A{number}\":\"x\""));
        decoded::<Value>(error("m").replace("\"args\":{}", &format!("\"args\":{{{arguments}}}")))
    }),
    case("login-answer", MEDIUM, |n| received(0, repeated("{\"ks\":", n))),
    case("login-error", MEDIUM, |n| received(1, error(&repeated("\u{1} aGVsbG8g &amp;#97; ", n)))),
    case("call-error", MEDIUM, |n| received(2, error(&repeated("3f78 6850 %2541", n)))),
    case("call-answer", MEDIUM, |n| received(2, format!("[{}1]", repeated("1,", n)))),
    case("multirequest-results", MEDIUM, |n| received(3, format!("[{}1]", repeated("null,", n)))),
    case("multirequest-objects", MEDIUM, |n| {
        received(3, format!("[{{\"objects\":[{}{{}}]}},null]", repeated("{\"id\":\"\"},", n)))
    }),
    case("multirequest-errors", PARTS, |n| {
        received(3, format!("[{}null]", format!("{},", error("m")).repeat(n)))
    }),
];

fn members(length: usize) -> String {
    numbered(length, |number| format!("\"m{number}\":{number}"))
}

fn error(message: &str) -> String {
    format!(
        "{{\"code\":\"INVALID_KS\",\"message\":\"{message}\",\"objectType\":\"KalturaAPIException\",\"args\":{{}}}}"
    )
}

fn decoded<T: serde::de::DeserializeOwned + 'static>(body: String) -> Work {
    with(body, |body| keep(payload::decode::<T>(body.as_bytes()).is_ok()))
}

/// The answer to the first or second request of a login, to a call, or to a multirequest.
fn received(place: usize, body: String) -> Work {
    let text = std::sync::Arc::new(format!("200\n\n\n\n{body}"));
    Box::new(move || keep(answers::outcome(place, text, std::sync::Arc::default())))
}
