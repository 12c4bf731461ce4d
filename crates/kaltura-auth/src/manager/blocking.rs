//! The blocking driver over the pure state: many threads, one session, one login at a time.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use super::fresh::Fresh;
use super::observer::Observer;
use super::policy::Policy;
use super::session_manager::Answer;
use super::state::{Caller, Decision, InvalidReason, LoginPermit, SessionState};
use super::status::Status;
use super::sync::{Condvar, Mutex, MutexGuard, lock};
use super::time::Moment;
use crate::error::Error;
use crate::runtime::Clock;
use crate::session::Session;
use crate::source::BlockingSessionSource;

/// Keeps one session alive for any number of threads.
///
/// While the session is fresh, [`session`](Self::session) takes no lock. When it comes near its end, one of those
/// who ask renews it, and the others get the one at hand. When there is none, all who ask wait for one login and
/// share its outcome, success or error.
///
/// A clone is a handle on the same session.
///
/// ```
/// # use kaltura_auth::{AppTokenLogin, BlockingTransport, Error}; use kaltura_auth::runtime::Clock;
/// # use kaltura_auth::manager::BlockingSessionManager; use kaltura_auth::source::AppTokenSource;
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
    observer: Option<Arc<dyn Observer>>,
    login_timeout: Duration,
    fresh: Fresh,
    locked: Mutex<Locked>,
    landed: Condvar,
}

struct Locked {
    state: SessionState,
    /// Where the flight under way puts its outcome.
    outcome: Arc<OnceLock<Answer>>,
}

/// How a session manager is made.
#[must_use = "a builder does nothing until it is built"]
pub struct BlockingSessionManagerBuilder {
    clock: Arc<dyn Clock>,
    source: Arc<dyn BlockingSessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
}

impl BlockingSessionManagerBuilder {
    /// Who is told what happens.
    pub fn observer(self, observer: impl Observer + 'static) -> Self {
        self.shared_observer(Arc::new(observer))
    }

    /// Who is told what happens, and is told of other things too.
    pub fn shared_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Other numbers than the usual ones.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Makes it. Nothing is sent before somebody asks.
    #[must_use]
    pub fn build(self) -> BlockingSessionManager {
        let login_timeout = self.policy.login_timeout;
        let state = SessionState::new(self.policy, self.clock.random());
        BlockingSessionManager(Arc::new(Inner {
            clock: self.clock,
            source: self.source,
            observer: self.observer,
            login_timeout,
            fresh: Fresh::default(),
            locked: Mutex::new(Locked { state, outcome: Arc::default() }),
            landed: Condvar::new(),
        }))
    }
}

impl fmt::Debug for BlockingSessionManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSessionManagerBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl BlockingSessionManager {
    /// Keeps sessions of this source, with time and chance from this clock.
    pub fn new(source: impl BlockingSessionSource + 'static, clock: impl Clock + 'static) -> Self {
        Self::builder(source, clock).build()
    }

    /// Begins one with an observer or another policy.
    pub fn builder(
        source: impl BlockingSessionSource + 'static,
        clock: impl Clock + 'static,
    ) -> BlockingSessionManagerBuilder {
        BlockingSessionManagerBuilder {
            clock: Arc::new(clock),
            source: Arc::new(source),
            observer: None,
            policy: Policy::default(),
        }
    }

    /// The session; logs in if there is none, or waits for the login of another thread.
    ///
    /// # Errors
    ///
    /// The error of the login, or, for a while after it, the same one without a login.
    pub fn session(&self) -> Answer {
        match self.0.fresh.get(self.0.now()) {
            Some(session) => Ok(session),
            None => self.0.drive(Caller::OnDemand, Duration::ZERO),
        }
    }

    /// A session that lives for `min` at least, for work that must not outlive it.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if sessions of this source never live that long.
    pub fn session_valid_for(&self, min: Duration) -> Answer {
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

    /// Says that the server has refused this session. If it is still the one at hand, it is dropped; the next who
    /// asks gets a new one. True if it was.
    pub fn invalidate(&self, session: &Arc<Session>, reason: InvalidReason) -> bool {
        let now = self.0.now();
        let mut locked = self.0.lock();
        let dropped = locked.state.invalidate(session, reason, now);
        self.0.fresh.publish(locked.state.held());
        self.0.release(locked);
        dropped
    }

    /// How it is doing, for health checks. Sends nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.0.now();
        self.0.lock().state.status(now)
    }

