//! The way to the server: its host, and the proxy in between, if there is one.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kaltura_auth::ServiceUrl;

/// The way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// A name, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) has_tls: bool,
    /// Host and port of the proxy. Its user and password are left out.
    pub(super) proxy: Option<String>,
}

impl Way {
    /// The way that the transport takes: by the proxies of the environment, but straight to this machine.
    pub(super) fn to(url: &ServiceUrl) -> Self {
        Self::by(url, &Matcher::from_env())
    }

    fn by(url: &ServiceUrl, proxies: &Matcher) -> Self {
        // A service URL is a URL.
        let uri: Uri = url.as_str().parse().unwrap_or_default();
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let has_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if has_tls { 443 } else { 80 });
        let way = Self { host, port, has_tls, proxy: None };
        if way.stays_here() {
            return way;
        }
        let proxy =
            proxies.intercept(&uri).and_then(|proxy| proxy.uri().authority().map(ToString::to_string));
        // An @ in the password, which should be written as %40, leaves the rest of it here.
        let without_user = proxy.map(|proxy| proxy.rsplit('@').next().unwrap_or_default().to_owned());
        Self { proxy: without_user, ..way }
    }

    /// The address, if the host is one.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether it does not leave this machine.
    pub(super) fn stays_here(&self) -> bool {
        self.host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
            || self.address().is_some_and(|address| address.to_canonical().is_loopback())
    }

    /// `, by the proxy …`, if there is one.
    pub(super) fn by_proxy(&self) -> String {
        self.proxy.as_ref().map(|proxy| format!(", by the proxy {proxy}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(url: &str) -> Way {
        let proxies =
            Matcher::builder().all("http://me:hush@proxy.example.com:3128").no("eu.kaltura.com").build();
        Way::by(&ServiceUrl::parse_allowing_http(url).unwrap(), &proxies)
    }

    #[test]
    fn the_proxy_is_told_without_its_password() {
        let by_proxy = way("https://www.kaltura.com");
        assert_eq!((by_proxy.host.as_str(), by_proxy.port, by_proxy.has_tls), ("www.kaltura.com", 443, true));
        assert_eq!(by_proxy.by_proxy(), ", by the proxy proxy.example.com:3128");
        assert_eq!(way("https://api.eu.kaltura.com").by_proxy(), "");
    }

    #[test]
    fn an_at_sign_in_a_password_leaves_nothing_of_it_behind() {
        let proxies = Matcher::builder().all("http://me:ha@hush@proxy.example.com:3128").build();
        let way = Way::by(&ServiceUrl::US, &proxies);
        assert_eq!(way.by_proxy(), ", by the proxy proxy.example.com:3128");
    }

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for url in ["http://localhost:80", "http://127.0.0.1:8080", "http://[::1]"] {
            let way = way(url);
            assert!(way.stays_here() && way.proxy.is_none() && !way.has_tls, "{way:?}");
        }
        assert_eq!(way("http://[::1]").address(), Some("::1".parse().unwrap()));
        assert_eq!((way("http://[::1]").port, way("http://10.0.0.1:8080").port), (80, 8080));
    }
}
