//! `cargo xtask tidy`: the rules of the house that the compiler does not know.
//!
//! Each broken rule is one line: the place, what is wrong, what to do.

mod citations;
mod dependencies;
mod finding;
mod layers;
mod manifests;
mod names;
mod reach;
mod repository;
mod rust_code;
mod rust_files;
mod toml_entries;
mod traces;
mod workspace;

#[cfg(test)]
mod bad_house;

use std::io::Write;
use std::path::Path;

use crate::Failure;
use citations::Sections;
use finding::Finding;
use repository::{Repository, TextFile};
pub(crate) use workspace::{Member, Workspace};

/// Checks every rule in the workspace that `place` belongs to, and writes what it finds. `false` if a rule
/// is broken.
pub(crate) fn run(place: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let workspace = Workspace::read(place)?;
    let repository = Repository::read(&workspace.root)?;
    let mut findings = check_repository(&repository)?;
    findings.extend(check_workspace(&workspace, &repository)?);
    findings.extend(reach::check(&workspace)?);
    findings.sort();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let (files, crates) = (repository.files.len(), workspace.members.len());
    match findings.len() {
        0 => writeln!(out, "tidy: {files} files and {crates} crates keep the rules")?,
        1 => writeln!(out, "tidy: 1 broken rule")?,
        many => writeln!(out, "tidy: {many} broken rules")?,
    }
    Ok(findings.is_empty())
}

/// The rules that look at files alone.
fn check_repository(repository: &Repository) -> Result<Vec<Finding>, Failure> {
    let sections = Sections::parse(repository.text("docs/wire-contract.md")?);
    Ok(repository.files.iter().flat_map(|file| check_file(file, &sections)).collect())
}

fn check_file(file: &TextFile, sections: &Sections) -> Vec<Finding> {
    let mut findings = names::check(&file.path);
    findings.extend(traces::check(file));
    findings.extend(citations::check(file, sections));
    findings.extend(rust_files::check(file));
    findings
}

/// The rules that look at the crates and how they are stated.
fn check_workspace(workspace: &Workspace, repository: &Repository) -> Result<Vec<Finding>, Failure> {
    let mut findings = manifests::check_msrv(repository.text("Cargo.toml")?, repository.text("clippy.toml")?);
    for member in &workspace.members {
        findings.extend(dependencies::check(member));
        findings.extend(manifests::check(&member.manifest, repository.text(&member.manifest)?));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the file rules say about a file, joined: the tests of each rule go through the whole list of
    /// rules, so that a rule taken off the list fails its test.
    pub(crate) fn said_of(path: &str, text: &str) -> String {
        let contract = Sections::parse("# Contract\n## 3. Types\n### 4.9 startSession\n");
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        let said: Vec<String> = check_file(&file, &contract).iter().map(ToString::to_string).collect();
        said.join("\n")
    }
}
