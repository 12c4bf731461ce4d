//! A simple model of the state: what it holds, and what it must answer. It knows no jitter, so where chance has a
//! say it gives the range.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::Caller;
use kaltura_auth::manager::{InvalidReason, Moment, Phase};
use kaltura_auth::{Error, ErrorKind, Session};

use super::making::{Granted, milliseconds, seconds};

/// How long a flight may take.
const FLIGHT_LIMIT: Duration = seconds(30);

#[derive(Debug, Default)]
pub(crate) struct Model {
    held: Option<Cached>,
    flight: Option<SharedLogin>,
    gate: Option<Backoff>,
    /// How many failures in a row there were.
    failures: u32,
    /// How many sessions in a row died young.
    died_young: u32,
}

#[derive(Debug)]
struct Cached {
    session: Arc<Session>,
    published: Moment,
    life: Duration,
    end: Moment,
    ending: bool,
}

#[derive(Debug)]
struct SharedLogin {
    id: u64,
    since: Moment,
    renewal: bool,
}

#[derive(Debug)]
struct Backoff {
    opens: Moment,
    /// The error that closed it, as it shows itself.
    error: String,
}

/// What a decision must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Use,
    /// The session at hand, in its window and with no way to renew it: the event says that it was served stale.
    UseStale,
    UseAndRenew,
    Start,
    Join,
    /// The error that closed the gate.
    Closed,
    TooShort,
}

/// What must be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Started {
        renewal: bool,
    },
    Succeeded {
        renewal: bool,
    },
    Failed {
        renewal: bool,
    },
    Invalidated,
    ServedStale,
    /// Closed for so long, by this error.
    Closed {
        width: RangeInclusive<Duration>,
        error: String,
    },
    TokenEnding,
}

/// When a moment is reached: either clock is past it.
fn is_past(moment: Moment, now: Moment) -> bool {
    now.monotonic >= moment.monotonic || now.wall >= moment.wall
}

fn left(moment: Moment, now: Moment) -> Duration {
    let monotonic = moment.monotonic.saturating_sub(now.monotonic);
    monotonic.min(moment.wall.saturating_sub(now.wall))
}

fn after(moment: Moment, wait: Duration) -> Moment {
    Moment { monotonic: moment.monotonic + wait, wall: moment.wall + wait }
}

/// How long a session lives that was granted like this.
pub(crate) fn life(granted: Granted) -> Duration {
    let by_which_clock = if granted.tells_time { granted.life } else { granted.life + granted.ahead };
    let life = seconds(u64::try_from(by_which_clock).unwrap_or(0));
    match granted.asked.map(u64::from).map(seconds) {
        Some(asked) if life.is_zero() && !granted.tells_time => asked,
        Some(asked) => life.min(asked),
        None => life,
    }
}

impl Cached {
    fn is_young(&self, now: Moment) -> bool {
        now.monotonic - self.published.monotonic < seconds(60).min(self.life / 2)
    }

    /// Whether it is time to renew it; nothing if that is a matter of chance.
    fn is_due(&self, now: Moment, caller: Caller) -> Option<bool> {
        let window = seconds(300).min(self.life / 10);
        let window = if caller == Caller::RefreshLoop { window } else { window / 2 };
        // Give or take a quarter, and the rounding of it.
        let (shortest, longest) = (window.mul_f64(0.7499), window.mul_f64(1.2501));
        let left = left(self.end, now);
        if left <= shortest || self.ending {
            return Some(!self.ending);
        }
        if left > longest { Some(false) } else { None }
    }
}

impl Model {
    fn alive(&self, now: Moment) -> Option<&Cached> {
        self.held.as_ref().filter(|held| !is_past(held.end, now))
    }

    fn closed(&self, now: Moment) -> Option<&Backoff> {
        self.gate.as_ref().filter(|gate| !is_past(gate.opens, now))
    }

    /// A flight that takes too long counts as none for whoever asks.
    pub(crate) fn give_up_overdue(&mut self, now: Moment) -> Option<Told> {
        let overdue = self.flight.take_if(|flight| now.monotonic - flight.since.monotonic >= FLIGHT_LIMIT)?;
        Some(Told::Failed { renewal: overdue.renewal })
    }

    /// What the decision may be; two where chance has a say.
    pub(crate) fn expected(&self, now: Moment, caller: Caller, min: Duration) -> Vec<Expected> {
        if let Some(held) = self.alive(now) {
            let enough = left(held.end, now) >= min;
            if !enough && min > held.life {
                return vec![Expected::TooShort];
            }
            if enough {
                let blocked = self.flight.is_some() || self.closed(now).is_some();
                let renewed = if blocked { Expected::UseStale } else { Expected::UseAndRenew };
                return match held.is_due(now, caller) {
                    Some(false) => vec![Expected::Use],
                    Some(true) => vec![renewed],
                    None => vec![Expected::Use, renewed],
                };
            }
        }
        if self.flight.is_some() {
            return vec![Expected::Join];
        }
        vec![if self.closed(now).is_some() { Expected::Closed } else { Expected::Start }]
    }

    pub(crate) fn took_off(&mut self, id: u64, now: Moment, renewal: bool) -> Told {
        assert!(self.flight.is_none(), "two flights at once");
        self.flight = Some(SharedLogin { id, since: now, renewal });
        Told::Started { renewal }
    }

