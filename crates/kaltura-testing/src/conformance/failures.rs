//! Checks of errors: failed connections, dropped futures, recovery, and what errors reveal.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kaltura_auth::{TransportError, TransportErrorKind};

use super::server::Persistence;
use super::suite::{
    CANARIES, CANARY_IN_RESPONSE, CheckResult, RecordedError, SendResult, Suite, TestedTransport, describe,
    fail, not_applicable, request, request_to,
};
use crate::mock::Latch;

pub(super) async fn connection_refused(suite: &mut Suite<'_>) -> CheckResult {
    let url = suite.server.unused_url().or_else(|error| not_applicable(format!("no free port: {error}")))?;
    match suite.transport.send(request_to(&url)).await {
        Ok(_) => fail("a closed port gave a response"),
        Err(error) => {
            let (kind, maybe_sent) = (error.kind(), error.maybe_sent());
            suite.errors.push(RecordedError { error, received: false });
            match (kind, maybe_sent) {
                (TransportErrorKind::Connect, false) => Ok(()),
                (TransportErrorKind::Connect, true) => {
                    fail("maybe_sent() is true, although there was no connection")
                }
                (kind, _) => fail(format!("a closed port gave the error kind {kind:?} instead of Connect")),
            }
        }
    }
}

pub(super) async fn no_response(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, _| Ok(Persistence::Close));
    let result = suite.send(&route, request(&route)).await;
    expect_io_error(&result, "a connection closed without a response")
}

pub(super) async fn truncated_response(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, connection| {
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Le")?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route)).await;
    expect_io_error(&result, "a response that ends within its headers")?;

    let route = suite.server.route(|_, connection| {
        connection.write_head(200, &[("Content-Length", "1000")])?;
        connection.write(CANARY_IN_RESPONSE.as_bytes())?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route)).await;
    expect_io_error(&result, "a response shorter than its Content-Length")?;

    let route = suite.server.route(|_, connection| {
        connection.write_head(200, &[("Transfer-Encoding", "chunked")])?;
        connection.write_chunk(CANARY_IN_RESPONSE.as_bytes())?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route)).await;
    expect_io_error(&result, "a response without its last chunk")
}

pub(super) async fn not_http(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|received, connection| {
        // Such servers may echo what they do not understand.
        let echo = String::from_utf8_lossy(&received.body).into_owned();
        connection.write(format!("SSH-2.0 {CANARY_IN_RESPONSE} {echo}\r\n\r\n").as_bytes())?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route)).await;
    expect_io_error(&result, "a response that is not HTTP")
}

fn expect_io_error(result: &SendResult, what: &str) -> CheckResult {
    match result {
        Err(error) if matches!(error.kind(), TransportErrorKind::Io | TransportErrorKind::Other) => Ok(()),
        Err(error) => fail(format!("{what} gave the error kind {:?} instead of Io or Other", error.kind())),
        Ok(_) => fail(format!("{what} was accepted as a response")),
    }
}

const CONCURRENT: usize = 4;
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How often the server polls for an event; enough for a busy machine.
const MAX_POLLS: usize = 200;

/// The server holds each response back until all requests have arrived.
pub(super) async fn concurrency(suite: &mut Suite<'_>) -> CheckResult {
    let active = Arc::new(AtomicUsize::new(0));
    let peak = Arc::new(AtomicUsize::new(0));
    let release = Latch::new();
    let requests = (0..CONCURRENT).map(|number| {
        let (active, peak, release) = (Arc::clone(&active), Arc::clone(&peak), release.clone());
        let route = suite.server.route(move |_, connection| {
            peak.fetch_max(active.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            wait_until(|| release.is_open() || peak.load(Ordering::SeqCst) == CONCURRENT);
            // After one timeout, the others need not wait too.
            release.open();
            active.fetch_sub(1, Ordering::SeqCst);
            connection.respond(200, &[], number.to_string().as_bytes())
        });
        request(&route)
    });
    let requests = requests.collect();
    let results = suite.transport.send_all(requests).await;
    if results.len() < CONCURRENT {
        return fail("the transport panicked");
    }
    for (number, result) in results.into_iter().enumerate() {
        let response = result.or_else(|error| fail(describe(&error)))?;
        if response.body() != number.to_string().as_bytes() {
            return fail("a request got the response to another");
        }
    }
    match peak.load(Ordering::SeqCst) {
        CONCURRENT => Ok(()),
        fewer => fail(format!("only {fewer} of {CONCURRENT} requests were active at once")),
    }
}

/// The server responds after the future was dropped; the next request must not get that response.
pub(super) async fn dropped_future(suite: &mut Suite<'_>) -> CheckResult {
    if let TestedTransport::Blocking(_) = suite.transport {
        return not_applicable("a blocking transport has no futures");
    }
    let (received, dropped) = (Latch::new(), Latch::new());
    let (signal, wait) = (received.clone(), dropped.clone());
    let route = suite.server.route(move |_, connection| {
        signal.open();
        wait_until(|| wait.is_open());
        connection.respond(200, &[], b"late response")
    });
    let early = suite.transport.send_until(&received, request(&route)).await;
    dropped.open();
    if early.is_some() {
        return not_applicable("the future was never pending after the server received the request");
    }
    let next = suite.route_with_body(b"next response");
    for _ in 0..3 {
        let response = suite.send_ok(&next, request(&next)).await?;
        if response.body() != b"next response" {
            return fail("the next request got the response to the dropped one");
        }
    }
    Ok(())
}

fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..MAX_POLLS {
        if condition() {
            return;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

pub(super) async fn recovery(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.route_with_body(b"recovered");
    let response = suite.send_ok(&route, request(&route)).await?;
    if response.body() == b"recovered" {
        Ok(())
    } else {
        fail("a response after failures does not arrive unchanged")
    }
}

pub(super) fn maybe_sent(suite: &Suite<'_>) -> CheckResult {
    if suite.errors.is_empty() {
        return not_applicable("there was no error");
    }
    match suite.errors.iter().find(|recorded| recorded.received && !recorded.error.maybe_sent()) {
        None => Ok(()),
        Some(recorded) => fail(format!(
            "maybe_sent() of an error of kind {:?} is false, although the server received the request",
            recorded.error.kind()
        )),
    }
}

pub(super) fn no_secrets(suite: &Suite<'_>) -> CheckResult {
    if suite.errors.is_empty() {
        return not_applicable("there was no error");
    }
    for recorded in &suite.errors {
        let text = full_text(&recorded.error);
        for (canary, place) in CANARIES {
            if contains(&text, canary) {
                return fail(format!("an error of kind {:?} contains {place}", recorded.error.kind()));
            }
        }
    }
    Ok(())
}

/// `Display` and `Debug` of the error and of all its causes.
fn full_text(error: &TransportError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

/// Finds it as text, or as the list of numbers that `Debug` prints for bytes.
fn contains(text: &str, canary: &str) -> bool {
    let numbers = canary.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    text.contains(canary) || text.contains(&numbers)
}
