//! The lifetime of a session: by which clock, and what happens if it is very short.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::Decision;
use kaltura_auth::manager::{Event, InvalidReason, IssuedSession, Moment, Phase};
use kaltura_auth::{ErrorKind, Session};
use kaltura_types::{Ks, UnixTime};

use super::fixtures::*;

#[test]
fn the_skew_of_the_servers_clock_does_not_matter() {
    for ahead in [-7200, -600, 600, 7200] {
        for requested in [None, Some(3600)] {
            let issued = Granted { ahead, requested, ..Granted::for_seconds(3600) }.requested_at(START);
            assert_eq!(issued.lifetime(), seconds(3600));
        }
    }
}

#[test]
fn the_lifetime_is_counted_from_when_the_request_was_sent() {
    let mut state = state();
    let permit = permit(&mut state, START);
    let received = later(START, seconds(20));
    state.finish(permit, Ok(issued(START, 60)), received).unwrap();
    assert_eq!(state.status(received).remaining, Some(seconds(40)));
}

#[test]
fn the_lifetime_is_at_most_what_was_requested() {
    let granted = Granted { requested: Some(100), ..Granted::for_seconds(3600) };
    assert_eq!(granted.requested_at(START).lifetime(), seconds(100));
}

#[test]
fn without_the_servers_time_the_local_clock_is_used_or_what_was_requested() {
    let without_time =
        |ahead, requested| Granted { ahead, requested, has_server_time: false, ..Granted::for_seconds(3600) };
    assert_eq!(without_time(0, None).requested_at(START).lifetime(), seconds(3600));
    assert_eq!(without_time(-1800, Some(3600)).requested_at(START).lifetime(), seconds(1800));
    assert_eq!(
        without_time(7200, Some(3600)).requested_at(START).lifetime(),
        seconds(3600),
        "at most what was requested"
    );
    assert_eq!(
        without_time(-7200, Some(3600)).requested_at(START).lifetime(),
        seconds(3600),
        "requested, not expired"
    );
    assert_eq!(without_time(-7200, None).requested_at(START).lifetime(), Duration::ZERO);
}

#[test]
fn a_session_without_an_expiry_is_used_until_it_is_refused() {
    let mut state = state();
    let permit = permit(&mut state, START);
    let without_expiry = IssuedSession::new(Arc::new(Session::new(PARTNER, Ks::new("djJ8N3w"))), START, None);
    let session = state.finish(permit, Ok(without_expiry), START).unwrap();
    let year = later(START, seconds(365 * 86_400));
    assert!(Arc::ptr_eq(&used(decide(&mut state, year)), &session));
    assert!(state.invalidate(&session, InvalidReason::Expired, year));
    assert!(matches!(decide(&mut state, year), Decision::Start(_)));
}

#[test]
fn an_existing_session_has_its_remaining_lifetime() {
    let granted_at = UnixTime::from_seconds(i64::try_from(START.wall.as_secs()).unwrap());
    let session = Session::new(PARTNER, Ks::new("djJ8N3w"))
        .with_expiry(granted_at.plus_seconds(3600))
        .with_server_time(granted_at);
    let half_an_hour_later = later(START, seconds(1800));
    assert_eq!(IssuedSession::from_existing(Arc::new(session), half_an_hour_later).lifetime(), seconds(1800));
}

#[test]
fn expired_on_arrival_is_an_error_with_a_backoff() {
    for lifetime in [-5, 0] {
        let mut state = state();
        let permit = permit(&mut state, START);
        let error = state.finish(permit, Ok(issued(START, lifetime)), START).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
        assert!(!error.is_retryable());
        assert!(state.status(START).remaining.is_none(), "it is not published");
        assert!(last_backoff(&mut state).unwrap() >= seconds(30));
        assert_eq!(failed(decide(&mut state, later(START, seconds(29)))).kind(), ErrorKind::ExpiredOnArrival);
    }
}

