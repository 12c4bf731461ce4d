//! The counts of another commit, with the benchmarks of today.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::counts::{BenchProgram, Counts, Side, output_of};
use crate::Failure;
use crate::command::Command;
use crate::emulator::build_binary;
use crate::workspace::Workspace;

/// The last tag, if there is one.
pub(super) fn last_tag(root: &Path) -> Option<String> {
    let mut command = std::process::Command::new("git");
    command.args(["describe", "--tags", "--abbrev=0"]).current_dir(root);
    output_of(&mut command).ok().map(|tag| tag.trim().to_owned())
}

/// Checks the commit out beside the build directory, with the package of the benchmarks as it is today, and counts.
pub(super) fn counts(workspace: &Workspace, commit: &str, out: &mut dyn Write) -> Result<Counts, Failure> {
    let checkout = workspace.target.join("bench").join("against");
    let checkout_text = checkout.to_string_lossy();
    let git = |words: &[&str]| Command::new(&[&["git"], words].concat());
    if checkout.exists() {
        run(&git(&["worktree", "remove", "--force", &checkout_text]), workspace, out)?;
    }
    run(&git(&["worktree", "add", "--detach", &checkout_text, commit]), workspace, out)?;
    let counted = count_in(workspace, &checkout);
    run(&git(&["worktree", "remove", "--force", &checkout_text]), workspace, out)?;
    counted
}

fn count_in(workspace: &Workspace, checkout: &Path) -> Result<Counts, Failure> {
    let benches = checkout.join("benches");
    if benches.exists() {
        fs::remove_dir_all(&benches)?;
    }
    copy(&workspace.root.join("benches"), &benches)?;
    let manifest = checkout.join("Cargo.toml");
    fs::write(&manifest, with_benches(&fs::read_to_string(&manifest)?))?;
    let target = workspace.target.join("bench").join("against-target");
    let target_option = format!("--target-dir={}", target.display());
    let options = ["--release", "--features=run", &target_option];
    let path = build_binary(checkout, "kaltura-benches", &options)
        .map_err(|failure| format!("the benchmarks of today do not build with that commit: {failure}"))?;
    BenchProgram::open(path, &target)?.count_all(Side::Subject)
}

/// The manifest of the workspace, with the package of the benchmarks as a member.
fn with_benches(manifest: &str) -> String {
    if manifest.contains("\"benches\"") {
        return manifest.to_owned();
    }
    manifest.replacen("members = [", "members = [\"benches\", ", 1)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn run(command: &Command, workspace: &Workspace, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "$ {command}")?;
    if command.run(&workspace.root)? { Ok(()) } else { Err(format!("`{command}` failed").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_benchmarks_become_a_member() {
        let with = with_benches("[workspace]\nmembers = [\"crates/*\"]\n");
        assert_eq!(with, "[workspace]\nmembers = [\"benches\", \"crates/*\"]\n");
        assert_eq!(with_benches(&with), with);
    }

    #[test]
    fn folders_are_copied() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("src")).unwrap();
        fs::write(from.path().join("src/main.rs"), "fn main() {}").unwrap();
        copy(from.path(), &to.path().join("copy")).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("copy/src/main.rs")).unwrap(), "fn main() {}");
    }
}
