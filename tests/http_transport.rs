//! The transports of `kaltura-http` with the emulator's server: logins and calls over real HTTP.
#![cfg(test)]

use std::time::Duration;

use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, ErrorKind, Session, Transport, TransportErrorKind, WireRequest,
    WireResponse, blocking::Transport as BlockingTransport,
};
use kaltura_emulator::server::Server;
use kaltura_emulator::{AppTokenSeed, EmulatedAppToken, Emulator, Fault, FaultRule};
use kaltura_http::{ReqwestTransport, ReqwestTransportBuilder, blocking};
use kaltura_types::{HashType, Parameters, SessionType};
use serde_json::Value;

fn builder() -> ReqwestTransportBuilder {
    ReqwestTransport::builder().timeout(Duration::from_secs(20))
}

fn transport() -> ReqwestTransport {
    builder().build().unwrap()
}

fn blocking_transport() -> blocking::ReqwestTransport {
    builder().build_blocking().unwrap()
}

/// A token with admin sessions, which may list media.
fn token(emulator: &Emulator, hash_type: HashType) -> EmulatedAppToken {
    let seed = AppTokenSeed::new().hash_type(hash_type).session_type(SessionType::Admin);
    emulator.add_app_token(seed).unwrap()
}

fn login(server: &Server, token: &EmulatedAppToken) -> AppTokenLogin {
    AppTokenLogin::new(server.url().clone(), token.credentials())
}

fn call(server: &Server, service: &str, action: &str, parameters: &[(&str, &str)]) -> WireRequest {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
    WireRequest::json(server.url(), service, action, parameters.collect::<Parameters>())
}

fn start_widget_session(server: &Server) -> WireRequest {
    let widget = format!("_{}", server.emulator().partner_id());
    call(server, "session", "startWidgetSession", &[("widgetId", &widget)])
}

fn list_media(server: &Server, session: &Session) -> WireRequest {
    call(server, "media", "list", &[("ks", session.ks().expose())])
}

fn json(response: &WireResponse) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    serde_json::from_slice(response.body()).unwrap()
}

fn assert_lists_media(response: &WireResponse) {
    let list = json(response);
    assert_eq!(list["objectType"], "KalturaMediaListResponse", "{list}");
    assert!(list["totalCount"].as_u64().is_some_and(|count| count > 0), "{list}");
}

#[tokio::test]
async fn widget_session_needs_no_credentials() {
    let server = Emulator::new().serve().await.unwrap();
    let response = transport().send(start_widget_session(&server)).await.unwrap();
    let session = json(&response);
    assert!(session["ks"].as_str().is_some_and(|ks| ks.starts_with("djJ8")), "{session}");
    assert!(response.server_time().is_some());
    server.shutdown().await;
}

#[tokio::test]
async fn session_of_each_hash_type_can_call_the_api() {
    let server = Emulator::new().serve().await.unwrap();
    let transport = transport();
    for hash_type in HashType::ALL {
        let session = login(&server, &token(server.emulator(), hash_type)).run(&transport).await.unwrap();
        assert_eq!(session.partner_id(), server.emulator().partner_id());
        assert_lists_media(&transport.send(list_media(&server, &session)).await.unwrap());
    }
    assert_eq!(server.emulator().calls().count("appToken.startSession"), 4);
}

