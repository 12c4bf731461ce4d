//! The primitives that the drivers stand on: those of the standard library, and under `--cfg shuttle` those of a
//! checker that decides which thread goes on at each of them (see `interleavings`).

#[cfg(not(all(test, shuttle)))]
pub(super) use arc_swap::ArcSwapOption;
#[cfg(not(all(test, shuttle)))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, shuttle))]
pub(super) use self::checked::ArcSwapOption;
#[cfg(all(test, shuttle))]
pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};

use std::sync::PoisonError;

/// Locks, though a thread may have panicked with the lock: no code here leaves a state that is half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, shuttle))]
mod checked {
    use std::sync::Arc;

    use shuttle::sync::Mutex;

    /// As much of `arc_swap::ArcSwapOption` as is used here, with a point at each step where another thread may
    /// go on.
    pub(in crate::manager) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

    impl<T> Default for ArcSwapOption<T> {
        fn default() -> Self {
            Self(Mutex::new(None))
        }
    }

    impl<T> ArcSwapOption<T> {
        pub(in crate::manager) fn load(&self) -> Option<Arc<T>> {
            super::lock(&self.0).clone()
        }

        pub(in crate::manager) fn store(&self, value: Option<Arc<T>>) {
            let former = std::mem::replace(&mut *super::lock(&self.0), value);
            drop(former);
        }
    }
}
