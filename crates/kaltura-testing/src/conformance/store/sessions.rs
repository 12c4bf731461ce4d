//! The rules of stored sessions: found, left out, replaced, and gone at their end.

use std::time::Duration;

use kaltura_auth::store::{Published, StoreKey, Taken};

use super::suite::{CheckResult, Handle, LATE, LIFETIME, Suite, ask, describe, ensure, fail, record, sleep};

pub(super) async fn session_found(suite: &Suite<'_>) -> CheckResult {
    let published = suite.one.log_in(LIFETIME).await?;
    for handle in [&suite.one, &suite.other] {
        let left = handle.expect_session(&published).await?;
        let longest = published.expires_at().since(handle.time().await?).unwrap_or_default() + LATE;
        ensure(
            left <= LIFETIME && left <= longest && left + LATE >= LIFETIME,
            format!("of a session of {LIFETIME:?} that was granted just now, {left:?} are left"),
        )?;
    }
    Ok(())
}

pub(super) async fn publish_frees_the_lease(suite: &Suite<'_>) -> CheckResult {
    let question = ask();
    let lease = suite.one.lease_for(&question).await?;
    let session = record(lease.taken_at(), LIFETIME);
    suite.one.publish(Some(&lease), &session, None).await?;
    // The value still exists: it must be the call that frees the lease.
    suite.other.lease_for(&ask().with_held(Some(session.id()))).await.map(|_| drop(lease))
}

pub(super) async fn held_left_out(suite: &Suite<'_>) -> CheckResult {
    let held = suite.one.log_in(LIFETIME).await?;
    match suite.other.take(&ask().with_held(Some(held.id()))).await? {
        Taken::Lease(_) => Ok(()),
        taken => fail(format!("expected the lease to renew the session, got {}", describe(&taken))),
    }
}

pub(super) async fn min_left(suite: &Suite<'_>) -> CheckResult {
    let session = suite.one.log_in(LIFETIME).await?;
    match suite.other.take(&ask().with_min_left(LIFETIME / 4)).await? {
        Taken::Session { record, .. } if record == session => {}
        taken => return fail(format!("expected the session, got {}", describe(&taken))),
    }
    match suite.other.take(&ask().with_min_left(LIFETIME)).await? {
        Taken::Lease(_) => Ok(()),
        taken => fail(format!("no session lives as long as was asked for, and got {}", describe(&taken))),
    }
}

pub(super) async fn stays_during_renewal(suite: &Suite<'_>) -> CheckResult {
    let old = suite.one.log_in(LIFETIME).await?;
    let lease = suite.one.lease_for(&ask().with_held(Some(old.id()))).await?;
    suite.other.expect_session(&old).await?;
    let new = record(lease.taken_at(), LIFETIME * 2);
    suite.one.publish(Some(&lease), &new, Some(old.id())).await?;
    suite.other.expect_session(&new).await.map(drop)
}

pub(super) async fn longer_stays(suite: &Suite<'_>) -> CheckResult {
    let longer = suite.one.log_in(LIFETIME * 2).await?;
    let lease = suite.other.lease_for(&ask().with_min_left(LIFETIME * 3)).await?;
    let shorter = record(lease.taken_at(), LIFETIME);
    let published = suite.other.publish(Some(&lease), &shorter, None).await?;
    ensure(published == Published::Kept, format!("the answer to the shorter session is {published:?}"))?;
    suite.one.expect_session(&longer).await?;
    suite.one.lease_for(&ask().with_held(Some(longer.id()))).await.map(drop)
}

pub(super) async fn replaced(suite: &Suite<'_>) -> CheckResult {
    let refused = suite.one.log_in(LIFETIME * 2).await?;
    let lease = suite.other.lease_for(&ask().with_held(Some(refused.id()))).await?;
    let new = record(lease.taken_at(), LIFETIME);
    let published = suite.other.publish(Some(&lease), &new, Some(refused.id())).await?;
    ensure(published == Published::Stored, format!("the answer to the new session is {published:?}"))?;
    suite.one.expect_session(&new).await.map(drop)
}

