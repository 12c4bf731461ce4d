//! Privileges, redaction, settings, headers, records.

use std::hint::black_box;

use kaltura_auth::store::{Record, StoredFailure};
use kaltura_auth::{ServiceUrl, StoredSession, WireResponse};
use kaltura_emulator::{FaultRule, Seed};
use kaltura_http::ReqwestTransport;
use kaltura_types::{AppTokenId, Privileges, duration, is_secret_name, redact, redact_server_text};

use super::{Case, LONG, MEDIUM, REFUSED, SHORT, Work, case, keep, numbered, repeated, with};

pub(super) const CASES: &[Case] = &[
    case("privileges-names", MEDIUM, |n| with(names(n), |text| keep(Privileges::parse(text)))),
    case("privileges-equal-names", MEDIUM, |n| {
        with(repeated("sview:0_a,", n), |text| keep(Privileges::parse(text)))
    }),
    case("privileges-values", MEDIUM, |n| {
        with(format!("sview:{}", repeated("0_a/", n)), |text| keep(Privileges::parse(text)))
    }),
    case("privileges-separators", MEDIUM, |n| with(repeated(",:/", n), |text| keep(Privileges::parse(text)))),
    case("privileges-strict", MEDIUM, |n| with(names(n), |text| keep(text.parse::<Privileges>()))),
    case("privileges-warnings", MEDIUM, |n| with(names(n), |text| keep(Privileges::parse(text).warnings()))),
    case("privileges-granted", SHORT, |n| {
        with(names(n), |text| {
            let (token, all) = (AppTokenId::new("0_abcdefgh"), Privileges::parse(text));
            let granted = Privileges::for_app_token_session(&token, &all, &all);
            black_box(all.missing_from(&granted).len());
        })
    }),
    case("redact-run", MEDIUM, |n| redacted(repeated("a", n))),
    case("redact-words", MEDIUM, |n| redacted(repeated("a word, ", n))),
    case("redact-blanks", MEDIUM, |n| redacted(repeated(" \u{ad}", n))),
    case("redact-percent", MEDIUM, |n| redacted(repeated("%2525", n))),
    case("redact-entities", MEDIUM, |n| redacted(repeated("&amp;#97;", n))),
    case("redact-ampersands", MEDIUM, |n| redacted(repeated("&", n))),
    case("redact-backslashes", MEDIUM, |n| redacted(repeated("\\u{", n))),
    case("redact-hex", MEDIUM, |n| redacted(repeated("0x3f:", n))),
    case("redact-base64", MEDIUM, |n| redacted(repeated("aGVsbG8g", n))),
    case("redact-secrets", MEDIUM, |n| redacted(repeated("hush:secret ", n))),
    case("redact-ks", MEDIUM, |n| redacted(repeated("djJ8MTIzNDU2N3x2VYG2FbRsIfVT.", n))),
    case("redact-long-secret", MEDIUM, |n| {
        let secret = repeated("ab", n / 2);
        with(repeated("ab", n / 2), move |text| keep(redact(text, &[&secret])))
    }),
    case("server-text-long", LONG, |n| {
        with(repeated("3f78 ", n), |text| keep(redact_server_text(text, &["hush:secret"])))
    }),
    case("secret-names", MEDIUM, |n| with(repeated("_s", n), |text| keep(is_secret_name(text)))),
    case("url-path", SHORT, |n| url(format!("https://example.com{}", repeated("/a", n)))),
    case("url-host", SHORT, |n| url(format!("https://{}", repeated("a.", n)))),
    case("url-long", REFUSED, |n| url(repeated("https://[", n))),
    case("duration-parts", MEDIUM, |n| with(repeated("1h", n), |text| keep(duration::parse(text)))),
    case("duration-digits", MEDIUM, |n| with(repeated("1", n), |text| keep(duration::parse(text)))),
    case("retry-after-digits", MEDIUM, |n| headers("Retry-After", repeated("1", n))),
    case("retry-after-blanks", MEDIUM, |n| headers("Retry-After", repeated(" ", n))),
    case("date-words", MEDIUM, |n| headers("Date", repeated("Tue, 24 ", n))),
    case("server-time-commas", MEDIUM, |n| headers("X-Kaltura-Session", repeated(",1", n))),
    case("content-type-words", MEDIUM, |n| headers("Content-Type", repeated("a/b;", n))),
    case("fault-rule", REFUSED, |n| {
        with(repeated("session.start status=503 ", n), |text| keep(text.parse::<FaultRule>()))
    }),
    case("emulator-seed", SHORT, |n| {
        let user = |number| format!("{{\"partnerId\":1,\"id\":\"u{number}\"}}");
        with(format!("{{\"users\":[{}]}}", numbered(n, user)), |text| keep(Seed::from_json(text)))
    }),
    case("record-privileges", MEDIUM, |n| {
        let session = format!("{{\"ks\":\"djJ8\",\"partner_id\":7,\"privileges\":\"{}\"}}", names(n));
        with(session, |text| {
            let stored: Option<StoredSession> = serde_json::from_str(text).ok();
            keep(stored.map(kaltura_auth::Session::from_stored));
        })
    }),
    case("record-members", MEDIUM, |n| {
        let members = numbered(n, |number| format!("\"m{number}\":{number}"));
        with(format!("{{\"version\":1,\"x\":{{{members}}}}}"), |text| {
            keep((Record::from_json(text.as_bytes()), StoredFailure::from_json(text.as_bytes())));
        })
    }),
    case("record-nesting", MEDIUM, |n| {
        with(format!("{{\"version\":1,\"x\":{}", repeated("[", n)), |text| {
            keep(Record::from_json(text.as_bytes()));
        })
    }),
    // The file store reads the same records from its files; the clock of `rustix` does not run under valgrind.
    case("proxy-url", SHORT, |n| proxy(format!("http://{}", repeated("a.", n)), String::new())),
    case("proxy-bypass", MEDIUM, |n| {
        proxy("http://proxy:1".to_owned(), numbered(n, |number| format!(".h{number}.example")))
    }),
];

/// Privileges with distinct names.
fn names(length: usize) -> String {
    numbered(length, |number| format!("p{number}:{number}"))
}

fn redacted(text: String) -> Work {
    with(text, |text| keep(redact(text, &["hush:secret", "aaaaaaaaaaaaaaab"])))
}

fn url(text: String) -> Work {
    with(text, |text| keep(ServiceUrl::parse_allowing_http(text)))
}

fn headers(name: &'static str, value: String) -> Work {
    let response = WireResponse::new(503, "").with_header(name, value);
    Box::new(move || {
        black_box((response.server_time(), response.retry_after(), format!("{response:?}")));
    })
}

fn proxy(url: String, bypass: String) -> Work {
    Box::new(move || keep(ReqwestTransport::builder().proxy(url).no_proxy_for(bypass).build()))
}
