//! Multirequests: what is sent, what is refused before, and what becomes of the session.

use kaltura_client::auth::WireResponse;
use kaltura_client::auth::manager::Phase;
use kaltura_client::multirequest::{BatchMistake, Handle, MultirequestResults, VoidReason};
use kaltura_client::types::{AppTokenId, GetAppToken, Ks, KsRefusal, PartnerId};
use kaltura_client::{
    CallError, CallOptions, Error, ErrorKind, Multirequest, RESERVED_PARAMETERS, RawAction, Subrequest,
};
use serde_json::{Value, json};

use crate::scene::{Scene, ks, list};
use crate::server::{Reply, error, invalid_ks};

fn three() -> (Multirequest, [Handle<Value>; 3]) {
    let mut batch = Multirequest::new();
    let handles = [batch.add(list()), batch.add(list()), batch.add(list())];
    (batch, handles)
}

fn send(scene: &Scene, batch: Multirequest) -> Result<MultirequestResults, Error> {
    scene.clock.run(scene.client.multirequest(batch))
}

fn mistake_in(batch: Multirequest) -> BatchMistake {
    let scene = Scene::new([]);
    let error = send(&scene, batch).unwrap_err();
    assert_eq!(
        (error.kind(), scene.server.sent().len(), scene.source.logins()),
        (ErrorKind::InvalidCall, 0, 0)
    );
    match error.call_error() {
        Some(CallError::Batch(mistake)) => mistake.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_call_has_a_number_a_ks_and_what_was_said() {
    let scene = Scene::new([Reply::json(json!([{}, {}, {}, {}]))]);
    let mut batch = Multirequest::new();
    let first = batch.add(list().param("pager", json!({"pageSize": 1})));
    let id = first.reference("objects").item(0).member("id");
    batch.add(Subrequest::new(GetAppToken::new(AppTokenId::new("-"))).refer("id", id).nocache());
    batch.add(Subrequest::new(list()).anonymous());
    batch.add(Subrequest::new(list()).ks(Ks::new("mine")).partner(PartnerId::new(9)));
    assert_eq!(batch.len(), 4);
    let options = CallOptions::new().partner(PartnerId::new(42)).header("X-One", "1");
    scene.clock.run(scene.client.multirequest_with(batch, &options)).unwrap();

    let sent = scene.server.sent();
    assert_eq!(sent[0].request.url(), "https://www.kaltura.com/api_v3/service/multirequest?format=1");
    assert_eq!(sent[0].request.headers().count(), 1);
    let list = |more: Value| {
        let mut call = json!({"service": "media", "action": "list"});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let expected = json!({
        "1": list(json!({"ks": ks(1), "pager": {"pageSize": 1}})),
        "2": {"service": "appToken", "action": "get", "ks": ks(1), "id": "{1:result:objects:0:id}", "nocache": 1},
        "3": list(json!({})),
        "4": list(json!({"ks": "mine", "partnerId": 9})),
        "partnerId": 42, "clientTag": kaltura_client::auth::CLIENT_TAG, "format": 1,
    });
    assert_eq!(Value::Object(sent[0].parameters.clone()), expected);
}

#[test]
fn an_empty_batch_asks_for_nothing() {
    let scene = Scene::new([]);
    assert!(send(&scene, Multirequest::new()).unwrap().is_empty());
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (0, 0));
}

#[test]
fn a_batch_in_which_nobody_needs_the_session_asks_for_none() {
    let scene = Scene::new([Reply::json(json!([{"ks": "k"}, 1, 2]))]);
    let mut batch = Multirequest::new();
    let widget = batch.add(Subrequest::new(list()).anonymous());
    batch.add(list().refer("ks", widget.reference("ks")));
    batch.add(list().param("ks", "mine"));
    send(&scene, batch).unwrap();
    assert_eq!(scene.source.logins(), 0);
    assert_eq!(scene.server.sent()[0].parameters["2"]["ks"], "{1:result:ks}");

    let scene = Scene::new([Reply::json(json!([1, 2, 3]))]);
    let given = CallOptions::new().ks(Ks::new("for all"));
    scene.clock.run(scene.client.multirequest_with(three().0, &given)).unwrap();
    assert_eq!(
        (scene.source.logins(), &scene.server.sent()[0].parameters["3"]["ks"]),
        (0, &json!("for all"))
    );
}

#[test]
fn each_call_has_a_result_of_its_own() {
    let answers = json!([{"id": "a"}, error("ENTRY_ID_NOT_FOUND", &json!([])), [1, 2]]);
    let scene = Scene::new([Reply::json(answers)]);
    let (batch, [one, two, three]) = three();
    let mut results = send(&scene, batch).unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results.failures().map(Error::kind).collect::<Vec<_>>(), [ErrorKind::NotFound]);
    assert_eq!(results.take(three).unwrap(), json!([1, 2]));
    let error = results.take(two).unwrap_err();
    assert_eq!((error.kind(), error.service(), error.action()), (ErrorKind::NotFound, "media", "list"));
    assert_eq!(results.take(one).unwrap()["id"], "a");
    assert_eq!(results.failures().count(), 0, "it was taken");
}

#[test]
fn a_result_of_another_type_is_an_error_of_that_call() {
    let scene = Scene::new([Reply::json(json!(["text", 7]))]);
    let mut batch = Multirequest::new();
    let (text, number) = (batch.add(list().output::<u32>()), batch.add(list().output::<u32>()));
    let mut results = send(&scene, batch).unwrap();
    let error = results.take(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotKaltura);
    assert_eq!(error.response_metadata().unwrap().status(), 200);
    assert_eq!(results.take(number).unwrap(), 7);
}

#[test]
fn a_handle_is_good_for_its_own_batch_only() {
    let scene = Scene::new([Reply::json(json!([1, 2, 3]))]);
    let ((batch, _), (_, [foreign, ..])) = (three(), three());
    let mut results = send(&scene, batch).unwrap();
    let error = results.take(foreign).unwrap_err();
    assert_eq!((error.kind(), error.call_error()), (ErrorKind::InvalidCall, Some(&CallError::ForeignHandle)));
    assert_eq!(error.to_string(), "multirequest failed: it can not be done like this");

    let (mut batch, (_other, [foreign, ..])) = (Multirequest::new(), three());
    batch.add(list());
    batch.add(list().refer("id", foreign.reference("id")));
    assert_eq!(mistake_in(batch), BatchMistake::ForeignReference { number: 2, place: "id".to_owned() });
}

#[test]
fn what_the_server_would_misunderstand_is_not_sent() {
    let batch_of = |make: fn(&Handle<Value>) -> Subrequest<Value>| {
        let mut batch = Multirequest::new();
        let first = batch.add(list());
        batch.add(make(&first));
        batch
    };
    let place = || "id".to_owned();
    let nameless = batch_of(|_| Subrequest::new(RawAction::new("media", "")));
    assert_eq!(mistake_in(nameless), BatchMistake::Nameless { number: 2 });
    let text = batch_of(|_| Subrequest::new(list().param("filter", json!({"nameLike": "{1:result:ks}"}))));
    let parameter = "filter".to_owned();
    assert_eq!(mistake_in(text), BatchMistake::ReadsAsReference { number: 2, parameter });
    let fatal = batch_of(|first| list().refer("id", first.reference("message")));
    assert_eq!(mistake_in(fatal), BatchMistake::FatalMember { number: 2, place: place() });
    for name in ["", "a:b", "a}", "a b"] {
        let mut batch = Multirequest::new();
        let first = batch.add(list());
        batch.add(list().refer("id", first.reference(name)));
        assert_eq!(mistake_in(batch), BatchMistake::NoName { number: 2, place: place() });
    }
    let nowhere = batch_of(|first| list().param("id", "x").refer("id.y", first.reference("id")));
    assert_eq!(mistake_in(nowhere), BatchMistake::NoSuchPlace { number: 2, place: "id.y".to_owned() });
}

#[test]
fn what_only_the_client_sets_is_not_taken_from_a_call_of_a_batch() {
    for parameter in RESERVED_PARAMETERS {
        let mut batch = three().0;
        batch.add(list().param(parameter, "x"));
        assert_eq!(mistake_in(batch), BatchMistake::ReservedParameter { number: 4, parameter });
        let (mut batch, [first, ..]) = three();
        batch.add(list().refer(parameter, first.reference("id")));
        assert_eq!(mistake_in(batch), BatchMistake::ReservedParameter { number: 4, parameter });
    }
}

#[test]
fn a_text_that_looks_like_a_reference_to_what_comes_later_is_just_a_text() {
    let scene = Scene::new([Reply::json(json!([1]))]);
    let mut batch = Multirequest::new();
    batch.add(list().param("name", "{1:result:id} {2:result:id}"));
    send(&scene, batch).unwrap();
    assert_eq!(scene.server.sent()[0].parameters["1"]["name"], "{1:result:id} {2:result:id}");
}

#[test]
fn the_results_tell_which_references_were_void() {
    let answers = json!([error("ENTRY_ID_NOT_FOUND", &json!([])), {"objects": [{"id": "a"}]}, 1, 2, 3]);
    let scene = Scene::new([Reply::json(answers)]);
    let mut batch = Multirequest::new();
    let (failed, found) = (batch.add(list()), batch.add(list()));
    let objects = |index| found.reference("objects").item(index).member("id");
    batch.add(list().refer("id", objects(0)));
    let fourth = batch.add(list().refer("filter.idEqual", objects(1)));
    batch.add(list().refer("a", failed.reference("id")).refer("b", objects(0)));
    let results = send(&scene, batch).unwrap();
    let void: Vec<_> = results
        .void_references()
        .iter()
        .map(|void| (void.number(), void.place(), void.of(), void.reason()))
        .collect();
    assert_eq!(void, [(4, "filter.idEqual", 2, VoidReason::NothingThere), (5, "a", 1, VoidReason::Failed)]);
    assert_eq!(fourth.number(), 4);
}

#[test]
fn it_is_sent_again_as_a_whole_if_all_of_it_was_refused() {
    let refused = json!([invalid_ks("EXPIRED"), invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let scene = Scene::new([Reply::json(refused), Reply::json(json!([1, 2, 3]))]);
    let (batch, [one, ..]) = three();
    assert_eq!(send(&scene, batch).unwrap().take(one).unwrap(), 1);
    let sent = scene.server.sent();
    let sessions: Vec<_> = sent.iter().map(|sent| sent.parameters["2"]["ks"].clone()).collect();
    assert_eq!(sessions, [json!(ks(1)), json!(ks(2))]);
}

#[test]
fn it_is_sent_again_once() {
    let refused = || Reply::json(json!([invalid_ks("LOGOUT"), invalid_ks("LOGOUT"), invalid_ks("LOGOUT")]));
    let scene = Scene::new([refused(), refused()]);
    let (batch, [one, ..]) = three();
    let mut results = send(&scene, batch).unwrap();
    assert_eq!(results.take(one).unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::LoggedOut));
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
    let closed = ErrorKind::NoSession(kaltura_client::auth::ErrorKind::TokenGroupEnded);
    assert_eq!(send(&scene, three().0).unwrap_err().kind(), closed);
}

#[test]
fn if_some_of_it_was_done_the_session_is_dropped_and_the_results_are_given() {
    let halfway = json!([1, invalid_ks("EXCEEDED_ACTIONS_LIMIT"), invalid_ks("EXCEEDED_ACTIONS_LIMIT")]);
    let scene = Scene::new([Reply::json(halfway)]);
    let (batch, [one, two, _]) = three();
    let mut results = send(&scene, batch).unwrap();
    assert_eq!(results.take(one).unwrap(), 1);
    assert_eq!(results.take(two).unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::ActionsLimitExceeded));
    assert_eq!((scene.server.sent().len(), scene.client.status().phase), (1, Phase::None));
    scene.call().unwrap();
    assert_eq!(scene.server.sessions()[1], Some(ks(2)));
}

#[test]
fn what_others_have_done_beside_the_session_is_not_done_twice() {
    let mixed = || {
        let mut batch = Multirequest::new();
        batch.add(list());
        batch.add(Subrequest::new(list()).anonymous());
        batch
    };
    let done = || Reply::json(json!([invalid_ks("EXPIRED"), 1]));
    let scene = Scene::new([done()]);
    send(&scene, mixed()).unwrap();
    assert_eq!((scene.server.sent().len(), scene.client.status().phase), (1, Phase::None));
    // Unless it does no harm, or was not done either.
    let scene = Scene::new([done(), Reply::json(json!([1, 1]))]);
    let marked = CallOptions::new().repeatable();
    scene.clock.run(scene.client.multirequest_with(mixed(), &marked)).unwrap();
    assert_eq!(scene.server.sent().len(), 2);
    let forbidden =
        json!([invalid_ks("EXPIRED"), error("SERVICE_FORBIDDEN", &json!({"SERVICE": "media->list"}))]);
    let scene = Scene::new([Reply::json(forbidden), Reply::json(json!([1, 1]))]);
    send(&scene, mixed()).unwrap();
    assert_eq!(scene.server.sent().len(), 2);
}

#[test]
fn marked_as_repeatable_it_is_still_not_repeated_if_the_session_served_some() {
    let halfway = json!([1, invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let scene = Scene::new([Reply::json(halfway)]);
    let marked = CallOptions::new().repeatable();
    scene.clock.run(scene.client.multirequest_with(three().0, &marked)).unwrap();
    assert_eq!(scene.server.sent().len(), 1);
}

#[test]
fn a_refusal_that_keeps_the_session_keeps_it_here_too() {
    let refused = json!([invalid_ks("EXCEEDED_RESTRICTED_IP"), invalid_ks("EXCEEDED_RESTRICTED_IP"), 1]);
    let scene = Scene::new([Reply::json(refused)]);
    send(&scene, three().0).unwrap();
    assert_eq!((scene.server.sent().len(), scene.client.status().phase), (1, Phase::Fresh));
}

#[test]
fn a_refusal_that_drops_the_session_is_seen_behind_one_that_keeps_it() {
    let refused = json!([invalid_ks("EXCEEDED_RESTRICTED_IP"), invalid_ks("EXPIRED"), 1]);
    let scene = Scene::new([Reply::json(refused)]);
    send(&scene, three().0).unwrap();
    assert_eq!((scene.server.sent().len(), scene.client.status().phase), (1, Phase::None));
}

#[test]
fn a_refusal_of_a_given_ks_says_nothing_of_the_session() {
    let scene = Scene::new([Reply::json(json!([1, invalid_ks("EXPIRED")]))]);
    let mut batch = Multirequest::new();
    batch.add(list());
    batch.add(Subrequest::new(list()).ks(Ks::new("mine")));
    send(&scene, batch).unwrap();
    assert_eq!((scene.server.sent().len(), scene.client.status().phase), (1, Phase::Fresh));
}

#[test]
fn a_list_that_ends_early_is_told_to_those_who_were_left_out() {
    let scene = Scene::new([Reply::json(json!([1, 2]))]);
    let (batch, [one, _, three]) = three();
    let mut results = send(&scene, batch).unwrap();
    assert!(results.take(one).is_ok());
    let error = results.take(three).unwrap_err();
    assert_eq!((error.kind(), error.call_error()), (ErrorKind::NotAnswered, Some(&CallError::NotAnswered)));
}

#[test]
fn what_is_no_list_of_results_is_an_error_of_the_whole() {
    for (reply, kind) in [
        (Reply::json(json!([])), ErrorKind::BodyNotRead),
        (Reply::json(json!([1, 2, 3, 4])), ErrorKind::NotKaltura),
        (Reply::json(json!({"id": "a"})), ErrorKind::NotKaltura),
        (Reply::raw(500, ""), ErrorKind::Unavailable),
        (Reply::raw(502, "[1, 2, 3]"), ErrorKind::Unavailable),
        (Reply::error("USER_BLOCKED"), ErrorKind::UserBlocked),
        (Reply::answer(WireResponse::new(200, "<html>")), ErrorKind::NotKaltura),
    ] {
        let scene = Scene::new([reply]);
        let error = send(&scene, three().0).unwrap_err();
        assert_eq!((error.kind(), error.service(), error.action()), (kind, "multirequest", ""));
        assert_eq!(scene.server.sent().len(), 1);
    }
}

#[test]
fn a_session_that_is_refused_for_the_whole_is_replaced() {
    let scene = Scene::new([Reply::invalid_ks("EXPIRED"), Reply::json(json!([1, 2, 3]))]);
    send(&scene, three().0).unwrap();
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
}
