//! Sessions on disk, so that the next command needs no login. What is kept is the session, never the token.
//!
//! It is a cache: whatever is wrong with it costs a login and a warning, and fails nothing. Each session has a
//! file, which is replaced as a whole, so that it can be read at any moment; and a lock beside it, under which one
//! process logs in while the others wait.

mod record;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub(crate) use self::record::Record;

use crate::environment::Environment;
use crate::{folders, private_file};

/// How many bytes of a file are looked at. A session has a few hundred.
const MOST_BYTES: u64 = 1 << 20;

/// Where one session is kept.
pub(crate) struct SessionCache {
    folder: PathBuf,
    name: String,
}

/// The right to log in and to write, until it is dropped. A process that is killed loses it.
pub(crate) struct Lock<'a> {
    cache: &'a SessionCache,
    _held: File,
}

impl SessionCache {
    /// The place of the session with this key. Two keys never share a place.
    pub(crate) fn of(environment: Environment, key: &str) -> Result<Self, Trouble> {
        let folder = folders::caches(environment).ok_or(Trouble::NoFolder)?;
        Ok(Self { folder, name: hex::encode(Sha256::digest(key)) })
    }

    /// The session that is kept, if any.
    pub(crate) fn read(&self) -> Result<Option<Record>, Trouble> {
        let path = self.path("json");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Trouble::Unreadable { path, error }),
        };
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
        let path = self.path("lock");
        match private_file::lock(&path) {
            Ok(held) => Ok(Lock { cache: self, _held: held }),
            Err(error) => Err(Trouble::Unwritable { path, error }),
        }
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }
}

impl Lock<'_> {
    /// Keeps a session in the place of the one before it.
    pub(crate) fn write(&self, record: &Record) -> Result<(), Trouble> {
        let path = self.cache.path("json");
        private_file::replace(&path, &record.to_bytes()).map_err(|error| Trouble::Unwritable { path, error })
    }
}

/// What is wrong with the cache. No secret is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("there is no place for the session cache: set HOME or KALTURA_CACHE_DIR")]
    NoFolder,
    #[error("the session cache {} can not be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("the session cache {} can not be written: {error}", path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    #[error("the session cache {} is not of this version, or broken; it is replaced", path.display())]
    Foreign { path: PathBuf },
    #[error("others can read the session cache {}; it is not used, and replaced", path.display())]
    OthersCanRead { path: PathBuf },
}
