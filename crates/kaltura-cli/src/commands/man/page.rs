//! A page of the manual: what the help of a command says, in the sections that such pages have.

use clap::Command;

use super::around;
use super::options;
use super::prose::{self, Prose};
use super::roff::{Roff, bold};
use crate::version;

/// The page of a command, which is `all` or within it.
pub(super) fn of(command: &Command, all: &Command) -> String {
    let name = options::name(command);
    let is_all = name == "kaltura";
    let prose = match command.get_after_long_help() {
        // It lists what the page lists anyway.
        Some(text) if !is_all => Prose::read(&text.to_string()),
        _ => Prose::default(),
    };
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let page_name = name.replace(' ', "-");
    let mut page = Roff::title(&page_name, version::date(), version::VERSION);

    page.section("NAME");
    page.paragraph(&format!("{page_name} - {}", about.trim_end_matches('.')));

    page.section("SYNOPSIS");
    page.line(&options::synopsis(command));

    page.section("DESCRIPTION");
    let long = command.get_long_about().map_or_else(|| about.clone(), ToString::to_string);
    for paragraph in long.split("\n\n") {
        let end = if paragraph.ends_with('.') { "" } else { "." };
        page.paragraph(&format!("{paragraph}{end}"));
    }
    prose::write(&mut page, &prose.description);

    options::write(&mut page, command);

    let commands: Vec<&Command> = command.get_subcommands().filter(|inner| !inner.is_hide_set()).collect();
    if !commands.is_empty() {
        page.section("COMMANDS");
        for inner in commands {
            let about = inner.get_about().map(ToString::to_string).unwrap_or_default();
            page.item(&format!("{}(1)", bold(&format!("{page_name}-{}", inner.get_name()))), &about);
        }
    }
    for (title, blocks) in [("EXAMPLES", &prose.examples), ("JSON OUTPUT", &prose.json)] {
        if !blocks.is_empty() {
            page.section(title);
            prose::write(&mut page, blocks);
        }
    }
    around::files(&mut page, &name);
    around::environment(&mut page, command, is_all);
    around::exit_status(&mut page, &prose.exit_status, &name);
    around::see_also(&mut page, all, &name, command);
    page.finish()
}
