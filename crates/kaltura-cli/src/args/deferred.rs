//! Commands whose options are built only when they are needed: to build those of all commands takes longer than most
//! commands do.

use clap::builder::CommandExt;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// A command that has its options, and its help, only once the command line names it; or see [`with_options`].
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) Box<T>);

/// What adds the options to the command.
#[derive(Clone, Debug)]
struct Options(fn(Command) -> Command);

impl CommandExt for Options {}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.add(Options(T::augment_args)).defer(T::augment_args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Box::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// The same command, with the options and the help of all commands in it.
pub(crate) fn with_options(command: Command) -> Command {
    let command = match command.get::<Options>() {
        Some(&Options(add)) => add(command.defer(|command| command)),
        None => command,
    };
    command.mut_subcommands(with_options)
}