pub(super) async fn published_without_lease(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    let session = record(suite.other.time().await?, LIFETIME);
    let published = suite.other.publish(None, &session, None).await?;
    ensure(published == Published::Stored, format!("the answer is {published:?}"))?;
    suite.one.expect_session(&session).await?;
    match suite.other.take(&ask().with_held(Some(session.id()))).await? {
        Taken::Held { .. } => suite.one.release(&lease).await,
        taken => fail(format!("the lease of another one was freed: got {}", describe(&taken))),
    }
}

pub(super) async fn absolute_end(suite: &Suite<'_>) -> CheckResult {
    let lifetime = Duration::from_millis(600);
    let lease = suite.one.lease().await?;
    let session = record(lease.taken_at(), lifetime);
    suite.one.publish(Some(&lease), &session, None).await?;
    wait_until_expired(&suite.one, &session).await?;
    let next = suite.other.lease().await?;
    suite.other.release(&next).await?;
    // A call that arrives late: the session is over.
    let published = suite.one.publish(Some(&lease), &session, None).await?;
    ensure(published == Published::Expired, format!("the late session got the answer {published:?}"))?;
    match suite.one.take(&ask()).await? {
        Taken::Session { left, .. } => fail(format!("the late session is there, with {left:?} left")),
        _ => Ok(()),
    }
}

async fn wait_until_expired(handle: &Handle<'_>, session: &kaltura_auth::store::Record) -> CheckResult {
    // Ten times as long as its lifetime, for a store whose time stands still.
    for _ in 0..60 {
        let Some(left) = session.expires_at().since(handle.time().await?) else { return Ok(()) };
        match handle.take(&ask().with_held(Some(session.id()))).await? {
            Taken::Session { .. } => return fail("the session that is held was returned"),
            Taken::Lease(lease) => handle.release(&lease).await?,
            Taken::Backoff { .. } | Taken::Held { .. } => {}
        }
        sleep(left.min(Duration::from_millis(100)) + Duration::from_millis(2)).await;
    }
    fail("by the store's clock, the session does not expire")
}

pub(super) async fn expired_is_not_stored(suite: &Suite<'_>) -> CheckResult {
    let session = suite.one.log_in(LIFETIME).await?;
    let long_ago = suite.other.time().await?.minus(Duration::from_millis(50));
    let expired = record(long_ago, Duration::from_millis(50));
    let published = suite.other.publish(None, &expired, Some(session.id())).await?;
    ensure(published == Published::Expired, format!("the answer to an expired session is {published:?}"))?;
    suite.other.expect_session(&session).await.map(drop)
}

pub(super) async fn not_credible(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    // As if the store's clock had been set back by ten minutes since.
    let future = lease.taken_at().plus(Duration::from_secs(600));
    let incredible = record(future, LIFETIME);
    suite.one.publish(Some(&lease), &incredible, None).await?;
    let question = ask();
    let lease = match suite.other.take(&question).await? {
        Taken::Lease(lease) => lease,
        taken => return fail(format!("expected the lease, got {}", describe(&taken))),
    };
    let session = record(lease.taken_at(), LIFETIME);
    let published = suite.other.publish(Some(&lease), &session, None).await?;
    ensure(published == Published::Stored, format!("a credible session got the answer {published:?}"))?;
    suite.one.expect_session(&session).await.map(drop)
}

pub(super) async fn keys_are_separate(suite: &Suite<'_>) -> CheckResult {
    let session = suite.one.log_in(LIFETIME).await?;
    let other = Handle {
        key: StoreKey::builder("conformance").part("other than", suite.one.key.as_hex()).build(),
        ..suite.other.clone()
    };
    let lease = other.lease().await?;
    let another = record(lease.taken_at(), LIFETIME * 2);
    other.publish(Some(&lease), &another, None).await?;
    suite.one.expect_session(&session).await?;
    other.expect_session(&another).await.map(drop)
}