#[test]
fn blocking_session_of_each_hash_type_can_call_the_api() {
    let server = Emulator::new().serve_blocking().unwrap();
    let transport = blocking_transport();
    for hash_type in HashType::ALL {
        let session = login(&server, &token(server.emulator(), hash_type)).run_blocking(&transport).unwrap();
        assert_lists_media(&transport.send(list_media(&server, &session)).unwrap());
    }
    assert_eq!(server.emulator().calls().count("appToken.startSession"), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_logins_all_succeed() {
    let server = Emulator::new().serve().await.unwrap();
    let login = login(&server, &token(server.emulator(), HashType::Sha256));
    let transport = transport();
    let logins: Vec<_> = (0..50)
        .map(|_| {
            let (login, transport) = (login.clone(), transport.clone());
            tokio::spawn(async move { login.run(&transport).await })
        })
        .collect();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    assert_eq!(server.emulator().calls().count("appToken.startSession"), 50);
}

#[tokio::test]
async fn wrong_token_value_is_an_invalid_hash() {
    let server = Emulator::new().serve().await.unwrap();
    let right = token(server.emulator(), HashType::Sha256);
    let wrong = AppTokenCredentials::new(
        right.partner_id(),
        right.id().clone(),
        "0123456789abcdef0123456789abcdef",
        right.hash_type(),
    );
    let error = AppTokenLogin::new(server.url().clone(), wrong).run(&transport()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidTokenHash);
}

/// The server ignores a body whose content type is not exactly `application/json` (wire contract, section
/// 1.3), so this shows that the transport does not change it.
#[tokio::test]
async fn content_type_is_sent_unchanged() {
    let server = Emulator::new().serve().await.unwrap();
    let request = start_widget_session(&server);
    let with_charset = request.clone().with_content_type("application/json; charset=utf-8");
    let ignored = json(&transport().send(with_charset).await.unwrap());
    assert_eq!(ignored["code"], "MISSING_MANDATORY_PARAMETER");
    assert!(json(&transport().send(request).await.unwrap())["ks"].is_string());
}

#[tokio::test]
async fn response_beyond_the_limit_is_an_error() {
    let server = Emulator::new().serve().await.unwrap();
    let length = transport().send(start_widget_session(&server)).await.unwrap().body().len() as u64;

    let sufficient = start_widget_session(&server).with_max_response_bytes(length);
    assert!(transport().send(sufficient).await.is_ok());
    let strict = builder().max_response_bytes(length - 1).build().unwrap();
    for (transport, limit) in [(&transport(), length - 1), (&strict, length)] {
        let request = start_widget_session(&server).with_max_response_bytes(limit);
        let error = transport.send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::TooLarge, true));
    }
}

#[tokio::test]
async fn too_large_request_is_answered_with_its_status() {
    let server = Server::builder(Emulator::new()).max_request_bytes(1000).bind().await.unwrap();
    let request = call(&server, "session", "start", &[("secret", &"x".repeat(1000))]);
    assert_eq!(transport().send(request).await.unwrap().status(), 413);
    assert!(server.emulator().calls().is_empty());
}

#[tokio::test]
async fn connection_faults_have_their_error_kinds() {
    let server = Emulator::new().serve().await.unwrap();
    let transport = transport();
    for (fault, kind) in [
        (Fault::Reset, TransportErrorKind::Io),
        (Fault::CutBody, TransportErrorKind::Io),
        (Fault::Slow(Duration::from_secs(3600)), TransportErrorKind::Timeout),
    ] {
        server.emulator().inject(FaultRule::new(fault.clone()).times(1));
        let request = start_widget_session(&server).with_timeout(Duration::from_millis(500));
        let error = transport.send(request.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.maybe_sent()), (kind, true), "{fault:?}: {error:?}");
        // The next request succeeds.
        assert!(json(&transport.send(request).await.unwrap())["ks"].is_string());
    }
    assert_eq!(server.emulator().calls().count("session.startWidgetSession"), 6);
}

#[tokio::test]
async fn every_response_of_a_gateway_is_returned() {
    let server = Emulator::new().serve().await.unwrap();
    for (fault, status, body) in [
        (Fault::Status(503), 503, ""),
        (Fault::HtmlPage(200), 200, "<!DOCTYPE html>"),
        (Fault::EmptyBody, 200, ""),
    ] {
        server.emulator().inject(FaultRule::new(fault).times(1));
        let response = transport().send(start_widget_session(&server)).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(response.body().starts_with(body.as_bytes()));
        assert_eq!(response.body().is_empty(), body.is_empty());
    }
}

#[test]
fn restarted_server_is_reached_again() {
    let emulator = Emulator::new();
    let server = emulator.serve_blocking().unwrap();
    let (address, request) = (server.addr(), start_widget_session(&server));
    let transport = blocking_transport();
    assert!(transport.send(request.clone()).is_ok());

    drop(server);
    // Long enough for the client to notice that the idle connection was closed; a request on it would be lost.
    std::thread::sleep(Duration::from_millis(200));
    let error = transport.send(request.clone()).unwrap_err();
    assert_eq!((error.kind(), error.maybe_sent()), (TransportErrorKind::Connect, false), "{error:?}");

    let _restarted = Server::spawn(emulator, address).unwrap();
    assert!(transport.send(request).is_ok());
}

/// The server has its own thread, so it responds although the blocking call blocks the runtime.
#[tokio::test]
async fn blocking_call_within_a_runtime_does_not_panic() {
    let server = Emulator::new().serve_blocking().unwrap();
    let transport = blocking_transport();
    assert!(transport.send(start_widget_session(&server)).is_ok());
}
