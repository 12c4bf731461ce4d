//! Expectations, received requests, and how they are matched. Pure: no lock, no waiting.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use kaltura_auth::{TransportError, WireResponse};

use super::call::Call;
use super::expectation::Condition;
use super::latch::Latch;

/// How often a request is expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    min: usize,
    max: Option<usize>,
}

impl Times {
    pub(super) const fn exactly(times: usize) -> Self {
        Self { min: times, max: Some(times) }
    }

    pub(super) const fn at_least(times: usize) -> Self {
        Self { min: times, max: None }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(1) => f.write_str("once"),
            Some(times) => write!(f, "{times} times"),
            None => write!(f, "at least {} times", self.min),
        }
    }
}

type Responder = dyn Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync;

/// A complete expectation.
pub(super) struct Expected {
    name: String,
    location: &'static Location<'static>,
    conditions: Vec<Condition>,
    times: Times,
    received: usize,
    latch: Option<Latch>,
    responder: Arc<Responder>,
}

/// The response to a matching request, due once the latch, if there is one, is open.
pub(super) struct Reply {
    pub(super) latch: Option<Latch>,
    pub(super) responder: Arc<Responder>,
}

/// Why a request does not match an expectation; empty if service or action differ.
type Mismatch = Vec<String>;

impl Expected {
    pub(super) fn new(
        name: String,
        location: &'static Location<'static>,
        conditions: Vec<Condition>,
        times: Times,
        latch: Option<Latch>,
        responder: impl Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync + 'static,
    ) -> Self {
        Self { name, location, conditions, times, received: 0, latch, responder: Arc::new(responder) }
    }

    fn may_repeat(&self) -> bool {
        self.times.max.is_none_or(|max| self.received < max)
    }

    fn is_missing(&self) -> bool {
        self.received < self.times.min
    }

    fn check(&self, call: &Call) -> Result<(), Mismatch> {
        if call.name() != self.name {
            return Err(Vec::new());
        }
        let reasons: Mismatch =
            self.conditions.iter().filter_map(|condition| condition.check(call).err()).collect();
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    fn take_reply(&mut self) -> Reply {
        self.received += 1;
        Reply { latch: self.latch.clone(), responder: Arc::clone(&self.responder) }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, location, times, received, .. } = self;
        write!(f, "\nexpected ({times}, received {received} times, at {location}):\n    {name}")?;
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(f, "{}{condition}", if index == 0 { " " } else { ", " })?;
        }
        writeln!(f)
    }
}

/// All expectations, and all requests received.
pub(super) struct Script {
    in_order: bool,
    expected: Vec<Expected>,
    /// The first expectation that can still match, if the order matters.
    position: usize,
    calls: Vec<Call>,
    failure: Option<String>,
    reported: bool,
}

impl Script {
    pub(super) const fn new(in_order: bool) -> Self {
        Self {
            in_order,
            expected: Vec::new(),
            position: 0,
            calls: Vec::new(),
            failure: None,
            reported: false,
        }
    }

    pub(super) fn add(&mut self, expected: Expected) {
        self.expected.push(expected);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.clone()
    }

    /// Finds the response to a request, or reports why there is none. After the first failure no request
    /// matches: later mismatches would only hide the first.
    pub(super) fn receive(&mut self, call: Call) -> Result<Reply, String> {
        self.calls.push(call.clone());
        if let Some(failure) = &self.failure {
            return Err(format!("the mock transport rejects all requests after this failure:\n{failure}"));
        }
        self.find(&call).map_err(|mismatches| {
            let report = self.report_unexpected(&call, &mismatches);
            self.failure = Some(report.clone());
            report
        })
    }

    /// The report of a failure, or of missing requests. It is returned once.
    pub(super) fn take_failure(&mut self) -> Option<String> {
        if self.reported {
            return None;
        }
        let report = self.failure.clone().or_else(|| self.report_missing());
        self.reported = report.is_some();
        report
    }

    /// The reply of the first expectation that matches. If the order matters, optional expectations are
    /// skipped, and a missing required one ends the search.
    fn find(&mut self, call: &Call) -> Result<Reply, Vec<(usize, Mismatch)>> {
        let mut mismatches = Vec::new();
        for (index, expected) in self.expected.iter_mut().enumerate().skip(self.position) {
            if expected.may_repeat() {
                match expected.check(call) {
                    Ok(()) => {
                        if self.in_order {
                            self.position = index;
                        }
                        return Ok(expected.take_reply());
                    }
                    Err(mismatch) => mismatches.push((index, mismatch)),
                }
            }
            if self.in_order && expected.is_missing() {
                break;
            }
        }
        Err(mismatches)
    }

    fn report_unexpected(&self, call: &Call, mismatches: &[(usize, Mismatch)]) -> String {
        let mut report = format!(
            "the mock transport received an unexpected request\n\nreceived, as number {}:\n{}\n",
            self.calls.len(),
            indented(&call.to_string())
        );
        if mismatches.is_empty() {
            report.push_str("\nexpected: no further request\n");
        }
        for (index, reasons) in mismatches {
            report.push_str(&self.expected[*index].to_string());
            for reason in reasons {
                report.push_str(&format!("but {reason}\n"));
            }
        }
        report
    }

    fn report_missing(&self) -> Option<String> {
        let missing: String =
            self.expected.iter().filter(|expected| expected.is_missing()).map(Expected::to_string).collect();
        (!missing.is_empty()).then(|| {
            format!(
                "the mock transport did not receive all expected requests; {} received in total\n{missing}",
                self.calls.len()
            )
        })
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
