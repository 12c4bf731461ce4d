//! The work that `cargo xtask bench` measures.
//!
//! `kaltura-benches count <case> <subject|baseline>` prepares a case, does its work a few times, and then some more times
//! in the function [`measured`], whose instructions valgrind counts. `kaltura-benches list` prints for each case its name,
//! this number of times, and whether it has a baseline. The other commands are described where they are.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics if it cannot run"
)]

mod api_call;
mod http;
mod load;
mod login;
mod memory;
mod sessions;
mod signing;
mod threads;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Some work, once. What it needs is prepared outside.
type Work = Box<dyn FnMut()>;

/// A thing that is measured, and the least that a program without these crates would do for the same.
struct Case {
    name: &'static str,
    /// How often it is counted: the longer it takes, the less often.
    times: u32,
    subject: fn() -> Work,
    baseline: Option<fn() -> Work>,
}

impl Case {
    const fn new(
        name: &'static str,
        times: u32,
        subject: fn() -> Work,
        baseline: Option<fn() -> Work>,
    ) -> Self {
        Self { name, times, subject, baseline }
    }
}

const CASES: [Case; 13] = [
    Case::new("call-small", 50, api_call::small, Some(api_call::small_baseline)),
    Case::new("call-50kb", 5, api_call::large, Some(api_call::large_baseline)),
    Case::new("login-loopback", 40, login::loopback, Some(login::loopback_baseline)),
    Case::new("login-flow", 20, login::flow, None),
    Case::new("login-emulator", 10, login::emulator, None),
    Case::new("transport-build", 10, http::build, Some(http::build_baseline)),
    Case::new("transport-https", 3, http::first_https, Some(http::first_https_baseline)),
    Case::new("session-cached", 200, sessions::cached, Some(sessions::cached_baseline)),
    Case::new("session-blocking", 200, sessions::cached_blocking, Some(sessions::cached_baseline)),
    Case::new("token-hash", 50, signing::token_hash, Some(signing::token_hash_baseline)),
    Case::new("ks-open", 50, signing::open, Some(signing::open_baseline)),
    Case::new("ks-claims", 50, signing::claims, None),
    Case::new("ks-sign", 50, signing::sign, Some(signing::sign_baseline)),
];

/// How often a case is done before it is measured: caches, connections and pools are then filled.
const WARM_UP: u32 = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => CASES.iter().for_each(|case| {
            println!("{} {} {}", case.name, case.times, case.baseline.is_some());
        }),
        ["count", name, side] => count(name, side),
        ["serve"] => login::serve(),
        ["logins", count] => login::serial(count.parse().unwrap()),
        ["sessions", count] => memory::hold_sessions(count.parse().unwrap()),
        ["threads"] => threads::run(),
        ["herd", callers] => load::herd(callers.parse().unwrap()),
        ["renewal", seconds] => load::renewal(seconds.parse().unwrap()),
        _ => panic!("unknown arguments: {arguments:?}"),
    }
}

fn count(name: &str, side: &str) {
    let case = CASES.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"));
    let prepare = match side {
        "subject" => case.subject,
        "baseline" => case.baseline.unwrap(),
        _ => panic!("no side {side}"),
    };
    let mut work = prepare();
    for _ in 0..WARM_UP {
        work();
    }
    measured(&mut *work, case.times);
}

/// Valgrind counts what runs in this function, by its name.
#[inline(never)]
fn measured(work: &mut dyn FnMut(), times: u32) {
    for _ in 0..times {
        work();
    }
}

/// The output of a future that is ready at once, as without a network.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}
