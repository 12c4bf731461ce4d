//! `cargo xtask measure`: the size of the release binary, and the time until it prints a KS.
//!
//! `kaltura ks` with a cached session is compared with a Python script on the published client, process by process on
//! this machine. Each round runs one of each, so that other load affects all of them alike. There is no limit that
//! could be exceeded.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Failure;
use crate::clients::Clients;
use crate::emulator::{EmulatorProcess, ResponseCache, build_kaltura};
use crate::workspace::Workspace;

/// How often each program is run.
const ROUNDS: usize = 21;
/// A login with the client for Python.
const LOGIN: &str = include_str!("measure/login.py");
/// The least that such a script does.
const IMPORT: &str = "import KalturaClient";

/// Measures, and writes the results.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let kaltura = build_kaltura(&workspace.root, "dist")?;
    let python = Clients::install_python(&workspace.root, &workspace.target.join("clients"), out)?;
    let bytes = fs::metadata(&kaltura)?.len();
    let version = output_of(Command::new(&kaltura).arg("--version"))?;
    writeln!(out, "{}\nsize: {}", version.trim_end(), megabytes(bytes))?;

    let emulator = EmulatorProcess::start(&kaltura, ResponseCache::Off)?;
    let home = workspace.target.join("measure");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let programs = Program::all(&kaltura, &python);
    let rounds = rounds(&programs, &|command: &mut Command| {
        // Without the profiles and sessions of the user.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(emulator.variables()).env("NO_PROXY", "127.0.0.1");
        command.env("KALTURA_CACHE_DIR", home.join("cache")).env("KALTURA_CONFIG_DIR", home.join("config"));
    })?;
    emulator.stop()?;

    writeln!(out, "\ntime of a process in ms: median (lower to upper quartile) of {ROUNDS}")?;
    for (index, program) in programs.iter().enumerate() {
        let times: Vec<f64> = rounds.iter().map(|round| round[index]).collect();
        writeln!(out, "  {:42} {}", program.name, Quartiles::of(&times))?;
    }
    writeln!(out, "ratio to `kaltura ks` in the same round")?;
    for (index, program) in programs.iter().enumerate().skip(1) {
        let ratios: Vec<f64> = rounds.iter().map(|round| round[index] / round[0]).collect();
        writeln!(out, "  {:42} {}", program.name, Quartiles::of(&ratios))?;
    }
    Ok(true)
}

/// A program that is measured.
struct Program {
    name: &'static str,
    path: PathBuf,
    arguments: &'static [&'static str],
}

impl Program {
    fn all(kaltura: &Path, python: &Path) -> [Self; 3] {
        let new = |name, path: &Path, arguments| Self { name, path: path.to_owned(), arguments };
        [
            new("kaltura ks, from its cache", kaltura, &["ks"][..]),
            new("Python, importing the client only", python, &["-c", IMPORT]),
            new("Python, logging in with the client", python, &["-c", LOGIN]),
        ]
    }
}

/// The times in milliseconds, by round and program. Before the first round each program is run once, to fill the
/// session cache and the file cache of the system.
fn rounds(programs: &[Program], prepare: &dyn Fn(&mut Command)) -> Result<Vec<Vec<f64>>, Failure> {
    let time = |program: &Program| {
        let mut command = Command::new(&program.path);
        command.args(program.arguments);
        prepare(&mut command);
        let start = now();
        output_of(&mut command)?;
        Ok::<f64, Failure>(start.elapsed().as_secs_f64() * 1_000.0)
    };
    let round = |_| programs.iter().map(time).collect::<Result<Vec<f64>, Failure>>();
    round(0)?;
    (0..ROUNDS).map(round).collect()
}

#[expect(clippy::disallowed_methods, reason = "times are measured with the clock of the system")]
fn now() -> Instant {
    Instant::now()
}

/// The output of a command. A failure is an error: it would be fast without having done anything.
fn output_of(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("could not run {program}: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} failed: {}\n{}", output.status, stderr.trim_end()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// `9.8 MB (9812345 bytes)`.
fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB ({bytes} bytes)", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[derive(Debug, PartialEq)]
struct Quartiles {
    lower: f64,
    median: f64,
    upper: f64,
}

impl Quartiles {
    /// NaN for no numbers.
    fn of(numbers: &[f64]) -> Self {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self { lower: quantile(&sorted, 1), median: quantile(&sorted, 2), upper: quantile(&sorted, 3) }
    }
}

/// The value at a number of quarters, interpolated between its neighbours.
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let (index, rest) = (last * quarters / 4, last * quarters % 4);
    let (below, above) = (sorted[index], sorted[(index + 1).min(last)]);
    // At most three quarters.
    let fraction = f64::from(u8::try_from(rest).unwrap_or_default()) / 4.0;
    below + (above - below) * fraction
}

impl fmt::Display for Quartiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.1} ({:.1} to {:.1})", self.median, self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_rounded_and_exact() {
        assert_eq!(megabytes(9_812_345), "9.8 MB (9812345 bytes)");
        assert_eq!(megabytes(99_999), "0.0 MB (99999 bytes)");
    }

    fn shell(script: &'static [&'static str]) -> Program {
        Program { name: "", path: "sh".into(), arguments: script }
    }

    #[test]
    fn each_round_has_a_time_for_each_program() {
        let fast_and_slow = [shell(&["-c", ":"]), shell(&["-c", "sleep \"$PAUSE\""])];
        let rounds = rounds(&fast_and_slow, &|command| {
            command.env("PAUSE", "0.02");
        });
        let rounds = rounds.unwrap();
        assert_eq!(rounds.len(), ROUNDS);
        assert!(rounds.iter().all(|round| round.len() == 2 && round[1] >= 20.0), "{rounds:?}");
    }

    #[test]
    fn a_failing_program_is_an_error() {
        let failing = shell(&["-c", "echo no token >&2; exit 3"]);
        let error = rounds(&[failing], &|_| {}).unwrap_err().to_string();
        assert!(error.starts_with("sh failed: ") && error.ends_with("\nno token"), "{error}");
    }

    fn quartiles(numbers: &[f64]) -> (f64, f64, f64) {
        let Quartiles { lower, median, upper } = Quartiles::of(numbers);
        (lower, median, upper)
    }

    #[test]
    fn quartiles_are_interpolated() {
        assert_eq!(quartiles(&[5.0, 1.0, 4.0, 2.0, 3.0]), (2.0, 3.0, 4.0));
        assert_eq!(quartiles(&[7.0]), (7.0, 7.0, 7.0));
        let one_to_21: Vec<f64> = (1_u8..=21).map(f64::from).collect();
        assert_eq!(quartiles(&one_to_21), (6.0, 11.0, 16.0));
        assert_eq!(quartiles(&[1.0, 2.0]), (1.25, 1.5, 1.75));
        assert_eq!(quartiles(&[4.0, 1.0, 3.0, 2.0]), (1.75, 2.5, 3.25));
        assert_eq!(quartiles(&[1.0, 2.0, 3.0, 4.0, 1_000.0]), (2.0, 3.0, 4.0));
    }

    #[test]
    fn quartiles_are_printed_with_one_decimal() {
        assert_eq!(Quartiles::of(&[1.0, 2.0, 12.34]).to_string(), "    2.0 (1.5 to 7.2)");
    }
}
