//! Which proxy is used.

use std::fmt;

use http::Uri;
use reqwest::{ClientBuilder, Proxy, Url};

use super::BuildError;
use super::no_proxy::NoProxyHosts;

/// The variables that select a proxy.
const VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The custom proxy if there is one, else those of the environment, unless proxies are disabled.
#[derive(Clone, Debug, Default)]
pub(super) struct ProxySettings {
    custom: Option<CustomProxy>,
    disabled: bool,
}

/// A proxy as given by the caller, not yet validated.
#[derive(Clone, Default)]
pub(super) struct CustomProxy {
    pub(super) url: String,
    /// User name and password.
    pub(super) basic_auth: Option<(String, String)>,
    /// Hosts for which the proxy is not used, in the form of `NO_PROXY`.
    pub(super) bypass: String,
}

impl ProxySettings {
    /// The custom proxy, for setting it.
    pub(super) fn custom(&mut self) -> &mut CustomProxy {
        self.disabled = false;
        self.custom.get_or_insert_default()
    }

    pub(super) fn disable(&mut self) {
        *self = Self { custom: None, disabled: true };
    }

    /// Whether there may be a proxy, from the settings or the environment.
    pub(super) fn applies(&self) -> bool {
        let is_set = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        !self.disabled && (self.custom.is_some() || VARIABLES.into_iter().any(is_set))
    }

    /// The hosts for which the proxy is not used, besides loopback.
    pub(super) fn no_proxy_hosts(&self) -> NoProxyHosts {
        match &self.custom {
            Some(proxy) => NoProxyHosts::new(&proxy.bypass),
            None => NoProxyHosts::from_env(),
        }
    }

    pub(super) fn apply(&self, client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
        match &self.custom {
            Some(proxy) => Ok(client.proxy(proxy.to_reqwest()?)),
            None if self.disabled => Ok(client.no_proxy()),
            None => Ok(client),
        }
    }
}

impl CustomProxy {
    fn to_reqwest(&self) -> Result<Proxy, BuildError> {
        let mut url = self.parse_url().ok_or(BuildError::InvalidProxy)?;
        if let Some((user, password)) = &self.basic_auth {
            url.set_username(user).map_err(|()| BuildError::InvalidProxy)?;
            url.set_password(Some(password)).map_err(|()| BuildError::InvalidProxy)?;
        }
        // reqwest silently ignores a URL that is not a `Uri`, and would send everything without a proxy.
        if url.as_str().parse::<Uri>().is_err() {
            return Err(BuildError::InvalidProxy);
        }
        // The cause may contain the URL, and so the password.
        Proxy::all(url).map_err(|_| BuildError::InvalidProxy)
    }

    /// Accepts `proxy.example.com:3128` as http, as curl does.
    fn parse_url(&self) -> Option<Url> {
        let url = match self.url.contains("://") {
            true => Url::parse(&self.url).ok()?,
            false => Url::parse(&format!("http://{}", self.url)).ok()?,
        };
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        (is_origin && url.has_host() && matches!(url.scheme(), "http" | "https")).then_some(url)
    }
}

impl fmt::Debug for CustomProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.parse_url().and_then(|url| url.host_str().map(str::to_owned));
        f.debug_struct("CustomProxy")
            .field("host", &host)
            .field("bypass", &self.bypass)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_url_must_be_http_or_https_without_a_path() {
        let is_valid =
            |url: &str| CustomProxy { url: url.to_owned(), ..CustomProxy::default() }.to_reqwest().is_ok();
        for url in [
            "http://proxy.example.com:3128",
            "https://proxy.example.com",
            "proxy.example.com:3128",
            "user:p%40ss@proxy.example.com:3128",
            "http://[::1]:8080/",
        ] {
            assert!(is_valid(url), "{url}");
        }
        for url in [
            "",
            "http://",
            "socks5://proxy.example.com",
            "ftp://proxy.example.com",
            "http://proxy.example.com/path",
            "http://proxy.example.com/?query",
            "http://proxy.example.com:99999",
        ] {
            assert!(!is_valid(url), "{url}");
        }
    }

    #[test]
    fn proxy_url_that_reqwest_would_ignore_is_rejected() {
        let basic_auth = |length| Some(("user".to_owned(), "x".repeat(length)));
        let url = "http://proxy.example.com".to_owned();
        let proxy =
            |length| CustomProxy { url: url.clone(), basic_auth: basic_auth(length), ..Default::default() };
        assert!(proxy(100).to_reqwest().is_ok());
        // Longer than the longest `Uri`.
        assert!(proxy(1 << 16).to_reqwest().is_err());
    }
}
