//! `kaltura completions`: what a shell needs to complete command lines.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  bash, in ~/.bashrc:
    source <(kaltura completions bash)

  zsh, into a folder that stands in fpath:
    kaltura completions zsh > ~/.zfunc/_kaltura

  fish:
    kaltura completions fish > ~/.config/fish/completions/kaltura.fish

  PowerShell, in the profile:
    kaltura completions powershell | Out-String | Invoke-Expression";

/// Print what a shell needs to complete command lines
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CompletionsCommand {
    /// For which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl CompletionsCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "kaltura", &mut script);
        output::to_stdout(&String::from_utf8_lossy(&script))
    }
}
