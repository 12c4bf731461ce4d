//! The sources from which a session manager gets its sessions. Their blocking traits are in
//! [`blocking`](crate::blocking).

mod app_token;
pub(crate) mod blocking;
mod identity;
#[cfg(feature = "local-signing")]
mod local_signing;
mod partner_secret;

use std::sync::Arc;

use async_trait::async_trait;
use kaltura_types::SessionRequest;

pub use self::app_token::AppTokenSource;
pub use self::identity::SessionIdentity;
#[cfg(feature = "local-signing")]
pub use self::local_signing::LocalSigningSource;
pub use self::partner_secret::{PartnerSecretLogin, PartnerSecretSource};

use self::blocking::BlockingSessionSource;
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, Session};

/// Starts a session on each call.
///
/// A session manager makes one call at a time. It may drop the future at any point and call again.
///
/// ```
/// use std::sync::Arc;
///
/// use kaltura_auth::manager::{IssuedSession, Moment};
/// use kaltura_auth::runtime::Clock;
/// use kaltura_auth::source::SessionSource;
/// use kaltura_auth::types::{Ks, PartnerId, UnixTime};
/// use kaltura_auth::{Error, Session, async_trait};
///
/// /// Gets sessions from another service.
/// struct Broker;
///
/// #[async_trait]
/// impl SessionSource for Broker {
///     async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
///         let sent = Moment::read(clock);
///         let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3x")).with_expiry(UnixTime::from_seconds(9));
///         Ok(IssuedSession::new(Arc::new(session), sent, None))
///     }
/// }
/// ```
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
pub trait SessionSource: MaybeSend + MaybeSync {
    /// Starts a session. `clock` gives the time at which its request is sent.
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error>;

    /// The same source with another session request, such as another user. `None` if it does not support that.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        None
    }

    /// Which login the sessions come from, for metrics and logs. The default is that nothing is known.
    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<S: SessionSource + ?Sized> SessionSource for Arc<S> {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        (**self).start(clock).await
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        (**self).with_request(request)
    }

    fn identity(&self) -> SessionIdentity {
        (**self).identity()
    }
}

/// Provides the credentials for each login, so that they can be replaced without a restart.
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
///         let value = std::fs::read_to_string(&self.0).map_err(|error| Error::from_source(error, true))?;
///         Ok(AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", value.trim_end(), HashType::Sha256))
///     }
/// }
/// ```
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
pub trait CredentialsSource: MaybeSend + MaybeSync {
    /// The current credentials. [`Error::from_source`] converts any error.
    async fn credentials(&self) -> Result<AppTokenCredentials, Error>;
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl CredentialsSource for AppTokenCredentials {
    async fn credentials(&self) -> Result<Self, Error> {
        Ok(self.clone())
    }
}

/// Always the same session, such as a KS from the configuration. It cannot be renewed.
///
/// When it has expired or is refused, callers get an error.
///
/// ```
/// # use kaltura_auth::{Session, source::FixedSession}; use kaltura_auth::types::{Ks, PartnerId};
/// let source = FixedSession::new(Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2")));
/// ```
#[derive(Clone, Debug)]
pub struct FixedSession(Arc<Session>);

impl FixedSession {
    /// A source of this session. Set its expiry if it is known, so that it is not used after that.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self(Arc::new(session))
    }

    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new().with_partner_id(self.0.partner_id()).with_requested_user(self.0.user_id())
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl SessionSource for FixedSession {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        BlockingSessionSource::start(self, clock)
    }

    fn identity(&self) -> SessionIdentity {
        Self::identity(self)
    }
}

impl BlockingSessionSource for FixedSession {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        Ok(IssuedSession::from_existing(Arc::clone(&self.0), Moment::read(clock)))
    }

    fn identity(&self) -> SessionIdentity {
        Self::identity(self)
    }
}
