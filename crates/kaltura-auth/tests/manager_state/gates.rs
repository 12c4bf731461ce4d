//! After a failure nobody tries again for a while.

use std::time::Duration;

use kaltura_auth::manager::InvalidReason;
use kaltura_auth::manager::Policy;
use kaltura_auth::manager::state::{Decision, SessionState};
use kaltura_auth::{Error, ErrorKind, WireResponse};

use super::making::*;

/// How long the gate was closed for at each of so many failures in a row.
fn closings(seed: u64, times: usize, error: impl Fn() -> Error) -> Vec<Duration> {
    let mut state = seeded(seed);
    let mut now = START;
    let mut widths = Vec::new();
    for _ in 0..times {
        fail(&mut state, now, error());
        let width = last_closing(&mut state).unwrap();
        assert!(matches!(ask(&mut state, later(now, width - milliseconds(1))), Decision::Fail(_)));
        now = later(now, width);
        widths.push(width);
    }
    widths
}

#[test]
fn gates_grow_keep_a_floor_and_are_bounded() {
    for seed in 0..50 {
        for (error, base, cap) in [(transient("no"), 1, 60), (permanent("no"), 60, 900)] {
            for (number, width) in closings(seed, 40, || error.clone()).into_iter().enumerate() {
                let due = seconds(base).saturating_mul(1 << number.min(20)).min(seconds(cap));
                assert!(width >= due / 2 && width <= due, "closing {number} took {width:?} of {due:?}");
            }
        }
    }
}

#[test]
fn a_fleet_does_not_come_back_in_step() {
    let first: Vec<_> = (0..100).map(|seed| closings(seed, 1, || transient("no"))[0]).collect();
    let (shortest, longest) = (first.iter().min().unwrap(), first.iter().max().unwrap());
    assert!(*longest - *shortest > milliseconds(400), "{shortest:?} to {longest:?}");
}

#[test]
fn while_it_is_closed_all_get_the_error_that_closed_it() {
    let mut state = state();
    fail(&mut state, START, permanent("the reason"));
    for _ in 0..10 {
        let error = failed(ask(&mut state, START));
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the reason");
    }
}

#[test]
fn a_success_opens_it_and_forgets_the_failures() {
    let mut state = state();
    let mut now = START;
    for _ in 0..6 {
        fail(&mut state, now, transient("no"));
        now = later(now, seconds(60));
    }
    let session = log_in(&mut state, now, 3600);
    state.take_events();
    now = later(now, seconds(3600));
    drop(session);
    fail(&mut state, now, transient("no"));
    assert!(last_closing(&mut state).unwrap() <= seconds(1));
}

#[test]
fn a_rate_limit_is_waited_for_at_least_ten_seconds() {
    for seed in 0..20 {
        for width in closings(seed, 8, || answered(rate_limited())) {
            assert!(width >= seconds(10) && width <= seconds(60), "{width:?}");
        }
    }
}

#[test]
fn retry_after_makes_it_longer_up_to_a_quarter_of_an_hour_and_never_shorter() {
    let busy = |wait: &str| answered(WireResponse::new(503, "").with_header("Retry-After", wait));
    assert_eq!(busy("20").kind(), ErrorKind::Unavailable);
    assert_eq!(closings(1, 1, || busy("20")), [seconds(20)]);
    assert_eq!(closings(1, 1, || busy("86400")), [seconds(900)]);
    assert!(closings(1, 1, || busy("0"))[0] >= milliseconds(500));
    let limited = || answered(rate_limited().with_header("Retry-After", "100"));
    assert_eq!(closings(1, 1, limited), [seconds(100)]);
}

