//! The decisions of a session manager: no lock, no async, no clock. The driver passes the time in and carries out
//! the decision.
//!
//! | cached session | what the caller gets |
//! |---|---|
//! | fresh | the session |
//! | stale (inside the renewal window), no login in progress, no backoff | the session, and the permit to renew it |
//! | stale, a login in progress or backing off | the session |
//! | none or expired, a login in progress | the result of that login |
//! | none or expired, backing off | the error that started the backoff |
//! | none or expired, neither of them | the permit to log in |
//!
//! A login that exceeds the login timeout counts as ended, so a permit that is never used cannot block callers
//! for longer than that.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::{Backoff, Jitter, scale};
use super::event::{Event, InvalidReason, Phase, Status};
use super::policy::{MAX_REFRESH_INTERVAL, MIN_REFRESH_INTERVAL, MIN_RENEWAL_GAIN, Policy, WINDOW_DIVISOR};
use super::{Deadline, IssuedSession, Moment};
use crate::error::{Error, ManagerError};
use crate::session::{Session, SessionId};
use crate::source::{Acquired, Need};

/// Who requests a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are only these two")]
pub enum Caller {
    /// A caller that needs a session now.
    OnDemand,
    /// The refresh loop. It renews earlier than callers, so that callers do not have to.
    RefreshLoop,
}

/// What the driver must do for the caller.
#[derive(Debug)]
#[must_use = "a decision may hold a permit, which blocks other logins until it is finished or abandoned"]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle every decision")]
pub enum Decision {
    /// Return this session.
    Use(Arc<Session>),
    /// Return this session and renew it with this permit. Where no task can be spawned, the caller renews it.
    UseAndRenew(Arc<Session>, LoginPermit),
    /// Log in with this permit and return the result.
    Start(LoginPermit),
    /// Wait for the login in progress and return its result.
    Join,
    /// Return this error.
    Fail(Error),
}

/// The right to log in. At most one is valid at any time.
///
/// End it with [`SessionState::finish`] or [`SessionState::abandon`].
#[derive(Debug)]
#[must_use = "a permit that is neither finished nor abandoned blocks other logins until the login timeout"]
pub struct LoginPermit(u64);

impl LoginPermit {
    /// The id of the login that this permit belongs to.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.0
    }
}

/// The cached session, the login in progress, and the backoff after failures.
#[derive(Debug)]
pub struct SessionState {
    policy: Policy,
    jitter: Jitter,
    next_login_id: u64,
    cached: Option<Cached>,
    in_progress: Option<LoginInProgress>,
    backoff: Backoff,
    /// The source has said to keep the session until then.
    renewal_postponed: Option<Deadline>,
    /// The last session that the server has refused.
    refused: Option<SessionId>,
    /// The source reports the start of each login itself.
    source_reports_logins: bool,
    /// How many sessions in a row were revoked early.
    revoked_early: u32,
    events: Vec<Event>,
}

/// A login that has started and not ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoginInProgress {
    pub(crate) id: u64,
    pub(crate) since: Moment,
    renewal: bool,
    /// A caller needs a session with this much time left.
    min: Duration,
    /// Decides about the backoff if the login fails.
    random: f64,
}

/// A session with the times at which it is renewed and expires.
#[derive(Clone, Debug)]
pub(crate) struct Cached {
    pub(crate) session: Arc<Session>,
    published: Moment,
    /// From when it was granted, which may be earlier than when it was published here.
    lifetime: Duration,
    /// From then on the refresh loop renews it.
    loop_renews: Deadline,
    /// From then on callers renew it.
    pub(crate) callers_renew: Deadline,
    pub(crate) expires: Deadline,
    /// The app token itself ends, so another renewal would gain nothing.
    ending: bool,
    /// Another process has started it.
    adopted: bool,
}

/// How long before its expiry a session of this lifetime is renewed, without the jitter.
fn renewal_window(lifetime: Duration, policy: &Policy) -> Duration {
    (lifetime / WINDOW_DIVISOR).min(policy.window)
}

/// The least that a renewal must gain. For a very short lifetime, half of it suffices.
fn min_gain(lifetime: Duration) -> Duration {
    MIN_RENEWAL_GAIN.min(lifetime / 2)
}

impl Cached {
    /// The longest validity that a caller can require: what each session of this lifetime has left when it is due
    /// for renewal. To require more would cost a login for each call.
    fn longest_min(&self, policy: &Policy) -> Duration {
        self.lifetime.saturating_sub(renewal_window(self.lifetime, policy))
    }

