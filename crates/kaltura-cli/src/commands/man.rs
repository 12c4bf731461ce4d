//! `kaltura man`: the manual, as pages for `man`.

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  Read it:
    kaltura man | man -l -
    kaltura man login | man -l -

  Install it:
    kaltura man > ~/.local/share/man/man1/kaltura.1";

/// Print a page of the manual, in the form that man reads
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ManCommand {
    /// The page of this command, and not that of all
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl ManCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut all = Cli::command();
        // Gives each command its whole name, such as kaltura-login, which the page begins with.
        all.build();
        let page = match &self.command {
            None => all,
            Some(name) => named(&all, name)?,
        };
        let mut text = Vec::new();
        Man::new(page)
            .render(&mut text)
            .map_err(|error| Failure::new(ExitCode::Local, "the page can not be made").caused_by(&error))?;
        output::to_stdout(&String::from_utf8_lossy(&text))
    }
}

/// The command of this name.
fn named(all: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let found = all.get_subcommands().find(|command| command.get_name() == name);
    let found = found.ok_or_else(|| {
        let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
        Failure::usage("there is no such command").with_hint(format!("There are {}.", names.join(", ")))
    })?;
    Ok(found.clone())
}
