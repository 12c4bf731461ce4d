//! For which hosts no proxy is used: `NO_PROXY`, as curl reads it.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kaltura_auth::ServiceUrl;
use reqwest::Url;

/// Whether the variable `NO_PROXY` names the host of this server, as [`ReqwestTransport`](crate::ReqwestTransport) reads
/// it: then requests use no proxy of the environment. For a program that shows which way its requests take.
///
/// It is read as by curl, which other clients do not: `example.com` includes its subdomains, `*` is every host, and a point
/// at the end does not matter.
#[must_use]
pub fn no_proxy_names(server: &ServiceUrl) -> bool {
    Url::parse(server.as_str()).is_ok_and(|url| NoProxyHosts::from_env().contains(&url))
}

/// The hosts of a list in the form of `NO_PROXY`.
///
/// As for curl, names are separated by commas or blanks, their case does not matter, nor a point at their begin or end;
/// `example.com` includes its subdomains; `*` is every host. On purpose other than for curl 7.88: `*` counts beside other
/// entries too, an IPv6 network such as `fd00::/8` counts, and an address is the same however it is written.
pub(crate) struct NoProxyHosts {
    list: String,
    /// Whether the list has `*`. For the matcher it is every name, but no address.
    all: bool,
    matcher: Matcher,
}

impl NoProxyHosts {
    pub(crate) fn new(list: &str) -> Self {
        let entries = list.split(|character: char| character == ',' || character.is_whitespace());
        let entries: Vec<String> =
            entries.map(|entry| entry.trim_end_matches('.').to_ascii_lowercase()).collect();
        let (all, list) = (entries.iter().any(|entry| entry == "*"), entries.join(","));
        // What the proxy is does not matter here, only whether there is one.
        let matcher = Matcher::builder().all("http://proxy.invalid").no(list.clone()).build();
        Self { list, all, matcher }
    }

    /// The list of the environment. As for curl, `no_proxy` goes before `NO_PROXY`; but reqwest, which selects the proxy of
    /// the environment, leaves out the hosts of `NO_PROXY` too.
    pub(crate) fn from_env() -> Self {
        let list = ["no_proxy", "NO_PROXY"].into_iter().find_map(|variable| std::env::var(variable).ok());
        Self::new(&list.unwrap_or_default())
    }

    /// Whether no proxy is used for this URL.
    pub(crate) fn contains(&self, url: &Url) -> bool {
        if self.all {
            return true;
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let uri = Uri::builder().scheme("http").authority(host).path_and_query("/").build();
        uri.is_ok_and(|uri| self.matcher.intercept(&uri).is_none())
    }
}

impl fmt::Debug for NoProxyHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoProxyHosts").field(&self.list).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn is_proxied(list: &str, host: &str) -> bool {
        !NoProxyHosts::new(list).contains(&Url::parse(&format!("http://{host}/")).unwrap())
    }

    /// Where this differs from curl, and why.
    const DIFFERENCES: [(&str, &str, &str); 8] = [
        (" * ", "example.com", "blanks around an entry do not matter"),
        ("*,example.org", "example.com", "`*` is every host"),
        ("example.org,*", "example.com", "`*` is every host"),
        ("10.1.2.3/0", "11.1.2.3", "a network of all addresses"),
        ("0.0.0.0/0", "10.1.2.3", "a network of all addresses"),
        ("fd00:0:0:0:0:0:0:1", "[fd00::1]", "the same address"),
        ("fd00::/8", "[fd00::1]", "an IPv6 network"),
        ("fd00::/7", "[fc00::1]", "an IPv6 network"),
    ];

    #[test]
    fn no_proxy_is_read_as_by_curl() {
        let answers: Value = serde_json::from_str(include_str!("../../tests/curl-no-proxy.json")).unwrap();
        let mut wrong = Vec::new();
        for case in answers["cases"].as_array().unwrap() {
            let (list, host) = (case["noProxy"].as_str().unwrap(), case["host"].as_str().unwrap());
            let by_curl = case["proxied"].as_bool().unwrap();
            let differs = DIFFERENCES.iter().any(|(of, at, _)| (*of, *at) == (list, host));
            if is_proxied(list, host) != (by_curl != differs) {
                wrong.push(format!("{list:?} {host}: curl {by_curl}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(answers["cases"].as_array().unwrap().len() > 70);
    }

    #[test]
    fn the_difference_to_curl_is_in_favour_of_no_proxy() {
        for (list, host, reason) in DIFFERENCES {
            assert!(!is_proxied(list, host), "{list} {host}: {reason}");
        }
    }
}
