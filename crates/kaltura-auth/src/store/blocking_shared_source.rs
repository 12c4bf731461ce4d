//! A source that shares its sessions through a store, and blocks the thread meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kaltura_types::SessionRequest;

use super::blocking::BlockingSessionStore;
use super::sharing::{Ending, HeldLease, Sharing, Step, StoreClock, checked};
use super::{StoreError, StoreKey};
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::moment::Moment;
use crate::session::IssuedSession;
use crate::source::blocking::BlockingSessionSource;
use crate::source::{AcquireContext, Acquired, SessionIdentity, WidgetKsCache};

/// A session source whose sessions are shared with other processes, and that blocks the thread meanwhile. Otherwise like
/// [`SharedSource`](crate::store::SharedSource); the two share sessions with each other.
///
/// The store limits the time of its calls. During a login, a thread extends the lease.
pub struct BlockingSharedSource<S> {
    source: S,
    store: Arc<dyn BlockingSessionStore>,
}

impl<S> BlockingSharedSource<S> {
    /// Shares the sessions of `source` through `store`.
    pub fn new(source: S, store: impl BlockingSessionStore + 'static) -> Self {
        Self { source, store: Arc::new(store) }
    }
}

impl<S: BlockingSessionSource> BlockingSharedSource<S> {
    fn log_in(
        &self,
        key: &StoreKey,
        mut sharing: Sharing<'_>,
        held: Option<HeldLease>,
        context: &AcquireContext<'_>,
    ) -> Result<Acquired, Error> {
        if !self.source.reports_logins() {
            context.report_login();
        }
        let mut release = ReleaseOnDrop { store: &*self.store, key, held: held.as_ref() };
        let started = self.while_held(key, held.as_ref(), || self.source.start(context.clock()));
        let result = checked(started, context.clock());
        // If the credentials have changed meanwhile, the session is not that of the key.
        if matches!(self.source.store_key(), Ok(Some(now)) if now == *key) {
            release.held = None;
            self.end(key, &mut sharing, held.as_ref(), &result, context);
        }
        result.map(Acquired::Started)
    }

    /// Runs the login, and extends the lease every third of its duration meanwhile.
    #[cfg(not(target_family = "wasm"))]
    fn while_held<T>(&self, key: &StoreKey, held: Option<&HeldLease>, login: impl FnOnce() -> T) -> T {
        use std::sync::mpsc::{RecvTimeoutError, channel};

        let Some(HeldLease { lease, .. }) = held.filter(|held| held.lease.duration() != Duration::MAX) else {
            return login();
        };
        std::thread::scope(|scope| {
            // Dropped when the login has ended, even if it panics; then the thread ends at once.
            let (_login, ended) = channel::<()>();
            let store = &self.store;
            let extend = move || {
                while ended.recv_timeout(lease.duration() / 3) == Err(RecvTimeoutError::Timeout) {
                    // If the lease is lost, another process may log in as well, which does no harm.
                    let _ = store.extend(key, lease);
                }
            };
            // Without the thread the lease ends early, and another process may log in as well.
            let _ = std::thread::Builder::new().name("kaltura-lease".to_owned()).spawn_scoped(scope, extend);
            login()
        })
    }

    #[cfg(target_family = "wasm")]
    fn while_held<T>(&self, _: &StoreKey, _: Option<&HeldLease>, login: impl FnOnce() -> T) -> T {
        login()
    }

    /// Tells the store what came of a login. Whatever it answers, the result of the login counts here.
    fn end(
        &self,
        key: &StoreKey,
        sharing: &mut Sharing<'_>,
        held: Option<&HeldLease>,
        result: &Result<IssuedSession, Error>,
        context: &AcquireContext<'_>,
    ) {
        let mut clock = held.map(StoreClock::of_lease);
        if Sharing::needs_time(held, result) {
            match persist(sharing, context.clock(), || self.store.time()) {
                Ok(time) => clock = Some(StoreClock::new(time, Moment::read(context.clock()))),
                Err(error) => return sharing.report(error),
            }
        }
        let lease = held.map(|held| &held.lease);
        let told = match (sharing.after_login(result, clock), lease) {
            (Ending::Publish(record), lease) => {
                let publish = || self.store.publish(key, lease, &record, sharing.replaces());
                persist(sharing, context.clock(), publish).map(drop)
            }
            (Ending::Fail { failure, backoff }, Some(lease)) => {
                self.store.fail(key, lease, &failure, backoff)
            }
            (Ending::Release, Some(lease)) => self.store.release(key, lease),
            (_, None) => Ok(()),
        };
        if let Err(error) = told {
            sharing.report(error);
        }
    }
}

impl<S: BlockingSessionSource + 'static> BlockingSessionSource for BlockingSharedSource<S> {
    /// Starts a session without the store.
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        self.source.start(clock)
    }

    fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        let Some(key) = self.source.store_key()? else {
            if !self.source.reports_logins() {
                context.report_login();
            }
            return self.source.acquire(context);
        };
        let mut sharing = Sharing::new(context, self.source.widget_ks_cache());
        loop {
            let asked_at = Moment::read(context.clock());
            let taken = self.store.take(&key, sharing.ask());
            match sharing.on_taken(taken, asked_at) {
                Step::Retry(after) => std::thread::sleep(after),
                Step::Wait(at_most) => self.store.wait_for_change(&key, at_most),
                Step::LogIn(held) => return self.log_in(&key, sharing, held, context),
                Step::Done(acquired) => return Ok(acquired),
            }
        }
    }

    fn reports_logins(&self) -> bool {
        true
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        let source = self.source.with_request(request)?;
        Some(Arc::new(BlockingSharedSource { source, store: Arc::clone(&self.store) }))
    }

    fn identity(&self) -> SessionIdentity {
        self.source.identity()
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        self.source.store_key()
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        self.source.widget_ks_cache()
    }
}

impl<S> fmt::Debug for BlockingSharedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSharedSource").finish_non_exhaustive()
    }
}

/// A call after a login, made again if it fails.
fn persist<T>(
    sharing: &Sharing<'_>,
    clock: &dyn Clock,
    call: impl Fn() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let since = Moment::read(clock);
    let mut tries = 0;
    loop {
        let result = call();
        tries += 1;
        match result.as_ref().err().and_then(|error| sharing.pause_after(error, tries, since)) {
            Some(pause) => std::thread::sleep(pause),
            None => return result,
        }
    }
}

/// Frees the lease if the login panics, or if its result does not belong into the store.
struct ReleaseOnDrop<'a> {
    store: &'a dyn BlockingSessionStore,
    key: &'a StoreKey,
    held: Option<&'a HeldLease>,
}

impl Drop for ReleaseOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.held {
            let _ = self.store.release(self.key, &held.lease);
        }
    }
}
