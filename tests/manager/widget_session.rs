//! The widget session is reused as long as it is good, and the server's cache is outwitted when it is not.

use kaltura_auth::ErrorKind;
use kaltura_auth::manager::SessionManager;
use kaltura_testing::runtime::SpawnMode;
use serde_json::json;

use super::stage::{START, Stage, WIDGET, at_once, is_same, seconds};
use super::wire::Part;

/// Which of the requests for a widget session went past the server's cache.
fn uncached(stage: &Stage) -> Vec<bool> {
    let sent = stage.wire.sent();
    let widget = sent.iter().filter(|sent| sent.action == WIDGET);
    widget.map(|sent| sent.parameters().get("nocache") == Some(&json!(1))).collect()
}

#[test]
fn one_that_arrives_dead_from_the_cache_is_replaced_by_one_past_the_cache() {
    let stage = Stage::with_short_widget_sessions().with_cache(true);
    // Somebody else has filled the cache.
    stage.run(stage.manager().session()).unwrap();
    stage.pass(seconds(400));
    let manager = stage.manager();
    let before = stage.wire.count();
    assert!(stage.run(manager.session()).is_ok());
    assert_eq!(stage.wire.count() - before, 4);
    assert_eq!(uncached(&stage), [false, false, true]);
}

#[test]
fn one_that_has_died_since_is_replaced_on_the_way() {
    for cache in [false, true] {
        let stage = Stage::with_short_widget_sessions().with_cache(cache);
        let manager = stage.manager();
        let old = stage.run(manager.session()).unwrap();
        stage.pass(seconds(3590));
        assert!(is_same(&at_once(manager.session()).unwrap(), &old));
        stage.runtime.run_until_idle();
        assert!(!is_same(&at_once(manager.session()).unwrap(), &old));
        assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (2, 3));
        assert_eq!(uncached(&stage), [false, true]);
    }
}

#[test]
fn a_broken_connection_says_nothing_against_it() {
    let stage = Stage::new();
    let manager = stage.manager();
    stage.wire.play(START, Part::Break);
    stage.run(manager.session()).unwrap_err();
    stage.pass(seconds(1));
    stage.run(manager.session()).unwrap();
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2));
}

#[test]
fn after_a_refusal_the_cache_gives_neither_the_same_one_nor_the_same_error_again() {
    let stage = Stage::new().with_cache(true);
    let manager = stage.manager();
    let id = stage.emulator.app_token().id().clone();
    stage.emulator.disable_token(&id).unwrap();
    assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
    stage.emulator.enable_token(&id).unwrap();
    // The server's cache would repeat that error for two minutes, and give the widget session for ten.
    stage.pass(seconds(61));
    assert!(stage.run(manager.session()).is_ok());
    assert_eq!(uncached(&stage), [false, true]);
}

#[test]
fn a_manager_without_such_cunning_would_be_told_the_same_error_again() {
    // Otherwise the test above proves nothing.
    let stage = Stage::new().with_cache(true);
    let id = stage.emulator.app_token().id().clone();
    stage.emulator.disable_token(&id).unwrap();
    stage.run(stage.manager().session()).unwrap_err();
    stage.emulator.enable_token(&id).unwrap();
    stage.pass(seconds(61));
    assert!(stage.run(stage.manager().session()).is_err());
}

#[test]
fn it_is_given_up_before_its_own_end() {
    let stage = Stage::new();
    let manager = stage.manager();
    for _ in 0..25 {
        stage.run(manager.session()).unwrap();
        stage.pass(seconds(3600));
    }
    stage.run(manager.session()).unwrap();
    assert_eq!(uncached(&stage), [false, false], "a day later a new one, and no need to avoid the cache");
    assert_eq!(stage.wire.count_of(START), 26);
}

#[test]
fn it_is_shared_with_a_manager_made_from_a_clone_of_the_source() {
    let stage = Stage::new().with_spawn_mode(SpawnMode::Decline);
    let source = stage.source();
    for _ in 0..3 {
        let manager = SessionManager::new(source.clone(), stage.runtime.clone());
        stage.run(manager.session()).unwrap();
    }
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 3));
}
