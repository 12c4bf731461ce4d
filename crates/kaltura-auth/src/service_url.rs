//! Where the API is: one of Kaltura's regions, or a server of one's own.

mod region;

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;

pub use self::region::{Region, UnknownRegion};

/// The base of every request, such as `https://www.kaltura.com`.
///
/// Secrets go over https. Plain http is taken for this machine only (`localhost`, `127.0.0.0/8`, `::1`), or
/// when it is asked for by name: [`ServiceUrl::allowing_plain_http`].
///
/// ```
/// # use kaltura_auth::{Region, ServiceUrl};
/// assert_eq!(ServiceUrl::from(Region::Eu).as_str(), "https://api.eu.kaltura.com");
///
/// let own: ServiceUrl = "https://video.example.com/api_v3/".parse()?;
/// assert_eq!(own.as_str(), "https://video.example.com");
///
/// assert!("http://video.example.com".parse::<ServiceUrl>().is_err());
/// assert!("http://127.0.0.1:8080".parse::<ServiceUrl>().is_ok());
/// # Ok::<(), kaltura_auth::InvalidServiceUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceUrl(Cow<'static, str>);

impl ServiceUrl {
    /// The United States, and whoever does not know better: `https://www.kaltura.com`.
    pub const US: Self = Self(Cow::Borrowed("https://www.kaltura.com"));
    /// Germany: `https://api.de.kaltura.com`.
    pub const DE: Self = Self(Cow::Borrowed("https://api.de.kaltura.com"));
    /// Europe: `https://api.eu.kaltura.com`.
    pub const EU: Self = Self(Cow::Borrowed("https://api.eu.kaltura.com"));
    /// Singapore: `https://api.sg.kaltura.com`.
    pub const SG: Self = Self(Cow::Borrowed("https://api.sg.kaltura.com"));
    /// Canada: `https://api.ca.kaltura.com`.
    pub const CA: Self = Self(Cow::Borrowed("https://api.ca.kaltura.com"));
    /// Asia and the Pacific: `https://api.ap.kaltura.com`.
    pub const AP: Self = Self(Cow::Borrowed("https://api.ap.kaltura.com"));

    /// Reads a URL as `parse` does, but takes plain http to any host.
    ///
    /// Token hashes and sessions then travel readable by everybody on the way.
    ///
    /// # Errors
    ///
    /// As `parse`, but for [`InvalidServiceUrl::PlainHttp`].
    pub fn allowing_plain_http(text: &str) -> Result<Self, InvalidServiceUrl> {
        Self::read(text, true)
    }

    /// Scheme, host, port and path, without a slash at the end and without `/api_v3`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where `service.action` is called, answering in JSON.
    ///
    /// What is not a letter or a digit in the names is escaped, so that no name can reach another path.
    ///
    /// ```
    /// # use kaltura_auth::ServiceUrl;
    /// assert_eq!(
    ///     ServiceUrl::US.action_url("appToken", "startSession"),
    ///     "https://www.kaltura.com/api_v3/service/appToken/action/startSession?format=1"
    /// );
    /// ```
    #[must_use]
    pub fn action_url(&self, service: &str, action: &str) -> String {
        format!("{}/api_v3/service/{}/action/{}?format=1", self.0, Segment(service), Segment(action))
    }

    /// Where several calls are made in one request, answering in JSON (wire contract, sections 1.1 and 8).
    ///
    /// ```
    /// # use kaltura_auth::ServiceUrl;
    /// let url = ServiceUrl::EU.multirequest_url();
    /// assert_eq!(url, "https://api.eu.kaltura.com/api_v3/service/multirequest?format=1");
    /// ```
    #[must_use]
    pub fn multirequest_url(&self) -> String {
        format!("{}/api_v3/service/multirequest?format=1", self.0)
    }

    fn read(text: &str, plain_http_allowed: bool) -> Result<Self, InvalidServiceUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidServiceUrl::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidServiceUrl::NotAbsolute);
        };
        if authority.as_str().contains('@') {
            return Err(InvalidServiceUrl::HoldsUser);
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(InvalidServiceUrl::HoldsQuery);
        }
        let host = Host::read(authority.host()).ok_or(InvalidServiceUrl::OddHost)?;
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err(InvalidServiceUrl::OddHost);
        }
        match scheme {
            "https" => {}
            "http" if plain_http_allowed || host.is_loopback() => {}
            "http" => return Err(InvalidServiceUrl::PlainHttp),
            _ => return Err(InvalidServiceUrl::OddScheme),
        }
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/api_v3").unwrap_or(path).trim_end_matches('/');
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(InvalidServiceUrl::NotAUrl);
        }
        Ok(Self(Cow::Owned(format!("{scheme}://{authority}{path}"))))
    }
}

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    /// Reads a URL with or without `/api_v3` and a slash at the end.
    fn from_str(text: &str) -> Result<Self, InvalidServiceUrl> {
        Self::read(text, false)
    }
}

