//! rustls with certificates from files: on systems without a verifier of their own.
//!
//! The system's root certificates are read when the first server presents its certificate: a program that uses plain
//! http does not need them, and one that only starts does not wait for them.

use std::sync::{Arc, OnceLock};

use reqwest::ClientBuilder;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};

use super::{ClientCertificate, TlsSettings};
use crate::builder::BuildError;

/// Validated settings of TLS. Clones share the certificates that are read later.
#[derive(Clone)]
pub(crate) struct Tls(ClientConfig);

impl Tls {
    pub(super) fn new(settings: &TlsSettings) -> Result<Self, BuildError> {
        let provider = provider().ok_or(BuildError::NoCryptoProvider)?;
        let verifier = Verifier::new(settings, Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| BuildError::HttpClient(Box::new(error)))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &settings.identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let (certificates, key) = identity.parse()?;
                config
                    .with_client_auth_cert(certificates, key)
                    .map_err(|error| BuildError::InvalidClientCertificate(Box::new(error)))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(config))
    }

    pub(crate) fn apply(&self, client: ClientBuilder) -> ClientBuilder {
        client.tls_backend_preconfigured(self.0.clone())
    }
}

/// The provider of the program if it has installed one.
fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed = installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
}

impl ClientCertificate {
    /// The error of a parser may quote what it read: it is not kept.
    fn parse(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), BuildError> {
        let invalid = |what: Invalid| BuildError::InvalidClientCertificate(Box::new(what));
        let certificates =
            parse_certificates(&self.certificates).ok_or_else(|| invalid(Invalid::Certificate))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| invalid(Invalid::Key))?;
        Ok((certificates, key))
    }
}

/// What of a client certificate cannot be read.
#[derive(Debug, thiserror::Error)]
enum Invalid {
    #[error("no certificate in PEM form was found")]
    Certificate,
    #[error("no private key in PEM form was found")]
    Key,
}

/// All certificates of a text in PEM form; `None` if one is invalid, or there are none.
fn parse_certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.ok().filter(|certificates| !certificates.is_empty())
}

/// Trusts the certificates that were given, and those of the system.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    given: Vec<CertificateDer<'static>>,
    system_roots_disabled: bool,
    /// With all certificates, once they have been read.
    webpki: OnceLock<Arc<WebPkiServerVerifier>>,
}

impl Verifier {
    fn new(settings: &TlsSettings, provider: Arc<CryptoProvider>) -> Result<Self, BuildError> {
        let mut given = Vec::new();
        for pem in &settings.roots {
            given.extend(parse_certificates(pem).ok_or(BuildError::InvalidRootCertificate)?);
        }
        let system_roots_disabled = settings.system_roots_disabled;
        let verifier = Self { provider, given, system_roots_disabled, webpki: OnceLock::new() };
        verifier.given_roots().map_err(|_| BuildError::InvalidRootCertificate)?;
        Ok(verifier)
    }

    fn given_roots(&self) -> Result<RootCertStore, rustls::Error> {
        let mut roots = RootCertStore::empty();
        self.given.iter().try_for_each(|certificate| roots.add(certificate.clone()))?;
        Ok(roots)
    }

    /// Reads the certificates at the first call. A failure is not kept: they may be installed meanwhile.
    fn webpki(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        if let Some(read) = self.webpki.get() {
            return Ok(read);
        }
        let mut roots = self.given_roots()?;
        if !self.system_roots_disabled {
            roots.add_parsable_certificates(system_roots());
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider));
        let verifier = verifier.build().map_err(|_| rustls::Error::Other(OtherError(Arc::new(NoRoots))))?;
        Ok(self.webpki.get_or_init(|| verifier))
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "this system has no root certificates: install the package ca-certificates, or set SSL_CERT_FILE or SSL_CERT_DIR \
     to the file or directory that has them"
)]
struct NoRoots;

/// The system's bundle. Its directory, which has the same certificates again, is read if there is no bundle, or if the
/// environment selects what is read.
fn system_roots() -> Vec<CertificateDer<'static>> {
    let selected = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    if std::env::var_os("SSL_CERT_FILE").is_none() && !selected("SSL_CERT_DIR") {
        let bundle = openssl_probe::probe().cert_file;
        let bundle = rustls_native_certs::load_certs_from_paths(bundle.as_deref(), None);
        if !bundle.certs.is_empty() {
            return bundle.certs;
        }
    }
    rustls_native_certs::load_native_certs().certs
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let webpki = self.webpki()?;
        let verified = webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // As `openssl req -x509` makes it: webpki accepts it as an authority only. It has checked the validity.
            Err(error) if is_authority(&error) && self.given.iter().any(|given| given == end_entity) => {
                let certificate = rustls::server::ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&certificate, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a server's certificate is that of an authority, and nothing else is wrong with it so far.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}
