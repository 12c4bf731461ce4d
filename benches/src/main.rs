//! The work that `cargo xtask bench` measures.
//!
//! `kaltura-benches count <case> <subject|baseline> <times>` prepares a case, does its work a few times, and then the
//! given number of times in the function [`measured`], whose instructions valgrind counts.
//! `kaltura-benches list` prints the names of the cases; an asterisk marks those with a baseline.
//! The other commands are described where they are.

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
    subject: fn() -> Work,
    baseline: Option<fn() -> Work>,
}

const CASES: [Case; 12] = [
    Case { name: "call-small", subject: api_call::small, baseline: Some(api_call::small_baseline) },
    Case { name: "call-50kb", subject: api_call::large, baseline: Some(api_call::large_baseline) },
    Case { name: "login-loopback", subject: login::loopback, baseline: Some(login::loopback_baseline) },
    Case { name: "transport-build", subject: http::build, baseline: Some(http::build_baseline) },
    Case { name: "transport-https", subject: http::first_https, baseline: Some(http::first_https_baseline) },
    Case { name: "session-cached", subject: sessions::cached, baseline: Some(sessions::cached_baseline) },
    Case {
        name: "session-blocking",
        subject: sessions::cached_blocking,
        baseline: Some(sessions::cached_baseline),
    },
    Case { name: "token-hash", subject: signing::token_hash, baseline: Some(signing::token_hash_baseline) },
    Case { name: "ks-open", subject: signing::open, baseline: Some(signing::open_baseline) },
    Case { name: "ks-sign", subject: signing::sign, baseline: Some(signing::sign_baseline) },
    Case { name: "login-flow", subject: login::flow, baseline: None },
    Case { name: "login-emulator", subject: login::emulator, baseline: None },
];

/// How often a case is done before it is measured: caches, connections and pools are then filled.
const WARM_UP: u32 = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => CASES.iter().for_each(|case| {
            println!("{}{}", case.name, if case.baseline.is_some() { "*" } else { "" });
        }),
        ["count", name, side, times] => count(name, side, times.parse().unwrap()),
        ["serve"] => login::serve(),
        ["sessions", count] => memory::hold_sessions(count.parse().unwrap()),
        ["threads"] => threads::run(),
        ["herd", callers] => load::herd(callers.parse().unwrap()),
        ["renewal", seconds] => load::renewal(seconds.parse().unwrap()),
        _ => panic!("unknown arguments: {arguments:?}"),
    }
}

fn count(name: &str, side: &str, times: u32) {
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
    measured(&mut *work, times);
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
