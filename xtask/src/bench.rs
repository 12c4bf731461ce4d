//! `cargo xtask bench`: what these crates cost, beside the least that a program without them would do.
//!
//! | what | how |
//! |---|---|
//! | instructions and allocations of an operation | valgrind, `bench/counts.rs` |
//! | the same of another commit | `bench/against.rs` |
//! | memory of many sessions | valgrind, `bench/memory.rs` |
//! | CPU time and memory of whole processes, and of other clients | `bench/processes.rs`, `bench/peers.rs` |
//! | many callers at once, and a renewal under load | `bench/load.rs` |
//!
//! `--check` is for CI: it compares the instructions with `benches/counts.txt`. Times are never compared with a limit.

mod against;
mod counts;
mod load;
mod memory;
mod peers;
mod plot;
mod processes;
mod statistics;
mod table;

use std::io::Write;
use std::path::PathBuf;

use crate::Failure;
use crate::dist::target::Target;
use crate::emulator::build_binary;
use crate::workspace::Workspace;
use counts::{BenchProgram, Side};
use table::Figures;

/// The checked-in figures, from the root of the repository.
const FIGURES: &str = "benches/counts.txt";

/// Prints everything except the other clients and the plots. The counts of a commit, or of the last tag if there is one,
/// stand beside those of today.
pub(crate) fn run(workspace: &Workspace, commit: Option<&str>, out: &mut dyn Write) -> Result<bool, Failure> {
    let program = BenchProgram::build(&workspace.root, &workspace.target)?;
    let commit = commit.map(str::to_owned).or_else(|| against::last_tag(&workspace.root));
    let other = commit.map(|commit| against::counts(workspace, &commit, out)).transpose()?;
    let subjects = program.count_all(Side::Subject)?;
    let baselines = program.count_all(Side::Baseline)?;
    write!(out, "{}", table::Table { subjects: &subjects, baselines: &baselines, other: other.as_ref() })?;
    memory::run(&program, out)?;
    program.run_threads(out)?;
    let kaltura = build_released(workspace, out)?;
    processes::run(workspace, &kaltura, out)?;
    Ok(true)
}

/// Builds the command as `cargo xtask dist` does.
fn build_released(workspace: &Workspace, out: &mut dyn Write) -> Result<PathBuf, Failure> {
    let target = Target::select(&workspace.root)?;
    if let Some(advice) = target.advice() {
        writeln!(out, "bench: {advice}")?;
    }
    let options = ["--bin=kaltura", "--profile=dist", "--target", target.triple];
    build_binary(&workspace.root, "kaltura-cli", &options)
}

/// Compares the instructions with the checked-in ones. `false` if an operation takes more than they allow.
pub(crate) fn check(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let figures = Figures::read(&workspace.root.join(FIGURES))?;
    let program = BenchProgram::build(&workspace.root, &workspace.target)?;
    let measured = program.count_all(Side::Subject)?;
    let problems = figures.compare(&measured);
    write!(out, "{}", table::Comparison { figures: &figures, measured: &measured })?;
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    Ok(problems.is_empty())
}

/// Writes today's counts to the checked-in file, and keeps the baselines in it, unless they are to be counted too.
pub(crate) fn save(
    workspace: &Workspace,
    with_baselines: bool,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let path = workspace.root.join(FIGURES);
    let program = BenchProgram::build(&workspace.root, &workspace.target)?;
    let subjects = program.count_all(Side::Subject)?;
    let baselines = if with_baselines {
        program.count_all(Side::Baseline)?
    } else {
        Figures::read(&path)?.into_baselines()
    };
    std::fs::write(&path, Figures::new(&subjects, baselines).to_string())?;
    writeln!(out, "wrote {FIGURES}")?;
    Ok(true)
}

/// Compares whole processes and warm logins with the other clients, and writes the table and the plot of the
/// documentation.
pub(crate) fn peers(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let program = BenchProgram::build(&workspace.root, &workspace.target)?;
    let kaltura = build_released(workspace, out)?;
    peers::run(workspace, &kaltura, &program, out)
}

/// Writes the plots of many callers at once, and of a renewal under load.
pub(crate) fn load(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let program = BenchProgram::build(&workspace.root, &workspace.target)?;
    load::run(workspace, &program, out)
}
