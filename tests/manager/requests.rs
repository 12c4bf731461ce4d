//! What goes out: every request is read.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kaltura_auth::manager::{InvalidReason, SessionManager};
use kaltura_auth::{CLIENT_TAG, SessionRequest, TokenHash};
use kaltura_types::{Ks, Lifetime, Privileges, SessionType};
use serde_json::{Value, json};

use super::stage::{START, Stage, WIDGET, seconds};
use super::wire::{Part, Sent};

/// Checks one request by itself.
fn check(sent: &Sent, stage: &Stage) {
    let request = &sent.request;
    let path = sent.action.replace('.', "/action/");
    let url = format!("https://www.kaltura.com/api_v3/service/{path}?format=1");
    assert_eq!((request.url(), request.content_type()), (url.as_str(), "application/json"));
    assert!(request.headers().next().is_none());
    assert!(request.timeout().is_some());

    let parameters = sent.parameters();
    let token = stage.emulator.app_token();
    for (name, value) in parameters.as_object().unwrap() {
        assert!(!value.is_null() && value != "" && value != 0 || name == "type", "{name} is {value}");
    }
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    assert!(!body.contains(token.credentials().value().expose()), "the token value never leaves the process");
    assert_eq!(parameters["clientTag"], CLIENT_TAG);
    if sent.action == START {
        let ks = Ks::new(parameters["ks"].as_str().unwrap());
        let hash = TokenHash::new(token.hash_type(), &ks, token.credentials().value());
        assert_eq!(parameters["tokenHash"], hash.expose(), "the hash is of the KS beside it");
        assert_eq!(parameters["id"], token.id().as_str());
    }
}

/// The parameters that go with an action, in all its requests.
fn names(sent: &[Sent], action: &str) -> BTreeSet<String> {
    let of_action = sent.iter().filter(|sent| sent.action == action);
    of_action
        .flat_map(|sent| sent.parameters().as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// A busy day: renewals, refusals, broken connections, a cache, and many callers.
fn live_a_day(stage: &Stage, managers: &[SessionManager]) {
    for hour in 0..24 {
        if hour % 5 == 0 {
            stage.wire.play(START, Part::Break);
        }
        if hour % 7 == 0 {
            stage.wire.play(WIDGET, Part::Break);
        }
        for _ in 0..6 {
            for answer in stage.run(join_all(managers.iter().map(SessionManager::session))) {
                if let Ok(session) = answer
                    && hour % 3 == 0
                {
                    managers[0].invalidate(&session, InvalidReason::Expired);
                }
            }
            stage.runtime.run_until_idle();
            stage.pass(seconds(595));
        }
    }
}

#[test]
fn each_request_has_the_ks_that_its_hash_was_made_from_and_nothing_that_is_unset() {
    for cache in [false, true] {
        let stage = Stage::with_short_widget_sessions().with_cache(cache);
        stage.wire.answer_after_polls(1);
        live_a_day(&stage, &[stage.manager(), stage.manager()]);
        let sent = stage.wire.sent();
        assert!(sent.len() > 80, "{} requests", sent.len());
        sent.iter().for_each(|sent| check(sent, &stage));
        assert_eq!(names(&sent, WIDGET), set(["clientTag", "format", "nocache", "widgetId"]));
        assert_eq!(names(&sent, START), set(["clientTag", "format", "id", "ks", "tokenHash"]));
    }
}

#[test]
fn what_is_wished_is_sent_and_only_that() {
    let wishes: BTreeMap<&str, (SessionRequest, Value)> = [
        ("userId", (SessionRequest::new().user_id("u"), json!("u"))),
        ("type", (SessionRequest::new().session_type(SessionType::User), json!(0))),
        ("expiry", (SessionRequest::new().lifetime(Lifetime::seconds(60)), json!(60))),
        (
            "sessionPrivileges",
            (SessionRequest::new().privileges(Privileges::parse("view:1")), json!("view:1")),
        ),
    ]
    .into();
    for (name, (request, value)) in wishes {
        let stage = Stage::new().asking_for(request);
        stage.run(stage.manager().session()).unwrap();
        let sent = stage.wire.sent();
        sent.iter().for_each(|sent| check(sent, &stage));
        assert_eq!(sent[1].parameters()[name], value);
        assert_eq!(names(&sent, START), set(["clientTag", "format", "id", "ks", "tokenHash", name]));
    }
}