    /// Does what is due, and says when to come again, in 50 ms at the earliest, in a minute at the latest: for a
    /// thread that keeps the session fresh, so that no caller ever waits.
    #[must_use]
    pub fn refresh_if_due(&self) -> Duration {
        let _outcome = self.0.drive(Caller::RefreshLoop, Duration::ZERO);
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

    /// Gives the lock back, and tells the observer what has happened under it.
    fn release(&self, mut locked: MutexGuard<'_, Locked>) {
        let events = locked.state.take_events();
        drop(locked);
        if let Some(observer) = &self.observer {
            for event in &events {
                observer.observe(event);
            }
        }
    }

    fn drive(&self, caller: Caller, min: Duration) -> Answer {
        loop {
            let mut locked = self.lock();
            let decision = locked.state.decide(self.now(), caller, min);
            match decision {
                Decision::Use(session) => {
                    self.release(locked);
                    return Ok(session);
                }
                Decision::Fail(error) => {
                    self.release(locked);
                    return Err(error);
                }
                Decision::Start(permit) => return self.fly(locked, permit),
                Decision::UseAndRenew(_, permit) => {
                    return self.fly(locked, permit).or_else(|error| self.still_alive().ok_or(error));
                }
                Decision::Join => {
                    if let Some(answer) = self.wait(locked) {
                        return answer;
                    }
                    // Its leader has panicked, or never comes back: decide anew.
                }
            }
        }
    }

    /// Waits for the flight under way. Nothing if it ends without an outcome, since its leader has panicked.
    ///
    /// A leader may hang, in a transport that does not keep to its time limit. Nobody hangs with him: when the
    /// flight has taken as long as it may, those who wait end it.
    fn wait(&self, locked: MutexGuard<'_, Locked>) -> Option<Answer> {
        let flight = locked.state.flight()?;
        let outcome = Arc::clone(&locked.outcome);
        let left = self.login_timeout.saturating_sub(self.now().since(flight.since));
        let under_way = |locked: &mut Locked| {
            outcome.get().is_none() && locked.state.flight().is_some_and(|other| other.id == flight.id)
        };
        let (mut locked, waited) =
            self.landed.wait_timeout_while(locked, left, under_way).unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        if outcome.get().is_none() && (waited.timed_out() || now.since(flight.since) >= self.login_timeout) {
            let error = locked.state.time_out(flight.id, now);
            outcome.get_or_init(|| Err(error));
            self.landed.notify_all();
        }
        self.release(locked);
        outcome.get().cloned()
    }

    fn fly(&self, mut locked: MutexGuard<'_, Locked>, permit: LoginPermit) -> Answer {
        let outcome = Arc::<OnceLock<Answer>>::default();
        locked.outcome = Arc::clone(&outcome);
        let mut completion_guard = CompletionGuard { inner: self, permit: Some(permit) };
        self.release(locked);
        let result = self.source.start(&*self.clock);

        let now = self.now();
        let mut locked = self.lock();
        let answer = match completion_guard.permit.take() {
            Some(permit) => locked.state.finish(permit, result, now),
            None => result.map(|grant| Arc::clone(grant.session())),
        };
        outcome.get_or_init(|| answer.clone());
        self.fresh.publish(locked.state.held());
        // Before the observer hears of it: those who wait need not wait for him, nor depend on him.
        self.landed.notify_all();
        self.release(locked);
        answer
    }

    fn still_alive(&self) -> Option<Arc<Session>> {
        let now = self.now();
        self.lock().state.alive(now).map(|held| Arc::clone(&held.session))
    }
}

/// The duty to end the flight: with its outcome, or, if the source or the observer panics, without.
struct CompletionGuard<'a> {
    inner: &'a Inner,
    permit: Option<LoginPermit>,
}

impl Drop for CompletionGuard<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.inner.lock().state.abandon(permit.id());
            self.inner.landed.notify_all();
        }
    }
}
