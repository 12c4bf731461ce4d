//! The suite against the store in memory, and against stores that break one rule each.

use std::time::{Duration, SystemTime};

use kaltura_auth::runtime::Clock;
use kaltura_auth::store::MemoryStore;

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
