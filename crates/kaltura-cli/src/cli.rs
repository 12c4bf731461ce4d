//! The command line as a whole.

use std::env::consts;
use std::ffi::OsString;
use std::mem::take;
use std::sync::LazyLock;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches as _};
use kaltura_types::redact;

use crate::args::{values, with_options};
use crate::commands::Command;
use crate::config::{Environment, SecretVariable, Setting, control_character, doubtful_text};
use crate::error::{EXIT_CODES, Failure};
use crate::output::{Ui, Verbosity};
use crate::profile::{Config, Profile};
use crate::time;

/// What the help puts the options of all commands under, behind those of the command itself.
pub(crate) const GLOBAL: &str = "Global options";

/// The environment variables, in the order in which one comes upon them.
pub(crate) const ENVIRONMENT: &str = "\
Environment variables (options override them, and they override the profile):
  KALTURA_SERVICE_URL          the server
  KALTURA_REGION               or its region: us, de, eu, sg, ca or ap
  KALTURA_PARTNER_ID           the partner id (account number)
  KALTURA_APP_TOKEN_ID         the id of the app token
  KALTURA_APP_TOKEN_HASH_TYPE  its hash type: MD5, SHA1, SHA256 or SHA512
  KALTURA_APP_TOKEN            its value (secret)
  KALTURA_USER                 the user of sessions
  KALTURA_SESSION_TYPE         their type: user or admin
  KALTURA_LIFETIME             their maximum lifetime
  KALTURA_PRIVILEGES           privileges to request
  KALTURA_WIDGET_ID            the widget that logins begin with
  KALTURA_KS                   a session for calls (secret)
  KALTURA_ADMIN_SECRET         the admin secret of the account
  KALTURA_CA_FILE              a PEM file with certificates to trust
  KALTURA_PROFILE              the profile to use
  KALTURA_CONFIG_DIR           the directory of profiles
  KALTURA_CACHE_DIR            the directory of cached sessions
  KALTURA_STORE                a directory, Redis or Valkey to share sessions through
  KALTURA_STORE_FILE           a file with the URL of that Redis or Valkey
  HTTPS_PROXY, NO_PROXY        the proxy, and hosts to reach without it
  NO_COLOR, CLICOLOR=0         no colors and no spinner
  CLICOLOR_FORCE=1             colors without a terminal, too
  CI                           no spinner";

/// Get Kaltura sessions by app token, call the API, and test against an emulated Kaltura server.
#[derive(Debug, Args)]
#[command(
    version,
    long_version = long_version(),
    arg_required_else_help = true,
    after_help = "Start with: kaltura demo",
    after_long_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"),
)]
pub(crate) struct Cli {
    /// Print the answer as one JSON document; errors and notes are JSON, too
    #[arg(long, global = true, help_heading = GLOBAL, display_order = 1_000)]
    pub(crate) json: bool,

    /// Filter the JSON answer with a jq expression; strings are printed raw unless --json is given
    #[arg(long, global = true, help_heading = GLOBAL, display_order = 1_001, value_name = "FILTER")]
    pub(crate) jq: Option<String>,

    /// Limit the run time of the --jq filter
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        display_order = 1_001,
        value_name = "DURATION",
        value_parser = time::parse_limit,
        default_value = "10s",
    )]
    pub(crate) jq_timeout: Duration,

    /// Print only errors to standard error
    #[arg(long, short, global = true, help_heading = GLOBAL, display_order = 1_002)]
    quiet: bool,

    /// Log each request and response to standard error, without secrets (-vv: also the bodies)
    #[arg(long, short, global = true, help_heading = GLOBAL, display_order = 1_003, action = ArgAction::Count)]
    verbose: u8,

    /// Use this profile [env: KALTURA_PROFILE]
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        display_order = 1_004,
        value_name = "NAME",
        add = values::profiles(),
    )]
    pub(crate) profile: Option<String>,

    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl CommandFactory for Cli {
    fn command() -> clap::Command {
        hidden(with_short_examples(with_options(Self::deferred())))
    }

    fn command_for_update() -> clap::Command {
        Self::command()
    }
}