    fn too_short(&self, needed: Duration, policy: &Policy) -> Error {
        Error::manager(ManagerError::TooShort { needed, available: self.longest_min(policy) })
    }
}

impl SessionState {
    /// A state without a session and without a login in progress. `seed` is for the jitter.
    #[must_use]
    pub const fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            jitter: Jitter::new(seed),
            next_login_id: 1,
            cached: None,
            in_progress: None,
            backoff: Backoff::none(),
            renewal_postponed: None,
            refused: None,
            source_reports_logins: false,
            revoked_early: 0,
            events: Vec::new(),
        }
    }

    /// The start of a login is no event of the state: the source reports it.
    #[must_use]
    pub const fn with_source_that_reports_logins(mut self, reports: bool) -> Self {
        self.source_reports_logins = reports;
        self
    }

    /// What to do for a caller that needs a session with at least `min` of its lifetime left.
    pub fn decide(&mut self, now: Moment, caller: Caller, min: Duration) -> Decision {
        self.end_overdue_login(now);
        if let Some(cached) = self.unexpired(now) {
            if min > cached.longest_min(&self.policy) {
                return Decision::Fail(cached.too_short(min, &self.policy));
            }
            if cached.expires.remaining(now) >= min {
                let session = Arc::clone(&cached.session);
                let renewal_due = match caller {
                    Caller::OnDemand => cached.callers_renew,
                    Caller::RefreshLoop => cached.loop_renews,
                };
                if !renewal_due.is_reached(now) || cached.ending {
                    return Decision::Use(session);
                }
                let postponed = self.renewal_postponed.is_some_and(|until| !until.is_reached(now));
                if self.in_progress.is_none() && !self.backoff.is_active(now) && !postponed {
                    return Decision::UseAndRenew(session, self.start(now, true, min));
                }
                let remaining = cached.expires.remaining(now);
                self.events.push(Event::ServedStale { remaining });
                return Decision::Use(session);
            }
        }
        if self.in_progress.is_some() {
            return Decision::Join;
        }
        if let Some(error) = self.backoff.error(now) {
            return Decision::Fail(error.clone());
        }
        Decision::Start(self.start(now, false, min))
    }

    /// Ends a login and returns the result for all callers that joined it.
    ///
    /// If the permit is not that of the login in progress, neither the session nor the backoff changes.
    ///
    /// # Errors
    ///
    /// The error of the login; or that the session had expired when it arrived.
    pub fn finish(
        &mut self,
        permit: LoginPermit,
        result: Result<IssuedSession, Error>,
        now: Moment,
    ) -> Result<Arc<Session>, Error> {
        self.finish_acquired(permit, result.map(Acquired::Started), now)
    }

    /// Ends a login, or what a source did instead of one; otherwise like [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish). If the session that was to be kept is gone, an error that means: decide again.
    pub fn finish_acquired(
        &mut self,
        permit: LoginPermit,
        result: Result<Acquired, Error>,
        now: Moment,
    ) -> Result<Arc<Session>, Error> {
        let login = self.in_progress.take_if(|login| login.id == permit.0);
        let result = result.and_then(|acquired| match acquired {
            Acquired::Started(issued) | Acquired::Adopted(issued) if issued.lifetime().is_zero() => {
                Err(Error::expired_on_arrival(issued.session(), issued.clock_of_expiry()))
            }
            _ => Ok(acquired),
        });
        match (login, result) {
            (Some(login), Ok(Acquired::Started(issued))) => {
                let (renewal, took) = (login.renewal, now.since(login.since));
                self.events.push(Event::LoginSucceeded { renewal, took, lifetime: issued.lifetime() });
                self.backoff.clear();
                self.publish(login, &issued, false, now);
                Ok(Arc::clone(issued.session()))
            }
            (Some(login), Ok(Acquired::Adopted(issued))) => {
                let remaining = Deadline::after(issued.sent_at(), issued.lifetime()).remaining(now);
                self.events.push(Event::Adopted { renewal: login.renewal, remaining });
                self.backoff.clear();
                self.publish(login, &issued, true, now);
                Ok(Arc::clone(issued.session()))
            }
            (None, Ok(Acquired::Started(issued) | Acquired::Adopted(issued))) => {
                Ok(Arc::clone(issued.session()))
            }
            (login, Ok(Acquired::KeepHeld { retry_in })) => {
                if login.is_some() {
                    self.renewal_postponed = Some(Deadline::after(now, retry_in));
                }
                let held = self.unexpired(now).map(|cached| Arc::clone(&cached.session));
                held.ok_or_else(Error::superseded)
            }
            (login, Ok(Acquired::BackingOff { error, failures, left })) => {
                if login.is_some() {
                    self.backoff.start_for(left, error.clone(), failures, now);
                    self.events.push(Event::BackoffStarted { duration: left, error: error.clone() });
                }
                Err(error)
            }
            (Some(login), Err(error)) => {
                self.report_failure(login, error.clone(), now);
                self.start_backoff_with(error.clone(), login.random, now);
                Err(error)
            }
            (None, Err(error)) => Err(error),
        }
    }

    /// What the source is told about the login in progress.
    pub(crate) fn need(&self, now: Moment) -> Need {
        let login = self.in_progress;
        let (renewal, random) = login.map_or((false, 0.0), |login| (login.renewal, login.random));
        let min = login.map_or(Duration::ZERO, |login| login.min);
        let held = self.unexpired(now);
        let gain = |cached: &Cached| min_gain(cached.lifetime);
        let better = held.map(|cached| cached.expires.remaining(now).saturating_add(gain(cached)));
        Need {
            held: self.cached.as_ref().and_then(|cached| cached.session.id()).or(self.refused),
            min_left: if renewal { better.unwrap_or_default() } else { min },
            renewal: held.filter(|_| renewal).map(|cached| cached.callers_renew),
            next_backoff: self.backoff.next(&self.policy, random),
        }
    }

    /// Ends a login without a result, because it was dropped. Returns whether it was the login in progress.
    pub fn abandon(&mut self, login_id: u64) -> bool {
        self.in_progress.take_if(|login| login.id == login_id).is_some()
    }

    /// Drops the cached session, which the server has refused. Returns false, and changes nothing, if `session` is
    /// not of the same grant as the cached one ([`Session::is_same_grant`]).
    ///
    /// A login in progress continues, and its session is used. After the first session that was revoked early,
    /// one more login is allowed at once; the second in a row starts the backoff.
    pub fn invalidate(&mut self, session: &Arc<Session>, reason: InvalidReason, now: Moment) -> bool {
        let Some(cached) = self.cached.take_if(|cached| cached.session.is_same_grant(session)) else {
            return false;
        };
        self.events.push(Event::Invalidated { reason, age: now.since(cached.published) });
        self.refused = session.id();
        self.renewal_postponed = None;
        let error = match reason {
            InvalidReason::LoggedOut => Error::manager(ManagerError::GroupEnded),
            InvalidReason::Expired | InvalidReason::ActionsUsedUpEarly => {
                Error::manager(ManagerError::RevokedEarly)
            }
            InvalidReason::ActionsUsedUp => return true,
        };
        if cached.adopted {
            // It may have been old already, and other processes see the same refusal: it says nothing about new sessions.
            return true;
        }
        self.revoked_early =
            if self.is_early(&cached, now) { self.revoked_early.saturating_add(1) } else { 0 };
        if self.revoked_early >= 2 {
            self.backoff.set_failures(self.revoked_early - 2);
            self.start_backoff(error, now);
        }
        true
    }

    /// An error if the session that a login has returned is too short for a caller that needs `min`: its lifetime
    /// is, or the login took too long.
    pub(crate) fn too_short(&self, session: &Arc<Session>, min: Duration, now: Moment) -> Option<Error> {
        let cached = self.cached.as_ref().filter(|cached| Arc::ptr_eq(&cached.session, session))?;
        let suffices = min <= cached.longest_min(&self.policy) && min <= cached.expires.remaining(now);
        (!suffices).then(|| cached.too_short(min, &self.policy))
    }

    /// How long the refresh loop should sleep. At least 50 ms, so that it does not spin during another login; at
    /// most a minute, because the machine may be suspended and the session may be invalidated meanwhile.
    #[must_use]
    pub fn next_refresh_in(&self, now: Moment) -> Duration {
        let renewal = self.unexpired(now).map_or(Duration::ZERO, |cached| {
            if cached.ending { cached.expires.remaining(now) } else { cached.loop_renews.remaining(now) }
        });
        let postponed = self.renewal_postponed.map_or(Duration::ZERO, |until| until.remaining(now));
        let postponed = if self.unexpired(now).is_some() { postponed } else { Duration::ZERO };
        renewal
            .max(self.backoff.remaining(now))
            .max(postponed)
            .clamp(MIN_REFRESH_INTERVAL, MAX_REFRESH_INTERVAL)
    }

    /// A snapshot for health checks. Its identity is empty: the manager knows it.
    #[must_use]
    pub fn status(&self, now: Moment) -> Status {
        let cached = self.unexpired(now);
        let phase = match cached {
            Some(cached) if cached.ending => Phase::Ending,
            Some(cached) if cached.loop_renews.is_reached(now) => Phase::Stale,
            Some(_) => Phase::Fresh,
            None => Phase::None,
        };
        Status {
            identity: Arc::default(),
            phase,
            remaining: cached.map(|cached| cached.expires.remaining(now)),
            logging_in: self.in_progress.is_some(),
            last_error: self.backoff.last_error().cloned(),
            next_try: self.backoff.is_active(now).then(|| self.backoff.remaining(now)),
        }
    }

    /// Returns the events since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The login in progress.
    pub(crate) const fn in_progress(&self) -> Option<LoginInProgress> {
        self.in_progress
    }

    /// Ends a login that has exceeded its timeout while its permit is still in use, and returns the error for all
    /// callers that wait for it.
    pub(crate) fn time_out(&mut self, login_id: u64, now: Moment) -> Error {
        let error = self.timeout_error();
        if let Some(login) = self.in_progress.take_if(|login| login.id == login_id) {
            self.report_failure(login, error.clone(), now);
            self.start_backoff(error.clone(), now);
        }
        error
    }

    /// The cached session, expired or not.
    pub(crate) const fn cached(&self) -> Option<&Cached> {
        self.cached.as_ref()
    }

    /// The cached session if it has not expired.
    pub(crate) fn unexpired(&self, now: Moment) -> Option<&Cached> {
        self.cached.as_ref().filter(|cached| !cached.expires.is_reached(now))
    }

    fn start(&mut self, now: Moment, renewal: bool, min: Duration) -> LoginPermit {
        let id = self.next_login_id;
        self.next_login_id += 1;
        let random = self.jitter.next();
        self.in_progress = Some(LoginInProgress { id, since: now, renewal, min, random });
        if !self.source_reports_logins {
            self.events.push(Event::LoginStarted { renewal });
        }
        LoginPermit(id)
    }

    /// Starts no backoff: the next login has its own timeout.
    fn end_overdue_login(&mut self, now: Moment) {
        let timeout = self.policy.login_timeout;
        if let Some(login) = self.in_progress.take_if(|login| now.since(login.since) >= timeout) {
            self.report_failure(login, self.timeout_error(), now);
        }
    }

    fn timeout_error(&self) -> Error {
        Error::manager(ManagerError::TimedOut { limit: self.policy.login_timeout })
    }

    fn report_failure(&mut self, login: LoginInProgress, error: Error, now: Moment) {
        let (renewal, took) = (login.renewal, now.since(login.since));
        self.events.push(Event::LoginFailed { renewal, took, error });
    }

    fn publish(&mut self, login: LoginInProgress, issued: &IssuedSession, adopted: bool, now: Moment) {
        let expires = Deadline::after(issued.sent_at(), issued.lifetime());
        let lifetime = issued.granted_lifetime();
        self.renewal_postponed = None;
        let previous = self.cached.take();
        if previous.as_ref().is_some_and(|previous| !self.is_early(previous, now)) {
            self.revoked_early = 0;
        }
        let gain =
            previous.map(|previous| expires.remaining(now).saturating_sub(previous.expires.remaining(now)));
        let ending = login.renewal && !adopted && gain.is_some_and(|gain| gain < min_gain(lifetime));
        if ending {
            self.events.push(Event::TokenEnding { remaining: expires.remaining(now) });
        }
        let window = scale(renewal_window(lifetime, &self.policy), 0.75 + 0.5 * self.jitter.next());
        self.cached = Some(Cached {
            session: Arc::clone(issued.session()),
            published: now,
            lifetime,
            loop_renews: expires.earlier_by(window),
            callers_renew: expires.earlier_by(window / 2),
            expires,
            ending,
            adopted,
        });
    }

    /// Starts the backoff without a failed login, or after one.
    pub(crate) fn start_backoff(&mut self, error: Error, now: Moment) {
        let random = self.jitter.next();
        self.start_backoff_with(error, random, now);
    }

    fn start_backoff_with(&mut self, error: Error, random: f64, now: Moment) {
        let duration = self.backoff.start(error.clone(), &self.policy, random, now);
        self.events.push(Event::BackoffStarted { duration, error });
    }

    /// Whether a session that ends now ends too early for its own expiry to be the cause.
    fn is_early(&self, cached: &Cached, now: Moment) -> bool {
        now.since(cached.published) < self.policy.early_revocation.min(cached.lifetime / 2)
    }
}
