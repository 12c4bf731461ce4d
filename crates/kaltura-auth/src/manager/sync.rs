//! The synchronization primitives of the drivers: those of the standard library, and under `--cfg shuttle` those of
//! a checker that controls the thread switches at each of them (see `interleavings`).

#[cfg(not(all(test, shuttle)))]
pub(super) use arc_swap::ArcSwapOption;
#[cfg(not(all(test, shuttle)))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, shuttle))]
pub(super) use self::checked::ArcSwapOption;
#[cfg(all(test, shuttle))]
pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};

use std::sync::PoisonError;

/// Locks a mutex and ignores poisoning: no code here panics halfway through a change.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, shuttle))]
mod checked {
    use std::sync::Arc;

    use shuttle::sync::Mutex;

    /// The part of `arc_swap::ArcSwapOption` that is used here, with a thread switch possible at each operation.
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
            let previous = std::mem::replace(&mut *super::lock(&self.0), value);
            drop(previous);
        }
    }
}
