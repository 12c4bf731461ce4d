//! The base URL of the API: one of Kaltura's regions, or another server.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The base URL of every request, such as `https://www.kaltura.com`.
///
/// Requests contain secrets, so the URL must be https. Plain http is accepted only for loopback (`localhost`,
/// `127.0.0.0/8`, `::1`) and through [`ServiceUrl::parse_allowing_http`].
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
///
/// In a configuration it is a text, read as by `parse`. A URL that was accepted by
/// [`parse_allowing_http`](ServiceUrl::parse_allowing_http) is written, but not read back: plain http is a decision of
/// the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceUrl(Cow<'static, str>);

impl ServiceUrl {
    /// The United States, the default region: `https://www.kaltura.com`.
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

    /// Parses a URL as `parse` does, and accepts plain http to any host.
    ///
    /// Token hashes and sessions are then sent unencrypted.
    ///
    /// # Errors
    ///
    /// As `parse`, except [`InvalidServiceUrl::PlainHttp`].
    pub fn parse_allowing_http(text: &str) -> Result<Self, InvalidServiceUrl> {
        Self::parse(text, true)
    }

    /// Scheme, host, port and path, without a trailing slash and without `/api_v3`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of `service.action`, with the response in JSON.
    ///
    /// Everything except ASCII letters, digits, `_` and `-` in the names is percent-encoded, so that a name cannot lead
    /// to another path.
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
        // Built for each request: formatting takes several times as long.
        let mut url = String::with_capacity(self.0.len() + service.len() + action.len() + 40);
        url.push_str(&self.0);
        url.push_str("/api_v3/service/");
        push_segment(&mut url, service);
        url.push_str("/action/");
        push_segment(&mut url, action);
        url.push_str("?format=1");
        url
    }

    /// The URL of a multirequest, with the response in JSON (wire contract, sections 1.1 and 8).
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

    fn parse(text: &str, allow_http: bool) -> Result<Self, InvalidServiceUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidServiceUrl::InvalidSyntax)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidServiceUrl::NotAbsolute);
        };
        if authority.as_str().contains('@') {
            return Err(InvalidServiceUrl::ContainsUserInfo);
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(InvalidServiceUrl::ContainsQuery);
        }
        let host = Host::parse(authority.host()).ok_or(InvalidServiceUrl::InvalidHost)?;
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err(InvalidServiceUrl::InvalidHost);
        }
        match scheme {
            "https" => {}
            "http" if allow_http || host.is_loopback() => {}
            "http" => return Err(InvalidServiceUrl::PlainHttp),
            _ => return Err(InvalidServiceUrl::UnsupportedScheme),
        }
        let mut path = uri.path().trim_end_matches('/');
        // Twice, if a program has added it to a URL that had it. What remains is read as it is written.
        while let Some(before) = path.strip_suffix("/api_v3") {
            path = before.trim_end_matches('/');
        }
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(InvalidServiceUrl::InvalidSyntax);
        }
        Ok(Self(Cow::Owned(format!("{scheme}://{authority}{path}"))))
    }
}

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    /// Parses a URL with or without `/api_v3` and a trailing slash.
    fn from_str(text: &str) -> Result<Self, InvalidServiceUrl> {
        Self::parse(text, false)
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

impl Serialize for ServiceUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ServiceUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A host that every URL parser reads the same way. Forms that parsers disagree about, such as `127.1` or
/// `0x7f000001`, are names here and so never loopback.
enum Host<'a> {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Name(&'a str),
}

