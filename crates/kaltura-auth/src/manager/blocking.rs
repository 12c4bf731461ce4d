//! The blocking driver of the pure state: many threads, one session, one login at a time.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use super::event::{Event, InvalidReason, Observer, Panicked, Status, observe};
use super::fast_path::FastPath;
use super::policy::Policy;
use super::state::{Caller, Decision, LoginPermit, SessionState};
use super::sync::{Condvar, Mutex, MutexGuard, lock};
use super::{Moment, SessionResult};
use crate::error::Error;
use crate::runtime::Clock;
use crate::session::Session;
use crate::source::blocking::BlockingSessionSource;
use crate::source::{AcquireContext, Acquired, Need, Reporter, SessionIdentity};
use crate::store::blocking::BlockingSessionStore;
use crate::store::blocking_shared_source::BlockingSharedSource;

/// Keeps one session valid for any number of threads.
///
/// While the session is fresh, [`session`](Self::session) takes no lock. Close to its expiry, one caller renews it,
/// and the others get the cached one. When there is no session, all callers wait for one login and share its
/// result, success or error.
///
/// A clone is a handle to the same session.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, blocking::Transport as BlockingTransport, Error}; use kaltura_auth::runtime::Clock;
/// # use kaltura_auth::blocking::SessionManager as BlockingSessionManager; use kaltura_auth::source::AppTokenSource;
/// # fn example(
/// #     login: AppTokenLogin, transport: impl BlockingTransport + 'static, clock: impl Clock + 'static,
/// # ) -> Result<(), Error> {
/// let manager = BlockingSessionManager::new(AppTokenSource::new(login, transport), clock);
/// let session = manager.session()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BlockingSessionManager(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    source: Arc<dyn BlockingSessionSource>,
    identity: Arc<SessionIdentity>,
    observer: Option<Arc<dyn Observer>>,
    login_timeout: Duration,
    fast_path: FastPath,
    locked: Mutex<Locked>,
    completed: Condvar,
}

struct Locked {
    state: SessionState,
    /// The result of the login in progress, once it has completed.
    result: Arc<OnceLock<SessionResult>>,
    /// The observer panicked while the source worked, so the login in progress fails.
    observer_panicked: bool,
}

/// Builds a [`BlockingSessionManager`].
#[must_use = "a builder does nothing until it is built"]
pub struct BlockingSessionManagerBuilder {
    clock: Arc<dyn Clock>,
    source: Arc<dyn BlockingSessionSource>,
    identity: SessionIdentity,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
}

impl BlockingSessionManagerBuilder {
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
    /// others use its session. See [`SharedSource`](crate::blocking::SharedSource).
    pub fn store(mut self, store: impl BlockingSessionStore + 'static) -> Self {
        self.source = Arc::new(BlockingSharedSource::new(self.source, store));
        self
    }

    /// Builds the manager. It sends nothing before the first session is requested.
    #[must_use]
    pub fn build(self) -> BlockingSessionManager {
        let login_timeout = self.policy.login_timeout;
        let state = SessionState::new(self.policy, self.clock.random())
            .with_source_that_reports_logins(self.source.reports_logins());
        BlockingSessionManager(Arc::new(Inner {
            clock: self.clock,
            source: self.source,
            identity: Arc::new(self.identity),
            observer: self.observer,
            login_timeout,
            fast_path: FastPath::default(),
            locked: Mutex::new(Locked { state, result: Arc::default(), observer_panicked: false }),
            completed: Condvar::new(),
        }))
    }
}

impl fmt::Debug for BlockingSessionManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSessionManagerBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl BlockingSessionManager {
    /// A manager of sessions from this source, with time and randomness from this clock.
    pub fn new(source: impl BlockingSessionSource + 'static, clock: impl Clock + 'static) -> Self {
        Self::builder(source, clock).build()
    }

    /// A builder, to set an observer or another policy.
    pub fn builder(
        source: impl BlockingSessionSource + 'static,
        clock: impl Clock + 'static,
    ) -> BlockingSessionManagerBuilder {
        BlockingSessionManagerBuilder {
            clock: Arc::new(clock),
            identity: source.identity(),
            source: Arc::new(source),
            observer: None,
            policy: Policy::default(),
        }
    }

    /// Returns the session; logs in if there is none, or waits for another thread's login.
    ///
    /// # Errors
    ///
    /// The error of the login. During the backoff after it, the same error without another login.
    pub fn session(&self) -> SessionResult {
        match self.0.fast_path.get(self.0.now()) {
            Some(session) => Ok(session),
            None => self.0.drive(Caller::OnDemand, Duration::ZERO),
        }
    }

    /// Returns a session with at least `min` of its lifetime left, for work that must not outlive it. Logs in if
    /// the cached session expires sooner; meanwhile other callers keep getting the cached one.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if the source's sessions never live that long.
    pub fn session_valid_for(&self, min: Duration) -> SessionResult {
        let session = self.0.drive(Caller::OnDemand, min)?;
        let now = self.0.now();
        let too_short = self.0.lock().state.too_short(&session, min, now);
        too_short.map_or(Ok(session), Err)
    }

