//! `cargo xtask clients`: what Kaltura publishes for other languages, unchanged, against `kaltura emulate`.
//!
//! The scripts in `tests/clients` log in, keep app tokens and make several calls in one, as their users do, and
//! check every answer: once with the server's caches off, and once with them on, as the live service has them.
//! Each has an emulator of its own, so that none finds what another left behind.

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
pub(crate) use build::kaltura;
pub(crate) use emulator::{Emulator, ResponseCache};
pub(crate) use install::Clients;
use script::Script;
use tap::Report;

/// For how long a script may print nothing. None of its calls takes a tenth of that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs all scripts in the workspace that `place` belongs to. `false` if a check failed.
pub(crate) fn run(place: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let workspace = Workspace::read(place)?;
    let root = &workspace.root;
    let kaltura = kaltura(root, "dev")?;
    let clients = Clients::install(root, &workspace.target.join("clients"), out)?;

    let mut sum = Report::default();
    let mut failed = Vec::new();
    let scripts = Script::all(root)?;
    for cache in [ResponseCache::Off, ResponseCache::On] {
        for script in &scripts {
            let title = format!("{}, caches {cache}", script.path);
            writeln!(out, "\n{title}")?;
            let emulator = Emulator::start(&kaltura, cache)?;
            let mut command = script.command(&clients, &kaltura);
            command.envs(emulator.variables()).current_dir(root);
            let outcome = script.run(&mut command, PATIENCE, out)?;
            emulator.stop()?;
            sum.add(&outcome.report);
            if let Some(trouble) = outcome.trouble() {
                writeln!(out, "{title}: {trouble}")?;
                failed.push(title);
            }
        }
    }
    writeln!(out, "\nclients: {sum}")?;
    if !failed.is_empty() {
        writeln!(out, "not well: {}", failed.join("; "))?;
    }
    Ok(failed.is_empty())
}
