//! Who is woken, and when.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Default)]
struct Rings(AtomicUsize);

impl Wake for Rings {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A caller on the flight, and how often he was woken.
struct Caller {
    flight: SharedLogin,
    rings: Arc<Rings>,
}

impl Caller {
    fn on(flight: &SharedLogin) -> Self {
        Self { flight: flight.clone(), rings: Arc::default() }
    }

    fn poll(&mut self) -> Poll<Answer> {
        let waker = Waker::from(Arc::clone(&self.rings));
        pin!(&mut self.flight).poll(&mut Context::from_waker(&waker))
    }

    fn woken(&self) -> usize {
        self.rings.0.load(Ordering::SeqCst)
    }
}

fn failure() -> Error {
    Error::source("on purpose", true)
}

#[test]
fn a_ring_wakes_all_who_wait() {
    let mut bell = None;
    let login = poll_fn(move |context| match bell.take() {
        None => {
            bell = Some(context.waker().clone());
            Poll::Pending
        }
        Some(_) => Poll::Ready(Err(failure())),
    });
    let flight = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::on(&flight), Caller::on(&flight));
    assert!(first.poll().is_pending());
    // The login is not polled by him, or it would be over. He is on it all the same, once he has a place.
    flight.shared.bell.enter(&mut second.flight.place, &Waker::from(Arc::clone(&second.rings)));
    flight.shared.bell.end_turn(false);
    flight.shared.bell.wake_by_ref();
    assert_eq!((first.woken(), second.woken()), (1, 1));
    assert!(second.poll().is_ready());
    assert!(first.poll().is_ready());
}

#[test]
fn a_ring_during_a_turn_is_passed_on_after_it_though_its_carrier_never_comes_back() {
    let other = Arc::new(std::sync::Mutex::new(None::<Caller>));
    let inside = Arc::clone(&other);
    let login = poll_fn(move |context| {
        context.waker().wake_by_ref();
        // On another thread, in the middle of this poll: he is told to wait.
        if let Some(caller) = &mut *inside.lock().unwrap() {
            assert!(caller.poll().is_pending());
            assert_eq!(caller.woken(), 0);
        }
        Poll::Pending
    });
    let flight = SharedLoginSlot::default().start(Box::pin(login));
    *other.lock().unwrap() = Some(Caller::on(&flight));
    let mut carrier = Caller::on(&flight);
    assert!(carrier.poll().is_pending());
    drop(carrier);
    assert_eq!(other.lock().unwrap().take().unwrap().woken(), 1);
}

#[test]
fn the_outcome_wakes_all_and_is_the_same_for_all() {
    let mut polls = 0;
    let login = poll_fn(move |_| {
        polls += 1;
        if polls < 3 { Poll::Pending } else { Poll::Ready(Err(failure())) }
    });
    let flight = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::on(&flight), Caller::on(&flight));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    let mut third = Caller::on(&flight);
    let Poll::Ready(Err(error)) = third.poll() else { panic!("the third poll ends it") };
    assert_eq!((first.woken(), second.woken()), (1, 1));
    for caller in [&mut first, &mut second, &mut third] {
        let Poll::Ready(Err(same)) = caller.poll() else { panic!("it has landed") };
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
    let flight = SharedLoginSlot::default().start(Box::pin(login));
    let (mut first, mut second) = (Caller::on(&flight), Caller::on(&flight));
    assert!(first.poll().is_pending());
    assert!(matches!(second.poll(), Poll::Ready(Err(_))));
    assert_eq!(first.woken(), 1);
    assert!(matches!(first.poll(), Poll::Ready(Err(_))));
}

#[test]
fn who_leaves_is_not_woken_and_the_last_takes_the_login_with_him() {
    let cargo = Arc::new(());
    let inside = Arc::clone(&cargo);
    let mut slot = SharedLoginSlot::default();
    let flight = slot.start(Box::pin(async move {
        pending::<()>().await;
        drop(inside);
        Err(failure())
    }));
    let (mut first, mut second) = (Caller::on(&flight), Caller::on(&flight));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(flight);
    let bell = Arc::clone(&first.flight.shared.bell);
    let rings = Arc::clone(&first.rings);
    drop(first);
    bell.wake_by_ref();
    assert_eq!((rings.0.load(Ordering::SeqCst), second.woken()), (0, 1));
    assert!(slot.join().is_some());
    // The bell, which a timer or a socket may hold, does not keep the login.
    drop(second);
    assert_eq!(Arc::strong_count(&cargo), 1);
    assert!(slot.join().is_none());
}