    /// Logs in now if there is no session, so that the first caller does not wait.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub fn prefetch(&self) -> Result<(), Error> {
        self.session().map(drop)
    }

    /// Reports that the server has refused this session. If it is still the cached one, it is dropped, and the next
    /// caller gets a new one. Returns whether it was.
    pub fn invalidate(&self, session: &Arc<Session>, reason: InvalidReason) -> bool {
        let now = self.0.now();
        let mut locked = self.0.lock();
        let dropped = locked.state.invalidate(session, reason, now);
        self.0.fast_path.publish(locked.state.cached());
        let _ = self.0.release(locked);
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

    /// Renews the session if that is due, and returns the time until the next call: between 50 ms and a minute. A
    /// thread that calls this in a loop keeps the session fresh, so that no caller ever waits.
    #[must_use]
    pub fn refresh_if_due(&self) -> Duration {
        let _result = self.0.drive(Caller::RefreshLoop, Duration::ZERO);
        let now = self.0.now();
        self.0.lock().state.next_refresh_in(now)
    }
}

impl fmt::Debug for BlockingSessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSessionManager").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Inner {
    fn now(&self) -> Moment {
        Moment::read(&*self.clock)
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        lock(&self.locked)
    }

    /// Unlocks, then passes the new events to the observer.
    fn release(&self, mut locked: MutexGuard<'_, Locked>) -> Result<(), Panicked> {
        let events = locked.state.take_events();
        drop(locked);
        observe(self.observer.as_deref(), &events, &self.identity)
    }

    fn drive(&self, caller: Caller, min: Duration) -> SessionResult {
        loop {
            let mut locked = self.lock();
            let decision = locked.state.decide(self.now(), caller, min);
            match decision {
                Decision::Use(session) => {
                    let _ = self.release(locked);
                    return Ok(session);
                }
                Decision::Fail(error) => {
                    let _ = self.release(locked);
                    return Err(error);
                }
                Decision::Start(permit) => {
                    if let Some(result) = decided(self.log_in(locked, permit)) {
                        return result;
                    }
                }
                Decision::UseAndRenew(_, permit) => {
                    let result =
                        self.log_in(locked, permit).or_else(|error| self.unexpired_session().ok_or(error));
                    if let Some(result) = decided(result) {
                        return result;
                    }
                }
                Decision::Join => {
                    if let Some(result) = self.wait(locked).and_then(decided) {
                        return result;
                    }
                    // It has ended without a result: decide again.
                }
            }
        }
    }

    /// Waits for the login in progress. `None` if it ends without a result.
    ///
    /// The transport may ignore its timeout and never return. So a waiting thread ends the login when that has
    /// exceeded the login timeout.
    fn wait(&self, locked: MutexGuard<'_, Locked>) -> Option<SessionResult> {
        let login = locked.state.in_progress()?;
        let result = Arc::clone(&locked.result);
        let remaining = self.login_timeout.saturating_sub(self.now().since(login.since));
        let pending = |locked: &mut Locked| {
            result.get().is_none() && locked.state.in_progress().is_some_and(|other| other.id == login.id)
        };
        let (mut locked, waited) = self
            .completed
            .wait_timeout_while(locked, remaining, pending)
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        if result.get().is_none() && (waited.timed_out() || now.since(login.since) >= self.login_timeout) {
            let error = locked.state.time_out(login.id, now);
            result.get_or_init(|| Err(error));
            self.completed.notify_all();
        }
        let _ = self.release(locked);
        result.get().cloned()
    }

    fn log_in(&self, mut locked: MutexGuard<'_, Locked>, permit: LoginPermit) -> SessionResult {
        let shared_result = Arc::<OnceLock<SessionResult>>::default();
        locked.result = Arc::clone(&shared_result);
        let mut guard = CompletionGuard { inner: self, permit: Some(permit) };
        locked.observer_panicked = false;
        let need = locked.state.need(self.now());
        let acquired = match self.release(locked) {
            Ok(()) => catch_unwind(AssertUnwindSafe(|| self.acquire(need)))
                .unwrap_or_else(|_panic| Err(Error::panicked())),
            Err(Panicked) => Err(Error::panicked()),
        };

        let now = self.now();
        let mut locked = self.lock();
        let acquired = if locked.observer_panicked { Err(Error::panicked()) } else { acquired };
        let result = match guard.permit.take() {
            Some(permit) => locked.state.finish_acquired(permit, acquired, now),
            // Cannot happen: only this takes it.
            None => Err(Error::interrupted()),
        };
        shared_result.get_or_init(|| result.clone());
        self.fast_path.publish(locked.state.cached());
        // Before the observer is called: waiting threads must not depend on it.
        self.completed.notify_all();
        if self.release(locked).is_err() && result.is_ok() {
            let error = Error::panicked();
            self.lock().state.start_backoff(error.clone(), now);
            return Err(error);
        }
        result
    }

    fn acquire(&self, need: Need) -> Result<Acquired, Error> {
        let login_timeout = self.login_timeout;
        self.source.acquire(&AcquireContext { clock: &*self.clock, reporter: self, login_timeout, need })
    }

    fn unexpired_session(&self) -> Option<Arc<Session>> {
        let now = self.now();
        self.lock().state.unexpired(now).map(|cached| Arc::clone(&cached.session))
    }
}

impl Reporter for Inner {
    fn report(&self, event: Event) {
        if observe(self.observer.as_deref(), &[event], &self.identity).is_err() {
            self.lock().observer_panicked = true;
        }
    }
}

/// `None` if the session that the source wanted to be kept was refused or has expired meanwhile: decide again.
fn decided(result: SessionResult) -> Option<SessionResult> {
    (!result.as_ref().is_err_and(Error::is_superseded)).then_some(result)
}

/// Ends the login in the state: with its result, or without one if the clock panics.
struct CompletionGuard<'a> {
    inner: &'a Inner,
    permit: Option<LoginPermit>,
}

impl Drop for CompletionGuard<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.inner.lock().state.abandon(permit.id());
            self.inner.completed.notify_all();
        }
    }
}
