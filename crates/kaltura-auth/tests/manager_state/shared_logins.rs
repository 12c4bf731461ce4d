//! One login at a time: how it ends, and what happens to a late result.

use std::sync::Arc;

use kaltura_auth::manager::state::Decision;
use kaltura_auth::manager::{Event, InvalidReason};

use super::fixtures::*;

#[test]
fn late_finish_of_an_abandoned_permit_changes_nothing() {
    let mut state = state();
    let old = permit(&mut state, START);
    assert!(state.abandon(old.id()));
    assert!(!state.abandon(old.id()));
    let new = permit(&mut state, START);
    assert_ne!(old.id(), new.id());
    assert!(!state.abandon(old.id()), "the old permit does not abandon the new login");

    state.finish(old, Err(permanent("old")), START).unwrap_err();
    assert!(
        matches!(decide(&mut state, START), Decision::Join),
        "the new login continues, without a backoff"
    );
    let session = state.finish(new, Ok(issued(START, 60)), START).unwrap();
    assert!(Arc::ptr_eq(&used(decide(&mut state, START)), &session));
}

#[test]
fn a_late_success_is_not_published() {
    let mut state = state();
    let old = permit(&mut state, START);
    state.abandon(old.id());
    let session = log_in(&mut state, START, 60);
    let late = state.finish(old, Ok(issued(START, 3600)), START).expect("callers that wait for it get it");
    assert!(!Arc::ptr_eq(&late, &session));
    assert!(Arc::ptr_eq(&used(decide(&mut state, START)), &session));
}

#[test]
fn a_cancelled_login_starts_no_backoff() {
    let mut state = state();
    for _ in 0..3 {
        let permit = permit(&mut state, START);
        state.abandon(permit.id());
    }
    assert!(matches!(decide(&mut state, START), Decision::Start(_)));
}

#[test]
fn after_a_cancelled_renewal_the_next_caller_renews() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let first = permit(&mut state, stale);
    assert!(matches!(decide(&mut state, stale), Decision::Use(_)));
    state.abandon(first.id());
    assert!(matches!(decide(&mut state, stale), Decision::UseAndRenew(..)));
}

#[test]
fn a_login_started_before_an_invalidation_is_published() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let permit = permit(&mut state, stale);
    assert!(state.invalidate(&session, InvalidReason::LoggedOut, stale));
    assert!(matches!(decide(&mut state, stale), Decision::Join));
    let new = state.finish(permit, Ok(issued(stale, 3600)), stale).unwrap();
    assert!(Arc::ptr_eq(&used(decide(&mut state, stale)), &new));
}

#[test]
fn a_late_invalidation_does_not_drop_a_new_session() {
    let mut state = state();
    let old = log_in(&mut state, START, 3600);
    assert!(state.invalidate(&old, InvalidReason::Expired, START));
    let new = log_in(&mut state, START, 3600);
    // Sessions are compared by pointer, not by their KS or their content.
    assert!(!state.invalidate(&old, InvalidReason::Expired, START));
    assert!(!state.invalidate(&Arc::new((*new).clone()), InvalidReason::Expired, START));
    assert!(Arc::ptr_eq(&used(decide(&mut state, START)), &new));
}

#[test]
fn a_lost_permit_blocks_callers_no_longer_than_the_login_timeout() {
    let mut state = state();
    let lost = permit(&mut state, START);
    assert!(matches!(decide(&mut state, later(START, milliseconds(29_999))), Decision::Join));
    state.take_events();
    let now = later(START, seconds(30));
    assert!(matches!(decide(&mut state, now), Decision::Start(_)));
    let events = state.take_events();
    let [Event::LoginFailed { renewal: false, took, error }, Event::LoginStarted { .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*took, error.is_retryable()), (seconds(30), true));
    drop(lost);
}

#[test]
fn a_lost_renewal_is_started_again() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3520));
    drop(permit(&mut state, stale));
    assert!(matches!(decide(&mut state, later(stale, seconds(29))), Decision::Use(_)));
    assert!(matches!(decide(&mut state, later(stale, seconds(30))), Decision::UseAndRenew(..)));
}
