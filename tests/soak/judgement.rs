//! Whether a run was as it must be.

use std::collections::HashMap;

use serde::Deserialize;

use super::disturbance::Disturbance;
use super::processes::Usage;
use super::{MAX_BACKOFF_MS, MAX_SENT};

/// A call that failed, as its worker says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FailedCall {
    pub(crate) id: String,
    /// In milliseconds since the machine was started, as all times here.
    pub(crate) started: u64,
    pub(crate) failed: u64,
    pub(crate) kind: String,
    pub(crate) text: String,
}

/// Something that went wrong on purpose, and when.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    pub(crate) disturbance: Disturbance,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Incident {
    /// Whether a call failed because of it: it was on its way, or in the backoff that followed.
    fn explains(&self, call: &FailedCall) -> bool {
        // The clocks of processes have steps of 10 ms; a response can be on its way when a fault ends.
        const TOLERANCE_MS: u64 = 250;
        let end = self.end + MAX_BACKOFF_MS + TOLERANCE_MS;
        call.started <= end
            && self.start <= call.failed + TOLERANCE_MS
            && self.disturbance.explains(&call.kind)
    }
}

/// The calls that no incident explains.
pub(crate) fn unexplained<'a>(calls: &'a [FailedCall], incidents: &[Incident]) -> Vec<&'a FailedCall> {
    calls.iter().filter(|call| !incidents.iter().any(|incident| incident.explains(call))).collect()
}

/// What is wrong with how often each call was received: by the id of the call.
pub(crate) fn received_too_often(received: &HashMap<String, u32>) -> Vec<String> {
    let mut wrong: Vec<String> = received
        .iter()
        .filter(|(_, count)| **count > MAX_SENT)
        .map(|(id, count)| format!("call {id} was received {count} times"))
        .collect();
    wrong.sort();
    wrong
}

/// The most logins that the model allows: one for each session that two groups of processes need, and for what ends
/// sessions or hides them, one for each process and backoff while it lasts.
pub(crate) fn most_logins(seconds: u64, processes: u64, incidents: &[Incident]) -> u64 {
    const GROUPS: u64 = 2;
    // A session of 8 s is replaced 0.6 to 1 s before its end, which the server rounds down to a second.
    const SHORTEST_USE_SECONDS: u64 = 6;
    let caused: u64 = incidents
        .iter()
        .filter(|incident| incident.disturbance.costs_logins())
        .map(|incident| {
            let backoffs = (incident.end - incident.start) / (MAX_BACKOFF_MS / 5);
            processes * (2 + backoffs)
        })
        .sum();
    GROUPS * (seconds / SHORTEST_USE_SECONDS + 2) + caused
}

/// What has grown from the first to the last third of a process's life.
pub(crate) fn growth(samples: &[Usage]) -> Option<String> {
    let third = samples.len() / 3;
    let (first, last) = (samples.get(..third)?, samples.get(samples.len() - third..)?);
    let median = |samples: &[Usage], value: fn(&Usage) -> u64| {
        let mut values: Vec<u64> = samples.iter().map(value).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    let memory = (median(first, |usage| usage.memory_kib)?, median(last, |usage| usage.memory_kib)?);
    let descriptors = (median(first, |usage| usage.descriptors)?, median(last, |usage| usage.descriptors)?);
    // An allocator keeps what it once needed; a fault opens connections.
    if memory.1 > memory.0 + memory.0 / 4 + 4_096 {
        return Some(format!("memory has grown from {} to {} KiB", memory.0, memory.1));
    }
    if descriptors.1 > descriptors.0 + 70 {
        return Some(format!("descriptors have grown from {} to {}", descriptors.0, descriptors.1));
    }
    None
}

/// How many of the secrets are in a text.
pub(crate) fn leaks(text: &str, secrets: &[String]) -> usize {
    secrets.iter().filter(|secret| text.contains(secret.as_str())).count()
}
