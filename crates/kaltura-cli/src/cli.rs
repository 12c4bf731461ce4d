//! The command line as a whole.

mod global_options;
pub(crate) mod help;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches as _, Subcommand};
use kaltura_types::redact;

use crate::commands::batch::BatchCommand;
use crate::commands::call::CallCommand;
use crate::commands::completions::CompletionsCommand;
use crate::commands::demo::DemoCommand;
use crate::commands::doctor::DoctorCommand;
use crate::commands::emulate::EmulateCommand;
use crate::commands::env::EnvCommand;
use crate::commands::exec::ExecCommand;
use crate::commands::hash::HashCommand;
use crate::commands::inspect::InspectCommand;
use crate::commands::ks::KsCommand;
use crate::commands::login::LoginCommand;
use crate::commands::logout::LogoutCommand;
use crate::commands::man::ManCommand;
use crate::commands::profile::ProfileCommand;
use crate::commands::sign::SignCommand;
use crate::commands::status::StatusCommand;
use crate::commands::token::TokenCommand;
use crate::completion::values;
use crate::config::{Environment, SecretVariable};
use crate::error::Failure;
use crate::output::{Ui, Verbosity};
use crate::profile::{Config, Profile};
use crate::version;

/// What the help puts the options of all commands under, behind those of the command itself.
pub(crate) const GLOBAL: &str = "Global options";

/// Get Kaltura sessions by app token, call the API, and test against an emulated Kaltura server.
#[derive(Debug, Args)]
#[command(
    version,
    long_version = version::LONG_VERSION,
    arg_required_else_help = true,
    after_help = "Begin with: kaltura demo",
    after_long_help = help::after_all(),
    max_term_width = 100,
)]
pub(crate) struct Cli {
    /// Answer with one JSON document; errors and notes on standard error are JSON too
    #[arg(long, global = true, help_heading = GLOBAL, display_order = 1_000)]
    pub(crate) json: bool,

    /// Print what this filter in the language of jq makes of the JSON answer; texts without quotes, unless with --json
    #[arg(long, global = true, help_heading = GLOBAL, display_order = 1_001, value_name = "FILTER")]
    pub(crate) jq: Option<String>,

    /// Write nothing but errors to standard error
    #[arg(long, short, global = true, help_heading = GLOBAL, display_order = 1_002)]
    quiet: bool,

    /// Tell each request and its answer on standard error, without secrets; -vv also what is in them
    #[arg(long, short, global = true, help_heading = GLOBAL, display_order = 1_003, action = ArgAction::Count)]
    verbose: u8,

    /// Take what is not given from this profile [env: KALTURA_PROFILE]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        display_order = 1_004,
        value_name = "NAME",
        add = values::profiles(),
    )]
    pub(crate) profile: Option<String>,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do. Each command describes itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Batch(Box<BatchCommand>),
    Call(Box<CallCommand>),
    Completions(CompletionsCommand),
    Demo(DemoCommand),
    Doctor(Box<DoctorCommand>),
    Emulate(EmulateCommand),
    Env(EnvCommand),
    Exec(ExecCommand),
    Hash(HashCommand),
    Inspect(InspectCommand),
    Ks(KsCommand),
    Login(LoginCommand),
    Logout(LogoutCommand),
    Man(ManCommand),
    Profile(ProfileCommand),
    Sign(SignCommand),
    Status(Box<StatusCommand>),
    Token(TokenCommand),
}

impl CommandFactory for Cli {
    fn command() -> clap::Command {
        global_options::hidden(Self::augment_args(clap::Command::new("kaltura")))
    }

    fn command_for_update() -> clap::Command {
        Self::command()
    }
}

impl Cli {
    /// Reads a command line, and sets the format of the output. Help and version are printed, and leave nothing to do.
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
        ui: &mut Ui,
    ) -> Result<Option<Self>, Failure> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        // An error of the parser must be reported in the right format. Behind `--` stands another program.
        let json = arguments.iter().take_while(|argument| *argument != "--").any(|it| it == "--json");
        ui.set_format(json, Verbosity::Normal);
        match Self::parsed(arguments).and_then(Self::without_conflict) {
            Ok(cli) => {
                ui.set_format(cli.json, cli.verbosity());
                Ok(Some(cli))
            }
            Err(error) if !error.use_stderr() => ui.print(&error.render().ansi().to_string()).map(|()| None),
            Err(error) => Err(usage_error(&error, environment)),
        }
    }

    fn parsed(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut all = Self::command();
        let matches = all.try_get_matches_from_mut(arguments)?;
        if let Some(refusal) = global_options::refusal(&mut all, &matches) {
            return Err(refusal);
        }
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut all))
    }

    /// One option may stand before the command and the other one behind it, where the parser sees no conflict.
    fn without_conflict(self) -> Result<Self, clap::Error> {
        if self.quiet && self.verbose > 0 {
            let message = "the argument '--quiet' cannot be used with '--verbose'";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(self)
    }

    const fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Requests,
            (false, _) => Verbosity::Bodies,
        }
    }
}

/// A shorter text is not taken out of a message, which would only become unreadable.
const SHORTEST_SECRET: usize = 8;

/// What is wrong with a command line, without the secrets that stand in it by mistake.
fn usage_error(error: &clap::Error, environment: &Environment) -> Failure {
    let plain = error.render().to_string();
    let secrets = known_secrets(environment);
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    if let Some(program) = program_without_dashes(error) {
        let program = redact(program, &secrets);
        return Failure::usage(format!("`--` is missing before the program {program}"))
            .with_hint(format!("Write it so: kaltura exec -- {program} …"));
    }
    let clean = redact(&plain, &secrets);
    let said = if clean == plain { error.render().ansi().to_string() } else { clean.to_string() };
    let message = clean.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
    Failure::usage(message.split_whitespace().collect::<Vec<_>>().join(" ")).shown_as(said)
}

/// The values of the variables that hold secrets, those of all profiles included: which profile the command line
/// means is not known.
fn known_secrets(environment: &Environment) -> Vec<String> {
    let config = Config::read(environment).unwrap_or_default();
    let of_profiles = config.profiles().flat_map(Profile::secret_variables);
    let names = SecretVariable::ALL.into_iter().map(str::to_owned).chain(of_profiles);
    names
        .filter_map(|name| environment.text(&name).ok().flatten())
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
        .collect()
}

/// What is taken for the program of `exec`, though it does not stand behind `--`.
fn program_without_dashes(error: &clap::Error) -> Option<&str> {
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    let ContextValue::String(unknown) = error.get(ContextKind::InvalidArg)? else { return None };
    let is_program = error.kind() == ErrorKind::UnknownArgument && !unknown.starts_with('-');
    (is_program && usage.to_string().contains("kaltura exec ")).then_some(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }

    /// A line that is longer than the help is wide would be broken in the middle of a sentence.
    #[test]
    fn what_is_laid_out_by_hand_is_not_laid_out_anew() {
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{}: {line}", command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
