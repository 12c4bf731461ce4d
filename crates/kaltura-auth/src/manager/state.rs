//! The decisions of a session manager: no lock, no async, no clock. It is told the time, and decides.
//!
//! | held session | a caller gets |
//! |---|---|
//! | fresh | the session |
//! | stale (in the renewal window), nobody renewing, gate open | the session, and is elected to renew it |
//! | stale, a flight under way or the gate closed | the session |
//! | none or over, a flight under way | the outcome of that flight |
//! | none or over, gate closed | the error that closed it |
//! | none or over, gate open | a new flight |
//!
//! A flight that takes longer than it may counts as none: nobody can be made to wait for ever by one who got a
//! permit and does nothing with it.

mod gate;

use std::sync::Arc;
use std::time::Duration;

use self::gate::Backoff;
use super::event::Event;
use super::grant::IssuedSession;
use super::jitter::Jitter;
use super::policy::{LEAST_GAIN, LONGEST_REST, Policy, SHORTEST_REST, WINDOW_SHARE};
use super::status::{Phase, Status};
use super::time::{Deadline, Moment};
use crate::error::{Error, ManagerError};
use crate::session::Session;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third party")]
pub enum Caller {
    /// Somebody who needs a session now.
    OnDemand,
    /// Somebody who only keeps it fresh. He comes earlier than callers, so that they never renew.
    RefreshLoop,
}

/// What is to be done for whoever asked.
#[derive(Debug)]
#[must_use = "a decision may have begun a flight, which blocks others until it ends"]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle every decision")]
pub enum Decision {
    /// Give him this session.
    Use(Arc<Session>),
    /// Give him this session, and renew it on this permit; if nobody else can, he renews it himself.
    UseAndRenew(Arc<Session>, LoginPermit),
    /// Log in on this permit; the outcome is his.
    Start(LoginPermit),
    /// Give him the outcome of the flight that is under way.
    Join,
    /// Give him this error.
    Fail(Error),
}

/// The right to log in. At any time there is one at most.
///
/// It is finished ([`SessionState::finish`]) or abandoned ([`SessionState::abandon`]).
#[derive(Debug)]
#[must_use = "a permit that is neither finished nor abandoned blocks all others"]
pub struct LoginPermit(u64);

impl LoginPermit {
    /// Which flight it is.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.0
    }
}

/// Why a session is no longer good, in the words of the server that refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidReason {
    /// It has expired, or the server can not read it.
    Expired,
    /// It has made as many calls as it may. That a session dies young of this is no sign of trouble: a busy
    /// program uses a small limit up fast.
    ActionsUsedUp,
    /// It was ended, or another session of its token was, or the token was deleted.
    LoggedOut,
}

/// The session that is held, if any, the flight that is under way, if any, and the gate after failures.
#[derive(Debug)]
pub struct SessionState {
    policy: Policy,
    jitter: Jitter,
    next_ticket: u64,
    held: Option<Cached>,
    flight: Option<SharedLogin>,
    gate: Backoff,
    died_young: u32,
    events: Vec<Event>,
}

/// A login that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedLogin {
    pub(crate) id: u64,
    pub(crate) since: Moment,
    renewal: bool,
}

/// A session that is held, and when what is due with it.
#[derive(Clone, Debug)]
pub(crate) struct Cached {
    pub(crate) session: Arc<Session>,
    published: Moment,
    life: Duration,
    keeper_from: Deadline,
    pub(crate) caller_from: Deadline,
    pub(crate) expires: Deadline,
    /// The token itself ends, so that renewing gains nothing.
    ending: bool,
}

