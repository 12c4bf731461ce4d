//! What the app token does to its sessions: short lives, an end of its own, and other people.

use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{Event, InvalidReason, Phase, SessionManager};
use kaltura_auth::{Adjustment, ErrorKind};
use kaltura_emulator::AppTokenSeed;
use kaltura_types::Lifetime;

use super::stage::{START, Stage, WIDGET, at_once, is_same, seconds, unix_start};

#[test]
fn a_token_whose_sessions_are_dead_on_arrival_is_told_and_not_asked_again_and_again() {
    for cache in [false, true] {
        let stage = Stage::with_token(AppTokenSeed::new().duration(0)).with_cache(cache);
        let manager = stage.manager();
        for _ in 0..30 {
            let error = stage.run(manager.session()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
            assert!(error.hint().contains("session duration"));
            stage.pass(seconds(1));
        }
        assert_eq!(stage.wire.count(), 2);
        assert!(manager.fresh().is_none() && manager.status().phase == Phase::None);
    }
}

#[test]
fn a_lifetime_that_the_token_does_not_allow_is_cut_and_told() {
    let stage = Stage::with_token(AppTokenSeed::new().duration(600)).with_lifetime(86_400);
    let manager = stage.manager();
    let session = stage.run(manager.session()).unwrap();
    let asked = Lifetime::seconds(86_400);
    assert_eq!(session.adjustments(), [Adjustment::ShorterLife { asked, granted_seconds: 600 }]);
    assert_eq!(manager.status().remaining, Some(seconds(600)));
    stage.pass(seconds(599));
    assert!(is_same(&at_once(manager.session()).unwrap(), &session));
    stage.runtime.run_until_idle();
    assert!(!is_same(&at_once(manager.session()).unwrap(), &session), "renewed by its own end, not the wish");
}

/// All that the observer of this manager is told.
fn observed(stage: &Stage) -> (SessionManager, Arc<Mutex<Vec<Event>>>) {
    let log = Arc::<Mutex<Vec<Event>>>::default();
    let into = Arc::clone(&log);
    let manager = SessionManager::builder(stage.source(), stage.runtime.clone())
        .observer(move |event: &Event| into.lock().unwrap().push(event.clone()))
        .build();
    (manager, log)
}

#[test]
fn a_token_about_to_end_is_told_once_and_its_last_session_is_used_to_the_end() {
    let end = unix_start().plus_seconds(7200);
    let stage = Stage::with_token(AppTokenSeed::new().duration(3600).expiry(end));
    let (manager, log) = observed(&stage);
    for second in 0..7200 {
        let answer = stage.run(manager.session());
        assert!(answer.is_ok(), "second {second}: {answer:?}");
        stage.runtime.run_until_idle();
        stage.pass(seconds(1));
    }
    let ending = |event: &&Event| matches!(event, Event::TokenEnding { .. });
    assert_eq!(log.lock().unwrap().iter().filter(ending).count(), 1);
    stage.pass(seconds(1));
    assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenExpired);
    assert!(stage.wire.count_of(START) <= 6, "{} logins", stage.wire.count_of(START));
    assert_eq!(stage.wire.count_of(WIDGET), 1);
}

#[test]
fn a_token_that_is_disabled_serves_its_sessions_to_their_end_and_comes_back_when_it_is_enabled() {
    let stage = Stage::new();
    let manager = stage.manager();
    let id = stage.emulator.app_token().id().clone();
    let session = stage.run(manager.session()).unwrap();
    stage.emulator.disable_token(&id).unwrap();
    stage.pass(seconds(3599));
    assert!(is_same(&stage.run(manager.session()).unwrap(), &session));
    stage.runtime.run_until_idle();
    stage.pass(seconds(1));
    assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
    stage.emulator.enable_token(&id).unwrap();
    stage.pass(seconds(60));
    assert!(stage.run(manager.session()).is_ok(), "a permanent failure is not for ever");
}

#[test]
fn a_token_that_is_deleted_ends_its_sessions_and_gives_no_more() {
    for cache in [false, true] {
        let stage = Stage::new().with_cache(cache);
        let manager = stage.manager();
        let session = stage.run(manager.session()).unwrap();
        stage.emulator.delete_token(stage.emulator.app_token().id()).unwrap();
        assert!(manager.invalidate(&session, InvalidReason::LoggedOut));
        for _ in 0..10 {
            assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotFound);
        }
        // One renewed login; where its widget session is refused too, another one.
        assert!(stage.wire.count() <= 4, "{} requests", stage.wire.count());
    }
}

#[test]
fn a_group_that_was_ended_is_found_out_with_one_login_more() {
    let stage = Stage::new();
    let manager = stage.manager();
    let first = stage.run(manager.session()).unwrap();
    stage.emulator.end_session(first.ks()).unwrap();
    // Calls are refused with LOGOUT, whoever makes them, again and again.
    for _ in 0..1000 {
        match stage.run(manager.session()) {
            Ok(session) => drop(manager.invalidate(&session, InvalidReason::LoggedOut)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::TokenGroupEnded),
        }
    }
    assert_eq!(stage.wire.count_of(START), 2);
    assert!(manager.status().next_try.unwrap() > seconds(20));
}

#[test]
fn a_session_that_was_ended_once_is_replaced_once() {
    let stage = Stage::new();
    let manager = stage.manager();
    let first = stage.run(manager.session()).unwrap();
    stage.pass(seconds(600));
    assert!(manager.invalidate(&first, InvalidReason::LoggedOut));
    let second = stage.run(manager.session()).unwrap();
    for _ in 0..100 {
        assert!(!manager.invalidate(&first, InvalidReason::LoggedOut), "late news of the first");
        assert!(is_same(&at_once(manager.session()).unwrap(), &second));
    }
    assert_eq!(stage.wire.count_of(START), 2);
}
