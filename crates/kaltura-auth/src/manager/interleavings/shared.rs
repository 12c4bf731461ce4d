//! Processes that share a session through a store: each is a manager of its own.

use std::time::Duration;

use shuttle::future::{JoinHandle, block_on, spawn};
use shuttle::thread;

use super::explore;
use super::fixture::Fixture;
use crate::manager::{InvalidReason, SessionManager, SessionResult};
use crate::session::SessionId;
use crate::store::blocking::BlockingSessionStore;
use crate::store::{
    Ask, Lease, MemoryStore, Published, Record, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};

fn request(manager: &SessionManager) -> JoinHandle<SessionResult> {
    let manager = manager.clone();
    spawn(async move { manager.session().await })
}

/// Two processes with one store.
fn two_processes(fixture: &Fixture) -> [SessionManager; 2] {
    let store = MemoryStore::new(fixture.clone());
    [fixture.shared_manager(store.clone()), fixture.shared_manager(store)]
}

#[test]
fn cold_processes_share_one_login() {
    fn scenario(fixture: &Fixture) {
        let managers = two_processes(fixture);
        let callers = [request(&managers[0]), request(&managers[1]), request(&managers[1])];
        let own = block_on(managers[0].session()).unwrap();
        for caller in callers {
            assert!(block_on(caller).unwrap().unwrap().is_same_grant(&own));
        }
        fixture.join_all();
        assert_eq!(fixture.logins(), 1);
    }
    explore(|| scenario(&Fixture::default()));
    explore(|| scenario(&Fixture::spawning()));
}

#[test]
fn a_session_that_all_processes_invalidate_is_replaced_once() {
    explore(|| {
        let fixture = Fixture::spawning();
        let managers = two_processes(&fixture);
        let processes: Vec<_> = managers
            .iter()
            .map(|manager| {
                let manager = manager.clone();
                spawn(async move {
                    let refused = manager.session().await.unwrap();
                    manager.invalidate(&refused, InvalidReason::Expired);
                    let new = manager.session().await.unwrap();
                    assert!(!new.is_same_grant(&refused));
                    new.id()
                })
            })
            .collect();
        let mut ids: Vec<Option<SessionId>> = Vec::new();
        for process in processes {
            ids.push(block_on(process).unwrap());
        }
        fixture.join_all();
        // A process that is late may get the second session, refuse it too, and log in once more.
        let logins = fixture.logins();
        assert!(logins == 2 && ids[0] == ids[1] || logins == 3, "{logins} logins, {ids:?}");
    });
}

#[test]
fn a_cancelled_login_leaves_the_other_process_a_session() {
    explore(|| {
        let fixture = Fixture::spawning();
        let [cancelled, other] = two_processes(&fixture);
        let dropped = request(&cancelled);
        let waiting = request(&other);
        dropped.abort();
        drop(cancelled);
        assert!(block_on(waiting).unwrap().is_ok());
        drop(block_on(dropped));
        fixture.join_all();
        assert!(fixture.logins() <= 2);
    });
}

#[test]
fn a_session_invalidated_while_its_renewal_asks_the_store_is_not_kept() {
    explore(|| {
        let fixture = Fixture::spawning();
        let managers = two_processes(&fixture);
        let held = block_on(managers[0].session()).unwrap();
        assert!(block_on(managers[1].session()).unwrap().is_same_grant(&held));
        fixture.make_session_stale();
        // Both renew; one of them finds that the other logs in, and is told to keep what it holds.
        let callers = [request(&managers[0]), request(&managers[1])];
        let invalidating = managers[1].clone();
        let invalidated = spawn(async move {
            let cached = invalidating.session().await.unwrap();
            // False if it was replaced in the meantime.
            invalidating.invalidate(&cached, InvalidReason::Expired);
            (cached, invalidating.session().await.unwrap())
        });
        let (cached, new) = block_on(invalidated).unwrap();
        assert!(!new.is_same_grant(&cached));
        for caller in callers {
            assert!(block_on(caller).unwrap().is_ok());
        }
        fixture.join_all();
        assert!(!managers[1].status().logging_in);
    });
}

#[test]
fn dropping_the_last_handle_ends_the_refresh_loop_of_a_shared_session() {
    explore(|| {
        let fixture = Fixture::spawning();
        let [manager, other] = two_processes(&fixture);
        let refresh = spawn(manager.run_refresh_loop());
        let waiting = request(&other);
        drop(manager);
        block_on(refresh).unwrap();
        assert!(block_on(waiting).unwrap().is_ok());
        fixture.join_all();
    });
}

#[test]
fn dropping_the_last_handle_ends_a_process_that_waits_for_another() {
    explore(|| {
        let fixture = Fixture::never_responding();
        let [stuck, waits] = two_processes(&fixture);
        let (never, refresh) = (request(&stuck), spawn(waits.run_refresh_loop()));
        drop(waits);
        block_on(refresh).unwrap();
        never.abort();
        drop(stuck);
        drop(block_on(never));
        fixture.join_all();
    });
}

#[test]
fn cold_blocking_processes_share_one_login() {
    explore(|| {
        let fixture = Fixture::default();
        let store = CheckedStore(MemoryStore::new(fixture.clone()));
        let other = fixture.shared_blocking_manager(store.clone());
        let manager = fixture.shared_blocking_manager(store);
        let caller = thread::spawn(move || other.session());
        let own = manager.session().unwrap();
        assert!(caller.join().unwrap().unwrap().is_same_grant(&own));
        assert_eq!(fixture.logins(), 1);
    });
}

/// A store in memory whose calls and waits are switches of threads. Its lease needs no thread that extends it.
#[derive(Clone)]
struct CheckedStore(MemoryStore);

impl BlockingSessionStore for CheckedStore {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        thread::yield_now();
        Ok(match BlockingSessionStore::take(&self.0, key, ask)? {
            Taken::Lease(lease) => Taken::Lease(Lease::new(lease.id(), lease.taken_at(), Duration::MAX)),
            taken => taken,
        })
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        BlockingSessionStore::extend(&self.0, key, lease)
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        thread::yield_now();
        BlockingSessionStore::publish(&self.0, key, lease, record, replaces)
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        BlockingSessionStore::fail(&self.0, key, lease, failure, backoff)
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        thread::yield_now();
        BlockingSessionStore::release(&self.0, key, lease)
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        BlockingSessionStore::time(&self.0)
    }

    fn wait_for_change(&self, _: &StoreKey, _: Duration) {
        thread::yield_now();
    }
}
