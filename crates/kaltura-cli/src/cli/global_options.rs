//! The global options that a command has no use for: its help does not show them, and it does not take them.

use std::mem::take;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

/// Some commands, and what they have no use for.
struct NoUse {
    commands: &'static [&'static str],
    /// The ids of the options.
    options: &'static [&'static str],
    why: &'static str,
}

const NO_USE: [NoUse; 6] = [
    NoUse { commands: &["completions", "man"], options: &["json", "jq"], why: "it has no answer in JSON" },
    NoUse { commands: &["exec"], options: &["jq"], why: "it has no answer in JSON" },
    NoUse {
        commands: &["completions", "demo", "emulate", "man"],
        options: &["profile"],
        why: "it does without settings",
    },
    NoUse {
        commands: &["profile add", "profile remove", "profile use"],
        options: &["profile"],
        why: "the name of the profile stands behind the command",
    },
    NoUse { commands: &["profile list"], options: &["profile"], why: "it lists all profiles" },
    // These change nothing there, so that they may be said all the same.
    NoUse { commands: &["completions", "man"], options: HARMLESS, why: "" },
];

const HARMLESS: &[&str] = &["quiet", "verbose"];

/// The same command line, with the options hidden where there is no use for them.
pub(super) fn hidden(mut all: Command) -> Command {
    let options: Vec<Arg> = all.get_arguments().filter(|option| option.is_global_set()).cloned().collect();
    for command in all.get_subcommands_mut() {
        let path = command.get_name().to_owned();
        hide(command, &path, &options);
    }
    all
}

fn hide(command: &mut Command, path: &str, options: &[Arg]) {
    for option in
        options.iter().filter(|option| entries(path).any(|entry| entry.has(option.get_id().as_str())))
    {
        // The one of all commands does not take the place of one that is there already.
        *command = take(command).arg(option.clone().hide(true));
    }
    for inner in command.get_subcommands_mut() {
        hide(inner, &format!("{path} {}", inner.get_name()), options);
    }
}

/// What is wrong with a command line, if it has an option that its command has no use for. It is told with the usage
/// of that command.
pub(super) fn refusal(all: &mut Command, matches: &ArgMatches) -> Option<Error> {
    let mut path = Vec::new();
    let mut innermost = matches;
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name);
        innermost = inner;
    }
    let message = message(&path.join(" "), matches)?;
    let command = path.into_iter().try_fold(all, |outer, name| outer.find_subcommand_mut(name))?;
    Some(command.error(ErrorKind::ArgumentConflict, message))
}

fn message(path: &str, matches: &ArgMatches) -> Option<String> {
    let given = |option: &&str| matches.value_source(option) == Some(ValueSource::CommandLine);
    entries(path).filter(|entry| entry.options != HARMLESS).find_map(|entry| {
        let option = entry.options.iter().copied().find(given)?;
        Some(format!("the argument '--{option}' cannot be used with 'kaltura {path}': {}", entry.why))
    })
}

fn entries(path: &str) -> impl Iterator<Item = &'static NoUse> {
    NO_USE.iter().filter(move |entry| entry.commands.contains(&path))
}

impl NoUse {
    fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    #[test]
    fn each_entry_is_of_a_command_and_an_option_that_there_are() {
        let all = Cli::command();
        for entry in &NO_USE {
            for path in entry.commands {
                let command = path.split(' ').try_fold(&all, |outer, name| outer.find_subcommand(name));
                let command = command.unwrap_or_else(|| panic!("{path}"));
                for option in entry.options {
                    let arg = command.get_arguments().find(|arg| arg.get_id() == option);
                    assert!(arg.is_some_and(Arg::is_hide_set), "{path}: {option}");
                }
            }
        }
    }
}
