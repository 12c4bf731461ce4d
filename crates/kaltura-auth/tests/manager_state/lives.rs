//! How long a session lives, by whose clock, and what becomes of very short lives.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::Decision;
use kaltura_auth::manager::{Event, InvalidReason, IssuedSession, Moment, Phase};
use kaltura_auth::{ErrorKind, Session};
use kaltura_types::{Ks, UnixTime};

use super::making::*;

#[test]
fn a_server_whose_clock_is_hours_off_does_not_matter() {
    for ahead in [-7200, -600, 600, 7200] {
        for asked in [None, Some(3600)] {
            let grant = Granted { ahead, asked, ..Granted::for_seconds(3600) }.to_whom_asked_at(START);
            assert_eq!(grant.life(), seconds(3600));
        }
    }
}

#[test]
fn life_is_counted_from_when_it_was_asked_for() {
    let mut state = state();
    let permit = permit(&mut state, START);
    let answered = later(START, seconds(20));
    state.finish(permit, Ok(grant(START, 60)), answered).unwrap();
    assert_eq!(state.status(answered).remaining, Some(seconds(40)));
}

#[test]
fn no_life_is_longer_than_was_asked() {
    let granted = Granted { asked: Some(100), ..Granted::for_seconds(3600) };
    assert_eq!(granted.to_whom_asked_at(START).life(), seconds(100));
}

#[test]
fn where_no_time_is_told_the_local_clock_must_do_and_else_what_was_asked() {
    let silent = |ahead, asked| Granted { ahead, asked, tells_time: false, ..Granted::for_seconds(3600) };
    assert_eq!(silent(0, None).to_whom_asked_at(START).life(), seconds(3600));
    assert_eq!(silent(-1800, Some(3600)).to_whom_asked_at(START).life(), seconds(1800));
    assert_eq!(
        silent(7200, Some(3600)).to_whom_asked_at(START).life(),
        seconds(3600),
        "no longer than asked"
    );
    assert_eq!(silent(-7200, Some(3600)).to_whom_asked_at(START).life(), seconds(3600), "asked, not over");
    assert_eq!(silent(-7200, None).to_whom_asked_at(START).life(), Duration::ZERO);
}

#[test]
fn a_session_without_an_end_lives_until_it_is_refused() {
    let mut state = state();
    let permit = permit(&mut state, START);
    let endless = IssuedSession::new(Arc::new(Session::new(PARTNER, Ks::new("djJ8N3w"))), START, None);
    let session = state.finish(permit, Ok(endless), START).unwrap();
    let year = later(START, seconds(365 * 86_400));
    assert!(Arc::ptr_eq(&used(ask(&mut state, year)), &session));
    assert!(state.invalidate(&session, InvalidReason::Expired, year));
    assert!(matches!(ask(&mut state, year), Decision::Start(_)));
}

#[test]
fn a_session_that_is_found_has_the_rest_of_its_life() {
    let granted_at = UnixTime::from_seconds(i64::try_from(START.wall.as_secs()).unwrap());
    let session = Session::new(PARTNER, Ks::new("djJ8N3w"))
        .with_expiry(granted_at.plus_seconds(3600))
        .with_server_time(granted_at);
    let half_an_hour_later = later(START, seconds(1800));
    assert_eq!(IssuedSession::found(Arc::new(session), half_an_hour_later).life(), seconds(1800));
}

#[test]
fn dead_on_arrival_is_an_error_with_a_gate() {
    for life in [-5, 0] {
        let mut state = state();
        let permit = permit(&mut state, START);
        let error = state.finish(permit, Ok(grant(START, life)), START).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
        assert!(!error.is_retryable());
        assert!(state.status(START).remaining.is_none(), "it is not published");
        assert!(last_closing(&mut state).unwrap() >= seconds(30));
        assert_eq!(failed(ask(&mut state, later(START, seconds(29)))).kind(), ErrorKind::ExpiredOnArrival);
    }
}

