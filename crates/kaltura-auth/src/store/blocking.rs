//! The trait of stores that block the calling thread.

use std::sync::Arc;
use std::time::Duration;

use super::{Ask, Lease, Published, Record, StoreError, StoreKey, StoreTime, StoredFailure, Taken};
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::session::SessionId;

/// Keeps sessions for many processes, and blocks the thread meanwhile.
///
/// The contract of each method is that of [`SessionStore`](crate::store::SessionStore). There is nothing that could
/// interrupt a call, so each must end by itself: the store limits its time, to about a second.
pub trait BlockingSessionStore: MaybeSend + MaybeSync {
    /// See [`SessionStore::take`](crate::store::SessionStore::take).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the effect is unknown.
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError>;

    /// See [`SessionStore::extend`](crate::store::SessionStore::extend).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError>;

    /// See [`SessionStore::publish`](crate::store::SessionStore::publish).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError>;

    /// See [`SessionStore::fail`](crate::store::SessionStore::fail).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError>;

    /// See [`SessionStore::release`](crate::store::SessionStore::release).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError>;

    /// See [`SessionStore::time`](crate::store::SessionStore::time).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    fn time(&self) -> Result<StoreTime, StoreError>;

    /// Returns when something under this key may have changed, and after `at_most` at the latest. The default sleeps for
    /// that time.
    fn wait_for_change(&self, _key: &StoreKey, at_most: Duration) {
        std::thread::sleep(at_most);
    }
}

macro_rules! impl_through_pointer {
    ($($pointer:ty),*) => {$(
        impl<S: BlockingSessionStore + ?Sized> BlockingSessionStore for $pointer {
            fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
                (**self).take(key, ask)
            }

            fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
                (**self).extend(key, lease)
            }

            fn publish(
                &self,
                key: &StoreKey,
                lease: Option<&Lease>,
                record: &Record,
                replaces: Option<SessionId>,
            ) -> Result<Published, StoreError> {
                (**self).publish(key, lease, record, replaces)
            }

            fn fail(
                &self,
                key: &StoreKey,
                lease: &Lease,
                failure: &StoredFailure,
                backoff: Duration,
            ) -> Result<(), StoreError> {
                (**self).fail(key, lease, failure, backoff)
            }

            fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
                (**self).release(key, lease)
            }

            fn time(&self) -> Result<StoreTime, StoreError> {
                (**self).time()
            }

            fn wait_for_change(&self, key: &StoreKey, at_most: Duration) {
                (**self).wait_for_change(key, at_most);
            }
        }
    )*};
}

impl_through_pointer!(&S, Box<S>, Arc<S>);
