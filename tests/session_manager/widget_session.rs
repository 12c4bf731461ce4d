//! The widget session is reused while it is valid, and replaced past the server's response cache when it is not.

use kaltura_auth::ErrorKind;
use kaltura_auth::manager::SessionManager;
use kaltura_testing::runtime::SpawnMode;
use serde_json::json;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, ready_now, seconds};
use super::network::Behavior;

/// For each request of a widget session, whether it bypassed the server's cache.
fn bypassed_cache(fixture: &Fixture) -> Vec<bool> {
    let sent = fixture.network.sent();
    let widget = sent.iter().filter(|sent| sent.action == START_WIDGET_SESSION);
    widget.map(|sent| sent.parameters().get("nocache") == Some(&json!(1))).collect()
}

#[test]
fn expired_widget_session_from_the_cache_is_replaced_by_an_uncached_one() {
    let fixture = Fixture::with_short_widget_sessions().with_cache(true);
    // Another manager has filled the cache.
    fixture.run(fixture.manager().session()).unwrap();
    fixture.advance(seconds(400));
    let manager = fixture.manager();
    let before = fixture.network.count();
    assert!(fixture.run(manager.session()).is_ok());
    assert_eq!(fixture.network.count() - before, 4);
    assert_eq!(bypassed_cache(&fixture), [false, false, true]);
}

#[test]
fn expired_widget_session_is_replaced_during_a_renewal() {
    for cache in [false, true] {
        let fixture = Fixture::with_short_widget_sessions().with_cache(cache);
        let manager = fixture.manager();
        let old = fixture.run(manager.session()).unwrap();
        fixture.advance(seconds(3590));
        assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
        fixture.runtime.run_until_idle();
        assert!(!is_same(&ready_now(manager.session()).unwrap(), &old));
        assert_eq!(
            (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
            (2, 3)
        );
        assert_eq!(bypassed_cache(&fixture), [false, true]);
    }
}

#[test]
fn refused_connection_keeps_the_widget_session() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    fixture.network.on_next(START_SESSION, Behavior::Refuse);
    fixture.run(manager.session()).unwrap_err();
    fixture.advance(seconds(1));
    fixture.run(manager.session()).unwrap();
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 2)
    );
}

#[test]
fn login_after_a_refusal_bypasses_the_cache() {
    let fixture = Fixture::new().with_cache(true);
    let manager = fixture.manager();
    let id = fixture.emulator.app_token().id().clone();
    fixture.emulator.disable_token(&id).unwrap();
    assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
    fixture.emulator.enable_token(&id).unwrap();
    // The server's cache would repeat that error for two minutes, and the widget session for ten.
    fixture.advance(seconds(61));
    assert!(fixture.run(manager.session()).is_ok());
    assert_eq!(bypassed_cache(&fixture), [false, true]);
}

#[test]
fn login_through_the_cache_repeats_the_error() {
    // Shows that the test above depends on bypassing the cache.
    let fixture = Fixture::new().with_cache(true);
    let id = fixture.emulator.app_token().id().clone();
    fixture.emulator.disable_token(&id).unwrap();
    fixture.run(fixture.manager().session()).unwrap_err();
    fixture.emulator.enable_token(&id).unwrap();
    fixture.advance(seconds(61));
    assert!(fixture.run(fixture.manager().session()).is_err());
}

#[test]
fn widget_session_is_replaced_before_its_expiry() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    for _ in 0..25 {
        fixture.run(manager.session()).unwrap();
        fixture.advance(seconds(3600));
    }
    fixture.run(manager.session()).unwrap();
    assert_eq!(bypassed_cache(&fixture), [false, false], "a new one after a day, through the cache");
    assert_eq!(fixture.network.count_of(START_SESSION), 26);
}

#[test]
fn widget_session_is_shared_by_clones_of_the_source() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    let source = fixture.source();
    for _ in 0..3 {
        let manager = SessionManager::new(source.clone(), fixture.runtime.clone());
        fixture.run(manager.session()).unwrap();
    }
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 3)
    );
}
