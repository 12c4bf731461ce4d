//! Where the value of an app token goes: nowhere, unless it is asked for.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use kaltura_types::{AppToken, AppTokenId, AppTokenValue};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::private_file;

/// Where the value goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "The token's value")]
pub(super) struct ValueOptions {
    /// Print the token's value, which is its secret
    #[arg(long, conflicts_with = "value_file")]
    show_value: bool,

    /// Write the token's value into a new file that only you can read
    #[arg(long, value_name = "FILE")]
    value_file: Option<PathBuf>,

    /// Let --value-file take the place of a file that is there
    #[arg(long, requires = "value_file")]
    force: bool,
}

/// A place that is ready to take a value, so that nothing is made whose value could not be kept.
pub(super) enum ValuePlace {
    Nowhere,
    Output,
    File(NewFile),
}

/// Where a value is now.
pub(super) enum KeptValue {
    /// On the server alone.
    Hidden,
    /// To be printed.
    Shown(AppTokenValue),
    /// In this file.
    File(PathBuf),
}

impl ValueOptions {
    /// Makes the place ready.
    pub(super) fn place(&self) -> Result<ValuePlace, Failure> {
        match &self.value_file {
            Some(path) => NewFile::begin(path, self.force).map(ValuePlace::File),
            None if self.show_value => Ok(ValuePlace::Output),
            None => Ok(ValuePlace::Nowhere),
        }
    }
}

impl ValuePlace {
    /// Puts the value of a token there.
    pub(super) fn keep(self, token: &AppToken) -> Result<KeptValue, Failure> {
        match self {
            Self::Nowhere => Ok(KeptValue::Hidden),
            Self::Output => Ok(KeptValue::Shown(token.token.clone())),
            Self::File(file) => {
                let path = file.path.clone();
                match file.finish(&token.token) {
                    Ok(()) => Ok(KeptValue::File(path)),
                    Err(error) => Err(not_kept(&token.id, &path, &error)),
                }
            }
        }
    }
}

impl KeptValue {
    /// The value, if it is to be printed.
    pub(super) const fn shown(&self) -> Option<&AppTokenValue> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Hidden | Self::File(_) => None,
        }
    }

    /// The file with the value.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Hidden | Self::Shown(_) => None,
        }
    }
}

fn not_kept(token: &AppTokenId, path: &Path, error: &io::Error) -> Failure {
    let message = format!("the value of the app token {token} can not be written to {}", path.display());
    Failure::new(ExitCode::Local, message).caused_by(error).with_hint(format!(
        "The token is there, and the server keeps its value: `kaltura token get {token} --value-file FILE`."
    ))
}

/// A file that is being written. Unless it is finished, it is taken away again.
pub(super) struct NewFile {
    file: File,
    /// Where it is, until it is finished.
    beginning: Option<PathBuf>,
    /// Where it goes.
    path: PathBuf,
}

impl NewFile {
    /// Begins a file: at its place, where nothing may be yet; or beside it, to take its place when it is finished.
    fn begin(path: &Path, takes_the_place: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::usage("--value-file takes the name of a file")
                .with_hint("To have the value on standard output, say --show-value."));
        }
        let beginning = if takes_the_place { private_file::beside(path) } else { path.to_owned() };
        if takes_the_place {
            // What a process that was killed has left. If it can not go, the next step tells why.
            let _ = fs::remove_file(&beginning);
        }
        match private_file::create_new(&beginning) {
            Ok(file) => Ok(Self { file, beginning: Some(beginning), path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let message = format!("there is a file {} already", path.display());
                Err(Failure::usage(message).with_hint("Take another name, or say --force to replace it."))
            }
            Err(error) => {
                let message = format!("the file {} can not be made", path.display());
                Err(Failure::new(ExitCode::Local, message).caused_by(&error))
            }
        }
    }

    fn finish(mut self, value: &AppTokenValue) -> io::Result<()> {
        self.file.write_all(value.expose().as_bytes())?;
        self.file.write_all(b"\n")?;
        self.file.sync_all()?;
        if let Some(beginning) = self.beginning.as_ref().filter(|beginning| **beginning != self.path) {
            fs::rename(beginning, &self.path)?;
        }
        self.beginning = None;
        Ok(())
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
