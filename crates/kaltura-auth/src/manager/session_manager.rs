//! The async driver of the pure state: many tasks, one session, one login at a time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::event::{Event, InvalidReason, Observer, Status, observe};
use super::fast_path::FastPath;
use super::last_handle::LastHandle;
use super::policy::Policy;
use super::shared_login::{SharedLogin, SharedLoginSlot};
use super::state::{Caller, Decision, LoginPermit, SessionState};
use super::sync::{Mutex, MutexGuard, lock};
use super::{Moment, SessionResult};
use crate::error::{Error, ManagerError};
use crate::runtime::maybe_send::MaybeSend;
use crate::runtime::{BoxFuture, Runtime};
use crate::session::Session;
use crate::source::{AcquireContext, Acquired, Reporter, SessionIdentity, SessionSource};
use crate::store::{SessionStore, SharedSource};

/// Keeps one session valid for any number of tasks.
///
/// While the session is fresh, [`session`](Self::session) is ready at once, without a lock or an allocation. Close
/// to its expiry it is renewed in the background, and no caller waits. When there is no session, all callers join
/// one login and share its result, success or error. After a failure callers get the same error at once, until the
/// backoff is over.
///
/// A clone is a handle to the same session. Any future can be dropped at any point: a login continues as long as
/// a caller waits for it or the runtime runs it. When the last handle is dropped, the runtime's task ends too.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, Error, Transport}; use kaltura_auth::runtime::Runtime;
/// # use kaltura_auth::manager::SessionManager; use kaltura_auth::source::AppTokenSource;
/// # async fn example(
/// #     login: AppTokenLogin, transport: impl Transport + 'static, runtime: impl Runtime + 'static,
/// # ) -> Result<(), Error> {
/// let manager = SessionManager::new(AppTokenSource::new(login, transport), runtime);
/// let session = manager.session().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SessionManager(Arc<Handle>);

/// What the clones of a manager share. A login in progress holds only `Inner`, so it does not keep the handle alive.
struct Handle(Arc<Inner>);

impl Deref for Handle {
    type Target = Arc<Inner>;

    fn deref(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.last_handle.dropped();
    }
}

struct Inner {
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    identity: Arc<SessionIdentity>,
    observer: Option<Arc<dyn Observer>>,
    login_timeout: Duration,
    fast_path: FastPath,
    last_handle: LastHandle,
    locked: Mutex<Locked>,
}

struct Locked {
    state: SessionState,
    slot: SharedLoginSlot,
    /// The observer panicked, so the login in progress fails.
    observer_panicked: bool,
}

/// Builds a [`SessionManager`].
#[must_use = "a builder does nothing until it is built"]
pub struct SessionManagerBuilder {
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    identity: SessionIdentity,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
}

impl SessionManagerBuilder {
    /// Sets the observer of events. An `Arc` of one can observe several managers.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the identity in events and status. The default is that of the source.
    pub fn identity(mut self, identity: SessionIdentity) -> Self {
        self.identity = identity;
        self
    }

    /// Replaces the default policy.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Shares the session with other processes through this store: of all that use the same login, one logs in, and the
    /// others use its session. See [`SharedSource`].
    pub fn store(mut self, store: impl SessionStore + 'static) -> Self {
        self.source = Arc::new(SharedSource::new(self.source, store, Arc::clone(&self.runtime)));
        self
    }

    /// Builds the manager. It sends nothing before the first session is requested.
    #[must_use]
    pub fn build(self) -> SessionManager {
        let login_timeout = self.policy.login_timeout;
        let state = SessionState::new(self.policy, self.runtime.random())
            .with_source_that_reports_logins(self.source.reports_logins());
        SessionManager(Arc::new(Handle(Arc::new(Inner {
            runtime: self.runtime,
            source: self.source,
            identity: Arc::new(self.identity),
            observer: self.observer,
            login_timeout,
            fast_path: FastPath::default(),
            last_handle: LastHandle::default(),
            locked: Mutex::new(Locked { state, slot: SharedLoginSlot::default(), observer_panicked: false }),
        }))))
    }
}

impl fmt::Debug for SessionManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManagerBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl SessionManager {
    /// A manager of sessions from this source, with time, randomness and tasks from this runtime.
    pub fn new(source: impl SessionSource + 'static, runtime: impl Runtime + 'static) -> Self {
        Self::builder(source, runtime).build()
    }

    /// A builder, to set an observer or another policy.
    pub fn builder(
        source: impl SessionSource + 'static,
        runtime: impl Runtime + 'static,
    ) -> SessionManagerBuilder {
        Self::builder_with_shared(Arc::new(source), Arc::new(runtime))
    }

    /// A builder of one of several managers that share a source or a runtime.
    pub fn builder_with_shared(
        source: Arc<dyn SessionSource>,
        runtime: Arc<dyn Runtime>,
    ) -> SessionManagerBuilder {
        SessionManagerBuilder {
            identity: source.identity(),
            runtime,
            source,
            observer: None,
            policy: Policy::default(),
        }
    }

