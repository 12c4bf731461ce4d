//! `kaltura man`: the manual, as pages for `man`.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{self, ENVIRONMENT};
use crate::error::{EXIT_CODES, ExitCode, Failure};
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  Read a page:
    kaltura man | man -l -
    kaltura man token add | man -l -

  Install all pages, kaltura-token-add.1 and so on:
    kaltura man --out ~/.local/share/man/man1";

/// Files, the commands that use them (none: all), and what they are.
const FILES: [(&str, &[&str], &str); 3] = [
    (
        "~/.config/kaltura/config.toml",
        &["completions", "demo", "emulate", "man"],
        "Profiles. KALTURA_CONFIG_DIR names another folder, and XDG_CONFIG_HOME the one around it; on Windows it is in \
         APPDATA.",
    ),
    (
        "~/.config/kaltura/secrets/",
        &["completions", "demo", "emulate", "man"],
        "Secrets of profiles that are stored in files, readable only by their owner.",
    ),
    (
        "~/.cache/kaltura/",
        &["completions", "demo", "emulate", "hash", "inspect", "man", "sign"],
        "Cached sessions, readable only by their owner. KALTURA_CACHE_DIR names another folder, and XDG_CACHE_HOME the \
         one around it; ~/Library/Caches/kaltura on macOS, and in LOCALAPPDATA on Windows.",
    ),
];

/// Print a manual page, in the format of man(1)
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ManCommand {
    /// The command, such as token add [default: all of kaltura]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,

    /// Write all pages to this directory
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

impl ManCommand {
    /// `all` is the whole command line.
    pub(crate) fn run(self, ui: &Ui, all: Command) -> Result<(), Failure> {
        // Pages for `help` would only repeat the others.
        let mut all = all.disable_help_subcommand(true);
        all.build();
        if let Some(folder) = &self.out {
            return fs::create_dir_all(folder).and_then(|()| write_pages(&all, &all, folder)).map_err(
                |error| {
                    let message = format!("cannot write the pages to {}", folder.display());
                    Failure::new(ExitCode::Local, message).caused_by(&error)
                },
            );
        }
        let command = self.command.iter().try_fold(&all, |outer, name| subcommand(outer, name))?;
        let page = page(command, &all).map_err(|error| Failure::output(&error))?;
        ui.print(&page)
    }
}

fn subcommand<'a>(outer: &'a Command, name: &str) -> Result<&'a Command, Failure> {
    outer.find_subcommand(name).ok_or_else(|| {
        let names: Vec<&str> = outer.get_subcommands().map(Command::get_name).collect();
        let whole = name_of(outer).replace('-', " ");
        Failure::usage("no such command").with_hint(if names.is_empty() {
            format!("{whole} has no subcommands.")
        } else {
            format!("The subcommands of {whole} are {}.", names.join(", "))
        })
    })
}

/// Such as `kaltura-token-add`.
fn name_of(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// Writes the page of a command, and those of its subcommands.
fn write_pages(command: &Command, all: &Command, folder: &Path) -> io::Result<()> {
    fs::write(folder.join(format!("{}.1", name_of(command))), page(command, all)?)?;
    let mut inner = command.get_subcommands().filter(|command| !command.is_hide_set());
    inner.try_for_each(|inner| write_pages(inner, all, folder))
}

/// A page: options as clap describes them, and the sections that it does not know.
fn page(command: &Command, all: &Command) -> io::Result<String> {
    let is_all = name_of(command) == "kaltura";
    let man = Man::new(command.clone())
        .title(name_of(command))
        .section("1")
        .date(cli::date())
        .source(format!("kaltura {}", cli::VERSION))
        .manual("Kaltura manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|inner| !inner.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    if !is_all && let Some(text) = command.get_after_long_help() {
        after_help(&mut roff, &text.to_string());
    }
    section_of_lines(&mut roff, "EXIT STATUS", EXIT_CODES);
    if is_all {
        section_of_lines(&mut roff, "ENVIRONMENT", ENVIRONMENT);
    }
    let outermost = name_of(command).split('-').nth(1);
    let is_used = |others: &[&str]| outermost.is_none_or(|outermost| !others.contains(&outermost));
    let files: Vec<_> = FILES.iter().filter(|(_, unused_by, _)| is_used(unused_by)).collect();
    if !files.is_empty() {
        roff.control("SH", ["FILES"]);
    }
    for (path, _, text) in files {
        roff.control("TP", []).text([bold(*path)]).text([roman(*text)]);
    }
    if !is_all {
        roff.control("SH", ["SEE ALSO"]);
        let outer = name_of(command).rsplit_once('-').map_or("kaltura", |(outer, _)| outer);
        let mut pages = vec!["kaltura", outer];
        pages.extend(all.find_subcommand("doctor").map(name_of));
        pages.dedup();
        let pages: Vec<String> = pages
            .into_iter()
            .filter(|page| *page != name_of(command))
            .map(|page| format!("{page}(1)"))
            .collect();
        roff.text([roman(format!("{}. Environment variables: kaltura(1).", pages.join(", ")))]);
    }
    write!(page, "{}", roff.render())?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// What follows the options: examples as they are laid out, and notes.
fn after_help(roff: &mut Roff, text: &str) {
    let (mut examples, mut notes) = (Vec::new(), Vec::new());
    let mut is_example = false;
    for paragraph in text.split("\n\n") {
        let lines = paragraph.strip_prefix("Examples:\n");
        is_example = lines.is_some() || (is_example && paragraph.starts_with(' '));
        if is_example { &mut examples } else { &mut notes }.push(lines.unwrap_or(paragraph));
    }
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        as_it_is(roff, &examples.join("\n\n"));
    }
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for note in notes {
        if note.contains("\n  ") {
            as_it_is(roff, note);
        } else {
            roff.text([roman(note.replace('\n', " "))]).control("PP", []);
        }
    }
}

fn section_of_lines(roff: &mut Roff, title: &str, lines: &str) {
    roff.control("SH", [title]);
    as_it_is(roff, lines.split_once('\n').map_or(lines, |(_, lines)| lines));
}

fn as_it_is(roff: &mut Roff, lines: &str) {
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
