//! Threads that share a login, that panic in it, and that invalidate its session.

use std::sync::Arc;

use shuttle::thread::{self, JoinHandle};

use super::explore;
use super::fixture::Fixture;
use crate::manager::blocking::BlockingSessionManager;
use crate::manager::{InvalidReason, SessionResult};

fn request(manager: &BlockingSessionManager) -> JoinHandle<SessionResult> {
    let manager = manager.clone();
    thread::spawn(move || manager.session())
}

#[test]
fn cold_threads_share_one_login() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.blocking_manager();
        let callers = [request(&manager), request(&manager), request(&manager)];
        let own = manager.session().unwrap();
        for caller in callers {
            let session = caller.join().unwrap().unwrap();
            assert!(Arc::ptr_eq(&session, &own));
        }
        assert_eq!(fixture.logins(), 1);
    });
}

#[test]
fn a_panic_is_an_error_for_all_threads_until_the_backoff_ends() {
    explore(|| {
        let fixture = Fixture::panicking_once();
        let manager = fixture.blocking_manager();
        let callers = [request(&manager), request(&manager), request(&manager)];
        assert!(callers.into_iter().all(|caller| caller.join().unwrap().is_err()));
        assert_eq!(fixture.logins(), 1);
        assert!(!manager.status().logging_in);
        fixture.end_backoff();
        assert!(manager.session().is_ok());
    });
}

#[test]
fn a_renewal_is_one_login_and_every_caller_gets_a_session() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.blocking_manager();
        manager.session().unwrap();
        fixture.make_session_stale();
        let callers = [request(&manager), request(&manager)];
        for caller in callers {
            assert!(caller.join().unwrap().is_ok());
        }
        assert_eq!(fixture.logins(), 2);
    });
}

#[test]
fn a_session_invalidated_while_it_is_published_is_not_returned() {
    explore(|| {
        let manager = Fixture::default().blocking_manager();
        let (first, invalidating) = (request(&manager), manager.clone());
        let invalidated = thread::spawn(move || {
            let session = invalidating.session().unwrap();
            assert!(invalidating.invalidate(&session, InvalidReason::Expired));
            session
        });
        let invalidated = invalidated.join().unwrap();
        assert!(first.join().unwrap().is_ok());
        assert!(!Arc::ptr_eq(&manager.session().unwrap(), &invalidated));
    });
}

#[test]
fn an_invalidated_session_is_never_returned_again() {
    explore(|| {
        let fixture = Fixture::default();
        let manager = fixture.blocking_manager();
        let invalidated = manager.session().unwrap();
        let (other, own, late) = (request(&manager), manager.clone(), Arc::clone(&invalidated));
        let again = thread::spawn(move || own.invalidate(&late, InvalidReason::Expired));
        let dropped = manager.invalidate(&invalidated, InvalidReason::Expired);
        assert!(!Arc::ptr_eq(&manager.session().unwrap(), &invalidated));
        assert_ne!(dropped, again.join().unwrap(), "exactly one of the two has dropped it");
        assert!(other.join().unwrap().is_ok());
        assert_eq!(fixture.logins(), 2);
    });
}

#[test]
fn all_schedules_of_two_threads() {
    shuttle::check_dfs(
        || {
            let fixture = Fixture::default();
            let manager = fixture.blocking_manager();
            let other = request(&manager);
            let own = manager.session().unwrap();
            assert!(Arc::ptr_eq(&other.join().unwrap().unwrap(), &own));
            assert_eq!(fixture.logins(), 1);
        },
        None,
    );
}
