//! Files that only their owner can read, and that are replaced as a whole: whoever looks, whenever a process is
//! killed, finds the old content or the new one.

mod lock;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

pub(crate) use self::lock::{lock, lock_within, unlock_for_good};

/// Writes the content beside the file, and then moves it there at once. The caller holds the lock, so that a file
/// beside is what a killed process has left.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    remove_half(path)?;
    let written = create_new(&beside)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may be a secret. Why it could not be written is what is told.
        let _ = remove(&beside);
    }
    written.map(|()| keep_name(path))
}

/// Takes a file away, and what a process that was killed has left beside it. Tells whether the file was there.
pub(crate) fn remove_all(path: &Path) -> io::Result<bool> {
    remove_half(path)?;
    remove(path)
}

/// Takes away what a process that was killed has left beside a file.
pub(crate) fn remove_half(path: &Path) -> io::Result<()> {
    remove(&beside(path)).map(drop)
}

fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sees to it that the new name outlives a loss of power, where the system can do that.
fn keep_name(path: &Path) {
    if cfg!(unix)
        && let Some(Ok(folder)) = path.parent().map(File::open)
    {
        let _ = folder.sync_all();
    }
}

/// Makes a file where nothing is yet.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    own(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Makes a folder, and those around it, for its owner alone. Those that are there stay as they are.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether anybody but its owner can read or change it.
#[cfg(unix)]
pub(crate) fn is_open_to_others(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the folder belongs to the user alone.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_: &File) -> bool {
    false
}

/// `name.json.new` for `name.json`: what is written there takes the place of the file when it is whole.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(unix)]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_for_its_owner_alone_and_takes_the_place_of_the_old() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("a/b");
        let path = folder.join("it.json");
        let _held = lock(&folder.join("it.lock")).unwrap();
        // What a killed process has left.
        fs::write(beside(&path), "half").unwrap();
        for content in ["one", "two"] {
            replace(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!is_open_to_others(&File::open(&path).unwrap()));
        }
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!beside(&path).exists());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_open_to_others(&File::open(&path).unwrap()));
    }
}
