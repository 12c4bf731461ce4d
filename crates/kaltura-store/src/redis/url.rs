//! The address of a server: the forms of its URL, and what is refused.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// The port of a server that its URL does not name.
const SERVER_PORT: u16 = 6379;
/// The port of a Sentinel that its URL does not name.
const SENTINEL_PORT: u16 = 26379;

/// The URL of a Redis or Valkey server, with the credentials.
///
/// | server | URL |
/// |---|---|
/// | with TLS | `rediss://USER:PASSWORD@HOST:PORT/DATABASE` |
/// | on this machine | `redis://127.0.0.1:6379/0` |
/// | at a Unix socket | `unix:///run/redis/redis.sock?db=2&user=USER&pass=PASSWORD` |
/// | found through Sentinel, with TLS | `rediss+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/MASTER/DATABASE` |
///
/// `USER:` may be absent, the colon not: `rediss://:PASSWORD@HOST`. `/`, `?`, `#` and `@` in a user or a password
/// are percent-encoded. `valkey` and `valkeys` are other names of `redis` and `rediss`. The credentials of a URL
/// with Sentinels are those of the server that they name.
///
/// Sessions and passwords are sent to the server, so without TLS it must be at loopback (`localhost`, `127.0.0.0/8`,
/// `::1`) or at a Unix socket; [`parse_allowing_plaintext`](Self::parse_allowing_plaintext) accepts any host.
///
/// `Debug` and `Display` show `***` in place of the password.
///
/// ```
/// use kaltura_store::redis::{InvalidRedisUrl, RedisUrl};
///
/// let url: RedisUrl = "rediss://worker:wyZ5pQ@redis.example.com/2".parse()?;
/// assert_eq!(url.to_string(), "rediss://worker:***@redis.example.com:6379/2");
///
/// let refused = "redis://redis.example.com".parse::<RedisUrl>();
/// assert_eq!(refused, Err(InvalidRedisUrl::Plaintext));
/// # Ok::<(), InvalidRedisUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    pub(super) target: Target,
    pub(super) tls: bool,
    pub(super) credentials: Option<RedisCredentials>,
    pub(super) database: u32,
    pub(super) plaintext_allowed: bool,
}

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Tcp(Endpoint),
    Unix(PathBuf),
    Sentinel { sentinels: Vec<Endpoint>, master: String },
}

/// A user of the server and the password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RedisCredentials {
    /// The default user if absent.
    pub(super) user: Option<String>,
    pub(super) password: Arc<Zeroizing<String>>,
}

impl fmt::Debug for RedisCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCredentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
}

impl RedisUrl {
    /// Parses a URL as `parse` does, and accepts a server without TLS at any host.
    ///
    /// Passwords and sessions are then sent unencrypted.
    ///
    /// # Errors
    ///
    /// As `parse`, except [`InvalidRedisUrl::Plaintext`].
    pub fn parse_allowing_plaintext(text: &str) -> Result<Self, InvalidRedisUrl> {
        Self::parse(text, true)
    }

