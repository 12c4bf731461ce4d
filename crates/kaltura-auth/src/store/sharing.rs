//! The decisions of a source that shares its sessions: no lock, no async, no I/O. The async and the blocking source carry
//! them out.
//!
//! | answer of the store | cold | renewal, the held session is valid |
//! |---|---|---|
//! | a session | adopt it | adopt it |
//! | a backoff | fail with its error | keep the held session until it is over |
//! | the lease | log in | log in |
//! | another process logs in | wait and ask again; after half of the login timeout, log in alone | keep the held session, ask again soon |
//! | an error, three times | log in alone | keep the held session; in the second half of the window, log in alone |

use std::sync::Arc;
use std::time::Duration;

use super::{Ask, Lease, Record, StoreError, StoreTime, StoredFailure, StoredWidgetKs, Taken};
use crate::error::{Error, ErrorKind};
use crate::runtime::Clock;
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, Session, SessionId};
use crate::source::{AcquireContext, Acquired, WidgetKsCache};
use kaltura_types::KsRefusal;

#[cfg(test)]
mod tests;

/// The time limit of one call to a store. With less, one stall of the machine makes all processes log in.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(1);

/// How often a store is asked before the process goes on without it.
const MAX_TRIES: u32 = 3;

/// Between two tries: at least this, at most three times as much.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// The first and the longest pause of a process that waits for the login of another one.
const FIRST_POLL: Duration = Duration::from_millis(25);
const LONGEST_POLL: Duration = Duration::from_millis(200);

/// A lease is looked at this much after its end.
const AFTER_LEASE: Duration = Duration::from_millis(5);

/// When a renewal asks again, at the earliest and the latest.
const SOONEST_RENEWAL: Duration = Duration::from_millis(25);
const LATEST_RENEWAL: Duration = Duration::from_secs(1);
const LATEST_RENEWAL_WITHOUT_STORE: Duration = Duration::from_secs(60);

/// One attempt to get a session through a store.
pub(super) struct Sharing<'a> {
    context: &'a AcquireContext<'a>,
    widget_ks_cache: Option<&'a WidgetKsCache>,
    ask: Ask,
    since: Moment,
    failed_tries: u32,
    /// The store has failed for good: after the login one more call shows whether it is back.
    gave_up: bool,
    next_poll: Duration,
    trouble_reported: bool,
}

/// What to do after an answer of the store.
pub(super) enum Step {
    /// Ask again after this time.
    Retry(Duration),
    /// Ask again when something has changed, at the latest after this time.
    Wait(Duration),
    /// Log in, with the lease or without.
    LogIn(Option<HeldLease>),
    /// Return this.
    Done(Acquired),
}

/// A lease, and when it was received.
pub(super) struct HeldLease {
    pub(super) lease: Lease,
    received_at: Moment,
}

/// What to do in the store after a login.
pub(super) enum Ending {
    Publish(Box<Record>),
    Fail { failure: StoredFailure, backoff: Duration },
    Release,
}

impl<'a> Sharing<'a> {
    pub(super) fn new(context: &'a AcquireContext<'a>, widget_ks_cache: Option<&'a WidgetKsCache>) -> Self {
        let clock = context.clock();
        let lease_id = (u128::from(clock.random()) << 64) | u128::from(clock.random());
        Self {
            context,
            widget_ks_cache,
            ask: Ask::new(lease_id).with_held(context.held()).with_min_left(context.min_left()),
            since: Moment::read(clock),
            failed_tries: 0,
            gave_up: false,
            next_poll: FIRST_POLL,
            trouble_reported: false,
        }
    }

