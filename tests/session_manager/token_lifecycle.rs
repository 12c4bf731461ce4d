//! How an app token limits its sessions: short lifetimes, its own expiry, and being disabled, deleted or ended.

use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{Event, InvalidReason, Phase, SessionManager, observer_fn};
use kaltura_auth::{Adjustment, ErrorKind};
use kaltura_emulator::AppTokenSeed;
use kaltura_types::Lifetime;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, ready_now, seconds, start_time};

#[test]
fn session_expired_on_arrival_is_an_error_and_not_retried_during_the_backoff() {
    for cache in [false, true] {
        let fixture = Fixture::with_token(AppTokenSeed::new().duration(0)).with_cache(cache);
        let manager = fixture.manager();
        for _ in 0..30 {
            let error = fixture.run(manager.session()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ExpiredOnArrival);
            assert!(error.hint().contains("session duration"));
            fixture.advance(seconds(1));
        }
        assert_eq!(fixture.network.count(), 2);
        assert!(manager.fresh().is_none() && manager.status().phase == Phase::None);
    }
}

#[test]
fn lifetime_beyond_that_of_the_token_is_shortened_and_reported() {
    let fixture = Fixture::with_token(AppTokenSeed::new().duration(600)).with_lifetime(86_400);
    let manager = fixture.manager();
    let session = fixture.run(manager.session()).unwrap();
    let asked = Lifetime::seconds(86_400);
    assert_eq!(
        session.adjustments(),
        [Adjustment::ShorterLifetime { requested: asked, granted_seconds: 600 }]
    );
    assert_eq!(manager.status().remaining, Some(seconds(600)));
    fixture.advance(seconds(599));
    assert!(is_same(&ready_now(manager.session()).unwrap(), &session));
    fixture.runtime.run_until_idle();
    assert!(
        !is_same(&ready_now(manager.session()).unwrap(), &session),
        "renewed by the granted expiry, not the requested lifetime"
    );
}

/// A manager, and the events that its observer receives.
fn manager_with_events(fixture: &Fixture) -> (SessionManager, Arc<Mutex<Vec<Event>>>) {
    let events = Arc::<Mutex<Vec<Event>>>::default();
    let observed = Arc::clone(&events);
    let manager = SessionManager::builder(fixture.source(), fixture.runtime.clone())
        .observer(observer_fn(move |event, _| observed.lock().unwrap().push(event.clone())))
        .build();
    (manager, events)
}

#[test]
fn end_of_the_token_is_reported_once_and_the_last_session_is_used_until_its_expiry() {
    let end = start_time().plus_seconds(7200);
    let fixture = Fixture::with_token(AppTokenSeed::new().duration(3600).expiry(end));
    let (manager, events) = manager_with_events(&fixture);
    for second in 0..7200 {
        let result = fixture.run(manager.session());
        assert!(result.is_ok(), "second {second}: {result:?}");
        fixture.runtime.run_until_idle();
        fixture.advance(seconds(1));
    }
    let ending = |event: &&Event| matches!(event, Event::TokenEnding { .. });
    assert_eq!(events.lock().unwrap().iter().filter(ending).count(), 1);
    fixture.advance(seconds(1));
    assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenExpired);
    assert!(
        fixture.network.count_of(START_SESSION) <= 6,
        "{} logins",
        fixture.network.count_of(START_SESSION)
    );
    assert_eq!(fixture.network.count_of(START_WIDGET_SESSION), 1);
}

#[test]
fn disabled_token_keeps_its_session_until_expiry_and_works_again_when_enabled() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let id = fixture.emulator.app_token().id().clone();
    let session = fixture.run(manager.session()).unwrap();
    fixture.emulator.disable_token(&id).unwrap();
    fixture.advance(seconds(3599));
    assert!(is_same(&fixture.run(manager.session()).unwrap(), &session));
    fixture.runtime.run_until_idle();
    fixture.advance(seconds(1));
    assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
    fixture.emulator.enable_token(&id).unwrap();
    fixture.advance(seconds(60));
    assert!(fixture.run(manager.session()).is_ok(), "the backoff after a permanent failure ends");
}

#[test]
fn deleted_token_is_an_error_after_its_session_is_invalidated() {
    for cache in [false, true] {
        let fixture = Fixture::new().with_cache(cache);
        let manager = fixture.manager();
        let session = fixture.run(manager.session()).unwrap();
        fixture.emulator.delete_token(fixture.emulator.app_token().id()).unwrap();
        assert!(manager.invalidate(&session, InvalidReason::LoggedOut));
        for _ in 0..10 {
            assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotFound);
        }
        // One more login; where its widget session is refused too, a second one.
        assert!(fixture.network.count() <= 4, "{} requests", fixture.network.count());
    }
}

#[test]
fn ended_group_is_detected_with_one_more_login() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let first = fixture.run(manager.session()).unwrap();
    fixture.emulator.end_session(first.ks()).unwrap();
    // Every call is refused with LOGOUT.
    for _ in 0..1000 {
        match fixture.run(manager.session()) {
            Ok(session) => drop(manager.invalidate(&session, InvalidReason::LoggedOut)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::TokenGroupEnded),
        }
    }
    assert_eq!(fixture.network.count_of(START_SESSION), 2);
    assert!(manager.status().next_try.unwrap() > seconds(20));
}

#[test]
fn session_that_was_ended_once_is_replaced_once() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let first = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(600));
    assert!(manager.invalidate(&first, InvalidReason::LoggedOut));
    let second = fixture.run(manager.session()).unwrap();
    for _ in 0..100 {
        assert!(
            !manager.invalidate(&first, InvalidReason::LoggedOut),
            "a late invalidation of the first session"
        );
        assert!(is_same(&ready_now(manager.session()).unwrap(), &second));
    }
    assert_eq!(fixture.network.count_of(START_SESSION), 2);
}
