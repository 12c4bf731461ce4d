//! Credentials that are looked up at each login.

use async_trait::async_trait;

use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::maybe_send::{MaybeSend, MaybeSync};

/// Gives the credentials for each login anew, so that a vault can replace them without a restart.
///
/// ```
/// use kaltura_auth::source::CredentialsSource;
/// use kaltura_auth::types::{HashType, PartnerId};
/// use kaltura_auth::{AppTokenCredentials, Error, async_trait};
///
/// struct TokenFile(std::path::PathBuf);
///
/// #[async_trait]
/// impl CredentialsSource for TokenFile {
///     async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
///         let value = std::fs::read_to_string(&self.0).map_err(|error| Error::source(error, true))?;
///         Ok(AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", value.trim_end(), HashType::Sha256))
///     }
/// }
/// ```
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
pub trait CredentialsSource: MaybeSend + MaybeSync {
    /// The credentials of now. [`Error::source`] makes an error of anything.
    async fn credentials(&self) -> Result<AppTokenCredentials, Error>;
}

/// Gives the credentials for each login anew, holding the thread meanwhile.
pub trait BlockingCredentialsSource: MaybeSend + MaybeSync {
    /// The credentials of now. [`Error::source`] makes an error of anything.
    ///
    /// # Errors
    ///
    /// [`Error`] if there are none to be had.
    fn credentials(&self) -> Result<AppTokenCredentials, Error>;
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl CredentialsSource for AppTokenCredentials {
    async fn credentials(&self) -> Result<Self, Error> {
        Ok(self.clone())
    }
}

impl BlockingCredentialsSource for AppTokenCredentials {
    fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        Ok(self.clone())
    }
}
