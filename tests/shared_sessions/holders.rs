//! The process that logs in for all: slow, cancelled, killed, or stuck.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kaltura_auth::runtime::Clock as _;

use super::fixture::{Fleet, LATENCY, all_same, milliseconds, seconds};

#[test]
fn a_slow_login_is_waited_for() {
    let fleet = Fleet::new();
    let processes = fleet.processes(10);
    for process in &processes {
        process.network.extra_latency.store(5_000, Ordering::Relaxed);
    }
    // Ten seconds: five leases.
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 1);
    assert!(fleet.elapsed() < seconds(11), "{:?}", fleet.elapsed());
}

#[test]
fn a_killed_holder_is_replaced_after_its_lease() {
    let fleet = Fleet::new();
    let (holder, others) = (fleet.process(), fleet.processes(5));
    holder.network.extra_latency.store(10_000, Ordering::Relaxed);
    let _unfinished = holder.spawn_session();
    fleet.advance(milliseconds(500));
    assert!(holder.manager.status().logging_in);
    holder.runtime.kill();
    let before = fleet.elapsed();
    assert!(all_same(&fleet.all_get_a_session(&others)));
    assert_eq!(fleet.logins(), 1);
    let waited = fleet.elapsed() - before;
    assert!(waited > seconds(1) && waited < seconds(2) + LATENCY * 2 + milliseconds(250), "{waited:?}");
}

#[test]
fn a_cancelled_login_frees_the_lease_at_once() {
    let fleet = Fleet::new();
    let (holder, other) = (fleet.process(), fleet.process());
    holder.network.extra_latency.store(10_000, Ordering::Relaxed);
    let _unfinished = holder.spawn_session();
    fleet.advance(milliseconds(500));
    assert!(holder.manager.status().logging_in);
    // The runtime of the process shuts down, and the last handle is dropped.
    fleet.runtime.drop_tasks();
    let before = fleet.elapsed();
    fleet.run(other.manager.session()).unwrap();
    let waited = fleet.elapsed() - before;
    assert!(waited < LATENCY * 2 + milliseconds(250), "{waited:?}");
}

#[test]
fn a_stuck_holder_does_not_hold_up_others_for_ever() {
    let fleet = Fleet::new();
    let (stuck, other) = (fleet.process(), fleet.process());
    stuck.network.hangs.store(true, Ordering::Relaxed);
    let result = stuck.spawn_session();
    fleet.advance(seconds(1));
    let session = fleet.run(other.manager.session()).unwrap();
    // Half of the login timeout of 30 s, and the login.
    assert!(fleet.elapsed() < seconds(18), "{:?}", fleet.elapsed());
    fleet.advance(seconds(30));
    assert!(result.lock().unwrap().take().unwrap().is_err());
    // The session was stored without the lease.
    fleet.advance(seconds(3));
    assert_eq!(fleet.run(stuck.manager.session()).unwrap().ks(), session.ks());
    assert_eq!(fleet.logins(), 1);
}

#[test]
fn a_holder_that_was_stopped_publishes_no_life_that_is_over() {
    let fleet = Fleet::new();
    let (stopped, other) = (fleet.process(), fleet.process());
    // Its response arrives 20 s late: the session has 20 s less.
    stopped.network.extra_latency.store(9_000, Ordering::Relaxed);
    let session = fleet.run(stopped.manager.session()).unwrap();
    fleet.run(other.manager.session()).unwrap();
    let now = i64::try_from(fleet.runtime.unix_time().as_secs()).unwrap();
    let true_life = session.expires_at().unwrap().as_seconds() - now;
    let remaining = other.manager.status().remaining.unwrap();
    assert!(remaining.as_secs() <= true_life.unsigned_abs(), "{remaining:?} of {true_life} s");
    assert_eq!(fleet.logins(), 1);
}

#[test]
fn a_lost_publish_is_tried_again() {
    let fleet = Fleet::new();
    fleet.store.fail_publishes(2);
    let processes = fleet.processes(5);
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 1);
}

#[test]
fn a_publish_that_fails_for_good_costs_no_caller_its_session() {
    let fleet = Fleet::new();
    fleet.store.fail_publishes(3);
    let process = fleet.process();
    fleet.run(process.manager.session()).unwrap();
    assert!(fleet.elapsed() < LATENCY * 2 + seconds(1));
    let other = fleet.process();
    fleet.run(other.manager.session()).unwrap();
    assert_eq!(fleet.logins(), 2);
    assert!(Arc::strong_count(&process.network) >= 1);
}
