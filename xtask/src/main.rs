//! Tasks for the development of this workspace: `cargo xtask <task>`.

mod api;
mod audit;
mod bench;
mod ci;
mod clients;
mod command;
mod dist;
mod emulator;
mod examples;
mod fleet;
mod fleet_simulation;
mod fuzz;
mod growth;
mod http;
mod packages;
mod page;
mod process;
mod readme;
mod release;
mod soak;
mod tidy;
mod valgrind;
mod wasm;
mod workspace;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use workspace::Workspace;

/// Why a task could not be completed, as a message for the terminal.
type Failure = Box<dyn Error>;

const USAGE: &str = "\
Tasks for the development of this workspace.

usage: cargo xtask <task>

  ci        every check of the continuous integration, in order; stops at the first failure
  tidy      rules that cargo, clippy, rustdoc and cargo-deny do not check
  readme    builds and runs the examples of the README and of docs, as a user's package
  audit     what is checked before a release with tools that are built from source, which takes a while
  api       writes the public items of each library to docs/api; with `--check` compares them
  packages  packs each crate as for publication, without a warning
  dist      the files of a release: the command for Linux as an archive, for Debian and for rpm, with a bill of materials
            and checksums, in target/dist
  release   `release VERSION` prepares the versions and the changelog, and prints what to do then
  examples  builds, tests and runs the programs of `examples` on `kaltura emulate`
  clients   runs the published clients for Python and Node.js, and curl, against `kaltura emulate`
  fleet     shares a session between 50 processes through Redis while processes and servers fail; `--short` takes half a
            minute, `--valkey` uses Valkey 9, `--simulate` simulates up to 10 000 processes and writes the table and the
            plot of docs/fleet.md
  soak      `soak --minutes N [--seed N]`: hundreds of tasks in several processes share sessions while faults strike at random
  wasm      builds the npm package of kaltura-wasm; with `--test` installs it and runs it in Node.js, Deno and Chromium
  page      clicks through the page of `kaltura emulate --ui` in a headless Chromium
  bench     what operations cost in instructions, allocations, memory and CPU time, beside the least possible; with
            `--against COMMIT` beside that commit; with `--check` compared with the checked-in counts, which `--save`
            and `--save-baselines` write; with `--peers` other clients, with `--load` many callers: docs/performance.md
  fuzz      the targets of fuzz/, under libFuzzer where cargo-fuzz is installed, else with random inputs on the stable
            compiler; `--seconds N` for all together, `--plain` without libFuzzer, `--seed N` as in an earlier run,
            TARGET alone, or `--replay TARGET FILE...`: CONTRIBUTING.md
  growth    whether tenfold input costs at most elevenfold, in instructions; CASE, or its beginning, alone

exit code: 0 success, 1 a check failed, 2 invalid command line
";

type Task = Box<dyn Fn(&Workspace, &mut dyn Write) -> Result<bool, Failure>>;

