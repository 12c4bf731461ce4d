//! `cargo xtask ci`: every check, in the order of the continuous integration.

mod readme;
mod steps;
mod tally;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::command::Command;
use crate::tidy::Workspace;
use readme::Readme;
use steps::{Chore, Step};
use tally::Tally;

/// Runs the steps in the workspace that `place` belongs to, until one fails. `false` if one did.
pub(crate) fn run(place: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let workspace = Workspace::read(place)?;
    let root = &workspace.root;
    let readme = Readme::read(root)?;
    let cargo_deny = Command::new(&["cargo", "deny", "--version"]).succeeds_silently(root);
    let steps = steps::all(&readme, &workspace.members, cargo_deny);

    let mut tally = Tally::default();
    let well = run_steps(&steps, out, &mut |chore, out| match chore {
        Chore::Run(command) => command.run(root),
        Chore::Test(command) => command.run_and_read(root, out, &mut |line| tally.read(line)),
        Chore::Tidy => crate::tidy::run(root, out),
        Chore::Clients => crate::clients::run(root, out),
        Chore::Skip(_) => Ok(true),
    })?;
    writeln!(out, "tests: {tally}")?;
    Ok(well)
}

type Perform<'a> = dyn FnMut(&Chore, &mut dyn Write) -> Result<bool, Failure> + 'a;

fn run_steps(steps: &[Step], out: &mut dyn Write, perform: &mut Perform<'_>) -> Result<bool, Failure> {
    let mut times = Vec::new();
    for (number, step) in (1..).zip(steps) {
        writeln!(out, "\n=== {number}/{}: {}", steps.len(), step.title)?;
        let watch = StopWatch::start();
        for chore in &step.chores {
            writeln!(out, "{chore}")?;
            if !perform(chore, out)? {
                writeln!(out, "\n=== failed in {}: {chore}", step.title)?;
                return Ok(false);
            }
        }
        let time = watch.read();
        writeln!(out, "--- {}: {:.1} s", step.title, time.as_secs_f64())?;
        times.push((step.title, time));
    }
    writeln!(out, "\n=== all well")?;
    for (title, time) in &times {
        writeln!(out, "{:>8.1} s  {title}", time.as_secs_f64())?;
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    writeln!(out, "{:>8.1} s  in all", total.as_secs_f64())?;
    Ok(true)
}

struct StopWatch(Instant);

impl StopWatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a step takes is a matter of this machine's clock"
    )]
    fn start() -> Self {
        Self(Instant::now())
    }

    fn read(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(title: &'static str, commands: &[&str]) -> Step {
        let run = |line: &&str| Chore::Run(Command::new(&line.split(' ').collect::<Vec<_>>()));
        Step { title, chores: commands.iter().map(run).collect() }
    }

    /// Runs steps whose commands fail if they are `bad`; gives the outcome, what ran, and what was written.
    fn outcome(steps: &[Step]) -> (bool, Vec<String>, String) {
        let (mut ran, mut out) = (Vec::new(), Vec::new());
        let well = run_steps(steps, &mut out, &mut |chore, _| {
            ran.push(chore.to_string());
            Ok(!chore.to_string().contains("bad"))
        });
        (well.unwrap(), ran, String::from_utf8(out).unwrap())
    }

    #[test]
    fn all_steps_run_in_order_and_their_times_are_told() {
        let (well, ran, said) = outcome(&[step("one", &["a 1", "a 2"]), step("two", &["b"])]);
        assert!(well);
        assert_eq!(ran, ["$ a 1", "$ a 2", "$ b"]);
        assert!(said.contains("=== 1/2: one\n$ a 1\n$ a 2\n--- one: 0.0 s\n"), "{said}");
        assert!(
            said.ends_with("=== all well\n     0.0 s  one\n     0.0 s  two\n     0.0 s  in all\n"),
            "{said}"
        );
    }

    #[test]
    fn the_first_failure_stops_the_run_and_is_named() {
        let (well, ran, said) = outcome(&[step("one", &["a", "bad 1", "c"]), step("two", &["d"])]);
        assert!(!well);
        assert_eq!(ran, ["$ a", "$ bad 1"]);
        assert!(said.ends_with("=== failed in one: $ bad 1\n"), "{said}");
    }
}
