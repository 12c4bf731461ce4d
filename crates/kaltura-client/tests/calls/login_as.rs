//! One client for each session request.

use kaltura_client::auth::SessionRequest;
use kaltura_client::{CallError, ErrorKind};
use serde_json::json;

use crate::fixture::{BlockingFixture, Fixture, ks, list};
use crate::server::Reply;

fn user(number: u32) -> SessionRequest {
    SessionRequest::new().user_id(format!("user-{number}"))
}

#[test]
fn two_hundred_tasks_of_twenty_users_log_in_twenty_times() {
    let fixture = Fixture::new([]);
    let tasks = (0..200).map(|task| {
        let client = fixture.client.login_as(user(task % 20)).unwrap();
        async move { client.call(&list()).await }
    });
    let results = fixture.clock.run(futures_util::future::join_all(tasks));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (20, 200));
}

#[test]
fn a_refused_session_of_one_user_does_not_affect_the_others() {
    let fixture = Fixture::new([]);
    let (alice, bob) = (fixture.client.login_as(user(1)).unwrap(), fixture.client.login_as(user(2)).unwrap());
    fixture.clock.run(alice.call(&list())).unwrap();
    fixture.clock.run(bob.call(&list())).unwrap();
    fixture.server.reply([Reply::invalid_ks("EXPIRED")]);
    fixture.clock.run(alice.call(&list())).unwrap();
    fixture.clock.run(bob.call(&list())).unwrap();
    let sessions = fixture.server.sessions();
    assert_eq!(sessions, [1, 2, 1, 3, 2].map(|login| Some(ks(login))));
}

#[test]
fn a_full_pool_evicts_the_least_recently_used_client() {
    let fixture = Fixture::with_builder([], |builder| builder.max_pooled_sessions(2));
    let call = |number| {
        let client = fixture.client.login_as(user(number)).unwrap();
        fixture.clock.run(client.call(&list())).unwrap();
        fixture.source.logins()
    };
    assert_eq!([call(1), call(2), call(1)], [1, 2, 2]);
    assert_eq!(call(3), 3, "the second is evicted");
    assert_eq!([call(1), call(3)], [3, 3]);
    assert_eq!(call(2), 4);
}

#[test]
fn an_evicted_client_keeps_working() {
    let fixture = Fixture::with_builder([], |builder| builder.max_pooled_sessions(1));
    let first = fixture.client.login_as(user(1)).unwrap();
    fixture.clock.run(first.call(&list())).unwrap();
    let second = fixture.client.login_as(user(2)).unwrap();
    fixture.clock.run(first.call(&list())).unwrap();
    fixture.clock.run(second.call(&list())).unwrap();
    assert_eq!(fixture.server.sessions(), [1, 1, 2].map(|login| Some(ks(login))));
}

#[test]
fn all_clients_have_the_same_settings() {
    let fixture = Fixture::with_builder([Reply::invalid_ks("EXCEEDED_ACTIONS_LIMIT")], |builder| {
        builder.client_tag("importer").renew_on_actions_limit(false)
    });
    let other = fixture.client.login_as(user(1)).unwrap();
    assert!(fixture.clock.run(other.call(&list())).is_err());
    assert_eq!(fixture.server.sent()[0].parameters["clientTag"], json!("importer"));
    assert_eq!(fixture.server.sent().len(), 1);
}

#[test]
fn a_source_without_session_requests_is_an_error() {
    let clock = crate::clock::ManualClock::new();
    let fixture = Fixture::with_source(&clock, |source| source.without_requests());
    let error = fixture.client.login_as(user(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert_eq!(error.call_error(), Some(&CallError::SessionRequestsUnsupported));
}

#[test]
fn the_blocking_client_shares_sessions_too() {
    let fixture = BlockingFixture::new([]);
    std::thread::scope(|scope| {
        for task in 0..200 {
            let client = fixture.client.clone();
            scope.spawn(move || client.login_as(user(task % 20)).unwrap().call(&list()).unwrap());
        }
    });
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (20, 200));
}