#[test]
fn two_second_lives_neither_loop_nor_starve() {
    let mut state = state();
    let (mut logins, mut served) = (0, 0);
    // One caller every 10 ms for 100 s; a login takes 30 ms.
    for step in 0..10_000 {
        let now = later(START, milliseconds(step * 10));
        match ask(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                state.finish(permit, Ok(grant(now, 2)), later(now, milliseconds(30))).unwrap();
            }
            Decision::Use(_) => {}
            other => panic!("not served: {other:?}"),
        }
        served += 1;
    }
    assert_eq!(served, 10_000);
    assert!((49..=60).contains(&logins), "{logins} logins in 100 s");
}

#[test]
fn two_second_lifetime_and_a_late_estimate_is_not_a_dead_token() {
    // The server ends each session a little before we think, with INVALID_KS. That must not close the gate.
    let mut state = state();
    let mut now = START;
    for round in 0..20 {
        let session = match ask(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                state.finish(permit, Ok(grant(now, 2)), now).unwrap()
            }
            Decision::Use(session) => session,
            other => panic!("round {round}: {other:?}"),
        };
        now = later(now, milliseconds(1700));
        assert!(state.invalidate(&session, InvalidReason::Expired, now));
    }
}

/// Callers come all the time to a token that ends in an hour. What happened, and how many logins there were.
fn last_hour_of_a_token(seed: u64, step: Duration) -> (usize, Vec<Event>) {
    let mut state = seeded(seed);
    let end = later(START, seconds(3600));
    let (mut now, mut logins) = (START, 0);
    let mut events = Vec::new();
    while now.monotonic < end.monotonic {
        match ask(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                // Whole seconds, as the server counts.
                let left = i64::try_from((end.wall - now.wall).as_secs()).unwrap();
                let _outcome = state.finish(permit, Ok(grant(now, left)), now);
            }
            Decision::Use(_) | Decision::Fail(_) => {}
            Decision::Join => panic!("nobody flies"),
        }
        events.extend(state.take_events());
        now = later(now, step);
    }
    (logins, events)
}

#[test]
fn a_token_near_its_own_end_is_not_renewed_again_and_again_and_says_so_once() {
    for seed in 0..20 {
        let (logins, events) = last_hour_of_a_token(seed, milliseconds(130));
        assert!((2..=4).contains(&logins), "{logins} logins in a token's last hour");
        let told: Vec<_> = events.iter().filter(|event| matches!(event, Event::TokenEnding { .. })).collect();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

#[test]
fn an_ending_token_is_used_to_its_end() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3550));
    let last = log_in(&mut state, stale, 50);
    assert!(!Arc::ptr_eq(&session, &last));
    assert_eq!(state.status(stale).phase, Phase::Ending);
    assert!(Arc::ptr_eq(&used(ask(&mut state, later(stale, seconds(49)))), &last));
    assert_eq!(state.next_refresh_in(stale), seconds(50), "the keeper comes when it is over");
    assert!(matches!(ask(&mut state, later(stale, seconds(50))), Decision::Start(_)));
}

#[test]
fn a_token_that_goes_on_after_all_is_kept_again() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3550));
    log_in(&mut state, stale, 50);
    let over = later(stale, seconds(50));
    log_in(&mut state, over, 3600);
    assert_eq!(state.status(over).phase, Phase::Fresh);
}

#[test]
fn a_clock_that_is_set_does_not_look_like_the_end_of_the_token() {
    for wall in [START.wall, START.wall + seconds(7200)] {
        let mut state = state();
        log_in(&mut state, START, 3600);
        // The session is renewed in its time, but the wall clock has been set by an hour meanwhile.
        let stale = Moment { monotonic: START.monotonic + seconds(3550), wall };
        log_in(&mut state, stale, 3600);
        assert_eq!(state.status(stale).phase, Phase::Fresh);
    }
}
