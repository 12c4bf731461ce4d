//! The app token service: invalid drafts are not sent, and what valid ones send.

use kaltura_client::types::{AppTokenDraft, AppTokenId, InvalidDraft, UnixTime};
use kaltura_client::{CallError, Error, ErrorKind};
use serde_json::{Value, json};

use crate::fixture::{BlockingFixture, Fixture, PARTNER};
use crate::server::Reply;

fn token() -> Value {
    json!({"id": "0_abcdefgh", "token": "3f786850e387550fdab836ed7e6dc881", "partnerId": PARTNER.get(), "status": 2})
}

fn draft_error(error: &Error) -> &InvalidDraft {
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    match error.call_error() {
        Some(CallError::Draft(invalid)) => invalid,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_expiry_of_zero_is_refused() {
    let draft = || AppTokenDraft::new().expiry(UnixTime::from_seconds(0));
    let (fixture, blocking, id) = (Fixture::new([]), BlockingFixture::new([]), AppTokenId::new("0_a"));
    let (tokens, blocking_tokens) = (fixture.client.app_tokens(), blocking.client.app_tokens());
    for error in [
        fixture.clock.run(tokens.add(draft())).unwrap_err(),
        fixture.clock.run(tokens.update(&id, draft())).unwrap_err(),
        blocking_tokens.add(draft()).unwrap_err(),
        blocking_tokens.update(&id, draft()).unwrap_err(),
    ] {
        assert_eq!(draft_error(&error), &InvalidDraft::RelativeExpiry { seconds: 0 });
        assert_eq!(error.service(), "appToken");
    }
    assert!(fixture.server.sent().is_empty() && blocking.server.sent().is_empty());
}

#[test]
fn a_new_token_has_the_hash_type_sha256_and_no_unset_fields() {
    let (fixture, blocking) =
        (Fixture::new([Reply::json(token())]), BlockingFixture::new([Reply::json(token())]));
    fixture.clock.run(fixture.client.app_tokens().add(AppTokenDraft::new())).unwrap();
    blocking.client.app_tokens().add(AppTokenDraft::new()).unwrap();
    for server in [&fixture.server, &blocking.server] {
        let sent = server.sent();
        assert_eq!(
            sent[0].parameters["appToken"],
            json!({"hashType": "SHA256", "objectType": "KalturaAppToken"})
        );
        assert_eq!(sent[0].names(), ["appToken", "clientTag", "format", "ks"]);
    }
}

#[test]
fn an_update_sends_only_the_fields_of_the_draft() {
    let fixture = Fixture::new([Reply::json(token())]);
    let draft = AppTokenDraft::new().description("d");
    fixture.clock.run(fixture.client.app_tokens().update(&AppTokenId::new("0_a"), draft)).unwrap();
    let sent = fixture.server.sent();
    assert_eq!(sent[0].parameters["appToken"], json!({"description": "d", "objectType": "KalturaAppToken"}));
    assert_eq!(sent[0].parameters["id"], "0_a");
}

#[test]
fn a_list_ends_with_the_first_error_in_both_clients() {
    use futures_util::StreamExt as _;
    let (fixture, blocking) = (
        Fixture::new([Reply::error("SERVICE_FORBIDDEN")]),
        BlockingFixture::new([Reply::error("SERVICE_FORBIDDEN")]),
    );
    let all: Vec<_> = fixture.clock.run(fixture.client.app_tokens().list(Default::default()).collect());
    let all_blocking: Vec<_> = blocking.client.app_tokens().list(Default::default()).collect();
    for tokens in [all, all_blocking] {
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].as_ref().unwrap_err().kind(), ErrorKind::Forbidden);
    }
    assert_eq!((fixture.server.sent().len(), blocking.server.sent().len()), (1, 1));
}
