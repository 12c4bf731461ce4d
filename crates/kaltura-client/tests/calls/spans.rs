//! What `tracing` is told, and what it is not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use kaltura_client::auth::WireResponse;
use kaltura_client::types::Ks;
use kaltura_client::{CallOptions, Multirequest};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::scene::{BlockingScene, KS, Scene, list};
use crate::server::{Reply, invalid_ks};

/// Keeps all spans and events of the thread that listens. It is there for all threads, since `tracing` asks only
/// once whether anybody wants to hear of a place in the code.
struct Ear;

thread_local! {
    static HEARD: RefCell<Option<Heard>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Heard {
    spans: BTreeMap<u64, Fields>,
    events: Vec<Fields>,
}

/// Does something with what this thread has heard, if it listens.
fn heard(keep: impl FnOnce(&mut Heard)) {
    HEARD.with_borrow_mut(|heard| heard.as_mut().map(keep));
}

#[derive(Clone, Debug, Default)]
struct Fields(BTreeMap<String, String>);

impl Fields {
    fn of(metadata: &Metadata<'_>) -> Self {
        let mut fields = Self::default();
        fields.0.insert("name".to_owned(), metadata.name().to_owned());
        fields.0.insert("target".to_owned(), metadata.target().to_owned());
        fields.0.insert("level".to_owned(), metadata.level().to_string());
        fields
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::SeqCst);
        let mut fields = Fields::of(attributes.metadata());
        attributes.record(&mut fields);
        heard(|heard| drop(heard.spans.insert(id, fields)));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        heard(|heard| values.record(heard.spans.get_mut(&span.into_u64()).unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::of(event.metadata());
        event.record(&mut fields);
        heard(|heard| heard.events.push(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The spans and events of some work.
fn listen(work: impl FnOnce()) -> (Vec<Fields>, Vec<Fields>) {
    static EAR: Once = Once::new();
    EAR.call_once(|| tracing::subscriber::set_global_default(Ear).unwrap());
    tracing::callsite::rebuild_interest_cache();
    HEARD.set(Some(Heard::default()));
    work();
    let heard = HEARD.take().unwrap();
    (heard.spans.into_values().collect(), heard.events)
}

fn answer(body: &str) -> Reply {
    let answer = WireResponse::new(200, body);
    Reply::answer(answer.with_header("X-Me", "front-7").with_header("X-Kaltura-Session", "11, 1800000000"))
}

#[test]
fn a_call_is_a_span_with_its_names_and_how_it_ended() {
    let (spans, _) = listen(|| {
        let scene = Scene::new([Reply::invalid_ks("EXPIRED"), answer("{}")]);
        scene.call().unwrap();
        let threads = BlockingScene::new([answer(r#"{"code":"USER_BLOCKED","message":"m","args":[]}"#)]);
        assert!(threads.client.call(&list()).is_err());
        scene.server.reply([answer("[1]")]);
        let mut batch = Multirequest::new();
        batch.add(list());
        scene.clock.run(scene.client.multirequest(batch)).unwrap();
    });
    let told = |span: &Fields| {
        ["name", "service", "action", "status", "server", "request_id", "tries", "error"]
            .map(|name| span.get(name).to_owned())
    };
    let told: Vec<_> = spans.iter().map(told).collect();
    let expected = [
        ["kaltura.call", "media", "list", "200", "front-7", "11, 1800000000", "2", ""],
        ["kaltura.call", "media", "list", "200", "front-7", "11, 1800000000", "1", "the user is blocked"],
        ["kaltura.call", "multirequest", "", "200", "front-7", "11, 1800000000", "1", ""],
    ];
    assert_eq!(told, expected.map(|span| span.map(str::to_owned)));
}

#[test]
fn what_happens_to_the_session_is_told_and_the_observer_hears_it_too() {
    let seen = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&seen);
    let (_, events) = listen(move || {
        let observer = move |_: &kaltura_client::auth::manager::Event| {
            counts.fetch_add(1, Ordering::SeqCst);
        };
        let scene = Scene::built(vec![Reply::invalid_ks("LOGOUT"); 2], |builder| builder.observer(observer));
        assert!(scene.call().is_err());
        assert!(scene.call().is_err());
    });
    let messages: Vec<&str> = events.iter().map(|event| event.get("message")).collect();
    assert_eq!(
        messages,
        [
            "a login began",
            "logged in",
            "the server refused the session",
            "a login began",
            "logged in",
            "the server refused the session",
            "no login for a while",
        ]
    );
    assert!(events.iter().all(|event| event.get("target") == "kaltura::session"));
    assert_eq!(seen.load(Ordering::SeqCst), 7);
}

#[test]
fn no_span_and_no_event_holds_a_secret() {
    let canaries = [KS, "canary-secret", "canary-given-ks"];
    let (spans, events) = listen(|| {
        let echo = |sent: &crate::server::Sent| {
            let ks = sent.ks().unwrap_or_default();
            let answer = WireResponse::new(200, invalid_ks(ks).to_string());
            answer.with_header("X-Me", sent.body()).with_header("X-Kaltura-Session", ks)
        };
        let scene = Scene::new(vec![Reply::echo(echo); 9]);
        let action = list().param("secret", "canary-secret").param("a", json!({"password": "canary-secret"}));
        assert!(scene.clock.run(scene.client.call(&action)).is_err());
        let given = CallOptions::new().ks(Ks::new("canary-given-ks"));
        assert!(scene.clock.run(scene.client.call_with(&action, &given)).is_err());
        let bodies: String = scene.server.sent().iter().map(crate::server::Sent::body).collect();
        assert!(canaries.iter().all(|canary| bodies.contains(canary)), "they are there to be told");
    });
    assert!(spans.len() == 2 && events.len() > 5, "{} {}", spans.len(), events.len());
    let told = format!("{spans:?} {events:?}");
    for canary in canaries {
        assert!(!told.contains(canary), "{canary} in {told}");
    }
}
