//! The rules of the lease: one process logs in at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kaltura_auth::store::{Lease, Taken};

use super::super::report::Outcome;
use super::suite::{
    CheckResult, Handle, LATE, LIFETIME, Suite, TestedStore, ask, at_once, describe, ensure, fail, failure,
    not_applicable, poll_once, record, sleep,
};

/// How many ask at once.
const HERD: usize = 12;

/// How often each of them takes the lease, one after the other.
const ROUNDS: usize = 8;

/// How often each of them asks in vain. With the pause it is far more than all holders need.
const MAX_TRIES: usize = 5_000;

pub(super) async fn first_gets_the_lease(suite: &Suite<'_>) -> CheckResult {
    let question = ask();
    let lease = suite.one.lease_for(&question).await?;
    ensure(lease.id() == question.lease_id(), "the lease has another id than the question")?;
    ensure(lease.duration() >= Duration::from_millis(300), "the lease is too short to be extended in time")?;
    match suite.other.take(&ask()).await? {
        Taken::Held { left } if left <= lease.duration() => suite.one.release(&lease).await,
        Taken::Held { left } => {
            fail(format!("the lease is held for {left:?}, longer than it lasts ({:?})", lease.duration()))
        }
        taken => fail(format!("expected that the lease is held, got {}", describe(&taken))),
    }
}

pub(super) async fn repeated_ask(suite: &Suite<'_>) -> CheckResult {
    let question = ask();
    let first = suite.one.lease_for(&question).await?;
    let again = suite.one.lease_for(&question).await?;
    ensure(first.id() == again.id(), "the repeated question got a lease with another id")?;
    suite.other.expect_held().await?;
    suite.one.release(&again).await?;
    drop((first, again));
    suite.other.lease().await.map(drop)
}

pub(super) async fn one_lease(suite: &Suite<'_>) -> CheckResult {
    let handles = (0..HERD).map(|number| if number % 2 == 0 { &suite.one } else { &suite.other });
    let asking = handles.map(|handle| {
        let asking: std::pin::Pin<Box<dyn Future<Output = Result<Taken, Outcome>> + Send>> =
            Box::pin(async move { handle.take(&ask()).await });
        asking
    });
    let taken: Vec<Taken> =
        at_once(suite.one.store, asking.collect()).await.into_iter().collect::<Result<_, _>>()?;
    let leases = taken.iter().filter(|taken| matches!(taken, Taken::Lease(_))).count();
    let held = taken.iter().filter(|taken| matches!(taken, Taken::Held { .. })).count();
    ensure(
        leases == 1 && held == HERD - 1,
        format!("of {HERD} that asked at once, {leases} got the lease and {held} were told that it is held"),
    )
}

pub(super) async fn mutual_exclusion(suite: &Suite<'_>) -> CheckResult {
    let holders = AtomicUsize::new(0);
    let handles = (0..HERD).map(|number| if number % 2 == 0 { &suite.one } else { &suite.other });
    let holders = &holders;
    let working = handles.map(|handle| {
        let working: std::pin::Pin<Box<dyn Future<Output = CheckResult> + Send>> =
            Box::pin(take_turns(handle, holders));
        working
    });
    at_once(suite.one.store, working.collect()).await.into_iter().collect()
}

/// Takes the lease again and again, and checks each time that it is the only one.
async fn take_turns(handle: &Handle<'_>, holders: &AtomicUsize) -> CheckResult {
    let mut tries = 0;
    for _ in 0..ROUNDS {
        let lease = loop {
            match handle.take(&ask()).await? {
                Taken::Lease(lease) => break lease,
                Taken::Held { .. } if tries < MAX_TRIES => tries += 1,
                Taken::Held { .. } => return fail("the lease is held, although every holder frees it"),
                taken => return fail(format!("expected a lease, got {}", describe(&taken))),
            }
            sleep(Duration::from_millis(2)).await;
        };
        let before = holders.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(1)).await;
        holders.fetch_sub(1, Ordering::SeqCst);
        ensure(before == 0, "two held the lease at the same time")?;
        handle.release(&lease).await?;
    }
    Ok(())
}

pub(super) async fn released(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    suite.one.release(&lease).await?;
    // The value still exists: it must be the call that frees the lease.
    suite.other.lease().await.map(|_| drop(lease))
}

