//! What all errors have in common, and what comes after them.

use std::error::Error;

use kaltura_auth::TransportError;

use crate::conformance::suite::{CANARIES, Checked, Suite, broken, not_applicable, request};

pub(in crate::conformance) async fn recovery(suite: &mut Suite<'_>) -> Checked {
    let route = suite.answering(b"well again");
    let answer = suite.answer(&route, request(&route)).await?;
    if answer.body() == b"well again" { Ok(()) } else { broken("after failures, an answer does not arrive") }
}

pub(in crate::conformance) fn maybe_sent(suite: &Suite<'_>) -> Checked {
    if suite.met.is_empty() {
        return not_applicable("there was no error");
    }
    match suite.met.iter().find(|met| met.arrived && !met.error.maybe_sent()) {
        None => Ok(()),
        Some(met) => broken(format!(
            "maybe_sent() of an error of the kind {:?} is false, though the server had the request",
            met.error.kind()
        )),
    }
}

pub(in crate::conformance) fn no_secrets(suite: &Suite<'_>) -> Checked {
    if suite.met.is_empty() {
        return not_applicable("there was no error");
    }
    for met in &suite.met {
        let shown = all_that_is_shown(&met.error);
        for (canary, place) in CANARIES {
            if shows(&shown, canary) {
                return broken(format!("an error of the kind {:?} shows {place}", met.error.kind()));
            }
        }
    }
    Ok(())
}

/// `Display` and `Debug` of the error and of all its causes.
fn all_that_is_shown(error: &TransportError) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    shown
}

/// As a text, or as the list of numbers that `Debug` makes of bytes.
fn shows(shown: &str, canary: &str) -> bool {
    let numbers = canary.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    shown.contains(canary) || shown.contains(&numbers)
}
