//! What a cached session costs beside the least that it could cost: a clone of a shared pointer, and a look at the
//! two clocks that tell whether the session is still good.
//!
//! `cargo bench -p kaltura-auth` prints ratios of one run, with their spread over several rounds: 1.00 would mean
//! that the session manager costs nothing besides. Two threads share one pointer count, on both sides of the ratio.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics if it can not run"
)]

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kaltura_auth::Session;
use kaltura_auth::manager::{BlockingSessionManager, Moment, SessionManager};
use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use kaltura_auth::source::FixedSession;
use kaltura_types::{Ks, PartnerId, UnixTime};

/// Many short rounds: a machine that does other things besides spoils some of them.
const ROUNDS: usize = 201;
const TIMES: u32 = 20_000;

/// The clocks of this machine. It runs no tasks.
#[derive(Clone)]
struct System {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is about the clocks of this machine")]
fn now() -> Instant {
    Instant::now()
}

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clocks of this machine")]
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
    let session = a_session_of_a_day(&clock);
    let bare = Arc::new(session.clone());
    let manager = SessionManager::new(FixedSession::new(session.clone()), clock.clone());
    let blocking = BlockingSessionManager::new(FixedSession::new(session), clock.clone());
    at_once(pin!(manager.session())).unwrap();
    blocking.session().unwrap();

    let least = || {
        let now = black_box(Moment::read(&clock));
        drop(black_box((Arc::clone(&bare), now)));
    };
    for threads in [1, 2] {
        compare("SessionManager::session, polled once", threads, &least, &|| {
            drop(black_box(at_once(pin!(manager.session()))));
        });
        compare("SessionManager::fresh", threads, &least, &|| drop(black_box(manager.fresh())));
        compare("BlockingSessionManager::session", threads, &least, &|| {
            drop(black_box(blocking.session()));
        });
    }
}

fn a_session_of_a_day(clock: &System) -> Session {
    let seconds = i64::try_from(clock.unix_time().as_secs()).unwrap();
    Session::new(PartnerId::new(7), Ks::new("djJ8N3w")).with_expiry(UnixTime::from_seconds(seconds + 86_400))
}

/// What a future gives that must not wait. It stays where it was made, as one that is awaited does: moving it costs
/// more than polling it.
fn at_once<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a cached session is there at once"),
    }
}

/// The two are timed by turns, so that what slows the machine down slows both.
fn compare(what: &str, threads: usize, least: &(dyn Fn() + Sync), whole: &(dyn Fn() + Sync)) {
    let (mut ratios, mut nanoseconds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (least, whole) = (time(threads, least), time(threads, whole));
        ratios.push(whole / least);
        nanoseconds.push(whole);
    }
    let [low, middle, high] = quartiles(ratios);
    let [_, nanoseconds, _] = quartiles(nanoseconds);
    println!(
        "{threads} × {what:<40} {middle:.2} (half of {ROUNDS} rounds from {low:.2} to {high:.2}), {nanoseconds:.0} ns"
    );
}

/// Nanoseconds for one time, on the slowest of the threads.
fn time(threads: usize, work: &(dyn Fn() + Sync)) -> f64 {
    let barrier = Barrier::new(threads);
    let timed = || {
        barrier.wait();
        let begun = now();
        for _ in 0..TIMES {
            work();
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
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
