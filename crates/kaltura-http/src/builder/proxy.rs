//! Which proxies are used.

use std::fmt;

use http::Uri;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};

use super::BuildError;

/// Where proxies come from: from the program, else from the environment, unless that is switched off.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    given: Option<GivenProxy>,
    switched_off: bool,
}

/// A proxy as it was given, not yet looked at.
#[derive(Clone, Default)]
pub(super) struct GivenProxy {
    pub(super) url: String,
    pub(super) credentials: Option<(String, String)>,
    pub(super) exceptions: String,
}

impl Proxies {
    /// The proxy that the program gives.
    pub(super) fn given(&mut self) -> &mut GivenProxy {
        self.switched_off = false;
        self.given.get_or_insert_default()
    }

    pub(super) fn switch_off(&mut self) {
        *self = Self { given: None, switched_off: true };
    }

    pub(super) const fn switched_off(&self) -> bool {
        self.switched_off
    }

    pub(super) fn apply(&self, client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
        match &self.given {
            Some(proxy) => Ok(client.proxy(proxy.to_reqwest()?)),
            None if self.switched_off => Ok(client.no_proxy()),
            None => Ok(client),
        }
    }
}

impl GivenProxy {
    fn to_reqwest(&self) -> Result<Proxy, BuildError> {
        let mut url = self.parse().ok_or(BuildError::Proxy)?;
        if let Some((user, password)) = &self.credentials {
            url.set_username(user).map_err(|()| BuildError::Proxy)?;
            url.set_password(Some(password)).map_err(|()| BuildError::Proxy)?;
        }
        // A URL that is no `Uri` would be dropped in silence, and everything would go past the proxy.
        if url.as_str().parse::<Uri>().is_err() {
            return Err(BuildError::Proxy);
        }
        // The cause may hold the URL, and so the password.
        let proxy = Proxy::all(url).map_err(|_| BuildError::Proxy)?;
        Ok(proxy.no_proxy(NoProxy::from_string(&self.exceptions)))
    }

    /// As other programs do, it takes `proxy.example.com:3128` for one of http.
    fn parse(&self) -> Option<Url> {
        let url = match self.url.contains("://") {
            true => Url::parse(&self.url).ok()?,
            false => Url::parse(&format!("http://{}", self.url)).ok()?,
        };
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        (bare && url.has_host() && matches!(url.scheme(), "http" | "https")).then_some(url)
    }
}

impl fmt::Debug for GivenProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.parse().and_then(|url| url.host_str().map(str::to_owned));
        f.debug_struct("GivenProxy")
            .field("host", &host)
            .field("exceptions", &self.exceptions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_bare_url_of_http_or_https() {
        let reads =
            |url: &str| GivenProxy { url: url.to_owned(), ..GivenProxy::default() }.to_reqwest().is_ok();
        for url in [
            "http://proxy.example.com:3128",
            "https://proxy.example.com",
            "proxy.example.com:3128",
            "user:p%40ss@proxy.example.com:3128",
            "http://[::1]:8080/",
        ] {
            assert!(reads(url), "{url}");
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
            assert!(!reads(url), "{url}");
        }
    }

    #[test]
    fn a_proxy_that_could_not_be_asked_is_refused_and_not_passed_by() {
        let credentials = |length| Some(("user".to_owned(), "x".repeat(length)));
        let url = "http://proxy.example.com".to_owned();
        let proxy =
            |length| GivenProxy { url: url.clone(), credentials: credentials(length), ..Default::default() };
        assert!(proxy(100).to_reqwest().is_ok());
        // Longer than any URI that the client takes.
        assert!(proxy(1 << 16).to_reqwest().is_err());
    }
}