/// Lets `-h` show the first examples of `--help`.
fn with_short_examples(command: clap::Command) -> clap::Command {
    let long = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut paragraphs = long.split("\n\n").skip_while(|paragraph| !paragraph.starts_with("Examples:\n"));
    let examples = paragraphs.next().map(|first| {
        let more = paragraphs.take_while(|next| next.starts_with(' ')).take(1);
        std::iter::once(first).chain(more).collect::<Vec<_>>().join("\n\n")
    });
    let command = match examples {
        Some(examples) if command.get_after_help().is_none() => command.after_help(examples),
        _ => command,
    };
    command.mut_subcommands(with_short_examples)
}

impl Cli {
    /// The commands without their options.
    fn deferred() -> clap::Command {
        Self::augment_args(clap::Command::new("kaltura"))
    }

    /// Of these, what a command line may name: clap copies the options of all commands into each one. It is enough to
    /// read the line, but not to print help.
    fn named_in(arguments: &[OsString]) -> clap::Command {
        let all = Self::deferred();
        let is_named = |command: &&clap::Command| {
            command
                .get_name_and_visible_aliases()
                .iter()
                .any(|name| arguments.iter().any(|word| word == name))
        };
        clap::Command::new("kaltura")
            .args(all.get_arguments().cloned())
            .subcommands(all.get_subcommands().filter(is_named).cloned())
    }

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
        match Self::parsed_in_any_order(arguments, ui.help_width())
            .and_then(|(cli, doubts)| Ok((cli.without_conflict()?, doubts)))
        {
            Ok((cli, doubts)) => {
                ui.set_format(cli.json, cli.verbosity());
                doubts.iter().for_each(|doubt| ui.note(doubt));
                Ok(Some(cli))
            }
            Err(error) if !error.use_stderr() => ui.print(&error.render().ansi().to_string()).map(|()| None),
            Err(error) => Err(usage_error(&error, environment)),
        }
    }

    /// The command line, and what may be a mistake in it. Options of a command may stand before the command.
    /// `width` is that of help texts.
    fn parsed_in_any_order(
        arguments: Vec<OsString>,
        width: usize,
    ) -> Result<(Self, Vec<String>), clap::Error> {
        if let Ok(parsed) = Self::parsed(Self::named_in(&arguments), arguments.clone()) {
            return Ok(parsed);
        }
        // Only help and errors show more.
        let all = Self::command().term_width(width);
        let error = match Self::parsed(all.clone(), arguments.clone()) {
            Err(error) if error.kind() == ErrorKind::UnknownArgument => error,
            outcome => return outcome,
        };
        let ends = arguments.iter().position(|it| it == "--").unwrap_or(arguments.len());
        // Which words are values of options is not known before the command is.
        let mut reordered = (2..ends).filter_map(|place| with_command_first(&all, &arguments, place));
        reordered.find_map(|arguments| Self::parsed(Self::named_in(&arguments), arguments).ok()).ok_or(error)
    }

    fn parsed(mut all: clap::Command, arguments: Vec<OsString>) -> Result<(Self, Vec<String>), clap::Error> {
        let matches = all.try_get_matches_from_mut(arguments)?;
        if let Some(refusal) = refusal(&mut all, &matches) {
            return Err(refusal);
        }
        let doubts = settings_in(&all, &matches).map_err(|error| error.format(&mut all))?;
        let cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut all))?;
        Ok((cli, doubts))
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

/// The command line with the command at this place, and its subcommands, moved to the front; nothing if there is no
/// command at this place.
fn with_command_first(all: &clap::Command, arguments: &[OsString], place: usize) -> Option<Vec<OsString>> {
    let mut command = all.find_subcommand(arguments.get(place)?)?;
    let mut end = place + 1;
    while let Some(inner) = arguments.get(end).and_then(|name| command.find_subcommand(name)) {
        command = inner;
        end += 1;
    }
    let (program, options) = arguments.get(..place)?.split_first()?;
    let names = arguments.get(place..end)?;
    Some(std::iter::once(program).chain(names).chain(options).chain(arguments.get(end..)?).cloned().collect())
}

