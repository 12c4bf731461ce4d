//! The file of one session, and the lock beside it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Record, Trouble};
use crate::private_file;
use crate::stranger::Stranger;

/// How many bytes of a file are looked at. A session has a few hundred.
const MOST_BYTES: u64 = 1 << 20;

/// Where one session is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionFile {
    path: PathBuf,
}

/// The right to log in and to write, until it is dropped. A process that is killed loses it.
pub(crate) struct Lock<'a> {
    file: &'a SessionFile,
    _held: File,
}

impl SessionFile {
    /// The file of this name in the folder of a token. What ends otherwise than `name` stands beside it.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(format!("{name}.json")) }
    }

    /// The session that is kept, if any.
    pub(crate) fn read(&self) -> Result<Option<Record>, Trouble> {
        let path = self.path.clone();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Trouble::Unreadable { path, error }),
        };
        if let Some(owner) = Stranger::with_file(&file) {
            return Err(Trouble::FileOfStranger { path, owner });
        }
        if private_file::is_open_to_others(&file) {
            return Err(Trouble::OthersCanRead { path });
        }
        let mut bytes = Zeroizing::new(Vec::new());
        match file.take(MOST_BYTES).read_to_end(&mut bytes) {
            Ok(_) => Record::from_bytes(&bytes).map(Some).ok_or(Trouble::Foreign { path }),
            Err(error) => Err(Trouble::Unreadable { path, error }),
        }
    }

    /// Waits until no other process logs in for this session.
    pub(crate) fn lock(&self) -> Result<Lock<'_>, Trouble> {
        let path = self.path.with_extension("lock");
        match private_file::lock(&path) {
            Ok(held) => Ok(Lock { file: self, _held: held }),
            Err(error) => Err(Trouble::Unwritable { path, error }),
        }
    }
}

impl Lock<'_> {
    /// Keeps a session in the place of the one before it.
    pub(crate) fn write(&self, record: &Record) -> Result<(), Trouble> {
        let path = self.file.path.clone();
        private_file::replace(&path, &record.to_bytes()).map_err(|error| Trouble::Unwritable { path, error })
    }

    /// Removes the session, and what a killed process has left of another. Says whether there was one.
    pub(crate) fn forget(&self) -> Result<bool, Trouble> {
        let path = self.file.path.clone();
        private_file::remove_all(&path).map_err(|error| Trouble::Unwritable { path, error })
    }
}
