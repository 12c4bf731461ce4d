//! The right to log in: a locked file, which the kernel unlocks when its holder dies.
//!
//! A holder that is stopped, or hangs, keeps its lock. So it writes into the file until when it is alive, and goes on
//! doing so; where that time is over, the lock of the next file counts. No lock file is ever deleted, else two
//! processes could hold the lock of one name.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use kaltura_auth::store::StoreKey;
use serde::{Deserialize, Serialize};

use super::clock::{Clock, Timestamp};
use super::error::FileError;
use super::folder::PrivateFolder;

/// How long a lease holds from when it was taken or extended. A stopped holder delays the others by that much; one
/// that is late by more than two thirds of it, because the machine is overloaded, costs a second login.
pub(super) const DURATION: Duration = Duration::from_secs(5);
/// How long a process looks at a lease whose time is over before it takes the next file: one that has just been taken
/// has the old time for an instant.
const DOUBT: Duration = Duration::from_millis(250);
/// What the name of the first file ends with. A number follows in those of the others.
pub(super) const LOCK: &str = ".lock";
/// How many files there are for one key, and so how many holders can be stopped at the same time.
const FILES: usize = 4;

/// What stands in a locked file.
#[derive(Debug, Serialize, Deserialize)]
struct SignOfLife {
    at: Timestamp,
    for_ms: u64,
}

/// The locks of this process, and those of others that seem to be given up.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: Mutex<HashMap<(StoreKey, u128), Weak<HeldLease>>>,
    doubtful: Mutex<HashMap<String, (Vec<u8>, Timestamp)>>,
}

/// A lease of this process. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct HeldLease {
    state: Mutex<Option<Locked>>,
}

#[derive(Debug)]
struct Locked {
    file: File,
    extended_at: Timestamp,
}

/// The answer to an attempt.
pub(super) enum Attempt {
    Taken(Arc<HeldLease>),
    /// Another one has it, for so long at least unless it ends it.
    Held(Duration),
    /// The file system has no locks.
    NoLocks(FileError),
}

impl Leases {
    /// Takes the lease if it is free, or held with this id already. Does not wait.
    pub(super) fn take(
        &self,
        folder: &PrivateFolder,
        clock: &dyn Clock,
        key: &StoreKey,
        id: u128,
    ) -> Result<Attempt, FileError> {
        if let Some(held) = self.find(key, id)
            && held.extend(clock)
        {
            return Ok(Attempt::Taken(held));
        }
        for number in 0..FILES {
            let name = file_name(key, number);
            let file = folder.open_for_lock(&name)?;
            match file.try_lock() {
                Ok(()) => {
                    lock(&self.doubtful).remove(&name);
                    let held = Arc::new(HeldLease::new(file, clock.now()));
                    let mut all = lock(&self.held);
                    all.retain(|_, held| held.strong_count() > 0);
                    all.insert((key.clone(), id), Arc::downgrade(&held));
                    return Ok(Attempt::Taken(held));
                }
                Err(TryLockError::Error(error)) => {
                    let path = folder.path().join(name);
                    return Ok(Attempt::NoLocks(FileError::NoLocks { path, error }));
                }
                Err(TryLockError::WouldBlock) => {
                    let left = self.left(name, &file, &clock.now());
                    if !left.is_zero() {
                        return Ok(Attempt::Held(left));
                    }
                }
            }
        }
        Ok(Attempt::Held(DURATION))
    }

    /// The lease of this process with this id, if it has not ended.
    pub(super) fn find(&self, key: &StoreKey, id: u128) -> Option<Arc<HeldLease>> {
        lock(&self.held).get(&(key.clone(), id)).and_then(Weak::upgrade)
    }

    /// How long a lock counts that another one holds.
    fn left(&self, name: String, file: &File, now: &Timestamp) -> Duration {
        let mut content = Vec::new();
        let _ = file.take(1024).read_to_end(&mut content);
        let sign: Option<SignOfLife> = serde_json::from_slice(&content).ok();
        let since = sign.as_ref().and_then(|sign| now.since(&sign.at));
        let left = sign.zip(since).and_then(|(sign, since)| {
            Duration::from_millis(sign.for_ms).checked_sub(since).filter(|left| *left <= DURATION)
        });
        let mut doubtful = lock(&self.doubtful);
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            doubtful.remove(&name);
            return left;
        }
        match doubtful.get(&name) {
            Some((seen, first)) if *seen == content => {
                DOUBT.saturating_sub(now.since(first).unwrap_or_default())
            }
            _ => {
                doubtful.insert(name, (content, now.clone()));
                DOUBT
            }
        }
    }
}

impl HeldLease {
    fn new(file: File, now: Timestamp) -> Self {
        let mut locked = Locked { file, extended_at: now };
        // Those who cannot read it take the lock for given up, which costs a second login.
        let _ = locked.write();
        Self { state: Mutex::new(Some(locked)) }
    }

    /// Holds it for the full duration from now. False if it has ended.
    pub(super) fn extend(&self, clock: &dyn Clock) -> bool {
        let mut state = lock(&self.state);
        let now = clock.now();
        match state.as_mut() {
            Some(locked) if locked.is_alive(&now) => {
                locked.extended_at = now;
                let _ = locked.write();
                true
            }
            _ => false,
        }
    }

    /// Frees the lock.
    pub(super) fn end(&self) {
        lock(&self.state).take();
    }
}

impl Locked {
    fn is_alive(&self, now: &Timestamp) -> bool {
        now.since(&self.extended_at).is_some_and(|since| since < DURATION)
    }

    fn write(&mut self) -> io::Result<()> {
        let for_ms = u64::try_from(DURATION.as_millis()).unwrap_or(u64::MAX);
        let content = serde_json::to_vec(&SignOfLife { at: self.extended_at.clone(), for_ms })?;
        self.file.rewind()?;
        self.file.write_all(&content)?;
        self.file.set_len(content.len() as u64)
    }
}

fn file_name(key: &StoreKey, number: usize) -> String {
    match number {
        0 => format!("{}{LOCK}", key.as_hex()),
        _ => format!("{}{LOCK}{number}", key.as_hex()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::clock::TestClock;
    use super::*;

    #[test]
    fn leases_that_have_ended_are_forgotten_and_others_are_not() {
        let around = tempfile::tempdir().unwrap();
        let (folder, clock) = (PrivateFolder::new(around.path().join("sessions")), TestClock::new());
        let leases = Leases::default();
        let key = |name: &str| StoreKey::builder(name).build();
        let take = |name: &str| match leases.take(&folder, &clock, &key(name), 1).unwrap() {
            Attempt::Taken(held) => held,
            _ => panic!("{name} is free"),
        };
        let one = take("one");
        for name in ["two", "three", "four"] {
            drop(take(name));
        }
        assert!(leases.find(&key("one"), 1).unwrap().extend(&clock));
        // The last one is forgotten when another one is taken.
        assert_eq!(lock(&leases.held).len(), 2);
        one.end();
        assert!(!one.extend(&clock));
    }
}
