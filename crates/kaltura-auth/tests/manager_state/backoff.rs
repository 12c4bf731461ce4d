//! The backoff after failures.

use std::time::Duration;

use kaltura_auth::manager::InvalidReason;
use kaltura_auth::manager::Policy;
use kaltura_auth::manager::state::{Decision, SessionState};
use kaltura_auth::{Error, ErrorKind, WireResponse};

use super::fixtures::*;

/// The durations of the backoff after each of `times` failures in a row.
fn backoffs(seed: u64, times: usize, error: impl Fn() -> Error) -> Vec<Duration> {
    let mut state = seeded(seed);
    let mut now = START;
    let mut durations = Vec::new();
    for _ in 0..times {
        fail(&mut state, now, error());
        let duration = last_backoff(&mut state).unwrap();
        assert!(matches!(decide(&mut state, later(now, duration - milliseconds(1))), Decision::Fail(_)));
        now = later(now, duration);
        durations.push(duration);
    }
    durations
}

#[test]
fn backoffs_grow_between_a_lower_and_an_upper_bound() {
    for seed in 0..50 {
        for (error, base, cap) in [(transient("no"), 1, 60), (permanent("no"), 60, 900)] {
            for (number, duration) in backoffs(seed, 40, || error.clone()).into_iter().enumerate() {
                let due = seconds(base).saturating_mul(1 << number.min(20)).min(seconds(cap));
                assert!(
                    duration >= due / 2 && duration <= due,
                    "backoff {number} took {duration:?} of {due:?}"
                );
            }
        }
    }
}

#[test]
fn many_processes_do_not_retry_at_the_same_time() {
    let first: Vec<_> = (0..100).map(|seed| backoffs(seed, 1, || transient("no"))[0]).collect();
    let (shortest, longest) = (first.iter().min().unwrap(), first.iter().max().unwrap());
    assert!(*longest - *shortest > milliseconds(400), "{shortest:?} to {longest:?}");
}

#[test]
fn while_backing_off_all_callers_get_the_error_that_started_it() {
    let mut state = state();
    fail(&mut state, START, permanent("the reason"));
    for _ in 0..10 {
        let error = failed(decide(&mut state, START));
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the reason");
    }
}

#[test]
fn a_success_resets_the_backoff() {
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
    assert!(last_backoff(&mut state).unwrap() <= seconds(1));
}

#[test]
fn after_a_rate_limit_the_backoff_is_at_least_ten_seconds() {
    for seed in 0..20 {
        for duration in backoffs(seed, 8, || response_error(rate_limited())) {
            assert!(duration >= seconds(10) && duration <= seconds(60), "{duration:?}");
        }
    }
}

#[test]
fn retry_after_extends_the_backoff_up_to_15_minutes_and_never_shortens_it() {
    let busy = |wait: &str| response_error(WireResponse::new(503, "").with_header("Retry-After", wait));
    assert_eq!(busy("20").kind(), ErrorKind::Unavailable);
    assert_eq!(backoffs(1, 1, || busy("20")), [seconds(20)]);
    assert_eq!(backoffs(1, 1, || busy("86400")), [seconds(900)]);
    assert!(backoffs(1, 1, || busy("0"))[0] >= milliseconds(500));
    let limited = || response_error(rate_limited().with_header("Retry-After", "100"));
    assert_eq!(backoffs(1, 1, limited), [seconds(100)]);
}

#[test]
fn the_first_early_revocation_is_followed_by_a_login_and_the_second_by_a_backoff() {
    for (reason, kind, base) in [
        (InvalidReason::LoggedOut, ErrorKind::TokenGroupEnded, seconds(60)),
        (InvalidReason::Expired, ErrorKind::RevokedEarly, seconds(1)),
    ] {
        let mut state = state();
        let first = log_in(&mut state, START, 86_400);
        assert!(state.invalidate(&first, reason, later(START, seconds(59))));
        let second = log_in(&mut state, later(START, seconds(59)), 86_400);
        let now = later(START, seconds(60));
        assert!(state.invalidate(&second, reason, now));
        assert_eq!(failed(decide(&mut state, now)).kind(), kind);
        assert!((base / 2..base).contains(&last_backoff(&mut state).unwrap()), "the first backoff");
    }
}

