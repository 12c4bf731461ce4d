//! Several requests at a time, and requests that are given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::conformance::subject::Subject;
use crate::conformance::suite::{Checked, Suite, broken, failed, not_applicable, request};
use crate::mock::Gate;

const AT_ONCE: usize = 4;
const MOMENT: Duration = Duration::from_millis(20);
/// How many moments the server waits for what should happen soon, on a busy machine too.
const PATIENCE: usize = 200;

/// The server holds each answer back until all requests are there.
pub(in crate::conformance) async fn parallel(suite: &mut Suite<'_>) -> Checked {
    let here = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let enough = Gate::closed();
    let requests = (0..AT_ONCE).map(|number| {
        let (here, most, enough) = (Arc::clone(&here), Arc::clone(&most), enough.clone());
        let route = suite.peer.serve(move |_, connection| {
            most.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            wait_until(|| enough.is_open() || most.load(Ordering::SeqCst) == AT_ONCE);
            // Whoever has waited in vain has waited for all.
            enough.open();
            here.fetch_sub(1, Ordering::SeqCst);
            connection.answer(200, &[], number.to_string().as_bytes())
        });
        request(&route)
    });
    let requests = requests.collect();
    let outcomes = suite.subject.send_all(requests).await;
    if outcomes.len() < AT_ONCE {
        return broken("it panicked");
    }
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let answer = outcome.or_else(|error| broken(failed(&error)))?;
        if answer.body() != number.to_string().as_bytes() {
            return broken("a request got the answer of another");
        }
    }
    match most.load(Ordering::SeqCst) {
        AT_ONCE => Ok(()),
        fewer => broken(format!("of {AT_ONCE} requests only {fewer} were under way at once")),
    }
}

/// The server sends its answer when nobody wants it any more; the next request must not get it.
pub(in crate::conformance) async fn dropped(suite: &mut Suite<'_>) -> Checked {
    if let Subject::Blocking(_) = suite.subject {
        return not_applicable("a blocking transport has no futures");
    }
    let (arrived, given_up) = (Gate::closed(), Gate::closed());
    let (tell, wait) = (arrived.clone(), given_up.clone());
    let route = suite.peer.serve(move |_, connection| {
        tell.open();
        wait_until(|| wait.is_open());
        connection.answer(200, &[], b"the late answer")
    });
    let early = suite.subject.send_until(&arrived, request(&route)).await;
    given_up.open();
    if early.is_some() {
        return not_applicable("its future was never pending while the server had the request");
    }
    let next = suite.answering(b"the next answer");
    for _ in 0..3 {
        let answer = suite.answer(&next, request(&next)).await?;
        if answer.body() != b"the next answer" {
            return broken("the next request got the answer of the one that was dropped");
        }
    }
    Ok(())
}

fn wait_until(happened: impl Fn() -> bool) {
    for _ in 0..PATIENCE {
        if happened() {
            return;
        }
        std::thread::sleep(MOMENT);
    }
}
