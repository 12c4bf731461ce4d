//! Random walks of the state, side by side with the model.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, LoginPermit, SessionState};
use kaltura_auth::manager::{Event, InvalidReason, Moment};
use kaltura_auth::{Error, ErrorKind, Session};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::making::*;
use super::model::{Expected, Model, Told, life};
use super::steps::{Failure, Step, step};

/// A hundred thousand steps and more: a walk has a hundred on the average. It may have a single one, so that what
/// goes wrong can be shrunk to a few.
const WALKS: u32 = 1100;
const STEPS: std::ops::RangeInclusive<usize> = 1..=200;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(WALKS) })]

    #[test]
    fn the_state_does_as_its_model_and_is_never_wedged(seed: u64, steps in vec(step(), STEPS)) {
        let mut walk = Walk::new(seed);
        for step in steps {
            walk.take(step);
        }
        walk.end();
    }
}

/// The state and its model, and all that was ever given out.
struct Walk {
    state: SessionState,
    model: Model,
    now: Moment,
    permit: Option<LoginPermit>,
    lost: Vec<LoginPermit>,
    sessions: Vec<Arc<Session>>,
    failures: usize,
    last_ticket: u64,
    /// What was told in this step.
    events: Vec<Event>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            state: seeded(seed),
            model: Model::default(),
            now: START,
            permit: None,
            lost: Vec::new(),
            sessions: Vec::new(),
            failures: 0,
            last_ticket: 0,
            events: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let told = match step {
            Step::Pass(time) => self.at(later(self.now, time)),
            Step::SkipAhead(time) => self.at(Moment { monotonic: self.now.monotonic + time, ..self.now }),
            Step::SetWall(by) if by < 0 => {
                self.at(Moment { wall: self.now.wall - seconds(by.unsigned_abs()), ..self.now })
            }
            Step::SetWall(by) => {
                self.at(Moment { wall: self.now.wall + seconds(by.unsigned_abs()), ..self.now })
            }
            Step::Ask(caller, min) => self.ask(caller, min),
            Step::Succeed(granted, took) => {
                let permit = self.permit.take();
                self.succeed(permit, granted, took)
            }
            Step::Fail(failure, took) => {
                let permit = self.permit.take();
                self.fail(permit, &failure, took)
            }
            Step::Abandon => {
                let permit = self.permit.take();
                self.abandon(permit)
            }
            Step::Lose => {
                self.lost.extend(self.permit.take());
                Vec::new()
            }
            Step::SucceedLate(index) => {
                let permit = self.found(index);
                self.succeed(permit, Granted::for_seconds(3600), Duration::ZERO)
            }
            Step::FailLate(index) => {
                let permit = self.found(index);
                self.fail(permit, &Failure::Permanent, Duration::ZERO)
            }
            Step::AbandonLate(index) => {
                let permit = self.found(index);
                self.abandon(permit)
            }
            Step::InvalidateHeld(reason) => {
                let held = self.model.held().cloned();
                self.invalidate(held, reason)
            }
            Step::InvalidateAny(index, reason) => {
                let any = (!self.sessions.is_empty()).then(|| Arc::clone(index.get(&self.sessions)));
                self.invalidate(any, reason)
            }
        };
        self.events.extend(self.state.take_events());
        self.compare_told(&told);
        self.compare_status();
    }

    fn at(&mut self, now: Moment) -> Vec<Told> {
        self.now = now;
        Vec::new()
    }

    fn ask(&mut self, caller: Caller, min: Duration) -> Vec<Told> {
        let now = self.now;
        let mut told = Vec::from_iter(self.model.give_up_overdue(now));
        let expected = self.model.expected(now, caller, min);
        let decision = self.state.decide(now, caller, min);
        self.events = self.state.take_events();
        let is = self.judge(&decision);
        assert!(expected.contains(&is), "{is:?} instead of {expected:?}");
        match decision {
            Decision::Use(_) if is == Expected::UseStale => told.push(Told::ServedStale),
            Decision::UseAndRenew(_, permit) => told.push(self.took_off(permit, true)),
            Decision::Start(permit) => told.push(self.took_off(permit, false)),
            Decision::Use(_) | Decision::Join | Decision::Fail(_) => {}
        }
        told
    }

    /// Which decision it is. Whatever session or error it gives must be the one that the model holds.
    fn judge(&self, decision: &Decision) -> Expected {
        if let Decision::Use(session) | Decision::UseAndRenew(session, _) = decision {
            assert!(Arc::ptr_eq(session, self.model.held().expect("there is a session")));
        }
        match decision {
            Decision::Use(_) if matches!(self.events.last(), Some(Event::ServedStale { .. })) => {
                Expected::UseStale
            }
            Decision::Use(_) => Expected::Use,
            Decision::UseAndRenew(..) => Expected::UseAndRenew,
            Decision::Start(_) => Expected::Start,
            Decision::Join => Expected::Join,
            Decision::Fail(error) if error.kind() == ErrorKind::SessionTooShort => Expected::TooShort,
            Decision::Fail(error) => {
                assert_eq!(Some(format!("{error:?}").as_str()), self.model.closed_by(self.now));
                Expected::Closed
            }
        }
    }
    fn took_off(&mut self, permit: LoginPermit, renewal: bool) -> Told {
        assert!(permit.id() > self.last_ticket, "permits are told apart");
        self.last_ticket = permit.id();
        let told = self.model.took_off(permit.id(), self.now, renewal);
        // One that was given up is still out there.
        self.lost.extend(self.permit.replace(permit));
        told
    }

    fn succeed(&mut self, permit: Option<LoginPermit>, granted: Granted, took: Duration) -> Vec<Told> {
        let Some(permit) = permit else { return Vec::new() };
        let (id, sent) = (permit.id(), self.now);
        self.now = later(self.now, took);
        let life = life(granted);
        match self.state.finish(permit, Ok(granted.to_whom_asked_at(sent)), self.now) {
            Ok(session) => {
                assert!(!life.is_zero());
                let told = self.model.succeeded(id, &session, (sent, life), self.now);
                self.sessions.push(session);
                told
            }
            Err(error) => {
                assert!(life.is_zero() && error.kind() == ErrorKind::ExpiredOnArrival);
                self.model.failed(id, &error)
            }
        }
    }

    fn fail(&mut self, permit: Option<LoginPermit>, failure: &Failure, took: Duration) -> Vec<Told> {
        let Some(permit) = permit else { return Vec::new() };
        self.failures += 1;
        self.now = later(self.now, took);
        let (id, error) = (permit.id(), failure.error(self.failures));
        let given = self.state.finish(permit, Err(error.clone()), self.now).unwrap_err();
        assert_eq!(format!("{given:?}"), format!("{error:?}"));
        self.model.failed(id, &error)
    }

    fn abandon(&mut self, permit: Option<LoginPermit>) -> Vec<Told> {
        if let Some(permit) = permit {
            assert_eq!(self.state.abandon(permit.id()), self.model.abandoned(permit.id()));
        }
        Vec::new()
    }

    fn invalidate(&mut self, session: Option<Arc<Session>>, reason: InvalidReason) -> Vec<Told> {
        let Some(session) = session else { return Vec::new() };
        let dropped = self.state.invalidate(&session, reason, self.now);
        self.events = self.state.take_events();
        let error = self.closed_by();
        let told = self.model.invalidated(&session, reason, self.now, error.as_ref());
        assert_eq!(dropped, !told.is_empty());
        if let Some(error) = error {
            let kind = match reason {
                InvalidReason::LoggedOut => ErrorKind::TokenGroupEnded,
                _ => ErrorKind::RevokedEarly,
            };
            assert_eq!(error.kind(), kind);
        }
        told
    }

    /// Takes a lost permit.
    fn found(&mut self, index: Index) -> Option<LoginPermit> {
        (!self.lost.is_empty()).then(|| self.lost.swap_remove(index.index(self.lost.len())))
    }

    /// The error that has closed the gate in this step.
    fn closed_by(&self) -> Option<Error> {
        self.events.iter().find_map(|event| match event {
            Event::BackoffStarted { error, .. } => Some(error.clone()),
            _ => None,
        })
    }

    /// Everything that must be told was told, in order, and nothing else.
    fn compare_told(&mut self, told: &[Told]) {
        let events = std::mem::take(&mut self.events);
        assert_eq!(events.len(), told.len(), "{events:?} instead of {told:?}");
        for (event, told) in events.iter().zip(told) {
            let same = match (event, told) {
                (Event::LoginStarted { renewal }, Told::Started { renewal: as_told })
                | (Event::LoginSucceeded { renewal, .. }, Told::Succeeded { renewal: as_told })
                | (Event::LoginFailed { renewal, .. }, Told::Failed { renewal: as_told }) => {
                    renewal == as_told
                }
                (Event::BackoffStarted { duration, error }, Told::Closed { width, error: as_told }) => {
                    self.model.was_closed(*duration, error, self.now);
                    width.contains(duration) && format!("{error:?}") == *as_told
                }
                (Event::Invalidated { .. }, Told::Invalidated)
                | (Event::ServedStale { .. }, Told::ServedStale)
                | (Event::TokenEnding { .. }, Told::TokenEnding) => true,
                _ => false,
            };
            assert!(same, "{event:?} instead of {told:?}");
        }
    }

    fn compare_status(&self) {
        let (status, now) = (self.state.status(self.now), self.now);
        assert_eq!(status.remaining, self.model.remaining(now));
        assert_eq!(status.logging_in, self.model.flies());
        assert_eq!(status.next_try, self.model.opens_in(now));
        let phases = self.model.phases(now);
        assert!(phases.contains(&status.phase), "{:?} instead of {phases:?}", status.phase);
        let (rest, range) = (self.state.next_refresh_in(now), self.model.keepers_rest(now));
        assert!(range.contains(&rest), "{rest:?} instead of {range:?}");
    }

    /// Whatever has happened, and even if a permit was lost: when every session is over, somebody logs in. The
    /// longest life is 24 hours, and 26 where the server tells no time and our clock is 2 hours behind.
    fn end(mut self) {
        self.now = later(self.now, seconds(27 * 3600));
        let decision = self.state.decide(self.now, Caller::OnDemand, Duration::ZERO);
        assert!(matches!(decision, Decision::Start(_)), "wedged: {decision:?}");
    }
}