impl<'a> Host<'a> {
    fn parse(text: &'a str) -> Option<Self> {
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

/// Appends a segment of a path: everything except ASCII letters, digits, `_` and `-` is percent-encoded.
fn push_segment(url: &mut String, segment: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if segment.bytes().all(is_plain) {
        url.push_str(segment);
        return;
    }
    for byte in segment.bytes() {
        if is_plain(byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Why a text is not a [`ServiceUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidServiceUrl {
    /// It is not a URL.
    #[error("not a URL: the form is https://www.kaltura.com")]
    InvalidSyntax,
    /// It has no scheme or no host.
    #[error("the service URL must begin with https:// and a host, like https://www.kaltura.com")]
    NotAbsolute,
    /// Its scheme is neither http nor https.
    #[error("the service URL must begin with https://")]
    UnsupportedScheme,
    /// It is plain http to another machine.
    #[error("the service URL must begin with https://: plain http sends the session unencrypted")]
    PlainHttp,
    /// It contains a user name or a password.
    #[error("the service URL must not contain a user name or password: the API does not use them")]
    ContainsUserInfo,
    /// It contains a query or a fragment.
    #[error("the service URL must not contain a query or a fragment")]
    ContainsQuery,
    /// Its host or port is invalid.
    #[error("the host or port of the service URL is invalid; internationalized names have the form xn--…")]
    InvalidHost,
}

/// A region of Kaltura's own service. Each partner belongs to one of them.
///
/// In a configuration it is its short name, read as by `parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "another region can be used by its URL")]
pub enum Region {
    /// The United States; the default.
    Us,
    /// Germany.
    De,
    /// Europe.
    Eu,
    /// Singapore.
    Sg,
    /// Canada.
    Ca,
    /// Asia and the Pacific.
    Ap,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 6] = [Self::Us, Self::De, Self::Eu, Self::Sg, Self::Ca, Self::Ap];

    /// The short name, such as `eu`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::De => "de",
            Self::Eu => "eu",
            Self::Sg => "sg",
            Self::Ca => "ca",
            Self::Ap => "ap",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Parses a short name, case-insensitively.
    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::ALL.into_iter().find(|region| region.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownRegion)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The text is not the short name of a [`Region`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region: use us, de, eu, sg, ca or ap")]
#[non_exhaustive]
pub struct UnknownRegion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_slashes_and_api_v3_are_removed() {
        for text in [
            "https://video.example.com",
            "https://video.example.com/",
            "https://video.example.com/api_v3",
            "https://video.example.com/api_v3/",
            "https://video.example.com/api_v3//api_v3/",
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
    fn plain_http_is_accepted_only_for_loopback() {
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
            assert!(ServiceUrl::parse_allowing_http(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_invalid_base_url_is_refused_with_its_reason() {
        use InvalidServiceUrl::{
            ContainsQuery, ContainsUserInfo, InvalidHost, InvalidSyntax, NotAbsolute, UnsupportedScheme,
        };
        for (text, reason) in [
            ("", InvalidSyntax),
            ("www.kaltura.com", NotAbsolute),
            ("/api_v3", NotAbsolute),
            ("ftp://example.com", UnsupportedScheme),
            ("https://user:pass@example.com", ContainsUserInfo),
            ("http://localhost@example.com", ContainsUserInfo),
            ("https://example.com/?ks=1", ContainsQuery),
            ("https://example.com/#x", ContainsQuery),
            ("https://exa mple.com", InvalidSyntax),
            ("https://example.com:99999", InvalidHost),
            ("https://example.com:x", InvalidHost),
            ("https://example.com/a/../b", InvalidSyntax),
            ("https://münchen.example", InvalidSyntax),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_configuration_is_read_strictly_and_written() {
        let url: ServiceUrl = serde_json::from_str(r#""https://video.example.com/api_v3/""#).unwrap();
        assert_eq!(serde_json::to_string(&url).unwrap(), r#""https://video.example.com""#);
        for region in Region::ALL {
            let json = serde_json::to_string(&region).unwrap();
            assert_eq!(serde_json::from_str::<Region>(&json.to_uppercase()).unwrap(), region);
        }
        for json in [r#""http://hush.example.com""#, r#""hush""#, r#""""#, "1", "null"] {
            let error = serde_json::from_str::<ServiceUrl>(json).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
            let error = serde_json::from_str::<Region>(json).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_name_cannot_lead_to_another_path() {
        let url = ServiceUrl::US.action_url("../x", "a/b?c=d");
        assert!(url.ends_with("/service/%2E%2E%2Fx/action/a%2Fb%3Fc%3Dd?format=1"), "{url}");
    }
}
