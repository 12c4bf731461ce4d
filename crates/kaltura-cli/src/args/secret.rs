//! Secrets by option: from a file, standard input or a variable. Never from an argument: others on the machine can read
//! the arguments of a process, and the shell keeps them.

use std::ffi::OsString;
use std::mem::take;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use kaltura_auth::ServiceUrl;
use kaltura_types::{AdminSecret, AppTokenId, AppTokenValue, Ks, KsHeader, PartnerId};
use zeroize::Zeroizing;

use crate::config::{Environment, SecretVariable, Settings};
use crate::error::Failure;
use crate::output::{Ui, one_line};
use crate::profile::{ProfileSecret, SecretOwner};
use crate::prompt;
use crate::secret_input::{self, Secret};

/// The options of one secret: `--NAME-file`, `--NAME-stdin`, and `--NAME`, which is taken only to say what to do instead.
#[derive(Clone, Debug)]
pub(crate) struct SecretOptions<const KIND: usize>(SecretSource);

/// The value of an app token.
pub(crate) type AppTokenValueOptions = SecretOptions<0>;
/// The admin secret of an account, with which every KS of it is signed and opened.
pub(crate) type AdminSecretOptions = SecretOptions<1>;
/// A KS that another program has made.
pub(crate) type KsOptions = SecretOptions<2>;

/// What a secret is called.
struct Names {
    what: &'static str,
    heading: &'static str,
    /// The options for a file, for standard input, and the one that is refused.
    options: [&'static str; 3],
    variable: &'static str,
}

const NAMES: [Names; 3] = [
    Names {
        what: "the app token value",
        heading: "App token",
        options: ["app-token-file", "app-token-stdin", "app-token"],
        variable: SecretVariable::APP_TOKEN,
    },
    Names {
        what: "the admin secret",
        heading: "Admin secret",
        options: ["admin-secret-file", "admin-secret-stdin", "admin-secret"],
        variable: SecretVariable::ADMIN_SECRET,
    },
    Names {
        what: "the KS",
        heading: "Session",
        options: ["ks-file", "ks-stdin", "ks"],
        variable: SecretVariable::KS,
    },
];

impl<const KIND: usize> SecretOptions<KIND> {
    const NAMES: &'static Names = &NAMES[KIND];

