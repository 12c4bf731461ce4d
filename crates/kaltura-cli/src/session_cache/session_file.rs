//! The file of one session, and the lock beside it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaltura_types::UnixTime;
use zeroize::Zeroizing;

use super::{LoginWay, Record, Trouble, sweep};
use crate::error::Failure;
use crate::files;
use crate::files::Stranger;
use crate::output::Ui;

/// How many bytes of a file are looked at. A session has a few hundred.
const MOST_BYTES: u64 = 1 << 20;

/// For how long a login that failed may be told to somebody who has waited for it, and has not looked yet.
const NEWS: Duration = Duration::from_secs(60);

/// Where one session is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionFile {
    path: PathBuf,
}

/// The right to log in and to write, until it is dropped. A process that is killed loses it.
pub(crate) struct Lock<'a> {
    file: &'a SessionFile,
    held: File,
    /// What was told of a failed login when the waiting began.
    told_before: Option<Zeroizing<Vec<u8>>>,
}

impl SessionFile {
    /// The file of this name in the folder of a token. What ends otherwise than `name` stands beside it.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(format!("{name}.json")) }
    }

    /// The session that is kept, if any.
    pub(crate) fn read(&self) -> Result<Option<Record>, Trouble> {
        let Some(bytes) = own_bytes(&self.path)? else { return Ok(None) };
        let path = self.path.clone();
        Record::from_bytes(&bytes).map(Some).ok_or(Trouble::Foreign { path })
    }

    /// Waits until no other process logs in for this session.
    pub(crate) fn lock(&self, ui: &Ui) -> Result<Lock<'_>, Trouble> {
        self.lock_within(ui, Duration::MAX)
    }

    /// The same, but not for longer than this.
    pub(super) fn lock_within(&self, ui: &Ui, patience: Duration) -> Result<Lock<'_>, Trouble> {
        let path = self.lock_path();
        let told_before = self.told();
        match files::lock_within(ui, &path, patience) {
            Ok(held) => Ok(Lock { file: self, held, told_before }),
            Err(error) => Err(Trouble::Unwritable { path, error }),
        }
    }

    fn lock_path(&self) -> PathBuf {
        self.path.with_extension("lock")
    }

    /// Removes its files if nobody has a use for them any more.
    pub(super) fn clear_if_over(&self, ui: &Ui, now: UnixTime) {
        // Whoever holds the lock logs in.
        if self.is_over(now)
            && let Ok(lock) = self.lock_within(ui, Duration::ZERO)
            && self.is_over(now)
        {
            let _ = lock.remove();
        }
    }

    /// Whether it has ended, or never was one. What is broken is left to who wants it: it is told.
    fn is_over(&self, now: UnixTime) -> bool {
        let told = fs::metadata(self.failed()).and_then(|about| about.modified());
        // Those who wait for the one that failed shall find it.
        let is_news = told.is_ok_and(|told| told.elapsed().is_ok_and(|since| since < NEWS));
        !is_news
            && self.read().is_ok_and(|record| record.is_none_or(|record| record.life_left(now).is_zero()))
    }

    /// Where it is told that a login failed.
    fn failed(&self) -> PathBuf {
        self.path.with_extension("failed")
    }

    /// What is told of a login that failed. Whoever can not read it logs in.
    fn told(&self) -> Option<Zeroizing<Vec<u8>>> {
        own_bytes(&self.failed()).ok().flatten()
    }
}

/// What stands in a file that is for its owner alone; nothing if there is none.
fn own_bytes(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
    let path = path.to_owned();
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Trouble::Unreadable { path, error }),
    };
    if let Some(owner) = Stranger::with_file(&file) {
        return Err(Trouble::FileOfStranger { path, owner });
    }
    if files::is_open_to_others(&file) {
        return Err(Trouble::OthersCanRead { path });
    }
    let mut bytes = Zeroizing::new(Vec::new());
    match file.take(MOST_BYTES).read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) => Err(Trouble::Unreadable { path, error }),
    }
}

impl Lock<'_> {
    /// Keeps a session in the place of the one before it.
    pub(crate) fn write(&self, ui: &Ui, record: &Record) -> Result<(), Trouble> {
        let path = self.file.path.clone();
        // What failed before is over. If it can not be removed, it is older than whoever waits from now on.
        let _ = files::remove_all(&self.file.failed());
        files::replace(&path, &record.to_bytes()).map_err(|error| Trouble::Unwritable { path, error })?;
        if let Some(folder) = self.file.path.parent() {
            sweep::around(ui, folder);
        }
        Ok(())
    }

    /// Why a login in this way failed while this lock was waited for. Another one would do no better.
    pub(crate) fn failed_meanwhile(&self, way: &LoginWay) -> Option<Failure> {
        let told = self.file.told().filter(|told| Some(told) != self.told_before.as_ref())?;
        way.read(&told)
    }

    /// Tells those who wait that a login failed. If that can not be done, they try it themselves.
    pub(crate) fn tell(&self, failure: &Failure, way: &LoginWay) {
        if let Some(text) = way.written(failure) {
            let _ = files::replace(&self.file.failed(), &text);
        }
    }

    /// Removes the session, what a killed process has left of another, and the lock. Says whether there was one.
    pub(super) fn remove(self) -> Result<bool, Trouble> {
        let path = self.file.path.clone();
        let told = files::remove_all(&self.file.failed());
        let was_there = files::remove_all(&path).and_then(|was_there| told.map(|_| was_there));
        let was_there = was_there.map_err(|error| Trouble::Unwritable { path, error })?;
        files::unlock_for_good(self.held, &self.file.lock_path());
        Ok(was_there)
    }
}
