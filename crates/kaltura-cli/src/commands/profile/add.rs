//! `kaltura profile add`: creates a profile, or changes one.

use std::fmt;
use std::time::Duration;

use clap::Args;
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, CredentialIssue, ErrorKind, Region, ServiceUrl};
use kaltura_http::ReqwestTransport;
use kaltura_types::{AppTokenValue, HashType, PartnerId, SessionType};
use serde::Serialize;

use super::options::{
    AdminSecretPlaceOptions, EntryOptions, KeptSecretOptions, TokenPlaceOptions, service_url, token_id,
};
use super::show::ShownProfile;

use crate::args::values;
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::http::LoggedTransport;
use crate::output::{Ui, style, wrapped};
use crate::profile::{
    Config, NewPlace, Profile, ProfileChanges, ProfileEditor, ProfileName, ProfileSecret, new_profile_name,
};
use crate::secret_input::SecretSource;
use crate::signals::Signals;
use crate::{prompt, runtime};

const EXAMPLES: &str = "\
Examples:
  Answer questions at a terminal:
    kaltura profile add work

  Store the app token value in the system keyring:
    pass show kaltura/token | kaltura profile add work --region eu \\
        --partner-id 1234567 --app-token-id 0_7jh3eu10 --hash-type SHA256 \\
        --app-token-stdin

  Read it from a password manager at each login:
    kaltura profile add work --partner-id 1234567 --app-token-id 0_7jh3eu10 \\
        --hash-type SHA256 --token-command 'pass show kaltura/token'

  Change the user, and remove the lifetime:
    kaltura profile add work --user nightly-import --unset lifetime

  Manage app tokens:
    kaltura profile add admin --partner-id 1234567 --admin-secret-file secret.txt

Secrets are stored in the system keyring. Where there is none, they are stored in a file that only
you can read, with a note; with --store keyring that is an error. config.toml never holds them.

Environment variables are not saved. The first profile becomes the default.

At a terminal, the login is tried; if the app token is rejected, the other hash types can be tried.

With --json the answer is that of `kaltura profile show`, with isNew and warnings.
`kaltura --help` lists the exit codes.";

/// Create a profile, or change entries of an existing one
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct AddCommand {
    /// The name of the profile, such as work
    #[arg(value_name = "NAME", value_parser = new_profile_name, add = values::profiles())]
    name: Option<ProfileName>,

    #[command(flatten)]
    entries: EntryOptions,

    #[command(flatten)]
    token: TokenPlaceOptions,

    #[command(flatten)]
    admin_secret: AdminSecretPlaceOptions,

    #[command(flatten)]
    kept: KeptSecretOptions,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    profile: ShownProfile<'a>,
    is_new: bool,
    warnings: &'a [String],
}

impl AddCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let Self { name, entries, token, admin_secret, kept } = self;
        let config = Config::read(environment)?;
        let name = match name {
            Some(name) => name,
            None if ui.is_interactive() => ask_name(ui, &config)?,
            None => {
                let failure = Failure::usage("the profile name is missing");
                return Err(failure.with_hint("Pass one, such as: kaltura profile add work"));
            }
        };
        config.refuse_namesake(&name)?;
        let mut given = Given::read(ui, entries, token, admin_secret, &kept, environment)?;
        let before = config.find(name.as_str());
        let missing = given.missing(before);
        let is_asked = !missing.is_empty() && ui.is_interactive();
        if is_asked {
            ask_rest(ui, &mut given, &missing, before.is_none())?;
        } else if !missing.is_empty() {
            return Err(Given::failure(&missing));
        }
        let mut warnings = given.doubts(before);
        if is_asked {
            try_login(ui, &mut given, &name)?;
        }
        if before.is_some() && given.changes.is_empty() {
            return Err(Failure::usage(format!("profile '{name}' exists, and there is nothing to change"))
                .with_hint("`kaltura profile add --help` lists what can be changed."));
        }

        let mut editor = ProfileEditor::open(ui, environment)?;
        let saved = editor.save(&name, &given.changes)?;
        warnings.extend(saved.notes);
        let Some(profile) = editor.config().find(name.as_str()) else {
            return Err(editor.config().unknown(name.as_str()));
        };
        let shown = ShownProfile::of(profile, editor.config(), editor.path());
        if ui.wants_json() {
            return ui.print_json(&Answer { profile: shown, is_new: saved.is_new, warnings: &warnings });
        }
        for warning in &warnings {
            ui.note(warning);
        }
        let done = if saved.is_new { "Created" } else { "Updated" };
        let default = if saved.became_default { ", which is now the default" } else { "" };
        ui.print(&format!(
            "{}{done}{:#} profile '{name}'{default}\n{}",
            style::GOOD,
            style::GOOD,
            shown.lines()
        ))?;
        Ok(())
    }
}

