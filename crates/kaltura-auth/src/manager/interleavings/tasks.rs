//! Tasks that share a login, join it, are dropped, and invalidate its session.

use std::sync::Arc;

use shuttle::future::{JoinHandle, block_on, spawn};

use super::explore;
use super::fixture::Fixture;
use crate::manager::{InvalidReason, SessionManager, SessionResult};

fn request(manager: &SessionManager) -> JoinHandle<SessionResult> {
    let manager = manager.clone();
    spawn(async move { manager.session().await })
}

#[test]
fn cold_callers_share_one_login() {
    fn scenario(fixture: &Fixture) {
        let manager = fixture.manager();
        let callers = [request(&manager), request(&manager), request(&manager)];
        let own = block_on(manager.session()).unwrap();
        for caller in callers {
            let session = block_on(caller).unwrap().unwrap();
            assert!(Arc::ptr_eq(&session, &own));
        }
        fixture.join_all();
        assert_eq!(fixture.logins(), 1);
    }
    explore(|| scenario(&Fixture::default()));
    explore(|| scenario(&Fixture::spawning()));
}

#[test]
fn dropped_callers_do_not_block_the_others() {
    fn scenario(fixture: &Fixture) {
        let manager = fixture.manager();
        let dropped = [request(&manager), request(&manager)];
        let waiting = request(&manager);
        dropped.iter().for_each(JoinHandle::abort);
        assert!(block_on(waiting).unwrap().is_ok());
        assert!(block_on(manager.session()).is_ok());
        for caller in dropped {
            drop(block_on(caller));
        }
        fixture.join_all();
        assert!(!manager.status().logging_in);
    }
    explore(|| scenario(&Fixture::default()));
    explore(|| scenario(&Fixture::spawning()));
}

#[test]
fn a_login_that_all_callers_dropped_is_started_again() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.manager();
        let dropped = [request(&manager), request(&manager)];
        dropped.iter().for_each(JoinHandle::abort);
        assert!(block_on(manager.session()).is_ok());
        for caller in dropped {
            drop(block_on(caller));
        }
        fixture.join_all();
        assert!(!manager.status().logging_in);
    });
}

#[test]
fn a_panic_is_an_error_for_all_callers_until_the_backoff_ends() {
    explore(|| {
        let fixture = Fixture::panicking_once();
        let manager = fixture.manager();
        let callers = [request(&manager), request(&manager)];
        assert!(block_on(manager.session()).is_err());
        for caller in callers {
            assert!(block_on(caller).unwrap().is_err());
        }
        assert_eq!(fixture.logins(), 1);
        fixture.end_backoff();
        assert!(block_on(manager.session()).is_ok());
        fixture.join_all();
        assert_eq!(fixture.logins(), 2);
    });
}

#[test]
fn a_renewal_is_one_login_and_every_caller_gets_a_session() {
    fn scenario(fixture: &Fixture) {
        let manager = fixture.manager();
        let old = block_on(manager.session()).unwrap();
        fixture.make_session_stale();
        let callers = [request(&manager), request(&manager)];
        for caller in callers {
            assert!(block_on(caller).unwrap().is_ok());
        }
        fixture.join_all();
        assert_eq!(fixture.logins(), 2);
        assert!(!Arc::ptr_eq(&manager.fresh().unwrap(), &old));
    }
    explore(|| scenario(&Fixture::default()));
    explore(|| scenario(&Fixture::spawning()));
}

#[test]
fn if_the_renewing_caller_is_dropped_another_renews() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.manager();
        block_on(manager.session()).unwrap();
        fixture.make_session_stale();
        let (renewing, other) = (request(&manager), request(&manager));
        renewing.abort();
        assert!(block_on(other).unwrap().is_ok());
        drop(block_on(renewing));
        // Unless one of the two has renewed it, the next caller does.
        assert!(block_on(manager.session()).is_ok());
        fixture.join_all();
        assert!(!manager.status().logging_in);
        assert!(manager.fresh().is_some());
    });
}

#[test]
fn a_session_invalidated_while_it_is_published_is_not_returned() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.manager();
        let first = request(&manager);
        let invalidating = manager.clone();
        let invalidated = spawn(async move {
            let session = invalidating.session().await.unwrap();
            assert!(invalidating.invalidate(&session, InvalidReason::Expired));
            session
        });
        let invalidated = block_on(invalidated).unwrap();
        assert!(block_on(first).unwrap().is_ok());
        fixture.join_all();
        assert!(manager.fresh().is_none_or(|session| !Arc::ptr_eq(&session, &invalidated)));
    });
}

#[test]
fn dropping_the_last_handle_ends_the_spawned_task() {
    explore(|| {
        let fixture = Fixture::never_responding();
        let manager = fixture.manager();
        let caller = request(&manager);
        caller.abort();
        drop(manager);
        drop(block_on(caller));
        fixture.join_all();
    });
}

#[test]
fn dropping_the_last_handle_ends_the_refresh_loop() {
    fn scenario(fixture: &Fixture) {
        let manager = fixture.manager();
        let refresh = spawn(manager.run_refresh_loop());
        let caller = request(&manager);
        drop(manager);
        // The sleep of the loop never ends, nor does a login that never responds.
        block_on(refresh).unwrap();
        caller.abort();
        drop(block_on(caller));
        fixture.join_all();
    }
    explore(|| scenario(&Fixture::default()));
    explore(|| scenario(&Fixture::spawning()));
}

#[test]
fn dropping_the_last_handle_ends_the_refresh_loop_during_a_login() {
    explore(|| {
        let fixture = Fixture::never_responding();
        let manager = fixture.manager();
        let refresh = spawn(manager.run_refresh_loop());
        drop(manager);
        block_on(refresh).unwrap();
        fixture.join_all();
    });
}

#[test]
fn an_invalidated_session_is_never_returned_again() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.manager();
        let invalidated = block_on(manager.session()).unwrap();
        let (other, own) = (request(&manager), manager.clone());
        let late = Arc::clone(&invalidated);
        let again = spawn(async move { own.invalidate(&late, InvalidReason::Expired) });
        let dropped = manager.invalidate(&invalidated, InvalidReason::Expired);
        assert!(manager.fresh().is_none_or(|session| !Arc::ptr_eq(&session, &invalidated)));
        let new = block_on(manager.session()).unwrap();
        assert!(!Arc::ptr_eq(&new, &invalidated));
        assert_ne!(dropped, block_on(again).unwrap(), "exactly one of the two has dropped it");
        assert!(block_on(other).unwrap().is_ok());
        fixture.join_all();
        assert_eq!(fixture.logins(), 2);
    });
}
