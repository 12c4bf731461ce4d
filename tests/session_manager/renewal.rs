//! Renewal of a session near its expiry: which callers wait for it, and how many requests it costs.

use std::sync::Arc;
use std::task::Poll;

use kaltura_auth::manager::InvalidReason;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, poll, ready_now, seconds};
use super::network::Behavior;

/// Shortly before the expiry of a session of one hour, in seconds: a caller is elected to renew it.
const RENEWAL_TIME: u64 = 3550;

#[test]
fn fresh_session_is_ready_at_the_first_poll() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    let manager = fixture.manager();
    assert!(manager.fresh().is_none());
    let session = fixture.run(manager.session()).unwrap();
    assert!(is_same(&ready_now(manager.session()).unwrap(), &session));
    assert!(is_same(&manager.fresh().unwrap(), &session));
    assert!(is_same(&ready_now(manager.clone().session_valid_for(seconds(3000))).unwrap(), &session));
}

#[test]
fn with_spawning_a_renewal_costs_one_request_and_delays_no_caller() {
    for cache in [false, true] {
        let fixture = Fixture::new().with_cache(cache);
        fixture.network.respond_after_polls(5);
        let manager = fixture.manager();
        let old = fixture.run(manager.session()).unwrap();
        fixture.advance(seconds(RENEWAL_TIME));
        for _ in 0..10_000 {
            assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
        }
        assert_eq!((fixture.runtime.task_count(), fixture.network.count()), (1, 2));
        fixture.runtime.run_until_idle();
        assert_eq!(
            (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
            (1, 2)
        );
        let new = ready_now(manager.session()).unwrap();
        assert!(!is_same(&new, &old));
        assert_ne!(new.ks(), old.ks());
        assert_eq!((fixture.runtime.task_count(), fixture.runtime.sleeper_count()), (0, 0));
    }
}

#[test]
fn without_spawning_only_the_elected_caller_waits() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(5);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    for _ in 0..10_000 {
        assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
    }
    let new = fixture.run(elected).unwrap();
    assert!(!is_same(&new, &old));
    assert!(is_same(&ready_now(manager.session()).unwrap(), &new));
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 2)
    );
}

#[test]
fn failed_renewal_keeps_the_session_and_is_retried_later() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        let fixture = Fixture::new().with_spawn_mode(spawning);
        let manager = fixture.manager();
        let old = fixture.run(manager.session()).unwrap();
        fixture.advance(seconds(RENEWAL_TIME));
        fixture.network.on_next(START_SESSION, Behavior::Refuse);
        assert!(is_same(&fixture.run(manager.session()).unwrap(), &old), "the elected caller gets it too");
        fixture.runtime.run_until_idle();
        assert_eq!(fixture.network.count(), 3);
        assert!(is_same(&ready_now(manager.session()).unwrap(), &old), "during the backoff no caller waits");
        assert_eq!(fixture.network.count(), 3);
        fixture.advance(seconds(1));
        fixture.run(manager.session()).unwrap();
        fixture.runtime.run_until_idle();
        assert!(!is_same(&ready_now(manager.session()).unwrap(), &old));
    }
}

#[test]
fn permanently_failing_renewal_keeps_the_session_until_its_expiry() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.emulator.disable_token(fixture.emulator.app_token().id()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    for _ in 0..49 {
        assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
        fixture.runtime.run_until_idle();
        fixture.advance(seconds(1));
    }
    fixture.advance(seconds(1));
    assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), kaltura_auth::ErrorKind::TokenNotActive);
    assert!(fixture.network.count() <= 5, "{} requests", fixture.network.count());
}

#[test]
fn elected_caller_gets_the_error_if_the_session_was_invalidated_meanwhile() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(2);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    fixture.network.on_next(START_SESSION, Behavior::Refuse);
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    assert!(fixture.run(elected).is_err());
}

#[test]
fn next_caller_is_elected_when_the_elected_one_is_dropped() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(2);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    drop(elected);
    assert!(!is_same(&fixture.run(manager.session()).unwrap(), &old));
}

#[test]
fn later_caller_continues_a_renewal_that_is_not_polled() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Decline);
    fixture.network.respond_after_polls(2);
    let manager = fixture.manager();
    fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(3585));
    let mut elected = Box::pin(manager.session());
    assert!(poll(&mut elected).is_pending());
    fixture.advance(seconds(16));
    let session = fixture.run(manager.session()).unwrap();
    assert_eq!(fixture.network.count(), 3, "the renewal was continued, not restarted");
    let Poll::Ready(result) = poll(&mut elected) else { panic!("the login has ended") };
    assert!(is_same(&result.unwrap(), &session));
}

#[test]
fn runtime_that_drops_the_task_blocks_no_caller() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Drop);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
    fixture.advance(seconds(50));
    assert!(!is_same(&fixture.run(manager.session()).unwrap(), &old));
}

#[test]
fn runtime_that_runs_the_task_inside_spawn_renews() {
    let fixture = Fixture::new().with_spawn_mode(SpawnMode::Inline);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(RENEWAL_TIME));
    assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
    assert!(!is_same(&ready_now(manager.session()).unwrap(), &old), "the spawn call renewed it");
}

#[test]
fn session_valid_for_renews_and_other_callers_keep_the_session_meanwhile() {
    let fixture = Fixture::new();
    fixture.network.respond_after_polls(2);
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    fixture.advance(seconds(600));
    let mut long = Box::pin(manager.session_valid_for(seconds(3300)));
    assert!(poll(&mut long).is_pending());
    assert!(is_same(&ready_now(manager.session()).unwrap(), &old));
    let new = fixture.run(long).unwrap();
    assert!(is_same(&ready_now(manager.session()).unwrap(), &new));
}

#[test]
fn session_valid_for_longer_than_the_lifetime_is_an_error_without_further_requests() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    // In the renewal window of 5 minutes, each call would log in again.
    for needed in [3301, 3599, 3601] {
        let error = fixture.run(manager.session_valid_for(seconds(needed))).unwrap_err();
        assert_eq!(error.kind(), kaltura_auth::ErrorKind::SessionTooShort);
    }
    assert_eq!(fixture.network.count(), 2);
    assert!(fixture.run(manager.session_valid_for(seconds(3300))).is_ok());
    assert_eq!(fixture.network.count(), 2);
    assert!(ready_now(manager.session()).is_ok(), "other callers are not affected");
}

#[test]
fn invalidate_withdraws_the_fast_path() {
    let fixture = Fixture::new();
    let manager = fixture.manager();
    let old = fixture.run(manager.session()).unwrap();
    assert!(manager.invalidate(&old, InvalidReason::Expired));
    assert!(manager.fresh().is_none());
    let new = fixture.run(manager.session()).unwrap();
    assert!(!is_same(&old, &new));
    assert!(!manager.invalidate(&old, InvalidReason::Expired), "it is withdrawn once");
    assert!(manager.fresh().is_some());
    // Another value of the same grant, such as one from a store.
    assert!(manager.invalidate(&Arc::new((*new).clone()), InvalidReason::Expired));
    assert!(manager.fresh().is_none());
}