    pub(crate) const fn source(&self) -> &SecretSource {
        &self.0
    }
}

impl<const KIND: usize> Args for SecretOptions<KIND> {
    fn augment_args(command: Command) -> Command {
        let Names { what, heading, options: [file, stdin, refused], variable, .. } = Self::NAMES;
        let arg = |name: &'static str| Arg::new(name).long(name).help_heading(*heading);
        let help = format!("Read {what} from this file (one trailing newline is removed) [env: {variable}]");
        command
            .arg(
                arg(file)
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .conflicts_with(*stdin)
                    .help(help),
            )
            .arg(arg(stdin).action(ArgAction::SetTrue).help(format!("Read {what} from standard input")))
            .arg(
                arg(refused)
                    .value_name("VALUE")
                    .value_parser(value_parser!(OsString))
                    .num_args(0..=1)
                    .hide(true),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const KIND: usize> FromArgMatches for SecretOptions<KIND> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Names { what, options: [file, stdin, refused], variable, .. } = Self::NAMES;
        Ok(Self(SecretSource {
            what,
            option: refused,
            variable,
            file: matches.get_one(file).cloned(),
            stdin: matches.get_flag(stdin),
            in_argument: matches.contains_id(refused),
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

// The String inside moves, here and below: no copy is left behind.
impl AppTokenValueOptions {
    /// The value. `owner` is which token it must be the value of.
    pub(crate) fn value(
        &self,
        ui: &Ui,
        settings: &Settings,
        owner: &SecretOwner<'_>,
    ) -> Result<AppTokenValue, Failure> {
        let mut value = self.source().require_or_kept(ui, settings, ProfileSecret::APP_TOKEN, owner)?;
        Ok(AppTokenValue::new(take(&mut *value)))
    }
}

impl KsOptions {
    /// The KS, byte for byte as it was given, if one was.
    pub(crate) fn given(&self, ui: &Ui, settings: &Settings) -> Result<Option<Ks>, Failure> {
        let ks = self.source().read(ui, &settings.environment)?;
        Ok(ks.map(|mut ks| Ks::new(take(&mut *ks))))
    }

    /// The KS, without which nothing can be done.
    pub(crate) fn ks(&self, ui: &Ui, settings: &Settings) -> Result<Ks, Failure> {
        self.given(ui, settings)?.ok_or_else(|| self.source().missing(&settings.environment, ""))
    }
}

impl AdminSecretOptions {
    /// The admin secret, if one was given. That of the profile is not looked for: it may have to be asked for.
    pub(crate) fn given(&self, ui: &Ui, settings: &Settings) -> Result<Option<AdminSecret>, Failure> {
        let secret = self.source().read(ui, &settings.environment)?;
        Ok(secret.map(|mut secret| AdminSecret::new(take(&mut *secret))))
    }

    /// The admin secret of this account, without which nothing can be done. `service_url` is the server that is to
    /// be sent what is signed with it, if any.
    pub(crate) fn admin_secret(
        &self,
        ui: &Ui,
        settings: &Settings,
        partner: PartnerId,
        service_url: Option<&ServiceUrl>,
    ) -> Result<AdminSecret, Failure> {
        let owner = SecretOwner { service_url, partner: Some(partner), token_id: None };
        let mut secret = self.source().require_or_kept(ui, settings, ProfileSecret::ADMIN_SECRET, &owner)?;
        Ok(AdminSecret::new(take(&mut *secret)))
    }
}

/// Version and account of a KS; or what is wrong with the text, which is no KS, and what to do.
pub(crate) fn ks_header(ks: &Ks) -> Result<KsHeader, (String, &'static str)> {
    match (ks.issue(), KsHeader::parse(ks)) {
        (None, Ok(header)) => Ok(header),
        (Some(issue), _) => {
            Err((issue.to_string().trim_start_matches("not a KS: ").to_owned(), issue.advice()))
        }
        (None, Err(error)) => Err((error.to_string(), "")),
    }
}

/// Where a secret may come from: its file, standard input, or its variable, in this order.
#[derive(Clone, Debug)]
pub(crate) struct SecretSource {
    /// What it is, such as `the KS`.
    pub(crate) what: &'static str,
    /// What its options begin with, such as `ks`, which stands for `--ks-file` and `--ks-stdin`.
    pub(crate) option: &'static str,
    pub(crate) variable: &'static str,
    /// The file that was given; `-` is standard input.
    pub(crate) file: Option<PathBuf>,
    pub(crate) stdin: bool,
    /// Whether it was given as an argument, which is refused.
    pub(crate) in_argument: bool,
}

impl SecretSource {
    /// The secret, or nothing if none was given.
    pub(crate) fn read(&self, ui: &Ui, environment: &Environment) -> Result<Option<Secret>, Failure> {
        self.refuse_an_argument()?;
        if self.takes_stdin() {
            return secret_input::from_stdin(ui, &format!("--{}-stdin", self.option)).map(Some);
        }
        match &self.file {
            Some(path) => secret_input::from_file(path).map(Some),
            None => Ok(environment.text(self.variable)?.map(Zeroizing::new)),
        }
    }

    /// Says what to do instead, if the secret stands in an argument.
    pub(crate) fn refuse_an_argument(&self) -> Result<(), Failure> {
        let Self { what, option, variable, in_argument, .. } = self;
        if !in_argument {
            return Ok(());
        }
        let message = format!("{what} cannot be passed as an argument: other users can read arguments");
        Err(Failure::usage(message).with_hint(format!(
            "It may be in the shell history now. Use {variable}, --{option}-file or --{option}-stdin."
        )))
    }

    /// The secret, without which nothing can be done. The profile may have it. `owner` is whose secret it must be.
    fn require_or_kept(
        &self,
        ui: &Ui,
        settings: &Settings,
        secret: ProfileSecret,
        owner: &SecretOwner<'_>,
    ) -> Result<Secret, Failure> {
        let environment = &settings.environment;
        if let Some(given) = self.read(ui, environment)? {
            return Ok(given);
        }
        if let Some(profile) = settings.needed_profile()?
            && let Some(kept) = profile.secret(ui, secret, environment, owner)?
        {
            return Ok(kept);
        }
        if ui.is_interactive() {
            return self.ask(ui, owner);
        }
        Err(self.missing(environment, " To store it, create a profile: `kaltura profile add`."))
    }

    fn ask(&self, ui: &Ui, owner: &SecretOwner<'_>) -> Result<Secret, Failure> {
        let whose = match (owner.token_id, owner.partner) {
            // As far as it looks like an id: it may be the value, put in the wrong place.
            (Some(id), _) => format!(" {}", one_line(&AppTokenId::new(id).to_string())),
            (None, Some(partner)) => format!(" of the account {partner}"),
            (None, None) => String::new(),
        };
        let mut what = format!("{}{whose}:", self.what);
        if let Some(first) = what.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        prompt::secret(ui, &what, "hidden; to store it, run kaltura profile add")
    }

    /// Where it comes from, without anything of the secret itself.
    pub(crate) fn origin(&self, settings: &Settings, secret: ProfileSecret) -> String {
        let of_profile = || settings.profile().filter(|profile| profile.place_of(secret).is_some());
        match &self.file {
            _ if self.takes_stdin() => "input".to_owned(),
            Some(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("file {}", path.display())
            }
            None if settings.environment.is_set(self.variable) => format!("variable {}", self.variable),
            None => of_profile().map_or_else(|| "input".to_owned(), |it| format!("profile {}", it.name)),
        }
    }

    /// Whether the secret would have to be asked for at the terminal, as nothing gives it.
    pub(crate) fn must_be_asked(&self, ui: &Ui, settings: &Settings, secret: ProfileSecret) -> bool {
        let is_given = self.is_given() || settings.environment.is_set(self.variable);
        let is_kept = settings.profile().is_some_and(|profile| profile.place_of(secret).is_some());
        !is_given && !is_kept && ui.is_interactive()
    }

    /// It is missing: how it can be given.
    pub(crate) fn missing(&self, environment: &Environment, further: &str) -> Failure {
        let Self { what, option, variable, .. } = self;
        let empty = environment.but_empty(&[variable]);
        Failure::usage(format!("{what} is missing{empty}"))
            .with_hint(format!("Set {variable}, or pass --{option}-file FILE or --{option}-stdin.{further}"))
    }

    /// Whether an option says where it comes from.
    pub(crate) const fn is_given(&self) -> bool {
        self.stdin || self.file.is_some()
    }

    /// Refuses that this secret and another one both come from standard input.
    pub(crate) fn shares_stdin_with(&self, other: &Self) -> Result<(), Failure> {
        if self.takes_stdin() && other.takes_stdin() {
            let message = format!("{} and {} cannot both be read from standard input", self.what, other.what);
            return Err(Failure::usage(message).with_hint(format!(
                "Use a file or a variable for one of them: {} or {}.",
                self.variable, other.variable
            )));
        }
        Ok(())
    }

    /// Whether it comes from standard input.
    pub(crate) fn takes_stdin(&self) -> bool {
        self.stdin || self.file.as_deref() == Some(Path::new("-"))
    }
}
