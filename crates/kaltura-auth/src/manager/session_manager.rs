//! The async driver over the pure state: many tasks, one session, one login at a time.

mod cancel_on_drop;
mod completion_guard;
mod flight;

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use self::cancel_on_drop::CancelOnDrop;
use self::completion_guard::CompletionGuard;
use self::flight::{SharedLogin, SharedLoginSlot};
use super::fresh::Fresh;
use super::observer::Observer;
use super::policy::Policy;
use super::state::{Caller, Decision, InvalidReason, SessionState};
use super::status::Status;
use super::sync::{Mutex, MutexGuard, lock};
use super::time::Moment;
use crate::error::Error;
use crate::maybe_send::MaybeSend;
use crate::runtime::{BoxFuture, Runtime};
use crate::session::Session;
use crate::source::SessionSource;

/// What everybody who asks for a session gets.
pub type Answer = Result<Arc<Session>, Error>;

/// Keeps one session alive for any number of tasks.
///
/// While the session is fresh, [`session`](Self::session) is ready at once, without lock or allocation. When it
/// comes near its end it is renewed in the background, and nobody waits. When there is none, all who ask join one
/// login and share its outcome, success or error; after a failure, whoever asks gets the same error at once until
/// it is time to try again.
///
/// A clone is a handle on the same session. Any future can be dropped at any point: a login goes on as long as
/// anybody waits for it, or the runtime runs it. With the last handle it ends, and so does the runtime's task.
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

/// What the clones of a manager share, apart from a login under way: when the last is gone, so is the login.
struct Handle(Arc<Inner>);

impl Deref for Handle {
    type Target = Arc<Inner>;

    fn deref(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let cancel_on_drop = self.0.lock().cancel_on_drop.clone();
        cancel_on_drop.cut();
    }
}

struct Inner {
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    observer: Option<Arc<dyn Observer>>,
    login_timeout: Duration,
    fresh: Fresh,
    locked: Mutex<Locked>,
}

struct Locked {
    state: SessionState,
    slot: SharedLoginSlot,
    /// Of the task that carries the flight.
    cancel_on_drop: CancelOnDrop,
}

/// How a session manager is made.
#[must_use = "a builder does nothing until it is built"]
pub struct SessionManagerBuilder {
    runtime: Arc<dyn Runtime>,
    source: Arc<dyn SessionSource>,
    observer: Option<Arc<dyn Observer>>,
    policy: Policy,
}

impl SessionManagerBuilder {
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
    pub fn build(self) -> SessionManager {
        let login_timeout = self.policy.login_timeout;
        let state = SessionState::new(self.policy, self.runtime.random());
        SessionManager(Arc::new(Handle(Arc::new(Inner {
            runtime: self.runtime,
            source: self.source,
            observer: self.observer,
            login_timeout,
            fresh: Fresh::default(),
            locked: Mutex::new(Locked {
                state,
                slot: SharedLoginSlot::default(),
                cancel_on_drop: CancelOnDrop::default(),
            }),
        }))))
    }
}

impl fmt::Debug for SessionManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManagerBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl SessionManager {
    /// Keeps sessions of this source, with time, chance and tasks from this runtime.
    pub fn new(source: impl SessionSource + 'static, runtime: impl Runtime + 'static) -> Self {
        Self::builder(source, runtime).build()
    }

    /// Begins one with an observer or another policy.
    pub fn builder(
        source: impl SessionSource + 'static,
        runtime: impl Runtime + 'static,
    ) -> SessionManagerBuilder {
        SessionManagerBuilder {
            runtime: Arc::new(runtime),
            source: Arc::new(source),
            observer: None,
            policy: Policy::default(),
        }
    }

    /// The session if it needs no renewal. Never waits and sends nothing, so it can be asked from code without
    /// async.
    #[must_use]
    pub fn fresh(&self) -> Option<Arc<Session>> {
        self.0.fresh.get(self.0.now())
    }

    /// The session; logs in if there is none.
    ///
    /// # Errors
    ///
    /// The error of the login, or, for a while after it, the same one without a login.
    pub async fn session(&self) -> Answer {
        match self.fresh() {
            Some(session) => Ok(session),
            None => self.drive(Caller::OnDemand, Duration::ZERO).await,
        }
    }