    pub(super) const fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Takes the answer to a question that was sent at `asked_at`.
    pub(super) fn on_taken(&mut self, taken: Result<Taken, StoreError>, asked_at: Moment) -> Step {
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return self.on_error(error),
        };
        self.failed_tries = 0;
        match taken {
            Taken::Session { record, left } => {
                let credible = left <= record.lifetime() && self.ask.accepts(record.id(), left);
                if credible { self.adopt(record, left, asked_at) } else { self.wait(LONGEST_POLL) }
            }
            Taken::Backoff { failure, left } => {
                // A clock that was set back must not stop logins for hours.
                let left = left.min(self.context.need.next_backoff.longest());
                Step::Done(Acquired::BackingOff {
                    error: failure.to_error(),
                    failures: failure.failures(),
                    // Not all processes at the same moment.
                    left: left.saturating_add((left / 10).min(CALL_LIMIT).mul_f64(self.random())),
                })
            }
            Taken::Lease(lease) => {
                if let Some(trouble) = lease.trouble() {
                    self.report(trouble.clone());
                }
                Step::LogIn(Some(HeldLease { lease, received_at: Moment::read(self.context.clock()) }))
            }
            Taken::Held { left } if self.context.is_renewal() => {
                Step::Done(Acquired::KeepHeld { retry_in: self.jittered(left / 8, LATEST_RENEWAL) })
            }
            Taken::Held { left } => self.wait(left),
        }
    }

    fn on_error(&mut self, error: StoreError) -> Step {
        self.failed_tries += 1;
        if error.is_retryable() && self.failed_tries < MAX_TRIES {
            return Step::Retry(self.retry_pause());
        }
        self.report(error);
        self.gave_up = true;
        let can_wait = self.context.can_wait_for();
        if can_wait.is_zero() {
            return Step::LogIn(None);
        }
        let retry_in = self.jittered(can_wait / 4, LATEST_RENEWAL_WITHOUT_STORE).min(can_wait);
        Step::Done(Acquired::KeepHeld { retry_in })
    }

    /// Waits for the login of another process, and logs in alone if that takes too long: the login needs time, too.
    fn wait(&mut self, lease_left: Duration) -> Step {
        let now = Moment::read(self.context.clock());
        if now.since(self.since) >= self.context.login_timeout() / 2 {
            return Step::LogIn(None);
        }
        let poll = self.next_poll.mul_f64(0.5 + 0.5 * self.random());
        self.next_poll = (self.next_poll * 2).min(LONGEST_POLL);
        Step::Wait(poll.min(lease_left.saturating_add(AFTER_LEASE)))
    }

    fn adopt(&self, record: Record, left: Duration, asked_at: Moment) -> Step {
        if let (Some(cache), Some(widget)) = (self.widget_ks_cache, record.widget_ks()) {
            // The store's time now is that of the session's end less what is left.
            let now = record.expires_at().minus(left);
            if let Some(left) = widget.expires_at().since(now) {
                cache.adopt(widget.ks(), asked_at, left);
            }
        }
        let granted = record.lifetime();
        let session = Arc::new(Session::from_stored(record.into_session()));
        Step::Done(Acquired::Adopted(IssuedSession::from_store(session, asked_at, left, granted)))
    }

    /// What a login without a lease must ask first: the store's time.
    pub(super) fn needs_time(lease: Option<&HeldLease>, result: &Result<IssuedSession, Error>) -> bool {
        lease.is_none() && result.is_ok()
    }

    /// What to do in the store after a login. `clock` is the store's clock as far as it is known.
    pub(super) fn after_login(
        &self,
        result: &Result<IssuedSession, Error>,
        clock: Option<StoreClock>,
    ) -> Ending {
        match result {
            Ok(issued) => {
                clock.and_then(|clock| self.record(issued, clock)).map_or(Ending::Release, Ending::Publish)
            }
            Err(error) if concerns_all(error) => {
                let (backoff, failures) = self.context.backoff_after(error);
                Ending::Fail { failure: StoredFailure::new(error, failures), backoff }
            }
            Err(_) => Ending::Release,
        }
    }

    /// `None` if the end of the session is not known.
    fn record(&self, issued: &IssuedSession, clock: StoreClock) -> Option<Box<Record>> {
        let lifetime = issued.lifetime();
        if lifetime == Duration::MAX {
            return None;
        }
        let now = Moment::read(self.context.clock());
        let widget_ks = self
            .widget_ks_cache
            .and_then(|cache| cache.get(now))
            .map(|(ks, left)| StoredWidgetKs::new(ks, clock.at(now).plus(left)));
        let stored = issued.session().to_stored_exposing_ks();
        let expires_at = clock.at(issued.sent_at()).plus(lifetime);
        let record = Record::new(issued.session().id()?, stored, lifetime, expires_at);
        Some(Box::new(record.with_widget_ks(widget_ks)))
    }

    /// The pause before a failed call after the login is made again; `None` if it has failed for good. `tries` calls were
    /// made since `since`. Only if callers wait for the session, the time for that is short.
    pub(super) fn pause_after(&self, error: &StoreError, tries: u32, since: Moment) -> Option<Duration> {
        let spent = Moment::read(self.context.clock()).since(since);
        let has_time = self.context.is_renewal() || spent < CALL_LIMIT;
        let again = error.is_retryable() && tries < MAX_TRIES && has_time && !self.gave_up;
        again.then(|| self.retry_pause())
    }

    fn retry_pause(&self) -> Duration {
        RETRY_PAUSE.mul_f64(1.0 + 2.0 * self.random())
    }

    /// The session that the published one replaces.
    pub(super) const fn replaces(&self) -> Option<SessionId> {
        self.ask.held()
    }

    /// Reports the first trouble: one event for each attempt is enough.
    pub(super) fn report(&mut self, error: StoreError) {
        if !std::mem::replace(&mut self.trouble_reported, true) {
            self.context.report_store_trouble(error);
        }
    }

    /// Half of `wait` to all of it, within the limits of a renewal.
    fn jittered(&self, wait: Duration, latest: Duration) -> Duration {
        wait.min(latest).mul_f64(0.5 + 0.5 * self.random()).max(SOONEST_RENEWAL)
    }

    /// A number in `[0, 1)`.
    fn random(&self) -> f64 {
        unit_interval(self.context.clock().random())
    }
}

