//! Why files of the store cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use kaltura_auth::store::{StoreError, StoreErrorKind};

/// Why a file or the folder of the store cannot be used. It contains no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system refuses.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        #[source]
        error: io::Error,
    },
    /// The path of the folder is that of something else.
    #[error("{} is not a folder: remove it, or choose another folder", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
    },
    /// It belongs to another user.
    #[error("{} belongs to another user (number {owner}): use a folder of your own", path.display())]
    OtherOwner {
        /// The file or folder.
        path: PathBuf,
        /// The number of the user.
        owner: u32,
    },
    /// Others can write in the folder.
    #[error("other users can write in {}: run `chmod go-w` on it, or choose another folder", path.display())]
    WritableByOthers {
        /// The folder.
        path: PathBuf,
    },
    /// Others can read or write the file, so that its content is not secret, or not ours.
    #[error("other users can read or write {}; it is not used, and the next login replaces it", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// It is a symbolic link, a folder, a FIFO, a socket or a device.
    #[error("{} is not a regular file: remove it", path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// The content is broken, of a newer version, or of another key.
    #[error("{} is not a valid record of this version; the next login replaces it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
    },
    /// The file system has no locks, so that each process logs in alone. Sessions are still shared.
    #[error("the file system of {} has no locks: each process logs in by itself", path.display())]
    NoLocks {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        error: io::Error,
    },
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        let kind = match &error {
            FileError::Io { error, .. } => match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::Denied,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
                _ => StoreErrorKind::Unavailable,
            },
            FileError::NoFolder { .. }
            | FileError::OtherOwner { .. }
            | FileError::WritableByOthers { .. }
            | FileError::NotRegular { .. } => StoreErrorKind::Denied,
            FileError::OpenToOthers { .. } | FileError::Invalid { .. } => StoreErrorKind::Corrupt,
            FileError::NoLocks { .. } => StoreErrorKind::NoLocks,
        };
        let text = error.to_string();
        match error {
            FileError::Io { error, .. } | FileError::NoLocks { error, .. } => {
                Self::new(kind, text).with_source(error)
            }
            _ => Self::new(kind, text),
        }
    }
}

impl FileError {
    pub(super) fn io(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), error }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_error_of_the_system_decides_and_is_kept() {
        let path = || Path::new("/sessions/a").to_owned();
        let io = |kind: io::ErrorKind| FileError::io("open", &path(), kind.into());
        let no_locks = FileError::NoLocks { path: path(), error: io::ErrorKind::Unsupported.into() };
        for (error, kind, has_cause) in [
            (io(io::ErrorKind::PermissionDenied), StoreErrorKind::Denied, true),
            (io(io::ErrorKind::ReadOnlyFilesystem), StoreErrorKind::Denied, true),
            (io(io::ErrorKind::StorageFull), StoreErrorKind::Full, true),
            (io(io::ErrorKind::QuotaExceeded), StoreErrorKind::Full, true),
            (io(io::ErrorKind::Interrupted), StoreErrorKind::Unavailable, true),
            (no_locks, StoreErrorKind::NoLocks, true),
            (FileError::OtherOwner { path: path(), owner: 7 }, StoreErrorKind::Denied, false),
            (FileError::OpenToOthers { path: path() }, StoreErrorKind::Corrupt, false),
        ] {
            let text = error.to_string();
            let error = StoreError::from(error);
            assert_eq!((error.kind(), error.to_string()), (kind, text));
            assert_eq!(error.source().is_some(), has_cause, "{error}");
        }
    }
}
