//! The traits of sources that block the calling thread.

use std::sync::Arc;

use kaltura_types::SessionRequest;

use super::{AcquireContext, Acquired, SessionIdentity, WidgetKsCache};
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::session::IssuedSession;
use crate::store::StoreKey;

/// Starts a session on each call, and blocks the thread meanwhile.
pub trait BlockingSessionSource: MaybeSend + MaybeSync {
    /// Starts a session. `clock` gives the time at which its request is sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if no session could be started.
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error>;

    /// Gets a session for a manager. The default starts one. See
    /// [`SessionSource::acquire`](crate::source::SessionSource::acquire).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        self.start(context.clock()).map(Acquired::Started)
    }

    /// See [`SessionSource::reports_logins`](crate::source::SessionSource::reports_logins).
    fn reports_logins(&self) -> bool {
        false
    }

    /// The same source with another session request, such as another user. `None` if it does not support that.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        None
    }

    /// Which login the sessions come from, for metrics and logs. The default is that nothing is known.
    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
    }

    /// Under which key a store keeps the sessions of this source. See
    /// [`SessionSource::store_key`](crate::source::SessionSource::store_key).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(None)
    }

    /// The widget KS of the source, if it has one that can be shared.
    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        None
    }
}

impl<S: BlockingSessionSource + ?Sized> BlockingSessionSource for Arc<S> {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        (**self).start(clock)
    }

    fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        (**self).acquire(context)
    }

    fn reports_logins(&self) -> bool {
        (**self).reports_logins()
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        (**self).with_request(request)
    }

    fn identity(&self) -> SessionIdentity {
        (**self).identity()
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        (**self).store_key()
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        (**self).widget_ks_cache()
    }
}

/// Provides the credentials for each login, and blocks the thread meanwhile.
pub trait BlockingCredentialsSource: MaybeSend + MaybeSync {
    /// The current credentials. [`Error::from_source`] converts any error.
    ///
    /// # Errors
    ///
    /// [`Error`] if there are none.
    fn credentials(&self) -> Result<AppTokenCredentials, Error>;
}

impl BlockingCredentialsSource for AppTokenCredentials {
    fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        Ok(self.clone())
    }
}
