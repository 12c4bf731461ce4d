//! A simple model of the state. It has no jitter, so where a result is random it gives the range.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::Caller;
use kaltura_auth::manager::{InvalidReason, Moment, Phase};
use kaltura_auth::{Error, ErrorKind, Session};

use super::fixtures::{Granted, milliseconds, seconds};

/// The timeout of a login.
const LOGIN_TIMEOUT: Duration = seconds(30);

#[derive(Debug, Default)]
pub(crate) struct Model {
    cached: Option<Cached>,
    in_progress: Option<LoginInProgress>,
    backoff: Option<Backoff>,
    /// The number of failures in a row.
    failures: u32,
    /// The number of sessions in a row that were revoked early.
    revoked_early: u32,
}

#[derive(Debug)]
struct Cached {
    session: Arc<Session>,
    published: Moment,
    lifetime: Duration,
    expires: Moment,
    ending: bool,
}

#[derive(Debug)]
struct LoginInProgress {
    id: u64,
    since: Moment,
    renewal: bool,
}

#[derive(Debug)]
struct Backoff {
    ends: Moment,
    /// The `Debug` text of the error that started it.
    error: String,
}

/// The expected decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Use,
    /// The cached session inside its window, which cannot be renewed now: the event reports that.
    UseStale,
    UseAndRenew,
    Start,
    Join,
    /// The error that started the backoff.
    BackingOff,
    TooShort,
}

/// The expected event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExpectedEvent {
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
    /// A backoff in this range, started by this error.
    BackoffStarted {
        range: RangeInclusive<Duration>,
        error: String,
    },
    TokenEnding,
}

/// Whether either clock has reached a moment.
fn is_reached(moment: Moment, now: Moment) -> bool {
    now.monotonic >= moment.monotonic || now.wall >= moment.wall
}

fn remaining(moment: Moment, now: Moment) -> Duration {
    let monotonic = moment.monotonic.saturating_sub(now.monotonic);
    monotonic.min(moment.wall.saturating_sub(now.wall))
}

fn after(moment: Moment, wait: Duration) -> Moment {
    Moment { monotonic: moment.monotonic + wait, wall: moment.wall + wait }
}

/// The expected lifetime of a session.
pub(crate) fn lifetime(granted: Granted) -> Duration {
    let by_clock = if granted.has_server_time { granted.lifetime } else { granted.lifetime + granted.ahead };
    let lifetime = seconds(u64::try_from(by_clock).unwrap_or(0));
    match granted.requested.map(u64::from).map(seconds) {
        Some(requested) if lifetime.is_zero() && !granted.has_server_time => requested,
        Some(requested) => lifetime.min(requested),
        None => lifetime,
    }
}

impl Cached {
    fn is_early(&self, now: Moment) -> bool {
        now.monotonic - self.published.monotonic < seconds(60).min(self.lifetime / 2)
    }

    /// Whether it is due for renewal; `None` if that depends on the jitter.
    fn is_due(&self, now: Moment, caller: Caller) -> Option<bool> {
        let window = seconds(300).min(self.lifetime / 10);
        let window = if caller == Caller::RefreshLoop { window } else { window / 2 };
        // Plus or minus a quarter, with rounding.
        let (shortest, longest) = (window.mul_f64(0.7499), window.mul_f64(1.2501));
        let remaining = remaining(self.expires, now);
        if remaining <= shortest || self.ending {
            return Some(!self.ending);
        }
        if remaining > longest { Some(false) } else { None }
    }
}

impl Model {
    fn unexpired(&self, now: Moment) -> Option<&Cached> {
        self.cached.as_ref().filter(|cached| !is_reached(cached.expires, now))
    }

    fn active_backoff(&self, now: Moment) -> Option<&Backoff> {
        self.backoff.as_ref().filter(|backoff| !is_reached(backoff.ends, now))
    }

    /// A login that exceeds its timeout ends when a caller requests a session.
    pub(crate) fn end_overdue_login(&mut self, now: Moment) -> Option<ExpectedEvent> {
        let overdue =
            self.in_progress.take_if(|login| now.monotonic - login.since.monotonic >= LOGIN_TIMEOUT)?;
        Some(ExpectedEvent::Failed { renewal: overdue.renewal })
    }

    /// The possible decisions; two if that depends on the jitter.
    pub(crate) fn expected(&self, now: Moment, caller: Caller, min: Duration) -> Vec<Expected> {
        if let Some(cached) = self.unexpired(now) {
            if min > cached.lifetime - seconds(300).min(cached.lifetime / 10) {
                return vec![Expected::TooShort];
            }
            if remaining(cached.expires, now) >= min {
                let blocked = self.in_progress.is_some() || self.active_backoff(now).is_some();
                let renewed = if blocked { Expected::UseStale } else { Expected::UseAndRenew };
                return match cached.is_due(now, caller) {
                    Some(false) => vec![Expected::Use],
                    Some(true) => vec![renewed],
                    None => vec![Expected::Use, renewed],
                };
            }
        }
        if self.in_progress.is_some() {
            return vec![Expected::Join];
        }
        vec![if self.active_backoff(now).is_some() { Expected::BackingOff } else { Expected::Start }]
    }

    pub(crate) fn started(&mut self, id: u64, now: Moment, renewal: bool) -> ExpectedEvent {
        assert!(self.in_progress.is_none(), "two logins at once");
        self.in_progress = Some(LoginInProgress { id, since: now, renewal });
        ExpectedEvent::Started { renewal }
    }

