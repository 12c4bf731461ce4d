//! The files of the repository: those that git tracks, and those that it would if they were added.

use std::path::Path;
use std::process::Command;

use crate::Failure;

#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) files: Vec<TextFile>,
}

/// A file by its path from the root, with `/` between the names.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Repository {
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let mut command = Command::new("git");
        command.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root);
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let mut files = Vec::new();
        for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
            // A file that was deleted, but not yet from the index, is listed.
            if root.join(path).is_file() {
                let bytes = std::fs::read(root.join(path))?;
                files.push(TextFile {
                    path: path.to_owned(),
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                });
            }
        }
        Ok(Self { files })
    }

    /// The text of a file that must be there.
    pub(crate) fn text(&self, path: &str) -> Result<&str, Failure> {
        let file = self.files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str()).ok_or_else(|| format!("the repository has no {path}").into())
    }
}