/// What was given by options. The prompts for the rest add to the changes.
pub(super) struct Given {
    pub(super) changes: ProfileChanges,
}

/// Something without which no login is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    PartnerId,
    AppTokenId,
    HashType,
    TokenValue,
}

impl Missing {
    /// What it is, and how it is given.
    const fn told(self) -> &'static str {
        match self {
            Self::PartnerId => "--partner-id",
            Self::AppTokenId => "--app-token-id",
            Self::HashType => "--hash-type",
            Self::TokenValue => {
                "the app token value (--app-token-stdin, --app-token-file, --token-command, --token-path or \
                 --token-variable)"
            }
        }
    }
}

impl Given {
    /// Reads the secrets that are given, and checks what has not been checked yet.
    pub(super) fn read(
        ui: &Ui,
        entries: EntryOptions,
        token: TokenPlaceOptions,
        admin_secret: AdminSecretPlaceOptions,
        kept: &KeptSecretOptions,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (token_source, admin_source) = (kept.token.source(), kept.admin_secret.source());
        token_source.refuse_an_argument()?;
        admin_source.refuse_an_argument()?;
        token_source.shares_stdin_with(&admin_source)?;
        if kept.store.is_some() && !token_source.is_given() && !admin_source.is_given() {
            return Err(Failure::usage("--store requires a secret to store").with_hint(
                "Pass it with --app-token-stdin, --app-token-file, --admin-secret-stdin or --admin-secret-file.",
            ));
        }
        let mut changes = ProfileChanges {
            unset: entries.unset.clone(),
            settings: settings(entries)?,
            store: kept.store,
            ..ProfileChanges::default()
        };
        let TokenPlaceOptions { token_command, token_variable, token_path } = token;
        let places = [(ProfileSecret::AppToken, token_command, token_path, token_variable, token_source)];
        let AdminSecretPlaceOptions { admin_secret_command, admin_secret_variable, admin_secret_path } =
            admin_secret;
        let places = places.into_iter().chain([(
            ProfileSecret::AdminSecret,
            admin_secret_command,
            admin_secret_path,
            admin_secret_variable,
            admin_source,
        )]);
        for (secret, command, path, variable, source) in places {
            let place = command.map(NewPlace::Command).or_else(|| path.map(NewPlace::File));
            let place = match place.or_else(|| variable.map(NewPlace::Variable)) {
                None => kept_now(ui, &source, environment)?,
                place => place,
            };
            changes.secrets.extend(place.map(|place| (secret, place)));
        }
        Ok(Self { changes })
    }

