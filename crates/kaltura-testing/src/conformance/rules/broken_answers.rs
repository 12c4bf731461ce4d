//! Connections that are not made, or that break.

use kaltura_auth::TransportErrorKind;

use crate::conformance::http::Then;
use crate::conformance::subject::Outcome;
use crate::conformance::suite::{
    CANARY_IN_ANSWER, Checked, Met, Suite, broken, not_applicable, request, request_to,
};

pub(in crate::conformance) async fn refused(suite: &mut Suite<'_>) -> Checked {
    let url = suite.peer.nowhere().or_else(|error| not_applicable(format!("no free port: {error}")))?;
    match suite.subject.send(request_to(&url)).await {
        Ok(_) => broken("a port where nobody listens is an answer"),
        Err(error) => {
            let (kind, maybe_sent) = (error.kind(), error.maybe_sent());
            suite.met.push(Met { error, arrived: false });
            match (kind, maybe_sent) {
                (TransportErrorKind::Connect, false) => Ok(()),
                (TransportErrorKind::Connect, true) => {
                    broken("maybe_sent() is true, though there was no connection")
                }
                (kind, _) => broken(format!("a port where nobody listens is {kind:?} instead of Connect")),
            }
        }
    }
}

pub(in crate::conformance) async fn none(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, _| Ok(Then::Close));
    let outcome = suite.send(&route, request(&route)).await;
    is_broken(&outcome, "a connection closed without an answer")
}

pub(in crate::conformance) async fn half(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, connection| {
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Le")?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route)).await;
    is_broken(&outcome, "an answer cut off in its headers")?;

    let route = suite.peer.serve(|_, connection| {
        connection.head(200, &[("Content-Length", "1000")])?;
        connection.write(CANARY_IN_ANSWER.as_bytes())?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route)).await;
    is_broken(&outcome, "an answer shorter than its Content-Length")?;

    let route = suite.peer.serve(|_, connection| {
        connection.head(200, &[("Transfer-Encoding", "chunked")])?;
        connection.chunk(CANARY_IN_ANSWER.as_bytes())?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route)).await;
    is_broken(&outcome, "an answer without its last chunk")
}

pub(in crate::conformance) async fn not_http(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|received, connection| {
        // A server that echoes what it does not understand.
        let echo = String::from_utf8_lossy(&received.body).into_owned();
        connection.write(format!("SSH-2.0 {CANARY_IN_ANSWER} {echo}\r\n\r\n").as_bytes())?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route)).await;
    is_broken(&outcome, "an answer that is no HTTP")
}

fn is_broken(outcome: &Outcome, what: &str) -> Checked {
    match outcome {
        Err(error) if matches!(error.kind(), TransportErrorKind::Io | TransportErrorKind::Other) => Ok(()),
        Err(error) => broken(format!("{what} is {:?} instead of Io or Other", error.kind())),
        Ok(_) => broken(format!("{what} is taken for an answer")),
    }
}
