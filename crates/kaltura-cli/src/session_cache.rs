//! Sessions on disk, so that the next command needs no login. What is kept is the session, never the token.
//!
//! It is a cache: whatever is wrong with it costs a login and a warning, and fails nothing. Each token has a folder,
//! and in it each of its sessions a file, which is replaced as a whole, so that it can be read at any moment; and a
//! lock beside it, under which one process logs in while the others wait. If that fails, it fails for those too. What
//! has ended is cleared away by those who log in, its lock included.

mod failed_login;
mod forgotten;
mod record;
mod session_file;
mod sweep;
mod token_folder;

use std::io;
use std::path::PathBuf;

pub(crate) use self::failed_login::LoginWay;
pub(crate) use self::forgotten::Forgotten;
pub(crate) use self::record::Record;
pub(crate) use self::session_file::{Lock, SessionFile};
pub(crate) use self::token_folder::TokenFolder;
use crate::config::paths;
use crate::files::Stranger;

/// What is wrong with the cache. No secret is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("there is no place for the session cache: set HOME or KALTURA_CACHE_DIR")]
    NoFolder,
    #[error("the session can not be named: {0}")]
    NoName(serde_json::Error),
    #[error("the session cache {} can not be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("the session cache {} can not be written: {error}", path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    #[error("the session cache {} is not of this version, or broken; a login replaces it", path.display())]
    Foreign { path: PathBuf },
    #[error("others can read the session cache {}; it is not used, and a login replaces it", path.display())]
    OthersCanRead { path: PathBuf },
    #[error("the session cache {} belongs to {owner}; it is not used, and a login replaces it", path.display())]
    FileOfStranger { path: PathBuf, owner: Stranger },
    #[error(
        "the session cache {} is a place of {owner}; it is not used. {}",
        path.display(), owner.remedy(paths::CACHES_VARIABLE)
    )]
    FolderOfStranger { path: PathBuf, owner: Stranger },
}

impl Trouble {
    /// Whether it is but another process that is at work there.
    pub(crate) fn is_held(&self) -> bool {
        matches!(self, Self::Unwritable { error, .. } if error.kind() == io::ErrorKind::TimedOut)
    }
}
