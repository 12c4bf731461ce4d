//! One client for each wish.

use kaltura_client::auth::SessionRequest;
use kaltura_client::{CallError, ErrorKind};
use serde_json::json;

use crate::scene::{BlockingScene, Scene, ks, list};
use crate::server::Reply;

fn user(number: u32) -> SessionRequest {
    SessionRequest::new().user_id(format!("user-{number}"))
}

#[test]
fn two_hundred_tasks_of_twenty_users_log_in_twenty_times() {
    let scene = Scene::new([]);
    let tasks = (0..200).map(|task| {
        let client = scene.client.login_as(user(task % 20)).unwrap();
        async move { client.call(&list()).await }
    });
    let answers = scene.clock.run(futures_util::future::join_all(tasks));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((scene.source.logins(), scene.server.sent().len()), (20, 200));
}

#[test]
fn a_refusal_of_one_is_none_of_the_others() {
    let scene = Scene::new([]);
    let (alice, bob) = (scene.client.login_as(user(1)).unwrap(), scene.client.login_as(user(2)).unwrap());
    scene.clock.run(alice.call(&list())).unwrap();
    scene.clock.run(bob.call(&list())).unwrap();
    scene.server.reply([Reply::invalid_ks("EXPIRED")]);
    scene.clock.run(alice.call(&list())).unwrap();
    scene.clock.run(bob.call(&list())).unwrap();
    let sessions = scene.server.sessions();
    assert_eq!(sessions, [1, 2, 1, 3, 2].map(|login| Some(ks(login))));
}

#[test]
fn the_pool_has_a_bound_and_lets_the_least_recently_used_go() {
    let scene = Scene::built([], |builder| builder.pool_bound(2));
    let call = |number| {
        let client = scene.client.login_as(user(number)).unwrap();
        scene.clock.run(client.call(&list())).unwrap();
        scene.source.logins()
    };
    assert_eq!([call(1), call(2), call(1)], [1, 2, 2]);
    assert_eq!(call(3), 3, "the second is let go");
    assert_eq!([call(1), call(3)], [3, 3]);
    assert_eq!(call(2), 4);
}

#[test]
fn who_still_has_a_client_that_was_let_go_goes_on_with_it() {
    let scene = Scene::built([], |builder| builder.pool_bound(1));
    let first = scene.client.login_as(user(1)).unwrap();
    scene.clock.run(first.call(&list())).unwrap();
    let second = scene.client.login_as(user(2)).unwrap();
    scene.clock.run(first.call(&list())).unwrap();
    scene.clock.run(second.call(&list())).unwrap();
    assert_eq!(scene.server.sessions(), [1, 1, 2].map(|login| Some(ks(login))));
}

#[test]
fn the_others_are_made_like_the_first() {
    let scene = Scene::built([Reply::invalid_ks("EXCEEDED_ACTIONS_LIMIT")], |builder| {
        builder.client_tag("importer").renew_when_actions_used_up(false)
    });
    let other = scene.client.login_as(user(1)).unwrap();
    assert!(scene.clock.run(other.call(&list())).is_err());
    assert_eq!(scene.server.sent()[0].parameters["clientTag"], json!("importer"));
    assert_eq!(scene.server.sent().len(), 1);
}

#[test]
fn a_source_that_takes_no_wishes_says_so() {
    let clock = crate::clock::HandClock::new();
    let scene = Scene::on(&clock, [], |source| source.without_requests(), |builder| builder);
    let error = scene.client.login_as(user(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert_eq!(error.call_error(), Some(&CallError::NoRequests));
}

#[test]
fn threads_share_it_too() {
    let scene = BlockingScene::new([]);
    std::thread::scope(|scope| {
        for task in 0..200 {
            let client = scene.client.clone();
            scope.spawn(move || client.login_as(user(task % 20)).unwrap().call(&list()).unwrap());
        }
    });
    assert_eq!((scene.source.logins(), scene.server.sent().len()), (20, 200));
}
