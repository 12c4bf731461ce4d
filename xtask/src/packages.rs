//! `cargo xtask packages`: packs each crate as for publication. A warning is a failure.
//!
//! The crates are not built from the packages: `cargo package --workspace` does that, and takes minutes.

use std::io::Write;
use std::process::Command;

use crate::Failure;
use crate::workspace::Workspace;

/// Packs all crates. `false` if one cannot be packed, with a warning or lacks a file.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let mut problems = Vec::new();
    for member in workspace.members.iter().filter(|member| member.published) {
        let files = cargo(workspace, &["package", "--list", "--allow-dirty", "--package", &member.name])?;
        if !files.success {
            return Err(files.errors.into());
        }
        problems.extend(missing(&files.output).map(|file| format!("{}: no {file}", member.name)));
    }
    // Changes that are not committed are packed as well: this checks what the next commit will have.
    let package = cargo(workspace, &["package", "--workspace", "--no-verify", "--locked", "--allow-dirty"])?;
    if !package.success {
        problems.push(package.errors.clone());
    }
    problems.extend(warnings(&package.errors).map(str::to_owned));
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(out, "packages: {} crates are packed without a warning", workspace.members.len())?;
    }
    Ok(problems.is_empty())
}

/// The files that a published package needs, and this one has not.
fn missing(list: &str) -> impl Iterator<Item = &'static str> {
    let files: Vec<&str> = list.lines().collect();
    ["README.md", "LICENSE-MIT", "LICENSE-APACHE"].into_iter().filter(move |file| !files.contains(file))
}

fn warnings(errors: &str) -> impl Iterator<Item = &str> {
    errors.lines().filter(|line| line.starts_with("warning"))
}

struct Finished {
    success: bool,
    output: String,
    errors: String,
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<Finished, Failure> {
    let output = Command::new("cargo").args(arguments).current_dir(&workspace.root).output()?;
    Ok(Finished {
        success: output.status.success(),
        output: String::from_utf8(output.stdout)?,
        errors: String::from_utf8(output.stderr)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_files_and_warnings_are_found() {
        assert_eq!(missing("LICENSE-MIT\nREADME.md\nsrc/lib.rs\n").collect::<Vec<_>>(), ["LICENSE-APACHE"]);
        let errors = "   Packaging a v0.1.0\nwarning: manifest has no description\n  |\n";
        assert_eq!(warnings(errors).collect::<Vec<_>>(), ["warning: manifest has no description"]);
    }
}
