//! What starts sessions for a session manager.

mod app_token;
mod credentials;
mod fixed;
#[cfg(feature = "local-signing")]
mod local;
mod partner;
mod widget_ks_cache;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::app_token::AppTokenSource;
pub use self::credentials::{BlockingCredentialsSource, CredentialsSource};
pub use self::fixed::FixedSession;
#[cfg(feature = "local-signing")]
pub use self::local::LocalSigning;
pub use self::partner::{PartnerSecretSource, SecretLogin};

use crate::error::Error;
use crate::manager::IssuedSession;
use crate::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::Clock;
use kaltura_types::SessionRequest;

/// Starts one session each time it is asked.
///
/// It is asked by one flight at a time, but may be dropped at any await and asked again.
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
/// /// Sessions from a service of one's own.
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
    /// Starts a session. `clock` tells when its request is sent.
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error>;

    /// The same source with other wishes, such as another user; nothing if it takes none.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        None
    }
}

/// Starts one session each time it is asked, holding the thread meanwhile.
pub trait BlockingSessionSource: MaybeSend + MaybeSync {
    /// Starts a session. `clock` tells when its request is sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no session to be had.
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error>;

    /// The same source with other wishes, such as another user; nothing if it takes none.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        None
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
}

impl<S: BlockingSessionSource + ?Sized> BlockingSessionSource for Arc<S> {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        (**self).start(clock)
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        (**self).with_request(request)
    }
}
