//! The service URL: whether it can be one of Kaltura's, and who can read what is sent there.

use kaltura_auth::{Region, ServiceUrl};

use super::check::{Finding, Outcome};
use super::way::Way;
use crate::error::Failure;

/// Looks at the service URL that the settings give.
pub(super) fn look(url: Result<ServiceUrl, Failure>) -> Outcome<ServiceUrl> {
    match url {
        Ok(url) => Outcome::found(finding(&url), url),
        Err(failure) => Outcome::nothing(Finding::of(&failure)),
    }
}

fn finding(url: &ServiceUrl) -> Finding {
    let way = Way::to(url);
    let is_kalturas = way.host == "kaltura.com" || way.host.ends_with(".kaltura.com");
    let region = Region::ALL.into_iter().find(|region| ServiceUrl::from(*region) == *url);
    if let Some(region) = region {
        return Finding::ok(format!("{url}, region {region}"));
    }
    if !way.has_tls && !way.stays_here() {
        return Finding::warning(
            format!("{url} is plain http: the session is sent unencrypted"),
            "Use https://, unless the way to the server is yours alone.",
        );
    }
    if is_kalturas {
        return Finding::warning(
            format!("{url} is at Kaltura, but none of the known regions"),
            "Take one by its name: --region us, de, eu, sg, ca or ap.",
        );
    }
    let path = path(url);
    let path = if path.is_empty() { String::new() } else { format!(", with the path {path}") };
    let what = if way.stays_here() { "on this machine" } else { "a server of its own" };
    Finding::ok(format!("{url}, {what}{path}"))
}

/// What stands behind the host.
fn path(url: &ServiceUrl) -> &str {
    let behind_scheme = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    behind_scheme.find('/').map_or("", |place| &behind_scheme[place..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::check::Verdict;

    #[test]
    fn each_kind_of_url_is_told_apart() {
        for (url, verdict, said) in [
            ("https://api.eu.kaltura.com", Verdict::Ok, "region eu"),
            ("https://www.kaltura.com/api_v3/", Verdict::Ok, "region us"),
            ("http://www.kaltura.com", Verdict::Warning, "plain http"),
            ("https://cdnapi.kaltura.com", Verdict::Warning, "none of the known regions"),
            ("https://www.kaltura.com/x", Verdict::Warning, "none of the known regions"),
            ("https://notkaltura.com", Verdict::Ok, "a server of its own"),
            ("https://video.example.com/kaltura", Verdict::Ok, "with the path /kaltura"),
            ("http://127.0.0.1:8080", Verdict::Ok, "on this machine"),
        ] {
            let finding = finding(&ServiceUrl::parse_allowing_http(url).unwrap());
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.message.contains(said), "{finding:?}");
        }
    }
}
