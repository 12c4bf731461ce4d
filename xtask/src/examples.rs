//! `cargo xtask examples`: the programs of `examples/`, which is a workspace of its own, built, tested, and run on
//! `kaltura emulate`.
//!
//! They share the build directory, and so the build of the dependencies that have the same features.

mod program;
mod scenarios;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use crate::Failure;
use crate::command::Command;
use crate::emulator::build_kaltura;
use crate::fleet::redis::Programs;
use crate::workspace::Workspace;

const MANIFEST: &str = "--manifest-path=examples/Cargo.toml";

/// Set in CI: there, nothing is skipped.
const REQUIRED: &str = "KALTURA_CI_REQUIRE_REDIS";

/// What the scenarios use.
#[derive(Debug)]
struct Environment {
    kaltura: PathBuf,
    /// Where the programs are.
    programs: PathBuf,
    /// `None` where `redis-server` is not installed.
    redis: Option<Programs>,
    /// The npm package, if `cargo xtask wasm` has built it.
    npm: Option<PathBuf>,
    pages: PathBuf,
}

/// Builds, tests and runs every example. `false` if one failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    if !build_and_test(workspace, out)? {
        return Ok(false);
    }
    let redis = match Programs::redis() {
        Ok(programs) => Some(programs),
        Err(error) if std::env::var_os(REQUIRED).is_some() => return Err(error),
        Err(_) => None,
    };
    let environment = Environment {
        kaltura: build_kaltura(&workspace.root, "dev")?,
        programs: workspace.target.join("debug"),
        redis,
        npm: npm_package(workspace)?,
        pages: workspace.root.join("examples/browser-page"),
    };
    let mut failed = Vec::new();
    for (name, scenario) in scenarios::ALL {
        match scenario(&environment) {
            Ok(seen) => writeln!(out, "{name}: {seen}")?,
            Err(error) => {
                writeln!(out, "{name} failed: {error}")?;
                failed.push(name);
            }
        }
    }
    if failed.is_empty() {
        writeln!(out, "examples: {} programs do what they say", scenarios::ALL.len())?;
    } else {
        writeln!(out, "examples: failed: {}", failed.join(", "))?;
    }
    Ok(failed.is_empty())
}

/// The package that `cargo xtask wasm` has built. In CI, that comes first.
fn npm_package(workspace: &Workspace) -> Result<Option<PathBuf>, Failure> {
    let built = fs::read_dir(workspace.target.join("npm")).into_iter().flatten();
    let package =
        built.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|it| it == "tgz"));
    if package.is_none() && std::env::var_os(REQUIRED).is_some() {
        return Err("the npm package is not there: `cargo xtask wasm` builds it".into());
    }
    Ok(package)
}

/// All targets in one build: with `cargo test` and `cargo build` apart, the features of the tests would build the
/// libraries twice.
fn build_and_test(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let target = format!("--target-dir={}", workspace.target.display());
    let build = ["cargo", "build", "--quiet", "--locked", MANIFEST, &target, "--workspace", "--all-targets"];
    let test = ["cargo", "test", "--quiet", "--locked", MANIFEST, &target, "--workspace", "--lib"];
    for words in [&["cargo", "fmt", MANIFEST, "--all", "--check"][..], &build, &test] {
        let command = Command::new(words);
        writeln!(out, "$ {command}")?;
        if !command.run(&workspace.root)? {
            return Ok(false);
        }
    }
    Ok(true)
}
