//! One run of all checks against a store.

use std::collections::hash_map::RandomState;
use std::future::poll_fn;
use std::hash::{BuildHasher as _, Hasher as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use kaltura_auth::blocking::SessionStore as BlockingSessionStore;
use kaltura_auth::store::{
    Ask, Lease, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};
use kaltura_auth::types::{Ks, PartnerId};
use kaltura_auth::{Error, Session, SessionId};

use super::super::report::{Outcome, Report};
use super::rule::Rule;
use super::{failures, leases, sessions};

/// The result of one check; the error is never [`Outcome::Passed`].
pub(super) type CheckResult = Result<(), Outcome>;

pub(super) fn fail<T>(reason: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Failed(reason.into()))
}

pub(super) fn not_applicable<T>(reason: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::NotApplicable(reason.into()))
}

/// Fails unless the condition holds.
pub(super) fn ensure(condition: bool, reason: impl Into<String>) -> CheckResult {
    if condition { Ok(()) } else { fail(reason) }
}

/// The longest that a store may be late: machines that run tests are busy.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// The session lifetime of most checks. Longer than any check takes.
pub(super) const LIFETIME: Duration = Duration::from_secs(60);

/// The two handles, and the key of the current check.
pub(super) struct Suite<'a> {
    pub(super) one: Handle<'a>,
    pub(super) other: Handle<'a>,
}

impl<'a> Suite<'a> {
    pub(super) fn new(one: TestedStore<'a>, other: TestedStore<'a>) -> Self {
        let key = StoreKey::builder("conformance").build();
        Self { one: Handle { store: one, key: key.clone() }, other: Handle { store: other, key } }
    }

    pub(super) async fn run(mut self) -> Report<Rule> {
        let mut outcomes = Vec::new();
        for &rule in Rule::ALL {
            let key = StoreKey::builder("conformance").part("random", format!("{:032x}", random())).build();
            self.one.key = key.clone();
            self.other.key = key;
            let checked = Box::pin(self.check(rule)).await;
            outcomes.push((rule, checked.err().unwrap_or(Outcome::Passed)));
        }
        Report::new(outcomes)
    }

    async fn check(&self, rule: Rule) -> CheckResult {
        match rule {
            Rule::FirstGetsTheLease => leases::first_gets_the_lease(self).await,
            Rule::RepeatedAsk => leases::repeated_ask(self).await,
            Rule::OneLease => leases::one_lease(self).await,
            Rule::MutualExclusion => leases::mutual_exclusion(self).await,
            Rule::Released => leases::released(self).await,
            Rule::ForeignLease => leases::foreign_lease(self).await,
            Rule::LeaseEnds => leases::lease_ends(self).await,
            Rule::LeaseExtended => leases::lease_extended(self).await,
            Rule::LostLease => leases::lost_lease(self).await,
            Rule::OneClock => leases::one_clock(self).await,
            Rule::SessionFound => sessions::session_found(self).await,
            Rule::PublishFreesTheLease => sessions::publish_frees_the_lease(self).await,
            Rule::HeldLeftOut => sessions::held_left_out(self).await,
            Rule::MinLeft => sessions::min_left(self).await,
            Rule::StaysDuringRenewal => sessions::stays_during_renewal(self).await,
            Rule::LongerStays => sessions::longer_stays(self).await,
            Rule::Replaced => sessions::replaced(self).await,
            Rule::PublishedWithoutLease => sessions::published_without_lease(self).await,
            Rule::AbsoluteEnd => sessions::absolute_end(self).await,
            Rule::ExpiredIsNotStored => sessions::expired_is_not_stored(self).await,
            Rule::NotCredible => sessions::not_credible(self).await,
            Rule::FailureShared => failures::failure_shared(self).await,
            Rule::BackoffEnds => failures::backoff_ends(self).await,
            Rule::SessionBeforeBackoff => failures::session_before_backoff(self).await,
            Rule::PublishEndsBackoff => failures::publish_ends_backoff(self).await,
            Rule::FailureWithoutLease => failures::failure_without_lease(self).await,
            Rule::KeysAreSeparate => sessions::keys_are_separate(self).await,
            Rule::DroppedCall => leases::dropped_call(self).await,
            Rule::WaitEnds => leases::wait_ends(self).await,
        }
    }
}

