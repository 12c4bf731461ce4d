//! The app token service refuses what the server would take for something else, without asking it.

use kaltura_client::types::{AppTokenDraft, AppTokenId, InvalidDraft, UnixTime};
use kaltura_client::{CallError, Error, ErrorKind};
use serde_json::{Value, json};

use crate::scene::{BlockingScene, PARTNER, Scene};
use crate::server::Reply;

fn token() -> Value {
    json!({"id": "0_abcdefgh", "token": "3f786850e387550fdab836ed7e6dc881", "partnerId": PARTNER.get(), "status": 2})
}

fn mistake_of(error: &Error) -> &InvalidDraft {
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    match error.call_error() {
        Some(CallError::Draft(mistake)) => mistake,
        other => panic!("{other:?}"),
    }
}

#[test]
fn zero_is_not_never() {
    let draft = || AppTokenDraft::new().expiry(UnixTime::from_seconds(0));
    let (scene, threads, id) = (Scene::new([]), BlockingScene::new([]), AppTokenId::new("0_a"));
    let (tokens, blocking) = (scene.client.app_tokens(), threads.client.app_tokens());
    for error in [
        scene.clock.run(tokens.add(draft())).unwrap_err(),
        scene.clock.run(tokens.update(&id, draft())).unwrap_err(),
        blocking.add(draft()).unwrap_err(),
        blocking.update(&id, draft()).unwrap_err(),
    ] {
        assert_eq!(mistake_of(&error), &InvalidDraft::RelativeExpiry { seconds: 0 });
        assert_eq!(error.service(), "appToken");
    }
    assert!(scene.server.sent().is_empty() && threads.server.sent().is_empty());
}

#[test]
fn a_new_token_is_hashed_with_sha256_and_has_nothing_that_was_not_said() {
    let (scene, threads) = (Scene::new([Reply::json(token())]), BlockingScene::new([Reply::json(token())]));
    scene.clock.run(scene.client.app_tokens().add(AppTokenDraft::new())).unwrap();
    threads.client.app_tokens().add(AppTokenDraft::new()).unwrap();
    for server in [&scene.server, &threads.server] {
        let sent = server.sent();
        assert_eq!(
            sent[0].parameters["appToken"],
            json!({"hashType": "SHA256", "objectType": "KalturaAppToken"})
        );
        assert_eq!(sent[0].names(), ["appToken", "clientTag", "format", "ks"]);
    }
}

#[test]
fn a_changed_token_keeps_what_is_not_mentioned() {
    let scene = Scene::new([Reply::json(token())]);
    let draft = AppTokenDraft::new().description("d");
    scene.clock.run(scene.client.app_tokens().update(&AppTokenId::new("0_a"), draft)).unwrap();
    let sent = scene.server.sent();
    assert_eq!(sent[0].parameters["appToken"], json!({"description": "d", "objectType": "KalturaAppToken"}));
    assert_eq!(sent[0].parameters["id"], "0_a");
}

#[test]
fn a_list_ends_with_the_first_error_in_both_clients() {
    use futures_util::StreamExt as _;
    let (scene, threads) = (
        Scene::new([Reply::error("SERVICE_FORBIDDEN")]),
        BlockingScene::new([Reply::error("SERVICE_FORBIDDEN")]),
    );
    let all: Vec<_> = scene.clock.run(scene.client.app_tokens().list(Default::default()).collect());
    let blocking: Vec<_> = threads.client.app_tokens().list(Default::default()).collect();
    for tokens in [all, blocking] {
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].as_ref().unwrap_err().kind(), ErrorKind::Forbidden);
    }
    assert_eq!((scene.server.sent().len(), threads.server.sent().len()), (1, 1));
}
