//! The options of a command on its page, and how a command line is put together of them.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::roff::{Roff, bold, escaped, italic};
use crate::cli::GLOBAL;

/// The synopsis: the options of the command with their values, and what else stands in a command line.
pub(super) fn synopsis(command: &Command) -> String {
    let name = name(command);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim_start_matches(&name);
    let behind = usage.trim_start().trim_start_matches("[OPTIONS]").trim();
    let is_own = |option: &&Arg| {
        option.get_help_heading() != Some(GLOBAL)
            && !option.is_required_set()
            && !["help", "version"].contains(&option.get_id().as_str())
    };
    let mut synopsis = bold(&name);
    for option in shown(command).into_iter().filter(|option| !option.is_positional()).filter(is_own) {
        // An option and its value stay in one line.
        let _ = write!(synopsis, " [{}]", term(option, "|").replace(' ', "\\ "));
    }
    if shown(command).iter().any(|option| option.get_help_heading() == Some(GLOBAL)) {
        let _ = write!(synopsis, " [{}]", italic("global options").replace(' ', "\\ "));
    }
    if !behind.is_empty() {
        let _ = write!(synopsis, " {}", escaped(behind));
    }
    synopsis
}

/// `kaltura token add`.
pub(super) fn name(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// Writes all options: what has no name first, and then in the order of the help, heading by heading.
pub(super) fn write(page: &mut Roff, command: &Command) {
    let options = shown(command);
    if options.is_empty() {
        return;
    }
    page.section("OPTIONS");
    let is_plain = |option: &&&Arg| option.is_positional() || option.get_help_heading().is_none();
    let (unnamed, plain): (Vec<&Arg>, Vec<&Arg>) =
        options.iter().filter(is_plain).copied().partition(|option| option.is_positional());
    for option in unnamed.into_iter().chain(plain) {
        item(page, option);
    }
    let mut headings: Vec<&str> = Vec::new();
    for heading in
        options.iter().filter(|option| !is_plain(option)).filter_map(|option| option.get_help_heading())
    {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        page.part(heading);
        let of_it = options.iter().filter(|option| !is_plain(option));
        for option in of_it.filter(|option| option.get_help_heading() == Some(heading)) {
            item(page, option);
        }
    }
}

/// What the help shows, those of a heading in their order.
pub(super) fn shown(command: &Command) -> Vec<&Arg> {
    let mut options: Vec<&Arg> = command.get_arguments().filter(|option| !option.is_hide_set()).collect();
    // Stable: headings stay in the order in which they come.
    options.sort_by_key(|option| (option.get_help_heading() == Some(GLOBAL), option.get_display_order()));
    options
}

fn item(page: &mut Roff, option: &Arg) {
    let help = option.get_long_help().or_else(|| option.get_help());
    // The first paragraph ends without a full stop.
    let mut text = help.map(|help| help.to_string().replacen("\n\n", ". ", 1)).unwrap_or_default();
    if takes_values(option) && !option.is_hide_default_value_set() && !option.get_default_values().is_empty()
    {
        let values = option.get_default_values().iter().map(|value| value.to_string_lossy());
        let _ = write!(text, " [default: {}]", values.collect::<Vec<_>>().join(" "));
    }
    let values: Vec<String> = option
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if takes_values(option) && !values.is_empty() {
        let _ = write!(text, " [possible values: {}]", values.join(", "));
    }
    page.item(&term(option, ", "), &text.split_whitespace().collect::<Vec<_>>().join(" "));
}

/// `-y, --yes`, or `--user ID`, or `SERVICE.ACTION`.
fn term(option: &Arg, between: &str) -> String {
    let short = option.get_short().map(|letter| bold(&format!("-{letter}")));
    let long = option.get_long().map(|name| bold(&format!("--{name}")));
    let mut term: String = short.into_iter().chain(long).collect::<Vec<_>>().join(between);
    if takes_values(option) {
        let names = option.get_value_names().unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| italic(name)).collect();
        if !term.is_empty() {
            term.push(' ');
        }
        term.push_str(&names.join(" "));
    }
    let is_many = option.get_num_args().is_some_and(|range| range.max_values() > 1);
    if is_many || matches!(option.get_action(), ArgAction::Count) {
        term.push_str("...");
    }
    term
}

fn takes_values(option: &Arg) -> bool {
    option.get_num_args().is_some_and(|range| range.takes_values())
}
