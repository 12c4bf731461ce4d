//! A folder of the user's own, and the files in it that only the user can read.
//!
//! A file is replaced as a whole, so that a reader gets the old content or the new one, whenever a process is killed.
//! Nothing is opened that could block: no FIFO, no device; and nothing that another user may have put there.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::FileError;

/// A record has a KS of a few hundred bytes and a few settings; privileges may be longer.
const MAX_SIZE: u64 = 1 << 20;

/// What the name of a file begins with that is not yet complete.
const UNFINISHED: &str = ".new-";

/// A folder whose files only the user reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PrivateFolder {
    path: PathBuf,
}

impl PrivateFolder {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file. Nothing if there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        if !self.check()? {
            return Ok(None);
        }
        let path = self.path.join(name);
        let file = match open(OpenOptions::new().read(true), &path) {
            Ok(file) => file,
            Err(FileError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut content = Vec::new();
        let read = file.take(MAX_SIZE + 1).read_to_end(&mut content);
        read.map_err(|error| FileError::io("read", &path, error))?;
        if content.len() as u64 > MAX_SIZE {
            return Err(FileError::Invalid { path });
        }
        Ok(Some(content))
    }

    /// Opens a file to lock it and to write into it. It is created if it is not there, with the folder.
    pub(super) fn open_for_lock(&self, name: &str) -> Result<File, FileError> {
        self.create()?;
        let mut options = OpenOptions::new();
        open(options.read(true).write(true).create(true).truncate(false), &self.path.join(name))
    }

    /// Puts a file in the place of the one of that name. The folder is created if it is not there.
    ///
    /// It is not forced to the disk: after a loss of power the file may be the old one or empty, which costs a login.
    pub(super) fn replace(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        self.create()?;
        let path = self.path.join(name);
        let failed = |error| FileError::io("write", &path, error);
        let mut builder = tempfile::Builder::new();
        // Of mode 0600, like all files of this library.
        let mut file = builder.prefix(UNFINISHED).tempfile_in(&self.path).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Removes a file, whatever it is. Says whether there was one.
    pub(super) fn remove(&self, name: &str) -> Result<bool, FileError> {
        if !self.check()? {
            return Ok(false);
        }
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::io("remove", &path, error)),
        }
    }

    /// Removes a file that was last written longer ago than this by the clock of the file system.
    pub(super) fn remove_older_than(&self, name: &str, age: Duration) {
        let modified = fs::symlink_metadata(self.path.join(name)).and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|since| since > age)) {
            let _ = self.remove(name);
        }
    }

    /// The names of all files. None if there is no folder.
    pub(super) fn names(&self) -> Result<Vec<String>, FileError> {
        if !self.check()? {
            return Ok(Vec::new());
        }
        let failed = |error| FileError::io("read", &self.path, error);
        let entries = fs::read_dir(&self.path).map_err(failed)?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        Ok(names.collect::<io::Result<Vec<_>>>().map_err(failed)?.into_iter().flatten().collect())
    }

    /// Whether the folder is there. An error if another user can change what is in it.
    fn check(&self) -> Result<bool, FileError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_dir() => Err(FileError::NoFolder { path: self.path.clone() }),
            Ok(metadata) => owner::check_folder(&self.path, &metadata).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::io("read", &self.path, error)),
        }
    }

    fn create(&self) -> Result<(), FileError> {
        if self.check()? {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let created = builder.recursive(true).create(&self.path);
        created.map_err(|error| FileError::io("create", &self.path, error))?;
        // Another process may have been first.
        self.check().map(drop)
    }
}

/// Whether a file of this name was left by a process that was killed while it wrote.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED)
}

fn open(options: &mut OpenOptions, path: &Path) -> Result<File, FileError> {
    let file = owner::open(options, path)?;
    let metadata = file.metadata().map_err(|error| FileError::io("read", path, error))?;
    if !metadata.is_file() {
        return Err(FileError::NotRegular { path: path.to_owned() });
    }
    owner::check_file(path, &metadata)?;
    Ok(file)
}

#[cfg(unix)]
mod owner {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

    use rustix::fs::OFlags;
    use rustix::io::Errno;

    use super::*;

    /// A symbolic link is not followed, and a FIFO without a writer does not block.
    pub(super) fn open(options: &mut OpenOptions, path: &Path) -> Result<File, FileError> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        // The standard library adds O_CLOEXEC.
        #[expect(clippy::cast_possible_wrap, reason = "the flags of the system are of type int")]
        let opened = options.mode(0o600).custom_flags(flags.bits() as i32).open(path);
        opened.map_err(|error| match error.raw_os_error().map(Errno::from_raw_os_error) {
            // A symbolic link; a FIFO or socket that is opened to write; a folder.
            Some(Errno::LOOP | Errno::MLINK | Errno::NXIO | Errno::ISDIR) => {
                FileError::NotRegular { path: path.to_owned() }
            }
            _ => FileError::io("open", path, error),
        })
    }

    /// The superuser may own the folder, since no user is safe from it.
    pub(super) fn check_folder(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
        if metadata.uid() != me() && metadata.uid() != 0 {
            return Err(FileError::OtherOwner { path: path.to_owned(), owner: metadata.uid() });
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(FileError::WritableByOthers { path: path.to_owned() });
        }
        Ok(())
    }

    pub(super) fn check_file(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
        if metadata.uid() != me() {
            return Err(FileError::OtherOwner { path: path.to_owned(), owner: metadata.uid() });
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(FileError::OpenToOthers { path: path.to_owned() });
        }
        Ok(())
    }

    fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }
}

