//! What the server's clock shows: by it app tokens end, and not by the clock of this machine.

use std::sync::{Arc, Mutex, PoisonError};

use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
use kaltura_types::UnixTime;

use crate::time;

/// The server's clock, as its last answer showed it. Before the first answer it is that of this machine.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerClock {
    seen: Arc<Mutex<Option<Seen>>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    shown: UnixTime,
    /// By how many seconds it was ahead of the clock of this machine.
    ahead: i64,
}

impl ServerClock {
    /// What it showed in the last answer, which was a moment ago.
    pub(super) fn now(&self) -> UnixTime {
        self.seen().map_or_else(time::now, |seen| seen.shown)
    }

    /// By how many seconds it is ahead of the clock of this machine, once an answer has shown it.
    pub(super) fn ahead(&self) -> Option<i64> {
        self.seen().map(|seen| seen.ahead)
    }

    /// A transport that sets this clock by each answer.
    pub(super) fn watching<T>(&self, transport: T) -> Watching<T> {
        Watching { transport, clock: self.clone() }
    }

    fn seen(&self) -> Option<Seen> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, shown: UnixTime) {
        let seen = Seen { shown, ahead: shown.seconds_since(time::now()) };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}

/// A transport whose answers set a clock.
pub(super) struct Watching<T> {
    transport: T,
    clock: ServerClock,
}

#[async_trait]
impl<T: Transport> Transport for Watching<T> {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let response = self.transport.send(request).await?;
        if let Some(shown) = response.server_time() {
            self.clock.set(shown);
        }
        Ok(response)
    }
}