    /// A login has succeeded. No event if it was not the login in progress.
    pub(crate) fn succeeded(
        &mut self,
        permit: u64,
        session: &Arc<Session>,
        (sent_at, lifetime): (Moment, Duration),
        now: Moment,
    ) -> Vec<ExpectedEvent> {
        let Some(login) = self.in_progress.take_if(|login| login.id == permit) else { return Vec::new() };
        (self.backoff, self.failures) = (None, 0);
        let mut events = vec![ExpectedEvent::Succeeded { renewal: login.renewal }];
        let expires = after(sent_at, lifetime);
        let previous = self.cached.take();
        if previous.as_ref().is_some_and(|previous| !previous.is_early(now)) {
            self.revoked_early = 0;
        }
        let gain =
            previous.map(|previous| remaining(expires, now).saturating_sub(remaining(previous.expires, now)));
        let ending = login.renewal && gain.is_some_and(|gain| gain < seconds(2).min(lifetime / 2));
        if ending {
            events.push(ExpectedEvent::TokenEnding);
        }
        self.cached =
            Some(Cached { session: Arc::clone(session), published: now, lifetime, expires, ending });
        events
    }

    /// A login has failed. No event if it was not the login in progress.
    pub(crate) fn failed(&mut self, permit: u64, error: &Error) -> Vec<ExpectedEvent> {
        let Some(login) = self.in_progress.take_if(|login| login.id == permit) else { return Vec::new() };
        vec![ExpectedEvent::Failed { renewal: login.renewal }, self.starts_backoff(error)]
    }

    /// The event of a backoff that starts now. Its actual duration is passed to [`Self::backoff_started`].
    fn starts_backoff(&mut self, error: &Error) -> ExpectedEvent {
        let (base, cap) = if error.is_retryable() { (1, 60) } else { (60, 900) };
        let due = seconds(base << self.failures.min(20)).min(seconds(cap));
        let limited = if error.kind() == ErrorKind::RateLimited { seconds(10) } else { Duration::ZERO };
        let min = limited.max(error.retry_after().unwrap_or_default().min(seconds(900)));
        self.failures += 1;
        ExpectedEvent::BackoffStarted {
            range: (due / 2).max(min)..=due.max(min),
            error: format!("{error:?}"),
        }
    }

    pub(crate) fn backoff_started(&mut self, duration: Duration, error: &Error, now: Moment) {
        self.backoff = Some(Backoff { ends: after(now, duration), error: format!("{error:?}") });
    }

    pub(crate) fn abandoned(&mut self, permit: u64) -> bool {
        self.in_progress.take_if(|login| login.id == permit).is_some()
    }

    /// The server has refused a session. No event if it is not the cached one. `error` is the error of the backoff, if
    /// one was started.
    pub(crate) fn invalidated(
        &mut self,
        session: &Arc<Session>,
        reason: InvalidReason,
        now: Moment,
        error: Option<&Error>,
    ) -> Vec<ExpectedEvent> {
        let Some(cached) = self.cached.take_if(|cached| Arc::ptr_eq(&cached.session, session)) else {
            return Vec::new();
        };
        let mut events = vec![ExpectedEvent::Invalidated];
        if reason == InvalidReason::ActionsUsedUp {
            return events;
        }
        self.revoked_early = if cached.is_early(now) { self.revoked_early + 1 } else { 0 };
        if self.revoked_early >= 2 {
            self.failures = self.revoked_early - 2;
            events.push(self.starts_backoff(error.expect("the second early revocation starts the backoff")));
        }
        events
    }

    pub(crate) fn cached(&self) -> Option<&Arc<Session>> {
        self.cached.as_ref().map(|cached| &cached.session)
    }

    pub(crate) fn logging_in(&self) -> bool {
        self.in_progress.is_some()
    }

    /// The `Debug` text of the error of the backoff, while it lasts.
    pub(crate) fn backoff_error(&self, now: Moment) -> Option<&str> {
        self.active_backoff(now).map(|backoff| backoff.error.as_str())
    }

    pub(crate) fn backoff_remaining(&self, now: Moment) -> Option<Duration> {
        self.active_backoff(now).map(|backoff| remaining(backoff.ends, now))
    }

    pub(crate) fn remaining(&self, now: Moment) -> Option<Duration> {
        self.unexpired(now).map(|cached| remaining(cached.expires, now))
    }

    /// The possible phases; two if that depends on the jitter.
    pub(crate) fn phases(&self, now: Moment) -> Vec<Phase> {
        match self.unexpired(now) {
            None => vec![Phase::None],
            Some(cached) if cached.ending => vec![Phase::Ending],
            Some(cached) => match cached.is_due(now, Caller::RefreshLoop) {
                Some(true) => vec![Phase::Stale],
                Some(false) => vec![Phase::Fresh],
                None => vec![Phase::Fresh, Phase::Stale],
            },
        }
    }

    /// The range of the time until the next refresh.
    pub(crate) fn refresh_interval(&self, now: Moment) -> RangeInclusive<Duration> {
        let (mut min, mut max) = (Duration::ZERO, Duration::ZERO);
        if let Some(cached) = self.unexpired(now) {
            let remaining = remaining(cached.expires, now);
            let window = if cached.ending { Duration::ZERO } else { seconds(300).min(cached.lifetime / 10) };
            min = remaining.saturating_sub(window.mul_f64(1.2501));
            max = remaining.saturating_sub(window.mul_f64(0.7499));
        }
        let backoff = self.backoff_remaining(now).unwrap_or_default();
        let bounded = |interval: Duration| interval.max(backoff).clamp(milliseconds(50), seconds(60));
        bounded(min)..=bounded(max)
    }
}
