//! A source that shares its sessions through a store.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use kaltura_types::SessionRequest;

use super::sharing::{CALL_LIMIT, Ending, HeldLease, Sharing, Step, StoreClock, checked};
use super::{Lease, SessionStore, StoreError, StoreErrorKind, StoreKey};
use crate::error::Error;
use crate::runtime::moment::Moment;
use crate::runtime::{BoxFuture, Clock, Runtime};
use crate::session::IssuedSession;
use crate::source::{AcquireContext, Acquired, SessionIdentity, SessionSource, WidgetKsCache};

/// A session source whose sessions are shared with other processes: of all processes with the same store and the same
/// login, one logs in, and the others use its session.
///
/// [`SessionManagerBuilder::store`](crate::manager::SessionManagerBuilder::store) wraps the source of a manager in it.
///
/// - Sessions are found under the source's [`store_key`](SessionSource::store_key); a source without one is used
///   directly.
/// - While the session is valid, trouble with the store delays its renewal, and nothing else. In the second half of
///   the renewal window, and when there is no session, the process logs in without the store.
/// - An error that the server has sent is shared: for the time of the backoff no other process tries.
/// - A session whose expiry is not known is not shared.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, Transport, runtime::Runtime, source::AppTokenSource};
/// # use kaltura_auth::manager::SessionManager; use kaltura_auth::store::{SessionStore, SharedSource};
/// # fn example(
/// #     login: AppTokenLogin, transport: impl Transport + 'static,
/// #     runtime: impl Runtime + Clone + 'static, store: impl SessionStore + 'static,
/// # ) {
/// let source = SharedSource::new(AppTokenSource::new(login, transport), store, runtime.clone());
/// let manager = SessionManager::new(source, runtime);
/// # }
/// ```
pub struct SharedSource<S> {
    source: S,
    store: Arc<dyn SessionStore>,
    runtime: Arc<dyn Runtime>,
}

impl<S> SharedSource<S> {
    /// Shares the sessions of `source` through `store`. `runtime` gives the time limits of the calls to the store.
    pub fn new(source: S, store: impl SessionStore + 'static, runtime: impl Runtime + 'static) -> Self {
        Self { source, store: Arc::new(store), runtime: Arc::new(runtime) }
    }

    /// A call to the store, with its time limit.
    async fn limited<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let limit = async {
            self.runtime.sleep(CALL_LIMIT).await;
            Err(StoreError::new(StoreErrorKind::TimedOut, "the store did not answer within 1 s"))
        };
        first_of(call, limit).await
    }

    /// A call after a login, made again if it fails.
    async fn persist<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        sharing: &Sharing<'_>,
        clock: &dyn Clock,
        call: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let since = Moment::read(clock);
        let mut tries = 0;
        loop {
            let result = self.limited(call()).await;
            tries += 1;
            match result.as_ref().err().and_then(|error| sharing.pause_after(error, tries, since)) {
                Some(pause) => self.runtime.sleep(pause).await,
                None => return result,
            }
        }
    }

    async fn wait(&self, key: &StoreKey, at_most: Duration) {
        first_of(self.store.changed(key), self.runtime.sleep(at_most)).await;
    }

    /// Extends the lease every third of its duration. Never ends.
    async fn hold(&self, key: &StoreKey, held: Option<&HeldLease>) {
        let Some(HeldLease { lease, .. }) = held else { return std::future::pending().await };
        if lease.duration() == Duration::MAX {
            return std::future::pending().await;
        }
        loop {
            self.runtime.sleep(lease.duration() / 3).await;
            // If the lease is lost, another process may log in as well, which does no harm. A failure is tried again.
            let _ = self.limited(self.store.extend(key, lease)).await;
        }
    }
}

impl<S: SessionSource> SharedSource<S> {
    async fn log_in(
        &self,
        key: &StoreKey,
        mut sharing: Sharing<'_>,
        held: Option<HeldLease>,
        context: &AcquireContext<'_>,
    ) -> Result<Acquired, Error> {
        if !self.source.reports_logins() {
            context.report_login();
        }
        let mut cancelled = ReleaseOnDrop {
            store: Arc::clone(&self.store),
            runtime: Arc::clone(&self.runtime),
            of: held.as_ref().map(|held| (key.clone(), held.lease.clone())),
        };
        let login = self.source.start(context.clock());
        let hold = async {
            self.hold(key, held.as_ref()).await;
            Err(Error::interrupted())
        };
        let result = checked(first_of(login, hold).await, context.clock());
        // If the credentials have changed meanwhile, the session is not that of the key.
        let is_of_key = matches!(self.source.store_key().await, Ok(Some(now)) if now == *key);
        if is_of_key {
            self.end(key, &mut sharing, held.as_ref(), &result, context).await;
        } else if let Some(held) = &held {
            let _ = self.limited(self.store.release(key, &held.lease)).await;
        }
        cancelled.of = None;
        result.map(Acquired::Started)
    }