#[test]
fn the_first_that_dies_young_is_replaced_at_once_the_second_closes_the_gate() {
    for (reason, kind, least) in [
        (InvalidReason::LoggedOut, ErrorKind::TokenGroupEnded, seconds(30)),
        (InvalidReason::Expired, ErrorKind::RevokedEarly, milliseconds(500)),
    ] {
        let mut state = state();
        let first = log_in(&mut state, START, 86_400);
        assert!(state.invalidate(&first, reason, later(START, seconds(59))));
        let second = log_in(&mut state, later(START, seconds(59)), 86_400);
        let now = later(START, seconds(60));
        assert!(state.invalidate(&second, reason, now));
        assert_eq!(failed(ask(&mut state, now)).kind(), kind);
        assert!(last_closing(&mut state).unwrap() >= least);
    }
}

#[test]
fn ended_group_does_not_loop() {
    let mut state = state();
    let (mut now, mut logins) = (START, 0);
    for _ in 0..1000 {
        match ask(&mut state, now) {
            Decision::Start(permit) => {
                logins += 1;
                let session = state.finish(permit, Ok(grant(now, 86_400)), now).unwrap();
                state.invalidate(&session, InvalidReason::LoggedOut, now);
            }
            other => assert_eq!(failed(other).kind(), ErrorKind::TokenGroupEnded),
        }
        now = later(now, seconds(1));
    }
    // One, a free one, and then gates of 60, 120, 240, 480 s, or half of each.
    assert!((4..=8).contains(&logins), "{logins} logins in 1000 s");
}

#[test]
fn sessions_whose_actions_are_used_up_close_no_gate_and_do_not_count() {
    let mut state = state();
    for _ in 0..10 {
        let used_up = log_in(&mut state, START, 86_400);
        assert!(state.invalidate(&used_up, InvalidReason::ActionsUsedUp, START));
    }
    let ended = log_in(&mut state, START, 86_400);
    state.invalidate(&ended, InvalidReason::LoggedOut, START);
    assert!(
        matches!(ask(&mut state, START), Decision::Start(_)),
        "the first that died young is followed by one more"
    );
}

#[test]
fn a_session_that_outlives_the_limit_ends_the_streak() {
    let mut state = state();
    let mut now = START;
    for _ in 0..5 {
        let young = log_in(&mut state, now, 86_400);
        state.invalidate(&young, InvalidReason::LoggedOut, now);
        let old = log_in(&mut state, now, 86_400);
        now = later(now, seconds(60));
        state.invalidate(&old, InvalidReason::LoggedOut, now);
    }
    assert!(matches!(ask(&mut state, now), Decision::Start(_)));
}

#[test]
fn a_session_that_is_replaced_in_its_time_ends_the_streak() {
    let mut state = state();
    let young = log_in(&mut state, START, 3600);
    state.invalidate(&young, InvalidReason::LoggedOut, START);
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let renewed = log_in(&mut state, stale, 3600);
    state.invalidate(&renewed, InvalidReason::LoggedOut, stale);
    assert!(matches!(ask(&mut state, stale), Decision::Start(_)), "the first of a new streak");
}

#[test]
fn a_gate_is_never_closed_for_ever() {
    for seed in 0..20 {
        let mut state = seeded(seed);
        let mut now = START;
        for round in 0..100 {
            let session = log_in(&mut state, now, 86_400);
            state.invalidate(&session, InvalidReason::LoggedOut, now);
            let wait = state.status(now).next_try.unwrap_or_default();
            assert!(wait <= seconds(900), "round {round}: {wait:?}");
            now = later(now, wait);
        }
    }
}

#[test]
fn the_numbers_can_be_others() {
    let policy =
        Policy::default().transient_backoff(seconds(3), seconds(5)).permanent_backoff(seconds(7), seconds(9));
    for (error, least, most) in [(transient("no"), 1500, 5000), (permanent("no"), 3500, 9000)] {
        let mut state = SessionState::new(policy.clone(), 1);
        let mut now = START;
        for _ in 0..5 {
            fail(&mut state, now, error.clone());
            let width = last_closing(&mut state).unwrap();
            assert!(width >= milliseconds(least) && width <= milliseconds(most), "{width:?}");
            now = later(now, width);
        }
    }
}
