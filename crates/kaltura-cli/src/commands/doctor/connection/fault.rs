//! Why there is no connection, as far as the causes of the error tell it.
//!
//! The causes come from the HTTP client, from the system and from one of several TLS libraries, whose types are
//! hidden from us. So they are told apart by the kind of the system's error, and else by their words.

use std::error::Error;
use std::io;

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NameNotFound,
    Refused,
    Unreachable,
    Proxy,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOfOtherHost,
    CertificateOfUnknownIssuer,
    CertificateOther,
    NoTls,
    Broken,
    Other,
}

impl Fault {
    /// What the causes of an error tell.
    pub(super) fn of(error: &(dyn Error + 'static), is_by_proxy: bool) -> Self {
        let causes: Vec<&(dyn Error + 'static)> =
            std::iter::successors(Some(error), |error| (*error).source()).collect();
        let words =
            causes.iter().map(|cause| cause.to_string()).collect::<Vec<_>>().join("\n").to_lowercase();
        Self::of_words(&words, is_by_proxy)
            .or_else(|| causes.iter().find_map(|cause| Self::of_system(cause.downcast_ref::<io::Error>()?)))
            .unwrap_or(Self::Other)
    }

    fn of_words(words: &str, is_by_proxy: bool) -> Option<Self> {
        let say = |any: &[&str]| any.iter().any(|word| words.contains(word));
        Some(match () {
            () if is_by_proxy && say(&["tunnel", "proxy"]) => Self::Proxy,
            () if say(&["dns error", "failed to lookup address"]) => Self::NameNotFound,
            () if !say(&["certificate", "cert verify"]) => {
                return say(&["corrupt message", "wrong version number", "packet length too long"])
                    .then_some(Self::NoTls);
            }
            () if say(&["not valid yet", "notvalidyet", "not yet valid"]) => Self::CertificateNotYetValid,
            () if say(&["expired"]) => Self::CertificateExpired,
            () if say(&["not valid for", "notvalidforname", "hostname mismatch", "ip address mismatch"]) => {
                Self::CertificateOfOtherHost
            }
            () if say(&[
                "unknownissuer",
                "unknown issuer",
                "badsignature",
                "self-signed",
                "self signed",
                "issuer certificate",
            ]) =>
            {
                Self::CertificateOfUnknownIssuer
            }
            () => Self::CertificateOther,
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

    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::NameNotFound => "its name is not found",
            Self::Refused => "nobody listens there",
            Self::Unreachable => "there is no way to it",
            Self::Proxy => "the proxy does not answer, or does not let it through",
            Self::CertificateExpired => "its certificate has expired",
            Self::CertificateNotYetValid => "its certificate is not valid yet",
            Self::CertificateOfOtherHost => "its certificate is one of another host",
            Self::CertificateOfUnknownIssuer => "its certificate is of nobody whom this machine trusts",
            Self::CertificateOther => "its certificate is not accepted",
            Self::NoTls => "what listens there speaks no TLS",
            Self::Broken => "the connection broke",
            Self::Other => "there is no connection",
        }
    }

    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::NameNotFound => "Look for a typing mistake in the service URL.",
            Self::Refused => {
                "Check host and port of the service URL. If they are right, the server is down, or a firewall refuses."
            }
            Self::Unreachable => "Check the network of this machine, its VPN and its firewall.",
            Self::Proxy => {
                "Check the proxy's address and password in HTTPS_PROXY; or reach this host without it: NO_PROXY."
            }
            Self::CertificateExpired | Self::CertificateNotYetValid => {
                "Check the clock of this machine. If it is right, whoever runs the server must renew the certificate."
            }
            Self::CertificateOfOtherHost => {
                "Check the host of the service URL: write it as the certificate has it."
            }
            Self::CertificateOfUnknownIssuer => {
                "If your network looks into TLS, add its root certificate to those of this machine. If it does not, \
                 somebody may be in between: do not go on."
            }
            Self::CertificateOther => {
                "Look at the certificate with a browser, and ask whoever runs the server."
            }
            Self::NoTls => "Check the port of the service URL; https goes to another one than http.",
            Self::Broken => {
                "Try again. If it stays so, something in between cuts the connection: a proxy, a firewall."
            }
            Self::Other => "Check the service URL, the network and the proxy.",
        }
    }
}

/// The innermost cause.
pub(super) fn first_cause(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(error.source(), |error| (*error).source())
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{TransportError, TransportErrorKind};

    use super::*;

    fn fault(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Fault {
        Fault::of(&TransportError::new(TransportErrorKind::Connect, cause), false)
    }

    #[test]
    fn the_words_of_each_tls_library_are_known() {
        for (words, expected) in [
            ("invalid peer certificate: UnknownIssuer", Fault::CertificateOfUnknownIssuer),
            // An authority of the right name and another key.
            ("invalid peer certificate: BadSignature", Fault::CertificateOfUnknownIssuer),
            (
                "certificate verify failed:: (unable to get local issuer certificate)",
                Fault::CertificateOfUnknownIssuer,
            ),
            ("certificate verify failed:: (self-signed certificate)", Fault::CertificateOfUnknownIssuer),
            ("invalid peer certificate: certificate expired: verification time 1", Fault::CertificateExpired),
            ("certificate verify failed:: (certificate has expired)", Fault::CertificateExpired),
            (
                "invalid peer certificate: certificate not valid yet: verification",
                Fault::CertificateNotYetValid,
            ),
            ("invalid peer certificate: certificate not valid for name \"a\"", Fault::CertificateOfOtherHost),
            ("certificate verify failed:: (hostname mismatch)", Fault::CertificateOfOtherHost),
            ("invalid peer certificate: Revoked", Fault::CertificateOther),
            ("received corrupt message of type InvalidContentType", Fault::NoTls),
            ("dns error: failed to lookup address information", Fault::NameNotFound),
            ("something else", Fault::Other),
        ] {
            assert_eq!(fault(words), expected, "{words}");
        }
    }

    #[test]
    fn the_systems_errors_are_known_by_their_kind() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, Fault::Refused),
            (io::ErrorKind::NetworkUnreachable, Fault::Unreachable),
            (io::ErrorKind::ConnectionReset, Fault::Broken),
            (io::ErrorKind::Other, Fault::Other),
        ] {
            assert_eq!(fault(io::Error::from(kind)), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_proxy_is_blamed_only_where_there_is_one() {
        let error = TransportError::new(TransportErrorKind::Connect, "tunnel error: unsuccessful");
        assert_eq!(Fault::of(&error, true), Fault::Proxy);
        assert_eq!(Fault::of(&error, false), Fault::Other);
    }
}
