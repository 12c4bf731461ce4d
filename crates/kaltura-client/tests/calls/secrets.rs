//! No secret that is sent appears in an error, even if the server repeats it.

use std::error::Error as _;

use kaltura_client::auth::WireResponse;
use kaltura_client::types::{AdminSecret, Ks, PartnerId, StartSession};
use kaltura_client::{CallOptions, Error, Multirequest, RawAction, Subrequest};
use serde_json::{Value, json};

use crate::fixture::{Fixture, KS, list};
use crate::server::{Reply, Sent, error, invalid_ks};

/// Texts that occur nowhere else, and that do not look like a secret by themselves.
const SECRETS: [&str; 4] = [KS, "canary-partner-secret", "canary-password", "canary-given-ks"];

fn whole_body_in_the_message(sent: &Sent) -> WireResponse {
    let args = json!({"sent": sent.body(), sent.body(): "x"});
    let mut echoed = error(&format!("CODE_{}", sent.body()), &args);
    echoed["message"] = sent.body().into();
    WireResponse::new(200, echoed.to_string())
}

fn each_value_by_itself(sent: &Sent) -> WireResponse {
    let args: Value = texts(&Value::Object(sent.parameters.clone()))
        .iter()
        .map(|text| (text.clone(), Value::from(text.as_str())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    WireResponse::new(200, error("ECHO", &args).to_string())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn an_invalid_ks(sent: &Sent) -> WireResponse {
    let all = texts(&Value::Object(sent.parameters.clone()));
    let ks = all.iter().find(|text| text.contains("canary")).unwrap();
    WireResponse::new(200, invalid_ks(ks).to_string())
}

fn in_the_headers(sent: &Sent) -> WireResponse {
    let echo = texts(&Value::Object(sent.parameters.clone())).join(" ");
    WireResponse::new(200, error("USER_BLOCKED", &json!([])).to_string())
        .with_header("X-Me", echo.clone())
        .with_header("X-Kaltura-Session", echo.clone())
        .with_header("Location", echo)
}

fn in_an_html_page(sent: &Sent) -> WireResponse {
    WireResponse::new(500, format!("<html>{}", sent.body()))
}

fn as_a_result_of_another_type(sent: &Sent) -> WireResponse {
    WireResponse::new(200, json!({"ks": [sent.body()], "objects": sent.body()}).to_string())
}

const ECHOES: [fn(&Sent) -> WireResponse; 6] = [
    whole_body_in_the_message,
    each_value_by_itself,
    an_invalid_ks,
    in_the_headers,
    in_an_html_page,
    as_a_result_of_another_type,
];

/// Every text of an error.
fn all_texts_of(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?} {}", error.hint());
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    shown
}

fn assert_clean(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// The secrets were really sent.
fn assert_sent(fixture: &Fixture) {
    let bodies: String = fixture.server.sent().iter().map(Sent::body).collect();
    for secret in SECRETS {
        assert!(bodies.contains(secret), "{secret} was not sent");
    }
}

#[test]
fn the_error_of_a_call_contains_no_secret() {
    for echo in ECHOES {
        let fixture = Fixture::new(vec![Reply::echo(echo); 20]);
        let raw = list()
            .param("secret", "canary-partner-secret")
            .param("user", json!({"password": "canary-password"}));
        let raw = raw.output::<u32>();
        let typed = StartSession::admin(PartnerId::new(7), AdminSecret::new("canary-partner-secret"));
        let given = CallOptions::new().ks(Ks::new("canary-given-ks"));
        assert_clean(&format!("{given:?}"));
        assert_clean(&all_texts_of(
            &fixture.clock.run(fixture.client.call_with(&typed, &given)).unwrap_err(),
        ));
        assert_clean(&all_texts_of(&fixture.clock.run(fixture.client.call(&raw)).unwrap_err()));
        assert_clean(&format!("{:?} {:#?}", fixture.client, fixture.client.status()));
        assert_sent(&fixture);
    }
}

#[test]
fn the_error_of_a_multirequest_contains_no_secret() {
    for echo in ECHOES {
        let fixture = Fixture::new(vec![Reply::echo(echo); 20]);
        let error = fixture.clock.run(fixture.client.multirequest(batch())).unwrap_err();
        assert_clean(&all_texts_of(&error));
        assert_sent(&fixture);
    }
}

#[test]
fn the_error_of_a_call_in_a_multirequest_contains_no_secret() {
    fn list_of_echoes(sent: &Sent) -> WireResponse {
        let echo = |response: WireResponse| serde_json::from_slice::<Value>(response.body()).unwrap();
        let all = json!([
            echo(whole_body_in_the_message(sent)),
            echo(each_value_by_itself(sent)),
            echo(as_a_result_of_another_type(sent)),
        ]);
        WireResponse::new(200, all.to_string()).with_header("X-Me", sent.body())
    }
    let fixture = Fixture::new([Reply::echo(list_of_echoes)]);
    let mut handles = Vec::new();
    let mut batch = batch_with(|handle| handles.push(handle));
    assert_clean(&format!("{batch:?}"));
    handles.push(batch.add(list().output::<u32>()));
    let mut results = fixture.clock.run(fixture.client.multirequest(batch)).unwrap();
    assert_clean(&format!("{results:?} {results:#?}"));
    for handle in handles {
        assert_clean(&all_texts_of(&results.take(handle).unwrap_err()));
    }
    assert_sent(&fixture);
}

fn batch() -> Multirequest {
    batch_with(drop)
}

fn batch_with(mut each: impl FnMut(kaltura_client::multirequest::Handle<u32>)) -> Multirequest {
    let mut batch = Multirequest::new();
    let raw = RawAction::new("user", "add").param("secret", "canary-partner-secret");
    each(batch.add(raw.param("user", json!({"password": "canary-password"})).output::<u32>()));
    each(batch.add(Subrequest::new(list().output::<u32>()).ks(Ks::new("canary-given-ks"))));
    batch
}
