//! `cargo xtask audit`: what is checked before a release with tools that are built from source, and so not in CI.
//!
//! | check | tool |
//! |---|---|
//! | licences, origins and bans of the dependencies: `deny.toml` | `cargo-deny` |
//! | no change of the public items that a caller notices since the last tag | `cargo-semver-checks` |
//! | tests that fail if the code is changed: `docs/mutants.md` | `cargo-mutants` |
//! | the oldest versions that the manifests allow | a nightly cargo |
//!
//! A tool that is missing is built into the build directory. A check that cannot be made says why, and counts as passed:
//! without a tag there is nothing to compare with, and without a nightly no oldest versions.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

use crate::Failure;
use crate::command::Command;
use crate::workspace::Workspace;

/// A tool that cargo builds, by its version.
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const SEMVER_CHECKS: (&str, &str) = ("cargo-semver-checks", "0.51.0");
const MUTANTS: (&str, &str) = ("cargo-mutants", "27.1.0");

/// Source files, and the tests that hold their rules. The whole workspace would take days.
struct Mutated {
    name: &'static str,
    files: &'static str,
    /// The packages whose unit tests are run.
    packages: &'static str,
    /// Their integration tests that are run, too.
    tests: &'static str,
}

const MUTATED: [Mutated; 7] = [
    Mutated {
        name: "ks",
        files: "crates/kaltura-ks/src/*.rs",
        packages: "kaltura-ks,kaltura-tests",
        tests: "properties ks_vectors",
    },
    Mutated {
        name: "login",
        files: "crates/kaltura-auth/src/token_hash.rs crates/kaltura-auth/src/login/flow.rs",
        packages: "kaltura-auth,kaltura-tests",
        tests: "flow login token_hash_vectors",
    },
    Mutated {
        name: "manager",
        files: "crates/kaltura-auth/src/manager/state.rs crates/kaltura-auth/src/manager/backoff.rs",
        packages: "kaltura-auth,kaltura-tests",
        tests: "manager_state session_manager",
    },
    // The unit tests of one hold the decisions, those of the other are the conformance suite. Tests of many processes
    // would take ten times as long.
    Mutated {
        name: "sharing",
        files: "crates/kaltura-auth/src/store/sharing.rs crates/kaltura-auth/src/store/memory.rs \
                crates/kaltura-auth/src/store/record.rs",
        packages: "kaltura-auth,kaltura-testing",
        tests: "",
    },
    Mutated {
        name: "redaction",
        files: "crates/kaltura-types/src/redact.rs crates/kaltura-types/src/redact/*.rs",
        packages: "kaltura-types,kaltura-tests",
        tests: "any_input secret_redaction",
    },
    Mutated {
        name: "file-store",
        files: "crates/kaltura-store/src/file.rs crates/kaltura-store/src/file/*.rs",
        packages: "kaltura-store",
        tests: "",
    },
    Mutated {
        name: "redis-store",
        files: "crates/kaltura-store/src/redis/*.rs",
        packages: "kaltura-store",
        tests: "redis",
    },
];

/// Makes every check. `false` if one failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let tools = Tools { root: &workspace.root, directory: workspace.target.join("tools") };
    let mut success =
        tools.run(out, DENY, "deny --all-features check --hide-inclusion-graph bans licenses sources")?;
    match last_tag(&workspace.root)? {
        Some(tag) => {
            let arguments = format!("semver-checks --workspace --baseline-rev {tag}");
            success &= tools.run(out, SEMVER_CHECKS, &arguments)?;
        }
        None => writeln!(out, "compatibility: there is no tag to compare with")?,
    }
    success &= oldest_versions(workspace, out)?;
    std::fs::create_dir_all(workspace.target.join("mutants"))?;
    for mutated in &MUTATED {
        // The tool's own run without a change has only the tests of the changed package.
        let baseline = Command::parse(&mutated.baseline());
        if announce(out, &baseline)?.run(&workspace.root)? {
            success &= tools.run(out, MUTANTS, &mutated.arguments(&workspace.target))?;
        } else {
            success = false;
        }
    }
    Ok(success)
}

