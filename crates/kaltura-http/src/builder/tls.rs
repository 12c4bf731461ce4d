//! Which servers TLS trusts, and the client certificate.

#[cfg(any(feature = "native-tls", not(unix), target_vendor = "apple", target_os = "android"))]
#[path = "tls/platform.rs"]
mod backend;
#[cfg(not(any(feature = "native-tls", not(unix), target_vendor = "apple", target_os = "android")))]
#[path = "tls/webpki.rs"]
mod backend;

use std::fmt;

use zeroize::Zeroizing;

pub(crate) use self::backend::Tls;
use super::BuildError;

/// Certificates as given by the caller, not yet validated.
#[derive(Clone, Default)]
pub(super) struct TlsSettings {
    roots: Vec<Vec<u8>>,
    system_roots_disabled: bool,
    identity: Option<ClientCertificate>,
}

#[derive(Clone)]
struct ClientCertificate {
    certificates: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl TlsSettings {
    pub(super) fn add_roots(&mut self, pem: &[u8]) {
        self.roots.push(pem.to_vec());
    }

    pub(super) const fn disable_system_roots(&mut self) {
        self.system_roots_disabled = true;
    }

    pub(super) fn set_identity(&mut self, certificates: &[u8], key: &[u8]) {
        self.identity = Some(ClientCertificate {
            certificates: certificates.to_vec(),
            key: Zeroizing::new(key.to_vec()),
        });
    }

    /// Validates the certificates. What the clients of one transport can share, they share.
    pub(super) fn prepare(&self) -> Result<Tls, BuildError> {
        // reqwest panics without a provider, and rustls has none to choose.
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(BuildError::NoCryptoProvider);
        }
        if self.system_roots_disabled && self.roots.is_empty() {
            return Err(BuildError::NoRootCertificates);
        }
        Tls::new(self)
    }
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("roots", &self.roots.len())
            .field("system_roots_disabled", &self.system_roots_disabled)
            .field("client_certificate", &self.identity.is_some())
            .finish()
    }
}

#[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
#[cfg(test)]
mod tests {
    use crate::{BuildError, ReqwestTransport};

    /// No other test of this process may install a provider.
    #[test]
    fn missing_crypto_provider_is_an_error_not_a_panic() {
        assert!(matches!(ReqwestTransport::builder().build(), Err(BuildError::NoCryptoProvider)));
    }
}
