//! Files that are locked while something beside them is changed.
//!
//! Who no longer needs such a file may remove it while holding its lock, as the last thing done under it. So whoever
//! gets a lock sees whether the file is still the one of that name: if it is not, others lock another one by now.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::{make_folder, own};
use crate::output;

/// After how long a person is told what is waited for.
const SILENCE: Duration = Duration::from_secs(2);
/// How long to wait before a lock is tried again, until a person has been told, and from then on.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(100)];
/// How often a file is made anew whose folder is removed meanwhile.
const TRIES: usize = 10;

/// Opens a file beside others to lock it, and waits for the lock for as long as somebody else holds it. That has an
/// end: a process that ends, or is killed, loses its locks, and a signal ends the one that waits. No limit of time
/// would be right: a person may be asked meanwhile, by a command that prints the secret.
///
/// The lock is held until the file is dropped. An error is one of the file: it can not be made, or not be locked.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    lock_within(path, Duration::MAX)
}

/// The same, but not for longer than this.
pub(crate) fn lock_within(path: &Path, patience: Duration) -> io::Result<File> {
    let mut file = open(path)?;
    let mut waited = Duration::ZERO;
    let [mut pause, later] = PAUSES;
    loop {
        match file.try_lock() {
            Ok(()) if is_there(&file, path) => return Ok(file),
            Ok(()) => {
                file = open(path)?;
                continue;
            }
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another kaltura is at work there"));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if pause < later && waited >= SILENCE {
            output::note("waiting for another kaltura, which logs in or changes the same thing");
            pause = later;
        }
        thread::sleep(pause);
        waited += pause;
    }
}

/// Gives a lock back, and removes its file, where others would see that.
pub(crate) fn unlock_for_good(held: File, path: &Path) {
    if cfg!(unix) {
        let _ = fs::remove_file(path);
    }
    drop(held);
}

/// Opens the file, and makes it and its folder if need be.
fn open(path: &Path) -> io::Result<File> {
    let mut tries = 0;
    loop {
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        match own(OpenOptions::new().write(true).create(true).truncate(false)).open(path) {
            // Another process has just removed the folder, which was empty.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => tries += 1,
            opened => return opened,
        }
    }
}

/// Whether this is the file of that name.
#[cfg(unix)]
fn is_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |about: fs::Metadata| (about.dev(), about.ino());
    match (file.metadata().map(place), fs::metadata(path).map(place)) {
        (Ok(held), Ok(named)) => held == named,
        (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Err(_), _) => true,
    }
}

/// Elsewhere nobody removes one.
#[cfg(not(unix))]
fn is_there(_: &File, _: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_for_as_long_as_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.lock");
        let held = lock(&path).unwrap();
        let error = lock_within(&path, 3 * PAUSES[0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let waiting = thread::spawn({
            let path = path.clone();
            move || lock(&path).map(drop)
        });
        thread::sleep(SILENCE + 3 * PAUSES[1]);
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn who_has_waited_for_a_file_that_is_gone_locks_the_one_that_is_there() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("folder");
        let path = folder.join("it.lock");
        let held = lock(&path).unwrap();
        let waiting = thread::spawn({
            let path = path.clone();
            move || lock(&path)
        });
        thread::sleep(5 * PAUSES[0]);
        unlock_for_good(held, &path);
        fs::remove_dir(&folder).unwrap_or_default();
        let got = waiting.join().unwrap().unwrap();
        assert!(is_there(&got, &path));
        assert!(lock_within(&path, Duration::ZERO).is_err());
    }
}
