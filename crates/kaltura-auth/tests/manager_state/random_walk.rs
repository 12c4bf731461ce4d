//! Random walks of the state, compared with the model.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, LoginPermit, SessionState};
use kaltura_auth::manager::{Event, InvalidReason, Moment};
use kaltura_auth::{Error, ErrorKind, Session};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::fixtures::*;
use super::model::{Expected, ExpectedEvent, Model, lifetime};
use super::steps::{Failure, Step, step};

/// More than a hundred thousand steps: a walk has a hundred on average. It may have a single one, so that a failure can
/// be shrunk to a few steps.
const WALKS: u32 = 1100;
const STEPS: std::ops::RangeInclusive<usize> = 1..=200;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(WALKS) })]

    #[test]
    fn the_state_matches_the_model_and_never_blocks_for_ever(seed: u64, steps in vec(step(), STEPS)) {
        let mut walk = Walk::new(seed);
        for step in steps {
            walk.take(step);
        }
        walk.end();
    }
}

/// The state and its model, with all permits and sessions that were ever returned.
struct Walk {
    state: SessionState,
    model: Model,
    now: Moment,
    permit: Option<LoginPermit>,
    lost: Vec<LoginPermit>,
    sessions: Vec<Arc<Session>>,
    failures: usize,
    last_login_id: u64,
    /// The events of this step.
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
            last_login_id: 0,
            events: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let expected = match step {
            Step::Pass(time) => self.at(later(self.now, time)),
            Step::SkipAhead(time) => self.at(Moment { monotonic: self.now.monotonic + time, ..self.now }),
            Step::SetWall(by) if by < 0 => {
                self.at(Moment { wall: self.now.wall - seconds(by.unsigned_abs()), ..self.now })
            }
            Step::SetWall(by) => {
                self.at(Moment { wall: self.now.wall + seconds(by.unsigned_abs()), ..self.now })
            }
            Step::Decide(caller, min) => self.decide(caller, min),
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
                let permit = self.take_lost(index);
                self.succeed(permit, Granted::for_seconds(3600), Duration::ZERO)
            }
            Step::FailLate(index) => {
                let permit = self.take_lost(index);
                self.fail(permit, &Failure::Permanent, Duration::ZERO)
            }
            Step::AbandonLate(index) => {
                let permit = self.take_lost(index);
                self.abandon(permit)
            }
            Step::InvalidateCached(reason) => {
                let cached = self.model.cached().cloned();
                self.invalidate(cached, reason)
            }
            Step::InvalidateAny(index, reason) => {
                let any = (!self.sessions.is_empty()).then(|| Arc::clone(index.get(&self.sessions)));
                self.invalidate(any, reason)
            }
        };
        self.events.extend(self.state.take_events());
        self.compare_events(&expected);
        self.compare_status();
    }

    fn at(&mut self, now: Moment) -> Vec<ExpectedEvent> {
        self.now = now;
        Vec::new()
    }

    fn decide(&mut self, caller: Caller, min: Duration) -> Vec<ExpectedEvent> {
        let now = self.now;
        let mut events = Vec::from_iter(self.model.end_overdue_login(now));
        let expected = self.model.expected(now, caller, min);
        let decision = self.state.decide(now, caller, min);
        self.events = self.state.take_events();
        let actual = self.classify(&decision);
        assert!(expected.contains(&actual), "{actual:?} instead of {expected:?}");
        match decision {
            Decision::Use(_) if actual == Expected::UseStale => events.push(ExpectedEvent::ServedStale),
            Decision::UseAndRenew(_, permit) => events.push(self.started(permit, true)),
            Decision::Start(permit) => events.push(self.started(permit, false)),
            Decision::Use(_) | Decision::Join | Decision::Fail(_) => {}
        }
        events
    }

    /// Which decision it is. Its session or error must be that of the model.
    fn classify(&self, decision: &Decision) -> Expected {
        if let Decision::Use(session) | Decision::UseAndRenew(session, _) = decision {
            assert!(Arc::ptr_eq(session, self.model.cached().expect("there is a session")));
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
                assert_eq!(Some(format!("{error:?}").as_str()), self.model.backoff_error(self.now));
                Expected::BackingOff
            }
        }
    }

    fn started(&mut self, permit: LoginPermit, renewal: bool) -> ExpectedEvent {
        assert!(permit.id() > self.last_login_id, "each login has a new id");
        self.last_login_id = permit.id();
        let event = self.model.started(permit.id(), self.now, renewal);
        // The permit of a login that timed out may still be used.
        self.lost.extend(self.permit.replace(permit));
        event
    }

    fn succeed(
        &mut self,
        permit: Option<LoginPermit>,
        granted: Granted,
        took: Duration,
    ) -> Vec<ExpectedEvent> {
        let Some(permit) = permit else { return Vec::new() };
        let (id, sent_at) = (permit.id(), self.now);
        self.now = later(self.now, took);
        let lifetime = lifetime(granted);
        match self.state.finish(permit, Ok(granted.requested_at(sent_at)), self.now) {
            Ok(session) => {
                assert!(!lifetime.is_zero());
                let events = self.model.succeeded(id, &session, (sent_at, lifetime), self.now);
                self.sessions.push(session);
                events
            }
            Err(error) => {
                assert!(lifetime.is_zero() && error.kind() == ErrorKind::ExpiredOnArrival);
                self.model.failed(id, &error)
            }
        }
    }

    fn fail(&mut self, permit: Option<LoginPermit>, failure: &Failure, took: Duration) -> Vec<ExpectedEvent> {
        let Some(permit) = permit else { return Vec::new() };
        self.failures += 1;
        self.now = later(self.now, took);
        let (id, error) = (permit.id(), failure.error(self.failures));
        let returned = self.state.finish(permit, Err(error.clone()), self.now).unwrap_err();
        assert_eq!(format!("{returned:?}"), format!("{error:?}"));
        self.model.failed(id, &error)
    }

    fn abandon(&mut self, permit: Option<LoginPermit>) -> Vec<ExpectedEvent> {
        if let Some(permit) = permit {
            assert_eq!(self.state.abandon(permit.id()), self.model.abandoned(permit.id()));
        }
        Vec::new()
    }

    fn invalidate(&mut self, session: Option<Arc<Session>>, reason: InvalidReason) -> Vec<ExpectedEvent> {
        let Some(session) = session else { return Vec::new() };
        let dropped = self.state.invalidate(&session, reason, self.now);
        self.events = self.state.take_events();
        let error = self.new_backoff_error();
        let events = self.model.invalidated(&session, reason, self.now, error.as_ref());
        assert_eq!(dropped, !events.is_empty());
        if let Some(error) = error {
            let kind = match reason {
                InvalidReason::LoggedOut => ErrorKind::TokenGroupEnded,
                _ => ErrorKind::RevokedEarly,
            };
            assert_eq!(error.kind(), kind);
        }
        events
    }

    /// Takes a lost permit.
    fn take_lost(&mut self, index: Index) -> Option<LoginPermit> {
        (!self.lost.is_empty()).then(|| self.lost.swap_remove(index.index(self.lost.len())))
    }

    /// The error of the backoff that started in this step.
    fn new_backoff_error(&self) -> Option<Error> {
        self.events.iter().find_map(|event| match event {
            Event::BackoffStarted { error, .. } => Some(error.clone()),
            _ => None,
        })
    }

    /// The events of this step are the expected ones, in order.
    fn compare_events(&mut self, expected: &[ExpectedEvent]) {
        let events = std::mem::take(&mut self.events);
        assert_eq!(events.len(), expected.len(), "{events:?} instead of {expected:?}");
        for (event, expected) in events.iter().zip(expected) {
            let same = match (event, expected) {
                (Event::LoginStarted { renewal }, ExpectedEvent::Started { renewal: expected })
                | (Event::LoginSucceeded { renewal, .. }, ExpectedEvent::Succeeded { renewal: expected })
                | (Event::LoginFailed { renewal, .. }, ExpectedEvent::Failed { renewal: expected }) => {
                    renewal == expected
                }
                (
                    Event::BackoffStarted { duration, error },
                    ExpectedEvent::BackoffStarted { range, error: expected },
                ) => {
                    self.model.backoff_started(*duration, error, self.now);
                    range.contains(duration) && format!("{error:?}") == *expected
                }
                (Event::Invalidated { .. }, ExpectedEvent::Invalidated)
                | (Event::ServedStale { .. }, ExpectedEvent::ServedStale)
                | (Event::TokenEnding { .. }, ExpectedEvent::TokenEnding) => true,
                _ => false,
            };
            assert!(same, "{event:?} instead of {expected:?}");
        }
    }

    fn compare_status(&self) {
        let (status, now) = (self.state.status(self.now), self.now);
        assert_eq!(status.remaining, self.model.remaining(now));
        assert_eq!(status.logging_in, self.model.logging_in());
        assert_eq!(status.next_try, self.model.backoff_remaining(now));
        let phases = self.model.phases(now);
        assert!(phases.contains(&status.phase), "{:?} instead of {phases:?}", status.phase);
        let (interval, range) = (self.state.next_refresh_in(now), self.model.refresh_interval(now));
        assert!(range.contains(&interval), "{interval:?} instead of {range:?}");
    }

    /// After any steps, and even if a permit was lost: when every session has expired, a login starts. The longest
    /// lifetime is 24 hours, and 26 without the server's time and with a local clock 2 hours behind.
    fn end(mut self) {
        self.now = later(self.now, seconds(27 * 3600));
        let decision = self.state.decide(self.now, Caller::OnDemand, Duration::ZERO);
        assert!(matches!(decision, Decision::Start(_)), "blocked: {decision:?}");
    }
}
