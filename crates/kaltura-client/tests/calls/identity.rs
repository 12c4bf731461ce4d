//! Whose session an event, a status, a span or a log record is about.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_client::auth::manager::{Observer, Phase, Status, observer_fn};
use kaltura_client::auth::source::FixedSession;
use kaltura_client::auth::{
    AppTokenCredentials, AppTokenLogin, ServiceUrl, Session, SessionIdentity, SessionRequest,
};
use kaltura_client::types::{AppTokenId, HashType, Ks, PartnerId, UserId};
use kaltura_client::{Client, blocking};

use crate::clock::ManualClock;
use crate::fixture::PARTNER;
use crate::server::{Reply, Server};

const TOKEN: &str = "0_7jh3eu10";

fn login(service_url: ServiceUrl) -> AppTokenLogin {
    AppTokenLogin::new(
        service_url,
        AppTokenCredentials::new(PARTNER, TOKEN, "canary-value", HashType::Sha256),
    )
}

fn identity(service_url: ServiceUrl) -> SessionIdentity {
    SessionIdentity::new()
        .with_service_url(service_url)
        .with_partner_id(PARTNER)
        .with_app_token_id(AppTokenId::new(TOKEN))
}

/// A server at which every login fails.
fn server(clock: &ManualClock) -> Server {
    let server = Server::new(clock);
    server.reply(vec![Reply::error("USER_BLOCKED"); 9]);
    server
}

/// An observer for any number of clients, and the different identities that it has seen, in order.
fn recorder() -> (Arc<dyn Observer>, impl Fn() -> Vec<SessionIdentity>) {
    let seen = Arc::<Mutex<Vec<SessionIdentity>>>::default();
    let record = Arc::clone(&seen);
    let observer = observer_fn(move |_, identity| record.lock().unwrap().push((**identity).clone()));
    let distinct = move || {
        let mut identities = seen.lock().unwrap().clone();
        identities.dedup();
        identities
    };
    (Arc::new(observer), distinct)
}

#[test]
fn events_and_status_of_several_clients_are_told_apart() {
    let (observer, seen) = recorder();
    let clock = ManualClock::new();
    let alice = SessionRequest::new().user_id("alice");
    let client = Client::builder(login(ServiceUrl::US), server(&clock), clock.clone())
        .observer(Arc::clone(&observer))
        .build();
    let for_alice = client.login_as(alice.clone()).unwrap();
    assert!(clock.run(client.session()).is_err());
    assert!(clock.run(for_alice.session()).is_err());

    let blocking_client = blocking::Client::builder(login(ServiceUrl::EU), server(&clock), clock.clone())
        .observer(observer)
        .build();
    assert!(blocking_client.session().is_err());
    assert!(blocking_client.login_as(alice).unwrap().session().is_err());

    let user = UserId::new("alice");
    let expected = [
        identity(ServiceUrl::US),
        identity(ServiceUrl::US).with_user_id(user.clone()),
        identity(ServiceUrl::EU),
        identity(ServiceUrl::EU).with_user_id(user),
    ];
    assert_eq!(seen(), expected);
    assert_eq!(*client.status().identity, expected[0]);
    assert_eq!(*for_alice.status().identity, expected[1]);
    assert_eq!(*blocking_client.status().identity, expected[2]);
}

#[test]
fn a_session_from_elsewhere_has_the_server_of_the_calls() {
    let clock = ManualClock::new();
    let session = Session::new(PartnerId::new(7), Ks::new("canary-ks")).with_user_id("u");
    let source = FixedSession::new(session);
    let client = Client::builder_with_source(ServiceUrl::DE, source, server(&clock), clock).build();
    let expected = SessionIdentity::new()
        .with_service_url(ServiceUrl::DE)
        .with_partner_id(PartnerId::new(7))
        .with_user_id(UserId::new("u"));
    assert_eq!(*client.status().identity, expected);
}

/// The status after the only request, a failed login.
fn status_after(reply: Reply, service_url: ServiceUrl) -> Status {
    let clock = ManualClock::new();
    let server = Server::new(&clock);
    server.reply([reply]);
    let client = Client::builder(login(service_url), server, clock.clone()).build();
    assert!(clock.run(client.session()).is_err());
    client.status()
}

#[test]
fn status_is_compared_with_step_and_kind_of_its_error() {
    let blocked = || status_after(Reply::error("USER_BLOCKED"), ServiceUrl::US);
    assert_eq!(blocked().phase, Phase::None);
    assert_eq!(blocked(), blocked());
    assert_ne!(blocked(), status_after(Reply::error("USER_BLOCKED"), ServiceUrl::EU));
    assert_ne!(blocked(), status_after(Reply::error("INVALID_WIDGET_ID"), ServiceUrl::US));
    let mut other = blocked();
    other.next_try = Some(Duration::ZERO);
    assert_ne!(blocked(), other);
}

#[cfg(feature = "tracing")]
#[test]
fn spans_and_log_records_say_whose_session_it_is() {
    let (spans, events) = crate::tracing_output::record_spans_and_events(|| {
        let clock = ManualClock::new();
        let client = Client::builder(login(ServiceUrl::US), server(&clock), clock.clone()).build();
        let alice = client.login_as(SessionRequest::new().user_id("alice")).unwrap();
        assert!(clock.run(alice.call(&crate::fixture::list())).is_err());
    });
    assert_eq!((spans.len(), events.len()), (1, 3), "{events:?}");
    for fields in spans.iter().chain(&events) {
        let who = ["service_url", "partner_id", "app_token_id", "user_id"].map(|name| fields.get(name));
        assert_eq!(who, ["https://www.kaltura.com", "1234567", TOKEN, "alice"], "{fields:?}");
    }
}