    /// Whether it contains a password, and so must not be a command-line argument.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        self.credentials.is_some()
    }

    fn parse(text: &str, plaintext_allowed: bool) -> Result<Self, InvalidRedisUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidRedisUrl::InvalidSyntax)?;
        if rest.contains('#') {
            return Err(InvalidRedisUrl::ContainsFragment);
        }
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let scheme = scheme.to_ascii_lowercase();
        let (tls, sentinel) = match scheme.as_str() {
            "unix" | "redis+unix" | "valkey+unix" => return Self::parse_unix(rest, query),
            "redis" | "valkey" => (false, false),
            "rediss" | "valkeys" => (true, false),
            "redis+sentinel" | "valkey+sentinel" => (false, true),
            "rediss+sentinel" | "valkeys+sentinel" => (true, true),
            _ => return Err(InvalidRedisUrl::UnsupportedScheme),
        };
        match query {
            None => {}
            Some(query) if names_database(query) => return Err(InvalidRedisUrl::DatabaseInQuery),
            Some(_) => return Err(InvalidRedisUrl::UnknownParameter),
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, hosts) = match authority.rsplit_once('@') {
            Some((user_info, hosts)) => (Some(user_info), hosts),
            None => (None, authority),
        };
        let credentials = user_info.map(parse_user_info).transpose()?;
        let (target, database) = if sentinel {
            let (master, database) = path.split_once('/').unwrap_or((path, ""));
            let master = decode(master)?;
            if master.is_empty() {
                return Err(InvalidRedisUrl::MissingMaster);
            }
            let sentinels = hosts.split(',').map(|host| Endpoint::parse(host, SENTINEL_PORT));
            (Target::Sentinel { sentinels: sentinels.collect::<Result<_, _>>()?, master }, database)
        } else {
            (Target::Tcp(Endpoint::parse(hosts, SERVER_PORT)?), path)
        };
        let url = Self { target, tls, credentials, database: parse_database(database)?, plaintext_allowed };
        if url.is_plaintext_to_another_machine() {
            return Err(InvalidRedisUrl::Plaintext);
        }
        Ok(url)
    }

    fn parse_unix(path: &str, query: Option<&str>) -> Result<Self, InvalidRedisUrl> {
        if !path.starts_with('/') {
            return Err(InvalidRedisUrl::RelativeSocket);
        }
        let (mut user, mut password, mut database) = (None, None, 0);
        for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("db", value) => database = parse_database(value)?,
                ("user", value) => user = Some(decode(value)?).filter(|user| !user.is_empty()),
                ("pass", value) => password = Some(decode(value)?).filter(|password| !password.is_empty()),
                _ => return Err(InvalidRedisUrl::UnknownParameter),
            }
        }
        let credentials = match (user, password) {
            (user, Some(password)) => Some(RedisCredentials { user, password: secret(password) }),
            (Some(_), None) => return Err(InvalidRedisUrl::UserWithoutPassword),
            (None, None) => None,
        };
        let target = Target::Unix(Path::new(&decode(path)?).to_owned());
        Ok(Self { target, tls: false, credentials, database, plaintext_allowed: false })
    }

    /// Whether Sentinels say which server is the master.
    pub(super) const fn has_sentinels(&self) -> bool {
        matches!(self.target, Target::Sentinel { .. })
    }

    fn is_plaintext_to_another_machine(&self) -> bool {
        let endpoints = match &self.target {
            Target::Tcp(endpoint) => std::slice::from_ref(endpoint),
            Target::Sentinel { sentinels, .. } => sentinels,
            Target::Unix(_) => &[],
        };
        endpoints.iter().any(|endpoint| !self.may_connect(endpoint))
    }

    /// Whether the sessions may be sent to this host: a Sentinel may name another one than those of the URL.
    pub(super) fn may_connect(&self, endpoint: &Endpoint) -> bool {
        self.tls || self.plaintext_allowed || endpoint.is_loopback()
    }
}

impl FromStr for RedisUrl {
    type Err = InvalidRedisUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRedisUrl> {
        Self::parse(text, false)
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let user = match &self.credentials {
            Some(credentials) => format!("{}:***@", credentials.user.as_deref().unwrap_or_default()),
            None => String::new(),
        };
        match &self.target {
            Target::Tcp(endpoint) => write!(f, "{scheme}://{user}{endpoint}/{}", self.database),
            Target::Unix(path) => write!(f, "unix://{}?db={}", path.display(), self.database),
            Target::Sentinel { sentinels, master } => {
                let sentinels: Vec<_> = sentinels.iter().map(ToString::to_string).collect();
                let sentinels = sentinels.join(",");
                write!(f, "{scheme}+sentinel://{user}{sentinels}/{master}/{}", self.database)
            }
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

impl Endpoint {
    fn parse(text: &str, default_port: u16) -> Result<Self, InvalidRedisUrl> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(InvalidRedisUrl::InvalidHost)?;
                host.parse::<Ipv6Addr>().map_err(|_| InvalidRedisUrl::InvalidHost)?;
                (host, port)
            }
            None => {
                let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                if host.is_empty() || !host.bytes().all(plain) {
                    return Err(InvalidRedisUrl::InvalidHost);
                }
                (host, port)
            }
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or(InvalidRedisUrl::InvalidHost)?
            }
            None if port.is_empty() => default_port,
            _ => return Err(InvalidRedisUrl::InvalidHost),
        };
        Ok(Self { host: host.to_owned(), port })
    }

    /// An address that a Sentinel has named.
    pub(super) const fn new(host: String, port: u16) -> Self {
        Self { host, port }
    }

    fn is_loopback(&self) -> bool {
        match (self.host.parse::<Ipv4Addr>(), self.host.parse::<Ipv6Addr>()) {
            (Ok(address), _) => address.is_loopback(),
            (_, Ok(address)) => address.is_loopback(),
            _ => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// `USER:PASSWORD` or `:PASSWORD`. A text without a colon would be a user without a password.
fn parse_user_info(text: &str) -> Result<RedisCredentials, InvalidRedisUrl> {
    let (user, password) = text.split_once(':').ok_or(InvalidRedisUrl::UserWithoutPassword)?;
    let (user, password) = (decode(user)?, decode(password)?);
    if password.is_empty() {
        return Err(InvalidRedisUrl::UserWithoutPassword);
    }
    Ok(RedisCredentials { user: Some(user).filter(|user| !user.is_empty()), password: secret(password) })
}

fn secret(text: String) -> Arc<Zeroizing<String>> {
    Arc::new(Zeroizing::new(text))
}

fn parse_database(text: &str) -> Result<u32, InvalidRedisUrl> {
    match text {
        "" => Ok(0),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map_err(|_| InvalidRedisUrl::InvalidDatabase)
        }
        _ => Err(InvalidRedisUrl::InvalidDatabase),
    }
}

fn names_database(query: &str) -> bool {
    query.split('&').any(|pair| matches!(pair.split('=').next(), Some("db" | "database")))
}

fn decode(text: &str) -> Result<String, InvalidRedisUrl> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| InvalidRedisUrl::InvalidEncoding)?;
    Ok(decoded.into_owned())
}

