//! `cargo xtask clients`: what Kaltura publishes for other languages, unchanged, against `kaltura emulate`.
//!
//! The scripts in `tests/clients` log in, keep app tokens and make several calls in one, as their users do, and
//! check every answer. Each has an emulator of its own, so that none finds what another left behind.

mod build;
mod emulator;
mod install;
mod process;
mod script;
mod tap;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::tidy::Workspace;
use emulator::Emulator;
use install::Clients;
use script::Script;
use tap::Report;

/// For how long a script may print nothing. None of its calls takes a tenth of that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs all scripts in the workspace that `place` belongs to. `false` if a check failed.
pub(crate) fn run(place: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let workspace = Workspace::read(place)?;
    let root = &workspace.root;
    let kaltura = build::kaltura(root)?;
    let clients = Clients::install(root, &workspace.target.join("clients"), out)?;

    let mut sum = Report::default();
    let mut failed = Vec::new();
    for script in Script::all(root)? {
        writeln!(out, "\n{}", script.path)?;
        let emulator = Emulator::start(&kaltura)?;
        let mut command = script.command(&clients, &kaltura, emulator.access());
        let outcome = script.run(command.current_dir(root), PATIENCE, out)?;
        emulator.stop()?;
        sum.add(&outcome.report);
        if let Some(trouble) = outcome.trouble() {
            writeln!(out, "{}: {trouble}", script.path)?;
            failed.push(script.path);
        }
    }
    writeln!(out, "\nclients: {sum}")?;
    if !failed.is_empty() {
        writeln!(out, "not well: {}", failed.join(", "))?;
    }
    Ok(failed.is_empty())
}
