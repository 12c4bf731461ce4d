//! The rules of failed logins: their backoff holds for all.

use std::time::Duration;

use kaltura_auth::store::{Lease, Taken};

use super::suite::{
    CheckResult, Handle, LIFETIME, Suite, ask, describe, ensure, fail, failure, record, sleep,
};

/// Takes the lease and lets the login fail.
async fn fail_login(handle: &Handle<'_>, backoff: Duration) -> CheckResult {
    let lease = handle.lease().await?;
    handle.fail(&lease, &failure(), backoff).await
}

pub(super) async fn failure_shared(suite: &Suite<'_>) -> CheckResult {
    fail_login(&suite.one, LIFETIME).await?;
    for handle in [&suite.one, &suite.other] {
        match handle.take(&ask()).await? {
            Taken::Backoff { failure: stored, left } => {
                ensure(stored == failure(), "the failure is not the one that was stored")?;
                ensure(!left.is_zero() && left <= LIFETIME, format!("of {LIFETIME:?}, {left:?} are left"))?;
            }
            taken => return fail(format!("expected the backoff, got {}", describe(&taken))),
        }
    }
    Ok(())
}

pub(super) async fn backoff_ends(suite: &Suite<'_>) -> CheckResult {
    fail_login(&suite.one, Duration::from_millis(400)).await?;
    let left = match suite.other.take(&ask()).await? {
        Taken::Backoff { left, .. } => left,
        // On a busy machine it may be over by now.
        Taken::Lease(_) => return Ok(()),
        taken => return fail(format!("expected the backoff, got {}", describe(&taken))),
    };
    sleep(left + Duration::from_millis(20)).await;
    let lease = suite.other.lease().await?;
    suite.one.expect_held().await?;
    suite.other.release(&lease).await
}

pub(super) async fn session_before_backoff(suite: &Suite<'_>) -> CheckResult {
    let session = suite.one.log_in(LIFETIME).await?;
    let lease = suite.one.lease_for(&ask().with_held(Some(session.id()))).await?;
    suite.one.fail(&lease, &failure(), LIFETIME).await?;
    suite.other.expect_session(&session).await?;
    match suite.other.take(&ask().with_held(Some(session.id()))).await? {
        Taken::Backoff { .. } => Ok(()),
        taken => fail(format!("expected the backoff of the renewal, got {}", describe(&taken))),
    }
}

pub(super) async fn publish_ends_backoff(suite: &Suite<'_>) -> CheckResult {
    fail_login(&suite.one, LIFETIME).await?;
    // Such as that of a process that logged in without the store.
    let session = record(suite.other.time().await?, LIFETIME);
    suite.other.publish(None, &session, None).await?;
    suite.one.expect_session(&session).await?;
    match suite.one.take(&ask().with_held(Some(session.id()))).await? {
        Taken::Lease(_) => Ok(()),
        taken => fail(format!("expected the lease, got {}", describe(&taken))),
    }
}

pub(super) async fn failure_without_lease(suite: &Suite<'_>) -> CheckResult {
    let lease = suite.one.lease().await?;
    suite.one.release(&lease).await?;
    let lost = Lease::new(lease.id(), lease.taken_at(), lease.duration());
    suite.one.fail(&lost, &failure(), LIFETIME).await?;
    match suite.other.take(&ask()).await? {
        Taken::Lease(_) => Ok(()),
        taken => fail(format!("expected the lease, got {}", describe(&taken))),
    }
}