/// Looks at the settings among the options of a command: control characters are refused, and quotes and white space
/// around a value are named.
fn settings_in(all: &clap::Command, matches: &clap::ArgMatches) -> Result<Vec<String>, clap::Error> {
    let (mut command, mut matches) = (all, matches);
    while let Some((name, inner)) = matches.subcommand()
        && let Some(inner_command) = command.find_subcommand(name)
    {
        (command, matches) = (inner_command, inner);
    }
    let mut doubts = Vec::new();
    for option in Setting::ALL.map(|setting| setting.option) {
        let arg = command.get_arguments().find(|arg| arg.get_long() == option.strip_prefix("--"));
        let Some(arg) = arg else { continue };
        let values = matches.try_get_raw(arg.get_id().as_str()).ok().flatten().into_iter().flatten();
        for text in values.filter_map(|value| value.to_str()) {
            if let Some(why) = control_character(text) {
                let message = format!("invalid value for '{option}': {why}");
                return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
            }
            doubts.extend(doubtful_text(text).map(|doubt| format!("{option} {doubt}")));
        }
    }
    Ok(doubts)
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
            .with_hint(format!("Use: kaltura exec -- {program} …"));
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

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit and its date, `1a2b3c4d5e 2026-11-24`, if the build was given them: `cargo xtask dist` does.
const COMMIT: Option<&str> = option_env!("KALTURA_COMMIT");

/// What encrypts: as kaltura-http chooses it.
const TLS: &str = if cfg!(feature = "native-tls") {
    "the system's library"
} else if cfg!(feature = "rustls") {
    "rustls"
} else {
    "none"
};

/// The optional parts, by whether they are built in.
const FEATURES: [(&str, bool); 4] = [
    ("keyring", cfg!(feature = "keyring")),
    ("native-tls", cfg!(feature = "native-tls")),
    ("redis", cfg!(feature = "redis")),
    ("rustls", cfg!(feature = "rustls")),
];

/// The day of the commit; empty where that is not known.
pub(crate) fn date() -> &'static str {
    COMMIT.and_then(|commit| commit.split_once(' ')).map_or("", |(_, date)| date)
}

/// What `--version` prints behind the name.
pub(crate) fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.map(|commit| format!(" ({commit})")).unwrap_or_default();
        let features: Vec<&str> = FEATURES.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        let (os, arch) = (consts::OS, consts::ARCH);
        format!("{VERSION}{commit}\ntarget: {arch}-{os}\nTLS: {TLS}\nfeatures: {}", features.join(", "))
    });
    &TEXT
}

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
fn hidden(mut all: clap::Command) -> clap::Command {
    let options: Vec<Arg> = all.get_arguments().filter(|option| option.is_global_set()).cloned().collect();
    for command in all.get_subcommands_mut() {
        let path = command.get_name().to_owned();
        hide(command, &path, &options);
    }
    all
}

fn hide(command: &mut clap::Command, path: &str, options: &[Arg]) {
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
fn refusal(all: &mut clap::Command, matches: &ArgMatches) -> Option<clap::Error> {
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
    use super::*;
    use crate::environment::{CACHES_VARIABLE, SETTINGS_VARIABLE};

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }

    /// Else each run of any command would build them.
    #[test]
    fn no_command_has_options_before_it_is_named() {
        for command in Cli::deferred().get_subcommands() {
            let name = command.get_name();
            assert_eq!(command.get_arguments().count() + command.get_subcommands().count(), 0, "{name}");
        }
    }

    #[test]
    fn the_help_lists_all_variables() {
        let settings = Setting::ALL.map(|setting| setting.variable);
        let others = [Profile::VARIABLE, SETTINGS_VARIABLE, CACHES_VARIABLE];
        for name in settings.into_iter().chain(SecretVariable::ALL).chain(others) {
            assert!(ENVIRONMENT.contains(&format!("\n  {name} ")), "{name}");
        }
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
