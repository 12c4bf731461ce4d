//! The global options that a command has no use for: its help does not show them, and it does not take them.

use std::mem::take;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

/// Commands, the ids of the options that they have no use for, and why. Those without a reason change nothing there, and
/// are taken all the same.
const NO_USE: [(&[&str], &[&str], &str); 6] = [
    (&["completions", "man"], &["json", "jq"], "it prints no JSON"),
    (&["exec"], &["jq"], "it prints no JSON"),
    (&["completions", "demo", "emulate", "man"], &["profile"], "it uses no settings"),
    (
        &["profile add", "profile remove", "profile use"],
        &["profile"],
        "the profile is named after the command",
    ),
    (&["profile list"], &["profile"], "it lists all profiles"),
    (&["completions", "man"], &["quiet", "verbose"], ""),
];

/// The options that the command of this path has no use for, with the reasons.
fn no_use(path: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_command = NO_USE.iter().filter(move |(commands, ..)| commands.contains(&path));
    of_command.flat_map(|(_, options, why)| options.iter().map(move |option| (*option, *why)))
}

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
    for option in options.iter().filter(|option| no_use(path).any(|(id, _)| option.get_id() == id)) {
        // The one of all commands does not take the place of one that is there already.
        *command = take(command).arg(option.clone().hide(true));
    }
    for inner in command.get_subcommands_mut() {
        hide(inner, &format!("{path} {}", inner.get_name()), options);
    }
}

/// What is wrong with a command line, if it has an option that its command has no use for. It has the usage
/// of that command.
pub(super) fn refusal(all: &mut Command, matches: &ArgMatches) -> Option<Error> {
    let mut path = Vec::new();
    let mut innermost = matches;
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name);
        innermost = inner;
    }
    let joined = path.join(" ");
    let (option, why) = no_use(&joined).find(|(option, why)| {
        !why.is_empty() && matches.value_source(option) == Some(ValueSource::CommandLine)
    })?;
    let message = format!("the argument '--{option}' cannot be used with 'kaltura {joined}': {why}");
    let command = path.into_iter().try_fold(all, |outer, name| outer.find_subcommand_mut(name))?;
    Some(command.error(ErrorKind::ArgumentConflict, message))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    #[test]
    fn each_entry_is_of_a_command_and_an_option_that_there_are() {
        let all = Cli::command();
        for path in NO_USE.iter().flat_map(|(commands, ..)| *commands) {
            let command = path.split(' ').try_fold(&all, |outer, name| outer.find_subcommand(name));
            let command = command.unwrap_or_else(|| panic!("{path}"));
            for (option, _) in no_use(path) {
                let arg = command.get_arguments().find(|arg| arg.get_id() == option);
                assert!(arg.is_some_and(Arg::is_hide_set), "{path}: {option}");
            }
        }
    }
}