    /// Returns the session if it needs no renewal. Never waits and sends nothing, so it can be called from
    /// synchronous code.
    #[must_use]
    pub fn fresh(&self) -> Option<Arc<Session>> {
        self.0.fast_path.get(self.0.now())
    }

    /// Returns the session; logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login. During the backoff after it, the same error without another login.
    pub async fn session(&self) -> SessionResult {
        match self.fresh() {
            Some(session) => Ok(session),
            None => self.0.drive(Caller::OnDemand, Duration::ZERO).await,
        }
    }

    /// Returns a session with at least `min` of its lifetime left, for work that must not outlive it. Logs in if
    /// the cached session expires sooner; meanwhile other callers keep getting the cached one.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if the source's sessions never live that long.
    pub async fn session_valid_for(&self, min: Duration) -> SessionResult {
        let session = self.0.drive(Caller::OnDemand, min).await?;
        let now = self.0.now();
        let too_short = self.0.lock().state.too_short(&session, min, now);
        too_short.map_or(Ok(session), Err)
    }

    /// Logs in now if there is no session, so that the first caller does not wait.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn prefetch(&self) -> Result<(), Error> {
        self.session().await.map(drop)
    }

    /// Reports that the server has refused this session. If it is still the cached one, it is dropped, and the next
    /// caller gets a new one. Returns whether it was.
    pub fn invalidate(&self, session: &Arc<Session>, reason: InvalidReason) -> bool {
        let now = self.0.now();
        let mut locked = self.0.lock();
        let dropped = locked.state.invalidate(session, reason, now);
        self.0.fast_path.publish(locked.state.cached());
        self.0.release(locked);
        dropped
    }

    /// A snapshot for health checks. Sends nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.0.now();
        let mut status = self.0.lock().state.status(now);
        status.identity = Arc::clone(&self.0.identity);
        status
    }

    /// Which login the session comes from, as in events and status.
    #[must_use]
    pub fn identity(&self) -> &Arc<SessionIdentity> {
        &self.0.identity
    }

    /// Renews the session if that is due, and returns the time until the next call: between 50 ms and a minute.
    pub async fn refresh_if_due(&self) -> Duration {
        self.0.refresh_if_due().await
    }

    /// Keeps the session fresh for as long as a handle exists, so that no caller ever waits; for runtimes that
    /// cannot spawn tasks, or to keep a session ready while there are no callers. Failures do not end it.
    ///
    /// The future holds no handle: when the last one is dropped, it is woken and ends at once, also during a login.
    pub fn run_refresh_loop(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        let inner = Arc::clone(&self.0.0);
        let last_handle = inner.last_handle.clone();
        let refresh: BoxFuture<'static, ()> = Box::pin(async move {
            loop {
                let interval = inner.refresh_if_due().await;
                inner.runtime.sleep(interval).await;
            }
        });
        last_handle.run_while_held(refresh)
    }
}

impl fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What is left to do for the caller.
enum Step {
    Done(SessionResult),
    /// Return the result of this login.
    Wait(SharedLogin),
    /// Drive this renewal; if it fails, return the cached session if that has not expired.
    Renew(SharedLogin),
}

impl Inner {
    fn now(&self) -> Moment {
        Moment::read(&*self.runtime)
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        lock(&self.locked)
    }

    /// Unlocks, then passes the new events to the observer. If it panics, the login in progress fails. Returns whether
    /// it panicked.
    fn release(&self, mut locked: MutexGuard<'_, Locked>) -> bool {
        let events = locked.state.take_events();
        drop(locked);
        let panicked = observe(self.observer.as_deref(), &events, &self.identity).is_err();
        if panicked {
            let mut locked = self.lock();
            locked.observer_panicked = locked.state.in_progress().is_some();
        }
        panicked
    }

    async fn drive(self: &Arc<Self>, caller: Caller, min: Duration) -> SessionResult {
        loop {
            let result = match self.step(caller, min) {
                Step::Done(result) => return result,
                Step::Wait(login) => login.await,
                Step::Renew(login) => match login.await {
                    Ok(session) => Ok(session),
                    Err(error) => self.unexpired_session().ok_or(error),
                },
            };
            // Otherwise the session that the source wanted to be kept was refused or has expired meanwhile.
            if !result.as_ref().is_err_and(Error::is_superseded) {
                return result;
            }
        }
    }

    async fn refresh_if_due(self: &Arc<Self>) -> Duration {
        // A failure has started the backoff and is returned to the next caller; here only the time matters.
        let _result = self.drive(Caller::RefreshLoop, Duration::ZERO).await;
        let now = self.now();
        self.lock().state.next_refresh_in(now)
    }

