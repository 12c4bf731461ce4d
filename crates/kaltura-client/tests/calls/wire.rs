//! What goes out: what was said, and nothing else.

use kaltura_client::auth::CLIENT_TAG;
use kaltura_client::types::{AppTokenId, EndSession, GetAppToken, Ks, PartnerId};
use kaltura_client::{CallError, CallOptions, ErrorKind, RESERVED_PARAMETERS, RawAction};
use serde_json::{Value, json};

use crate::scene::{BlockingScene, PARTNER, Scene, ks, list};
use crate::server::Sent;

fn sent_with(options: &CallOptions) -> (Scene, Sent) {
    let scene = Scene::new([]);
    scene.clock.run(scene.client.call_with(&list(), options)).unwrap();
    let sent = scene.server.sent().pop().unwrap();
    (scene, sent)
}

#[test]
fn a_plain_call_has_a_ks_a_tag_and_a_format_besides_what_was_said() {
    let scene = Scene::new([]);
    let action = list().param("pager", json!({"pageSize": 5}));
    scene.clock.run(scene.client.call(&action)).unwrap();
    let sent = scene.server.sent().pop().unwrap();
    let expected = json!({"pager": {"pageSize": 5}, "ks": ks(1), "clientTag": CLIENT_TAG, "format": 1});
    assert_eq!(Value::Object(sent.parameters), expected);
    let request = sent.request;
    assert_eq!(request.url(), "https://www.kaltura.com/api_v3/service/media/action/list?format=1");
    assert_eq!(request.content_type(), "application/json");
    assert_eq!((request.service(), request.action(), request.headers().count()), ("media", "list", 0));
}

#[test]
fn a_typed_action_sends_what_is_set() {
    let scene = Scene::new([crate::server::Reply::json(Value::Null)]);
    scene.clock.run(scene.client.call(&EndSession::whole_group())).unwrap();
    let _ = scene.clock.run(scene.client.call(&GetAppToken::new(AppTokenId::new("0_abcdefgh"))));
    let sent = scene.server.sent();
    assert_eq!(sent[0].names(), ["clientTag", "format", "ks"]);
    assert_eq!(sent[1].names(), ["clientTag", "format", "id", "ks"]);
}

#[test]
fn each_option_says_one_thing() {
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

    let (scene, sent) = sent_with(&CallOptions::new().ks(Ks::new("mine")));
    assert_eq!((sent.ks(), scene.source.logins()), (Some("mine"), 0));
}

#[test]
fn an_anonymous_call_has_no_ks_and_asks_for_no_session() {
    let (scene, sent) = sent_with(&CallOptions::new().anonymous());
    assert_eq!(sent.names(), ["clientTag", "format"]);
    assert_eq!(scene.source.logins(), 0);
}

#[test]
fn no_request_has_an_empty_ks() {
    for (action, options) in [
        (list().param("ks", ""), CallOptions::new()),
        (list().param("ks", Value::Null), CallOptions::new()),
        (list(), CallOptions::new().ks(Ks::new(""))),
    ] {
        let scene = Scene::new([]);
        scene.clock.run(scene.client.call_with(&action, &options)).unwrap();
        assert_eq!(scene.server.sent()[0].names(), ["clientTag", "format"]);
    }
}

#[test]
fn what_only_the_client_sets_is_not_taken_from_a_call() {
    for name in RESERVED_PARAMETERS {
        let scene = Scene::new([]);
        let error = scene.clock.run(scene.client.call(&list().param(name, "x"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCall);
        assert_eq!(error.call_error(), Some(&CallError::ReservedParameter { name }));
        assert_eq!((scene.server.sent().len(), scene.source.logins()), (0, 0), "{name}");
        let scene = BlockingScene::new([]);
        let error = scene.client.call(&list().param(name, "x")).unwrap_err();
        assert_eq!(error.call_error(), Some(&CallError::ReservedParameter { name }));
    }
}

#[test]
fn the_other_common_parameters_are_sent_as_they_are() {
    let common = json!({
        "partnerId": 42, "apiVersion": "19.0.0", "kalsig": "x", "ignoreNull": 1, "nocache": 1, "language": "EN",
        "responseProfile": {"type": 1, "fields": "id"}, "Format": "y",
    });
    let scene = Scene::new([]);
    let action = list().params(common.as_object().unwrap().clone());
    scene.clock.run(scene.client.call(&action)).unwrap();
    let mut sent = scene.server.sent().pop().unwrap().parameters;
    for name in ["ks", "clientTag", "format"] {
        assert!(sent.remove(name).is_some(), "{name}");
    }
    assert_eq!(Value::Object(sent), common);

    // Where an option of the call says the same, it goes before, as with a KS.
    let scene = Scene::new([]);
    let options = CallOptions::new().partner(PartnerId::new(7));
    scene.clock.run(scene.client.call_with(&list().param("partnerId", 42), &options)).unwrap();
    assert_eq!(scene.server.sent()[0].parameters["partnerId"], 7);
}

#[test]
fn nothing_of_a_call_stands_in_the_url_and_no_name_leads_to_another_path() {
    let scene = Scene::new([]);
    let action = RawAction::new("../media?x=", "a/b").param("hush", "hush");
    scene.clock.run(scene.client.call(&action)).unwrap();
    let url = scene.server.sent()[0].request.url().to_owned();
    assert_eq!(url, "https://www.kaltura.com/api_v3/service/%2E%2E%2Fmedia%3Fx%3D/action/a%2Fb?format=1");
}

#[test]
fn the_client_tag_can_be_another() {
    let scene = Scene::built([], |builder| builder.client_tag("importer"));
    scene.call().unwrap();
    assert_eq!(scene.server.sent()[0].parameters["clientTag"], "importer");
}

#[test]
fn a_session_is_asked_for_once_and_shared_by_all_clones() {
    let scene = Scene::new([]);
    let (clone, action) = (scene.client.clone(), list());
    let session = scene.clock.run(async {
        scene.client.prefetch().await.unwrap();
        clone.call(&action).await.unwrap();
        clone.session_valid_for(std::time::Duration::from_secs(60)).await.unwrap()
    });
    assert_eq!((session.partner_id(), session.ks().expose()), (PARTNER, ks(1).as_str()));
    assert_eq!(scene.source.logins(), 1);
}
