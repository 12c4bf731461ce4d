//! `kaltura env`: a session as commands for a shell.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::completions;
use crate::args::ReadySessionOptions;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  In sh, bash or zsh:
    eval \"$(kaltura env)\"

  In fish:
    kaltura env --shell fish | source

  In PowerShell:
    kaltura env --shell powershell | Out-String | Invoke-Expression

It sets KALTURA_KS, KALTURA_SERVICE_URL and KALTURA_PARTNER_ID; with --json it prints them as
an object. From then on they go before every profile in that shell; to be rid of them:
    unset KALTURA_KS KALTURA_SERVICE_URL KALTURA_PARTNER_ID
The session ends some time: `kaltura exec` takes a new one for each program, and leaves the
shell as it is. The session comes from the cache of `kaltura ks`. What the server granted
differently from what was asked is noted on standard error. `kaltura --help` lists the exit
codes.";

/// Print commands that set a session in the environment of a shell
///
/// The session is that of `kaltura ks`, with the same options: from the cache, else by a login.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EnvCommand {
    /// For which shell; sh is for bash and zsh too
    #[arg(long, value_name = "SHELL", default_value = "sh")]
    shell: Shell,

    #[command(flatten)]
    session: ReadySessionOptions,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Sh,
    Fish,
    Powershell,
}

impl EnvCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let ready = self.session.session(ui, settings)?;
        ready.tell(ui);
        let variables = ready.variables();
        if ui.wants_json() {
            let object: Map<String, Value> =
                variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            return ui.print_json(&object);
        }
        let commands = variables.map(|(name, value)| self.shell.setting(name, &value) + "\n");
        ui.print(&commands.concat())
    }
}

impl Shell {
    /// The command that sets a variable.
    fn setting(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}", completions::Shell::Bash.quoted(value)),
            Self::Fish => format!("set -gx {name} {}", completions::Shell::Fish.quoted(value)),
            Self::Powershell => format!("$Env:{name} = {}", completions::Shell::Powershell.quoted(value)),
        }
    }
}