    /// Whether the observer panicked during the login in progress.
    fn take_observer_panic(&self) -> bool {
        mem::take(&mut self.lock().observer_panicked)
    }

    fn unexpired_session(&self) -> Option<Arc<Session>> {
        let now = self.now();
        self.lock().state.unexpired(now).map(|cached| Arc::clone(&cached.session))
    }

    fn step(self: &Arc<Self>, caller: Caller, min: Duration) -> Step {
        let now = self.now();
        let mut locked = self.lock();
        let mut decision = locked.state.decide(now, caller, min);
        if matches!(decision, Decision::Join) {
            if let Some(login) = locked.slot.join() {
                self.release(locked);
                return Step::Wait(login);
            }
            // Its last handle is being dropped and waits for this lock to abandon it: abandon it here.
            if let Some(dropped) = locked.state.in_progress() {
                locked.state.abandon(dropped.id);
            }
            decision = locked.state.decide(now, caller, min);
        }
        if matches!(decision, Decision::Start(_) | Decision::UseAndRenew(..)) {
            locked.observer_panicked = false;
        }
        let (step, to_spawn) = match decision {
            Decision::Use(session) => (Step::Done(Ok(session)), None),
            Decision::Fail(error) => (Step::Done(Err(error)), None),
            Decision::Start(permit) => {
                let login = locked.slot.start(Box::pin(CompletionGuard::new(self, permit).log_in()));
                (Step::Wait(login.clone()), Some(login))
            }
            Decision::UseAndRenew(session, permit) => {
                let login = locked.slot.start(Box::pin(CompletionGuard::new(self, permit).log_in()));
                match caller {
                    Caller::RefreshLoop => (Step::Renew(login), None),
                    Caller::OnDemand => (Step::Done(Ok(session)), Some(login)),
                }
            }
            // Cannot happen: the login that could not be joined has been abandoned.
            Decision::Join => (Step::Done(Err(Error::interrupted())), None),
        };
        self.release(locked);
        self.spawn(step, to_spawn)
    }

    /// Spawns a task that drives the login; if the runtime declines, the caller drives it.
    fn spawn(&self, step: Step, login: Option<SharedLogin>) -> Step {
        let Some(login) = login else { return step };
        let task: BoxFuture<'static, ()> = Box::pin(self.last_handle.run_while_held(login.clone()));
        match (self.runtime.spawn(task), step) {
            (Err(_), Step::Done(Ok(_))) => Step::Renew(login),
            (_, step) => step,
        }
    }

    /// One login of the source, with the timeout: it ends even if the transport never returns. A panic is an error.
    async fn acquire(&self) -> Result<Acquired, Error> {
        let now = self.now();
        let need = self.lock().state.need(now);
        let login_timeout = self.login_timeout;
        let context = AcquireContext { clock: &*self.runtime, reporter: self, login_timeout, need };
        let mut login = pin!(async { self.source.acquire(&context).await });
        let mut timeout = self.runtime.sleep(self.login_timeout);
        poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| login.as_mut().poll(context)));
            if let Poll::Ready(result) = polled.unwrap_or_else(|_panic| Poll::Ready(Err(Error::panicked()))) {
                return Poll::Ready(result);
            }
            let timed_out = ManagerError::TimedOut { limit: self.login_timeout };
            timeout.as_mut().poll(context).map(|()| Err(Error::manager(timed_out)))
        })
        .await
    }
}

impl Reporter for Inner {
    fn report(&self, event: Event) {
        if observe(self.observer.as_deref(), &[event], &self.identity).is_err() {
            self.lock().observer_panicked = true;
        }
    }
}

/// Ends the login in the state: with its result, or without one if it is dropped before.
struct CompletionGuard {
    inner: Arc<Inner>,
    permit: Option<LoginPermit>,
}

impl CompletionGuard {
    fn new(inner: &Arc<Inner>, permit: LoginPermit) -> Self {
        Self { inner: Arc::clone(inner), permit: Some(permit) }
    }

    async fn log_in(mut self) -> SessionResult {
        let inner = Arc::clone(&self.inner);
        let acquired =
            if inner.take_observer_panic() { Err(Error::panicked()) } else { inner.acquire().await };
        let now = inner.now();
        let mut locked = inner.lock();
        let panicked = mem::take(&mut locked.observer_panicked);
        let acquired = if panicked { Err(Error::panicked()) } else { acquired };
        let result = match self.permit.take() {
            Some(permit) => locked.state.finish_acquired(permit, acquired, now),
            // Cannot happen: only this takes it.
            None => Err(Error::interrupted()),
        };
        inner.fast_path.publish(locked.state.cached());
        let panicked = inner.release(locked);
        if panicked && result.is_ok() {
            let error = Error::panicked();
            inner.lock().state.start_backoff(error.clone(), now);
            return Err(error);
        }
        result
    }
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.inner.lock().state.abandon(permit.id());
        }
    }
}
