//! The refresh loop: when it renews, and how often it wakes.

use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, SessionState};

use super::fixtures::*;

/// Runs a refresh loop for `duration`; each login grants `lifetime`, or fails. Returns the number of logins.
fn run(state: &mut SessionState, duration: Duration, lifetime: Option<i64>) -> usize {
    let (mut now, mut logins) = (START, 0);
    while now.monotonic < START.monotonic + duration {
        match state.decide(now, Caller::RefreshLoop, Duration::ZERO) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                let result = lifetime.map(|lifetime| issued(now, lifetime)).ok_or_else(|| permanent("no"));
                let _result = state.finish(permit, result, now);
            }
            Decision::Use(_) | Decision::Fail(_) => {}
            Decision::Join => panic!("no login is in progress"),
        }
        // A caller right after the loop never has to renew.
        let caller = decide(state, now);
        assert!(lifetime.is_none() || matches!(caller, Decision::Use(_)), "{caller:?}");
        let interval = state.next_refresh_in(now);
        assert!(interval >= milliseconds(50) && interval <= seconds(60), "{interval:?}");
        now = later(now, interval);
    }
    logins
}

#[test]
fn with_a_refresh_loop_no_caller_renews() {
    for seed in 0..10 {
        let logins = run(&mut seeded(seed), seconds(86_400), Some(3600));
        assert!((25..=27).contains(&logins), "{logins} logins of an hour each in a day");
    }
}

#[test]
fn a_permanent_failure_does_not_cause_many_logins() {
    let logins = run(&mut state(), seconds(86_400), None);
    assert!((96..=220).contains(&logins), "{logins} logins in a day");
}

/// The age at which a refresh loop renews a session of one hour.
fn renewed_after(seed: u64) -> Duration {
    let mut state = seeded(seed);
    log_in(&mut state, START, 3600);
    let mut now = START;
    while matches!(state.decide(now, Caller::RefreshLoop, Duration::ZERO), Decision::Use(_)) {
        now = later(now, state.next_refresh_in(now));
    }
    now.monotonic - START.monotonic
}

#[test]
fn it_wakes_when_the_renewal_window_begins() {
    for seed in 0..10 {
        let renewed_after = renewed_after(seed);
        let mut state = seeded(seed);
        log_in(&mut state, START, 3600);
        let just_before = later(START, renewed_after - milliseconds(1));
        assert!(matches!(state.decide(just_before, Caller::RefreshLoop, Duration::ZERO), Decision::Use(_)));
    }
}

#[test]
fn it_wakes_when_the_backoff_ends() {
    let mut state = state();
    fail(&mut state, START, transient("no"));
    let backoff_ends = later(START, state.next_refresh_in(START));
    let just_before = later(START, state.next_refresh_in(START) - milliseconds(1));
    assert!(matches!(state.decide(just_before, Caller::RefreshLoop, Duration::ZERO), Decision::Fail(_)));
    assert!(matches!(state.decide(backoff_ends, Caller::RefreshLoop, Duration::ZERO), Decision::Start(_)));
}

#[test]
fn it_does_not_spin_while_a_caller_renews() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let _renewing = permit(&mut state, stale);
    assert!(matches!(state.decide(stale, Caller::RefreshLoop, Duration::ZERO), Decision::Use(_)));
    assert_eq!(state.next_refresh_in(stale), milliseconds(50));
}
