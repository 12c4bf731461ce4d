//! Tells the program what it was built from, for `kaltura --version`.
//!
//! The commit is known only in a checkout of this repository: from a packed crate there is the version alone. All of
//! it depends on the sources and the compiler, not on the time or the place of the build.

use std::env;
use std::path::Path;
use std::process::Command;

/// Where this crate stands in its repository.
const PLACE: &str = "crates/kaltura-cli/";
/// How much of the commit's name is shown.
const DIGITS: usize = 10;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    tell("BUILD_COMMIT", &commit().unwrap_or_default());
    tell("BUILD_TARGET", &variable("TARGET"));
    tell("BUILD_RUSTC", &compiler());
    tell("BUILD_FEATURES", &features());
}

fn tell(name: &str, value: &str) {
    println!("cargo::rustc-env={name}={value}");
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// `1a2b3c4d5e 2026-11-24`: the commit, and its date.
fn commit() -> Option<String> {
    // A copy of the crate in somebody else's repository is not of their commit.
    if git(&["rev-parse", "--show-prefix"])? != PLACE {
        return None;
    }
    watch(&["HEAD", "logs/HEAD"]);
    if let Some(branch) = git(&["symbolic-ref", "--quiet", "HEAD"]) {
        watch(&[&branch]);
    }
    let shown = git(&["-c", "log.showSignature=false", "log", "-1", "--format=%H %cs"])?;
    let (name, date) = shown.split_once(' ')?;
    Some(format!("{} {date}", name.get(..DIGITS)?))
}

/// Runs again when one of these files of git changes. One that is not there would make it run each time.
fn watch(names: &[&str]) {
    for name in names {
        if let Some(path) = git(&["rev-parse", "--git-path", name])
            && Path::new(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// What git answers; nothing if there is no git, no repository, or no answer.
fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // The repository is the one in which the crate stands, also where git itself has started the build.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    let output = git.args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

/// `rustc 1.95.0 (59807616e 2026-04-14)`.
fn compiler() -> String {
    let output = Command::new(variable("RUSTC")).arg("--version").output();
    let text = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    text.unwrap_or_default().trim_end().to_owned()
}

/// The features that are on, in the order of their names.
fn features() -> String {
    let mut names: Vec<String> = env::vars()
        .filter_map(|(name, _)| {
            Some(name.strip_prefix("CARGO_FEATURE_")?.to_ascii_lowercase().replace('_', "-"))
        })
        .filter(|name| name != "default")
        .collect();
    names.sort();
    names.join(", ")
}
