//! `cargo xtask soak`: tasks and processes that share sessions through Redis and files while faults strike at random.
//!
//! The processes are the example `soak` of `kaltura-tests`, which also judges: each failed call is explained by a fault,
//! no error shows a secret, memory and descriptors do not grow, and the server has seen as many requests as the model
//! allows. The same seed gives the same faults.

use std::io::Write;

use crate::Failure;
use crate::command::Command;
use crate::workspace::Workspace;

/// What CI runs.
pub(crate) const SHORT: (&str, &str) = ("2", "1");

/// Runs for so many minutes, with the disturbances that follow from the seed. `false` if something was wrong.
pub(crate) fn run(
    workspace: &Workspace,
    (minutes, seed): (&str, &str),
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let minutes: u64 = minutes.parse().map_err(|_| format!("not a number of minutes: {minutes}"))?;
    let seed: u64 = seed.parse().map_err(|_| format!("not a seed, which is a number: {seed}"))?;
    let seconds = (minutes * 60).to_string();
    let program = ["cargo", "run", "--quiet", "--package=kaltura-tests", "--example=soak", "--", "run"];
    let command = Command::new(&[&program[..], &[&seconds, &seed.to_string()]].concat());
    writeln!(out, "$ {command}")?;
    out.flush()?;
    command.run(&workspace.root)
}