impl SessionState {
    /// Nothing held, nothing under way. `seed` is for the jitter.
    #[must_use]
    pub const fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            jitter: Jitter::new(seed),
            next_ticket: 1,
            held: None,
            flight: None,
            gate: Backoff::open(),
            died_young: 0,
            events: Vec::new(),
        }
    }

    /// What to do for `who`, who needs a session that lives for `min` at least.
    pub fn decide(&mut self, now: Moment, caller: Caller, min: Duration) -> Decision {
        self.give_up_overdue(now);
        if let Some(held) = self.alive(now) {
            let enough = held.expires.remaining(now) >= min;
            if !enough && min > held.life {
                return Decision::Fail(Error::keeping(ManagerError::TooShort {
                    needed: min,
                    life: held.life,
                }));
            }
            if enough {
                let session = Arc::clone(&held.session);
                let due = match caller {
                    Caller::OnDemand => held.caller_from,
                    Caller::RefreshLoop => held.keeper_from,
                };
                if !due.is_reached(now) || held.ending {
                    return Decision::Use(session);
                }
                if self.flight.is_none() && !self.gate.is_closed(now) {
                    return Decision::UseAndRenew(session, self.start(now, true));
                }
                let remaining = held.expires.remaining(now);
                self.events.push(Event::ServedStale { remaining });
                return Decision::Use(session);
            }
        }
        if self.flight.is_some() {
            return Decision::Join;
        }
        if let Some(error) = self.gate.error(now) {
            return Decision::Fail(error.clone());
        }
        Decision::Start(self.start(now, false))
    }

    /// Ends a flight. What comes back is the outcome for all who joined.
    ///
    /// A permit that is no longer the flight changes neither the session nor the gate.
    ///
    /// # Errors
    ///
    /// The error of the login, or that the session was over when it came.
    pub fn finish(
        &mut self,
        permit: LoginPermit,
        result: Result<IssuedSession, Error>,
        now: Moment,
    ) -> Result<Arc<Session>, Error> {
        let flight = self.flight.take_if(|flight| flight.id == permit.0);
        let result = result.and_then(|grant| match grant.life() {
            Duration::ZERO => Err(Error::over_on_arrival()),
            _ => Ok(grant),
        });
        let Some(flight) = flight else { return result.map(|grant| Arc::clone(grant.session())) };
        match result {
            Ok(grant) => {
                let session = Arc::clone(grant.session());
                let (renewal, took) = (flight.renewal, now.since(flight.since));
                self.events.push(Event::LoginSucceeded { renewal, took, life: grant.life() });
                self.gate.reopen();
                self.publish(flight, &grant, now);
                Ok(session)
            }
            Err(error) => {
                self.tell_failure(flight, error.clone(), now);
                self.close_gate(error.clone(), now);
                Err(error)
            }
        }
    }

    /// Ends a flight that nobody carries any more. True if it was the one under way.
    pub fn abandon(&mut self, permit: u64) -> bool {
        self.flight.take_if(|flight| flight.id == permit).is_some()
    }

    /// Drops the held session, if it is this very one, since the server has refused it. True if it was.
    ///
    /// A flight under way goes on, and its session is taken. A session that dies young is followed by one more
    /// login; a second one in a row closes the gate.
    pub fn invalidate(&mut self, session: &Arc<Session>, reason: InvalidReason, now: Moment) -> bool {
        let Some(held) = self.held.take_if(|held| Arc::ptr_eq(&held.session, session)) else { return false };
        self.events.push(Event::Invalidated { reason, age: now.since(held.published) });
        let error = match reason {
            InvalidReason::LoggedOut => Error::keeping(ManagerError::GroupEnded),
            InvalidReason::Expired => Error::keeping(ManagerError::RevokedEarly),
            InvalidReason::ActionsUsedUp => return true,
        };
        self.died_young = if self.is_young(&held, now) { self.died_young.saturating_add(1) } else { 0 };
        if self.died_young >= 2 {
            self.gate.set_failures(self.died_young - 2);
            self.close_gate(error, now);
        }
        true
    }

    /// Whether a session lives too short for whoever needs it for `min`, as an error to give him.
    pub(crate) fn too_short(&self, session: &Arc<Session>, min: Duration, now: Moment) -> Option<Error> {
        let held = self.alive(now).filter(|held| Arc::ptr_eq(&held.session, session))?;
        (held.expires.remaining(now) < min && held.life < min)
            .then(|| Error::keeping(ManagerError::TooShort { needed: min, life: held.life }))
    }

    /// How long a keeper may stay away: 50 ms at least, or he would spin while others log in; a minute at most,
    /// since the machine may sleep meanwhile, and the session may be refused.
    #[must_use]
    pub fn next_refresh_in(&self, now: Moment) -> Duration {
        let renewal = self.alive(now).map_or(Duration::ZERO, |held| {
            if held.ending { held.expires.remaining(now) } else { held.keeper_from.remaining(now) }
        });
        renewal.max(self.gate.remaining(now)).clamp(SHORTEST_REST, LONGEST_REST)
    }

    /// A picture for health checks.
    #[must_use]
    pub fn status(&self, now: Moment) -> Status {
        let held = self.alive(now);
        let phase = match held {
            Some(held) if held.ending => Phase::Ending,
            Some(held) if held.keeper_from.is_reached(now) => Phase::Stale,
            Some(_) => Phase::Fresh,
            None => Phase::None,
        };
        Status {
            phase,
            remaining: held.map(|held| held.expires.remaining(now)),
            logging_in: self.flight.is_some(),
            last_error: self.gate.last_error().cloned(),
            next_try: self.gate.is_closed(now).then(|| self.gate.remaining(now)),
        }
    }

    /// What has happened since the last time.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The flight under way.
    pub(crate) const fn flight(&self) -> Option<SharedLogin> {
        self.flight
    }

    /// Ends a flight as a failure, for those who wait for it, while its permit is out of their reach: whoever has
    /// it hangs. What comes back is the outcome for all who wait.
    pub(crate) fn time_out(&mut self, flight: u64, now: Moment) -> Error {
        let error = self.timed_out();
        if let Some(flight) = self.flight.take_if(|under_way| under_way.id == flight) {
            self.tell_failure(flight, error.clone(), now);
            self.close_gate(error.clone(), now);
        }
        error
    }

    /// The session that is held, over or not.
    pub(crate) const fn held(&self) -> Option<&Cached> {
        self.held.as_ref()
    }

    /// The session that is held and not over.
    pub(crate) fn alive(&self, now: Moment) -> Option<&Cached> {
        self.held.as_ref().filter(|held| !held.expires.is_reached(now))
    }

    fn start(&mut self, now: Moment, renewal: bool) -> LoginPermit {
        let id = self.next_ticket;
        self.next_ticket += 1;
        self.flight = Some(SharedLogin { id, since: now, renewal });
        self.events.push(Event::LoginStarted { renewal });
        LoginPermit(id)
    }

    /// There is no gate after this: the next flight, too, may take its time before it is given up.
    fn give_up_overdue(&mut self, now: Moment) {
        let limit = self.policy.login_timeout;
        if let Some(flight) = self.flight.take_if(|flight| now.since(flight.since) >= limit) {
            self.tell_failure(flight, self.timed_out(), now);
        }
    }

    fn timed_out(&self) -> Error {
        Error::keeping(ManagerError::TimedOut { limit: self.policy.login_timeout })
    }

    fn tell_failure(&mut self, flight: SharedLogin, error: Error, now: Moment) {
        let (renewal, took) = (flight.renewal, now.since(flight.since));
        self.events.push(Event::LoginFailed { renewal, took, error });
    }

    fn publish(&mut self, flight: SharedLogin, grant: &IssuedSession, now: Moment) {
        let expires = Deadline::after(grant.sent(), grant.life());
        let predecessor = self.held.take();
        if predecessor.as_ref().is_some_and(|held| !self.is_young(held, now)) {
            self.died_young = 0;
        }
        let gain = predecessor.map(|held| expires.remaining(now).saturating_sub(held.expires.remaining(now)));
        // Of a very short life, half of it is a gain.
        let least = LEAST_GAIN.min(grant.life() / 2);
        let ending = flight.renewal && gain.is_some_and(|gain| gain < least);
        if ending {
            self.events.push(Event::TokenEnding { remaining: expires.remaining(now) });
        }
        let window = (grant.life() / WINDOW_SHARE).min(self.policy.window);
        let window = window.mul_f64(0.75 + 0.5 * self.jitter.roll());
        self.held = Some(Cached {
            session: Arc::clone(grant.session()),
            published: now,
            life: grant.life(),
            keeper_from: expires.earlier_by(window),
            caller_from: expires.earlier_by(window / 2),
            expires,
            ending,
        });
    }

    fn close_gate(&mut self, error: Error, now: Moment) {
        let duration = self.gate.close(error.clone(), &self.policy, self.jitter.roll(), now);
        self.events.push(Event::BackoffStarted { duration, error });
    }

    /// Too young for its own end to be the reason.
    fn is_young(&self, held: &Cached, now: Moment) -> bool {
        now.since(held.published) < self.policy.young.min(held.life / 2)
    }
}
