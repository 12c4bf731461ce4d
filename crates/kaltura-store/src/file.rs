//! Sessions in a folder, shared by the processes of one user on one machine.
//!
//! | file | content |
//! |---|---|
//! | `<key>.session` | the session, **with its KS in readable form** |
//! | `<key>.backoff` | why the last login failed, and for how long none is tried |
//! | `<key>.lock` | locked by the process that logs in; never deleted |
//!
//! `<key>` are the 64 digits of a [`StoreKey`]. The folder is created with mode 0700,
//! its files with 0600. A folder in which other users can write is not used, nor is a file that is not a regular one of
//! the user's own: each is an error, and so an event and a login, and never blocks. On Windows the folder must be one
//! that the system keeps for the user, such as those in the user's profile; nothing is checked there.
//!
//! The time that a session has left is measured by the boot clock of Linux, which no user can set and which counts
//! while the machine is suspended. After a restart, and on other systems, it is measured by the wall clock; a session
//! never gets more time than was granted.
//!
//! The lease is an advisory lock, which the kernel frees when its holder dies. Where the file system has no locks, each
//! process logs in for itself, and the session is still shared.
//!
//! Several machines can share a folder on a network file system only if its locks work across them; better use Redis.

mod clock;
mod entry;
mod error;
mod folder;
mod lease;
mod sweep;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kaltura_auth::store::{
    Ask, Lease, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};
use kaltura_auth::{SessionId, async_trait, blocking};

use self::clock::{Clock, SystemClock, Timestamp};
use self::entry::Invalid;
pub use self::error::FileError;
use self::folder::PrivateFolder;
use self::lease::{Attempt, Leases};

/// Keeps sessions in a folder of the user's own. See the [module](self) for what is in it.
///
/// It is a [`SessionStore`] and a [`blocking::SessionStore`]. A call is a few operations on small local files and
/// never waits for another process, so that it can be made from async code. A clone shares the leases.
///
/// ```
/// use kaltura_auth::runtime::Runtime;
/// use kaltura_auth::source::AppTokenSource;
/// use kaltura_auth::{AppTokenLogin, Transport, manager::SessionManager};
/// use kaltura_store::file::FileStore;
///
/// fn manager(
///     login: AppTokenLogin,
///     transport: impl Transport + 'static,
///     runtime: impl Runtime + 'static,
/// ) -> SessionManager {
///     let store = FileStore::new("/var/lib/my-import/sessions");
///     SessionManager::builder(AppTokenSource::new(login, transport), runtime).store(store).build()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PrivateFolder,
    clock: Box<dyn Clock>,
    leases: Leases,
    reported_no_locks: AtomicBool,
}

/// What [`FileStore::remove`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are only these three")]
pub enum Removed {
    /// There was a session, and it is gone.
    Session,
    /// There was none.
    Nothing,
    /// A process logs in for this key. Nothing was removed.
    LoginUnderWay,
}

