//! The route to the server: its URL, its host, and the proxy in between.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kaltura_auth::ServiceUrl;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::report::Line;
use crate::args::region_of;
use crate::error::ExitCode;
use crate::output::Ui;

/// The route to the server. `Display` is `host:port, TLS, via proxy HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// A name, or an address without brackets.
    host: String,
    port: u16,
    has_tls: bool,
    proxy: Option<String>,
}

impl Route {
    /// The route that the transport takes: through the proxies of the environment, but directly to this machine.
    pub(super) fn to(url: &ServiceUrl) -> Self {
        let route = Self::through(url, &Matcher::from_env());
        // The matcher alone reads `NO_PROXY` in another way than the transport.
        if kaltura_http::no_proxy_names(url) { Self { proxy: None, ..route } } else { route }
    }

    fn through(url: &ServiceUrl, proxies: &Matcher) -> Self {
        // A service URL is a URL.
        let uri: Uri = url.as_str().parse().unwrap_or_default();
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let has_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if has_tls { 443 } else { 80 });
        let route = Self { host, port, has_tls, proxy: None };
        if route.is_local() {
            return route;
        }
        // User and password are not in it: `ServerOptions` refuses a URL in which they cannot be told from the host.
        let proxy = proxies.intercept(&uri).map(|proxy| {
            let authority = proxy.uri().authority().map(ToString::to_string).unwrap_or_default();
            authority.rsplit('@').next().unwrap_or_default().to_owned()
        });
        Self { proxy, ..route }
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether it does not leave this machine.
    fn is_local(&self) -> bool {
        self.host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
            || self.address().is_some_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        write!(f, ":{}, {}", self.port, if self.has_tls { "TLS" } else { "no TLS" })?;
        self.proxy.as_ref().map_or(Ok(()), |proxy| write!(f, ", via proxy {proxy}"))
    }
}

/// The service URL: whether it can be one of Kaltura's, and who can read what is sent there. `ignored` is what names
/// another server, and is not used.
pub(super) fn service_url(url: &ServiceUrl, route: &Route, ignored: Option<String>) -> Line {
    let line = |message: String| match &ignored {
        Some(ignored) => {
            let message = format!("{message}; {ignored}");
            Line::warning("service URL", message, "Set either the region or the service URL.")
        }
        None => Line::ok("service URL", message),
    };
    if let Some(region) = region_of(url) {
        return line(format!("{url}, region {region}"));
    }
    if !route.has_tls && !route.is_local() {
        return Line::warning(
            "service URL",
            format!("{url}: over plain HTTP anyone on the network can read the session"),
            "Use https://, unless you trust the network in between.",
        );
    }
    if route.host == "kaltura.com" || route.host.ends_with(".kaltura.com") {
        return Line::warning(
            "service URL",
            format!("{url} belongs to Kaltura, but is none of the known regions"),
            "Use a region by its name: --region us, de, eu, sg, ca or ap.",
        );
    }
    let after_scheme = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |place| &after_scheme[place..]);
    let path = if path.is_empty() { String::new() } else { format!(", with the path {path}") };
    let what = if route.is_local() { "on this machine" } else { "self-hosted" };
    line(format!("{url}, {what}{path}"))
}

/// Looks the host up.
pub(super) async fn dns(ui: &Ui, route: &Route, limit: Duration) -> Line {
    let Route { host, port, proxy, .. } = route;
    if route.address().is_some() {
        return Line::ok("DNS", format!("{host} is an address, no lookup needed"));
    }
    let _waiting = ui.waiting_for(&format!("looking up {host}"));
    let why = match timeout(limit, lookup_host((host.as_str(), *port))).await {
        Ok(Ok(addresses)) => return Line::ok("DNS", format!("{host} has {}", counted(addresses))),
        Ok(Err(error)) => format!("{host} was not found: {error}"),
        Err(_) => format!("the lookup of {host} took longer than {} s", limit.as_secs()),
    };
    match proxy {
        // In many networks only the proxy can look names up.
        Some(proxy) => Line::skipped("DNS", format!("{why}; not needed, since proxy {proxy} looks it up")),
        None => Line::failed(
            "DNS",
            ExitCode::Network,
            why,
            "Check the spelling of the service URL, and whether this machine finds other names. If this network \
             requires a proxy, set HTTPS_PROXY.",
        ),
    }
}

/// `3 addresses (2 IPv4, 1 IPv6)`.
fn counted(addresses: impl Iterator<Item = SocketAddr>) -> String {
    let (v4, v6): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses.partition(SocketAddr::is_ipv4);
    let families: Vec<String> = [(v4.len(), "IPv4"), (v6.len(), "IPv6")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, family)| format!("{count} {family}"))
        .collect();
    let all = v4.len() + v6.len();
    format!("{all} {} ({})", if all == 1 { "address" } else { "addresses" }, families.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route_with(url: &str, proxy: &str) -> Route {
        let proxies = Matcher::builder().all(proxy).no("eu.kaltura.com").build();
        let url = ServiceUrl::parse_allowing_http(url).unwrap();
        Route::through(&url, &proxies)
    }

    fn route(url: &str) -> Route {
        route_with(url, "http://me:hush@proxy.example.com:3128")
    }

    #[test]
    fn the_proxy_is_shown_without_its_password() {
        assert_eq!(
            route("https://www.kaltura.com").to_string(),
            "www.kaltura.com:443, TLS, via proxy proxy.example.com:3128"
        );
        assert_eq!(route("https://api.eu.kaltura.com").to_string(), "api.eu.kaltura.com:443, TLS");
        for proxy in ["proxy.example.com:3128", "http://proxy.example.com:3128/"] {
            assert_eq!(route_with("https://www.kaltura.com", proxy).proxy.unwrap(), "proxy.example.com:3128");
        }
    }

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for url in ["http://localhost:80", "http://127.0.0.1:8080", "http://[::1]"] {
            let route = route(url);
            assert!(route.is_local() && route.proxy.is_none() && !route.has_tls, "{route:?}");
        }
        assert_eq!(route("http://[::1]").to_string(), "[::1]:80, no TLS");
    }

    #[test]
    fn each_kind_of_url_is_told_apart() {
        for (url, verdict, text) in [
            ("https://api.eu.kaltura.com", "ok", "region eu"),
            ("https://www.kaltura.com/api_v3/", "ok", "region us"),
            ("http://www.kaltura.com", "warning", "plain HTTP"),
            ("https://cdnapi.kaltura.com", "warning", "none of the known regions"),
            ("https://www.kaltura.com/x", "warning", "none of the known regions"),
            ("https://notkaltura.com", "ok", "self-hosted"),
            ("https://video.example.com/kaltura", "ok", "with the path /kaltura"),
            ("http://127.0.0.1:8080", "ok", "on this machine"),
        ] {
            let line = service_url(&ServiceUrl::parse_allowing_http(url).unwrap(), &route(url), None);
            let line = serde_json::to_value(&line).unwrap();
            assert_eq!(line["verdict"], verdict, "{line}");
            assert!(line["message"].as_str().unwrap().contains(text), "{line}");
        }
    }

    #[test]
    fn addresses_are_counted_by_family() {
        let count = |texts: &[&str]| counted(texts.iter().map(|text| text.parse().unwrap()));
        assert_eq!(count(&["10.0.0.1:1"]), "1 address (1 IPv4)");
        assert_eq!(count(&["10.0.0.1:1", "[::2]:1", "10.0.0.2:1"]), "3 addresses (2 IPv4, 1 IPv6)");
    }
}
