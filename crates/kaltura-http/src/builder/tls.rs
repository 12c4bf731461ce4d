//! Which servers TLS trusts, and the client certificate.

use std::fmt;

use reqwest::{Certificate, ClientBuilder, Identity, tls};
use zeroize::Zeroizing;

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

    pub(super) fn apply(&self, client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
        let client = with_backend(client)?.tls_version_min(tls::Version::TLS_1_2);
        let roots = self.parse_roots()?;
        let client = match (self.system_roots_disabled, roots.is_empty()) {
            (true, true) => return Err(BuildError::NoRootCertificates),
            (true, false) => client.tls_certs_only(roots),
            (false, true) => client,
            (false, false) => client.tls_certs_merge(roots),
        };
        match &self.identity {
            None => Ok(client),
            Some(identity) => {
                let identity =
                    identity.to_reqwest().map_err(|e| BuildError::InvalidClientCertificate(Box::new(e)))?;
                Ok(client.identity(identity))
            }
        }
    }

    fn parse_roots(&self) -> Result<Vec<Certificate>, BuildError> {
        let mut all = Vec::new();
        for pem in &self.roots {
            let certificates =
                Certificate::from_pem_bundle(pem).map_err(|_| BuildError::InvalidRootCertificate)?;
            if certificates.is_empty() {
                return Err(BuildError::InvalidRootCertificate);
            }
            all.extend(certificates);
        }
        Ok(all)
    }
}

/// Selects the TLS library explicitly, because another crate may have enabled a second one in reqwest.
#[cfg(feature = "native-tls")]
#[expect(clippy::unnecessary_wraps, reason = "with rustls it can fail")]
fn with_backend(client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
    Ok(client.tls_backend_native())
}

/// Selects the TLS library explicitly, because another crate may have enabled a second one in reqwest.
#[cfg(not(feature = "native-tls"))]
fn with_backend(client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
    // reqwest panics without a provider.
    #[cfg(not(feature = "rustls"))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(BuildError::NoCryptoProvider);
    }
    Ok(client.tls_backend_rustls())
}

impl ClientCertificate {
    #[cfg(feature = "native-tls")]
    fn to_reqwest(&self) -> reqwest::Result<Identity> {
        Identity::from_pkcs8_pem(&self.certificates, &self.key)
    }

    #[cfg(not(feature = "native-tls"))]
    fn to_reqwest(&self) -> reqwest::Result<Identity> {
        let parts = [self.certificates.as_slice(), b"\n", self.key.as_slice()];
        Identity::from_pem(&Zeroizing::new(parts.concat()))
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