#[test]
fn two_second_lifetimes_neither_loop_nor_starve() {
    let mut state = state();
    let (mut logins, mut served) = (0, 0);
    // One caller every 10 ms for 100 s; a login takes 30 ms.
    for step in 0..10_000 {
        let now = later(START, milliseconds(step * 10));
        match decide(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                state.finish(permit, Ok(issued(now, 2)), later(now, milliseconds(30))).unwrap();
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
fn a_two_second_lifetime_that_is_slightly_overestimated_starts_no_backoff() {
    // The server refuses each session with INVALID_KS slightly before its estimated expiry. That must not start the
    // backoff.
    let mut state = state();
    let mut now = START;
    for round in 0..20 {
        let session = match decide(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                state.finish(permit, Ok(issued(now, 2)), now).unwrap()
            }
            Decision::Use(session) => session,
            other => panic!("round {round}: {other:?}"),
        };
        now = later(now, milliseconds(1700));
        assert!(state.invalidate(&session, InvalidReason::Expired, now));
    }
}

/// Callers use a token all the time until it expires in an hour. Returns the number of logins and the events.
fn last_hour_of_a_token(seed: u64, step: Duration) -> (usize, Vec<Event>) {
    let mut state = seeded(seed);
    let end = later(START, seconds(3600));
    let (mut now, mut logins) = (START, 0);
    let mut events = Vec::new();
    while now.monotonic < end.monotonic {
        match decide(&mut state, now) {
            Decision::Start(permit) | Decision::UseAndRenew(_, permit) => {
                logins += 1;
                // Whole seconds, as on the server.
                let left = i64::try_from((end.wall - now.wall).as_secs()).unwrap();
                let _result = state.finish(permit, Ok(issued(now, left)), now);
            }
            Decision::Use(_) | Decision::Fail(_) => {}
            Decision::Join => panic!("no login is in progress"),
        }
        events.extend(state.take_events());
        now = later(now, step);
    }
    (logins, events)
}

#[test]
fn a_token_near_its_expiry_is_not_renewed_repeatedly_and_is_reported_once() {
    for seed in 0..20 {
        let (logins, events) = last_hour_of_a_token(seed, milliseconds(130));
        assert!((2..=4).contains(&logins), "{logins} logins in a token's last hour");
        let reported: Vec<_> =
            events.iter().filter(|event| matches!(event, Event::TokenEnding { .. })).collect();
        assert_eq!(reported.len(), 1, "{reported:?}");
    }
}

#[test]
fn an_ending_token_is_used_until_it_expires() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3550));
    let last = log_in(&mut state, stale, 50);
    assert!(!Arc::ptr_eq(&session, &last));
    assert_eq!(state.status(stale).phase, Phase::Ending);
    assert!(Arc::ptr_eq(&used(decide(&mut state, later(stale, seconds(49)))), &last));
    assert_eq!(state.next_refresh_in(stale), seconds(50), "the refresh loop wakes when it expires");
    assert!(matches!(decide(&mut state, later(stale, seconds(50))), Decision::Start(_)));
}

#[test]
fn a_renewal_that_gains_two_seconds_is_not_the_end_of_the_token() {
    let stale = later(START, seconds(3590));
    for (lifetime, is_ending) in [(11, true), (12, false)] {
        let mut state = state();
        log_in(&mut state, START, 3600);
        log_in(&mut state, stale, lifetime);
        assert_eq!(state.status(stale).phase == Phase::Ending, is_ending, "{lifetime}");
    }
}

#[test]
fn a_token_that_was_extended_is_renewed_again() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3550));
    log_in(&mut state, stale, 50);
    let expired = later(stale, seconds(50));
    log_in(&mut state, expired, 3600);
    assert_eq!(state.status(expired).phase, Phase::Fresh);
}

#[test]
fn the_renewal_of_a_very_short_session_is_not_taken_for_the_end_of_the_token() {
    let mut state = state();
    log_in(&mut state, START, 2);
    let stale = later(START, milliseconds(1950));
    log_in(&mut state, stale, 2);
    assert_eq!(state.status(stale).phase, Phase::Fresh);
}

#[test]
fn a_wall_clock_change_is_not_taken_for_the_end_of_the_token() {
    for wall in [START.wall, START.wall + seconds(7200)] {
        let mut state = state();
        log_in(&mut state, START, 3600);
        // The session is renewed as planned, but the wall clock was changed meanwhile.
        let stale = Moment { monotonic: START.monotonic + seconds(3550), wall };
        log_in(&mut state, stale, 3600);
        assert_eq!(state.status(stale).phase, Phase::Fresh);
    }
}
