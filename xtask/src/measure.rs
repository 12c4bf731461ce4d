//! `cargo xtask measure`: how large the command is as it is handed out, and how soon it has a KS.
//!
//! `kaltura ks`, with a session in its cache, is set against a Python script with the published client, process
//! against process, on this machine: round by round one of each, so that whatever else the machine does meets all
//! of them alike. The numbers are for people: nothing is too slow or too large here.

mod spread;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Failure;
use crate::clients::{Clients, Emulator, ResponseCache, kaltura};
use crate::tidy::Workspace;
use spread::Spread;

/// How often each is run.
const ROUNDS: usize = 21;
/// How a script gets a KS.
const LOGIN: &str = include_str!("measure/login.py");
/// What it takes before it has asked for anything.
const IMPORT: &str = "import KalturaClient";

/// Measures, and tells what came of it on `out`.
pub(crate) fn run(place: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let workspace = Workspace::read(place)?;
    let kaltura = kaltura(&workspace.root, "dist")?;
    let python = Clients::install_python(&workspace.root, &workspace.target.join("clients"), out)?;
    let bytes = fs::metadata(&kaltura)?.len();
    let version = output_of(Command::new(&kaltura).arg("--version"))?;
    writeln!(out, "{}\nsize: {}", version.trim_end(), megabytes(bytes))?;

    let emulator = Emulator::start(&kaltura, ResponseCache::Off)?;
    let home = workspace.target.join("measure");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let contestants = Contestant::all(&kaltura, &python);
    let rounds = rounds(&contestants, &|command: &mut Command| {
        // Nothing of the person who runs this: neither profiles nor sessions.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(emulator.variables()).env("NO_PROXY", "127.0.0.1");
        command.env("KALTURA_CACHE_DIR", home.join("cache")).env("KALTURA_CONFIG_DIR", home.join("config"));
    })?;
    emulator.stop()?;

    writeln!(out, "\ntime of a process, in ms: median (lower to upper quartile) of {ROUNDS}")?;
    for (place, contestant) in contestants.iter().enumerate() {
        let times: Vec<f64> = rounds.iter().map(|round| round[place]).collect();
        writeln!(out, "  {:42} {}", contestant.name, Spread::of(&times))?;
    }
    writeln!(out, "times as long as `kaltura ks`, round by round")?;
    for (place, contestant) in contestants.iter().enumerate().skip(1) {
        let ratios: Vec<f64> = rounds.iter().map(|round| round[place] / round[0]).collect();
        writeln!(out, "  {:42} {}", contestant.name, Spread::of(&ratios))?;
    }
    Ok(true)
}

/// What is run.
struct Contestant {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
}

impl Contestant {
    fn all(kaltura: &Path, python: &Path) -> [Self; 3] {
        let of = |name, program: &Path, arguments| Self { name, program: program.to_owned(), arguments };
        [
            of("kaltura ks, from its cache", kaltura, &["ks"][..]),
            of("Python, which imports the client, no more", python, &["-c", IMPORT]),
            of("Python, which logs in with the client", python, &["-c", LOGIN]),
        ]
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments);
        command
    }
}

/// The times in milliseconds, round by round. Before them each is run once: so there is a session in the cache, and
/// what is read from the disk is in memory.
fn rounds(contestants: &[Contestant], prepare: &dyn Fn(&mut Command)) -> Result<Vec<Vec<f64>>, Failure> {
    let timed = |contestant: &Contestant| {
        let mut command = contestant.command();
        prepare(&mut command);
        let begin = now();
        output_of(&mut command)?;
        Ok::<f64, Failure>(begin.elapsed().as_secs_f64() * 1_000.0)
    };
    let round = |_| contestants.iter().map(timed).collect::<Result<Vec<f64>, Failure>>();
    round(0)?;
    (0..ROUNDS).map(round).collect()
}

#[expect(clippy::disallowed_methods, reason = "what is measured is measured by the clock of this machine")]
fn now() -> Instant {
    Instant::now()
}

/// What a command prints. That it fails is an error: it would be fast without having done anything.
fn output_of(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("could not run {program}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} failed: {}\n{}", output.status, said.trim_end()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// `9.8 MB (9812345 bytes)`.
fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB ({bytes} bytes)", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_short_and_exactly() {
        assert_eq!(megabytes(9_812_345), "9.8 MB (9812345 bytes)");
        assert_eq!(megabytes(99_999), "0.0 MB (99999 bytes)");
    }

    #[test]
    fn each_round_has_a_time_of_each() {
        let shell = |script: &'static [&'static str]| Contestant {
            name: "",
            program: "sh".into(),
            arguments: script,
        };
        let quick_and_slow = [shell(&["-c", ":"]), shell(&["-c", "sleep \"$PAUSE\""])];
        let measured = rounds(&quick_and_slow, &|command| {
            command.env("PAUSE", "0.02");
        });
        let measured = measured.unwrap();
        assert_eq!(measured.len(), ROUNDS);
        assert!(measured.iter().all(|round| round.len() == 2 && round[1] >= 20.0), "{measured:?}");
    }

    #[test]
    fn what_fails_has_no_time() {
        let failing =
            Contestant { name: "", program: "sh".into(), arguments: &["-c", "echo no token >&2; exit 3"] };
        let trouble = rounds(&[failing], &|_| {}).unwrap_err().to_string();
        assert!(trouble.starts_with("sh failed: ") && trouble.ends_with("\nno token"), "{trouble}");
    }
}
