//! Multirequests: what is sent, what is refused before, and what happens to the session.

use kaltura_client::auth::WireResponse;
use kaltura_client::auth::manager::Phase;
use kaltura_client::multirequest::{Handle, InvalidMultirequest, MultirequestResults, UnresolvedReason};
use kaltura_client::types::{AppTokenId, GetAppToken, Ks, KsRefusal, PartnerId};
use kaltura_client::{
    CallError, CallOptions, Error, ErrorKind, Multirequest, RESERVED_PARAMETERS, RawAction, Subrequest,
};
use serde_json::{Value, json};

use crate::fixture::{Fixture, add, ks, list};
use crate::server::{Reply, error, invalid_ks};

fn three() -> (Multirequest, [Handle<Value>; 3]) {
    let mut batch = Multirequest::new();
    let handles = [batch.add(list()), batch.add(list()), batch.add(list())];
    (batch, handles)
}

fn send(fixture: &Fixture, batch: Multirequest) -> Result<MultirequestResults, Error> {
    fixture.clock.run(fixture.client.multirequest(batch))
}

fn refusal_of(batch: Multirequest) -> InvalidMultirequest {
    let fixture = Fixture::new([]);
    let error = send(&fixture, batch).unwrap_err();
    assert_eq!(
        (error.kind(), fixture.server.sent().len(), fixture.source.logins()),
        (ErrorKind::InvalidCall, 0, 0)
    );
    match error.call_error() {
        Some(CallError::Multirequest(invalid)) => invalid.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_call_is_sent_with_its_number_its_ks_and_its_options() {
    let fixture = Fixture::new([Reply::json(json!([{}, {}, {}, {}]))]);
    let mut batch = Multirequest::new();
    let first = batch.add(list().param("pager", json!({"pageSize": 1})));
    let id = first.reference("objects").item(0).member("id");
    batch.add(Subrequest::new(GetAppToken::new(AppTokenId::new("-"))).refer("id", id).nocache());
    batch.add(Subrequest::new(list()).anonymous());
    batch.add(Subrequest::new(list()).ks(Ks::new("mine")).partner(PartnerId::new(9)));
    assert_eq!(batch.len(), 4);
    let options = CallOptions::new().partner(PartnerId::new(42)).header("X-One", "1");
    fixture.clock.run(fixture.client.multirequest_with(batch, &options)).unwrap();

    let sent = fixture.server.sent();
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
fn an_empty_multirequest_is_not_sent() {
    let fixture = Fixture::new([]);
    assert!(send(&fixture, Multirequest::new()).unwrap().is_empty());
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (0, 0));
}

#[test]
fn a_multirequest_whose_calls_need_no_session_does_not_log_in() {
    let fixture = Fixture::new([Reply::json(json!([{"ks": "k"}, 1, 2]))]);
    let mut batch = Multirequest::new();
    let widget = batch.add(Subrequest::new(list()).anonymous());
    batch.add(list().refer("ks", widget.reference("ks")));
    batch.add(list().param("ks", "mine"));
    send(&fixture, batch).unwrap();
    assert_eq!(fixture.source.logins(), 0);
    assert_eq!(fixture.server.sent()[0].parameters["2"]["ks"], "{1:result:ks}");

    let fixture = Fixture::new([Reply::json(json!([1, 2, 3]))]);
    let given = CallOptions::new().ks(Ks::new("for all"));
    fixture.clock.run(fixture.client.multirequest_with(three().0, &given)).unwrap();
    assert_eq!(
        (fixture.source.logins(), &fixture.server.sent()[0].parameters["3"]["ks"]),
        (0, &json!("for all"))
    );
}

#[test]
fn each_call_has_its_own_result() {
    let results = json!([{"id": "a"}, error("ENTRY_ID_NOT_FOUND", &json!([])), [1, 2]]);
    let fixture = Fixture::new([Reply::json(results)]);
    let (batch, [one, two, three]) = three();
    let mut results = send(&fixture, batch).unwrap();
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
    let fixture = Fixture::new([Reply::json(json!(["text", 7]))]);
    let mut batch = Multirequest::new();
    let (text, number) = (batch.add(list().output::<u32>()), batch.add(list().output::<u32>()));
    let mut results = send(&fixture, batch).unwrap();
    let error = results.take(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotKaltura);
    assert_eq!(error.response_metadata().unwrap().status(), 200);
    assert_eq!(results.take(number).unwrap(), 7);
}

#[test]
fn a_handle_belongs_to_one_multirequest() {
    let fixture = Fixture::new([Reply::json(json!([1, 2, 3]))]);
    let ((batch, _), (_, [foreign, ..])) = (three(), three());
    let mut results = send(&fixture, batch).unwrap();
    let error = results.take(foreign).unwrap_err();
    assert_eq!((error.kind(), error.call_error()), (ErrorKind::InvalidCall, Some(&CallError::ForeignHandle)));
    assert_eq!(error.to_string(), "multirequest failed: the call is invalid");

    let (mut batch, (_other, [foreign, ..])) = (Multirequest::new(), three());
    batch.add(list());
    batch.add(list().refer("id", foreign.reference("id")));
    assert_eq!(
        refusal_of(batch),
        InvalidMultirequest::ForeignReference { number: 2, target: "id".to_owned() }
    );
}

#[test]
fn an_invalid_multirequest_is_not_sent() {
    let batch_of = |second: fn(&Handle<Value>) -> Subrequest<Value>| {
        let mut batch = Multirequest::new();
        let first = batch.add(list());
        batch.add(second(&first));
        batch
    };
    let target = || "id".to_owned();
    let nameless = batch_of(|_| Subrequest::new(RawAction::new("media", "")));
    assert_eq!(refusal_of(nameless), InvalidMultirequest::MissingActionName { number: 2 });
    let text = batch_of(|_| Subrequest::new(list().param("filter", json!({"nameLike": "{1:result:ks}"}))));
    let parameter = "filter".to_owned();
    assert_eq!(refusal_of(text), InvalidMultirequest::ReferenceInjection { number: 2, parameter });
    let forbidden = batch_of(|first| list().refer("id", first.reference("message")));
    assert_eq!(refusal_of(forbidden), InvalidMultirequest::ForbiddenMember { number: 2, target: target() });
    for name in ["", "a:b", "a}", "a b"] {
        let mut batch = Multirequest::new();
        let first = batch.add(list());
        batch.add(list().refer("id", first.reference(name)));
        assert_eq!(refusal_of(batch), InvalidMultirequest::InvalidMemberName { number: 2, target: target() });
    }
    let inside_text = batch_of(|first| list().param("id", "x").refer("id.y", first.reference("id")));
    assert_eq!(
        refusal_of(inside_text),
        InvalidMultirequest::InvalidTarget { number: 2, target: "id.y".to_owned() }
    );
}

#[test]
fn a_reserved_parameter_is_refused() {
    for parameter in RESERVED_PARAMETERS {
        let mut batch = three().0;
        batch.add(list().param(parameter, "x"));
        assert_eq!(refusal_of(batch), InvalidMultirequest::ReservedParameter { number: 4, parameter });
        let (mut batch, [first, ..]) = three();
        batch.add(list().refer(parameter, first.reference("id")));
        assert_eq!(refusal_of(batch), InvalidMultirequest::ReservedParameter { number: 4, parameter });
    }
}

#[test]
fn a_text_like_a_reference_to_a_later_call_is_sent() {
    let fixture = Fixture::new([Reply::json(json!([1]))]);
    let mut batch = Multirequest::new();
    batch.add(list().param("name", "{1:result:id} {2:result:id}"));
    send(&fixture, batch).unwrap();
    assert_eq!(fixture.server.sent()[0].parameters["1"]["name"], "{1:result:id} {2:result:id}");
}

#[test]
fn unresolved_references_are_reported() {
    let results = json!([error("ENTRY_ID_NOT_FOUND", &json!([])), {"objects": [{"id": "a"}]}, 1, 2, 3]);
    let fixture = Fixture::new([Reply::json(results)]);
    let mut batch = Multirequest::new();
    let (failed, found) = (batch.add(list()), batch.add(list()));
    let objects = |index| found.reference("objects").item(index).member("id");
    batch.add(list().refer("id", objects(0)));
    let fourth = batch.add(list().refer("filter.idEqual", objects(1)));
    batch.add(list().refer("a", failed.reference("id")).refer("b", objects(0)));
    let results = send(&fixture, batch).unwrap();
    let unresolved: Vec<_> = results
        .unresolved_references()
        .iter()
        .map(|reference| {
            (reference.number(), reference.target(), reference.referenced_call(), reference.reason())
        })
        .collect();
    assert_eq!(
        unresolved,
        [(4, "filter.idEqual", 2, UnresolvedReason::NoValue), (5, "a", 1, UnresolvedReason::CallFailed)]
    );
    assert_eq!(fourth.number(), 4);
}

#[test]
fn it_is_sent_again_if_all_calls_were_refused() {
    let refused = json!([invalid_ks("EXPIRED"), invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let fixture = Fixture::new([Reply::json(refused), Reply::json(json!([1, 2, 3]))]);
    let (batch, [one, ..]) = three();
    assert_eq!(send(&fixture, batch).unwrap().take(one).unwrap(), 1);
    let sent = fixture.server.sent();
    let sessions: Vec<_> = sent.iter().map(|sent| sent.parameters["2"]["ks"].clone()).collect();
    assert_eq!(sessions, [json!(ks(1)), json!(ks(2))]);
}

#[test]
fn it_is_sent_again_once() {
    let refused = || Reply::json(json!([invalid_ks("LOGOUT"), invalid_ks("LOGOUT"), invalid_ks("LOGOUT")]));
    let fixture = Fixture::new([refused(), refused()]);
    let (batch, [one, ..]) = three();
    let mut results = send(&fixture, batch).unwrap();
    assert_eq!(results.take(one).unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::LoggedOut));
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
    let ended = ErrorKind::NoSession(kaltura_client::auth::ErrorKind::TokenGroupEnded);
    assert_eq!(send(&fixture, three().0).unwrap_err().kind(), ended);
}

#[test]
fn if_some_calls_were_executed_the_session_is_dropped_and_the_results_are_returned() {
    let partly = json!([1, invalid_ks("EXCEEDED_ACTIONS_LIMIT"), invalid_ks("EXCEEDED_ACTIONS_LIMIT")]);
    let fixture = Fixture::new([Reply::json(partly)]);
    let (batch, [one, two, _]) = three();
    let mut results = send(&fixture, batch).unwrap();
    assert_eq!(results.take(one).unwrap(), 1);
    assert_eq!(results.take(two).unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::ActionsLimitExceeded));
    assert_eq!((fixture.server.sent().len(), fixture.client.status().phase), (1, Phase::None));
    fixture.call().unwrap();
    assert_eq!(fixture.server.sessions()[1], Some(ks(2)));
}

#[test]
fn a_call_that_was_executed_without_the_session_is_not_repeated() {
    let mixed = || {
        let mut batch = Multirequest::new();
        batch.add(list());
        batch.add(Subrequest::new(add()).anonymous());
        batch
    };
    let executed = || Reply::json(json!([invalid_ks("EXPIRED"), 1]));
    let fixture = Fixture::new([executed()]);
    send(&fixture, mixed()).unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.client.status().phase), (1, Phase::None));
    // Unless it is repeatable, or was rejected as well.
    let fixture = Fixture::new([executed(), Reply::json(json!([1, 1]))]);
    let options = CallOptions::new().repeatable(true);
    fixture.clock.run(fixture.client.multirequest_with(mixed(), &options)).unwrap();
    assert_eq!(fixture.server.sent().len(), 2);
    let forbidden =
        json!([invalid_ks("EXPIRED"), error("SERVICE_FORBIDDEN", &json!({"SERVICE": "media->list"}))]);
    let fixture = Fixture::new([Reply::json(forbidden), Reply::json(json!([1, 1]))]);
    send(&fixture, mixed()).unwrap();
    assert_eq!(fixture.server.sent().len(), 2);
}