/// Elsewhere the folder must be one that the system keeps for the user alone, such as in the user's profile.
#[cfg(not(unix))]
mod owner {
    use super::*;

    pub(super) fn open(options: &mut OpenOptions, path: &Path) -> Result<File, FileError> {
        options.open(path).map_err(|error| FileError::io("open", path, error))
    }

    pub(super) fn check_folder(_: &Path, _: &Metadata) -> Result<(), FileError> {
        Ok(())
    }

    pub(super) fn check_file(_: &Path, _: &Metadata) -> Result<(), FileError> {
        Ok(())
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn folder() -> (tempfile::TempDir, PrivateFolder) {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("a/b");
        (around, PrivateFolder::new(path))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files_and_folder_are_of_the_user_alone_and_replaced_as_a_whole() {
        let (_around, folder) = folder();
        assert_eq!(folder.read("it").unwrap(), None);
        assert!(folder.names().unwrap().is_empty() && !folder.remove("it").unwrap());
        assert!(!folder.path().exists());
        for content in [&b"one"[..], b"two"] {
            folder.replace("it", content).unwrap();
            assert_eq!(folder.read("it").unwrap().as_deref(), Some(content));
        }
        folder.open_for_lock("lock").unwrap();
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!((mode(&folder.path().join("it")), mode(&folder.path().join("lock"))), (0o600, 0o600));
        let mut names = folder.names().unwrap();
        names.sort();
        assert_eq!(names, ["it", "lock"]);
        assert!(folder.remove("it").unwrap());
        assert_eq!(folder.read("it").unwrap(), None);
    }

    #[test]
    fn only_a_regular_file_that_others_cannot_read_is_opened_and_nothing_blocks() {
        let (_around, folder) = folder();
        folder.replace("real", b"x").unwrap();
        let path = |name| folder.path().join(name);
        symlink(path("real"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        mknodat(CWD, path("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        fs::create_dir(path("folder")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        for name in ["link", "dangling", "fifo", "folder", "socket"] {
            for error in [folder.read(name).map(drop), folder.open_for_lock(name).map(drop)] {
                let error = error.unwrap_err();
                assert!(
                    matches!(&error, FileError::NotRegular { path: it } if *it == path(name)),
                    "{error:?}"
                );
            }
        }
        assert!(!path("nowhere").exists());
        // A new file takes the place of all of them but the folder.
        for name in ["link", "dangling", "fifo", "socket"] {
            folder.replace(name, b"new").unwrap();
            assert_eq!(folder.read(name).unwrap().unwrap(), b"new");
        }
        assert!(matches!(folder.replace("folder", b""), Err(FileError::Io { .. })));
        assert_eq!(folder.read("real").unwrap().unwrap(), b"x");

        set_mode(&path("real"), 0o640);
        assert!(matches!(folder.read("real"), Err(FileError::OpenToOthers { .. })));
        let huge = vec![b'x'; MAX_SIZE as usize + 1];
        folder.replace("huge", &huge).unwrap();
        assert!(matches!(folder.read("huge"), Err(FileError::Invalid { .. })));
        folder.replace("huge", &huge[1..]).unwrap();
        assert_eq!(folder.read("huge").unwrap().unwrap().len() as u64, MAX_SIZE);
    }

    #[test]
    fn only_a_file_that_does_not_exist_is_absent() {
        let (_around, folder) = folder();
        folder.replace("it", b"x").unwrap();
        let too_long = "x".repeat(300);
        assert!(matches!(folder.read(&too_long), Err(FileError::Io { action: "open", .. })));
        fs::create_dir(folder.path().join("folder")).unwrap();
        assert!(matches!(folder.remove("folder"), Err(FileError::Io { action: "remove", .. })));
    }

    #[test]
    fn a_folder_in_which_others_can_write_is_not_used() {
        let (around, folder) = folder();
        folder.replace("it", b"x").unwrap();
        for mode in [0o770, 0o702] {
            set_mode(folder.path(), mode);
            assert!(matches!(folder.read("it"), Err(FileError::WritableByOthers { .. })));
            assert!(matches!(folder.replace("it", b""), Err(FileError::WritableByOthers { .. })));
        }
        set_mode(folder.path(), 0o755);
        assert!(folder.read("it").unwrap().is_some());
        let file = around.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(PrivateFolder::new(file).read("it"), Err(FileError::NoFolder { .. })));
    }

    #[test]
    fn what_belongs_to_another_user_is_not_used() {
        let (_around, folder) = folder();
        folder.replace("it", b"x").unwrap();
        // Only the superuser can give a file away.
        if !rustix::process::geteuid().is_root() {
            return;
        }
        std::os::unix::fs::chown(folder.path().join("it"), Some(12_345), None).unwrap();
        assert!(matches!(folder.read("it"), Err(FileError::OtherOwner { owner: 12_345, .. })));
        std::os::unix::fs::chown(folder.path(), Some(12_345), None).unwrap();
        assert!(matches!(folder.names(), Err(FileError::OtherOwner { owner: 12_345, .. })));
    }
}
