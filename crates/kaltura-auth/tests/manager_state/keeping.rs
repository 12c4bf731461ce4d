//! The keeper: when he comes, and how often.

use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, SessionState};

use super::making::*;

/// Keeps a session for so long; logins give `life` each, or fail. How many logins there were.
fn keep(state: &mut SessionState, how_long: Duration, life: Option<i64>) -> usize {
    let (mut now, mut logins) = (START, 0);
    while now.monotonic < START.monotonic + how_long {
        match state.decide(now, Caller::RefreshLoop, Duration::ZERO) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                let result = life.map(|life| grant(now, life)).ok_or_else(|| permanent("no"));
                let _outcome = state.finish(permit, result, now);
            }
            Decision::Use(_) | Decision::Fail(_) => {}
            Decision::Join => panic!("nobody flies"),
        }
        // A caller comes right after him, and never has to renew.
        let caller = ask(state, now);
        assert!(life.is_none() || matches!(caller, Decision::Use(_)), "{caller:?}");
        let rest = state.next_refresh_in(now);
        assert!(rest >= milliseconds(50) && rest <= seconds(60), "{rest:?}");
        now = later(now, rest);
    }
    logins
}

#[test]
fn while_the_keeper_keeps_no_caller_ever_renews() {
    for seed in 0..10 {
        let logins = keep(&mut seeded(seed), seconds(86_400), Some(3600));
        assert!((25..=27).contains(&logins), "{logins} logins of an hour each in a day");
    }
}

#[test]
fn a_failure_that_lasts_makes_no_storm() {
    let logins = keep(&mut state(), seconds(86_400), None);
    assert!((96..=220).contains(&logins), "{logins} logins in a day");
}

/// How long after its start a session of an hour is renewed by a keeper who comes when he is told to.
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
fn he_comes_just_when_the_window_begins() {
    for seed in 0..10 {
        let renewed_after = renewed_after(seed);
        let mut state = seeded(seed);
        log_in(&mut state, START, 3600);
        let just_before = later(START, renewed_after - milliseconds(1));
        assert!(matches!(state.decide(just_before, Caller::RefreshLoop, Duration::ZERO), Decision::Use(_)));
    }
}

#[test]
fn he_comes_just_when_the_gate_opens() {
    let mut state = state();
    fail(&mut state, START, transient("no"));
    let opens = later(START, state.next_refresh_in(START));
    let just_before = later(START, state.next_refresh_in(START) - milliseconds(1));
    assert!(matches!(state.decide(just_before, Caller::RefreshLoop, Duration::ZERO), Decision::Fail(_)));
    assert!(matches!(state.decide(opens, Caller::RefreshLoop, Duration::ZERO), Decision::Start(_)));
}

#[test]
fn he_does_not_spin_while_somebody_else_renews() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let _renewing = permit(&mut state, stale);
    assert!(matches!(state.decide(stale, Caller::RefreshLoop, Duration::ZERO), Decision::Use(_)));
    assert_eq!(state.next_refresh_in(stale), milliseconds(50));
}