pub(super) async fn foreign_lease(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    let foreign = Lease::new(ask().lease_id(), lease.taken_at(), lease.duration());
    suite.other.release(&foreign).await?;
    suite.other.expect_held().await?;
    suite.other.fail(&foreign, &failure(), LIFETIME).await?;
    suite.other.expect_held().await?;
    ensure(!suite.other.extend(&foreign).await?, "a lease with another id was extended")?;
    let session = record(lease.taken_at(), LIFETIME);
    suite.other.publish(Some(&foreign), &session, None).await?;
    match suite.other.take(&ask().with_held(Some(session.id()))).await? {
        Taken::Held { .. } => Ok(()),
        taken => fail(format!("publishing with another lease id freed the lease: got {}", describe(&taken))),
    }
}

pub(super) async fn lease_ends(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    let duration = lease.duration();
    // A lease with a guard ends with its value, like the lock of a file.
    let has_guard = lease.guard().is_some();
    drop(lease);
    if duration != Duration::MAX && !has_guard {
        sleep(duration / 2).await;
        suite.other.expect_held().await?;
        sleep(duration / 2 + Duration::from_millis(50)).await;
    }
    suite.other.lease().await.map(drop)
}

pub(super) async fn lease_extended(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    if lease.duration() == Duration::MAX {
        return ensure(suite.one.extend(&lease).await?, "the lease that is held could not be extended");
    }
    for _ in 0..2 {
        sleep(lease.duration() / 3 * 2).await;
        // On a busy machine the sleep may take so long that the lease is over.
        if !suite.one.extend(&lease).await? {
            return not_applicable("the machine is too busy: the lease ended before it was extended");
        }
    }
    suite.other.expect_held().await
}

pub(super) async fn lost_lease(suite: &Suite<'_>) -> CheckResult {
    let lost = suite.one.lease().await?;
    let (id, taken_at, duration) = (lost.id(), lost.taken_at(), lost.duration());
    drop(lost);
    if duration != Duration::MAX {
        sleep(duration + Duration::from_millis(50)).await;
    }
    let lost = Lease::new(id, taken_at, duration);
    let new = suite.other.lease().await?;
    ensure(!suite.one.extend(&lost).await?, "a lease that another one holds by now was extended")?;
    suite.one.release(&lost).await?;
    suite.one.expect_held().await?;
    ensure(suite.other.extend(&new).await?, "the lease that is held could not be extended")
}

pub(super) async fn one_clock(suite: &Suite<'_>) -> CheckResult {
    let before = suite.one.time().await?;
    let lease = suite.other.lease().await?;
    let after = suite.one.time().await?;
    let (since_before, until_after) = (lease.taken_at().since(before), after.since(lease.taken_at()));
    ensure(
        since_before.is_some_and(|passed| passed < LATE) && until_after.is_some_and(|passed| passed < LATE),
        format!(
            "the store's time was {before:?}, then {:?} with the lease, then {after:?}",
            lease.taken_at()
        ),
    )?;
    sleep(Duration::from_millis(120)).await;
    let passed = suite.one.time().await?.since(after).unwrap_or_default();
    ensure(
        passed >= Duration::from_millis(100) && passed < LATE,
        format!("in 120 ms or a little more, the store's clock advanced by {passed:?}"),
    )
}

pub(super) async fn dropped_call(suite: &Suite<'_>) -> CheckResult {
    let TestedStore::Async(store) = suite.one.store else {
        return not_applicable("a blocking store has no futures");
    };
    let question = ask();
    for _ in 0..10 {
        poll_once(store.take(&suite.one.key, &question));
    }
    // A dropped call may have taken the lease; the same question finds it in any case.
    let lease = suite.one.lease_for(&question).await?;
    poll_once(store.changed(&suite.one.key));
    poll_once(store.extend(&suite.one.key, &lease));
    let session = record(lease.taken_at(), LIFETIME);
    suite.one.publish(Some(&lease), &session, None).await?;
    suite.other.expect_session(&session).await.map(drop)
}

pub(super) async fn wait_ends(suite: &Suite<'_>) -> CheckResult {
    let TestedStore::Blocking(store) = suite.one.store else {
        return not_applicable("an async store is polled instead");
    };
    let lease = suite.other.lease().await?;
    let before = suite.other.time().await?;
    store.wait_for_change(&suite.one.key, Duration::from_millis(100));
    let waited = suite.other.time().await?.since(before).unwrap_or_default();
    ensure(waited < LATE, format!("a wait of at most 100 ms took {waited:?}"))?;
    suite.other.release(&lease).await
}