#[test]
fn an_ended_token_group_does_not_cause_a_login_loop() {
    let mut state = state();
    let (mut now, mut logins) = (START, 0);
    for _ in 0..1000 {
        match decide(&mut state, now) {
            Decision::Start(permit) => {
                logins += 1;
                let session = state.finish(permit, Ok(issued(now, 86_400)), now).unwrap();
                state.invalidate(&session, InvalidReason::LoggedOut, now);
            }
            other => assert_eq!(failed(other).kind(), ErrorKind::TokenGroupEnded),
        }
        now = later(now, seconds(1));
    }
    // Two logins, and then one after each backoff of 60, 120, 240, 480 s, or half of each.
    assert!((4..=8).contains(&logins), "{logins} logins in 1000 s");
}

#[test]
fn used_up_sessions_start_no_backoff_and_are_not_counted() {
    let mut state = state();
    for _ in 0..10 {
        let used_up = log_in(&mut state, START, 86_400);
        assert!(state.invalidate(&used_up, InvalidReason::ActionsUsedUp, START));
    }
    let ended = log_in(&mut state, START, 86_400);
    state.invalidate(&ended, InvalidReason::LoggedOut, START);
    assert!(
        matches!(decide(&mut state, START), Decision::Start(_)),
        "the first early revocation is followed by one more login"
    );
}

#[test]
fn sessions_that_one_call_uses_up_start_the_backoff() {
    let mut state = state();
    let mut now = START;
    let mut logins = 0;
    for _ in 0..1000 {
        match decide(&mut state, now) {
            Decision::Start(permit) => {
                logins += 1;
                let session = state.finish(permit, Ok(issued(now, 86_400)), now).unwrap();
                state.invalidate(&session, InvalidReason::ActionsUsedUpEarly, now);
            }
            other => assert_eq!(failed(other).kind(), ErrorKind::RevokedEarly),
        }
        now = later(now, seconds(1));
    }
    // Two logins, and then one after each backoff of 1, 2, 4, … 60 s, or half of each.
    assert!((15..=45).contains(&logins), "{logins} logins in 1000 s");
}

#[test]
fn a_session_that_outlives_the_limit_resets_the_count() {
    let mut state = state();
    let mut now = START;
    for _ in 0..5 {
        let revoked = log_in(&mut state, now, 86_400);
        state.invalidate(&revoked, InvalidReason::LoggedOut, now);
        let outlived = log_in(&mut state, now, 86_400);
        now = later(now, seconds(60));
        state.invalidate(&outlived, InvalidReason::LoggedOut, now);
    }
    assert!(matches!(decide(&mut state, now), Decision::Start(_)));
}

#[test]
fn a_session_that_is_renewed_as_planned_resets_the_count() {
    let mut state = state();
    let revoked = log_in(&mut state, START, 3600);
    state.invalidate(&revoked, InvalidReason::LoggedOut, START);
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let renewed = log_in(&mut state, stale, 3600);
    state.invalidate(&renewed, InvalidReason::LoggedOut, stale);
    assert!(matches!(decide(&mut state, stale), Decision::Start(_)), "it is the first of a new count");
}

#[test]
fn a_backoff_is_never_endless() {
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
fn the_policy_sets_the_bounds() {
    let policy =
        Policy::default().transient_backoff(seconds(3), seconds(5)).permanent_backoff(seconds(7), seconds(9));
    for (error, least, most) in [(transient("no"), 1500, 5000), (permanent("no"), 3500, 9000)] {
        let mut state = SessionState::new(policy.clone(), 1);
        let mut now = START;
        for _ in 0..5 {
            fail(&mut state, now, error.clone());
            let duration = last_backoff(&mut state).unwrap();
            assert!(duration >= milliseconds(least) && duration <= milliseconds(most), "{duration:?}");
            now = later(now, duration);
        }
    }
}
