//! Which callers are woken, and when.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Default)]
struct WakeCount(AtomicUsize);

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A caller that waits for the login, and how often it was woken.
struct Caller {
    login: SharedLogin,
    wake_count: Arc<WakeCount>,
}

impl Caller {
    fn joining(login: &SharedLogin) -> Self {
        Self { login: login.clone(), wake_count: Arc::default() }
    }

    fn poll(&mut self) -> Poll<SessionResult> {
        let waker = Waker::from(Arc::clone(&self.wake_count));
        pin!(&mut self.login).poll(&mut Context::from_waker(&waker))
    }

    fn woken(&self) -> usize {
        self.wake_count.0.load(Ordering::SeqCst)
    }
}

fn failure() -> Error {
    Error::from_source("on purpose", true)
}

#[test]
fn a_wake_up_wakes_all_waiting_callers() {
    let mut waker = None;
    let login = poll_fn(move |context| match waker.take() {
        None => {
            waker = Some(context.waker().clone());
            Poll::Pending
        }
        Some(_) => Poll::Ready(Err(failure())),
    });
    let login = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::joining(&login), Caller::joining(&login));
    assert!(first.poll().is_pending());
    // The second is registered without a poll, which would complete the login.
    login.shared.wakers.register(&mut second.login.place, &Waker::from(Arc::clone(&second.wake_count)));
    login.shared.wakers.end_turn(false);
    login.shared.wakers.wake_by_ref();
    assert_eq!((first.woken(), second.woken()), (1, 1));
    assert!(second.poll().is_ready());
    assert!(first.poll().is_ready());
}

#[test]
fn a_wake_up_during_a_poll_is_forwarded_after_it_even_if_the_driving_caller_is_dropped() {
    let other = Arc::new(std::sync::Mutex::new(None::<Caller>));
    let inside = Arc::clone(&other);
    let login = poll_fn(move |context| {
        context.waker().wake_by_ref();
        // As on another thread, in the middle of this poll: it must wait.
        if let Some(caller) = &mut *inside.lock().unwrap() {
            assert!(caller.poll().is_pending());
            assert_eq!(caller.woken(), 0);
        }
        Poll::Pending
    });
    let login = SharedLoginSlot::default().start(Box::pin(login));
    *other.lock().unwrap() = Some(Caller::joining(&login));
    let mut driving = Caller::joining(&login);
    assert!(driving.poll().is_pending());
    drop(driving);
    assert_eq!(other.lock().unwrap().take().unwrap().woken(), 1);
}

#[test]
fn completion_wakes_all_and_the_result_is_the_same_for_all() {
    let mut polls = 0;
    let login = poll_fn(move |_| {
        polls += 1;
        if polls < 3 { Poll::Pending } else { Poll::Ready(Err(failure())) }
    });
    let login = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::joining(&login), Caller::joining(&login));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    let mut third = Caller::joining(&login);
    let Poll::Ready(Err(error)) = third.poll() else { panic!("the third poll completes it") };
    assert_eq!((first.woken(), second.woken()), (1, 1));
    for caller in [&mut first, &mut second, &mut third] {
        let Poll::Ready(Err(same)) = caller.poll() else { panic!("it has completed") };
        assert_eq!(same.to_string(), error.to_string());
    }
}

#[test]
fn a_panic_wakes_all_and_is_an_error_for_all() {
    let mut polls = 0;
    let login = poll_fn(move |_| {
        polls += 1;
        assert!(polls < 2, "on purpose");
        Poll::Pending
    });
    let login = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::joining(&login), Caller::joining(&login));
    assert!(first.poll().is_pending());
    assert!(matches!(second.poll(), Poll::Ready(Err(_))));
    assert_eq!(first.woken(), 1);
    assert!(matches!(first.poll(), Poll::Ready(Err(_))));
}

#[test]
fn a_dropped_caller_is_not_woken_and_the_last_one_drops_the_login() {
    let owned = Arc::new(());
    let inside = Arc::clone(&owned);
    let mut slot = SharedLoginSlot::default();
    let login = slot.start(Box::pin(async move {
        pending::<()>().await;
        drop(inside);
        Err(failure())
    }));
    let (mut first, mut second) = (Caller::joining(&login), Caller::joining(&login));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(login);
    let wakers = Arc::clone(&first.login.shared.wakers);
    let wake_count = Arc::clone(&first.wake_count);
    drop(first);
    wakers.wake_by_ref();
    assert_eq!((wake_count.0.load(Ordering::SeqCst), second.woken()), (0, 1));
    assert!(slot.join().is_some());
    // The waker, which a timer or a socket may hold, does not keep the login alive.
    drop(second);
    assert_eq!(Arc::strong_count(&owned), 1);
    assert!(slot.join().is_none());
}

#[test]
fn callers_that_come_and_go_take_no_memory_and_no_wake_up_from_others() {
    let login = SharedLoginSlot::default().start(Box::pin(pending()));
    let mut waiting = Caller::joining(&login);
    assert!(waiting.poll().is_pending());
    for _ in 0..1000 {
        assert!(Caller::joining(&login).poll().is_pending());
    }
    let mut last = Caller::joining(&login);
    assert!(last.poll().is_pending());
    let wakers = &login.shared.wakers;
    assert_eq!(lock(&wakers.0).wakers.len(), 2);
    // A caller keeps its place after a wake-up.
    for count in 1..=2 {
        wakers.wake_by_ref();
        assert_eq!((waiting.woken(), last.woken()), (count, count));
        assert!(waiting.poll().is_pending() && last.poll().is_pending());
    }
    assert_eq!(lock(&wakers.0).wakers.len(), 2);
}
