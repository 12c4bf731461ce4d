//! Threads that share a login, or whose leader panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use shuttle::thread::{self, JoinHandle};

use super::explore;
use super::stage::Stage;
use crate::manager::{Answer, BlockingSessionManager, InvalidReason};

/// Nothing if the thread was the leader of a login that panicked.
fn ask(manager: &BlockingSessionManager) -> JoinHandle<Option<Answer>> {
    let manager = manager.clone();
    thread::spawn(move || catch_unwind(AssertUnwindSafe(|| manager.session())).ok())
}

#[test]
fn cold_threads_share_one_login() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.blocking_manager();
        let callers = [ask(&manager), ask(&manager), ask(&manager)];
        let mine = manager.session().unwrap();
        for caller in callers {
            let session = caller.join().unwrap().unwrap().unwrap();
            assert!(Arc::ptr_eq(&session, &mine));
        }
        assert_eq!(stage.logins(), 1);
    });
}

#[test]
fn when_the_leader_panics_one_of_the_others_takes_over() {
    explore(|| {
        let stage = Stage::with_a_panic();
        let manager = stage.blocking_manager();
        let callers = [ask(&manager), ask(&manager), ask(&manager)];
        let answers: Vec<_> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 1);
        assert!(answers.iter().flatten().all(Result::is_ok));
        assert_eq!(stage.logins(), 2);
        assert!(!manager.status().logging_in);
    });
}

#[test]
fn a_renewal_is_one_login_and_everybody_is_served() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.blocking_manager();
        manager.session().unwrap();
        stage.let_it_be_late();
        let callers = [ask(&manager), ask(&manager)];
        for caller in callers {
            assert!(caller.join().unwrap().unwrap().is_ok());
        }
        assert_eq!(stage.logins(), 2);
    });
}

#[test]
fn what_is_refused_while_it_is_published_is_not_handed_out_either() {
    explore(|| {
        let manager = Stage::default().blocking_manager();
        let (first, refusing) = (ask(&manager), manager.clone());
        let refused = thread::spawn(move || {
            let session = refusing.session().unwrap();
            assert!(refusing.invalidate(&session, InvalidReason::Expired));
            session
        });
        let refused = refused.join().unwrap();
        assert!(first.join().unwrap().unwrap().is_ok());
        assert!(!Arc::ptr_eq(&manager.session().unwrap(), &refused));
    });
}

#[test]
fn what_was_refused_is_never_handed_out_again() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.blocking_manager();
        let refused = manager.session().unwrap();
        let (other, mine, late) = (ask(&manager), manager.clone(), Arc::clone(&refused));
        let again = thread::spawn(move || mine.invalidate(&late, InvalidReason::Expired));
        let dropped = manager.invalidate(&refused, InvalidReason::Expired);
        assert!(!Arc::ptr_eq(&manager.session().unwrap(), &refused));
        assert_ne!(dropped, again.join().unwrap(), "one of the two has dropped it");
        assert!(other.join().unwrap().unwrap().is_ok());
        assert_eq!(stage.logins(), 2);
    });
}

#[test]
fn two_threads_searched_through_to_the_end() {
    shuttle::check_dfs(
        || {
            let stage = Stage::default();
            let manager = stage.blocking_manager();
            let other = ask(&manager);
            let mine = manager.session().unwrap();
            assert!(Arc::ptr_eq(&other.join().unwrap().unwrap().unwrap(), &mine));
            assert_eq!(stage.logins(), 1);
        },
        None,
    );
}
