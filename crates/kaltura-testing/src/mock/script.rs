//! What is expected, what came, and whether the one fits the other. Pure: no lock, no waiting.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use kaltura_auth::{TransportError, WireResponse};

use super::call::Call;
use super::condition::Condition;
use super::gate::Gate;
use super::story::{self, Refusal};

/// How often a request comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    least: usize,
    most: Option<usize>,
}

impl Times {
    pub(super) const fn exactly(times: usize) -> Self {
        Self { least: times, most: Some(times) }
    }

    pub(super) const fn at_least(times: usize) -> Self {
        Self { least: times, most: None }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(1) => f.write_str("once"),
            Some(times) => write!(f, "{times} times"),
            None => write!(f, "at least {} times", self.least),
        }
    }
}

type Answer = dyn Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync;

/// An expectation that is complete.
pub(super) struct Expected {
    name: String,
    place: &'static Location<'static>,
    conditions: Vec<Condition>,
    times: Times,
    came: usize,
    gate: Option<Gate>,
    answer: Arc<Answer>,
}

/// The answer to a request that fits: to be given when the gate, if there is one, is open.
pub(super) struct Reply {
    pub(super) gate: Option<Gate>,
    pub(super) answer: Arc<Answer>,
}

impl Expected {
    pub(super) fn new(
        name: String,
        place: &'static Location<'static>,
        conditions: Vec<Condition>,
        times: Times,
        gate: Option<Gate>,
        answer: impl Fn(&Call) -> Result<WireResponse, TransportError> + Send + Sync + 'static,
    ) -> Self {
        Self { name, place, conditions, times, came: 0, gate, answer: Arc::new(answer) }
    }

    pub(super) const fn place(&self) -> &Location<'static> {
        self.place
    }

    /// "once, came 0 times"
    pub(super) fn count(&self) -> String {
        format!("{}, came {} times", self.times, self.came)
    }

    fn may_come_again(&self) -> bool {
        self.times.most.is_none_or(|most| self.came < most)
    }

    fn must_come_again(&self) -> bool {
        self.came < self.times.least
    }

    /// Why a request is not the expected one. No reason is given if it is another action altogether.
    fn judge(&self, call: &Call) -> Result<(), Vec<String>> {
        if call.name() != self.name {
            return Err(Vec::new());
        }
        let reasons: Vec<String> =
            self.conditions.iter().filter_map(|condition| condition.check(call).err()).collect();
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    fn take(&mut self) -> Reply {
        self.came += 1;
        Reply { gate: self.gate.clone(), answer: Arc::clone(&self.answer) }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(f, "{}{condition}", if index == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

/// All expectations, and all requests that came.
pub(super) struct Script {
    in_order: bool,
    expected: Vec<Expected>,
    /// In order: the first expectation whose turn is not over.
    turn: usize,
    calls: Vec<Call>,
    failure: Option<String>,
    told: bool,
}

impl Script {
    pub(super) const fn new(in_order: bool) -> Self {
        Self { in_order, expected: Vec::new(), turn: 0, calls: Vec::new(), failure: None, told: false }
    }

    pub(super) fn add(&mut self, expected: Expected) {
        self.expected.push(expected);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.clone()
    }

    /// Finds the answer to a request, or the story of why there is none. After the first story nothing fits
    /// any more: what follows from a mistake would only hide it.
    pub(super) fn receive(&mut self, call: Call) -> Result<Reply, String> {
        self.calls.push(call.clone());
        if let Some(failure) = &self.failure {
            return Err(story::came_after_a_failure(failure));
        }
        let found = if self.in_order { self.next_in_turn(&call) } else { self.first_that_fits(&call) };
        found.map_err(|refusals| {
            let refusals: Vec<(&Expected, Refusal)> =
                refusals.into_iter().map(|(index, refusal)| (&self.expected[index], refusal)).collect();
            let story = story::unexpected(self.calls.len(), &call, &refusals);
            self.failure = Some(story.clone());
            story
        })
    }

    /// The story of what went wrong, if anything did. It is told once.
    pub(super) fn verdict(&mut self) -> Option<String> {
        if self.told {
            return None;
        }
        let story = self.failure.clone().or_else(|| {
            let missing: Vec<&Expected> =
                self.expected.iter().filter(|expected| expected.must_come_again()).collect();
            (!missing.is_empty()).then(|| story::missing(&missing, self.calls.len()))
        });
        self.told = story.is_some();
        story
    }

    /// Passes over what may come but need not; stops at what must come first.
    fn next_in_turn(&mut self, call: &Call) -> Result<Reply, Vec<(usize, Refusal)>> {
        let mut refusals = Vec::new();
        for (index, expected) in self.expected.iter_mut().enumerate().skip(self.turn) {
            if expected.may_come_again() {
                match expected.judge(call) {
                    Ok(()) => {
                        self.turn = index;
                        return Ok(expected.take());
                    }
                    Err(reasons) => refusals.push((index, reasons)),
                }
            }
            if expected.must_come_again() {
                break;
            }
        }
        Err(refusals)
    }

    fn first_that_fits(&mut self, call: &Call) -> Result<Reply, Vec<(usize, Refusal)>> {
        let mut refusals = Vec::new();
        for (index, expected) in self.expected.iter_mut().enumerate() {
            if expected.may_come_again() {
                match expected.judge(call) {
                    Ok(()) => return Ok(expected.take()),
                    Err(reasons) => refusals.push((index, reasons)),
                }
            }
        }
        Err(refusals)
    }
}
