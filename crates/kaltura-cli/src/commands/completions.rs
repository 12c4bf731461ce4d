//! `kaltura completions`: what a shell needs to complete command lines.

use std::path::PathBuf;

use clap::{Args, Command};

use crate::completion;
use crate::completion::{Offer, Shell};
use crate::config::Environment;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  bash, in ~/.bashrc:
    source <(kaltura completions bash)

  zsh, into a directory of fpath:
    kaltura completions zsh > ~/.zfunc/_kaltura

  fish:
    kaltura completions fish > ~/.config/fish/completions/kaltura.fish

  PowerShell, in the profile:
    kaltura completions powershell | Out-String | Invoke-Expression";

/// Print a shell completion script
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CompletionsCommand {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,

    /// For the scripts: print candidates for the command line on standard input
    #[arg(long, hide = true)]
    line: bool,
}

impl CompletionsCommand {
    /// `all` is the whole command line.
    pub(crate) fn run(self, ui: &Ui, environment: &Environment, all: Command) -> Result<(), Failure> {
        let text = if self.line {
            let words = completion::line_from(&mut *ui.stdin());
            Offer::for_line(all, environment, self.shell, words).text(self.shell)
        } else {
            self.shell.script(&this_program())
        };
        ui.print(&text)
    }
}

/// How this program was called: by its name, else by a path, which holds in any folder.
fn this_program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let is_path = called.components().count() > 1;
    let program = if is_path { std::path::absolute(called).ok() } else { Some(called) };
    let program = program.and_then(|path| path.into_os_string().into_string().ok());
    program.filter(|program| !program.is_empty()).unwrap_or_else(|| "kaltura".to_owned())
}
