//! How faults change a response.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::Fault;
use crate::request::{Parameters, text};
use crate::response::value::ApiValue;
use crate::transport::{Breakage, Reply};
use kaltura_types::api_error::ApiException;

/// Applies one fault. Faults of the content, XML and echoing, were applied before.
pub(crate) fn apply_fault(reply: &mut Reply, fault: &Fault) {
    let response = &mut reply.response;
    match fault {
        Fault::Status(status) => replace(response, *status, None, ""),
        Fault::HtmlPage(status) => replace(response, *status, Some("text/html; charset=UTF-8"), HTML),
        Fault::PlainString(text) => {
            let json = crate::response::write_json(&ApiValue::Text(text.clone()));
            replace(response, 200, Some("application/json"), json);
        }
        Fault::Body(body) => replace(response, 200, Some("application/json"), body.clone()),
        Fault::EmptyBody => *response.body_mut() = Bytes::new(),
        Fault::TruncatedBody => {
            let half = response.body().len() / 2;
            response.body_mut().truncate(half);
        }
        Fault::CutBody => reply.breakage = Some(Breakage::CutBody(response.body().len() / 2)),
        Fault::ResetBody => reply.breakage = Some(Breakage::ResetBody(response.body().len() / 2)),
        Fault::ResetAfter => reply.breakage = Some(Breakage::ResetAfter),
        Fault::SlowBody(time) => reply.breakage = Some(Breakage::SlowBody(*time)),
        Fault::EndlessBody => reply.breakage = Some(Breakage::EndlessBody),
        Fault::WrongLength(difference) => {
            let length = u64::try_from(response.body().len()).unwrap_or(u64::MAX);
            reply.breakage = Some(Breakage::WrongLength(length.saturating_add_signed(*difference)));
        }
        Fault::Header(name, value) => set_or_remove(response, name, value),
        Fault::Reset => reply.breakage = Some(Breakage::Reset),
        Fault::Slow(duration) => reply.delay = reply.delay.saturating_add(*duration),
        Fault::ContentType(kind) => set(response, CONTENT_TYPE, kind),
        Fault::ClockSkew(seconds) => skew(response, *seconds),
        Fault::Xml | Fault::EchoSecrets => {}
    }
}

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\
    <body><h1>Please sign in</h1></body></html>\n";

fn replace(response: &mut Response<Bytes>, status: u16, kind: Option<&str>, body: impl Into<Bytes>) {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.body_mut() = body.into();
    // The response is not from Kaltura.
    let foreign: Vec<HeaderName> =
        response.headers().keys().filter(|name| name.as_str().starts_with("x-")).cloned().collect();
    for name in foreign {
        response.headers_mut().remove(name);
    }
    match kind {
        Some(kind) => set(response, CONTENT_TYPE, kind),
        None => {
            response.headers_mut().remove(CONTENT_TYPE);
        }
    }
}

fn skew(response: &mut Response<Bytes>, seconds: i64) {
    let value = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let date = value(&DATE).and_then(|date| crate::backend::clock::shift_http_date(date, seconds));
    let own = HeaderName::from_static("x-kaltura-session");
    let session = value(&own).and_then(|value| {
        let (id, time) = value.split_once(", ")?;
        Some(format!("{id}, {}", time.parse::<i64>().ok()?.saturating_add(seconds)))
    });
    for (name, value) in [(DATE, date), (own, session)] {
        if let Some(value) = value {
            set(response, name, &value);
        }
    }
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// An empty value removes the header.
fn set_or_remove(response: &mut Response<Bytes>, name: &str, value: &str) {
    let Ok(name) = name.parse::<HeaderName>() else { return };
    if value.is_empty() {
        response.headers_mut().remove(name);
    } else {
        set(response, name, value);
    }
}

/// An error with the secrets of the request in its message, as in `INVALID_KS`.
pub(crate) fn echo_secrets(parameters: &Parameters) -> ApiValue {
    let secrets = ["ks", "secret", "tokenHash", "session"];
    let sent = secrets.iter().filter_map(|name| Some(format!("{name}={}", text(parameters.get(*name)?))));
    let sent = sent.collect::<Vec<_>>().join(" ");
    ApiValue::Error(ApiException::internal_server_error_echoing(&sent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn faulty(fault: &Fault) -> Reply {
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("date", "Tue, 24 Nov 2026 04:09:15 GMT")
            .header("x-kaltura-session", "7, 1795493355")
            .body(Bytes::from_static(b"{\"a\":1}!"))
            .unwrap();
        let mut reply = Reply::whole(response);
        apply_fault(&mut reply, fault);
        reply
    }

    #[test]
    fn each_fault_changes_the_response() {
        let reply = faulty(&Fault::Status(503));
        assert_eq!((reply.response.status().as_u16(), reply.response.body().len()), (503, 0));
        assert!(!reply.response.headers().contains_key("x-kaltura-session"));
        let reply = faulty(&Fault::HtmlPage(200));
        assert!(reply.response.body().starts_with(b"<!DOCTYPE html>"));
        assert_eq!(faulty(&Fault::PlainString("no".into())).response.body(), "\"no\"");
        assert_eq!(faulty(&Fault::EmptyBody).response.body(), "");
        assert_eq!(faulty(&Fault::TruncatedBody).response.body(), "{\"a\"");
        assert_eq!(faulty(&Fault::CutBody).breakage, Some(Breakage::CutBody(4)));
        let reply = faulty(&Fault::Body(vec![0xff]));
        assert_eq!((reply.response.status().as_u16(), &reply.response.body()[..]), (200, &[0xff][..]));
        assert_eq!(faulty(&Fault::ResetBody).breakage, Some(Breakage::ResetBody(4)));
        assert_eq!(faulty(&Fault::ResetAfter).breakage, Some(Breakage::ResetAfter));
        assert_eq!(faulty(&Fault::SlowBody(SECOND)).breakage, Some(Breakage::SlowBody(SECOND)));
        assert_eq!(faulty(&Fault::EndlessBody).breakage, Some(Breakage::EndlessBody));
        assert_eq!(faulty(&Fault::WrongLength(2)).breakage, Some(Breakage::WrongLength(10)));
        assert_eq!(faulty(&Fault::WrongLength(-9)).breakage, Some(Breakage::WrongLength(0)));
        let reply = faulty(&Fault::Header("Retry-After".into(), "7".into()));
        assert_eq!(reply.response.headers()["retry-after"], "7");
        let reply = faulty(&Fault::Header("Date".into(), String::new()));
        assert!(!reply.response.headers().contains_key("date"));
        assert_eq!(faulty(&Fault::Reset).breakage, Some(Breakage::Reset));
        let slow = Duration::from_secs(3);
        assert_eq!(faulty(&Fault::Slow(slow)).delay, slow);
        let reply = faulty(&Fault::ContentType("text/html".into()));
        assert_eq!(reply.response.headers()["content-type"], "text/html");
        let reply = faulty(&Fault::ClockSkew(-15));
        assert_eq!(reply.response.headers()["date"], "Tue, 24 Nov 2026 04:09:00 GMT");
        assert_eq!(reply.response.headers()["x-kaltura-session"], "7, 1795493340");
    }
}
