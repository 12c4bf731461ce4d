//! The requests that are sent: each is checked.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kaltura_auth::manager::{InvalidReason, SessionManager};
use kaltura_auth::{CLIENT_TAG, SessionRequest, TokenHash};
use kaltura_types::{Ks, Lifetime, Privileges, SessionType};
use serde_json::{Value, json};

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, seconds};
use super::network::{Behavior, Sent};

/// Checks a single request.
fn check(sent: &Sent, fixture: &Fixture) {
    let request = &sent.request;
    let path = sent.action.replace('.', "/action/");
    let url = format!("https://www.kaltura.com/api_v3/service/{path}?format=1");
    assert_eq!((request.url(), request.content_type()), (url.as_str(), "application/json"));
    assert!(request.headers().next().is_none());
    assert!(request.timeout().is_some());

    let parameters = sent.parameters();
    let token = fixture.emulator.app_token();
    for (name, value) in parameters.as_object().unwrap() {
        assert!(!value.is_null() && value != "" && value != 0 || name == "type", "{name} is {value}");
    }
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    assert!(!body.contains(token.credentials().value().expose()), "the token value never leaves the process");
    assert_eq!(parameters["clientTag"], CLIENT_TAG);
    if sent.action == START_SESSION {
        let ks = Ks::new(parameters["ks"].as_str().unwrap());
        let hash = TokenHash::new(token.hash_type(), &ks, token.credentials().value());
        assert_eq!(parameters["tokenHash"], hash.expose(), "the hash is made from the KS that is sent");
        assert_eq!(parameters["id"], token.id().as_str());
    }
}

/// The names of all parameters that the requests of an action have.
fn parameter_names(sent: &[Sent], action: &str) -> BTreeSet<String> {
    let of_action = sent.iter().filter(|sent| sent.action == action);
    of_action
        .flat_map(|sent| sent.parameters().as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// Simulates a day with renewals, invalidations and lost connections.
fn simulate_a_day(fixture: &Fixture, managers: &[SessionManager]) {
    for hour in 0..24 {
        if hour % 5 == 0 {
            fixture.network.on_next(START_SESSION, Behavior::Refuse);
        }
        if hour % 7 == 0 {
            fixture.network.on_next(START_WIDGET_SESSION, Behavior::Refuse);
        }
        for _ in 0..6 {
            for result in fixture.run(join_all(managers.iter().map(SessionManager::session))) {
                if let Ok(session) = result
                    && hour % 3 == 0
                {
                    managers[0].invalidate(&session, InvalidReason::Expired);
                }
            }
            fixture.runtime.run_until_idle();
            fixture.advance(seconds(595));
        }
    }
}

#[test]
fn hash_is_of_the_ks_that_is_sent_and_unset_parameters_are_not_sent() {
    for cache in [false, true] {
        let fixture = Fixture::with_short_widget_sessions().with_cache(cache);
        fixture.network.respond_after_polls(1);
        simulate_a_day(&fixture, &[fixture.manager(), fixture.manager()]);
        let sent = fixture.network.sent();
        assert!(sent.len() > 80, "{} requests", sent.len());
        sent.iter().for_each(|sent| check(sent, &fixture));
        assert_eq!(
            parameter_names(&sent, START_WIDGET_SESSION),
            set(["clientTag", "format", "nocache", "widgetId"])
        );
        assert_eq!(
            parameter_names(&sent, START_SESSION),
            set(["clientTag", "format", "id", "ks", "tokenHash"])
        );
    }
}

#[test]
fn only_requested_parameters_are_sent() {
    let cases: BTreeMap<&str, (SessionRequest, Value)> = [
        ("userId", (SessionRequest::new().user_id("u"), json!("u"))),
        ("type", (SessionRequest::new().session_type(SessionType::User), json!(0))),
        ("expiry", (SessionRequest::new().lifetime(Lifetime::seconds(60)), json!(60))),
        (
            "sessionPrivileges",
            (SessionRequest::new().privileges(Privileges::parse("view:1")), json!("view:1")),
        ),
    ]
    .into();
    for (name, (request, value)) in cases {
        let fixture = Fixture::new().with_request(request);
        fixture.run(fixture.manager().session()).unwrap();
        let sent = fixture.network.sent();
        sent.iter().for_each(|sent| check(sent, &fixture));
        assert_eq!(sent[1].parameters()[name], value);
        assert_eq!(
            parameter_names(&sent, START_SESSION),
            set(["clientTag", "format", "id", "ks", "tokenHash", name])
        );
    }
}
