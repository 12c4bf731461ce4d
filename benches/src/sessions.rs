//! A cached session, beside its lower bound: a clone of a shared pointer, and one reading of the two clocks that decide
//! whether the session is still valid.

use std::hint::black_box;
use std::sync::Arc;

use kaltura_auth::manager::{Moment, SessionManager};
use kaltura_auth::source::FixedSession;
use kaltura_auth::{Session, blocking};
use kaltura_http::{SystemClock, TokioRuntime};
use kaltura_types::{Ks, PartnerId, UnixTime};

use crate::{Work, ready};

fn session() -> Session {
    Session::new(PartnerId::new(7), Ks::new("djJ8N3w")).with_expiry(UnixTime::from_seconds(4_000_000_000))
}

pub(crate) fn manager() -> SessionManager {
    let manager = SessionManager::new(FixedSession::new(session()), TokioRuntime::new());
    ready(manager.session()).unwrap();
    manager
}

pub(crate) fn cached() -> Work {
    let manager = manager();
    Box::new(move || drop(black_box(ready(manager.session()))))
}

pub(crate) fn cached_blocking() -> Work {
    let manager = blocking::SessionManager::new(FixedSession::new(session()), SystemClock::new());
    manager.session().unwrap();
    Box::new(move || drop(black_box(manager.session())))
}

/// What no cache can do without.
pub(crate) struct LowerBound {
    session: Arc<Session>,
    clock: Arc<dyn kaltura_auth::runtime::Clock + Send + Sync>,
}

impl LowerBound {
    pub(crate) fn new() -> Self {
        Self { session: Arc::new(session()), clock: Arc::new(SystemClock::new()) }
    }

    pub(crate) fn get(&self) {
        let now = black_box(Moment::read(&*self.clock));
        drop(black_box((Arc::clone(&self.session), now)));
    }
}

pub(crate) fn cached_baseline() -> Work {
    let bound = LowerBound::new();
    Box::new(move || bound.get())
}
