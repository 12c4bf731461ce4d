//! A session from elsewhere, which nobody here can renew.

use std::sync::Arc;

use async_trait::async_trait;

use super::{BlockingSessionSource, SessionSource};
use crate::error::Error;
use crate::manager::{IssuedSession, Moment};
use crate::runtime::Clock;
use crate::session::Session;

/// Always the same session: a KS that was given to the program.
///
/// When it is over, or refused, whoever asks gets an error.
///
/// ```
/// # use kaltura_auth::{Session, source::FixedSession}; use kaltura_auth::types::{Ks, PartnerId};
/// let source = FixedSession::new(Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2")));
/// ```
#[derive(Clone, Debug)]
pub struct FixedSession(Arc<Session>);

impl FixedSession {
    /// Always this one. Say its expiry if it is known: then its end is foreseen.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self(Arc::new(session))
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl SessionSource for FixedSession {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        BlockingSessionSource::start(self, clock)
    }
}

impl BlockingSessionSource for FixedSession {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        Ok(IssuedSession::found(Arc::clone(&self.0), Moment::read(clock)))
    }
}
