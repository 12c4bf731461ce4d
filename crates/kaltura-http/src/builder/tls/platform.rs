//! The TLS library or the verifier of the system: native-tls, and rustls on systems whose own verifier decides whom to
//! trust. They read no certificates in advance.

use reqwest::{Certificate, ClientBuilder, Identity, tls};
#[cfg(not(feature = "native-tls"))]
use zeroize::Zeroizing;

use super::{ClientCertificate, TlsSettings};
use crate::builder::BuildError;

/// Validated settings of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    roots: Vec<Certificate>,
    system_roots_disabled: bool,
    identity: Option<Identity>,
}

impl Tls {
    pub(super) fn new(settings: &TlsSettings) -> Result<Self, BuildError> {
        let identity = settings.identity.as_ref().map(ClientCertificate::to_reqwest).transpose();
        Ok(Self {
            roots: parse_roots(&settings.roots)?,
            system_roots_disabled: settings.system_roots_disabled,
            identity: identity.map_err(|error| BuildError::InvalidClientCertificate(Box::new(error)))?,
        })
    }

    pub(crate) fn apply(&self, client: ClientBuilder) -> ClientBuilder {
        let client = with_backend(client).tls_version_min(tls::Version::TLS_1_2);
        let roots = self.roots.iter().cloned();
        let client = match (self.system_roots_disabled, self.roots.is_empty()) {
            (true, _) => client.tls_certs_only(roots),
            (false, true) => client,
            (false, false) => client.tls_certs_merge(roots),
        };
        match &self.identity {
            None => client,
            Some(identity) => client.identity(identity.clone()),
        }
    }
}

fn parse_roots(pems: &[Vec<u8>]) -> Result<Vec<Certificate>, BuildError> {
    let mut all = Vec::new();
    for pem in pems {
        let certificates =
            Certificate::from_pem_bundle(pem).map_err(|_| BuildError::InvalidRootCertificate)?;
        if certificates.is_empty() {
            return Err(BuildError::InvalidRootCertificate);
        }
        all.extend(certificates);
    }
    Ok(all)
}

/// Selects the TLS library explicitly, because another crate may have enabled a second one in reqwest.
fn with_backend(client: ClientBuilder) -> ClientBuilder {
    #[cfg(feature = "native-tls")]
    return client.tls_backend_native();
    #[cfg(not(feature = "native-tls"))]
    return client.tls_backend_rustls();
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
