//! `cargo xtask fuzz`: the targets of `fuzz/`, under libFuzzer where cargo-fuzz is installed, else under the random driver
//! of the same crate, which needs the stable compiler alone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use crate::Failure;
use crate::command::Command;
use crate::emulator::executable_of;
use crate::valgrind::output_of;
use crate::workspace::Workspace;

/// How long the targets run together where no time is given, and in CI, in seconds.
const SHORT: u64 = 26;

/// The seed of the inputs in CI.
pub(crate) const SEED: u64 = 77;

/// The manifest of the fuzz targets, from the root of the repository.
const MANIFEST: &str = "fuzz/Cargo.toml";

/// The options of libFuzzer that are the limits of the random driver, too: seconds for an input, and MiB.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];

/// What to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    seconds: Option<u64>,
    /// Repeats the inputs of a run of the random driver.
    seed: Option<u64>,
    /// The random driver, also where cargo-fuzz is installed.
    plain: bool,
    target: Option<String>,
    /// Files with inputs for the target, instead of a run.
    replay: Vec<String>,
}

impl Options {
    /// Reads the arguments after `fuzz`. `None` if they are not valid.
    pub(crate) fn read(arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--seconds" => {
                    options.seconds = Some(rest.next()?.parse().ok().filter(|seconds| *seconds > 0)?);
                }
                "--seed" => options.seed = Some(rest.next()?.parse().ok()?),
                "--plain" => options.plain = true,
                "--replay" => {
                    options.target = Some((*rest.next()?).to_owned());
                    options.replay = rest.by_ref().map(|file| (*file).to_owned()).collect();
                    return (!options.replay.is_empty()).then_some(options);
                }
                name if !name.starts_with('-') && options.target.is_none() => {
                    options.target = Some(name.to_owned());
                }
                _ => return None,
            }
        }
        Some(options)
    }

    /// What CI runs: always the same inputs, so that an unchanged commit does not fail.
    pub(crate) fn short() -> Self {
        Self { plain: true, seed: Some(SEED), ..Self::default() }
    }
}

/// Runs the targets, or one of them. `false` if an input breaks a promise.
pub(crate) fn run(workspace: &Workspace, options: &Options, out: &mut dyn Write) -> Result<bool, Failure> {
    let program = build(workspace, "kaltura-fuzz")?;
    if let (Some(target), false) = (&options.target, options.replay.is_empty()) {
        let replay = Process::new(&program).args(["replay", target]).args(&options.replay).status()?;
        return Ok(replay.success());
    }
    let artifacts = workspace.root.join("fuzz/artifacts");
    let seconds = options.seconds.unwrap_or(SHORT);
    if !options.plain && has_cargo_fuzz(&workspace.root) {
        return run_cargo_fuzz(workspace, &program, options.target.as_deref(), seconds, out);
    }
    let mut run = Process::new(&program);
    run.args(["run", &seconds.to_string()]).arg(&artifacts);
    run.args(options.seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    run.args(&options.target);
    let status = run.status()?;
    if !status.success() && status.code().is_none() {
        // The stack is exhausted, or memory: the process could not write the input.
        writeln!(out, "the process was ended: {status}; repeat it with --seed and the number above")?;
    }
    Ok(status.success())
}

/// Builds a program of the fuzz workspace, with the build directory of this one. Returns its path.
pub(crate) fn build(workspace: &Workspace, name: &str) -> Result<PathBuf, Failure> {
    let command = format!(
        "cargo build --quiet --locked --release --manifest-path {MANIFEST} --target-dir {} --bin {name} \
         --message-format=json-render-diagnostics",
        workspace.target.display()
    );
    let mut executable = None;
    let command = Command::parse(&command);
    let success = command.run_with_lines(&workspace.root, &mut std::io::sink(), &mut |line| {
        executable = executable_of(line).or_else(|| executable.take());
    })?;
    executable.filter(|_| success).ok_or_else(|| format!("`{command}` failed").into())
}

/// Whether cargo-fuzz is there. It needs features of a nightly compiler, which `RUSTC_BOOTSTRAP` gives.
fn has_cargo_fuzz(root: &Path) -> bool {
    Command::parse("cargo fuzz --version").succeeds(root)
}

/// Runs each target under libFuzzer, with the seeds and words of the target, and what earlier runs have found.
fn run_cargo_fuzz(
    workspace: &Workspace,
    program: &Path,
    target: Option<&str>,
    seconds: u64,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let listed = output_of(Process::new(program).arg("list"))?;
    let targets: Vec<&str> =
        listed.lines().filter(|name| target.is_none_or(|target| target == *name)).collect();
    if targets.is_empty() {
        return Err(format!("no such target; there are:\n{listed}").into());
    }
    let each = (seconds / targets.len() as u64).max(1);
    let mut success = true;
    for name in targets {
        let folder = workspace.root.join("fuzz/corpus").join(name);
        fs::create_dir_all(&folder)?;
        let dictionary = workspace.root.join("fuzz/corpus").join(format!("{name}.dict"));
        output_of(Process::new(program).args(["seeds", name]).arg(&folder).arg(&dictionary))?;
        let mut fuzz = Process::new("cargo");
        fuzz.args(["fuzz", "run", "--features", "libfuzzer", name, "--"]).args(LIMITS);
        fuzz.arg(format!("-max_total_time={each}")).arg(format!("-dict={}", dictionary.display()));
        // The number of inputs, the longest time of one, and the most memory.
        fuzz.arg("-print_final_stats=1");
        fuzz.env("RUSTC_BOOTSTRAP", "1").current_dir(workspace.root.join("fuzz"));
        writeln!(out, "{name}: {each} s under libFuzzer")?;
        success &= fuzz.status()?.success();
    }
    Ok(success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert_eq!(Options::read(&[]), Some(Options::default()));
        let read = Options::read(&["--seconds", "60", "--seed", "7", "redaction"]).unwrap();
        assert_eq!((read.seconds, read.seed, read.target.as_deref()), (Some(60), Some(7), Some("redaction")));
        assert!(Options::read(&["--plain"]).unwrap().plain);
        assert_eq!(Options::read(&["--replay", "redaction", "a", "b"]).unwrap().replay, ["a", "b"]);
        for wrong in
            [&["--seconds"][..], &["--seconds", "0"], &["--replay", "redaction"], &["a", "b"], &["--x"]]
        {
            assert_eq!(Options::read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn each_target_has_a_program_for_cargo_fuzz() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = fs::read_to_string(root.join(MANIFEST)).unwrap();
        let table = fs::read_to_string(root.join("fuzz/src/targets.rs")).unwrap();
        let name = |line: &str| Some(line.trim().split_once("name: \"")?.1.split_once('"')?.0.to_owned());
        let names: Vec<String> = table.lines().filter_map(name).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
            assert!(root.join(format!("fuzz/fuzz_targets/{name}.rs")).is_file(), "{name}");
        }
    }
}
