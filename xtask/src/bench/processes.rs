//! CPU time and memory of whole processes. Each round runs every program once, so that other load affects all alike.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wait4::Wait4 as _;

use super::statistics::Quartiles;
use crate::Failure;
use crate::emulator::{EmulatorProcess, ResponseCache};
use crate::workspace::Workspace;

/// How often each program is run.
const ROUNDS: usize = 21;

/// A program that is measured.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
}

impl Program {
    pub(super) fn new(name: &'static str, path: &Path, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name, path: path.to_owned(), arguments }
    }
}

/// What one process took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// Of the process and the processes that it waited for, in milliseconds.
    pub(super) cpu: f64,
    /// The most resident memory, in megabytes.
    pub(super) memory: f64,
}

/// The environment of the measured programs: an emulator, and directories of their own.
pub(super) struct Environment {
    emulator: EmulatorProcess,
    pub(super) home: PathBuf,
}

impl Environment {
    pub(super) fn start(workspace: &Workspace, kaltura: &Path) -> Result<Self, Failure> {
        let home = workspace.target.join("bench").join("home");
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        fs::create_dir_all(&home)?;
        Ok(Self { emulator: EmulatorProcess::start(kaltura, ResponseCache::Off)?, home })
    }

    pub(super) fn variable(&self, name: &str) -> String {
        let found = self.emulator.variables().into_iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value).unwrap_or_default()
    }

    /// A command without the profiles and sessions of the user.
    pub(super) fn command(&self, program: &Program) -> Command {
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).current_dir(&self.home);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.emulator.variables()).env("NO_PROXY", "127.0.0.1").env("HOME", &self.home);
        command.env("KALTURA_CACHE_DIR", self.home.join("cache"));
        command.env("KALTURA_CONFIG_DIR", self.home.join("config"));
        command
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        self.emulator.stop()
    }
}

/// The usage by round and program. Before the first round each program is run once, to fill the session cache and the
/// file cache of the system.
pub(super) fn rounds(
    programs: &[Program],
    prepare: &dyn Fn(&Program) -> Command,
) -> Result<Vec<Vec<Usage>>, Failure> {
    let round = |_| {
        programs.iter().map(|program| usage_of(&mut prepare(program))).collect::<Result<Vec<_>, Failure>>()
    };
    round(0)?;
    (0..ROUNDS).map(round).collect()
}

fn usage_of(command: &mut Command) -> Result<Usage, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| format!("could not run {program}: {error}"))?;
    // It is closed when the process ends.
    let stderr = child.stderr.take().map(io::read_to_string).transpose()?.unwrap_or_default();
    let ended = child.wait4()?;
    if !ended.status.success() {
        return Err(format!("{program} failed: {}\n{}", ended.status, stderr.trim_end()).into());
    }
    let cpu = ended.rusage.utime + ended.rusage.stime;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let memory = ended.rusage.maxrss as f64 / 1e6;
    Ok(Usage { cpu: cpu.as_secs_f64() * 1e3, memory })
}

/// The ratio of the CPU time of one program to that of another in the same round.
pub(super) fn ratio(rounds: &[Vec<Usage>], of: usize, to: usize) -> Quartiles {
    let ratios: Vec<f64> = rounds.iter().map(|round| round[of].cpu / round[to].cpu).collect();
    Quartiles::of(&ratios)
}

/// Prints the CPU time of the command beside that of the least program, and of curl.
pub(super) fn run(workspace: &Workspace, kaltura: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let environment = Environment::start(workspace, kaltura)?;
    let ks = environment.command(&Program::new("", kaltura, &["ks"])).output()?;
    let ks = String::from_utf8(ks.stdout)?.trim_end().to_owned();
    // In a file: arguments can be read by every user of the machine.
    let body = environment.home.join("body.json");
    fs::write(&body, serde_json::json!({ "ks": ks, "format": 1 }).to_string())?;
    let url = environment.variable("KALTURA_SERVICE_URL") + "/api_v3/service/media/action/list?format=1";
    let body = format!("@{}", body.display());
    let curl = ["--silent", "--fail", "--header", "Content-Type: application/json", "--data", &body, &url];
    let programs = [
        Program::new("/bin/true", Path::new("/bin/true"), &[]),
        Program::new("curl, media.list", Path::new("curl"), &curl),
        Program::new("kaltura login", kaltura, &["login"]),
        Program::new("kaltura ks, from its cache", kaltura, &["ks"]),
        Program::new("kaltura call media.list, with a cached session", kaltura, &["call", "media.list"]),
    ];
    let rounds = rounds(&programs, &|program| environment.command(program))?;
    environment.stop()?;
    let bytes = fs::metadata(kaltura)?.len();
    writeln!(out, "\nsize of the command: {}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)?;
    writeln!(out, "\n| process, {ROUNDS} rounds | CPU, ms | to /bin/true | target | memory, MB |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (index, program) in programs.iter().enumerate() {
        let target = ["–", "–", "≤ 5", "≤ 2.5", "≤ curl"][index];
        let cpu = Quartiles::of(&rounds.iter().map(|round| round[index].cpu).collect::<Vec<_>>());
        let memory = Quartiles::of(&rounds.iter().map(|round| round[index].memory).collect::<Vec<_>>());
        let ratio = ratio(&rounds, index, 0);
        writeln!(out, "| {} | {cpu} | {ratio} | {target} | {:.1} |", program.name, memory.median)?;
    }
    writeln!(out, "kaltura call to curl: {} (target ≤ 1)", ratio(&rounds, 4, 1))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("", Path::new("sh"), &["-c", script])
    }

    fn command(program: &Program) -> Command {
        let mut command = Command::new(&program.path);
        command.args(&program.arguments);
        command
    }

    #[test]
    fn each_round_has_the_usage_of_each_program() {
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        let rounds = rounds(&[shell(":"), shell(busy)], &command).unwrap();
        assert_eq!(rounds.len(), ROUNDS);
        assert!(rounds.iter().all(|round| round.len() == 2 && round[1].memory > 0.1));
        assert!(ratio(&rounds, 1, 0).median > 1.0);
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_its_output() {
        let error = rounds(&[shell("echo no session >&2; exit 3")], &command).unwrap_err().to_string();
        assert!(error.starts_with("sh failed: ") && error.ends_with("no session"), "{error}");
        let missing = Program::new("", Path::new("no-such-program"), &[]);
        let error = rounds(&[missing], &command).unwrap_err().to_string();
        assert!(error.starts_with("could not run no-such-program: "), "{error}");
    }
}