/// A question with a new lease id.
pub(super) fn ask() -> Ask {
    Ask::new(random())
}

/// 128 random bits.
pub(super) fn random() -> u128 {
    let half = || u128::from(RandomState::new().build_hasher().finish());
    (half() << 64) | half()
}

/// A session with this lifetime, that was granted at this time of the store.
pub(super) fn record(granted_at: StoreTime, lifetime: Duration) -> Record {
    let ks = Ks::new(format!("djJ8N3w{:032x}", random()));
    let session = Session::new(PartnerId::new(7), ks).with_user_id("conformance").to_stored_exposing_ks();
    Record::new(SessionId::from_bits(random()), session, lifetime, granted_at.plus(lifetime))
}

pub(super) fn failure() -> StoredFailure {
    StoredFailure::new(&Error::from_source("conformance", false), 1)
}

/// The store under test, of either kind.
#[derive(Clone, Copy)]
pub(super) enum TestedStore<'a> {
    Async(&'a dyn SessionStore),
    Blocking(&'a dyn BlockingSessionStore),
}

/// A handle to the store, and the key of the current check. An error of the store fails the check.
#[derive(Clone)]
pub(super) struct Handle<'a> {
    pub(super) store: TestedStore<'a>,
    pub(super) key: StoreKey,
}

impl Handle<'_> {
    pub(super) async fn take(&self, ask: &Ask) -> Result<Taken, Outcome> {
        let taken = match self.store {
            TestedStore::Async(store) => store.take(&self.key, ask).await,
            TestedStore::Blocking(store) => store.take(&self.key, ask),
        };
        worked("take", taken)
    }

    pub(super) async fn extend(&self, lease: &Lease) -> Result<bool, Outcome> {
        let extended = match self.store {
            TestedStore::Async(store) => store.extend(&self.key, lease).await,
            TestedStore::Blocking(store) => store.extend(&self.key, lease),
        };
        worked("extend", extended)
    }

    pub(super) async fn publish(
        &self,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, Outcome> {
        let published = match self.store {
            TestedStore::Async(store) => store.publish(&self.key, lease, record, replaces).await,
            TestedStore::Blocking(store) => store.publish(&self.key, lease, record, replaces),
        };
        worked("publish", published)
    }

    pub(super) async fn fail(
        &self,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), Outcome> {
        let failed = match self.store {
            TestedStore::Async(store) => store.fail(&self.key, lease, failure, backoff).await,
            TestedStore::Blocking(store) => store.fail(&self.key, lease, failure, backoff),
        };
        worked("fail", failed)
    }

    pub(super) async fn release(&self, lease: &Lease) -> Result<(), Outcome> {
        let released = match self.store {
            TestedStore::Async(store) => store.release(&self.key, lease).await,
            TestedStore::Blocking(store) => store.release(&self.key, lease),
        };
        worked("release", released)
    }

    pub(super) async fn time(&self) -> Result<StoreTime, Outcome> {
        let time = match self.store {
            TestedStore::Async(store) => store.time().await,
            TestedStore::Blocking(store) => store.time(),
        };
        worked("time", time)
    }

    /// Takes the lease, which must be free.
    pub(super) async fn lease(&self) -> Result<Lease, Outcome> {
        self.lease_for(&ask()).await
    }

    /// Takes the lease with this question; it must be free.
    pub(super) async fn lease_for(&self, ask: &Ask) -> Result<Lease, Outcome> {
        match self.take(ask).await? {
            Taken::Lease(lease) => Ok(lease),
            taken => fail(format!("expected the lease, got {}", describe(&taken))),
        }
    }

    /// Asks, and expects that another one holds the lease.
    pub(super) async fn expect_held(&self) -> CheckResult {
        match self.take(&ask()).await? {
            Taken::Held { .. } => Ok(()),
            taken => fail(format!("expected that the lease is held, got {}", describe(&taken))),
        }
    }

    /// Asks, and expects this session.
    pub(super) async fn expect_session(&self, expected: &Record) -> Result<Duration, Outcome> {
        match self.take(&ask()).await? {
            Taken::Session { record, left } if record == *expected => Ok(left),
            Taken::Session { .. } => fail("expected the session that was published, got another one"),
            taken => fail(format!("expected the session, got {}", describe(&taken))),
        }
    }

    /// Takes the lease and publishes a session of this lifetime.
    pub(super) async fn log_in(&self, lifetime: Duration) -> Result<Record, Outcome> {
        let lease = self.lease().await?;
        let record = record(lease.taken_at(), lifetime);
        match self.publish(Some(&lease), &record, None).await? {
            Published::Stored => Ok(record),
            published => fail(format!("the session was not stored: {published:?}")),
        }
    }
}

