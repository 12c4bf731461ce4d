//! Shares one session between many processes: a store keeps it, and one process at a time logs in.
//!
//! A [`SessionStore`] keeps, under a [`StoreKey`], up to three things: a session ([`Record`]), a lease (one process logs
//! in now), and a backoff (the last login failed, and for a while none is tried). It is a cache: when it is
//! unavailable, slow, full or empty, logins still work.
//!
//! `kaltura-store` has stores in a file and on Redis, [`MemoryStore`] shares between the managers of one process, and
//! `kaltura-testing` checks any other one (`kaltura_testing::conformance::store`).
//!
//! # The clock of a store
//!
//! Machines disagree about the time. So every time that processes share is by **one** clock, that of the store:
//! a [`StoreTime`] has a meaning only for the store that it comes from, and the time that a session has left is
//! measured by the store.
//!
//! # Write a store
//!
//! Implement [`SessionStore`], or [`blocking::SessionStore`](crate::blocking::SessionStore), and run the conformance
//! suite on it. Each method is one atomic step, and none may take long: callers give each call about a second. The
//! rules are with the methods; [`MemoryStore`] follows them in few lines. In short:
//!
//! - No call logs in, sleeps, or waits for another process.
//! - A [`Record`] and a [`StoredFailure`] are stored as their JSON ([`Record::to_json_exposing_ks`],
//!   [`StoredFailure::to_json`]). It contains the KS: only the program may read it. What
//!   [`Record::from_json`] cannot read, or what a newer version has written, counts as absent.
//! - A call that a caller has given up may still be carried out later. So the end of a session is absolute
//!   ([`Record::expires_at`]): a late `publish` never makes a session live longer.
//! - No error contains a secret, neither in its text nor in its sources.

pub(crate) mod blocking;
pub(crate) mod blocking_shared_source;
mod error;
mod failure;
mod key;
mod lease;
mod memory;
mod record;
mod shared_source;
mod sharing;
mod time;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use self::error::{StoreError, StoreErrorKind};
pub use self::failure::StoredFailure;
pub use self::key::{StoreKey, StoreKeyBuilder};
pub use self::lease::{Ask, Lease, Published, Taken};
pub use self::memory::MemoryStore;
pub use self::record::{InvalidRecord, Record, StoredWidgetKs};
pub use self::shared_source::SharedSource;
pub use self::time::StoreTime;

use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::session::SessionId;

/// Keeps sessions for many processes.
///
/// Each method is atomic: two calls at the same time have the effect of one after the other. A future that is dropped
/// may or may not have had its effect. Any error means that the effect is unknown; the caller tries again or logs in
/// alone.
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
pub trait SessionStore: MaybeSend + MaybeSync {
    /// Returns the first of these that there is:
    ///
    /// 1. [`Taken::Session`]: a session that is credible, has not expired, is not [`Ask::held`], and has more than
    ///    [`Ask::min_left`] left. [`Record::left_at`] tells the first two.
    /// 2. [`Taken::Backoff`]: a failure whose backoff is not over.
    /// 3. [`Taken::Lease`]: the lease was free or its time was over, and is now held with [`Ask::lease_id`]; or it is
    ///    held with this id already, as by an earlier call whose answer was lost. It holds for the full duration from
    ///    now.
    /// 4. [`Taken::Held`]: the lease is held with another id.
    ///
    /// A stored session that is not returned stays where it is, also when the lease is returned. A backoff or a lease with
    /// more time left than it was given is over: the store's clock was set back.
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError>;

    /// Holds the lease for the full duration from now. Returns false, and changes nothing, if the lease is not held
    /// with this id.
    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError>;

    /// Stores a session, ends the backoff, and frees the lease if it is held with the id of `lease`.
    ///
    /// - A record that has expired by now is not stored: [`Published::Expired`].
    /// - A credible session that is stored already, lives longer and is not `replaces` stays:
    ///   [`Published::Kept`]. `replaces` is the session that was renewed or that the server has refused.
    /// - In both cases the lease is freed, too. A lease with another id is never freed.
    /// - The session must be gone, or no longer be credible or unexpired, at [`Record::expires_at`].
    ///
    /// A store that can run out of memory frees the lease first: then a publish that fails blocks no process.
    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError>;

    /// Frees the lease and stores the failure: for the time of `backoff`, [`take`](Self::take) returns it to all.
    /// Changes nothing if the lease is not held with this id: then another login counts.
    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError>;

    /// Frees the lease. Changes nothing if it is not held with this id.
    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError>;

    /// The store's time now, for a session that was granted without a lease.
    async fn time(&self) -> Result<StoreTime, StoreError>;

    /// Is ready when something under this key may have changed. Wakes a waiting process earlier than its next poll, where
    /// the store can do that; it is never relied on. The default is never ready.
    async fn changed(&self, _key: &StoreKey) {
        pending::<()>().await;
    }
}

macro_rules! impl_through_pointer {
    ($($pointer:ty),*) => {$(
        #[cfg_attr(not(target_family = "wasm"), async_trait)]
        #[cfg_attr(target_family = "wasm", async_trait(?Send))]
        impl<S: SessionStore + ?Sized> SessionStore for $pointer {
            async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
                (**self).take(key, ask).await
            }

            async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
                (**self).extend(key, lease).await
            }

            async fn publish(
                &self,
                key: &StoreKey,
                lease: Option<&Lease>,
                record: &Record,
                replaces: Option<SessionId>,
            ) -> Result<Published, StoreError> {
                (**self).publish(key, lease, record, replaces).await
            }

            async fn fail(
                &self,
                key: &StoreKey,
                lease: &Lease,
                failure: &StoredFailure,
                backoff: Duration,
            ) -> Result<(), StoreError> {
                (**self).fail(key, lease, failure, backoff).await
            }

            async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
                (**self).release(key, lease).await
            }

            async fn time(&self) -> Result<StoreTime, StoreError> {
                (**self).time().await
            }

            async fn changed(&self, key: &StoreKey) {
                (**self).changed(key).await;
            }
        }
    )*};
}

impl_through_pointer!(&S, Box<S>, Arc<S>);
