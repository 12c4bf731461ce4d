//! Each archive is unpacked into an empty folder, and its command run there.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use tar::Archive;

use super::task::Release;
use super::{deb, rpm as rpm_package};
use crate::Failure;
use crate::command::Command as Check;

/// What is wrong with the files in a directory.
pub(super) fn check(directory: &Path, release: &Release) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    let mut run = |name: &str, unpack: &dyn Fn(&Path) -> Result<(), Failure>, command: &str| {
        let folder = tempfile::tempdir()?;
        if let Err(error) = unpack(folder.path()).and_then(|()| run_in(folder.path(), command, release)) {
            problems.push(format!("{name}: {error}"));
        }
        Ok::<_, Failure>(())
    };

    let tarball = format!("kaltura-{}-{}", release.version, release.target.triple);
    let (file, command) = (format!("{tarball}.tar.gz"), format!("{tarball}/kaltura"));
    let archive = directory.join(&file);
    run(&file, &|folder| Ok(Archive::new(GzDecoder::new(File::open(&archive)?)).unpack(folder)?), &command)?;

    let file = rpm_package::file_name(release);
    let archive = directory.join(&file);
    // `extract` creates its folder.
    let folder = |folder: &Path| Ok(rpm::Package::open(&archive)?.extract(folder.join("root"))?);
    run(&file, &folder, "root/usr/bin/kaltura")?;

    let file = deb::file_name(release);
    let archive = directory.join(&file);
    if Check::parse("dpkg-deb --version").succeeds(directory) {
        run(&file, &|folder| dpkg_deb(&archive, folder), "usr/bin/kaltura")?;
    }
    Ok(problems)
}

fn dpkg_deb(archive: &Path, folder: &Path) -> Result<(), Failure> {
    for (option, argument) in [("--info", None), ("--extract", Some(folder))] {
        let output = Command::new("dpkg-deb").arg(option).arg(archive).args(argument).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
    }
    Ok(())
}

/// Runs the command in an empty environment: its version, and a login with the emulator that it contains.
fn run_in(folder: &Path, command: &str, release: &Release) -> Result<(), Failure> {
    let home = folder.join("home");
    fs::create_dir(&home)?;
    for arguments in ["--version", "demo"] {
        let mut run = Command::new(folder.join(command));
        run.arg(arguments).env_clear().env("HOME", &home).current_dir(&home).stdin(Stdio::null());
        let output = run.output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let version = format!("kaltura {}", release.version);
        if !output.status.success() || (arguments == "--version" && !printed.starts_with(&version)) {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`kaltura {arguments}`: {}\n{printed}{errors}", output.status).into());
        }
    }
    Ok(())
}