/// Never shows a record: it is `Debug`, but a table of failures needs only its kind.
pub(super) fn describe(taken: &Taken) -> String {
    match taken {
        Taken::Session { left, .. } => format!("a session with {left:?} left"),
        Taken::Backoff { left, .. } => format!("a backoff of {left:?}"),
        Taken::Lease(_) => "the lease".to_owned(),
        Taken::Held { left } => format!("that the lease is held for {left:?}"),
    }
}

fn worked<T>(call: &str, result: Result<T, StoreError>) -> Result<T, Outcome> {
    result.or_else(|error| {
        let mut text = format!("`{call}` failed ({:?}): {error}", error.kind());
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        fail(text)
    })
}

/// Sleeps in any executor: a thread wakes it.
pub(super) async fn sleep(duration: Duration) {
    #[derive(Default)]
    struct Timer {
        over: bool,
        waker: Option<Waker>,
    }
    let timer = Arc::new(Mutex::new(Timer::default()));
    let of_thread = Arc::clone(&timer);
    std::thread::spawn(move || {
        std::thread::sleep(duration);
        let mut timer = of_thread.lock().unwrap_or_else(PoisonError::into_inner);
        timer.over = true;
        let waker = timer.waker.take();
        drop(timer);
        waker.into_iter().for_each(Waker::wake);
    });
    poll_fn(|context| {
        let mut timer = timer.lock().unwrap_or_else(PoisonError::into_inner);
        timer.waker = Some(context.waker().clone());
        if timer.over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Runs all of these at the same time: futures together, and each blocking call on a thread of its own.
pub(super) async fn at_once<'a, T: Send>(
    store: TestedStore<'_>,
    futures: Vec<Pin<Box<dyn Future<Output = T> + Send + 'a>>>,
) -> Vec<T> {
    match store {
        TestedStore::Async(_) => {
            let mut futures = futures;
            let mut outputs: Vec<Option<T>> = futures.iter().map(|_| None).collect();
            poll_fn(|context| {
                for (future, output) in futures.iter_mut().zip(&mut outputs) {
                    if output.is_none()
                        && let Poll::Ready(ready) = future.as_mut().poll(context)
                    {
                        *output = Some(ready);
                    }
                }
                if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            outputs.into_iter().flatten().collect()
        }
        TestedStore::Blocking(_) => std::thread::scope(|scope| {
            let threads: Vec<_> = futures
                .into_iter()
                .map(|future| scope.spawn(move || super::super::block_on(future)))
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        }),
    }
}

/// Polls a future once and drops it.
pub(super) fn poll_once<F: Future>(future: F) {
    let mut future = Box::pin(future);
    let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}