fn main() -> ExitCode {
    if let Some(exit_code) = api::run_as_rustdoc() {
        return exit_code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = io::stdout();
    let result = if let ["help" | "--help" | "-h"] = arguments[..] {
        out.write_all(USAGE.as_bytes()).map(|()| true).map_err(Failure::from)
    } else if let Some(task) = task(&arguments) {
        run(&task, &mut out)
    } else {
        return usage_error();
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            print_error(&format!("error: {failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn soak(minutes: &str, seed: &str) -> Task {
    let (minutes, seed) = (minutes.to_owned(), seed.to_owned());
    Box::new(move |workspace, out| soak::run(workspace, (&minutes, &seed), out))
}

fn task(arguments: &[&str]) -> Option<Task> {
    let task: Task = match arguments {
        ["ci"] => Box::new(ci::run),
        ["tidy"] => Box::new(tidy::run),
        ["readme"] => Box::new(readme::run),
        ["api"] => Box::new(api::write),
        ["api", "--check"] => Box::new(api::check),
        ["audit"] => Box::new(audit::run),
        ["packages"] => Box::new(packages::run),
        ["dist"] => Box::new(dist::run),
        ["release", version] => {
            let version = (*version).to_owned();
            Box::new(move |workspace, out| release::run(workspace, &version, out))
        }
        ["examples"] => Box::new(examples::run),
        ["clients"] => Box::new(clients::run),
        ["fleet"] => Box::new(fleet::run),
        ["fleet", "--short"] => Box::new(fleet::run_short),
        ["fleet", "--valkey"] => Box::new(fleet::run_valkey),
        ["fleet", "--simulate"] => Box::new(fleet_simulation::run),
        ["wasm"] => Box::new(wasm::build),
        ["wasm", "--test"] => Box::new(wasm::test),
        ["soak", "--minutes", minutes] => soak(minutes, soak::SHORT.1),
        ["soak", "--minutes", minutes, "--seed", seed] => soak(minutes, seed),
        ["page"] => Box::new(page::run),
        ["bench"] => Box::new(|workspace, out| bench::run(workspace, None, out)),
        ["bench", "--against", commit] => {
            let commit = (*commit).to_owned();
            Box::new(move |workspace, out| bench::run(workspace, Some(&commit), out))
        }
        ["bench", "--check"] => Box::new(bench::check),
        ["bench", "--save"] => Box::new(|workspace, out| bench::save(workspace, false, out)),
        ["bench", "--save-baselines"] => Box::new(|workspace, out| bench::save(workspace, true, out)),
        ["bench", "--peers"] => Box::new(bench::peers),
        ["bench", "--load"] => Box::new(bench::load),
        ["fuzz", options @ ..] => {
            let options = fuzz::Options::read(options)?;
            Box::new(move |workspace, out| fuzz::run(workspace, &options, out))
        }
        ["growth"] => Box::new(|workspace, out| growth::run(workspace, None, out)),
        ["growth", case] => {
            let case = (*case).to_owned();
            Box::new(move |workspace, out| growth::run(workspace, Some(&case), out))
        }
        _ => return None,
    };
    Some(task)
}

/// Runs a task in the workspace of the current directory. `false` if a check failed.
fn run(task: &Task, out: &mut dyn Write) -> Result<bool, Failure> {
    task(&Workspace::read(&std::env::current_dir()?)?, out)
}

fn usage_error() -> ExitCode {
    print_error(USAGE);
    ExitCode::from(2)
}

/// Writes to standard error. If that is closed, the exit code remains.
fn print_error(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_lists_every_task() {
        let listed = USAGE.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let listed: Vec<_> = listed.filter(|name| !name.is_empty()).collect();
        assert_eq!(
            listed,
            [
                "ci", "tidy", "readme", "audit", "api", "packages", "dist", "release", "examples", "clients",
                "fleet", "soak", "wasm", "page", "bench", "fuzz", "growth"
            ]
        );
        assert!(listed.iter().all(|name| ["release", "soak"].contains(name) || task(&[name]).is_some()));
        assert!(task(&["api", "--check"]).is_some() && task(&["wasm", "--test"]).is_some());
        assert!(task(&["release", "0.1.0"]).is_some() && task(&["release"]).is_none());
        assert!(task(&["soak", "--minutes", "2"]).is_some() && task(&["soak", "2"]).is_none());
        assert!(task(&["soak", "--minutes", "2", "--seed", "7"]).is_some());
        for option in ["--check", "--save", "--save-baselines", "--peers", "--load"] {
            assert!(task(&["bench", option]).is_some() && USAGE.contains(option), "{option}");
        }
        assert!(task(&["bench", "--against", "HEAD"]).is_some() && task(&["bench", "--against"]).is_none());
        assert!(
            task(&["fuzz", "--seconds", "9", "redaction"]).is_some()
                && task(&["fuzz", "--seconds"]).is_none()
        );
        assert!(task(&["growth", "ks"]).is_some());
        assert!(task(&["tydi"]).is_none());
        assert!(task(&[]).is_none());
    }
}
