//! Every fault of the server and the network at every step of a client, async and blocking: each must end with a
//! result, or with the right typed error, after the right number of requests and in time, without showing a secret, and
//! the next call after it must work.
//!
//! [`expectation`] holds the rules. The outcomes are also written to `docs/fault-matrix.md`, so that a change of
//! behaviour shows up; `UPDATE_FAULT_MATRIX=1` writes the file anew.
#![cfg(test)]

mod document;
mod expectation;
mod faults;
mod leaks;
mod network;
mod outcome;
mod scenario;
mod steps;
mod subject;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::expectation::Expected;
use self::faults::Fault;
use self::outcome::Cell;
use self::scenario::{Api, Duration as FaultDuration, Link, Scenario};
use self::steps::Step;

/// How many scenarios in the process run at the same time. They wait for nothing.
const RESPONSE_THREADS: usize = 2;

/// How many scenarios over sockets run at the same time. They wait for timeouts most of the time.
const SOCKET_THREADS: usize = 16;

/// The outcomes of a fault at a step: for each duration, that of the async and that of the blocking client.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) asynchronous: Cell,
    pub(crate) blocking: Cell,
}

/// The row of a fault.
pub(crate) type Row = Vec<Option<[Pair; 2]>>;

/// Runs one scenario, and compares it with the rules.
fn check(link: Link, fault: &Fault, step: Step, lasts: FaultDuration, failures: &Mutex<Vec<String>>) -> Pair {
    let [asynchronous, blocking] = Api::ALL.map(|api| {
        let cell = Scenario { link, api, fault, step, lasts }.run(failures);
        let expected = Expected::of(link, api, fault, step, lasts);
        if !expected.matches(&cell) {
            let name = scenario::name(link, api, fault, step, lasts);
            failures.lock().unwrap().push(format!("{name}: {cell}, expected {expected}"));
        }
        cell
    });
    Pair { asynchronous, blocking }
}

/// All rows. Each cell is measured by one of the threads.
fn rows(link: Link, faults: &[Fault], threads: usize, failures: &Mutex<Vec<String>>) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let rows: Vec<Mutex<Row>> = faults.iter().map(|_| Mutex::new(vec![None; Step::ALL.len()])).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let (row, column) = (number / Step::ALL.len(), number % Step::ALL.len());
                    let Some(fault) = faults.get(row) else { break };
                    let step = Step::ALL[column];
                    if fault.applies_to(step) {
                        let cell = FaultDuration::ALL.map(|lasts| check(link, fault, step, lasts, failures));
                        rows[row].lock().unwrap()[column] = Some(cell);
                    }
                }
            });
        }
    });
    rows.into_iter().map(|row| row.into_inner().unwrap()).collect()
}

fn run(link: Link, table: &str, faults: &[Fault], threads: usize) {
    let failures = Mutex::default();
    let rows = rows(link, faults, threads, &failures);
    let mut failures = failures.into_inner().unwrap();
    failures.extend(document::compare(table, faults, &rows).err());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn responses() {
    run(Link::InProcess, document::RESPONSES, &faults::of_responses(), RESPONSE_THREADS);
}

#[test]
fn connections() {
    run(Link::Socket, document::CONNECTIONS, &faults::of_connections(), SOCKET_THREADS);
}