/// Why a text is not a [`RedisUrl`]. It contains nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedisUrl {
    /// It is not a URL.
    #[error("not a URL: the form is rediss://USER:PASSWORD@HOST:PORT/DATABASE")]
    InvalidSyntax,
    /// Its scheme is not one of Redis.
    #[error("the URL must begin with rediss://, redis:// (this machine only), unix:// or rediss+sentinel://")]
    UnsupportedScheme,
    /// It has no TLS, and the host is another machine.
    #[error(
        "redis:// sends passwords and sessions unencrypted to another machine: use rediss://, or allow it explicitly"
    )]
    Plaintext,
    /// Its host or port is invalid.
    #[error(
        "the host or port is invalid: the form is rediss://HOST:PORT; in a password, write %2F for /, %3F for ?"
    )]
    InvalidHost,
    /// It has a user and no password.
    #[error(
        "a user without a password: write rediss://USER:PASSWORD@HOST, or rediss://:PASSWORD@HOST without a user"
    )]
    UserWithoutPassword,
    /// The database is in the query, where clients ignore it.
    #[error("the database belongs in the path: rediss://HOST:PORT/3, not ?db=3")]
    DatabaseInQuery,
    /// It has a parameter that does not exist.
    #[error("unknown parameter after ?: only unix:// has some: db, user, pass")]
    UnknownParameter,
    /// The database is not a number.
    #[error("the database must be a number: rediss://HOST:PORT/3")]
    InvalidDatabase,
    /// It contains a fragment.
    #[error("the URL must not contain #: in a password, write %23")]
    ContainsFragment,
    /// A percent-encoded text is not UTF-8.
    #[error("the URL has a percent-encoded text that is not UTF-8")]
    InvalidEncoding,
    /// The path of the socket is not absolute.
    #[error("the path of the socket must be absolute: unix:///run/redis/redis.sock")]
    RelativeSocket,
    /// The name under which the Sentinels know the server is absent.
    #[error("the name of the master is missing: rediss+sentinel://HOST:26379,HOST:26379/MASTER/DATABASE")]
    MissingMaster,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> RedisUrl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn each_form_is_read_and_shown_without_its_password() {
        for (text, shown) in [
            ("redis://localhost", "redis://localhost:6379/0"),
            ("REDIS://127.0.0.1:1/", "redis://127.0.0.1:1/0"),
            ("valkey://[::1]:7/3", "redis://[::1]:7/3"),
            ("rediss://example.com/15", "rediss://example.com:6379/15"),
            ("valkeys://u:hush@example.com", "rediss://u:***@example.com:6379/0"),
            ("rediss://:hush@example.com", "rediss://:***@example.com:6379/0"),
            ("rediss://u:hu%2Fsh%40@example.com", "rediss://u:***@example.com:6379/0"),
            ("unix:///run/redis.sock", "unix:///run/redis.sock?db=0"),
            ("redis+unix:///r%20s?db=2&user=u&pass=hush", "unix:///r s?db=2"),
            (
                "rediss+sentinel://u:hush@a.example:1,[fe80::1],b.example/main/4",
                "rediss+sentinel://u:***@a.example:1,[fe80::1]:26379,b.example:26379/main/4",
            ),
            ("redis+sentinel://127.0.0.1/main", "redis+sentinel://127.0.0.1:26379/main/0"),
        ] {
            let url = parse(text);
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(format!("{url:?}"), format!("RedisUrl({shown})"));
            assert_eq!(url.has_password(), text.contains("hu"), "{text}");
            assert_eq!(url.has_sentinels(), text.contains("+sentinel"), "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        let credentials = parse("rediss://%C3%BC:a%2Fb%3A%40:c@example.com").credentials.unwrap();
        assert_eq!((credentials.user.as_deref(), credentials.password.as_str()), (Some("ü"), "a/b:@:c"));
        let credentials = parse("unix:///s?pass=a%26b").credentials.unwrap();
        assert_eq!((credentials.user.as_deref(), credentials.password.as_str()), (None, "a&b"));
        assert_eq!(format!("{credentials:?}"), "RedisCredentials { user: None, .. }");
    }

    #[test]
    fn without_tls_only_this_machine_is_accepted() {
        for text in ["redis://127.9.9.9", "redis://[::1]", "redis://LOCALHOST:1", "unix:///s"] {
            parse(text);
        }
        for text in [
            "redis://example.com",
            "redis://localhost.example.com",
            "redis://127.1",
            "redis://10.0.0.1",
            "redis://[::2]",
            "redis+sentinel://127.0.0.1,10.0.0.1/main",
        ] {
            assert_eq!(text.parse::<RedisUrl>(), Err(InvalidRedisUrl::Plaintext), "{text}");
            assert!(RedisUrl::parse_allowing_plaintext(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_sentinel_may_not_name_another_machine_without_tls() {
        let remote = Endpoint::new("10.0.0.1".to_owned(), 6379);
        let text = "redis+sentinel://127.0.0.1/main";
        assert!(!parse(text).may_connect(&remote));
        assert!(RedisUrl::parse_allowing_plaintext(text).unwrap().may_connect(&remote));
        assert!(parse("rediss+sentinel://127.0.0.1/main").may_connect(&remote));
    }

    #[test]
    fn an_invalid_url_is_refused_with_its_reason() {
        use InvalidRedisUrl::{
            ContainsFragment, DatabaseInQuery, InvalidDatabase, InvalidEncoding, InvalidHost, InvalidSyntax,
            MissingMaster, RelativeSocket, UnknownParameter, UnsupportedScheme, UserWithoutPassword,
        };
        for (text, reason) in [
            ("", InvalidSyntax),
            ("localhost:6379", InvalidSyntax),
            ("https://localhost", UnsupportedScheme),
            ("redis+cluster://localhost", UnsupportedScheme),
            ("redis://", InvalidHost),
            ("redis://localhost:0", InvalidHost),
            ("redis://localhost:+1", InvalidHost),
            ("redis://localhost:99999", InvalidHost),
            ("redis://localhost:", InvalidHost),
            ("redis://::1", InvalidHost),
            ("redis://[::1", InvalidHost),
            ("redis://[::1]6379", InvalidHost),
            ("redis://local host", InvalidHost),
            ("rediss://:hu/sh@example.com", InvalidHost),
            ("redis://a.example,b.example", InvalidHost),
            ("redis://hush@localhost", UserWithoutPassword),
            ("redis://hush:@localhost", UserWithoutPassword),
            ("redis://:@localhost", UserWithoutPassword),
            ("unix:///s?user=hush", UserWithoutPassword),
            ("redis://localhost?db=3", DatabaseInQuery),
            ("redis://localhost/?x=1&db=3", DatabaseInQuery),
            ("redis://localhost?protocol=resp3", UnknownParameter),
            ("unix:///s?password=hush", UnknownParameter),
            ("redis://localhost/hush", InvalidDatabase),
            ("redis://localhost/-1", InvalidDatabase),
            ("redis://localhost/+1", InvalidDatabase),
            ("redis://localhost/1/2", InvalidDatabase),
            ("redis://localhost/4294967296", InvalidDatabase),
            ("rediss://localhost/#insecure", ContainsFragment),
            ("redis://:%FF@localhost", InvalidEncoding),
            ("unix://run/redis.sock", RelativeSocket),
            ("redis+sentinel://localhost", MissingMaster),
            ("redis+sentinel://localhost//2", MissingMaster),
        ] {
            let error = text.parse::<RedisUrl>().unwrap_err();
            assert_eq!(error, reason, "{text}");
            assert!(!error.to_string().contains("hu"), "{error}");
        }
    }
}