    /// What is missing of a profile that was like this before, if there was one. A profile is for logins, or for
    /// managing app tokens.
    pub(super) fn missing(&self, before: Option<&Profile>) -> Vec<Missing> {
        let has = |setting: &Setting| {
            self.setting(setting).is_some() || before.is_some_and(|it| it.text(setting.entry).is_some())
        };
        let knows = |secret: ProfileSecret| {
            self.changes.secrets.iter().any(|(given, _)| *given == secret)
                || before.is_some_and(|it| it.place_of(secret).is_some())
        };
        let is_for_logins = has(&Setting::APP_TOKEN_ID)
            || knows(ProfileSecret::AppToken)
            || !knows(ProfileSecret::AdminSecret);
        [
            (Missing::PartnerId, has(&Setting::PARTNER_ID)),
            (Missing::AppTokenId, !is_for_logins || has(&Setting::APP_TOKEN_ID)),
            (Missing::HashType, !is_for_logins || has(&Setting::HASH_TYPE)),
            (Missing::TokenValue, !is_for_logins || knows(ProfileSecret::AppToken)),
        ]
        .into_iter()
        .filter_map(|(missing, is_there)| (!is_there).then_some(missing))
        .collect()
    }

    /// Says what is missing.
    pub(super) fn failure(missing: &[Missing]) -> Failure {
        let told: Vec<&str> = missing.iter().map(|missing| missing.told()).collect();
        Failure::usage(format!("missing for the profile: {}", told.join(", "))).with_hint(
            "`kaltura profile add --help` has examples. Environment variables are not saved in a profile.",
        )
    }

    /// What is odd about it.
    pub(super) fn doubts(&self, before: Option<&Profile>) -> Vec<String> {
        let mut doubts = Vec::new();
        let id = Setting::APP_TOKEN_ID;
        let given =
            |secret| self.changes.secrets.iter().find(|(it, _)| *it == secret).map(|(_, place)| place);
        let text = |setting: &Setting| {
            self.setting(setting).or_else(|| before.and_then(|it| it.text(setting.entry)))
        };
        if let Some(NewPlace::Kept(value)) = given(ProfileSecret::AppToken) {
            let value = AppTokenValue::new(value.as_str());
            let id = text(&id).unwrap_or_default();
            let credentials = AppTokenCredentials::new(PartnerId::new(0), id, value, HashType::Sha256);
            doubts.extend(
                credentials.credential_issues().into_iter().map(CredentialIssue::advice).map(str::to_owned),
            );
        }
        for (secret, setting) in
            [(ProfileSecret::AppToken, id), (ProfileSecret::AdminSecret, Setting::PARTNER_ID)]
        {
            let old = before.filter(|it| it.place_of(secret).is_some()).and_then(|it| it.text(setting.entry));
            let new = self.setting(&setting).filter(|new| old.is_some_and(|old| old != *new));
            if let (Some(new), None) = (new, given(secret)) {
                let what = secret.what();
                doubts.push(format!("{what} is unchanged, and is now used for {} {new}", setting.entry));
            }
        }
        doubts
    }

    /// Whether this setting was given.
    pub(super) fn has(&self, setting: &Setting) -> bool {
        self.setting(setting).is_some()
    }

    /// Takes a setting that was not given. Its text can be read.
    pub(super) fn add(&mut self, setting: &'static Setting, text: String) {
        self.changes.settings.push((setting, text));
        let place = |it: &Setting| Setting::ALL.iter().position(|one| one.entry == it.entry);
        self.changes.settings.sort_by_key(|(it, _)| place(it));
    }

    fn setting(&self, setting: &Setting) -> Option<&str> {
        let mut given = self.changes.settings.iter();
        given.find(|(it, _)| it.entry == setting.entry).map(|(_, text)| text.as_str())
    }
}

fn kept_now(
    ui: &Ui,
    source: &SecretSource<'_>,
    environment: &Environment,
) -> Result<Option<NewPlace>, Failure> {
    // Where no option says so, the environment would be asked.
    if !source.is_given() {
        return Ok(None);
    }
    Ok(source.read(ui, environment)?.map(NewPlace::Kept))
}

