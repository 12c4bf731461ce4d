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

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_emulator::Fault;

    fn failed(kind: &str, started: u64, failed: u64) -> FailedCall {
        FailedCall { id: "1".to_owned(), started, failed, kind: kind.to_owned(), text: String::new() }
    }

    fn fault(action: &'static str) -> Disturbance {
        Disturbance::Fault { fault: Fault::Status(503), action, probability: 1.0 }
    }

    fn incident(disturbance: Disturbance) -> Incident {
        Incident { disturbance, start: 10_000, end: 12_000 }
    }

    #[test]
    fn an_incident_explains_calls_of_its_time_and_kind() {
        let incidents = [incident(fault("media.list"))];
        let is_explained = |call: FailedCall| unexplained(&[call], &incidents).is_empty();
        for (started, ended) in [(10_500, 11_000), (9_000, 10_000), (9_000, 20_000), (12_000, 13_000)] {
            assert!(is_explained(failed("Unavailable", started, ended)), "{started} to {ended}");
            assert!(is_explained(failed("NoSession(Unavailable)", started, ended)));
            assert!(!is_explained(failed("KsRefused", started, ended)), "of another kind");
        }
        let after = 12_000 + MAX_BACKOFF_MS + 300;
        assert!(!is_explained(failed("Unavailable", after, after + 1_000)));
        assert!(!is_explained(failed("Unavailable", 9_000, 9_700)), "it had not begun");
    }

    #[test]
    fn sessions_that_end_soon_after_a_login_explain_that_new_ones_are_refused() {
        let incidents = [incident(Disturbance::SessionsEnded)];
        for kind in ["KsRefused(LoggedOut)", "NoSession(RevokedEarly)", "NoSession(TokenGroupEnded)"] {
            assert!(unexplained(&[failed(kind, 11_000, 11_010)], &incidents).is_empty(), "{kind}");
        }
        let calls = [failed("NoSession(TokenNotActive)", 11_000, 11_010)];
        assert_eq!(unexplained(&calls, &incidents).len(), 1);
    }

    #[test]
    fn a_store_that_fails_explains_no_failed_call() {
        let calls = [failed("Unavailable", 10_500, 11_000)];
        for disturbance in [
            Disturbance::RedisStopped,
            Disturbance::RedisKilled,
            Disturbance::FilesDeleted,
            Disturbance::WorkerKilled(0),
        ] {
            assert_eq!(unexplained(&calls, &[incident(disturbance)]).len(), 1);
        }
    }

    #[test]
    fn each_call_is_sent_as_often_as_its_retries_allow() {
        let received = HashMap::from([("a".to_owned(), MAX_SENT), ("b".to_owned(), MAX_SENT + 1)]);
        assert_eq!(received_too_often(&received), [format!("call b was received {} times", MAX_SENT + 1)]);
    }

    #[test]
    fn logins_follow_from_lifetimes_and_from_what_ends_sessions() {
        let undisturbed = most_logins(60, 5, &[]);
        assert_eq!(undisturbed, 24);
        assert_eq!(most_logins(60, 5, &[incident(fault("media.list"))]), undisturbed);
        for disturbance in
            [Disturbance::RedisKilled, Disturbance::SessionsEnded, fault("appToken.startSession")]
        {
            // Two for each process, and one for each backoff of a tenth of a second.
            assert_eq!(most_logins(60, 5, &[incident(disturbance)]), undisturbed + 5 * 22);
        }
    }

    #[test]
    fn growth_is_between_the_first_and_the_last_third() {
        let samples = |first: (u64, u64), last: (u64, u64)| {
            let usage = |(memory_kib, descriptors)| Usage { memory_kib, descriptors };
            growth(&[
                usage(first),
                usage(first),
                usage((900_000, 900)),
                usage((0, 0)),
                usage(last),
                usage(last),
            ])
        };
        assert_eq!(samples((40_000, 100), (54_000, 170)), None);
        assert!(samples((40_000, 100), (54_200, 100)).is_some_and(|growth| growth.starts_with("memory")));
        assert!(
            samples((40_000, 100), (40_000, 171)).is_some_and(|growth| growth.starts_with("descriptors"))
        );
        assert_eq!(growth(&[]), None);
    }

    #[test]
    fn secrets_in_a_text_are_counted() {
        let secrets = ["one".to_owned(), "two".to_owned()];
        assert_eq!(leaks("neither", &secrets), 0);
        assert_eq!(leaks("one and one", &secrets), 1);
        assert_eq!(leaks("onetwo", &secrets), 2);
    }
}
