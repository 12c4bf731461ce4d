//! Tasks that share a flight, join it, leave it, and refuse what it brought.

use std::sync::Arc;

use shuttle::future::{JoinHandle, block_on, spawn};

use super::explore;
use super::stage::Stage;
use crate::manager::{Answer, InvalidReason, SessionManager};

fn ask(manager: &SessionManager) -> JoinHandle<Answer> {
    let manager = manager.clone();
    spawn(async move { manager.session().await })
}

#[test]
fn cold_callers_share_one_login() {
    fn scenario(stage: &Stage) {
        let manager = stage.manager();
        let callers = [ask(&manager), ask(&manager), ask(&manager)];
        let mine = block_on(manager.session()).unwrap();
        for caller in callers {
            let session = block_on(caller).unwrap().unwrap();
            assert!(Arc::ptr_eq(&session, &mine));
        }
        stage.end();
        assert_eq!(stage.logins(), 1);
    }
    explore(|| scenario(&Stage::default()));
    explore(|| scenario(&Stage::with_spawner()));
}

#[test]
fn callers_who_are_dropped_leave_nobody_waiting() {
    fn scenario(stage: &Stage) {
        let manager = stage.manager();
        let dropped = [ask(&manager), ask(&manager)];
        let patient = ask(&manager);
        dropped.iter().for_each(JoinHandle::abort);
        assert!(block_on(patient).unwrap().is_ok());
        assert!(block_on(manager.session()).is_ok());
        for caller in dropped {
            drop(block_on(caller));
        }
        stage.end();
        assert!(!manager.status().logging_in);
    }
    explore(|| scenario(&Stage::default()));
    explore(|| scenario(&Stage::with_spawner()));
}

#[test]
fn a_flight_that_all_have_left_is_begun_anew() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.manager();
        let dropped = [ask(&manager), ask(&manager)];
        dropped.iter().for_each(JoinHandle::abort);
        assert!(block_on(manager.session()).is_ok());
        for caller in dropped {
            drop(block_on(caller));
        }
        stage.end();
        assert!(!manager.status().logging_in);
    });
}

#[test]
fn a_panic_wakes_all_who_wait() {
    explore(|| {
        let stage = Stage::with_a_panic();
        let manager = stage.manager();
        let callers = [ask(&manager), ask(&manager)];
        let mut failures = usize::from(block_on(manager.session()).is_err());
        for caller in callers {
            failures += usize::from(block_on(caller).unwrap().is_err());
        }
        assert!(failures >= 1, "the first login has panicked");
        assert!(block_on(manager.session()).is_ok());
        stage.end();
        assert!(stage.logins() <= 2);
    });
}

#[test]
fn a_renewal_is_one_login_and_everybody_is_served() {
    fn scenario(stage: &Stage) {
        let manager = stage.manager();
        let old = block_on(manager.session()).unwrap();
        stage.let_it_be_late();
        let callers = [ask(&manager), ask(&manager)];
        for caller in callers {
            assert!(block_on(caller).unwrap().is_ok());
        }
        stage.end();
        assert_eq!(stage.logins(), 2);
        assert!(!Arc::ptr_eq(&manager.fresh().unwrap(), &old));
    }
    explore(|| scenario(&Stage::default()));
    explore(|| scenario(&Stage::with_spawner()));
}

#[test]
fn the_elected_may_be_dropped_and_another_renews() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.manager();
        block_on(manager.session()).unwrap();
        stage.let_it_be_late();
        let (elected, other) = (ask(&manager), ask(&manager));
        elected.abort();
        assert!(block_on(other).unwrap().is_ok());
        drop(block_on(elected));
        // Unless one of the two has renewed it, the next who comes does.
        assert!(block_on(manager.session()).is_ok());
        stage.end();
        assert!(!manager.status().logging_in);
        assert!(manager.fresh().is_some());
    });
}

#[test]
fn what_is_refused_while_it_is_published_is_not_handed_out_either() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.manager();
        let first = ask(&manager);
        let refusing = manager.clone();
        let refused = spawn(async move {
            let session = refusing.session().await.unwrap();
            assert!(refusing.invalidate(&session, InvalidReason::Expired));
            session
        });
        let refused = block_on(refused).unwrap();
        assert!(block_on(first).unwrap().is_ok());
        stage.end();
        assert!(manager.fresh().is_none_or(|session| !Arc::ptr_eq(&session, &refused)));
    });
}

#[test]
fn with_the_last_handle_the_runtimes_task_ends() {
    explore(|| {
        let stage = Stage::silent();
        let manager = stage.manager();
        let caller = ask(&manager);
        caller.abort();
        drop(manager);
        drop(block_on(caller));
        stage.end();
    });
}

#[test]
fn what_was_refused_is_never_handed_out_again() {
    explore(|| {
        let stage = Stage::default();
        let manager = stage.manager();
        let refused = block_on(manager.session()).unwrap();
        let (other, mine) = (ask(&manager), manager.clone());
        let late = Arc::clone(&refused);
        let again = spawn(async move { mine.invalidate(&late, InvalidReason::Expired) });
        let dropped = manager.invalidate(&refused, InvalidReason::Expired);
        assert!(manager.fresh().is_none_or(|session| !Arc::ptr_eq(&session, &refused)));
        let new = block_on(manager.session()).unwrap();
        assert!(!Arc::ptr_eq(&new, &refused));
        assert_ne!(dropped, block_on(again).unwrap(), "one of the two has dropped it");
        assert!(block_on(other).unwrap().is_ok());
        stage.end();
        assert_eq!(stage.logins(), 2);
    });
}