impl FileStore {
    /// A store in this folder, which is created when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::with_clock(folder.into(), Box::new(SystemClock::default()))
    }

    fn with_clock(folder: PathBuf, clock: Box<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            folder: PrivateFolder::new(folder),
            clock,
            leases: Leases::default(),
            reported_no_locks: AtomicBool::new(false),
        }))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// The session that is stored under this key and has not expired, and the time that it has left. Takes no lease.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be used.
    pub fn read(&self, key: &StoreKey) -> Result<Option<(Record, Duration)>, FileError> {
        self.session(key, &self.0.clock.now())
    }

    /// All keys under which something is stored, or a process has ever logged in. Takes no lease.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the folder cannot be read.
    pub fn keys(&self) -> Result<Vec<StoreKey>, FileError> {
        let names = self.0.folder.names()?;
        let key = |name: &String| {
            let (key, ending) = name.split_at_checked(64)?;
            if [SESSION, BACKOFF, lease::LOCK].contains(&ending) { StoreKey::from_hex(key) } else { None }
        };
        let mut keys: Vec<StoreKey> = names.iter().filter_map(key).collect();
        keys.sort_unstable_by(|one, other| one.as_hex().cmp(other.as_hex()));
        keys.dedup();
        Ok(keys)
    }

    /// Removes the session and the backoff that are stored under this key, unless a process logs in for it.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a file cannot be removed.
    pub fn remove(&self, key: &StoreKey) -> Result<Removed, FileError> {
        // Without a folder there is nothing to remove, and no lock file to create.
        if self.0.folder.names()?.is_empty() {
            return Ok(Removed::Nothing);
        }
        let _lease = match self.attempt(key, 0)? {
            Attempt::Taken(lease) => Some(lease),
            Attempt::Held(_) => return Ok(Removed::LoginUnderWay),
            Attempt::NoLocks(_) => None,
        };
        self.0.folder.remove(&backoff_file(key))?;
        let removed = self.0.folder.remove(&session_file(key))?;
        Ok(if removed { Removed::Session } else { Removed::Nothing })
    }

    /// Removes some of the sessions and backoffs that have ended. Each [`publish`](SessionStore::publish) does it, too; no
    /// session that is valid is lost. What cannot be removed stays.
    pub fn remove_ended(&self) {
        sweep::some(&self.0.folder, &self.0.leases, &*self.0.clock);
    }

    /// Ends the backoff that is stored under this key, so that the next login is tried at once.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be removed.
    pub fn end_backoff(&self, key: &StoreKey) -> Result<(), FileError> {
        self.0.folder.remove(&backoff_file(key)).map(drop)
    }

    fn take_now(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let mut trouble = None;
        if let Some(taken) = self.find(key, ask, &mut trouble) {
            return Ok(taken);
        }
        let lease = match self.attempt(key, ask.lease_id())? {
            Attempt::Taken(lease) => lease,
            Attempt::Held(left) => return Ok(Taken::Held { left }),
            Attempt::NoLocks(error) => return Ok(Taken::Lease(self.lease_without_lock(ask, error))),
        };
        // Another process may have logged in meanwhile.
        trouble = None;
        if let Some(taken) = self.find(key, ask, &mut trouble) {
            return Ok(taken);
        }
        let taken_at = self.0.clock.now().store_time();
        let lease = Lease::new(ask.lease_id(), taken_at, lease::DURATION).with_guard(lease);
        Ok(Taken::Lease(match trouble {
            Some(trouble) => lease.with_trouble(trouble.into()),
            None => lease,
        }))
    }

    /// Each process logs in for itself. It is reported once.
    fn lease_without_lock(&self, ask: &Ask, error: FileError) -> Lease {
        let lease = Lease::new(ask.lease_id(), self.0.clock.now().store_time(), Duration::MAX);
        if self.0.reported_no_locks.swap(true, Ordering::Relaxed) {
            return lease;
        }
        lease.with_trouble(error.into())
    }

    /// The session or the backoff that answers the question. What cannot be read counts as absent, and is reported.
    fn find(&self, key: &StoreKey, ask: &Ask, trouble: &mut Option<FileError>) -> Option<Taken> {
        let now = self.0.clock.now();
        let session = self.session(key, &now).unwrap_or_else(|error| {
            *trouble = Some(error);
            None
        });
        if let Some((record, left)) = session.filter(|(record, left)| ask.accepts(record.id(), *left)) {
            return Some(Taken::Session { record, left });
        }
        let backoff = self.backoff(key, &now).unwrap_or_else(|error| {
            trouble.get_or_insert(error);
            None
        });
        backoff.map(|(failure, left)| Taken::Backoff { failure, left })
    }

    fn session(&self, key: &StoreKey, now: &Timestamp) -> Result<Option<(Record, Duration)>, FileError> {
        let name = session_file(key);
        let Some(text) = self.0.folder.read(&name)? else { return Ok(None) };
        entry::read_session(key, now, &text).map_err(|Invalid| self.invalid(&name))
    }

    fn backoff(
        &self,
        key: &StoreKey,
        now: &Timestamp,
    ) -> Result<Option<(StoredFailure, Duration)>, FileError> {
        let name = backoff_file(key);
        let Some(text) = self.0.folder.read(&name)? else { return Ok(None) };
        entry::read_backoff(key, now, &text).map_err(|Invalid| self.invalid(&name))
    }

    fn invalid(&self, name: &str) -> FileError {
        FileError::Invalid { path: self.0.folder.path().join(name) }
    }

    fn attempt(&self, key: &StoreKey, id: u128) -> Result<Attempt, FileError> {
        self.0.leases.take(&self.0.folder, &*self.0.clock, key, id)
    }

    fn extend_now(&self, key: &StoreKey, lease: &Lease) -> bool {
        self.0.leases.find(key, lease.id()).is_some_and(|held| held.extend(&*self.0.clock))
    }

    /// Two processes that publish without a lease at the same time may leave the session that ends sooner.
    fn publish_now(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        let published = self.store(key, record, replaces);
        if let Some(lease) = lease {
            self.release_now(key, lease);
        }
        if matches!(published, Ok(Published::Stored)) {
            self.remove_ended();
        }
        Ok(published?)
    }

    fn store(
        &self,
        key: &StoreKey,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, FileError> {
        let now = self.0.clock.now();
        let published = match record.left_at(now.store_time()) {
            None => Published::Expired,
            Some(left) if self.keeps(key, &now, left, replaces) => Published::Kept,
            Some(_) => {
                self.0.folder.replace(&session_file(key), &entry::write_session(key, &now, record))?;
                Published::Stored
            }
        };
        self.0.folder.remove(&backoff_file(key))?;
        Ok(published)
    }

    /// Whether a stored session stays, rather than one that has `left`. One that cannot be read does not.
    fn keeps(&self, key: &StoreKey, now: &Timestamp, left: Duration, replaces: Option<SessionId>) -> bool {
        matches!(self.session(key, now), Ok(Some((stored, stored_left)))
            if stored_left > left && Some(stored.id()) != replaces)
    }

    fn fail_now(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        let Some(held) = self.0.leases.find(key, lease.id()) else { return Ok(()) };
        let now = self.0.clock.now();
        let stored = if held.extend(&*self.0.clock) {
            let text = entry::write_backoff(key, &now, failure, backoff);
            self.0.folder.replace(&backoff_file(key), &text)
        } else {
            Ok(())
        };
        held.end();
        Ok(stored?)
    }

    fn release_now(&self, key: &StoreKey, lease: &Lease) {
        if let Some(held) = self.0.leases.find(key, lease.id()) {
            held.end();
        }
    }
}

#[async_trait]
impl SessionStore for FileStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.take_now(key, ask)
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        Ok(self.extend_now(key, lease))
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.publish_now(key, lease, record, replaces)
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.fail_now(key, lease, failure, backoff)
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.release_now(key, lease);
        Ok(())
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        Ok(self.0.clock.now().store_time())
    }
}

impl blocking::SessionStore for FileStore {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.take_now(key, ask)
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        Ok(self.extend_now(key, lease))
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.publish_now(key, lease, record, replaces)
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.fail_now(key, lease, failure, backoff)
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.release_now(key, lease);
        Ok(())
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        Ok(self.0.clock.now().store_time())
    }
}

const SESSION: &str = ".session";
const BACKOFF: &str = ".backoff";

fn session_file(key: &StoreKey) -> String {
    format!("{}{SESSION}", key.as_hex())
}

fn backoff_file(key: &StoreKey) -> String {
    format!("{}{BACKOFF}", key.as_hex())
}
