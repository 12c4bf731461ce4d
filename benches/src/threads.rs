//! `kaltura-benches threads`: a cached session beside its lower bound, on two threads that share it. Prints a ratio of
//! times for each of several alternating rounds.
//!
//! Instructions do not show this cost: it is that of the cache line which the threads take from each other.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use crate::ready;
use crate::sessions::{LowerBound, manager};

const ROUNDS: usize = 21;
const THREADS: usize = 2;
const CALLS: u32 = 200_000;

pub(crate) fn run() {
    let (manager, bound) = (manager(), LowerBound::new());
    for _ in 0..ROUNDS {
        let least = time(&|| bound.get());
        let cached = time(&|| drop(black_box(ready(manager.session()))));
        println!("{:.4}", cached / least);
    }
}

/// The seconds until the slowest thread is done.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn time(work: &(dyn Fn() + Sync)) -> f64 {
    let barrier = Barrier::new(THREADS);
    let timed = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        start.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS).map(|_| scope.spawn(timed)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).fold(0.0, f64::max)
    })
}
