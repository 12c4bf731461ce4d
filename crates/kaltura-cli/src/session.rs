//! Sessions: from a store that commands share, else by a login.

mod cache;
mod command_store;
mod token_source;

pub(crate) use self::cache::{Forgotten, SessionCache, TokenSessions, Trouble};
pub(crate) use self::command_store::{CommandStore, Place};
pub(crate) use self::token_source::{LoginFailure, TokenSource};

use std::error::Error;

/// An error with its causes, in one text.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
