//! What is sent: what was set, and nothing else.

use kaltura_client::auth::CLIENT_TAG;
use kaltura_client::types::{AppTokenId, EndSession, GetAppToken, Ks, PartnerId};
use kaltura_client::{CallError, CallOptions, ErrorKind, RESERVED_PARAMETERS, RawAction};
use serde_json::{Value, json};

use crate::fixture::{BlockingFixture, Fixture, PARTNER, ks, list};
use crate::server::Sent;

fn sent_with(options: &CallOptions) -> (Fixture, Sent) {
    let fixture = Fixture::new([]);
    fixture.clock.run(fixture.client.call_with(&list(), options)).unwrap();
    let sent = fixture.server.sent().pop().unwrap();
    (fixture, sent)
}

#[test]
fn a_call_has_a_ks_a_client_tag_and_a_format_besides_its_parameters() {
    let fixture = Fixture::new([]);
    let action = list().param("pager", json!({"pageSize": 5}));
    fixture.clock.run(fixture.client.call(&action)).unwrap();
    let sent = fixture.server.sent().pop().unwrap();
    let expected = json!({"pager": {"pageSize": 5}, "ks": ks(1), "clientTag": CLIENT_TAG, "format": 1});
    assert_eq!(Value::Object(sent.parameters), expected);
    let request = sent.request;
    assert_eq!(request.url(), "https://www.kaltura.com/api_v3/service/media/action/list?format=1");
    assert_eq!(request.content_type(), "application/json");
    assert_eq!((request.service(), request.action(), request.headers().count()), ("media", "list", 0));
}

#[test]
fn a_typed_action_sends_the_fields_that_are_set() {
    let fixture = Fixture::new([crate::server::Reply::json(Value::Null)]);
    fixture.clock.run(fixture.client.call(&EndSession::whole_group())).unwrap();
    let _ = fixture.clock.run(fixture.client.call(&GetAppToken::new(AppTokenId::new("0_abcdefgh"))));
    let sent = fixture.server.sent();
    assert_eq!(sent[0].names(), ["clientTag", "format", "ks"]);
    assert_eq!(sent[1].names(), ["clientTag", "format", "id", "ks"]);
}

#[test]
fn each_option_changes_one_thing() {
    let (_, sent) = sent_with(&CallOptions::new().partner(PartnerId::new(42)));
    assert_eq!(sent.parameters["partnerId"], 42);
    assert_eq!(sent.names(), ["clientTag", "format", "ks", "partnerId"]);

    let (_, sent) = sent_with(&CallOptions::new().nocache());
    assert_eq!(sent.names(), ["clientTag", "format", "ks", "nocache"]);

    let (_, sent) = sent_with(&CallOptions::new().header("X-One", "1").header("X-Two", "2"));
    assert_eq!(sent.request.headers().collect::<Vec<_>>(), [("X-One", "1"), ("X-Two", "2")]);
    assert_eq!(sent.names(), ["clientTag", "format", "ks"]);

    let (_, sent) = sent_with(&CallOptions::new().max_response_bytes(1 << 30));
    assert_eq!(sent.request.max_response_bytes(), 1 << 30);

    let (fixture, sent) = sent_with(&CallOptions::new().ks(Ks::new("mine")));
    assert_eq!((sent.ks(), fixture.source.logins()), (Some("mine"), 0));
}

#[test]
fn an_anonymous_call_has_no_ks_and_does_not_log_in() {
    let (fixture, sent) = sent_with(&CallOptions::new().anonymous());
    assert_eq!(sent.names(), ["clientTag", "format"]);
    assert_eq!(fixture.source.logins(), 0);
}

#[test]
fn no_request_has_an_empty_ks() {
    for (action, options) in [
        (list().param("ks", ""), CallOptions::new()),
        (list().param("ks", Value::Null), CallOptions::new()),
        (list(), CallOptions::new().ks(Ks::new(""))),
    ] {
        let fixture = Fixture::new([]);
        fixture.clock.run(fixture.client.call_with(&action, &options)).unwrap();
        assert_eq!(fixture.server.sent()[0].names(), ["clientTag", "format"]);
    }
}

#[test]
fn a_reserved_parameter_is_refused() {
    for name in RESERVED_PARAMETERS {
        let fixture = Fixture::new([]);
        let error = fixture.clock.run(fixture.client.call(&list().param(name, "x"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCall);
        assert_eq!(error.call_error(), Some(&CallError::ReservedParameter { name }));
        assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (0, 0), "{name}");
        let fixture = BlockingFixture::new([]);
        let error = fixture.client.call(&list().param(name, "x")).unwrap_err();
        assert_eq!(error.call_error(), Some(&CallError::ReservedParameter { name }));
    }
}

#[test]
fn other_common_parameters_are_sent_unchanged() {
    let common = json!({
        "partnerId": 42, "apiVersion": "19.0.0", "kalsig": "x", "ignoreNull": 1, "nocache": 1, "language": "EN",
        "responseProfile": {"type": 1, "fields": "id"}, "Format": "y",
    });
    let fixture = Fixture::new([]);
    let action = list().params(common.as_object().unwrap().clone());
    fixture.clock.run(fixture.client.call(&action)).unwrap();
    let mut sent = fixture.server.sent().pop().unwrap().parameters;
    for name in ["ks", "clientTag", "format"] {
        assert!(sent.remove(name).is_some(), "{name}");
    }
    assert_eq!(Value::Object(sent), common);

    // An option of the call takes precedence over a parameter, as with a KS.
    let fixture = Fixture::new([]);
    let options = CallOptions::new().partner(PartnerId::new(7));
    fixture.clock.run(fixture.client.call_with(&list().param("partnerId", 42), &options)).unwrap();
    assert_eq!(fixture.server.sent()[0].parameters["partnerId"], 7);
}

#[test]
fn the_url_contains_no_parameters_and_escaped_names() {
    let fixture = Fixture::new([]);
    let action = RawAction::new("../media?x=", "a/b").param("hidden", "hidden");
    fixture.clock.run(fixture.client.call(&action)).unwrap();
    let url = fixture.server.sent()[0].request.url().to_owned();
    assert_eq!(url, "https://www.kaltura.com/api_v3/service/%2E%2E%2Fmedia%3Fx%3D/action/a%2Fb?format=1");
}

#[test]
fn the_client_tag_can_be_set() {
    let fixture = Fixture::with_builder([], |builder| builder.client_tag("importer"));
    fixture.call().unwrap();
    assert_eq!(fixture.server.sent()[0].parameters["clientTag"], "importer");
}

#[test]
fn all_clones_share_one_session() {
    let fixture = Fixture::new([]);
    let (clone, action) = (fixture.client.clone(), list());
    let session = fixture.clock.run(async {
        fixture.client.prefetch().await.unwrap();
        clone.call(&action).await.unwrap();
        clone.session_valid_for(std::time::Duration::from_secs(60)).await.unwrap()
    });
    assert_eq!((session.partner_id(), session.ks().expose()), (PARTNER, ks(1).as_str()));
    assert_eq!(fixture.source.logins(), 1);
}
