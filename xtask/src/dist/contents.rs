//! The files of the archives.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::{Compression, GzBuilder};

use crate::Failure;

/// What the archives are made of.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) command: Vec<u8>,
    /// By name, such as `kaltura-login.1`.
    pub(super) manual: Vec<(String, Vec<u8>)>,
    pub(super) completions: Completions,
    pub(super) licences: Vec<(String, Vec<u8>)>,
    pub(super) readme: Vec<u8>,
    pub(super) changelog: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Completions {
    pub(super) bash: Vec<u8>,
    pub(super) zsh: Vec<u8>,
    pub(super) fish: Vec<u8>,
}

/// A file of an archive.
#[derive(Debug)]
pub(super) struct PackedFile {
    /// Without `/` at the start.
    pub(super) path: String,
    pub(super) contents: Vec<u8>,
    pub(super) mode: u16,
}

impl PackedFile {
    fn new(path: impl Into<String>, contents: &[u8]) -> Self {
        Self { path: path.into(), contents: contents.to_vec(), mode: 0o644 }
    }

    fn executable(path: impl Into<String>, contents: &[u8]) -> Self {
        Self { mode: 0o755, ..Self::new(path, contents) }
    }
}

/// Which places a system has for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Debian,
    Rpm,
}

impl Contents {
    /// The command, and what it prints.
    pub(super) fn collect(root: &Path, command: &Path) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let out = directory.path().to_string_lossy().into_owned();
        run(command, &["man", "--out", &out])?;
        let completion =
            |shell| Ok::<_, Failure>(by_name(command, &run(command, &["completions", shell])?)?.into_bytes());
        Ok(Self {
            command: fs::read(command)?,
            manual: files(directory.path(), |_| true)?,
            completions: Completions {
                bash: completion("bash")?,
                zsh: completion("zsh")?,
                fish: completion("fish")?,
            },
            licences: files(root, |name| name.starts_with("LICENSE-"))?,
            readme: fs::read(root.join("README.md"))?,
            changelog: fs::read(root.join("CHANGELOG.md"))?,
        })
    }

    /// The files of an archive that is unpacked anywhere.
    pub(super) fn portable(&self, directory: &str) -> Vec<PackedFile> {
        let Completions { bash, zsh, fish } = &self.completions;
        let mut packed = vec![
            PackedFile::executable("kaltura", &self.command),
            PackedFile::new("README.md", &self.readme),
            PackedFile::new("CHANGELOG.md", &self.changelog),
            PackedFile::new("completions/kaltura.bash", bash),
            PackedFile::new("completions/_kaltura", zsh),
            PackedFile::new("completions/kaltura.fish", fish),
        ];
        packed.extend(self.licences.iter().map(|(name, text)| PackedFile::new(name, text)));
        packed
            .extend(self.manual.iter().map(|(name, page)| PackedFile::new(format!("man/man1/{name}"), page)));
        for file in &mut packed {
            file.path = format!("{directory}/{}", file.path);
        }
        packed
    }

    /// The files at their places in a system.
    pub(super) fn installed(&self, system: System) -> Result<Vec<PackedFile>, Failure> {
        let Completions { bash, zsh, fish } = &self.completions;
        let zsh_directory = match system {
            System::Debian => "vendor-completions",
            System::Rpm => "site-functions",
        };
        let mut packed = vec![
            PackedFile::executable("usr/bin/kaltura", &self.command),
            PackedFile::new("usr/share/bash-completion/completions/kaltura", bash),
            PackedFile::new(format!("usr/share/zsh/{zsh_directory}/_kaltura"), zsh),
            PackedFile::new("usr/share/fish/vendor_completions.d/kaltura.fish", fish),
        ];
        for (name, page) in &self.manual {
            packed.push(PackedFile::new(format!("usr/share/man/man1/{name}.gz"), &gzip(page)?));
        }
        match system {
            System::Debian => {
                let texts: Vec<_> = self.licences.iter().map(|(_, text)| &text[..]).collect();
                let copyright = texts.join(&b"\n---\n\n"[..]);
                packed.push(PackedFile::new("usr/share/doc/kaltura/copyright", &copyright));
                packed.push(PackedFile::new("usr/share/doc/kaltura/changelog.gz", &gzip(&self.changelog)?));
            }
            System::Rpm => {
                let licences = self.licences.iter();
                packed.extend(
                    licences.map(|(name, text)| {
                        PackedFile::new(format!("usr/share/licenses/kaltura/{name}"), text)
                    }),
                );
                packed.push(PackedFile::new("usr/share/doc/kaltura/CHANGELOG.md", &self.changelog));
            }
        }
        Ok(packed)
    }
}

/// Without a time, so that the same contents give the same bytes.
pub(super) fn gzip(contents: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(contents)?;
    Ok(encoder.finish()?)
}

/// The script calls the command that has printed it, by its path. Where it is installed, its name is enough.
fn by_name(command: &Path, script: &str) -> Result<String, Failure> {
    let path = format!("'{}'", command.display());
    if script.contains(&path) {
        return Ok(script.replace(&path, "kaltura"));
    }
    Err(format!("the completion script does not call {path}").into())
}

fn run(command: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(command).args(arguments).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("kaltura {} failed: {}\n{errors}", arguments.join(" "), output.status).into())
}

/// Files of a directory, in the order of their names.
fn files(directory: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if wanted(&name) {
            files.push((name, fs::read(entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Contents with a shell script as the command.
    pub(in super::super) fn contents() -> Contents {
        let text = |text: &str| text.as_bytes().to_vec();
        Contents {
            command: text("#!/bin/sh\necho kaltura 0.1.0\n"),
            manual: vec![("kaltura.1".to_owned(), text(".TH kaltura 1\n"))],
            completions: Completions { bash: text("bash\n"), zsh: text("zsh\n"), fish: text("fish\n") },
            licences: vec![
                ("LICENSE-MIT".to_owned(), text("MIT\n")),
                ("LICENSE-APACHE".to_owned(), text("A\n")),
            ],
            readme: text("# kaltura\n"),
            changelog: text("# Changelog\n"),
        }
    }

    #[test]
    fn only_the_command_is_executable() {
        for files in [contents().portable("kaltura-0.1.0"), contents().installed(System::Debian).unwrap()] {
            let executable: Vec<_> = files.iter().filter(|file| file.mode == 0o755).collect();
            assert_eq!(executable.len(), 1);
            assert!(executable[0].path.ends_with("/kaltura"));
        }
    }

    #[test]
    fn a_completion_calls_the_command_by_its_name() {
        let path = Path::new("/build/kaltura");
        assert_eq!(by_name(path, "x '/build/kaltura' y").unwrap(), "x kaltura y");
        assert!(by_name(path, "x kaltura y").is_err());
    }
}
