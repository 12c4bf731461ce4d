//! Tests of the two drivers of the flow and of the detection of the hash type, with transports from closures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, Error, ErrorKind, ServiceUrl, Session, SessionRequest,
    TokenHash, Transport, TransportError, WireRequest, WireResponse, blocking, transport_fn,
};
use kaltura_types::{AppTokenValue, HashType, Ks, PartnerId};
use serde_json::{Value, json};

const TOKEN: &str = "3f786850e387550fdab836ed7e6dc881";

/// A server with one token, which has this hash type.
struct Server {
    hash_type: HashType,
    refusal: &'static str,
    calls: Mutex<Vec<String>>,
}

impl Server {
    fn with(hash_type: HashType) -> Self {
        Self { hash_type, refusal: "INVALID_APP_TOKEN_HASH", calls: Mutex::default() }
    }

    fn respond(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        self.calls.lock().unwrap().push(request.action().to_owned());
        let sent: Value = serde_json::from_slice(request.body()).unwrap();
        let body = if request.action() == "startWidgetSession" {
            json!({"partnerId": 7, "ks": "djJ8N3x3aWRnZXQ=", "userId": 0})
        } else {
            let ks = Ks::new(sent["ks"].as_str().unwrap());
            let expected = TokenHash::new(self.hash_type, &ks, &AppTokenValue::new(TOKEN));
            if sent["tokenHash"] == expected.expose() {
                json!({"partnerId": "7", "ks": "djJ8N3xzZXNzaW9u", "sessionType": 0, "expiry": 1_900_000_000, "userId": ""})
            } else {
                json!({"code": self.refusal, "message": "m", "objectType": "KalturaAPIException", "args": []})
            }
        };
        Ok(WireResponse::new(200, body.to_string()))
    }

    fn transport(&self) -> impl Transport {
        transport_fn(|request| {
            let response = self.respond(&request);
            async { response }
        })
    }

    fn blocking_transport(&self) -> impl blocking::Transport {
        blocking::transport_fn(|request| self.respond(&request))
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

fn login(hash_type: HashType) -> AppTokenLogin {
    AppTokenLogin::new(
        ServiceUrl::US,
        AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", TOKEN, hash_type),
    )
}

/// Runs a future that never waits.
fn poll_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn the_async_and_the_blocking_driver_are_equivalent() {
    for hash_type in HashType::ALL {
        let server = Server::with(hash_type);
        let from_async = poll_once(login(hash_type).run(&server.transport()));
        let from_blocking = login(hash_type).run_blocking(&server.blocking_transport());
        assert_eq!(from_async.unwrap().ks(), from_blocking.unwrap().ks());
        assert_eq!(server.calls(), 4);
    }
}

#[test]
fn a_transport_may_be_a_trait_object() {
    let server = Server::with(HashType::Sha1);
    let blocking: &dyn blocking::Transport = &server.blocking_transport();
    assert!(login(HashType::Sha1).run_blocking(blocking).is_ok());
    let boxed: Box<dyn Transport + '_> = Box::new(server.transport());
    assert!(poll_once(login(HashType::Sha1).run(&boxed)).is_ok());
    let shared: std::sync::Arc<dyn Transport + '_> = boxed.into();
    assert!(poll_once(login(HashType::Sha1).run(&*shared)).is_ok());
    assert!(poll_once(login(HashType::Sha1).run(&shared)).is_ok());
}

#[test]
fn the_hash_type_is_detected_with_one_widget_session() {
    for actual in HashType::ALL {
        for guess in HashType::ALL {
            let server = Server::with(actual);
            let detected = login(guess).detect_hash_type_blocking(&server.blocking_transport()).unwrap();
            assert_eq!(detected.hash_type, actual);
            assert_eq!(detected.session.ks().expose(), "djJ8N3xzZXNzaW9u");
            let most = 2 + HashType::ALL.len() - 1;
            assert!(
                server.calls() <= most && (guess != actual || server.calls() == 2),
                "{} calls",
                server.calls()
            );
            let detected = poll_once(login(guess).detect_hash_type(&server.transport()));
            assert_eq!(detected.unwrap().hash_type, actual);
        }
    }
}

#[test]
fn if_no_hash_type_is_accepted_each_was_tried_once_and_the_first_error_is_returned() {
    let server = Server::with(HashType::Md5);
    let token = AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", "another", HashType::Sha256);
    let login = AppTokenLogin::new(ServiceUrl::US, token);
    let error = login.detect_hash_type_blocking(&server.blocking_transport()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidTokenHash);
    assert_eq!(server.calls(), 1 + 4);
}

#[test]
fn other_errors_are_not_retried() {
    let server = Server { refusal: "APP_TOKEN_NOT_ACTIVE", ..Server::with(HashType::Md5) };
    let error = login(HashType::Sha1).detect_hash_type_blocking(&server.blocking_transport()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenNotActive);
    assert_eq!(server.calls(), 2);
}

#[test]
fn all_types_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>() {}
    fn is_send<T: Send>(_: T) {}
    is_send_and_sync::<AppTokenCredentials>();
    is_send_and_sync::<AppTokenFlow>();
    is_send_and_sync::<AppTokenLogin>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<ServiceUrl>();
    is_send_and_sync::<Session>();
    is_send_and_sync::<SessionRequest>();
    is_send_and_sync::<TokenHash>();
    is_send_and_sync::<TransportError>();
    is_send_and_sync::<WireRequest>();
    is_send_and_sync::<WireResponse>();
    let transport = transport_fn(|_| async { Ok(WireResponse::new(200, "")) });
    let login = login(HashType::Sha1);
    is_send(login.run(&transport));
    is_send(login.detect_hash_type(&transport));
}
