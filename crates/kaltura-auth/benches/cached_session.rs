//! The cost of a cached session relative to its lower bound: a clone of a shared pointer, and one reading of the two
//! clocks that decide whether the session is still valid.
//!
//! `cargo bench -p kaltura-auth` prints ratios of one run, with their spread over several rounds: 1.00 means that the
//! session manager adds no cost. Two threads share one reference count, on both sides of the ratio.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics if it cannot run"
)]

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kaltura_auth::manager::{Moment, SessionManager};
use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use kaltura_auth::source::FixedSession;
use kaltura_auth::{Session, blocking};
use kaltura_types::{Ks, PartnerId, UnixTime};

/// Many short rounds, because other work of the machine disturbs some of them.
const ROUNDS: usize = 201;
const CALLS: u32 = 20_000;

/// The clocks of this machine. It spawns no tasks.
#[derive(Clone)]
struct System {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clocks of this machine")]
fn now() -> Instant {
    Instant::now()
}

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clocks of this machine")]
    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn random(&self) -> u64 {
        0
    }
}

impl Runtime for System {
    fn sleep(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn spawn(&self, _task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        Err(NotSpawned::new())
    }
}

fn main() {
    let clock = System { start: now() };
    let session = session_for_a_day(&clock);
    let bare = Arc::new(session.clone());
    let manager = SessionManager::new(FixedSession::new(session.clone()), clock.clone());
    let blocking_manager = blocking::SessionManager::new(FixedSession::new(session), clock.clone());
    poll_once(pin!(manager.session())).unwrap();
    blocking_manager.session().unwrap();

    let lower_bound = || {
        let now = black_box(Moment::read(&clock));
        drop(black_box((Arc::clone(&bare), now)));
    };
    for threads in [1, 2] {
        compare("SessionManager::session, polled once", threads, &lower_bound, &|| {
            drop(black_box(poll_once(pin!(manager.session()))));
        });
        compare("SessionManager::fresh", threads, &lower_bound, &|| drop(black_box(manager.fresh())));
        compare("blocking::SessionManager::session", threads, &lower_bound, &|| {
            drop(black_box(blocking_manager.session()));
        });
    }
}

fn session_for_a_day(clock: &System) -> Session {
    let seconds = i64::try_from(clock.unix_time().as_secs()).unwrap();
    Session::new(PartnerId::new(7), Ks::new("djJ8N3w")).with_expiry(UnixTime::from_seconds(seconds + 86_400))
}

/// The output of a future that must not wait. The future is pinned in place, as by `await`: moving it costs more than
/// polling it.
fn poll_once<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a cached session is ready at once"),
    }
}

/// Measures the two alternately, so that other work of the machine slows both.
fn compare(name: &str, threads: usize, lower_bound: &(dyn Fn() + Sync), measured: &(dyn Fn() + Sync)) {
    let (mut ratios, mut nanoseconds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (lower_bound, measured) = (time(threads, lower_bound), time(threads, measured));
        ratios.push(measured / lower_bound);
        nanoseconds.push(measured);
    }
    let [low, middle, high] = quartiles(ratios);
    let [_, nanoseconds, _] = quartiles(nanoseconds);
    println!(
        "{threads} × {name:<40} {middle:.2} (half of {ROUNDS} rounds from {low:.2} to {high:.2}), {nanoseconds:.0} ns"
    );
}

/// The nanoseconds of one call on the slowest thread.
fn time(threads: usize, work: &(dyn Fn() + Sync)) -> f64 {
    let barrier = Barrier::new(threads);
    let timed = || {
        barrier.wait();
        let start = now();
        for _ in 0..CALLS {
            work();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).fold(0.0, f64::max)
    })
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}
