//! The spans and events of the feature `tracing`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use kaltura_client::auth::WireResponse;
use kaltura_client::auth::manager::observer_fn;
use kaltura_client::types::Ks;
use kaltura_client::{CallOptions, Multirequest};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::fixture::{BlockingFixture, Fixture, KS, list};
use crate::server::{Reply, invalid_ks};

/// Records the spans and events of threads that have a recording. It is the global subscriber, since `tracing` caches
/// for each callsite whether a subscriber is interested.
struct Recorder;

thread_local! {
    static RECORDING: RefCell<Option<Recording>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Recording {
    spans: BTreeMap<u64, Fields>,
    events: Vec<Fields>,
}

/// Changes the recording of this thread, if there is one.
fn record(change: impl FnOnce(&mut Recording)) {
    RECORDING.with_borrow_mut(|recording| recording.as_mut().map(change));
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    fn of(metadata: &Metadata<'_>) -> Self {
        let mut fields = Self::default();
        fields.0.insert("name".to_owned(), metadata.name().to_owned());
        fields.0.insert("target".to_owned(), metadata.target().to_owned());
        fields.0.insert("level".to_owned(), metadata.level().to_string());
        fields
    }

    pub(crate) fn get(&self, name: &str) -> &str {
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

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::SeqCst);
        let mut fields = Fields::of(attributes.metadata());
        attributes.record(&mut fields);
        record(|recording| drop(recording.spans.insert(id, fields)));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        record(|recording| values.record(recording.spans.get_mut(&span.into_u64()).unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::of(event.metadata());
        event.record(&mut fields);
        record(|recording| recording.events.push(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The spans and events of `work`.
pub(crate) fn record_spans_and_events(work: impl FnOnce()) -> (Vec<Fields>, Vec<Fields>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
    tracing::callsite::rebuild_interest_cache();
    RECORDING.set(Some(Recording::default()));
    work();
    let recording = RECORDING.take().unwrap();
    (recording.spans.into_values().collect(), recording.events)
}

fn response(body: &str) -> Reply {
    let response = WireResponse::new(200, body);
    Reply::response(
        response.with_header("X-Me", "front-7").with_header("X-Kaltura-Session", "11, 1800000000"),
    )
}

#[test]
fn a_call_is_a_span_with_its_name_and_its_outcome() {
    let (spans, _) = record_spans_and_events(|| {
        let fixture = Fixture::new([Reply::invalid_ks("EXPIRED"), response("{}")]);
        fixture.call().unwrap();
        let blocking = BlockingFixture::new([response(r#"{"code":"USER_BLOCKED","message":"m","args":[]}"#)]);
        assert!(blocking.client.call(&list()).is_err());
        fixture.server.reply([response("[1]")]);
        let mut batch = Multirequest::new();
        batch.add(list());
        fixture.clock.run(fixture.client.multirequest(batch)).unwrap();
    });
    let fields = |span: &Fields| {
        ["name", "service", "action", "status", "server", "request_id", "attempts", "error"]
            .map(|name| span.get(name).to_owned())
    };
    let recorded: Vec<_> = spans.iter().map(fields).collect();
    let expected = [
        ["kaltura.call", "media", "list", "200", "front-7", "11, 1800000000", "2", ""],
        ["kaltura.call", "media", "list", "200", "front-7", "11, 1800000000", "1", "the user is blocked"],
        ["kaltura.call", "multirequest", "", "200", "front-7", "11, 1800000000", "1", ""],
    ];
    assert_eq!(recorded, expected.map(|span| span.map(str::to_owned)));
}

#[test]
fn session_events_are_logged_and_passed_to_the_observer() {
    let seen = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&seen);
    let (_, events) = record_spans_and_events(move || {
        let observer = observer_fn(move |_, _| {
            counts.fetch_add(1, Ordering::SeqCst);
        });
        let fixture =
            Fixture::with_builder(vec![Reply::invalid_ks("LOGOUT"); 2], |builder| builder.observer(observer));
        assert!(fixture.call().is_err());
        assert!(fixture.call().is_err());
    });
    let messages: Vec<&str> = events.iter().map(|event| event.get("message")).collect();
    assert_eq!(
        messages,
        [
            "login started",
            "logged in",
            "session refused by the server",
            "login started",
            "logged in",
            "session refused by the server",
            "login backoff started",
        ]
    );
    assert!(events.iter().all(|event| event.get("target") == "kaltura::session"));
    assert_eq!(seen.load(Ordering::SeqCst), 7);
}

#[test]
fn no_span_and_no_event_contains_a_secret() {
    let canaries = [KS, "canary-secret", "canary-given-ks"];
    let (spans, events) = record_spans_and_events(|| {
        let echo = |sent: &crate::server::Sent| {
            let ks = sent.ks().unwrap_or_default();
            let response = WireResponse::new(200, invalid_ks(ks).to_string());
            response.with_header("X-Me", sent.body()).with_header("X-Kaltura-Session", ks)
        };
        let fixture = Fixture::new(vec![Reply::echo(echo); 9]);
        let action = list().param("secret", "canary-secret").param("a", json!({"password": "canary-secret"}));
        assert!(fixture.clock.run(fixture.client.call(&action)).is_err());
        let given = CallOptions::new().ks(Ks::new("canary-given-ks"));
        assert!(fixture.clock.run(fixture.client.call_with(&action, &given)).is_err());
        let bodies: String = fixture.server.sent().iter().map(crate::server::Sent::body).collect();
        assert!(canaries.iter().all(|canary| bodies.contains(canary)), "the secrets were really sent");
    });
    assert!(spans.len() == 2 && events.len() > 5, "{} {}", spans.len(), events.len());
    let recorded = format!("{spans:?} {events:?}");
    for canary in canaries {
        assert!(!recorded.contains(canary), "{canary} in {recorded}");
    }
}
