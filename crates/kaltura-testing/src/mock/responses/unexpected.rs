//! Responses that do not come from the API, or not in JSON.
//!
//! Further variants are made from a result: [truncated](MockResponse::truncated), with another
//! [status](MockResponse::status), with another [`Content-Type`](MockResponse::header), or in an
//! [envelope](MockResponse::in_envelope).

use super::MockResponse;

/// An HTML page with status 200, as a captive portal or a maintenance page sends it.
pub fn html_page() -> MockResponse {
    from_gateway("<!DOCTYPE html>\n<html><body><h1>We will be back soon</h1></body></html>\n", "text/html")
}

/// A gateway's error page: HTML with a status such as 502, 503 or 504.
pub fn gateway_error(status: u16) -> MockResponse {
    from_gateway(&format!("<html><body><h1>{status} Error</h1></body></html>\n"), "text/html").status(status)
}

/// A gateway's error page with `Retry-After` in seconds; the status is 503 or 429.
pub fn retry_after(status: u16, seconds: u32) -> MockResponse {
    gateway_error(status).header("Retry-After", seconds.to_string())
}

/// Plain text, such as "Service unavailable".
pub fn plain_text(text: &str) -> MockResponse {
    from_gateway(text, "text/plain")
}

/// A JSON string where an object or a KS is expected.
pub fn json_string(text: &str) -> MockResponse {
    super::json(text)
}

/// An empty body with status 200.
pub fn empty() -> MockResponse {
    from_gateway("", "text/html")
}

/// The server's response to an unknown `format`: an empty body and an error header (wire contract,
/// section 1.4).
pub fn unknown_format() -> MockResponse {
    MockResponse::from_bytes("", "text/html; charset=UTF-8")
        .header("X-Kaltura", "error- UNKNOWN_RESPONSE_FORMAT")
}

/// A fatal error of the server: status 500 and an empty body (wire contract, section 2.1).
pub fn fatal_error() -> MockResponse {
    MockResponse::from_bytes("", "text/html; charset=UTF-8").status(500)
}

/// A result in XML, which the server sends if the request has no `format` (wire contract, section 2.4).
pub fn xml() -> MockResponse {
    let xml = concat!(
        r#"<?xml version="1.0" encoding="utf-8"?><xml><result>"#,
        "<objectType>KalturaStartWidgetSessionResponse</objectType><relatedObjects></relatedObjects>",
        "<partnerId>1234567</partnerId><ks>djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jt</ks><userId>0</userId>",
        "</result><executionTime>0.0046341419219971</executionTime></xml>",
    );
    MockResponse::from_bytes(xml, "text/xml;charset=UTF-8")
}

/// A body that is not valid UTF-8.
pub fn binary() -> MockResponse {
    MockResponse::from_bytes([0xff, 0xfe, 0x00, 0x80], "application/json").not_from_kaltura()
}

/// A redirect with a status such as 302 or 307. A transport does not follow it.
pub fn redirect(status: u16, location: &str) -> MockResponse {
    from_gateway("", "text/html").status(status).header("Location", location)
}

fn from_gateway(body: &str, content_type: &str) -> MockResponse {
    MockResponse::from_bytes(body, content_type).not_from_kaltura()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{PayloadError, UnexpectedBody, WidgetSession, payload};

    #[test]
    fn each_is_distinguished_from_a_result() {
        let cases = [
            (html_page(), 200, UnexpectedBody::Html),
            (gateway_error(502), 502, UnexpectedBody::Html),
            (plain_text("Service unavailable"), 200, UnexpectedBody::PlainText),
            (empty(), 200, UnexpectedBody::Empty),
            (unknown_format(), 200, UnexpectedBody::Empty),
            (fatal_error(), 500, UnexpectedBody::Empty),
            (xml(), 200, UnexpectedBody::Xml),
            (binary(), 200, UnexpectedBody::NotUtf8),
            (redirect(302, "https://example.com/"), 302, UnexpectedBody::Empty),
            (
                super::super::json(serde_json::json!({"a": "b"})).truncated(),
                200,
                UnexpectedBody::TruncatedJson,
            ),
        ];
        for (response, status, unexpected) in cases {
            let response: WireResponse = response.into();
            assert_eq!(response.status(), status);
            let error = payload::decode::<WidgetSession>(response.body()).unwrap_err();
            assert_eq!(error, PayloadError::Unexpected(unexpected));
        }
    }

    #[test]
    fn a_gateway_does_not_send_kaltura_headers() {
        let response: WireResponse = retry_after(503, 7).into();
        assert_eq!(response.header("Retry-After"), Some("7"));
        assert_eq!(response.header("X-Me"), None);
        assert_eq!(response.header("Content-Type"), Some("text/html"));
        let response: WireResponse = fatal_error().into();
        assert_eq!(response.header("X-Me"), Some("mock"));
    }
}
