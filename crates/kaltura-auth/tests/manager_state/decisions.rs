//! Which decision a caller gets: the table in the docs of the state, line by line.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision};
use kaltura_auth::manager::{InvalidReason, Moment, Phase};
use kaltura_auth::{ErrorKind, ManagerError};

use super::fixtures::*;

#[test]
fn fresh_then_stale_then_expired() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    assert!(Arc::ptr_eq(&used(decide(&mut state, later(START, seconds(3000)))), &session));

    let stale = later(START, seconds(3500));
    let Decision::UseAndRenew(given, permit) = decide(&mut state, stale) else { panic!("no renewal") };
    assert!(Arc::ptr_eq(&given, &session));
    assert!(Arc::ptr_eq(&used(decide(&mut state, stale)), &session), "other callers do not wait");
    let expired = later(START, seconds(3600));
    assert!(matches!(decide(&mut state, later(stale, seconds(29))), Decision::Use(_)));

    state.finish(permit, Err(transient("no")), later(stale, seconds(29))).unwrap_err();
    let duration = last_backoff(&mut state).unwrap();
    let failed_at = later(stale, seconds(29));
    assert!(
        Arc::ptr_eq(&used(decide(&mut state, failed_at)), &session),
        "backing off, and the session is kept"
    );
    assert!(matches!(decide(&mut state, later(failed_at, duration)), Decision::UseAndRenew(..)));
    assert!(matches!(decide(&mut state, expired), Decision::Start(_)), "that login exceeded its timeout");
}

#[test]
fn with_an_expired_session_callers_join_the_login_in_progress() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let Decision::UseAndRenew(_, permit) = decide(&mut state, later(START, seconds(3590))) else { panic!() };
    assert!(matches!(decide(&mut state, later(START, seconds(3600))), Decision::Join));
    assert!(state.abandon(permit.id()));
}

#[test]
fn callers_without_a_session_share_one_login() {
    let mut state = state();
    let permit = permit(&mut state, START);
    for caller in [Caller::OnDemand, Caller::RefreshLoop] {
        assert!(matches!(state.decide(START, caller, Duration::ZERO), Decision::Join));
    }
    let session = state.finish(permit, Ok(issued(START, 60)), START).unwrap();
    assert!(Arc::ptr_eq(&used(decide(&mut state, START)), &session));
}

/// The second at which a session of one hour is first due for renewal.
fn first_due(seed: u64, caller: Caller) -> u64 {
    (3200..3600)
        .find(|second| {
            let mut state = seeded(seed);
            log_in(&mut state, START, 3600);
            let decision = state.decide(later(START, seconds(*second)), caller, Duration::ZERO);
            matches!(decision, Decision::UseAndRenew(..))
        })
        .expect("it is renewed before it expires")
}

#[test]
fn the_refresh_loop_renews_before_callers() {
    for seed in 0..50 {
        let (refresh_loop, caller) =
            (first_due(seed, Caller::RefreshLoop), first_due(seed, Caller::OnDemand));
        // The window is 5 minutes plus or minus a quarter; callers renew in its second half.
        assert!((3225..=3375).contains(&refresh_loop), "{refresh_loop}");
        assert!((3600 - refresh_loop).abs_diff(2 * (3600 - caller)) <= 2, "{refresh_loop} {caller}");
    }
}

#[test]
fn many_processes_do_not_renew_at_the_same_time() {
    let due: Vec<_> = (0..50).map(|seed| first_due(seed, Caller::RefreshLoop)).collect();
    assert!(due.iter().max().unwrap() - due.iter().min().unwrap() > 100, "{due:?}");
}

#[test]
fn a_session_expires_on_either_clock() {
    let after = |now: Moment| {
        let mut state = state();
        log_in(&mut state, START, 3600);
        decide(&mut state, now)
    };
    let set_back = Moment { monotonic: START.monotonic + seconds(3600), wall: Duration::ZERO };
    let suspended = Moment { monotonic: START.monotonic, wall: START.wall + seconds(3600) };
    let neither = Moment { monotonic: START.monotonic + seconds(3000), wall: START.wall + seconds(3000) };
    assert!(matches!(after(set_back), Decision::Start(_)));
    assert!(matches!(after(suspended), Decision::Start(_)));
    assert!(matches!(after(neither), Decision::Use(_)));
}

