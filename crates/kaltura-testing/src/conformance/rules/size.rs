//! The limit of an answer's size.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kaltura_auth::TransportErrorKind;

use super::received::{asked_for_gzip, serve_compressed};
use crate::conformance::gzip;
use crate::conformance::http::{Connection, Then};
use crate::conformance::peer::Route;
use crate::conformance::subject::Outcome;
use crate::conformance::suite::{CANARY_IN_ANSWER, Checked, Suite, broken, request};

const LIMIT: u64 = 1000;

/// More than any buffer of an operating system takes, so that it can be told whether somebody reads it all.
const ENDLESS: usize = 64 << 20;

/// How an answer tells where it ends.
#[derive(Clone, Copy)]
enum End {
    Declared,
    Chunked,
    WithTheConnection,
}

impl End {
    fn head(self, connection: &mut Connection, length: usize) -> std::io::Result<()> {
        let length = length.to_string();
        let header = match self {
            Self::Declared => ("Content-Length", length.as_str()),
            Self::Chunked => ("Transfer-Encoding", "chunked"),
            Self::WithTheConnection => ("Connection", "close"),
        };
        connection.head(200, &[header])
    }

    fn write(self, connection: &mut Connection, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Chunked => connection.chunk(bytes),
            Self::Declared | Self::WithTheConnection => connection.write(bytes),
        }
    }

    fn finish(self, connection: &mut Connection) -> std::io::Result<Then> {
        match self {
            Self::Declared => Ok(Then::KeepAlive),
            Self::Chunked => connection.chunk(b"").map(|()| Then::KeepAlive),
            Self::WithTheConnection => Ok(Then::Close),
        }
    }
}

pub(in crate::conformance) async fn allowed(suite: &mut Suite<'_>) -> Checked {
    for end in [End::Declared, End::Chunked, End::WithTheConnection] {
        let route = serve(suite, end, LIMIT as usize);
        let answer = suite.answer(&route, request(&route).with_max_response_bytes(LIMIT)).await?;
        if answer.body().len() as u64 != LIMIT {
            return broken(format!("of {LIMIT} bytes, {} arrived", answer.body().len()));
        }
    }
    Ok(())
}

pub(in crate::conformance) async fn declared(suite: &mut Suite<'_>) -> Checked {
    too_large(suite, End::Declared).await
}

pub(in crate::conformance) async fn undeclared(suite: &mut Suite<'_>) -> Checked {
    too_large(suite, End::Chunked).await?;
    too_large(suite, End::WithTheConnection).await
}

async fn too_large(suite: &mut Suite<'_>, end: End) -> Checked {
    let route = serve(suite, end, LIMIT as usize + 1);
    let outcome = suite.send(&route, request(&route).with_max_response_bytes(LIMIT)).await;
    is_too_large(&outcome, LIMIT + 1, LIMIT)?;

    let (route, written) = serve_endlessly(suite, end);
    let outcome = suite.send(&route, request(&route).with_max_response_bytes(LIMIT)).await;
    is_too_large(&outcome, ENDLESS as u64, LIMIT)?;
    if route.received().is_empty() {
        return broken("no request came to the server");
    }
    route.finished().await;
    match written.load(Ordering::SeqCst) {
        ENDLESS => broken(format!("it read all {ENDLESS} bytes, where {LIMIT} were allowed")),
        _ => Ok(()),
    }
}

pub(in crate::conformance) async fn decompressed(suite: &mut Suite<'_>) -> Checked {
    let limit = gzip::LENGTH as u64 / 2;
    let route = serve_compressed(suite);
    let outcome = suite.send(&route, request(&route).with_max_response_bytes(limit)).await;
    asked_for_gzip(&route)?;
    is_too_large(&outcome, gzip::LENGTH as u64, limit)
}

fn is_too_large(outcome: &Outcome, size: u64, limit: u64) -> Checked {
    match outcome {
        Err(error) if error.kind() == TransportErrorKind::TooLarge => Ok(()),
        Err(error) => broken(format!(
            "{size} bytes, where {limit} were allowed, are {:?} instead of TooLarge",
            error.kind()
        )),
        Ok(_) => {
            broken(format!("{size} bytes, where {limit} were allowed, are an answer instead of TooLarge"))
        }
    }
}

fn serve(suite: &Suite<'_>, end: End, length: usize) -> Route {
    suite.peer.serve(move |_, connection| {
        end.head(connection, length)?;
        end.write(connection, &canaries(length))?;
        end.finish(connection)
    })
}

/// Counts the bytes that it got rid of.
fn serve_endlessly(suite: &Suite<'_>, end: End) -> (Route, Arc<AtomicUsize>) {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let route = suite.peer.serve(move |_, connection| {
        connection.limit_writing(Duration::from_millis(500))?;
        end.head(connection, ENDLESS)?;
        let block = canaries(1 << 16);
        for _ in 0..ENDLESS / block.len() {
            end.write(connection, &block)?;
            counter.fetch_add(block.len(), Ordering::SeqCst);
        }
        Ok(Then::Close)
    });
    (route, written)
}

fn canaries(length: usize) -> Vec<u8> {
    CANARY_IN_ANSWER.bytes().cycle().take(length).collect()
}
