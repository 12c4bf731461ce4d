//! Settings of a store that are not in its URL.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::connect::{Connector, InvalidTls};
use super::link::Link;
use super::store::RedisStore;
use super::url::{RedisCredentials, RedisUrl};

/// Builds a [`RedisStore`].
///
/// ```no_run
/// use kaltura_store::redis::RedisStore;
///
/// let store = RedisStore::builder("rediss://worker:wyZ5pQ@redis.example.com".parse()?)
///     .root_certificates_pem(&std::fs::read("/etc/redis/ca.pem")?)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct RedisStoreBuilder {
    url: RedisUrl,
    sentinel_credentials: Option<RedisCredentials>,
    roots: Vec<Vec<u8>>,
}

impl RedisStoreBuilder {
    pub(super) const fn new(url: RedisUrl) -> Self {
        Self { url, sentinel_credentials: None, roots: Vec::new() }
    }

    /// Trusts the certificates of this PEM file too, besides those of the system.
    pub fn root_certificates_pem(mut self, pem: &[u8]) -> Self {
        self.roots.push(pem.to_vec());
        self
    }

    /// Sets the user (`None` for the default user) and the password of the Sentinels. The default is that they need
    /// none; those of the URL are for the server.
    pub fn sentinel_credentials(mut self, user: Option<&str>, password: &str) -> Self {
        let password = Arc::new(Zeroizing::new(password.to_owned()));
        self.sentinel_credentials = Some(RedisCredentials { user: user.map(str::to_owned), password });
        self
    }

    /// Builds the store. It sends nothing before it is used.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisStore`].
    pub fn build(self) -> Result<RedisStore, InvalidRedisStore> {
        let connector = Connector::new(self.url, self.sentinel_credentials, &self.roots);
        let connector = connector.map_err(|error| match error {
            InvalidTls::RootCertificate => InvalidRedisStore::RootCertificate,
            InvalidTls::Verifier(error) => InvalidRedisStore::Tls(Box::new(error)),
        })?;
        Ok(RedisStore::from_link(Link::new(connector)))
    }
}

/// Why a store cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedisStore {
    /// The file of certificates cannot be read.
    #[error("the root certificates for Redis are not a PEM file with a certificate")]
    RootCertificate,
    /// TLS cannot be used.
    #[error(
        "TLS to Redis cannot be used: check that the system has root certificates (package ca-certificates)"
    )]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}