    /// Tells the store what came of a login. Whatever it answers, the result of the login counts here.
    async fn end(
        &self,
        key: &StoreKey,
        sharing: &mut Sharing<'_>,
        held: Option<&HeldLease>,
        result: &Result<IssuedSession, Error>,
        context: &AcquireContext<'_>,
    ) {
        let mut clock = held.map(StoreClock::of_lease);
        if Sharing::needs_time(held, result) {
            match self.persist(sharing, context.clock(), || self.store.time()).await {
                Ok(time) => clock = Some(StoreClock::new(time, Moment::read(context.clock()))),
                Err(error) => return sharing.report(error),
            }
        }
        let lease = held.map(|held| &held.lease);
        let told = match (sharing.after_login(result, clock), lease) {
            (Ending::Publish(record), lease) => {
                let publish = || self.store.publish(key, lease, &record, sharing.replaces());
                self.persist(sharing, context.clock(), publish).await.map(drop)
            }
            (Ending::Fail { failure, backoff }, Some(lease)) => {
                self.limited(self.store.fail(key, lease, &failure, backoff)).await
            }
            (Ending::Release, Some(lease)) => self.limited(self.store.release(key, lease)).await,
            (_, None) => Ok(()),
        };
        if let Err(error) = told {
            sharing.report(error);
        }
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl<S: SessionSource + 'static> SessionSource for SharedSource<S> {
    /// Starts a session without the store.
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        self.source.start(clock).await
    }

    async fn acquire(&self, context: &AcquireContext<'_>) -> Result<Acquired, Error> {
        let Some(key) = self.source.store_key().await? else {
            if !self.source.reports_logins() {
                context.report_login();
            }
            return self.source.acquire(context).await;
        };
        let mut sharing = Sharing::new(context, self.source.widget_ks_cache());
        loop {
            let asked_at = Moment::read(context.clock());
            let taken = self.limited(self.store.take(&key, sharing.ask())).await;
            match sharing.on_taken(taken, asked_at) {
                Step::Retry(after) => self.runtime.sleep(after).await,
                Step::Wait(at_most) => self.wait(&key, at_most).await,
                Step::LogIn(held) => return self.log_in(&key, sharing, held, context).await,
                Step::Done(acquired) => return Ok(acquired),
            }
        }
    }

    fn reports_logins(&self) -> bool {
        true
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        let source = self.source.with_request(request)?;
        let (store, runtime) = (Arc::clone(&self.store), Arc::clone(&self.runtime));
        Some(Arc::new(SharedSource { source, store, runtime }))
    }

    fn identity(&self) -> SessionIdentity {
        self.source.identity()
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        self.source.store_key().await
    }

    fn widget_ks_cache(&self) -> Option<&WidgetKsCache> {
        self.source.widget_ks_cache()
    }
}

impl<S> fmt::Debug for SharedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSource").finish_non_exhaustive()
    }
}

/// Frees the lease of a login that was dropped, so that other processes need not wait for its end. Where no task can be
/// spawned, they do.
struct ReleaseOnDrop {
    store: Arc<dyn SessionStore>,
    runtime: Arc<dyn Runtime>,
    of: Option<(StoreKey, Lease)>,
}

impl Drop for ReleaseOnDrop {
    fn drop(&mut self) {
        let Some((key, lease)) = self.of.take() else { return };
        let store = Arc::clone(&self.store);
        let limit = self.runtime.sleep(CALL_LIMIT);
        let release: BoxFuture<'static, ()> = Box::pin(async move {
            let release = async {
                let _ = store.release(&key, &lease).await;
            };
            first_of(release, limit).await;
        });
        let _ = self.runtime.spawn(release);
    }
}

/// The output of the future that is ready first. The other one is dropped.
async fn first_of<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(output),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await
}
