//! `cargo xtask tidy`: rules of this repository that cargo, clippy, rustdoc and cargo-deny do not check.
//!
//! | rule | where |
//! |---|---|
//! | which crate may depend on which, and which kinds of crates the core must not reach | `tidy/layers.rs` |
//! | cited sections of the wire contract exist; no traces of one machine in a file | `tidy/texts.rs` |
//! | links in Markdown files lead somewhere; copies of documents equal the originals | `tidy/documents.rs` |
//! | each dependency has its reason in a document; no build scripts | `tidy/dependencies.rs` |
//! | which types of other crates the public items of a library show | `tidy/external_types.rs` |
//! | every crate uses the lints of the workspace | here |
//!
//! Each violation is one line: the place, what is wrong, what to do.

mod dependencies;
mod documents;
mod external_types;
mod layers;
mod texts;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::workspace::Workspace;
use texts::Sections;

/// Checks every rule and writes the violations. `false` if there is one.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let files = repository_files(&workspace.root)?;
    let mut violations = layers::check(workspace)?;
    let contract = std::fs::read_to_string(workspace.root.join("docs/wire-contract.md"))?;
    let sections = Sections::parse(&contract);
    for file in &files {
        violations.extend(texts::check(file, &sections));
    }
    violations.extend(documents::check(&files));
    let reasons = std::fs::read_to_string(workspace.root.join(dependencies::DOCUMENT))?;
    violations.extend(dependencies::check(workspace, &reasons));
    violations.extend(external_types::check(&files));
    for member in &workspace.members {
        let manifest = std::fs::read_to_string(workspace.root.join(&member.manifest))?;
        if !inherits_lints(&manifest) {
            let problem = "the lints of the workspace do not apply";
            violations.push(Violation::in_file(
                &member.manifest,
                problem,
                "add `[lints]`, `workspace = true`",
            ));
        }
    }
    violations.sort();
    for violation in &violations {
        writeln!(out, "{violation}")?;
    }
    let (files, crates) = (files.len(), workspace.members.len());
    match violations.len() {
        0 => writeln!(out, "tidy: {files} files and {crates} crates follow the rules")?,
        count => writeln!(out, "tidy: violations: {count}")?,
    }
    Ok(violations.is_empty())
}

fn inherits_lints(manifest: &str) -> bool {
    manifest.lines().skip_while(|line| *line != "[lints]").nth(1) == Some("workspace = true")
}

/// A violated rule. Violations are ordered by place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// Counted from 1; 0 for the whole file.
    line: usize,
    problem: String,
    remedy: String,
}

impl Violation {
    fn in_file(path: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::at(path, 0, problem, remedy)
    }

    fn at(path: &str, line: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, problem, remedy } = self;
        match line {
            0 => write!(f, "{path}: {problem}; {remedy}"),
            line => write!(f, "{path}:{line}: {problem}; {remedy}"),
        }
    }
}

/// A file by its path from the root, with `/` as separator.
#[derive(Debug)]
struct TextFile {
    path: String,
    text: String,
}

/// The files that git tracks, and those that it would track if they were added.
fn repository_files(root: &Path) -> Result<Vec<TextFile>, Failure> {
    let mut command = Command::new("git");
    command.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root);
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let mut files = Vec::new();
    for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
        // A file that was deleted, but not from the index, is listed too.
        if root.join(path).is_file() {
            let bytes = std::fs::read(root.join(path))?;
            files
                .push(TextFile { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