impl From<Region> for ServiceUrl {
    fn from(region: Region) -> Self {
        match region {
            Region::Us => Self::US,
            Region::De => Self::DE,
            Region::Eu => Self::EU,
            Region::Sg => Self::SG,
            Region::Ca => Self::CA,
            Region::Ap => Self::AP,
        }
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host as every URL parser reads it. What parsers disagree about, such as `127.1` or `0x7f000001`, is a
/// name here, and so never loopback.
enum Host<'a> {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Name(&'a str),
}

impl<'a> Host<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            return inner.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        if let Ok(address) = text.parse() {
            return Some(Self::V4(address));
        }
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_');
        (plain && !text.is_empty()).then_some(Self::Name(text))
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// A name as one segment of a path.
struct Segment<'a>(&'a str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// Why a text is no [`ServiceUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidServiceUrl {
    /// It is no URL.
    #[error("not a URL: write it like https://www.kaltura.com")]
    NotAUrl,
    /// It has no scheme or no host.
    #[error("the service URL must begin with https:// and a host, like https://www.kaltura.com")]
    NotAbsolute,
    /// Its scheme is neither http nor https.
    #[error("the service URL must begin with https://")]
    OddScheme,
    /// It is plain http to another machine.
    #[error(
        "the service URL must begin with https://: over plain http everybody on the way can read the session"
    )]
    PlainHttp,
    /// It holds a user name or a password.
    #[error("the service URL may not hold a user name or password: the API does not know them")]
    HoldsUser,
    /// It holds a query or a fragment.
    #[error("the service URL may not hold a query or a fragment")]
    HoldsQuery,
    /// Its host or port can not be read.
    #[error("the host or port of the service URL can not be read; write other alphabets as xn--…")]
    OddHost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_matter() {
        for text in [
            "https://video.example.com",
            "https://video.example.com/",
            "https://video.example.com/api_v3",
            "https://video.example.com/api_v3/",
            "https://video.example.com//",
        ] {
            assert_eq!(text.parse::<ServiceUrl>().unwrap().as_str(), "https://video.example.com", "{text}");
        }
        let deep: ServiceUrl = "https://example.com:8443/kaltura/api_v3".parse().unwrap();
        assert_eq!(
            deep.action_url("a", "b"),
            "https://example.com:8443/kaltura/api_v3/service/a/action/b?format=1"
        );
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for text in [
            "http://localhost",
            "http://LOCALHOST:80",
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:8080",
        ] {
            assert!(text.parse::<ServiceUrl>().is_ok(), "{text}");
        }
        for text in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.1",
            "http://0x7f000001",
            "http://2130706433",
            "http://[::2]",
            "http://10.0.0.1",
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(InvalidServiceUrl::PlainHttp), "{text}");
            assert!(ServiceUrl::allowing_plain_http(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_its_reason() {
        use InvalidServiceUrl::{HoldsQuery, HoldsUser, NotAUrl, NotAbsolute, OddHost, OddScheme};
        for (text, reason) in [
            ("", NotAUrl),
            ("www.kaltura.com", NotAbsolute),
            ("/api_v3", NotAbsolute),
            ("ftp://example.com", OddScheme),
            ("https://user:pass@example.com", HoldsUser),
            ("http://localhost@example.com", HoldsUser),
            ("https://example.com/?ks=1", HoldsQuery),
            ("https://example.com/#x", HoldsQuery),
            ("https://exa mple.com", NotAUrl),
            ("https://example.com:99999", OddHost),
            ("https://example.com:x", OddHost),
            ("https://example.com/a/../b", NotAUrl),
            ("https://münchen.example", NotAUrl),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_name_can_not_reach_another_path() {
        let url = ServiceUrl::US.action_url("../x", "a/b?c=d");
        assert!(url.ends_with("/service/%2E%2E%2Fx/action/a%2Fb%3Fc%3Dd?format=1"), "{url}");
    }
}