/// The settings in the order in which they are written.
fn settings(entries: EntryOptions) -> Result<Vec<(&'static Setting, String)>, Failure> {
    let url = entries.service_url.as_deref().map(service_url).transpose()?;
    let given = [
        (&Setting::SERVICE_URL, url),
        (&Setting::REGION, entries.region.map(|region| region.to_string())),
        (&Setting::PARTNER_ID, entries.partner_id.map(|partner| partner.to_string())),
        (&Setting::APP_TOKEN_ID, entries.app_token_id),
        (&Setting::HASH_TYPE, entries.hash_type.map(|hash_type| hash_type.to_string())),
        (&Setting::USER, entries.user),
        (&Setting::SESSION_TYPE, entries.session_type.map(|wish| SessionType::from(wish).to_string())),
        (&Setting::CA_FILE, entries.ca_file),
        (&Setting::LIFETIME, entries.lifetime),
        (&Setting::PRIVILEGES, entries.privileges),
        (&Setting::WIDGET_ID, entries.widget_id),
        (&Setting::STORE, entries.session_store),
        (&Setting::STORE_FILE, entries.session_store_file),
    ];
    Ok(given.into_iter().filter_map(|(setting, text)| Some((setting, text?))).collect())
}

/// How long a request of the login may take that is tried.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// What is offered as the name of the first profile.
const FIRST_NAME: &str = "default";

/// Tries the login of a new profile, and offers to find the hash type. A login that fails is a note: the profile is
/// saved all the same.
fn try_login(ui: &Ui, given: &mut Given, name: &ProfileName) -> Result<(), Failure> {
    let text = |setting: &Setting| given.setting(setting).map(str::to_owned);
    let url = match (text(&Setting::SERVICE_URL), text(&Setting::REGION)) {
        (Some(url), _) => url.parse().ok(),
        (None, Some(region)) => region.parse().map(|region: Region| ServiceUrl::from(region)).ok(),
        (None, None) => None,
    };
    let value = given.changes.secrets.iter().find_map(|(secret, place)| match (secret, place) {
        (ProfileSecret::AppToken, NewPlace::Kept(value)) => Some(AppTokenValue::new(value.as_str())),
        _ => None,
    });
    let partner = text(&Setting::PARTNER_ID).and_then(|text| text.parse::<PartnerId>().ok());
    let hash_type = text(&Setting::HASH_TYPE).and_then(|text| text.parse::<HashType>().ok());
    let (Some(url), Some(value), Some(partner), Some(id), Some(hash_type)) =
        (url, value, partner, text(&Setting::APP_TOKEN_ID), hash_type)
    else {
        return Ok(());
    };
    let transport = LoggedTransport::new(ReqwestTransport::builder().build()?, ui.clone());
    let login =
        AppTokenLogin::new(url, AppTokenCredentials::new(partner, id, value, hash_type)).timeout(LOGIN_LIMIT);
    let found = runtime::run(ui, async {
        let mut signals = Signals::listen(ui)?;
        let rejected = match signals.unless_stopped(login.run(&transport)).await? {
            Ok(_) => return Ok(Ok(None)),
            Err(error) if error.kind() == ErrorKind::InvalidTokenHash => error,
            Err(error) => return Ok(Err(Failure::from(error))),
        };
        let question =
            "The app token was rejected: wrong value or hash type. Try the other hash types?".to_owned();
        if !signals.unless_stopped(prompt::confirm(ui, question)).await?? {
            return Ok(Err(rejected.into()));
        }
        let detected = signals.unless_stopped(login.detect_hash_type(&transport)).await?;
        Ok(detected.map(|detected| Some(detected.hash_type)).map_err(Failure::after_detection))
    })?;
    match found {
        Ok(None) => ui.note("the login succeeded"),
        Ok(Some(hash_type)) => {
            given.changes.settings.retain(|(setting, _)| setting.entry != Setting::HASH_TYPE.entry);
            given.add(&Setting::HASH_TYPE, hash_type.to_string());
            ui.note(&format!("the login succeeded with the hash type {hash_type}, which is saved"));
        }
        Err(failure) => ui.note(&format!(
            "the login failed: {}. Check it with `kaltura doctor --profile {name}`",
            failure.story()
        )),
    }
    Ok(())
}

