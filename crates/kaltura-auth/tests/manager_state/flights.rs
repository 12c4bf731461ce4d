//! One login at a time: what ends it, and what comes too late.

use std::sync::Arc;

use kaltura_auth::manager::state::Decision;
use kaltura_auth::manager::{Event, InvalidReason};

use super::making::*;

#[test]
fn late_finish_of_an_abandoned_ticket_changes_nothing() {
    let mut state = state();
    let old = permit(&mut state, START);
    assert!(state.abandon(old.id()));
    assert!(!state.abandon(old.id()));
    let new = permit(&mut state, START);
    assert_ne!(old.id(), new.id());
    assert!(!state.abandon(old.id()), "the new flight is not the old one's to abandon");

    state.finish(old, Err(permanent("old")), START).unwrap_err();
    assert!(matches!(ask(&mut state, START), Decision::Join), "the new flight goes on, the gate is open");
    let session = state.finish(new, Ok(grant(START, 60)), START).unwrap();
    assert!(Arc::ptr_eq(&used(ask(&mut state, START)), &session));
}

#[test]
fn a_late_success_is_not_published_either() {
    let mut state = state();
    let old = permit(&mut state, START);
    state.abandon(old.id());
    let session = log_in(&mut state, START, 60);
    let late =
        state.finish(old, Ok(grant(START, 3600)), START).expect("it is for those caller waited for it");
    assert!(!Arc::ptr_eq(&late, &session));
    assert!(Arc::ptr_eq(&used(ask(&mut state, START)), &session));
}

#[test]
fn a_cancelled_flight_does_not_close_the_gate() {
    let mut state = state();
    for _ in 0..3 {
        let permit = permit(&mut state, START);
        state.abandon(permit.id());
    }
    assert!(matches!(ask(&mut state, START), Decision::Start(_)));
}

#[test]
fn a_cancelled_renewal_elects_the_next_caller() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let first = permit(&mut state, stale);
    assert!(matches!(ask(&mut state, stale), Decision::Use(_)));
    state.abandon(first.id());
    assert!(matches!(ask(&mut state, stale), Decision::UseAndRenew(..)));
}

#[test]
fn a_flight_begun_before_an_invalidation_is_published() {
    let mut state = state();
    let session = log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3590));
    let permit = permit(&mut state, stale);
    assert!(state.invalidate(&session, InvalidReason::LoggedOut, stale));
    assert!(matches!(ask(&mut state, stale), Decision::Join));
    let new = state.finish(permit, Ok(grant(stale, 3600)), stale).unwrap();
    assert!(Arc::ptr_eq(&used(ask(&mut state, stale)), &new));
}

#[test]
fn a_late_invalidation_does_not_drop_a_new_session() {
    let mut state = state();
    let old = log_in(&mut state, START, 3600);
    assert!(state.invalidate(&old, InvalidReason::Expired, START));
    let new = log_in(&mut state, START, 3600);
    // The same KS text, even the same content: it is the very session that counts.
    assert!(!state.invalidate(&old, InvalidReason::Expired, START));
    assert!(!state.invalidate(&Arc::new((*new).clone()), InvalidReason::Expired, START));
    assert!(Arc::ptr_eq(&used(ask(&mut state, START)), &new));
}

#[test]
fn a_ticket_that_is_lost_blocks_nobody_for_longer_than_a_flight_may_take() {
    let mut state = state();
    let lost = permit(&mut state, START);
    assert!(matches!(ask(&mut state, later(START, milliseconds(29_999))), Decision::Join));
    state.take_events();
    let now = later(START, seconds(30));
    assert!(matches!(ask(&mut state, now), Decision::Start(_)));
    let events = state.take_events();
    let [Event::LoginFailed { renewal: false, took, error }, Event::LoginStarted { .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*took, error.is_retryable()), (seconds(30), true));
    drop(lost);
}

#[test]
fn a_renewal_that_is_lost_is_begun_anew() {
    let mut state = state();
    log_in(&mut state, START, 3600);
    let stale = later(START, seconds(3520));
    drop(permit(&mut state, stale));
    assert!(matches!(ask(&mut state, later(stale, seconds(29))), Decision::Use(_)));
    assert!(matches!(ask(&mut state, later(stale, seconds(30))), Decision::UseAndRenew(..)));
}
