//! Kaltura's published clients, installed into the build directory.
//!
//! An installation with the right versions is used as it is: after the first run no network is needed.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::command::Command;

/// The required versions.
const PYTHON: &str = "tests/clients/python/requirements.txt";
const NODE: &str = "tests/clients/node/package.json";

/// A file in a complete installation: a copy of the required versions.
const INSTALLED: &str = "installed-from";

#[derive(Debug)]
pub(crate) struct Clients {
    python: PathBuf,
    node_modules: PathBuf,
}

impl Clients {
    /// Installs what is missing into `directory`, and writes the commands to `out`.
    pub(crate) fn install(root: &Path, directory: &Path, out: &mut dyn Write) -> Result<Self, Failure> {
        let python = Self::install_python(root, directory, out)?;
        let node_modules = install_node(root, &root.join(NODE), &directory.join("node"), out)?;
        Ok(Self { python, node_modules })
    }

    /// Installs the client for Python only. Returns the path of the Python that can import it.
    pub(crate) fn install_python(
        root: &Path,
        directory: &Path,
        out: &mut dyn Write,
    ) -> Result<PathBuf, Failure> {
        let directory = directory.join("python");
        let python = directory.join("bin").join("python");
        install(&directory, &root.join(PYTHON), &mut |required, place| {
            run(root, out, &["python3", "-m", "venv", place])?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
            run(root, out, &[&[utf8(&python)?], &pip[..], &["--requirement", required]].concat())
        })?;
        Ok(python)
    }

    /// The Python that can import the client.
    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// The directory in which Node.js finds the client.
    pub(crate) fn node_modules(&self) -> &Path {
        &self.node_modules
    }
}

/// Installs the packages that a `package.json` requires. Returns the directory in which Node.js finds them.
pub(crate) fn install_node(
    root: &Path,
    required: &Path,
    directory: &Path,
    out: &mut dyn Write,
) -> Result<PathBuf, Failure> {
    install(directory, required, &mut |required, place| {
        fs::create_dir_all(place)?;
        fs::copy(required, directory.join("package.json"))?;
        let options =
            ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
        run(root, out, &[&["npm", "install", "--prefix", place], &options[..]].concat())
    })?;
    Ok(directory.join("node_modules"))
}

/// Creates a directory from the file of the required versions, unless it was created from the same versions before.
fn install(
    directory: &Path,
    required: &Path,
    create: &mut dyn FnMut(&str, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let versions =
        fs::read_to_string(required).map_err(|error| format!("{}: {error}", required.display()))?;
    let installed = directory.join(INSTALLED);
    if fs::read_to_string(&installed).is_ok_and(|from| from == versions) {
        return Ok(());
    }
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    create(utf8(required)?, utf8(directory)?)?;
    Ok(fs::write(installed, versions)?)
}

fn run(root: &Path, out: &mut dyn Write, words: &[&str]) -> Result<(), Failure> {
    let command = Command::new(words);
    writeln!(out, "$ {command}")?;
    if command.run(root)? { Ok(()) } else { Err(format!("`{command}` failed").into()) }
}

fn utf8(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Installation(tempfile::TempDir);

    impl Installation {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// Installs these versions. Returns whether the directory was created.
        fn install(&self, versions: &str, fails: bool) -> Result<bool, Failure> {
            let (directory, required) = (self.0.path().join("directory"), self.0.path().join("required"));
            fs::write(&required, versions).unwrap();
            let mut created = false;
            install(&directory, &required, &mut |_, place| {
                assert!(!directory.exists(), "the old directory is removed first");
                created = true;
                fs::create_dir(place)?;
                if fails { Err("no network".into()) } else { Ok(()) }
            })?;
            Ok(created)
        }
    }

    #[test]
    fn the_same_versions_are_not_installed_again() {
        let installation = Installation::new();
        assert!(installation.install("a==1", false).unwrap());
        assert!(!installation.install("a==1", false).unwrap());
        assert!(installation.install("a==2", false).unwrap());
    }

    #[test]
    fn an_incomplete_installation_is_replaced() {
        let installation = Installation::new();
        assert!(installation.install("a==1", true).is_err());
        assert!(installation.install("a==1", false).unwrap());
    }
}
