//! Texts of configurations and headers: URLs, durations, numbers, fault rules, the seed of an emulator.

use std::time::Duration;

use kaltura_auth::{Region, ServiceUrl, WireResponse};
use kaltura_emulator::{FaultRule, LatencyRange, RateLimit, Seed};
use kaltura_http::ReqwestTransport;
use kaltura_types::{HashType, Lifetime, PartnerId, SessionType, duration};

/// What settings are made of.
pub const WORDS: [&str; 25] = [
    "https://",
    "http://",
    "proxy",
    "user:secret@",
    "\n",
    "127.0.0.1",
    "[::1]",
    ":8080",
    "/api_v3",
    "?",
    "#",
    "%2e",
    "..",
    "localhost",
    "h",
    "m",
    "s",
    "ms",
    "1.5",
    "-",
    "*",
    "session.start",
    "status=503",
    "Tue, 24 Nov 2026 03:22:35 GMT",
    ",",
];

/// The bytes as each kind of setting. What can be read is written and read again unchanged.
pub fn parse(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    for url in [text.parse::<ServiceUrl>(), ServiceUrl::parse_allowing_http(text)].into_iter().flatten() {
        let again = ServiceUrl::parse_allowing_http(url.as_str());
        assert_eq!(again.as_ref().ok(), Some(&url));
        let action = url.action_url("a/../b", "?c");
        let Ok(uri) = action.parse::<http::Uri>() else { panic!("{action}") };
        assert!(uri.path().ends_with("/api_v3/service/a%2F%2E%2E%2Fb/action/%3Fc"), "{action}");
    }
    if let Ok(time) = duration::parse(text) {
        let _ = duration::format_seconds(time.as_secs());
        let _ = duration::describe(time.as_secs());
    }
    let _ = (text.parse::<Lifetime>(), text.parse::<Region>(), text.parse::<HashType>());
    let _ = text.parse::<SessionType>();
    if let Ok(id) = text.parse::<PartnerId>() {
        assert_eq!(id.to_string().parse::<PartnerId>().ok(), Some(id));
    }
    if let Ok(rule) = text.parse::<FaultRule>() {
        let written = rule.to_string();
        assert_eq!(written.parse::<FaultRule>().map(|rule| rule.to_string()).ok(), Some(written));
    }
    let _ = (text.parse::<RateLimit>(), text.parse::<LatencyRange>(), Seed::from_json(text));
    headers(text);
    // A client is created, which takes longer than the rest.
    if text.contains("proxy") {
        let (url, bypass) = text.split_once('\n').unwrap_or((text, ""));
        let builder = ReqwestTransport::builder().proxy(url).no_proxy_for(bypass);
        if let Err(error) = builder.build() {
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}

fn headers(text: &str) {
    let response = WireResponse::new(503, "").with_header("Date", "Tue, 24 Nov 2026 03:22:35 GMT");
    let wait = response.with_header("Retry-After", text).retry_after();
    if let Ok(seconds) = text.trim().parse() {
        assert_eq!(wait, Some(Duration::from_secs(seconds)));
    }
    for name in ["Date", "X-Kaltura-Session", "Retry-After", "X-Me", "Content-Type", "Location"] {
        let response = WireResponse::new(200, "").with_header(name, text);
        let _ = (response.server_time(), response.retry_after(), format!("{response:?}"));
    }
}
