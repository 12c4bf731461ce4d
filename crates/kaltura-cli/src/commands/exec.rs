//! `kaltura exec`: runs another program with a session in its environment.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

use clap::Args;

use crate::args::{ReadySession, ReadySessionOptions};
use crate::config::{SecretVariable, Setting, Settings};
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::profile::Profile;
use crate::redaction::repeatable;

const EXAMPLES: &str = "\
Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura exec -- my-import --all

  For work that takes two hours:
    kaltura exec --min-validity 2h --lifetime 8h -- my-import --all

The program finds KALTURA_KS, KALTURA_SERVICE_URL and KALTURA_PARTNER_ID in its environment,
and not KALTURA_APP_TOKEN, KALTURA_ADMIN_SECRET and KALTURA_STORE, nor the variables that the
profile takes them from: it does not need them. The session comes from the cache of
`kaltura ks`. What the server granted differently from what was asked is noted on standard error.

The exit code is that of the program. It is 127 if there is no such program, and 126 if it can
not be executed, as with `env` or `timeout`. If there is no session, nothing is run:
`kaltura --help` lists the exit codes.";

/// What the program does not need, and so does not get.
const KEPT_BACK: [&str; 3] =
    [SecretVariable::APP_TOKEN, SecretVariable::ADMIN_SECRET, Setting::STORE.variable];

/// Run a program with a session in its environment
///
/// The session is that of `kaltura ks`, with the same options: from the cache, else by a login. It is in the
/// environment of the program as KALTURA_KS, and in no argument.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ExecCommand {
    /// The program and its arguments, behind --
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,

    #[command(flatten)]
    session: ReadySessionOptions,
}

impl ExecCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let Some((program, arguments)) = self.program.split_first() else {
            return Err(Failure::usage("the program is missing"));
        };
        let ready = self.session.session(ui, settings)?;
        ready.tell(ui);
        let mut command = Command::new(program);
        command.args(arguments);
        for name in KEPT_BACK {
            command.env_remove(name);
        }
        for name in settings.profile().into_iter().flat_map(Profile::secret_variables) {
            command.env_remove(name);
        }
        command.envs(ready.variables());
        Err(not_run(program, &become_program(command)))
    }
}

/// Nothing was run. The exit codes are those of shells and of other commands that run one.
pub(super) fn not_run(program: &OsStr, error: &io::Error) -> Failure {
    // It may be a secret in the wrong place.
    let shown = program.to_string_lossy();
    let shown = repeatable(&shown);
    if error.kind() == io::ErrorKind::NotFound {
        return Failure::new(ExitCode::ProgramNotFound, format!("no program {shown} found"))
            .caused_by(error)
            .with_hint("Check its name, and that its directory is in PATH.");
    }
    let message = format!("the program {shown} cannot be executed");
    Failure::new(ExitCode::ProgramNotExecuted, message).caused_by(error)
}

impl ReadySession {
    /// What a program needs to use the session.
    pub(super) fn variables(&self) -> [(&'static str, String); 3] {
        [
            (SecretVariable::KS, self.session.ks().expose().to_owned()),
            (Setting::SERVICE_URL.variable, self.service_url.to_string()),
            (Setting::PARTNER_ID.variable, self.session.partner_id().to_string()),
        ]
    }
}

/// Puts the program in the place of this process, so that signals and exit codes are its own. Comes back only if
/// that does not work.
#[cfg(unix)]
fn become_program(mut command: Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Runs the program, and ends with its exit code. Comes back only if it cannot be run.
#[cfg(not(unix))]
fn become_program(mut command: Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