impl Mutated {
    /// The tests without a change: a test that fails anyway would notice each mutant.
    fn baseline(&self) -> String {
        let packages = self.packages.replace(',', " --package ");
        format!("cargo test --all-features --package {packages} --lib{}", each("--test", self.tests))
    }

    /// The arguments of the tool. Its report is in the build directory.
    fn arguments(&self, target: &Path) -> String {
        format!(
            "mutants --all-features --baseline skip --timeout 600 --output {}{} --test-package {} -- --lib{}",
            target.join("mutants").join(self.name).display(),
            each("--file", self.files),
            self.packages,
            each("--test", self.tests),
        )
    }
}

fn each(option: &str, values: &str) -> String {
    values.split_whitespace().map(|value| format!(" {option} {value}")).collect()
}

struct Tools<'a> {
    root: &'a Path,
    /// Where missing tools are installed.
    directory: PathBuf,
}

impl Tools<'_> {
    /// Runs a tool; builds it first where it is not installed.
    fn run(
        &self,
        out: &mut dyn Write,
        (name, version): (&str, &str),
        arguments: &str,
    ) -> Result<bool, Failure> {
        // As cargo starts it: some tools do not run without the name of the command.
        let command = name.trim_start_matches("cargo-");
        let is_installed = |program: &str| Command::new(&[program, command, "--version"]).succeeds(self.root);
        let program = if is_installed(name) {
            name.to_owned()
        } else {
            let program = self.directory.join("bin").join(name).display().to_string();
            if !is_installed(&program) {
                let directory = self.directory.display().to_string();
                let install =
                    ["cargo", "install", "--locked", "--version", version, "--root", &directory, name];
                if !announce(out, &Command::new(&install))?.run(self.root)? {
                    return Ok(false);
                }
            }
            program
        };
        let words: Vec<&str> = std::iter::once(program.as_str()).chain(arguments.split(' ')).collect();
        announce(out, &Command::new(&words))?.run(self.root)
    }
}

/// Prints a command before it is run.
fn announce<'a>(out: &mut dyn Write, command: &'a Command) -> Result<&'a Command, Failure> {
    writeln!(out, "$ {command}")?;
    out.flush()?;
    Ok(command)
}

/// The newest tag that leads to this commit.
fn last_tag(root: &Path) -> Result<Option<String>, Failure> {
    let output =
        process::Command::new("git").args(["describe", "--tags", "--abbrev=0"]).current_dir(root).output()?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()))
}

/// Builds with the oldest versions that the manifests allow, in a copy of the files that git knows.
fn oldest_versions(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    if !Command::parse("cargo +nightly --version").succeeds(&workspace.root) {
        writeln!(out, "oldest versions: there is no nightly cargo")?;
        return Ok(true);
    }
    let copy = tempfile::tempdir()?;
    let directory = copy.path().display().to_string();
    let steps = [
        (workspace.root.as_path(), format!("git clone --quiet . {directory}")),
        (copy.path(), "cargo +nightly update -Z direct-minimal-versions".to_owned()),
        (copy.path(), "cargo check --workspace --all-features --locked".to_owned()),
        // The TLS of the system takes the place of rustls in the one above.
        (copy.path(), "cargo check --workspace --locked".to_owned()),
    ];
    for (place, line) in steps {
        if !announce(out, &Command::parse(&line))?.run(place)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mutated_file_and_each_of_its_tests_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for mutated in &MUTATED {
            for file in mutated.files.split_whitespace() {
                let path = root.join(file);
                let found =
                    if file.ends_with("*.rs") { path.parent().unwrap().is_dir() } else { path.is_file() };
                assert!(found, "{file}");
            }
            for test in mutated.tests.split_whitespace() {
                let places = mutated.packages.split(',').flat_map(|package| match package {
                    "kaltura-tests" => [format!("tests/{test}.rs"), format!("tests/{test}/main.rs")],
                    _ => [
                        format!("crates/{package}/tests/{test}.rs"),
                        format!("crates/{package}/tests/{test}/main.rs"),
                    ],
                });
                assert!(places.into_iter().any(|place| root.join(place).is_file()), "{test}");
            }
        }
    }
}
