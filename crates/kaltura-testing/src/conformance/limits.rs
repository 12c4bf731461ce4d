//! Checks of the two limits of a request: the size of the response, and the timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kaltura_auth::TransportErrorKind;

use super::messages::{GZIP_DECODED_LENGTH, gzip_route, require_gzip};
use super::server::{Connection, Persistence, Route};
use super::suite::{CANARY_IN_RESPONSE, CheckResult, SendResult, Suite, fail, request};

const MAX_BYTES: u64 = 1000;

/// More than the socket buffers of an operating system hold, so that writing it all means that it was read.
const HUGE: usize = 64 << 20;

/// How the end of a response body is marked.
#[derive(Clone, Copy)]
enum Framing {
    ContentLength,
    Chunked,
    ConnectionClose,
}

impl Framing {
    fn write_head(self, connection: &mut Connection, length: usize) -> std::io::Result<()> {
        let length = length.to_string();
        let header = match self {
            Self::ContentLength => ("Content-Length", length.as_str()),
            Self::Chunked => ("Transfer-Encoding", "chunked"),
            Self::ConnectionClose => ("Connection", "close"),
        };
        connection.write_head(200, &[header])
    }

    fn write_body(self, connection: &mut Connection, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Chunked => connection.write_chunk(bytes),
            Self::ContentLength | Self::ConnectionClose => connection.write(bytes),
        }
    }

    fn finish(self, connection: &mut Connection) -> std::io::Result<Persistence> {
        match self {
            Self::ContentLength => Ok(Persistence::KeepAlive),
            Self::Chunked => connection.write_chunk(b"").map(|()| Persistence::KeepAlive),
            Self::ConnectionClose => Ok(Persistence::Close),
        }
    }
}

pub(super) async fn size_within_limit(suite: &mut Suite<'_>) -> CheckResult {
    for framing in [Framing::ContentLength, Framing::Chunked, Framing::ConnectionClose] {
        let route = route_of_size(suite, framing, MAX_BYTES as usize);
        let response = suite.send_ok(&route, request(&route).with_max_response_bytes(MAX_BYTES)).await?;
        if response.body().len() as u64 != MAX_BYTES {
            return fail(format!("{} of {MAX_BYTES} bytes arrived", response.body().len()));
        }
    }
    Ok(())
}

pub(super) async fn declared_size(suite: &mut Suite<'_>) -> CheckResult {
    check_too_large(suite, Framing::ContentLength).await
}

pub(super) async fn undeclared_size(suite: &mut Suite<'_>) -> CheckResult {
    check_too_large(suite, Framing::Chunked).await?;
    check_too_large(suite, Framing::ConnectionClose).await
}

async fn check_too_large(suite: &mut Suite<'_>, framing: Framing) -> CheckResult {
    let route = route_of_size(suite, framing, MAX_BYTES as usize + 1);
    let result = suite.send(&route, request(&route).with_max_response_bytes(MAX_BYTES)).await;
    expect_too_large(&result, MAX_BYTES + 1, MAX_BYTES)?;

    let (route, written) = route_with_huge_body(suite, framing);
    let result = suite.send(&route, request(&route).with_max_response_bytes(MAX_BYTES)).await;
    expect_too_large(&result, HUGE as u64, MAX_BYTES)?;
    if route.received().is_empty() {
        return fail("the server received no request");
    }
    route.finished().await;
    match written.load(Ordering::SeqCst) {
        HUGE => fail(format!("all {HUGE} bytes were read, with a limit of {MAX_BYTES}")),
        _ => Ok(()),
    }
}

pub(super) async fn decompressed_size(suite: &mut Suite<'_>) -> CheckResult {
    let limit = GZIP_DECODED_LENGTH as u64 / 2;
    let route = gzip_route(suite);
    let result = suite.send(&route, request(&route).with_max_response_bytes(limit)).await;
    require_gzip(&route)?;
    expect_too_large(&result, GZIP_DECODED_LENGTH as u64, limit)
}