#[test]
fn a_repeatable_one_is_not_repeated_if_the_session_was_accepted_for_some_calls() {
    let partly = json!([1, invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let fixture = Fixture::new([Reply::json(partly)]);
    let options = CallOptions::new().repeatable(true);
    fixture.clock.run(fixture.client.multirequest_with(three().0, &options)).unwrap();
    assert_eq!(fixture.server.sent().len(), 1);
}

#[test]
fn a_restriction_keeps_the_session() {
    let refused = json!([invalid_ks("EXCEEDED_RESTRICTED_IP"), invalid_ks("EXCEEDED_RESTRICTED_IP"), 1]);
    let fixture = Fixture::new([Reply::json(refused)]);
    send(&fixture, three().0).unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.client.status().phase), (1, Phase::Fresh));
}

#[test]
fn an_expired_session_is_detected_after_a_restriction() {
    let refused = json!([invalid_ks("EXCEEDED_RESTRICTED_IP"), invalid_ks("EXPIRED"), 1]);
    let fixture = Fixture::new([Reply::json(refused)]);
    send(&fixture, three().0).unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.client.status().phase), (1, Phase::None));
}

#[test]
fn a_refused_ks_of_the_caller_keeps_the_session() {
    let fixture = Fixture::new([Reply::json(json!([1, invalid_ks("EXPIRED")]))]);
    let mut batch = Multirequest::new();
    batch.add(list());
    batch.add(Subrequest::new(list()).ks(Ks::new("mine")));
    send(&fixture, batch).unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.client.status().phase), (1, Phase::Fresh));
}