    /// A session that lives for `min` at least, for work that must not outlive it. Logs in if the one at hand
    /// does not; others keep that one until the new one is there.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session), and at once if sessions of this source never live that long.
    pub async fn session_valid_for(&self, min: Duration) -> Answer {
        let session = self.drive(Caller::OnDemand, min).await?;
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

    /// Does what is due, and says when to come again: in 50 ms at the earliest, in a minute at the latest.
    pub async fn refresh_if_due(&self) -> Duration {
        // A failure closes the gate and is told to whoever asks next; the keeper only comes again.
        let _outcome = self.drive(Caller::RefreshLoop, Duration::ZERO).await;
        let now = self.0.now();
        self.0.lock().state.next_refresh_in(now)
    }

    /// Keeps the session fresh for as long as a handle exists, so that no caller ever waits; for runtimes that
    /// do not run tasks, or to hold a session ready in quiet times. Failures do not end it.
    ///
    /// It does not hold the manager: it ends at its first wake-up after the last handle is gone.
    pub fn run_refresh_loop(&self) -> impl Future<Output = ()> + MaybeSend + 'static {
        let weak = Arc::downgrade(&self.0);
        async move {
            while let Some(inner) = weak.upgrade() {
                let runtime = Arc::clone(&inner.runtime);
                let rest = Self(inner).refresh_if_due().await;
                runtime.sleep(rest).await;
            }
        }
    }

    async fn drive(&self, caller: Caller, min: Duration) -> Answer {
        match self.0.step(caller, min) {
            Step::Done(answer) => answer,
            Step::Wait(flight) => flight.await,
            Step::Renew(flight) => match flight.await {
                Ok(session) => Ok(session),
                Err(error) => self.0.still_alive().ok_or(error),
            },
        }
    }
}

impl fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What is left to do for whoever asked.
enum Step {
    Done(Answer),
    /// The outcome of this flight is his.
    Wait(SharedLogin),
    /// He carries this renewal; if it fails, the session at hand is his.
    Renew(SharedLogin),
}

impl Inner {
    fn now(&self) -> Moment {
        Moment::read(&*self.runtime)
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

    fn still_alive(&self) -> Option<Arc<Session>> {
        let now = self.now();
        self.lock().state.alive(now).map(|held| Arc::clone(&held.session))
    }

    fn step(self: &Arc<Self>, caller: Caller, min: Duration) -> Step {
        let now = self.now();
        let mut locked = self.lock();
        let mut decision = locked.state.decide(now, caller, min);
        if matches!(decision, Decision::Join) {
            if let Some(flight) = locked.slot.join() {
                self.release(locked);
                return Step::Wait(flight);
            }
            // Its last holder is dropping it just now and waits for our lock: take over.
            if let Some(dead) = locked.state.flight() {
                locked.state.abandon(dead.id);
            }
            decision = locked.state.decide(now, caller, min);
        }
        let (step, to_spawn) = match decision {
            Decision::Use(session) => (Step::Done(Ok(session)), None),
            Decision::Fail(error) => (Step::Done(Err(error)), None),
            Decision::Start(permit) => {
                let flight = locked.slot.start(Box::pin(CompletionGuard::new(self, permit).fly()));
                (Step::Wait(flight.clone()), Some(flight))
            }
            Decision::UseAndRenew(session, permit) => {
                let flight = locked.slot.start(Box::pin(CompletionGuard::new(self, permit).fly()));
                match caller {
                    Caller::RefreshLoop => (Step::Renew(flight), None),
                    Caller::OnDemand => (Step::Done(Ok(session)), Some(flight)),
                }
            }
            // There was no flight to join, and the one that was thought to be there is abandoned.
            Decision::Join => (Step::Done(Err(Error::interrupted())), None),
        };
        self.release(locked);
        self.spawn(step, to_spawn)
    }

    /// Lets the runtime carry the flight; where it does not, the caller carries it.
    fn spawn(&self, step: Step, flight: Option<SharedLogin>) -> Step {
        let Some(flight) = flight else { return step };
        let cancel_on_drop = CancelOnDrop::default();
        self.lock().cancel_on_drop = cancel_on_drop.clone();
        let task: BoxFuture<'static, ()> = Box::pin(cancel_on_drop.carry(flight.clone()));
        match (self.runtime.spawn(task), step) {
            (Err(_), Step::Done(Ok(_))) => Step::Renew(flight),
            (_, step) => step,
        }
    }
}
