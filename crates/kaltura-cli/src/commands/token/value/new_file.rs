//! A file that takes the value of an app token.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use kaltura_types::AppTokenValue;

use crate::error::{ExitCode, Failure};
use crate::files;
use crate::files::behind_links;
use crate::redaction::looks_like_a_secret;

/// A file that is being written. Unless it is finished, it is taken away again.
pub(in crate::commands::token) struct NewFile {
    file: File,
    /// Where it is, until it is finished.
    beginning: Option<PathBuf>,
    /// Where it goes, behind all links.
    target: PathBuf,
    /// What it is called.
    pub(super) path: PathBuf,
}

impl NewFile {
    /// Begins a file: at its place, where nothing may be yet; or beside it, to take its place when it is finished. Only
    /// a file is replaced, and a link stays one: what it leads to is replaced.
    pub(super) fn begin(path: &Path, takes_the_place: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::usage("--value-file takes the name of a file")
                .with_hint("To have the value on standard output, say --show-value."));
        }
        let shown = path.display().to_string();
        if looks_like_a_secret(&shown) && !path.exists() {
            let message = "what is given as the name of the file looks like a secret";
            return Err(Failure::usage(message).with_hint(
                "Give the name of a file: the server makes the token's value, which is written there.",
            ));
        }
        let target = if takes_the_place { behind_links(path) } else { path.to_owned() };
        let beginning = if takes_the_place { files::beside(&target) } else { path.to_owned() };
        if takes_the_place {
            refuse_what_is_no_file(&target, &shown)?;
            // What a process that was killed has left. If it can not go, the next step tells why.
            let _ = fs::remove_file(&beginning);
        }
        match files::create_new(&beginning) {
            Ok(file) => Ok(Self { file, beginning: Some(beginning), target, path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let message = format!("there is a file {shown} already");
                Err(Failure::usage(message).with_hint("Take another name, or say --force to replace it."))
            }
            Err(error) => {
                let message = format!("the file {shown} can not be made");
                Err(Failure::new(ExitCode::Local, message).caused_by(&error))
            }
        }
    }

    pub(super) fn finish(mut self, value: &AppTokenValue) -> io::Result<()> {
        self.file.write_all(value.expose().as_bytes())?;
        self.file.write_all(b"\n")?;
        self.file.sync_all()?;
        if let Some(beginning) = self.beginning.as_ref().filter(|beginning| **beginning != self.target) {
            fs::rename(beginning, &self.target)?;
        }
        self.beginning = None;
        Ok(())
    }
}

/// A device, a pipe or a folder is not replaced by a file.
fn refuse_what_is_no_file(target: &Path, shown: &str) -> Result<(), Failure> {
    match fs::symlink_metadata(target) {
        Ok(there) if !there.is_file() => {
            Err(Failure::usage(format!("{shown} is no file, and is not replaced"))
                .with_hint("Name a file. To have the value on standard output, say --show-value."))
        }
        // What can not be looked at can not be replaced either, which the next step tells.
        Ok(_) | Err(_) => Ok(()),
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(beginning) = &self.beginning {
            let _ = fs::remove_file(beginning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        drop(NewFile::begin(&path, false).unwrap());
        assert!(!path.exists());

        fs::write(&path, "old").unwrap();
        drop(NewFile::begin(&path, true).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let value = AppTokenValue::new("hush");
        NewFile::begin(&path, false).unwrap().finish(&value).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "hush\n");
        let refused = NewFile::begin(&path, false).err().unwrap();
        assert!(refused.to_string().contains("already"), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "hush\n");

        NewFile::begin(&path, true).unwrap().finish(&AppTokenValue::new("new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