    /// A login has brought a session, which is not over. Nothing if its permit was not the flight.
    pub(crate) fn succeeded(
        &mut self,
        permit: u64,
        session: &Arc<Session>,
        (sent, life): (Moment, Duration),
        now: Moment,
    ) -> Vec<Told> {
        let Some(flight) = self.flight.take_if(|flight| flight.id == permit) else { return Vec::new() };
        (self.gate, self.failures) = (None, 0);
        let mut told = vec![Told::Succeeded { renewal: flight.renewal }];
        let end = after(sent, life);
        let before = self.held.take();
        if before.as_ref().is_some_and(|held| !held.is_young(now)) {
            self.died_young = 0;
        }
        let gain = before.map(|held| left(end, now).saturating_sub(left(held.end, now)));
        let ending = flight.renewal && gain.is_some_and(|gain| gain < seconds(2).min(life / 2));
        if ending {
            told.push(Told::TokenEnding);
        }
        self.held = Some(Cached { session: Arc::clone(session), published: now, life, end, ending });
        told
    }

    /// A login has failed. Nothing if its permit was not the flight.
    pub(crate) fn failed(&mut self, permit: u64, error: &Error) -> Vec<Told> {
        let Some(flight) = self.flight.take_if(|flight| flight.id == permit) else { return Vec::new() };
        vec![Told::Failed { renewal: flight.renewal }, self.closes(error)]
    }

    /// What must be told of the gate that closes now. How long it was is told to [`Self::was_closed`].
    fn closes(&mut self, error: &Error) -> Told {
        let (base, cap) = if error.is_retryable() { (1, 60) } else { (60, 900) };
        let due = seconds(base << self.failures.min(20)).min(seconds(cap));
        let limited = if error.kind() == ErrorKind::RateLimited { seconds(10) } else { Duration::ZERO };
        let least = limited.max(error.retry_after().unwrap_or_default().min(seconds(900)));
        self.failures += 1;
        Told::Closed { width: (due / 2).max(least)..=due.max(least), error: format!("{error:?}") }
    }

    pub(crate) fn was_closed(&mut self, width: Duration, error: &Error, now: Moment) {
        self.gate = Some(Backoff { opens: after(now, width), error: format!("{error:?}") });
    }

    pub(crate) fn abandoned(&mut self, permit: u64) -> bool {
        self.flight.take_if(|flight| flight.id == permit).is_some()
    }

    /// The server has refused a session. Nothing if it is not the one that is held. `error` is the one that has
    /// closed the gate, if it was closed.
    pub(crate) fn invalidated(
        &mut self,
        session: &Arc<Session>,
        reason: InvalidReason,
        now: Moment,
        error: Option<&Error>,
    ) -> Vec<Told> {
        let Some(held) = self.held.take_if(|held| Arc::ptr_eq(&held.session, session)) else {
            return Vec::new();
        };
        let mut told = vec![Told::Invalidated];
        if reason == InvalidReason::ActionsUsedUp {
            return told;
        }
        self.died_young = if held.is_young(now) { self.died_young + 1 } else { 0 };
        if self.died_young >= 2 {
            self.failures = self.died_young - 2;
            told.push(self.closes(error.expect("the second that dies young closes the gate")));
        }
        told
    }

    pub(crate) fn held(&self) -> Option<&Arc<Session>> {
        self.held.as_ref().map(|held| &held.session)
    }

    pub(crate) fn flies(&self) -> bool {
        self.flight.is_some()
    }

    /// The error that keeps the gate closed, as it shows itself.
    pub(crate) fn closed_by(&self, now: Moment) -> Option<&str> {
        self.closed(now).map(|gate| gate.error.as_str())
    }

    pub(crate) fn opens_in(&self, now: Moment) -> Option<Duration> {
        self.closed(now).map(|gate| left(gate.opens, now))
    }

    pub(crate) fn remaining(&self, now: Moment) -> Option<Duration> {
        self.alive(now).map(|held| left(held.end, now))
    }

    /// What the status may say; two where chance has a say.
    pub(crate) fn phases(&self, now: Moment) -> Vec<Phase> {
        match self.alive(now) {
            None => vec![Phase::None],
            Some(held) if held.ending => vec![Phase::Ending],
            Some(held) => match held.is_due(now, Caller::RefreshLoop) {
                Some(true) => vec![Phase::Stale],
                Some(false) => vec![Phase::Fresh],
                None => vec![Phase::Fresh, Phase::Stale],
            },
        }
    }

    /// In which range the keeper's rest is.
    pub(crate) fn keepers_rest(&self, now: Moment) -> RangeInclusive<Duration> {
        let (mut least, mut most) = (Duration::ZERO, Duration::ZERO);
        if let Some(held) = self.alive(now) {
            let left = left(held.end, now);
            let window = if held.ending { Duration::ZERO } else { seconds(300).min(held.life / 10) };
            least = left.saturating_sub(window.mul_f64(1.2501));
            most = left.saturating_sub(window.mul_f64(0.7499));
        }
        let gate = self.opens_in(now).unwrap_or_default();
        let bounded = |rest: Duration| rest.max(gate).clamp(milliseconds(50), seconds(60));
        bounded(least)..=bounded(most)
    }
}
