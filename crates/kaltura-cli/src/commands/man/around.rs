//! What a command has to do with: files, variables, exit codes, other commands.

use std::collections::BTreeSet;

use clap::Command;

use super::options::shown;
use super::prose::{self, Block};
use super::roff::{Roff, bold};
use crate::cli::help;
use crate::error;

/// Files, the commands that use them, and what they are.
const FILES: [(&str, &[&str], &str); 3] = [
    (
        "~/.config/kaltura/config.toml",
        &[
            "batch", "call", "doctor", "env", "exec", "hash", "inspect", "ks", "login", "logout", "profile",
            "sign", "status", "token",
        ],
        "The profiles. The folder is that of KALTURA_CONFIG_DIR, else kaltura in that of XDG_CONFIG_HOME, if those are \
         set; on Windows kaltura in that of APPDATA.",
    ),
    (
        "~/.config/kaltura/secrets/",
        &["profile"],
        "The secrets of profiles where the keyring of the system can not be used, for their owner alone.",
    ),
    (
        "~/.cache/kaltura/",
        &["batch", "call", "doctor", "env", "exec", "ks", "login", "logout", "profile", "status"],
        "The sessions that are kept, for their owner alone. The folder is that of KALTURA_CACHE_DIR, else kaltura in \
         that of XDG_CACHE_HOME, if those are set; ~/Library/Caches/kaltura on macOS, and on Windows kaltura in that of \
         LOCALAPPDATA.",
    ),
];

/// Writes the files that the command, by its whole name, uses; for all commands, all of them.
pub(super) fn files(page: &mut Roff, name: &str) {
    let outermost = name.split(' ').nth(1);
    let uses = |commands: &[&str]| outermost.is_none_or(|outermost| commands.contains(&outermost));
    let used: Vec<_> = FILES.iter().filter(|(_, commands, _)| uses(commands)).collect();
    if used.is_empty() {
        return;
    }
    page.section("FILES");
    for (path, _, text) in used {
        page.item(&bold(path), text);
    }
}

/// Writes the variables that the page names; for all commands, all that there are.
pub(super) fn environment(page: &mut Roff, command: &Command, is_all: bool) {
    let mut lines = help::ENVIRONMENT.lines();
    let introduction = lines.next().unwrap_or_default();
    let variables = lines.filter_map(|line| line.trim_start().split_once("  "));
    if is_all {
        page.section("ENVIRONMENT");
        page.paragraph(introduction);
        for (name, text) in variables {
            page.item(&bold(name), text.trim_start());
        }
        return;
    }
    let texts = texts(command).join(" ");
    let words: BTreeSet<&str> = texts.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let named: Vec<_> = variables.filter(|(name, _)| words.contains(name)).collect();
    if named.is_empty() {
        return;
    }
    page.section("ENVIRONMENT");
    for (name, text) in named {
        page.item(&bold(name), text.trim_start());
    }
    page.paragraph("`kaltura`(1) lists those that all commands heed.");
}

/// Writes the exit codes: first what is said of them for this command.
pub(super) fn exit_status(page: &mut Roff, said: &[Block], name: &str) {
    page.section("EXIT STATUS");
    prose::write(page, said);
    for line in error::EXIT_CODES.lines().skip(1) {
        let Some((code, text)) = line.trim_start().split_once("  ") else { continue };
        // Some are of one command alone.
        let owner = text.split_once(": ").map(|(owner, _)| format!("kaltura {owner}"));
        let is_of_another = code.len() == 3 && owner.is_some_and(|owner| owner != name && name != "kaltura");
        if !is_of_another {
            page.item(&bold(code), text);
        }
    }
}

/// Writes the pages that this one names, and those of the commands that it is one of.
pub(super) fn see_also(page: &mut Roff, all: &Command, name: &str, command: &Command) {
    let mut pages = BTreeSet::new();
    let mut outer = name;
    while let Some((longer, _)) = outer.rsplit_once(' ') {
        pages.insert(longer.to_owned());
        outer = longer;
    }
    for text in texts(command) {
        let code = text.split('`').skip(1).step_by(2);
        pages.extend(code.filter_map(|line| named_in(all, line)));
    }
    pages.remove(name);
    if pages.is_empty() {
        return;
    }
    page.section("SEE ALSO");
    let pages: Vec<String> =
        pages.iter().map(|name| format!("{}(1)", bold(&name.replace(' ', "-")))).collect();
    page.line(&pages.join(", "));
}

/// The command that a command line begins with.
fn named_in(all: &Command, line: &str) -> Option<String> {
    let mut words = line.split(' ');
    let mut name = words.next().filter(|word| *word == "kaltura")?.to_owned();
    let mut outer = all;
    while let Some(inner) = words.next().and_then(|word| outer.find_subcommand(word)) {
        name = format!("{name} {}", inner.get_name());
        outer = inner;
    }
    Some(name)
}

/// All that the help of a command says.
fn texts(command: &Command) -> Vec<String> {
    let about = command.get_long_about().or_else(|| command.get_about());
    let options =
        shown(command).into_iter().filter_map(|option| option.get_long_help().or_else(|| option.get_help()));
    about.into_iter().chain(command.get_after_long_help()).chain(options).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_files_are_of_commands_that_there_are() {
        let all = Cli::command();
        for command in FILES.iter().flat_map(|(_, commands, _)| *commands) {
            assert!(all.find_subcommand(command).is_some(), "{command}");
        }
    }

    #[test]
    fn a_command_line_names_the_innermost_command() {
        let all = Cli::command();
        let named = |line| named_in(&all, line);
        assert_eq!(named("kaltura token get ID").as_deref(), Some("kaltura token get"));
        assert_eq!(named("kaltura --help").as_deref(), Some("kaltura"));
        assert_eq!(named("KALTURA_KS"), None);
    }
}