#[test]
fn the_backoff_ends_on_either_clock() {
    for moves_wall in [false, true] {
        let mut state = state();
        fail(&mut state, START, permanent("no"));
        let mut now = START;
        let clock = if moves_wall { &mut now.wall } else { &mut now.monotonic };
        *clock += seconds(60);
        assert!(matches!(decide(&mut state, now), Decision::Start(_)));
    }
}

#[test]
fn a_minimum_longer_than_the_lifetime_fails_without_a_login() {
    let mut state = state();
    let session = log_in(&mut state, START, 100);
    // The renewal window of 10 s is not available: in it, each call would log in again.
    for (now, needed) in [(0, 91), (0, 101), (50, 91)] {
        let error = failed(state.decide(later(START, seconds(now)), Caller::OnDemand, seconds(needed)));
        assert_eq!(error.kind(), ErrorKind::SessionTooShort);
        let available = ManagerError::TooShort { needed: seconds(needed), available: seconds(90) };
        assert_eq!(error.manager_error(), Some(&available));
    }
    assert!(Arc::ptr_eq(&used(state.decide(START, Caller::OnDemand, seconds(90))), &session));
    assert!(Arc::ptr_eq(&used(decide(&mut state, START)), &session));
}

#[test]
fn a_minimum_longer_than_the_remaining_lifetime_starts_a_login_and_others_keep_the_session() {
    let mut state = state();
    log_in(&mut state, START, 100);
    let now = later(START, seconds(30));
    let Decision::Start(permit) = state.decide(now, Caller::OnDemand, seconds(80)) else {
        panic!("no login")
    };
    assert!(matches!(decide(&mut state, now), Decision::Use(_)));
    assert!(matches!(state.decide(now, Caller::OnDemand, seconds(80)), Decision::Join));
    state.finish(permit, Ok(issued(now, 100)), now).unwrap();
    assert!(matches!(state.decide(now, Caller::OnDemand, seconds(80)), Decision::Use(_)));
}

#[test]
fn the_status_describes_the_state() {
    let mut state = state();
    assert_eq!(state.status(START).phase, Phase::None);
    let permit = permit(&mut state, START);
    assert!(state.status(START).logging_in);
    state.finish(permit, Ok(issued(START, 3600)), START).unwrap();
    let status = state.status(later(START, seconds(600)));
    assert_eq!((status.phase, status.remaining), (Phase::Fresh, Some(seconds(3000))));
    assert!(!status.logging_in && status.last_error.is_none() && status.next_try.is_none());

    let stale = later(START, seconds(3590));
    fail(&mut state, stale, transient("no"));
    let status = state.status(stale);
    assert_eq!((status.phase, status.remaining), (Phase::Stale, Some(seconds(10))));
    assert_eq!(status.last_error.unwrap().kind(), ErrorKind::SourceUnavailable);
    assert!(status.next_try.unwrap() <= seconds(1));
    assert_eq!(state.status(later(stale, seconds(1))).next_try, None, "the backoff is over");
    assert_eq!(state.status(later(stale, seconds(10))).phase, Phase::None);
}

#[test]
fn events_are_reported_in_order() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let permit = permit(&mut state, stale);
    let _served = decide(&mut state, stale);
    state.finish(permit, Err(transient("no")), later(stale, seconds(2))).unwrap_err();
    state.invalidate(&session, InvalidReason::Expired, later(stale, seconds(3)));
    let events = format!("{:?}", state.take_events());
    let mut rest = events.as_str();
    for part in [
        "LoginStarted { renewal: false }",
        "LoginSucceeded { renewal: false, took: 0ns, lifetime: 3600s }",
        "LoginStarted { renewal: true }",
        "ServedStale { remaining: 10s }",
        "LoginFailed { renewal: true, took: 2s",
        "BackoffStarted",
        "Invalidated { reason: Expired, age: 3593s }",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not in {rest}"));
        rest = &rest[at + part.len()..];
    }
    assert!(state.take_events().is_empty());
}
