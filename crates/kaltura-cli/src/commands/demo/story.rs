//! What happened in a demo: what both the text and the JSON are made of. It holds no secret.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{ExitCode, Failure};

/// All that happened.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Story {
    /// Whether all of it worked and every claim holds.
    pub(super) ok: bool,
    pub(super) service_url: String,
    pub(super) partner_id: i64,
    pub(super) scenes: Vec<Scene>,
    pub(super) checks: Vec<Check>,
}

/// A part of the story.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scene {
    pub(super) title: &'static str,
    /// A few sentences for people.
    #[serde(skip)]
    pub(super) about: &'static str,
    pub(super) exchanges: Vec<Exchange>,
    /// What it comes to, in a line each. If there are any, the text shows these instead of the exchanges.
    #[serde(skip)]
    pub(super) results: Vec<String>,
    /// The error that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ShownError>,
}

/// One request and what came back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exchange {
    /// Service and action, such as `media.list`.
    pub(super) action: String,
    pub(super) sent: Map<String, Value>,
    pub(super) received: Map<String, Value>,
}

/// What the library says of a failed login.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownError {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) hint: String,
}

/// A claim, and whether it holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    pub(super) claim: String,
    pub(super) holds: bool,
}

impl Story {
    /// Whether every claim holds, and that there are any.
    pub(super) fn all_holds(&self) -> Result<(), Failure> {
        if self.checks.is_empty() {
            return Err(Failure::new(ExitCode::Local, "nothing was checked"));
        }
        match self.checks.iter().find(|check| !check.holds) {
            None => Ok(()),
            Some(check) => Err(Failure::new(ExitCode::Local, format!("this does not hold: {}", check.claim))),
        }
    }

    /// Adds a claim.
    pub(super) fn check(&mut self, claim: impl Into<String>, holds: bool) {
        self.checks.push(Check { claim: claim.into(), holds });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_claim_that_does_not_hold_is_a_failure_that_names_it() {
        let mut story = Story::default();
        assert!(story.all_holds().is_err());
        story.check("one", true);
        assert!(story.all_holds().is_ok());
        story.check("two", false);
        assert_eq!(story.all_holds().unwrap_err().to_string(), "this does not hold: two");
    }
}
