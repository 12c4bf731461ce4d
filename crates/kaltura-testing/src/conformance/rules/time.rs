//! The limit of a request's time.
//!
//! No clock is needed: the server gives up after [`PATIENCE`], and a transport that has not given up by then
//! sees a broken connection instead of its own time limit.

use std::time::Duration;

use kaltura_auth::TransportErrorKind;

use crate::conformance::http::{Connection, Then};
use crate::conformance::subject::Outcome;
use crate::conformance::suite::{CANARY_IN_ANSWER, Checked, Suite, broken, request};

const LIMIT: Duration = Duration::from_millis(400);
/// Far above [`LIMIT`]: a busy machine is no fault of the transport.
const PATIENCE: Duration = Duration::from_millis(4000);
const MOMENT: Duration = Duration::from_millis(40);

pub(in crate::conformance) async fn allowed(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, connection| {
        std::thread::sleep(LIMIT + LIMIT);
        connection.answer(200, &[], b"null")
    });
    suite.answer(&route, request(&route)).await.map(drop)
}

pub(in crate::conformance) async fn without_answer(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, connection| {
        while_it_waits(connection, |_| Ok(()))?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route).with_timeout(LIMIT)).await;
    is_timeout(&outcome, "a server that does not answer")
}

pub(in crate::conformance) async fn of_the_whole(suite: &mut Suite<'_>) -> Checked {
    let route = suite.peer.serve(|_, connection| {
        connection.head(200, &[("Content-Length", "100000")])?;
        connection.write(CANARY_IN_ANSWER.as_bytes())?;
        while_it_waits(connection, |connection| connection.write(b"."))?;
        Ok(Then::Close)
    });
    let outcome = suite.send(&route, request(&route).with_timeout(LIMIT)).await;
    is_timeout(&outcome, "an answer that comes drop by drop")
}

/// Until the other side hangs up, or the server has lost its patience.
fn while_it_waits(
    connection: &mut Connection,
    each_moment: fn(&mut Connection) -> std::io::Result<()>,
) -> std::io::Result<()> {
    for _ in 0..PATIENCE.as_millis() / MOMENT.as_millis() {
        each_moment(connection)?;
        if connection.has_hung_up(MOMENT) {
            break;
        }
    }
    Ok(())
}

fn is_timeout(outcome: &Outcome, what: &str) -> Checked {
    match outcome {
        Err(error) if error.kind() == TransportErrorKind::Timeout => Ok(()),
        Err(error) => broken(format!(
            "with a limit of {LIMIT:?}, {what} for {PATIENCE:?} is {:?} instead of Timeout",
            error.kind()
        )),
        Ok(_) => broken(format!("with a limit of {LIMIT:?}, {what} for {PATIENCE:?} is an answer")),
    }
}
