//! `cargo xtask fleet --simulate`: how often fleets of up to 10 000 processes log in, in virtual time.

use std::io::Write;

use crate::Failure;
use crate::command::Command;
use crate::workspace::Workspace;

/// Writes the table and the plot of `docs/fleet.md`. Takes about a minute.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let command = Command::parse("cargo run --release -p kaltura-tests --example fleet_simulation -- docs");
    writeln!(out, "{command}")?;
    command.run(&workspace.root)
}
