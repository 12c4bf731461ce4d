//! Why there is no connection, as far as the causes of the transport's error tell it.
//!
//! The causes come from the HTTP client, from the operating system and from one of several TLS libraries, whose types
//! this crate does not know. So they are told apart by the kind of the system's error, and else by their words.

use std::error::Error as StdError;
use std::io;

use kaltura_auth::{TransportError, TransportErrorKind};

/// Why there is no connection, or no complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionFault {
    /// The host name was not found.
    NameNotFound,
    /// The connection was refused.
    Refused,
    /// The host or its network is unreachable.
    Unreachable,
    /// The proxy does not respond, or refuses the connection.
    Proxy,
    /// The server's certificate has expired.
    CertificateExpired,
    /// The server's certificate is not valid yet.
    CertificateNotYetValid,
    /// The server's certificate is for another host.
    CertificateForOtherHost,
    /// The issuer of the server's certificate is not trusted.
    UnknownIssuer,
    /// The server's certificate was rejected for another reason.
    CertificateRejected,
    /// The server does not speak TLS at this port.
    NoTls,
    /// The connection broke.
    Broken,
    /// No complete response arrived within the timeout.
    TimedOut,
    /// The response is larger than that of any login.
    TooLarge,
    /// The request could not be built.
    InvalidRequest,
    /// Another reason.
    Other,
}

impl ConnectionFault {
    /// What an error of a transport means.
    #[must_use]
    pub fn of(error: &TransportError) -> Self {
        match error.kind() {
            TransportErrorKind::Timeout => return Self::TimedOut,
            TransportErrorKind::TooLarge => return Self::TooLarge,
            TransportErrorKind::Build => return Self::InvalidRequest,
            _ => {}
        }
        let causes: Vec<&(dyn StdError + 'static)> =
            std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (*error).source())
                .collect();
        let words = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").to_lowercase();
        Self::of_words(&words)
            .or_else(|| causes.iter().find_map(|cause| Self::of_system(cause.downcast_ref::<io::Error>()?)))
            .unwrap_or_else(|| match error.kind() {
                TransportErrorKind::Io => Self::Broken,
                _ => Self::Other,
            })
    }

    fn of_words(words: &str) -> Option<Self> {
        let say = |any: &[&str]| any.iter().any(|word| words.contains(word));
        Some(match () {
            () if say(&["tunnel error", "proxy auth", "socks"]) => Self::Proxy,
            () if say(&["dns error", "failed to lookup address"]) => Self::NameNotFound,
            () if !say(&["certificate", "cert verify"]) => {
                return say(&["corrupt message", "wrong version number", "packet length too long"])
                    .then_some(Self::NoTls);
            }
            () if say(&["not valid yet", "notvalidyet", "not yet valid"]) => Self::CertificateNotYetValid,
            () if say(&["expired"]) => Self::CertificateExpired,
            () if say(&["not valid for", "notvalidforname", "hostname mismatch", "ip address mismatch"]) => {
                Self::CertificateForOtherHost
            }
            () if say(&[
                "unknownissuer",
                "unknown issuer",
                "badsignature",
                "self-signed",
                "self signed",
                "issuer certificate",
                // The only certificate of `openssl req -x509` is that of an authority, too.
                "causedasendentity",
            ]) =>
            {
                Self::UnknownIssuer
            }
            () => Self::CertificateRejected,
        })
    }

    fn of_system(error: &io::Error) -> Option<Self> {
        Some(match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::TimedOut => {
                Self::Unreachable
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Broken,
            _ => return None,
        })
    }

