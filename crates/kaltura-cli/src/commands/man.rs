//! `kaltura man`: the manual, as pages for `man`.

mod around;
mod options;
mod page;
mod prose;
mod roff;

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  Read it:
    kaltura man | man -l -
    kaltura man token add | man -l -

  Install all of it, kaltura-token-add.1 and so on:
    kaltura man --out ~/.local/share/man/man1";

/// Print a page of the manual, in the form that man reads
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ManCommand {
    /// The page of this command, such as token add, and not that of all
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,

    /// Write all pages into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    out: Option<PathBuf>,
}

impl ManCommand {
    pub(crate) fn run(self, ui: &Ui) -> Result<(), Failure> {
        if let Some(folder) = &self.out {
            return write_all(folder);
        }
        let all = all();
        let command = self.command.iter().try_fold(&all, |outer, name| named(outer, name))?;
        ui.print(&page::of(command, &all))
    }
}

/// All commands, each with its whole name, such as kaltura-token-add, which its page begins with.
fn all() -> Command {
    // Its pages would only say again what the others say.
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    all
}

/// The command of this name within another one.
fn named<'a>(outer: &'a Command, name: &str) -> Result<&'a Command, Failure> {
    let found = outer.get_subcommands().find(|command| command.get_name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = outer.get_subcommands().map(Command::get_name).collect();
        let whole = outer.get_display_name().unwrap_or_else(|| outer.get_name()).replace('-', " ");
        Failure::usage("there is no such command").with_hint(if names.is_empty() {
            format!("{whole} has no commands of its own.")
        } else {
            format!("{whole} has {}.", names.join(", "))
        })
    })
}

/// Writes each page into a file of its own, in a folder that is made if need be.
fn write_all(folder: &Path) -> Result<(), Failure> {
    let all = all();
    let written = fs::create_dir_all(folder).and_then(|()| write_those_of(&all, &all, folder));
    written.map_err(|error| {
        let message = format!("the pages can not be written into {}", folder.display());
        Failure::new(ExitCode::Local, message).caused_by(&error)
    })
}

/// Writes the page of a command, and those of all within it.
fn write_those_of(command: &Command, all: &Command, folder: &Path) -> io::Result<()> {
    let file = format!("{}.1", options::name(command).replace(' ', "-"));
    fs::write(folder.join(file), page::of(command, all))?;
    let mut inner = command.get_subcommands().filter(|command| !command.is_hide_set());
    inner.try_for_each(|inner| write_those_of(inner, all, folder))
}
