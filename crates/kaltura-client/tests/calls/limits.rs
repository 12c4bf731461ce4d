//! How long a caller waits, and what goes on without him.

use std::time::Duration;

use kaltura_client::auth::TransportErrorKind::Connect;
use kaltura_client::auth::WireResponse;
use kaltura_client::auth::manager::Phase;
use kaltura_client::{CallError, CallOptions, ErrorKind};

use crate::clock::HandClock;
use crate::scene::{Scene, ks, list};
use crate::server::Reply;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn within(limit: Duration) -> CallOptions {
    CallOptions::new().timeout(limit)
}

#[test]
fn the_caller_waits_no_longer_than_he_said() {
    let scene = Scene::new([Reply::never()]);
    let error = scene.clock.run(scene.client.call_with(&list(), &within(seconds(5)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.call_error(), Some(&CallError::TimedOut { limit: seconds(5) }));
    assert_eq!(scene.clock.now(), seconds(5));
}

#[test]
fn his_limit_does_not_break_off_the_login() {
    let clock = HandClock::new();
    let scene = Scene::on(&clock, [], |source| source.taking(seconds(20)), |builder| builder);
    let error = scene.clock.run(scene.client.call_with(&list(), &within(seconds(5)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(scene.client.status().logging_in);
    // The next one waits for what is left of the same login.
    scene.call().unwrap();
    assert_eq!(scene.clock.now(), seconds(20));
    assert_eq!((scene.source.logins(), scene.server.sessions()), (1, vec![Some(ks(1))]));
}

#[test]
fn the_login_goes_on_with_nobody_there() {
    let clock = HandClock::new();
    let scene = Scene::on(&clock, [], |source| source.taking(seconds(20)), |builder| builder);
    assert!(scene.clock.run(scene.client.call_with(&list(), &within(seconds(5)))).is_err());
    scene.clock.advance(seconds(15));
    scene.clock.run_tasks();
    assert_eq!(scene.client.status().phase, Phase::Fresh);
    assert_eq!(scene.source.logins(), 1);
}

#[test]
fn without_a_runtime_that_runs_tasks_a_login_needs_somebody_who_waits() {
    let clock = HandClock::without_tasks();
    let scene = Scene::on(&clock, [], |source| source.taking(seconds(20)), |builder| builder);
    assert!(scene.clock.run(scene.client.call_with(&list(), &within(seconds(5)))).is_err());
    assert!(!scene.client.status().logging_in);
    scene.call().unwrap();
    assert_eq!(scene.clock.now(), seconds(25));
}

#[test]
fn his_limit_is_for_all_tries_together() {
    let broken = Reply::raw(503, "<html>").after(seconds(3));
    let scene = Scene::new([broken, Reply::never()]);
    scene.clock.set_random(0);
    let options = within(seconds(10)).repeatable();
    let error = scene.clock.run(scene.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let limits: Vec<_> = scene.server.sent().iter().map(|sent| sent.request.timeout()).collect();
    assert_eq!(limits, [Some(seconds(10)), Some(seconds(7))]);
    assert_eq!(scene.clock.now(), seconds(10));
}

#[test]
fn a_wait_that_he_would_not_live_to_see_the_end_of_is_not_begun() {
    let later = Reply::answer(WireResponse::new(503, "").with_header("Retry-After", "10"));
    let scene = Scene::new([later]);
    let options = within(seconds(8)).repeatable();
    let error = scene.clock.run(scene.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(scene.clock.now(), Duration::ZERO);
}

#[test]
fn each_request_has_the_limit_of_the_client_unless_the_caller_waits_less() {
    let scene = Scene::built([], |builder| builder.request_timeout(seconds(30)));
    scene.call().unwrap();
    scene.clock.run(scene.client.call_with(&list(), &within(seconds(90)))).unwrap();
    scene.clock.run(scene.client.call_with(&list(), &within(seconds(9)))).unwrap();
    let limits: Vec<_> = scene.server.sent().iter().map(|sent| sent.request.timeout()).collect();
    assert_eq!(limits, [Some(seconds(30)), Some(seconds(30)), Some(seconds(9))]);
    let scene = Scene::new([]);
    scene.call().unwrap();
    assert_eq!(scene.server.sent()[0].request.timeout(), Some(seconds(60)));
}

#[test]
fn a_dropped_call_leaves_nothing_behind() {
    let scene = Scene::new([Reply::never(), Reply::fail(Connect)]);
    let action = list();
    {
        let mut call = std::pin::pin!(scene.client.call(&action));
        let abandoned = futures_util::future::poll_immediate(call.as_mut());
        assert!(scene.clock.run(abandoned).is_none());
        scene.clock.run_tasks();
        assert!(scene.clock.run(futures_util::future::poll_immediate(call.as_mut())).is_none());
    }
    scene.call().unwrap();
    assert_eq!((scene.source.logins(), scene.server.sent().len()), (1, 3));
}