#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
const fn unit_interval(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is known of the store's clock: it showed at least this time at that moment.
#[derive(Clone, Copy)]
pub(super) struct StoreClock {
    time: StoreTime,
    read_at: Moment,
}

impl StoreClock {
    /// The store's time in an answer that was received at `read_at`.
    pub(super) const fn new(time: StoreTime, read_at: Moment) -> Self {
        Self { time, read_at }
    }

    pub(super) const fn of_lease(held: &HeldLease) -> Self {
        Self::new(held.lease.taken_at(), held.received_at)
    }

    /// The store's time at `moment`: never later than it really was. Where the local clocks differ, since the machine was
    /// suspended or its wall clock was set, the one counts that gives the earlier time.
    fn at(self, moment: Moment) -> StoreTime {
        let (read, asked) = (self.read_at, moment);
        if asked.monotonic >= read.monotonic {
            self.time.plus(asked.since(read))
        } else {
            let by_wall_clock = read.wall.saturating_sub(asked.wall);
            self.time.minus(read.since(asked).max(by_wall_clock))
        }
    }
}

/// Whether a failed login says something to all processes: the server has answered, and the answer does not depend on
/// this machine. A broken connection, a proxy or a wrong address may be the trouble of this machine alone.
fn concerns_all(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::BodyIgnored | ErrorKind::KsRefused(KsRefusal::IpRestricted) => false,
        ErrorKind::Unavailable | ErrorKind::ExpiredOnArrival | ErrorKind::OtherPartner => true,
        _ => error.api_error().is_some(),
    }
}

/// The result of a login with what a store needs: a session that has expired already is an error, and each has an id.
pub(super) fn checked(
    result: Result<IssuedSession, Error>,
    clock: &dyn Clock,
) -> Result<IssuedSession, Error> {
    let issued = result?;
    if issued.lifetime().is_zero() {
        return Err(Error::expired_on_arrival(issued.session(), issued.clock_of_expiry()));
    }
    Ok(match issued.session().id() {
        Some(_) => issued,
        None => issued.with_id(SessionId::generate(clock)),
    })
}