    /// The fault in words.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::NameNotFound => "host name not found",
            Self::Refused => "connection refused",
            Self::Unreachable => "host unreachable",
            Self::Proxy => "the proxy does not respond, or refuses the connection",
            Self::CertificateExpired => "certificate expired",
            Self::CertificateNotYetValid => "certificate not valid yet",
            Self::CertificateForOtherHost => "certificate for another host",
            Self::UnknownIssuer => "certificate not trusted (unknown issuer)",
            Self::CertificateRejected => "certificate rejected",
            Self::NoTls => "the server does not speak TLS at this port",
            Self::Broken => "the connection broke",
            Self::TimedOut => "no response within the timeout",
            Self::TooLarge => "the response is larger than that of any login",
            Self::InvalidRequest => "the request could not be built",
            Self::Other => "no connection",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NameNotFound => {
                "Check the spelling of the host in the service URL, or of the proxy if one is set."
            }
            Self::Refused => {
                "Check host and port of the service URL, or of the proxy if one is set. If they are right, the server is \
                 down, or a firewall refuses the connection."
            }
            Self::Unreachable => "Check the network of this machine, its VPN and its firewall.",
            Self::Proxy => {
                "Check the address and the password of the proxy in HTTPS_PROXY, or exclude this host with NO_PROXY."
            }
            Self::CertificateExpired | Self::CertificateNotYetValid => {
                "Check the clock of this machine. If it is right, the server's operator must renew the certificate."
            }
            Self::CertificateForOtherHost => {
                "Check the host of the service URL: it must be one of those in the certificate."
            }
            Self::UnknownIssuer => {
                "If your network inspects TLS, or the server has a private certificate, add its root certificate to \
                 those that this machine trusts, or to those of the HTTP client (--ca-file, KALTURA_CA_FILE, \
                 add_root_certificates_pem). Otherwise do not continue: someone may intercept the connection."
            }
            Self::CertificateRejected => {
                "Open the service URL in a browser, and check the certificate there."
            }
            Self::NoTls => "Check the port of the service URL: https and http have different ports.",
            Self::Broken => "Try again. If it persists, a proxy or firewall cuts the connection.",
            Self::TimedOut => {
                "Increase the timeout. If it persists, a firewall drops the requests, or the server hangs."
            }
            Self::TooLarge => "Check the service URL: the server there is not the Kaltura API.",
            Self::InvalidRequest => "Check the service URL.",
            Self::Other => "Check the service URL, the network and the proxy.",
        }
    }
}

/// The innermost cause, unless the fault says the same.
pub(super) fn first_cause(error: &TransportError, fault: ConnectionFault) -> Option<String> {
    if matches!(fault, ConnectionFault::TimedOut | ConnectionFault::TooLarge) {
        return None;
    }
    let cause = std::iter::successors(error.source(), |error| (*error).source()).last()?.to_string();
    (!cause.is_empty() && !fault.description().contains(&cause.to_lowercase())).then_some(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> ConnectionFault {
        ConnectionFault::of(&TransportError::new(TransportErrorKind::Connect, cause))
    }

    #[test]
    fn the_words_of_each_library_are_known() {
        for (words, expected) in [
            ("invalid peer certificate: UnknownIssuer", ConnectionFault::UnknownIssuer),
            // An issuer of the right name with another key.
            ("invalid peer certificate: BadSignature", ConnectionFault::UnknownIssuer),
            (
                "certificate verify failed:: (unable to get local issuer certificate)",
                ConnectionFault::UnknownIssuer,
            ),
            ("certificate verify failed:: (self-signed certificate)", ConnectionFault::UnknownIssuer),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                ConnectionFault::UnknownIssuer,
            ),
            (
                "invalid peer certificate: certificate expired: verification time 1",
                ConnectionFault::CertificateExpired,
            ),
            ("certificate verify failed:: (certificate has expired)", ConnectionFault::CertificateExpired),
            (
                "invalid peer certificate: certificate not valid yet: verification",
                ConnectionFault::CertificateNotYetValid,
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"",
                ConnectionFault::CertificateForOtherHost,
            ),
            ("certificate verify failed:: (hostname mismatch)", ConnectionFault::CertificateForOtherHost),
            ("invalid peer certificate: Revoked", ConnectionFault::CertificateRejected),
            ("received corrupt message of type InvalidContentType", ConnectionFault::NoTls),
            ("dns error: failed to lookup address information", ConnectionFault::NameNotFound),
            ("tunnel error: unsuccessful", ConnectionFault::Proxy),
            ("something else", ConnectionFault::Other),
        ] {
            assert_eq!(fault(words), expected, "{words}");
        }
    }

    #[test]
    fn errors_of_the_system_are_known_by_their_kind() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, ConnectionFault::Refused),
            (io::ErrorKind::NetworkUnreachable, ConnectionFault::Unreachable),
            (io::ErrorKind::ConnectionReset, ConnectionFault::Broken),
            (io::ErrorKind::Other, ConnectionFault::Other),
        ] {
            assert_eq!(fault(io::Error::from(kind)), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_kind_of_the_transport_says_the_rest() {
        for (kind, expected) in [
            (TransportErrorKind::Timeout, ConnectionFault::TimedOut),
            (TransportErrorKind::TooLarge, ConnectionFault::TooLarge),
            (TransportErrorKind::Build, ConnectionFault::InvalidRequest),
            (TransportErrorKind::Io, ConnectionFault::Broken),
        ] {
            assert_eq!(ConnectionFault::of(&TransportError::new(kind, "")), expected);
        }
    }

    #[test]
    fn a_cause_is_not_repeated() {
        let refused = TransportError::new(TransportErrorKind::Connect, "Connection refused");
        assert_eq!(first_cause(&refused, ConnectionFault::Refused), None);
        let other = TransportError::new(TransportErrorKind::Connect, "os error 5");
        assert_eq!(first_cause(&other, ConnectionFault::Other).as_deref(), Some("os error 5"));
    }
}
