//! The traits of sources that block the calling thread.

use std::sync::Arc;

use kaltura_types::SessionRequest;

use super::SessionIdentity;
use crate::credentials::AppTokenCredentials;
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::session::IssuedSession;

/// Starts a session on each call, and blocks the thread meanwhile.
pub trait BlockingSessionSource: MaybeSend + MaybeSync {
    /// Starts a session. `clock` gives the time at which its request is sent.
    ///
    /// # Errors
    ///
    /// [`Error`] if no session could be started.
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error>;

    /// The same source with another session request, such as another user. `None` if it does not support that.
    fn with_request(&self, _request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        None
    }

    /// Which login the sessions come from, for metrics and logs. The default is that nothing is known.
    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new()
    }
}

impl<S: BlockingSessionSource + ?Sized> BlockingSessionSource for Arc<S> {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        (**self).start(clock)
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        (**self).with_request(request)
    }

    fn identity(&self) -> SessionIdentity {
        (**self).identity()
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
