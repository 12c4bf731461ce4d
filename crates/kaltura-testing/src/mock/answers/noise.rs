//! What is no answer of the API, though it may come in the place of one.
//!
//! More of the kind: a result that is [cut](Answer::cut), one with another [status](Answer::status), one with
//! another [`Content-Type`](Answer::header), one in an [envelope](Answer::in_envelope).

use super::{Answer, AnyResult};

/// A page for people, as a captive portal or a maintenance page sends it: HTML, with status 200.
pub fn html_page() -> Answer {
    by_another("<!DOCTYPE html>\n<html><body><h1>We will be back soon</h1></body></html>\n", "text/html")
}

/// A gateway's own error page: HTML with a status such as 502, 503 or 504.
pub fn gateway_error(status: u16) -> Answer {
    by_another(&format!("<html><body><h1>{status} Error</h1></body></html>\n"), "text/html").status(status)
}

/// A gateway that asks to come back later: status 503 or 429, with `Retry-After`.
pub fn retry_after(status: u16, seconds: u32) -> Answer {
    gateway_error(status).header("Retry-After", seconds.to_string())
}

/// A bare text, such as "Service unavailable".
pub fn plain_text(text: &str) -> Answer {
    by_another(text, "text/plain")
}

/// A JSON text where an object is expected, or a KS.
pub fn json_text(text: &str) -> Answer {
    super::json(text)
}

/// Nothing at all, with status 200.
pub fn empty() -> Answer {
    by_another("", "text/html")
}

/// What the server answers if it does not know the format that is asked: nothing, and a header that says so
/// (wire contract, section 1.4).
pub fn unknown_format() -> Answer {
    Answer::of_bytes(AnyResult(()), "", "text/html; charset=UTF-8")
        .header("X-Kaltura", "error- UNKNOWN_RESPONSE_FORMAT")
}

/// A fatal error of the server: status 500 and nothing else (wire contract, section 2.1).
pub fn fatal_error() -> Answer {
    Answer::of_bytes(AnyResult(()), "", "text/html; charset=UTF-8").status(500)
}

/// A result in XML, the server's default, as it comes if the server saw no `format` (wire contract, section 2.4).
pub fn xml() -> Answer {
    let xml = concat!(
        r#"<?xml version="1.0" encoding="utf-8"?><xml><result>"#,
        "<objectType>KalturaStartWidgetSessionResponse</objectType><relatedObjects></relatedObjects>",
        "<partnerId>1234567</partnerId><ks>djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt</ks><userId>0</userId>",
        "</result><executionTime>0.0046341419219971</executionTime></xml>",
    );
    Answer::of_bytes(AnyResult(()), xml, "text/xml;charset=UTF-8")
}

/// Bytes that are no text.
pub fn not_text() -> Answer {
    Answer::of_bytes(AnyResult(()), [0xff, 0xfe, 0x00, 0x80], "application/json").by_another()
}

/// A redirect with a status such as 302 or 307. No transport follows it.
pub fn redirect(status: u16, location: &str) -> Answer {
    by_another("", "text/html").status(status).header("Location", location)
}

fn by_another(body: &str, content_type: &str) -> Answer {
    Answer::of_bytes(AnyResult(()), body, content_type).by_another()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{PayloadError, UnexpectedBody, WidgetSession, payload};

    #[test]
    fn each_is_told_from_a_result() {
        let cases = [
            (html_page(), 200, UnexpectedBody::Html),
            (gateway_error(502), 502, UnexpectedBody::Html),
            (plain_text("Service unavailable"), 200, UnexpectedBody::PlainText),
            (empty(), 200, UnexpectedBody::Empty),
            (unknown_format(), 200, UnexpectedBody::Empty),
            (fatal_error(), 500, UnexpectedBody::Empty),
            (xml(), 200, UnexpectedBody::Xml),
            (not_text(), 200, UnexpectedBody::NotUtf8),
            (redirect(302, "https://example.com/"), 302, UnexpectedBody::Empty),
            (super::super::json(serde_json::json!({"a": "b"})).cut(), 200, UnexpectedBody::TruncatedJson),
        ];
        for (answer, status, unexpected) in cases {
            let response: WireResponse = answer.into();
            assert_eq!(response.status(), status);
            let judged = payload::decode::<WidgetSession>(response.body()).unwrap_err();
            assert_eq!(judged, PayloadError::Unexpected(unexpected));
        }
    }

    #[test]
    fn what_stands_between_does_not_speak_as_kaltura() {
        let response: WireResponse = retry_after(503, 7).into();
        assert_eq!(response.header("Retry-After"), Some("7"));
        assert_eq!(response.header("X-Me"), None);
        assert_eq!(response.header("Content-Type"), Some("text/html"));
        let response: WireResponse = fatal_error().into();
        assert_eq!(response.header("X-Me"), Some("mock"));
    }
}