#[test]
fn a_call_without_a_result_has_an_error() {
    let fixture = Fixture::new([Reply::json(json!([1, 2]))]);
    let (batch, [one, _, three]) = three();
    let mut results = send(&fixture, batch).unwrap();
    assert!(results.take(one).is_ok());
    let error = results.take(three).unwrap_err();
    assert_eq!((error.kind(), error.call_error()), (ErrorKind::NoResult, Some(&CallError::NoResult)));
}

#[test]
fn a_response_that_is_no_list_of_results_is_an_error_of_the_whole() {
    for (reply, kind) in [
        (Reply::json(json!([])), ErrorKind::BodyIgnored),
        (Reply::json(json!([1, 2, 3, 4])), ErrorKind::NotKaltura),
        (Reply::json(json!({"id": "a"})), ErrorKind::NotKaltura),
        (Reply::raw(500, ""), ErrorKind::Unavailable),
        (Reply::raw(502, "[1, 2, 3]"), ErrorKind::Unavailable),
        (Reply::error("USER_BLOCKED"), ErrorKind::UserBlocked),
        (Reply::response(WireResponse::new(200, "<html>")), ErrorKind::NotKaltura),
    ] {
        let fixture = Fixture::new([reply]);
        let once = CallOptions::new().repeatable(false);
        let error = fixture.clock.run(fixture.client.multirequest_with(three().0, &once)).unwrap_err();
        assert_eq!((error.kind(), error.service(), error.action()), (kind, "multirequest", ""));
        assert_eq!(fixture.server.sent().len(), 1);
    }
}

#[test]
fn it_is_repeatable_if_all_its_calls_are() {
    for (second, is_repeated) in [(list(), true), (add(), false), (add().repeatable(true), true)] {
        let fixture = Fixture::new([Reply::raw(502, ""), Reply::json(json!([1, 2]))]);
        let mut batch = Multirequest::new();
        batch.add(list());
        batch.add(second);
        assert_eq!(send(&fixture, batch).is_ok(), is_repeated);
    }
}

#[test]
fn a_session_that_is_refused_for_the_whole_is_replaced() {
    let fixture = Fixture::new([Reply::invalid_ks("EXPIRED"), Reply::json(json!([1, 2, 3]))]);
    send(&fixture, three().0).unwrap();
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
}
