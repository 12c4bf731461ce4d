//! The sources from which a session manager gets its sessions. Their blocking traits are in
//! [`blocking`](crate::blocking).

mod acquire;
mod app_token;
pub(crate) mod blocking;
mod identity;
#[cfg(feature = "local-signing")]
mod local_signing;
mod partner_secret;
mod widget_ks;

use std::sync::Arc;

use async_trait::async_trait;
use kaltura_types::SessionRequest;

pub use self::acquire::{AcquireContext, Acquired};
pub(crate) use self::acquire::{Need, Reporter};
pub use self::app_token::AppTokenSource;
pub use self::identity::SessionIdentity;
#[cfg(feature = "local-signing")]
pub use self::local_signing::LocalSigningSource;
pub use self::partner_secret::{PartnerSecretLogin, PartnerSecretSource};
pub use self::widget_ks::WidgetKsCache;

use self::blocking::BlockingSessionSource;
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, Session};
use crate::store::StoreKey;

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

    /// Gets a session for a manager. The default starts one.
    ///
    /// A source that shares sessions with other processes may also return one of theirs, or none at all; see
    /// [`Acquired`].
    async fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        self.start(context.clock()).await.map(Acquired::Started)
    }

    /// Whether [`acquire`](Self::acquire) reports the start of each login itself, because it may answer without one. The
    /// default is no: then each call counts as a login.
    fn reports_logins(&self) -> bool {
        false
    }

    /// The same source with another session request, such as another user. `None` if it does not support that.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        None
    }

    /// Which login the sessions come from, for metrics and logs. The default is that nothing is known.
    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
    }

    /// Under which key a store keeps the sessions of this source. The default is `None`: they are not shared.
    ///
    /// The key depends on the current credentials, so it is asked for again at each login. An error is that of a login.
    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(None)
    }

    /// The widget KS of the source, if it has one that can be shared.
    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        None
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<S: SessionSource + ?Sized> SessionSource for Arc<S> {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        (**self).start(clock).await
    }

    async fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        (**self).acquire(context).await
    }

    fn reports_logins(&self) -> bool {
        (**self).reports_logins()
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        (**self).with_request(request)
    }

    fn identity(&self) -> SessionIdentity {
        (**self).identity()
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        (**self).store_key().await
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        (**self).widget_ks_cache()
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
