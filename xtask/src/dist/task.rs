//! Builds the command, and packs it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::contents::Contents;
use super::target::{Target, output};
use super::{checks, deb, rpm, sbom, tarball};
use crate::Failure;
use crate::command::Command;
use crate::emulator::executable;
use crate::workspace::Workspace;

/// Where the files are written, in the build directory.
const DIRECTORY: &str = "dist";

/// The package of the command.
const COMMAND: &str = "kaltura-cli";

/// How large the command may be.
const MAX_COMMAND_BYTES: usize = 12_000_000;

/// What is released.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) version: String,
    pub(super) description: String,
    pub(super) licence: String,
    pub(super) target: Target,
    /// The Unix time of all files.
    pub(super) time: u64,
}

impl Release {
    fn of(workspace: &Workspace) -> Result<Self, Failure> {
        let metadata =
            cargo_metadata::MetadataCommand::new().current_dir(&workspace.root).no_deps().exec()?;
        let command = metadata.packages.into_iter().find(|package| *package.name == COMMAND);
        let command = command.ok_or_else(|| format!("no package {COMMAND}"))?;
        let time = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(time) => time,
            Err(_) => output("git", &["log", "-1", "--format=%ct"])?,
        };
        Ok(Self {
            version: command.version.to_string(),
            description: command.description.unwrap_or_default(),
            licence: command.license.unwrap_or_default(),
            target: Target::select(&workspace.root)?,
            time: time.parse()?,
        })
    }

    fn tarball_directory(&self) -> String {
        format!("kaltura-{}-{}", self.version, self.target.triple)
    }
}

/// Builds the command, which shows the commit and its date with `--version`.
fn build_command(root: &Path, triple: &str) -> Result<PathBuf, Failure> {
    let git = ["git", "-c", "log.showSignature=false", "log", "-1", "--abbrev=10", "--format=%h %cs"];
    let mut commit = String::new();
    if !Command::new(&git).run_with_lines(root, &mut io::sink(), &mut |line| line.clone_into(&mut commit))? {
        return Err("git does not know the commit".into());
    }
    let build = [
        "cargo",
        "build",
        "--quiet",
        "--message-format=json-render-diagnostics",
        "--package",
        COMMAND,
        "--bin=kaltura",
        "--locked",
        "--profile=dist",
        "--target",
        triple,
    ];
    executable(root, &Command::new(&build).env("KALTURA_COMMIT", commit))
}

/// Writes all files and checks them. `false` if a check failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let release = Release::of(workspace)?;
    writeln!(out, "dist: kaltura {} for {}", release.version, release.target.triple)?;
    if let Some(advice) = release.target.advice() {
        writeln!(out, "dist: {advice}")?;
    }
    // The build of the command takes minutes.
    crate::wasm::check_tools(&workspace.root)?;
    let command = build_command(&workspace.root, release.target.triple)?;
    let contents = Contents::collect(&workspace.root, &command)?;
    let directory = workspace.target.join(DIRECTORY);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let mut files = files(workspace, &release, &contents)?;
    let npm = crate::wasm::build_package(workspace, out)?.tarball;
    let name = npm.file_name().ok_or("the npm package has no name")?.to_string_lossy().into_owned();
    files.push((name, fs::read(&npm)?));
    write_files(&directory, &files, out)?;

    let mut problems = checks::check(&directory, &release)?;
    if contents.command.len() > MAX_COMMAND_BYTES {
        problems.push(format!("the command is larger than {MAX_COMMAND_BYTES} bytes"));
    }
    writeln!(out, "the command alone: {} bytes", contents.command.len())?;
    for problem in &problems {
        writeln!(out, "failed: {problem}")?;
    }
    Ok(problems.is_empty())
}

/// The name and the contents of each file.
type Files = Vec<(String, Vec<u8>)>;

fn files(workspace: &Workspace, release: &Release, contents: &Contents) -> Result<Files, Failure> {
    let directory = release.tarball_directory();
    let tarball = tarball::pack(&contents.portable(&directory), "", release.time)?;
    Ok(vec![
        (format!("{directory}.tar.gz"), tarball),
        (deb::file_name(release), deb::pack(release, contents)?),
        (rpm::file_name(release), rpm::pack(release, contents)?),
        (sbom::file_name(release), sbom::create(&workspace.root, release)?),
    ])
}

/// Writes the files, and their checksums as `sha256sum` does.
fn write_files(directory: &Path, files: &Files, out: &mut dyn Write) -> Result<(), Failure> {
    let mut sums = String::new();
    for (name, contents) in files {
        fs::write(directory.join(name), contents)?;
        let sum = hex::encode(Sha256::digest(contents));
        sums.push_str(&format!("{sum}  {name}\n"));
        writeln!(out, "{}: {} bytes", directory.join(name).display(), contents.len())?;
    }
    Ok(fs::write(directory.join("SHA256SUMS"), sums)?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn release(glibc: Option<&str>) -> Release {
        let target = Target { triple: "x86_64-unknown-linux-gnu", glibc: glibc.map(str::to_owned) };
        let text = str::to_owned;
        Release {
            version: text("0.1.0"),
            description: text("The command"),
            licence: text("MIT"),
            target,
            time: 1_700_000_000,
        }
    }

    #[test]
    fn checksums_are_those_of_sha256sum() {
        let directory = tempfile::tempdir().unwrap();
        write_files(directory.path(), &vec![("a".to_owned(), b"abc".to_vec())], &mut Vec::new()).unwrap();
        let sums = fs::read_to_string(directory.path().join("SHA256SUMS")).unwrap();
        assert_eq!(sums, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n");
    }

    /// Packs a shell script as the command, unpacks all archives, and runs it.
    #[test]
    fn the_command_of_each_archive_runs() {
        let directory = tempfile::tempdir().unwrap();
        let workspace = Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (release, mut contents) = (release(Some("2.36")), super::super::contents::tests::contents());
        let write = |contents: &Contents| {
            let files = files(&workspace, &release, contents).unwrap();
            write_files(directory.path(), &files, &mut Vec::new()).unwrap();
            checks::check(directory.path(), &release).unwrap()
        };
        assert_eq!(write(&contents), [""; 0]);

        contents.command = b"#!/bin/sh\nexit 3\n".to_vec();
        let problems = write(&contents);
        assert!(problems.len() >= 2 && problems[0].contains("kaltura --version"), "{problems:?}");
    }
}