fn expect_too_large(result: &SendResult, size: u64, limit: u64) -> CheckResult {
    match result {
        Err(error) if error.kind() == TransportErrorKind::TooLarge => Ok(()),
        Err(error) => fail(format!(
            "{size} bytes with a limit of {limit} gave the error kind {:?} instead of TooLarge",
            error.kind()
        )),
        Ok(_) => fail(format!("{size} bytes with a limit of {limit} gave a response instead of TooLarge")),
    }
}

fn route_of_size(suite: &Suite<'_>, framing: Framing, length: usize) -> Route {
    suite.server.route(move |_, connection| {
        framing.write_head(connection, length)?;
        framing.write_body(connection, &canary_bytes(length))?;
        framing.finish(connection)
    })
}

/// Also returns the number of bytes written so far.
fn route_with_huge_body(suite: &Suite<'_>, framing: Framing) -> (Route, Arc<AtomicUsize>) {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let route = suite.server.route(move |_, connection| {
        connection.set_write_timeout(Duration::from_millis(500))?;
        framing.write_head(connection, HUGE)?;
        let block = canary_bytes(1 << 16);
        for _ in 0..HUGE / block.len() {
            framing.write_body(connection, &block)?;
            counter.fetch_add(block.len(), Ordering::SeqCst);
        }
        Ok(Persistence::Close)
    });
    (route, written)
}

fn canary_bytes(length: usize) -> Vec<u8> {
    CANARY_IN_RESPONSE.bytes().cycle().take(length).collect()
}

const TIMEOUT: Duration = Duration::from_millis(400);
/// How long the server keeps the connection. Far above [`TIMEOUT`], so that a busy machine fails no transport.
/// A transport that has not timed out by then gets a closed connection, so that no clock is needed.
const SERVER_TIMEOUT: Duration = Duration::from_millis(4000);
const POLL_INTERVAL: Duration = Duration::from_millis(40);

pub(super) async fn slow_response(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, connection| {
        std::thread::sleep(TIMEOUT + TIMEOUT);
        connection.respond(200, &[], b"null")
    });
    suite.send_ok(&route, request(&route)).await.map(drop)
}

pub(super) async fn timeout(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, connection| {
        while_connected(connection, |_| Ok(()))?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route).with_timeout(TIMEOUT)).await;
    expect_timeout(&result, "no response")
}

pub(super) async fn total_timeout(suite: &mut Suite<'_>) -> CheckResult {
    let route = suite.server.route(|_, connection| {
        connection.write_head(200, &[("Content-Length", "100000")])?;
        connection.write(CANARY_IN_RESPONSE.as_bytes())?;
        while_connected(connection, |connection| connection.write(b"."))?;
        Ok(Persistence::Close)
    });
    let result = suite.send(&route, request(&route).with_timeout(TIMEOUT)).await;
    expect_timeout(&result, "a response that arrives byte by byte")
}

/// Calls `step` until the client closes the connection or [`SERVER_TIMEOUT`] is over.
fn while_connected(
    connection: &mut Connection,
    step: fn(&mut Connection) -> std::io::Result<()>,
) -> std::io::Result<()> {
    for _ in 0..SERVER_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
        step(connection)?;
        if connection.is_closed_within(POLL_INTERVAL) {
            break;
        }
    }
    Ok(())
}

fn expect_timeout(result: &SendResult, what: &str) -> CheckResult {
    match result {
        Err(error) if error.kind() == TransportErrorKind::Timeout => Ok(()),
        Err(error) => fail(format!(
            "with a timeout of {TIMEOUT:?}, {what} for {SERVER_TIMEOUT:?} gave the error kind {:?} instead of Timeout",
            error.kind()
        )),
        Ok(_) => {
            fail(format!("with a timeout of {TIMEOUT:?}, {what} for {SERVER_TIMEOUT:?} gave a response"))
        }
    }
}
