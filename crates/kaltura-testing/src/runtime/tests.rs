//! Time, tasks and random numbers are under the control of the test.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A task that sleeps for this many seconds and then logs them.
fn sleeper(runtime: &TestRuntime, log: &Arc<Mutex<Vec<u64>>>, seconds: u64) -> BoxFuture<'static, ()> {
    let (sleep, log) = (runtime.sleep(SECOND * u32::try_from(seconds).unwrap()), Arc::clone(log));
    Box::pin(async move {
        sleep.await;
        log.lock().unwrap().push(seconds);
    })
}

/// A task that waits once, and sets a flag when it has finished.
fn yield_once(finished: &Arc<AtomicBool>) -> BoxFuture<'static, ()> {
    let (finished, mut waited) = (Arc::clone(finished), false);
    Box::pin(async move {
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        finished.store(true, Ordering::SeqCst);
    })
}

#[test]
fn clocks_move_only_on_request_and_the_wall_clock_can_be_set_alone() {
    let runtime = TestRuntime::new();
    let (monotonic, wall) = (runtime.monotonic(), runtime.unix_time());
    assert_eq!(wall, TestRuntime::START);
    runtime.advance(SECOND);
    runtime.clone().set_unix_time(wall - 10 * SECOND);
    assert_eq!((runtime.monotonic(), runtime.unix_time()), (monotonic + SECOND, wall - 10 * SECOND));
    runtime.advance(SECOND);
    assert_eq!((runtime.monotonic(), runtime.unix_time()), (monotonic + 2 * SECOND, wall - 9 * SECOND));
}

#[test]
fn sleeps_end_in_order_and_not_early() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    for seconds in [30, 10, 20] {
        runtime.spawn(sleeper(&runtime, &log, seconds)).unwrap();
    }
    runtime.run_until_idle();
    assert_eq!((runtime.task_count(), runtime.sleeper_count()), (3, 3));
    runtime.advance(10 * SECOND);
    assert_eq!(log.lock().unwrap().len(), 0, "woken, but not yet run");
    runtime.run_until_idle();
    assert_eq!(*log.lock().unwrap(), [10]);
    runtime.run_for(9 * SECOND);
    assert_eq!(*log.lock().unwrap(), [10]);
    runtime.run_for(11 * SECOND);
    assert_eq!(*log.lock().unwrap(), [10, 20, 30]);
    assert_eq!((runtime.task_count(), runtime.sleeper_count()), (0, 0));
}

#[test]
fn setting_the_wall_clock_ends_no_sleep() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 10)).unwrap();
    runtime.set_unix_time(TestRuntime::START + 3600 * SECOND);
    runtime.run_until_idle();
    assert_eq!(runtime.task_count(), 1);
}

#[test]
fn a_dropped_sleep_is_removed() {
    let runtime = TestRuntime::new();
    let mut sleep = runtime.sleep(SECOND);
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(runtime.sleeper_count(), 1);
    drop(sleep);
    assert_eq!(runtime.sleeper_count(), 0);
}

#[test]
fn block_on_runs_tasks_and_advances_time_when_all_wait() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 10)).unwrap();
    let start = runtime.monotonic();
    runtime.block_on(sleeper(&runtime, &log, 60));
    assert_eq!(*log.lock().unwrap(), [10, 60]);
    assert_eq!(runtime.monotonic() - start, 60 * SECOND);
}

#[test]
#[should_panic(expected = "nothing is left that could wake it")]
fn block_on_panics_on_a_deadlock() {
    TestRuntime::new().block_on(std::future::pending::<()>());
}

#[test]
fn each_spawn_mode_treats_tasks_as_documented() {
    let runtime = TestRuntime::new();
    let spawn = |mode| {
        let finished = Arc::default();
        let spawned = runtime.clone().with_spawn_mode(mode).spawn(yield_once(&finished));
        (spawned, finished.load(Ordering::SeqCst), runtime.task_count(), Arc::strong_count(&finished))
    };
    assert_eq!(spawn(SpawnMode::Inline), (Ok(()), true, 0, 1));
    assert_eq!(spawn(SpawnMode::Drop), (Ok(()), false, 0, 1));
    assert_eq!(spawn(SpawnMode::Decline), (Err(NotSpawned::new()), false, 0, 1));
    assert_eq!(spawn(SpawnMode::Queue), (Ok(()), false, 1, 2));
    runtime.run_until_idle();
    assert_eq!(runtime.task_count(), 0);
}

#[test]
fn inline_queues_a_task_that_waits() {
    let (runtime, log) = (TestRuntime::new().with_spawn_mode(SpawnMode::Inline), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 1)).unwrap();
    assert_eq!(runtime.task_count(), 1);
    runtime.run_for(SECOND);
    assert_eq!(*log.lock().unwrap(), [1]);
}

#[test]
fn a_panicking_task_leaves_the_others() {
    let (runtime, finished) = (TestRuntime::new(), Arc::default());
    runtime.spawn(Box::pin(async { panic!("on purpose") })).unwrap();
    runtime.spawn(yield_once(&finished)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| runtime.run_until_idle())).is_err());
    assert_eq!(runtime.task_count(), 1);
    runtime.run_until_idle();
    assert!(finished.load(Ordering::SeqCst));
}

#[test]
fn tasks_can_be_dropped_while_they_wait() {
    let (runtime, log) = (TestRuntime::new(), Arc::default());
    runtime.spawn(sleeper(&runtime, &log, 1)).unwrap();
    runtime.run_until_idle();
    runtime.drop_tasks();
    assert_eq!((runtime.task_count(), runtime.sleeper_count(), Arc::strong_count(&log)), (0, 0, 1));
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
