//! Texts that may be a KS.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use kaltura_ks::{ClaimsSummary, KsFields, open, unverified_claims};
use kaltura_types::{AdminSecret, Ks, PartnerId, SessionType, UnixTime};

use super::{Case, MEDIUM, PARTS, Work, case, repeated};

pub(super) const CASES: &[Case] = &[
    case("ks-run", MEDIUM, |n| inspected(repeated("A", n))),
    case("ks-blanks", MEDIUM, |n| inspected(repeated("A \n", n))),
    case("ks-padding", MEDIUM, |n| inspected(repeated("=", n))),
    case("ks-quotes", MEDIUM, |n| inspected(repeated("%3d\"", n))),
    case("ks-v1-fields", MEDIUM, |n| inspected(URL_SAFE.encode(format!("hash|1;2;{}", repeated(";", n))))),
    case("ks-v1-privileges", MEDIUM, |n| {
        inspected(URL_SAFE.encode(format!("hash|1;1;5;0;r;u;{}", repeated("a:b/c,", n))))
    }),
    case("ks-v1-separators", MEDIUM, |n| inspected(URL_SAFE.encode(repeated("|", n)))),
    case("ks-v2-privileges", PARTS, |n| {
        let privileges: Vec<String> = (0..n).map(|number| format!("p{number:03}:{number:03}")).collect();
        opened(&privileges.join(","))
    }),
    case("ks-v2-long-value", MEDIUM, |n| opened(&format!("sview:{}", repeated("0_a/", n)))),
    case("ks-v2-escapes", MEDIUM, |n| opened(&format!("sview:{}", repeated("%é", n)))),
    case("ks-v2-long-name", MEDIUM, |n| opened(&repeated("[.", n))),
    case("ks-sign", MEDIUM, |n| {
        let fields = fields(&repeated("a:b,c,", n));
        Box::new(move || {
            black_box(fields.sign_v2(&secret(), [7; 16]).is_ok());
            black_box(fields.sign_v1(&secret(), "1.5").is_ok());
        })
    }),
];

fn secret() -> AdminSecret {
    AdminSecret::new("a0b1c2d3e4f5061728394a5b6c7d8e9f")
}

fn fields(privileges: &str) -> KsFields {
    KsFields::new(PartnerId::new(1), SessionType::User, UnixTime::from_seconds(2_000_000_000))
        .privileges(privileges)
}

fn opened(privileges: &str) -> Work {
    let ks = fields(privileges).sign_v2_unchecked(&secret(), [7; 16]);
    Box::new(move || {
        if let Ok(opened) = open(&ks, &[secret()]) {
            summarize(opened.claims());
        }
    })
}

fn inspected(text: String) -> Work {
    let ks = Ks::new(text);
    Box::new(move || {
        black_box((ks.issue(), Ks::looks_like_ks(ks.expose())));
        if let Ok(Some(claims)) = unverified_claims(&ks) {
            summarize(&claims);
        }
    })
}

fn summarize(claims: &kaltura_ks::KsClaims) {
    let summary = ClaimsSummary::new(claims, UnixTime::from_seconds(1));
    black_box((serde_json::to_string(&summary).is_ok(), summary.restrictions.lines().len()));
}
