//! What a source may answer instead of a login of its own: a session of another process, its backoff, or to wait.

use std::sync::Arc;

use kaltura_auth::Session;
use kaltura_auth::manager::state::Decision;
use kaltura_auth::manager::{Event, InvalidReason, IssuedSession, Moment, Phase};
use kaltura_auth::source::Acquired;
use kaltura_types::Ks;

use super::fixtures::*;

/// A session of another process that was granted for an hour and has this many seconds left.
fn adopted(now: Moment, left: u64) -> Acquired {
    let session = Arc::new(Session::new(PARTNER, Ks::new("djJ8N3w")));
    Acquired::Adopted(IssuedSession::from_store(session, now, seconds(left), seconds(3600)))
}

#[test]
fn a_renewal_that_another_process_makes_is_postponed() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let renewal = permit(&mut state, stale);
    let kept = state.finish_acquired(renewal, Ok(Acquired::KeepHeld { retry_in: seconds(3) }), stale);
    assert!(Arc::ptr_eq(&kept.unwrap(), &session));
    assert_eq!(state.next_refresh_in(stale), seconds(3), "the refresh loop waits, too");
    assert!(matches!(decide(&mut state, later(stale, milliseconds(2999))), Decision::Use(_)));
    let again = later(stale, seconds(3));
    let renewal = permit(&mut state, again);
    state.finish(renewal, Ok(issued(again, 3600)), again).unwrap();
    assert_eq!(state.status(again).phase, Phase::Fresh);
}

#[test]
fn an_expired_session_is_not_kept() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let renewal = permit(&mut state, later(START, seconds(3590)));
    let expired = later(START, seconds(3600));
    let kept = state.finish_acquired(renewal, Ok(Acquired::KeepHeld { retry_in: seconds(9) }), expired);
    assert!(kept.unwrap_err().is_retryable());
    assert_eq!(state.next_refresh_in(expired), milliseconds(50), "there is nothing to wait for");
    assert!(matches!(decide(&mut state, expired), Decision::Start(_)));
}

#[test]
fn the_answer_to_a_login_that_was_given_up_changes_nothing() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    for answer in [
        Acquired::KeepHeld { retry_in: seconds(5) },
        Acquired::BackingOff { error: transient("elsewhere"), failures: 3, left: seconds(5) },
        adopted(stale, 3000),
    ] {
        let late = permit(&mut state, stale);
        state.abandon(late.id());
        state.take_events();
        let _answer = state.finish_acquired(late, Ok(answer), stale);
        assert!(state.take_events().is_empty());
        assert_eq!(state.status(stale).remaining, Some(seconds(10)));
        let current = permit(&mut state, stale);
        state.abandon(current.id());
    }
}

#[test]
fn the_backoff_of_another_process_is_that_of_this_one() {
    let mut state = state();
    let login = permit(&mut state, START);
    let answer = Acquired::BackingOff { error: transient("elsewhere"), failures: 3, left: seconds(7) };
    let error = state.finish_acquired(login, Ok(answer), START).unwrap_err();
    assert_eq!(last_backoff(&mut state), Some(seconds(7)));
    let cached = failed(decide(&mut state, later(START, milliseconds(6999))));
    assert_eq!(cached.to_string(), error.to_string());
    // The fourth failure: 1 s, doubled three times, with a jitter down to one half.
    let over = later(START, seconds(7));
    fail(&mut state, over, transient("here"));
    let next = last_backoff(&mut state).unwrap();
    assert!(next >= seconds(4) && next <= seconds(8), "{next:?}");
}

#[test]
fn an_adopted_session_is_reported_with_the_time_that_it_has_left() {
    let mut state = state();
    fail(&mut state, START, transient("first"));
    let now = later(START, seconds(60));
    let login = permit(&mut state, now);
    state.take_events();
    state.finish_acquired(login, Ok(adopted(now, 900)), later(now, seconds(1))).unwrap();
    let events = state.take_events();
    let [Event::Adopted { renewal: false, remaining }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*remaining, seconds(899));
    assert!(state.status(now).last_error.is_none(), "the failure before is over");
    // The window depends on the hour that was granted, not on what was left of it.
    assert_eq!(state.status(later(now, seconds(500))).phase, Phase::Fresh);
}

#[test]
fn an_adopted_session_that_gains_little_is_not_the_end_of_the_token() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let renewal = permit(&mut state, stale);
    state.finish_acquired(renewal, Ok(adopted(stale, 11)), stale).unwrap();
    assert_eq!(state.status(stale).phase, Phase::Stale);
}

#[test]
fn adopted_sessions_that_are_refused_start_no_backoff() {
    let mut state = state();
    for _ in 0..4 {
        let login = permit(&mut state, START);
        let session = state.finish_acquired(login, Ok(adopted(START, 3000)), START).unwrap();
        assert!(state.invalidate(&session, InvalidReason::Expired, START));
    }
    assert!(matches!(decide(&mut state, START), Decision::Start(_)));
}

#[test]
fn an_adopted_session_that_has_expired_is_an_error() {
    let mut state = state();
    let login = permit(&mut state, START);
    state.finish_acquired(login, Ok(adopted(START, 0)), START).unwrap_err();
    assert_eq!(state.status(START).phase, Phase::None);
}
