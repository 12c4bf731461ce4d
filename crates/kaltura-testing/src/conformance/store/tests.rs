//! The suite against the store in memory, and against stores that break a rule each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use kaltura_auth::SessionId;
use kaltura_auth::runtime::Clock;
use kaltura_auth::store::{
    Ask, Lease, MemoryStore, Published, Record, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};

use super::*;

#[derive(Clone)]
struct RealClock;

impl Clock for RealClock {
    fn unix_time(&self) -> Duration {
        SystemTime::UNIX_EPOCH.elapsed().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.unix_time()
    }

    fn random(&self) -> u64 {
        4
    }
}

#[test]
fn the_store_in_memory_keeps_the_contract() {
    let store = MemoryStore::new(RealClock);
    let report = block_on(check(&store, &store.clone()));
    report.assert_passed();
    assert_eq!(report.outcomes().count(), Rule::ALL.len());
}

#[test]
fn the_blocking_store_in_memory_keeps_the_contract() {
    let store = MemoryStore::new(RealClock);
    check_blocking(&store, &store.clone()).assert_passed();
}

#[test]
fn a_store_that_breaks_a_rule_fails_it() {
    let runs: Vec<_> = Fault::ALL
        .iter()
        .map(|&(fault, rule)| {
            let run = thread::spawn(move || {
                let store = Broken::new(fault);
                check_blocking(&store, &store.clone())
            });
            (fault, rule, run)
        })
        .collect();
    for (fault, rule, run) in runs {
        let report = run.join().unwrap();
        assert!(report.failed().any(|failed| failed == rule), "{fault:?} does not break {rule:?}\n{report}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Everyone gets the lease.
    ManyLeases,
    /// The own lease is held by another.
    RepeatedAskIsForeign,
    ReleaseDoesNothing,
    ReleaseFreesAnyLease,
    LeaseNeverEnds,
    ExtendDoesNothing,
    ExtendIsAlwaysTrue,
    TimeStandsStill,
    TooMuchLeft,
    PublishKeepsTheLease,
    PublishFreesAnyLease,
    HeldIsReturned,
    MinLeftIsIgnored,
    ShorterReplaces,
    NothingIsReplaced,
    LivesLonger,
    ExpiredRemoves,
    AnyTimeIsCredible,
    FailureIsIgnored,
    FailureNeedsNoLease,
    BackoffComesFirst,
    OneKey,
}

impl Fault {
    /// Each fault, and a rule that it breaks.
    const ALL: &[(Self, Rule)] = &[
        (Self::ManyLeases, Rule::FirstGetsTheLease),
        (Self::ManyLeases, Rule::OneLease),
        (Self::ManyLeases, Rule::MutualExclusion),
        (Self::RepeatedAskIsForeign, Rule::RepeatedAsk),
        (Self::ReleaseDoesNothing, Rule::Released),
        (Self::ReleaseFreesAnyLease, Rule::ForeignLease),
        (Self::LeaseNeverEnds, Rule::LeaseEnds),
        (Self::ExtendDoesNothing, Rule::LeaseExtended),
        (Self::ExtendIsAlwaysTrue, Rule::LostLease),
        (Self::TimeStandsStill, Rule::OneClock),
        (Self::TooMuchLeft, Rule::SessionFound),
        (Self::PublishKeepsTheLease, Rule::PublishFreesTheLease),
        (Self::PublishFreesAnyLease, Rule::PublishedWithoutLease),
        (Self::HeldIsReturned, Rule::HeldLeftOut),
        (Self::HeldIsReturned, Rule::StaysDuringRenewal),
        (Self::MinLeftIsIgnored, Rule::MinLeft),
        (Self::ShorterReplaces, Rule::LongerStays),
        (Self::NothingIsReplaced, Rule::Replaced),
        (Self::LivesLonger, Rule::AbsoluteEnd),
        (Self::ExpiredRemoves, Rule::ExpiredIsNotStored),
        (Self::AnyTimeIsCredible, Rule::NotCredible),
        (Self::FailureIsIgnored, Rule::FailureShared),
        (Self::FailureNeedsNoLease, Rule::FailureWithoutLease),
        (Self::BackoffComesFirst, Rule::SessionBeforeBackoff),
        (Self::BackoffComesFirst, Rule::BackoffEnds),
        (Self::BackoffComesFirst, Rule::PublishEndsBackoff),
        (Self::OneKey, Rule::KeysAreSeparate),
    ];
}

/// A store with one fault.
#[derive(Clone)]
struct Broken {
    memory: MemoryStore,
    fault: Fault,
    notes: Arc<Mutex<HashMap<StoreKey, Note>>>,
}

/// What a faulty store remembers about a key.
#[derive(Clone, Default)]
struct Note {
    lease: Option<Lease>,
    session: Option<SessionId>,
    incredible: Option<Record>,
    removed: Option<SessionId>,
    failure: Option<StoredFailure>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { memory: MemoryStore::new(RealClock), fault, notes: Arc::default() }
    }

    fn key(&self, key: &StoreKey) -> StoreKey {
        if self.fault == Fault::OneKey { StoreKey::builder("one").build() } else { key.clone() }
    }

    fn note<T>(&self, key: &StoreKey, change: impl FnOnce(&mut Note) -> T) -> T {
        change(self.notes.lock().unwrap().entry(key.clone()).or_default())
    }

    fn take_with_faults(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let note = self.note(key, |note| note.clone());
        match self.fault {
            Fault::BackoffComesFirst if note.failure.is_some() => {
                let failure = note.failure.unwrap();
                return Ok(Taken::Backoff { failure, left: Duration::from_millis(300) });
            }
            Fault::AnyTimeIsCredible if note.incredible.is_some() => {
                let record = note.incredible.unwrap();
                return Ok(Taken::Session { left: record.lifetime(), record });
            }
            Fault::LeaseNeverEnds | Fault::RepeatedAskIsForeign => {
                let ended = |lease: &Lease| {
                    self.fault == Fault::LeaseNeverEnds && lease.id() != ask.lease_id()
                        || self.fault == Fault::RepeatedAskIsForeign && lease.id() == ask.lease_id()
                };
                if note.lease.as_ref().is_some_and(ended) {
                    return Ok(Taken::Held { left: Duration::from_secs(1) });
                }
            }
            _ => {}
        }
        let ask = match self.fault {
            Fault::HeldIsReturned => ask.clone().with_held(None),
            Fault::MinLeftIsIgnored => ask.clone().with_min_left(Duration::ZERO),
            Fault::ExpiredRemoves => ask.clone().with_held(ask.held().or(note.removed)),
            _ => ask.clone(),
        };
        let taken = blocking_take(&self.memory, key, &ask)?;
        match (&taken, self.fault) {
            (Taken::Held { .. }, Fault::ManyLeases) => {
                Ok(Taken::Lease(Lease::new(ask.lease_id(), self.time()?, Duration::from_secs(2))))
            }
            (Taken::Session { record, left }, Fault::TooMuchLeft) => {
                Ok(Taken::Session { record: record.clone(), left: *left * 2 })
            }
            _ => Ok(taken),
        }
    }
}

fn blocking_take(store: &MemoryStore, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
    BlockingSessionStore::take(store, key, ask)
}

impl BlockingSessionStore for Broken {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let key = self.key(key);
        let taken = self.take_with_faults(&key, ask)?;
        if let Taken::Lease(lease) = &taken {
            self.note(&key, |note| note.lease = Some(lease.clone()));
        }
        Ok(taken)
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        match self.fault {
            Fault::ExtendDoesNothing | Fault::ExtendIsAlwaysTrue => Ok(true),
            _ => BlockingSessionStore::extend(&self.memory, &self.key(key), lease),
        }
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        let key = self.key(key);
        let note = self.note(&key, |note| note.clone());
        let (lease, replaces, longer) = match self.fault {
            Fault::PublishKeepsTheLease => (None, replaces, None),
            Fault::PublishFreesAnyLease => (note.lease.as_ref(), replaces, None),
            Fault::ShorterReplaces => (lease, note.session, None),
            Fault::NothingIsReplaced => (lease, None, None),
            Fault::LivesLonger => {
                let end = record.expires_at().plus(Duration::from_secs(5));
                let lifetime = record.lifetime() + Duration::from_secs(5);
                (lease, replaces, Some(Record::new(record.id(), record.session().clone(), lifetime, end)))
            }
            _ => (lease, replaces, None),
        };
        let record = longer.as_ref().unwrap_or(record);
        let published = BlockingSessionStore::publish(&self.memory, &key, lease, record, replaces)?;
        self.note(&key, |note| match published {
            Published::Stored => {
                note.lease = None;
                note.session = Some(record.id());
            }
            Published::Expired => {
                note.removed = note.session;
                note.incredible = Some(record.clone());
            }
            Published::Kept => {}
        });
        Ok(published)
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        let key = self.key(key);
        match self.fault {
            Fault::FailureIsIgnored => return BlockingSessionStore::release(&self.memory, &key, lease),
            Fault::FailureNeedsNoLease => drop(blocking_take(&self.memory, &key, &Ask::new(lease.id()))?),
            Fault::BackoffComesFirst => self.note(&key, |note| note.failure = Some(failure.clone())),
            _ => {}
        }
        BlockingSessionStore::fail(&self.memory, &key, lease, failure, backoff)
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        let key = self.key(key);
        let held = self.note(&key, |note| note.lease.take());
        match (self.fault, held) {
            (Fault::ReleaseDoesNothing, _) => Ok(()),
            (Fault::ReleaseFreesAnyLease, Some(held)) => {
                BlockingSessionStore::release(&self.memory, &key, &held)
            }
            _ => BlockingSessionStore::release(&self.memory, &key, lease),
        }
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        match self.fault {
            Fault::TimeStandsStill => Ok(StoreTime::from_millis(1)),
            _ => BlockingSessionStore::time(&self.memory),
        }
    }
}
