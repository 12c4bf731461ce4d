//! A file that says that a server listens.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Server;

/// A file that exists while a server listens, for scripts that wait for it. Dropping it removes the file.
#[derive(Debug)]
#[must_use = "dropping it removes the file"]
pub struct ReadyFile(PathBuf);

impl Server {
    /// Writes what a client must know ([`Access`](super::Access)) as JSON to this file, which only its owner can read.
    /// The file is complete when it exists. An earlier file of that name is replaced.
    ///
    /// # Errors
    ///
    /// The error of the file system.
    pub fn write_ready_file(&self, path: &Path) -> io::Result<ReadyFile> {
        let mut json = serde_json::to_string(&self.access())?;
        json.push('\n');
        let mut partial = path.to_owned();
        partial.as_mut_os_string().push(".partial");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        options.open(&partial)?.write_all(json.as_bytes())?;
        fs::rename(&partial, path)?;
        Ok(ReadyFile(path.to_owned()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = fs::remove_file(&self.0);
    }
}