/// Asks for the name of the profile. One that is there is one to be changed.
fn ask_name(ui: &Ui, config: &Config) -> Result<ProfileName, Failure> {
    let offered = if config.profiles().next().is_none() { Some(FIRST_NAME) } else { None };
    let check = |text: &str| new_profile_name(text).map(drop);
    let name = prompt::text(ui, "Profile name:", "Letters, digits, - and _, such as work", offered, check)?;
    new_profile_name(&name).map_err(Failure::usage)
}

/// Asks for what is missing, and adds it to what was given. Where the API is, is asked for with the rest.
fn ask_rest(ui: &Ui, given: &mut Given, missing: &[Missing], is_new: bool) -> Result<(), Failure> {
    ui.eprint(&wrapped(
        "",
        "",
        "Ask the person who created the app token for these values. Press Ctrl-C to cancel.",
    ));
    if missing.contains(&Missing::TokenValue) {
        ui.eprint(&wrapped(
            "",
            "",
            "To use a command, file or variable for the app token value instead, press Ctrl-C and pass --token-command, \
             --token-path or --token-variable.",
        ));
    }
    if is_new && !given.has(&Setting::REGION) && !given.has(&Setting::SERVICE_URL) {
        let (setting, text) = server(ui)?;
        given.add(setting, text);
    }
    for missing in missing {
        match missing {
            Missing::PartnerId => given.add(&Setting::PARTNER_ID, partner_id(ui)?),
            Missing::AppTokenId => given.add(&Setting::APP_TOKEN_ID, app_token_id(ui)?),
            Missing::HashType => given.add(&Setting::HASH_TYPE, hash_type(ui)?),
            Missing::TokenValue => given.changes.secrets.push((ProfileSecret::AppToken, token_value(ui)?)),
        }
    }
    Ok(())
}

fn server(ui: &Ui) -> Result<(&'static Setting, String), Failure> {
    let regions = Region::ALL.into_iter().map(Server::Region);
    match prompt::choice(ui, "Region of the account:", regions.chain([Server::Other]).collect())? {
        Server::Region(region) => Ok((&Setting::REGION, region.to_string())),
        Server::Other => {
            let check = |text: &str| service_url(text).map(drop);
            let url = prompt::text(ui, "Server URL:", "Such as https://video.example.com", None, check)?;
            Ok((&Setting::SERVICE_URL, service_url(&url)?))
        }
    }
}

fn partner_id(ui: &Ui) -> Result<String, Failure> {
    let check = |text: &str| text.trim().parse::<PartnerId>().map(drop);
    let partner = prompt::text(ui, "Partner ID:", "The account number, such as 1234567", None, check)?;
    Ok(partner.trim().to_owned())
}

fn app_token_id(ui: &Ui) -> Result<String, Failure> {
    let check = |text: &str| token_id(text.trim()).map(drop);
    let id = prompt::text(ui, "App token ID:", "Such as 0_7jh3eu10 (not the value)", None, check)?;
    Ok(id.trim().to_owned())
}

fn hash_type(ui: &Ui) -> Result<String, Failure> {
    let hash_type = prompt::choice(ui, "App token hash type:", HashType::ALL.to_vec())?;
    Ok(hash_type.to_string())
}

/// Here people paste the value, so it is the one thing that may be typed here, and nothing of it is shown.
fn token_value(ui: &Ui) -> Result<NewPlace, Failure> {
    let help = "hidden; stored in the system keyring, or in a file only you can read";
    prompt::secret(ui, "App token value:", help).map(NewPlace::Kept)
}

/// Where an account may be.
enum Server {
    Region(Region),
    Other,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => {
                write!(f, "{region:<3} {}", kaltura_auth::ServiceUrl::from(*region))
            }
            Self::Other => f.write_str("another server"),
        }
    }
}
