//! No secret that is sent comes back in an error, whatever the server makes of it.

use std::error::Error as _;

use kaltura_client::auth::WireResponse;
use kaltura_client::types::{AdminSecret, Ks, PartnerId, StartSession};
use kaltura_client::{CallOptions, Error, Multirequest, RawAction, Subrequest};
use serde_json::{Value, json};

use crate::scene::{KS, Scene, list};
use crate::server::{Reply, Sent, error, invalid_ks};

/// Texts that occur nowhere else, and look like nothing that is taken for a secret by itself.
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

fn as_a_page(sent: &Sent) -> WireResponse {
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
    as_a_page,
    as_a_result_of_another_type,
];

/// All that anybody can read of an error.
fn all_of(error: &Error) -> String {
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

/// The secrets were there to be told.
fn assert_sent(scene: &Scene) {
    let bodies: String = scene.server.sent().iter().map(Sent::body).collect();
    for secret in SECRETS {
        assert!(bodies.contains(secret), "{secret} was not sent");
    }
}

#[test]
fn an_echoing_server_does_not_bring_a_secret_into_an_error_of_a_call() {
    for echo in ECHOES {
        let scene = Scene::new(vec![Reply::echo(echo); 20]);
        let raw = list()
            .param("secret", "canary-partner-secret")
            .param("user", json!({"password": "canary-password"}));
        let raw = raw.output::<u32>();
        let typed = StartSession::admin(PartnerId::new(7), AdminSecret::new("canary-partner-secret"));
        let given = CallOptions::new().ks(Ks::new("canary-given-ks"));
        assert_clean(&format!("{given:?}"));
        assert_clean(&all_of(&scene.clock.run(scene.client.call_with(&typed, &given)).unwrap_err()));
        assert_clean(&all_of(&scene.clock.run(scene.client.call(&raw)).unwrap_err()));
        assert_clean(&format!("{:?} {:#?}", scene.client, scene.client.status()));
        assert_sent(&scene);
    }
}

#[test]
fn nor_into_an_error_of_a_multirequest() {
    for echo in ECHOES {
        let scene = Scene::new(vec![Reply::echo(echo); 20]);
        let error = scene.clock.run(scene.client.multirequest(batch())).unwrap_err();
        assert_clean(&all_of(&error));
        assert_sent(&scene);
    }
}

#[test]
fn nor_into_the_errors_of_its_calls() {
    fn list_of_echoes(sent: &Sent) -> WireResponse {
        let echo = |answer: WireResponse| serde_json::from_slice::<Value>(answer.body()).unwrap();
        let all = json!([
            echo(whole_body_in_the_message(sent)),
            echo(each_value_by_itself(sent)),
            echo(as_a_result_of_another_type(sent)),
        ]);
        WireResponse::new(200, all.to_string()).with_header("X-Me", sent.body())
    }
    let scene = Scene::new([Reply::echo(list_of_echoes)]);
    let mut handles = Vec::new();
    let mut batch = batch_with(|handle| handles.push(handle));
    assert_clean(&format!("{batch:?}"));
    handles.push(batch.add(list().output::<u32>()));
    let mut results = scene.clock.run(scene.client.multirequest(batch)).unwrap();
    assert_clean(&format!("{results:?} {results:#?}"));
    for handle in handles {
        assert_clean(&all_of(&results.take(handle).unwrap_err()));
    }
    assert_sent(&scene);
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
