//! Nothing happens by itself, and what happens is the same each time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A task that sleeps for so many seconds and then writes its name.
fn sleeper(runtime: &TestRuntime, log: &Arc<Mutex<Vec<u64>>>, seconds: u64) -> BoxFuture<'static, ()> {
    let (sleep, log) = (runtime.sleep(SECOND * u32::try_from(seconds).unwrap()), Arc::clone(log));
    Box::pin(async move {
        sleep.await;
        log.lock().unwrap().push(seconds);
    })
}

/// A task that waits once, and raises a flag when it has ended.
fn two_steps(ended: &Arc<AtomicBool>) -> BoxFuture<'static, ()> {
    let (ended, mut waited) = (Arc::clone(ended), false);
    Box::pin(async move {
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        ended.store(true, Ordering::SeqCst);
    })
}

#[test]
fn time_stands_still_until_it_is_moved_and_the_wall_clock_jumps_alone() {
    let runtime = TestRuntime::new();
    let (monotonic, wall) = (runtime.monotonic(), runtime.unix_time());
    assert_eq!(wall, TestRuntime::START);
    runtime.advance(SECOND);
    runtime.clone().set_wall(wall - 10 * SECOND);
    assert_eq!((runtime.monotonic(), runtime.unix_time()), (monotonic + SECOND, wall - 10 * SECOND));
    runtime.advance(SECOND);
    assert_eq!((runtime.monotonic(), runtime.unix_time()), (monotonic + 2 * SECOND, wall - 9 * SECOND));
}

#[test]
fn sleepers_wake_in_order_when_their_time_has_come_and_not_before() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    for seconds in [30, 10, 20] {
        runtime.spawn(sleeper(&runtime, &log, seconds)).unwrap();
    }
    runtime.run_until_idle();
    assert_eq!((runtime.tasks(), runtime.sleepers()), (3, 3));
    runtime.advance(10 * SECOND);
    assert_eq!(log.lock().unwrap().len(), 0, "woken, but not yet run");
    runtime.run_until_idle();
    assert_eq!(*log.lock().unwrap(), [10]);
    runtime.run_for(9 * SECOND);
    assert_eq!(*log.lock().unwrap(), [10]);
    runtime.run_for(11 * SECOND);
    assert_eq!(*log.lock().unwrap(), [10, 20, 30]);
    assert_eq!((runtime.tasks(), runtime.sleepers()), (0, 0));
}

#[test]
fn a_wall_clock_that_jumps_wakes_nobody() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 10)).unwrap();
    runtime.set_wall(TestRuntime::START + 3600 * SECOND);
    runtime.run_until_idle();
    assert_eq!(runtime.tasks(), 1);
}

#[test]
fn a_sleep_that_is_dropped_leaves_no_trace() {
    let runtime = TestRuntime::new();
    let mut sleep = runtime.sleep(SECOND);
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(runtime.sleepers(), 1);
    drop(sleep);
    assert_eq!(runtime.sleepers(), 0);
}

#[test]
fn block_on_runs_the_tasks_and_lets_time_pass_when_all_wait() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 10)).unwrap();
    let start = runtime.monotonic();
    runtime.block_on(sleeper(&runtime, &log, 60));
    assert_eq!(*log.lock().unwrap(), [10, 60]);
    assert_eq!(runtime.monotonic() - start, 60 * SECOND);
}

#[test]
#[should_panic(expected = "nothing is left that could wake it")]
fn block_on_does_not_wait_for_ever() {
    TestRuntime::new().block_on(std::future::pending::<()>());
}

#[test]
fn spawning_keeps_runs_drops_or_declines() {
    let runtime = TestRuntime::new();
    let spawn = |spawning| {
        let ended = Arc::default();
        let spawned = runtime.clone().with_spawning(spawning).spawn(two_steps(&ended));
        (spawned, ended.load(Ordering::SeqCst), runtime.tasks(), Arc::strong_count(&ended))
    };
    assert_eq!(spawn(Spawning::Inline), (Ok(()), true, 0, 1));
    assert_eq!(spawn(Spawning::Drop), (Ok(()), false, 0, 1));
    assert_eq!(spawn(Spawning::Decline), (Err(NotSpawned::new()), false, 0, 1));
    assert_eq!(spawn(Spawning::Keep), (Ok(()), false, 1, 2));
    runtime.run_until_idle();
    assert_eq!(runtime.tasks(), 0);
}

#[test]
fn inline_keeps_what_has_to_wait() {
    let (runtime, log) = (TestRuntime::new().with_spawning(Spawning::Inline), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 1)).unwrap();
    assert_eq!(runtime.tasks(), 1);
    runtime.run_for(SECOND);
    assert_eq!(*log.lock().unwrap(), [1]);
}

#[test]
fn a_task_that_panics_takes_no_other_with_it() {
    let (runtime, ended) = (TestRuntime::new(), Arc::default());
    runtime.spawn(Box::pin(async { panic!("on purpose") })).unwrap();
    runtime.spawn(two_steps(&ended)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| runtime.run_until_idle())).is_err());
    assert_eq!(runtime.tasks(), 1);
    runtime.run_until_idle();
    assert!(ended.load(Ordering::SeqCst));
}

#[test]
fn tasks_can_be_dropped_wherever_they_are() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 1)).unwrap();
    runtime.run_until_idle();
    runtime.drop_tasks();
    assert_eq!((runtime.tasks(), runtime.sleepers(), Arc::strong_count(&log)), (0, 0, 1));
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let numbers = |seed| {
        let runtime = TestRuntime::new().with_seed(seed);
        [runtime.random(), runtime.random(), runtime.random()]
    };
    assert_eq!(numbers(1), numbers(1));
    assert_ne!(numbers(1), numbers(2));
    assert_ne!(numbers(1)[0], numbers(1)[1]);
}
