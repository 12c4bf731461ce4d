//! The published clients, installed into the build folder.
//!
//! What is there already, at the wanted versions, is taken as it is, without asking anybody: after the first
//! time the checks need no network.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::command::Command;

/// Where the wanted versions are stated.
const PYTHON: &str = "tests/clients/python/requirements.txt";
const NODE: &str = "tests/clients/node/package.json";
/// In a folder that is ready: the statement that it was made from.
const READY: &str = "installed-from";

#[derive(Debug)]
pub(crate) struct Clients {
    python: PathBuf,
    node: PathBuf,
}

impl Clients {
    /// Installs into `folder` what is not there, and says so on `out`.
    pub(crate) fn install(root: &Path, folder: &Path, out: &mut dyn Write) -> Result<Self, Failure> {
        Self::install_python(root, folder, out)?;
        let clients = Self { python: folder.join("python"), node: folder.join("node") };
        fill(&clients.node, &root.join(NODE), &mut |wanted, place| {
            fs::create_dir_all(place)?;
            fs::copy(wanted, clients.node.join("package.json"))?;
            let quiet =
                ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
            run(root, out, &[&["npm", "install", "--prefix", place], &quiet[..]].concat())
        })?;
        Ok(clients)
    }

    /// Installs the one for Python alone. Gives the Python that knows it.
    pub(crate) fn install_python(
        root: &Path,
        folder: &Path,
        out: &mut dyn Write,
    ) -> Result<PathBuf, Failure> {
        let folder = folder.join("python");
        let python = python_in(&folder);
        fill(&folder, &root.join(PYTHON), &mut |wanted, place| {
            run(root, out, &["python3", "-m", "venv", place])?;
            let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
            run(root, out, &[&[text(&python)?], &install[..], &["--requirement", wanted]].concat())
        })?;
        Ok(python)
    }

    /// The Python that knows the client.
    pub(crate) fn python(&self) -> PathBuf {
        python_in(&self.python)
    }

    /// The folder in which Node.js finds the client.
    pub(crate) fn node_modules(&self) -> PathBuf {
        self.node.join("node_modules")
    }
}

fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

/// Makes a folder from the file that says what is wanted in it, unless it was made from the same before.
fn fill(
    folder: &Path,
    wanted: &Path,
    make: &mut dyn FnMut(&str, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let statement = fs::read_to_string(wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
    let ready = folder.join(READY);
    if fs::read_to_string(&ready).is_ok_and(|from| from == statement) {
        return Ok(());
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    make(text(wanted)?, text(folder)?)?;
    Ok(fs::write(ready, statement)?)
}

fn run(root: &Path, out: &mut dyn Write, words: &[&str]) -> Result<(), Failure> {
    let command = Command::new(words);
    writeln!(out, "$ {command}")?;
    if command.run(root)? { Ok(()) } else { Err(format!("`{command}` failed").into()) }
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is no text", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// Fills the folder from a statement. Gives whether it had to be made.
        fn fill(&self, statement: &str, fails: bool) -> Result<bool, Failure> {
            let (folder, wanted) = (self.0.path().join("folder"), self.0.path().join("wanted"));
            fs::write(&wanted, statement).unwrap();
            let mut made = false;
            fill(&folder, &wanted, &mut |_, place| {
                assert!(!folder.exists(), "what was there is removed first");
                made = true;
                fs::create_dir(place)?;
                if fails { Err("no network".into()) } else { Ok(()) }
            })?;
            Ok(made)
        }
    }

    #[test]
    fn what_is_there_is_not_installed_again() {
        let place = Place::new();
        assert!(place.fill("a==1", false).unwrap());
        assert!(!place.fill("a==1", false).unwrap());
    }

    #[test]
    fn other_versions_are_installed_anew() {
        let place = Place::new();
        assert!(place.fill("a==1", false).unwrap());
        assert!(place.fill("a==2", false).unwrap());
    }

    #[test]
    fn half_a_folder_is_not_taken_for_a_whole_one() {
        let place = Place::new();
        assert!(place.fill("a==1", true).is_err());
        assert!(place.fill("a==1", false).unwrap());
    }
}
