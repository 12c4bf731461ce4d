//! Whom TLS trusts, and who we are to it.

use std::fmt;

use reqwest::{Certificate, ClientBuilder, Identity, tls};
use zeroize::Zeroizing;

use super::BuildError;

/// Certificates as they were given, not yet looked at.
#[derive(Clone, Default)]
pub(super) struct Tls {
    roots: Vec<Vec<u8>>,
    only_given_roots: bool,
    identity: Option<ClientCertificate>,
}

#[derive(Clone)]
struct ClientCertificate {
    certificates: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Tls {
    pub(super) fn add_roots(&mut self, pem: &[u8]) {
        self.roots.push(pem.to_vec());
    }

    pub(super) const fn trust_only_given_roots(&mut self) {
        self.only_given_roots = true;
    }

    pub(super) fn set_identity(&mut self, certificates: &[u8], key: &[u8]) {
        self.identity = Some(ClientCertificate {
            certificates: certificates.to_vec(),
            key: Zeroizing::new(key.to_vec()),
        });
    }

    pub(super) fn apply(&self, client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
        let client = with_backend(client)?.tls_version_min(tls::Version::TLS_1_2);
        let roots = self.read_roots()?;
        let client = match (self.only_given_roots, roots.is_empty()) {
            (true, true) => return Err(BuildError::NoRootCertificate),
            (true, false) => client.tls_certs_only(roots),
            (false, true) => client,
            (false, false) => client.tls_certs_merge(roots),
        };
        match &self.identity {
            None => Ok(client),
            Some(identity) => {
                let identity =
                    identity.to_reqwest().map_err(|e| BuildError::ClientCertificate(Box::new(e)))?;
                Ok(client.identity(identity))
            }
        }
    }

    fn read_roots(&self) -> Result<Vec<Certificate>, BuildError> {
        let mut all = Vec::new();
        for pem in &self.roots {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|_| BuildError::RootCertificate)?;
            if certificates.is_empty() {
                return Err(BuildError::RootCertificate);
            }
            all.extend(certificates);
        }
        Ok(all)
    }
}

/// Names the library, for another crate of the program may have switched on a second one in reqwest.
#[cfg(feature = "native-tls")]
#[expect(clippy::unnecessary_wraps, reason = "with rustls it can fail")]
fn with_backend(client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
    Ok(client.tls_backend_native())
}

/// Names the library, for another crate of the program may have switched on a second one in reqwest.
#[cfg(not(feature = "native-tls"))]
fn with_backend(client: ClientBuilder) -> Result<ClientBuilder, BuildError> {
    // reqwest panics without one.
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

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("roots", &self.roots.len())
            .field("only_given_roots", &self.only_given_roots)
            .field("client_certificate", &self.identity.is_some())
            .finish()
    }
}

#[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
#[cfg(test)]
mod tests {
    use crate::{BuildError, ReqwestTransport};

    /// No other test of this process may install one.
    #[test]
    fn missing_cryptography_is_an_error_and_no_panic() {
        assert!(matches!(ReqwestTransport::builder().build(), Err(BuildError::NoCryptoProvider)));
    }
}
