//! `kaltura profile add`: creates a profile, or changes one.

use std::time::Duration;

use clap::Args;
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, CredentialIssue, ErrorKind, Region, ServiceUrl};
use kaltura_http::ReqwestTransport;
use kaltura_types::{AppTokenValue, HashType, PartnerId};

use super::options::{
    AdminSecretPlaceOptions, EntryOptions, KeptSecretOptions, TokenPlaceOptions, service_url, token_id,
};
use super::show::ShownProfile;

use crate::args::{SecretSource, values};
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::http::LoggedTransport;
use crate::output::style::GOOD;
use crate::output::{Ui, wrapped};
use crate::profile::{
    Config, NewPlace, Profile, ProfileChanges, ProfileEditor, ProfileName, ProfileSecret, new_profile_name,
    server,
};
use crate::prompt;
use crate::signals::run_until_stopped;

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

impl AddCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let config = Config::read(environment)?;
        let (name, mut changes) = self.read(ui, &config, environment)?;
        let before = config.find(name.as_str());
        let missing = missing(&changes, before);
        let is_asked = !missing.is_empty() && ui.is_interactive();
        if is_asked {
            ask_rest(ui, &mut changes, &missing, before.is_none())?;
        } else if !missing.is_empty() {
            let told: Vec<&str> =
                missing.iter().map(|setting| setting.map_or(TOKEN_VALUE, |it| it.option)).collect();
            return Err(Failure::usage(format!("missing for the profile: {}", told.join(", "))).with_hint(
                "`kaltura profile add --help` has examples. Environment variables are not saved in a profile.",
            ));
        }
        let mut warnings = doubts(&changes, before);
        if is_asked {
            try_login(ui, &mut changes, &name)?;
        }
        if before.is_some() && changes.is_empty() {
            return Err(Failure::usage(format!("profile '{name}' exists, and there is nothing to change"))
                .with_hint("`kaltura profile add --help` lists what can be changed."));
        }

        let mut editor = ProfileEditor::open(ui, environment)?;
        let saved = editor.save(&name, &changes)?;
        warnings.extend(saved.notes);
        let Some(profile) = editor.config.find(name.as_str()) else {
            return Err(editor.config.unknown(name.as_str()));
        };
        let shown = ShownProfile::of(profile, &editor.config);
        if ui.wants_json() {
            let mut answer = shown.document();
            answer.insert("isNew".to_owned(), saved.is_new.into());
            answer.insert("warnings".to_owned(), warnings.into());
            return ui.print_json(&answer);
        }
        for warning in &warnings {
            ui.note(warning);
        }
        let done = if saved.is_new { "Created" } else { "Updated" };
        let default = if saved.became_default { ", which is now the default" } else { "" };
        let lines = shown.lines();
        ui.print(&format!("{GOOD}{done}{GOOD:#} profile '{name}'{default}\n{lines}"))
    }

    /// Reads the name, the settings and the secrets that are given.
    fn read(
        self,
        ui: &Ui,
        config: &Config,
        environment: &Environment,
    ) -> Result<(ProfileName, ProfileChanges), Failure> {
        let Self { name, entries, token, admin_secret, kept } = self;
        let name = match name {
            Some(name) => name,
            None if ui.is_interactive() => ask_name(ui, config)?,
            None => {
                let failure = Failure::usage("the profile name is missing");
                return Err(failure.with_hint("Pass one, such as: kaltura profile add work"));
            }
        };
        config.refuse_namesake(&name)?;
        let (token_source, admin_source) = (kept.token.source(), kept.admin_secret.source());
        token_source.refuse_an_argument()?;
        admin_source.refuse_an_argument()?;
        token_source.shares_stdin_with(admin_source)?;
        if kept.store.is_some() && !token_source.is_given() && !admin_source.is_given() {
            return Err(Failure::usage("--store requires a secret to store").with_hint(
                "Pass it with --app-token-stdin, --app-token-file, --admin-secret-stdin or --admin-secret-file.",
            ));
        }
        let unset = entries.unset.clone();
        let settings = entries.settings()?;
        let TokenPlaceOptions { token_command, token_path, token_variable } = token;
        let places = [token_command, token_path, token_variable];
        let app_token = new_place(ui, environment, places, token_source)?;
        let AdminSecretPlaceOptions { admin_secret_command, admin_secret_path, admin_secret_variable } =
            admin_secret;
        let places = [admin_secret_command, admin_secret_path, admin_secret_variable];
        let admin = new_place(ui, environment, places, admin_source)?;
        let secrets = [(ProfileSecret::APP_TOKEN, app_token), (ProfileSecret::ADMIN_SECRET, admin)];
        let secrets = secrets.into_iter().filter_map(|(secret, place)| Some((secret, place?))).collect();
        Ok((name, ProfileChanges { unset, settings, secrets, store: kept.store }))
    }
}

/// Where a secret is from now on, if that is given. The secret of a file or of standard input is stored now; that of a
/// variable is not.
fn new_place(
    ui: &Ui,
    environment: &Environment,
    [command, path, variable]: [Option<String>; 3],
    source: &SecretSource,
) -> Result<Option<NewPlace>, Failure> {
    let place = command.map(NewPlace::Command).or_else(|| path.map(NewPlace::File));
    let place = place.or_else(|| variable.map(NewPlace::Variable));
    if place.is_some() || !source.is_given() {
        return Ok(place);
    }
    Ok(source.read(ui, environment)?.map(NewPlace::Kept))
}

/// How the value of an app token is given.
const TOKEN_VALUE: &str = "the app token value (--app-token-stdin, --app-token-file, --token-command, --token-path or \
                           --token-variable)";

/// What is missing of a profile that was like this before, if there was one: settings, and `None` for the value of the
/// app token. A profile is for logins, or for managing app tokens.
fn missing(changes: &ProfileChanges, before: Option<&Profile>) -> Vec<Option<&'static Setting>> {
    let has = |setting: &Setting| {
        changes.setting(setting).is_some() || before.is_some_and(|it| it.text(setting.entry).is_some())
    };
    let knows = |secret: ProfileSecret| {
        changes.place(secret).is_some() || before.is_some_and(|it| it.place_of(secret).is_some())
    };
    let is_for_logins =
        has(&Setting::APP_TOKEN_ID) || knows(ProfileSecret::APP_TOKEN) || !knows(ProfileSecret::ADMIN_SECRET);
    let of_logins: &[_] = if is_for_logins { &[&Setting::APP_TOKEN_ID, &Setting::HASH_TYPE] } else { &[] };
    let settings = std::iter::once(&Setting::PARTNER_ID).chain(of_logins.iter().copied());
    let value = (is_for_logins && !knows(ProfileSecret::APP_TOKEN)).then_some(None);
    settings.filter(|setting| !has(setting)).map(Some).chain(value).collect()
}

/// What is odd about the changes.
fn doubts(changes: &ProfileChanges, before: Option<&Profile>) -> Vec<String> {
    let mut doubts = Vec::new();
    let old = |setting: &Setting| before.and_then(|it| it.text(setting.entry));
    if let Some(NewPlace::Kept(value)) = changes.place(ProfileSecret::APP_TOKEN) {
        let value = AppTokenValue::new(value.as_str());
        let id = &Setting::APP_TOKEN_ID;
        let id = changes.setting(id).or_else(|| old(id)).unwrap_or_default();
        let credentials = AppTokenCredentials::new(PartnerId::new(0), id, value, HashType::Sha256);
        let issues = credentials.credential_issues().into_iter();
        doubts.extend(issues.map(CredentialIssue::advice).map(str::to_owned));
    }
    for (secret, setting) in [
        (ProfileSecret::APP_TOKEN, &Setting::APP_TOKEN_ID),
        (ProfileSecret::ADMIN_SECRET, &Setting::PARTNER_ID),
    ] {
        if let (Some(old), Some(new)) = (old(setting), changes.setting(setting))
            && old != new
            && changes.place(secret).is_none()
            && before.is_some_and(|it| it.place_of(secret).is_some())
        {
            let what = secret.what;
            doubts.push(format!("{what} is unchanged, and is now used for {} {new}", setting.entry));
        }
    }
    doubts
}

/// How long a request of the login may take that is tried.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// What is offered as the name of the first profile.
const FIRST_NAME: &str = "default";

/// Tries the login of a new profile, and offers to find the hash type. A login that fails is a note: the profile is
/// saved all the same.
fn try_login(ui: &Ui, changes: &mut ProfileChanges, name: &ProfileName) -> Result<(), Failure> {
    let text = |setting: &Setting| changes.setting(setting);
    let (url, region) = (text(&Setting::SERVICE_URL), text(&Setting::REGION));
    let url = if url.is_some() || region.is_some() { server(url, region) } else { None };
    let Some(NewPlace::Kept(value)) = changes.place(ProfileSecret::APP_TOKEN) else { return Ok(()) };
    let value = AppTokenValue::new(value.as_str());
    let partner = text(&Setting::PARTNER_ID).and_then(|text| text.parse::<PartnerId>().ok());
    let hash_type = text(&Setting::HASH_TYPE).and_then(|text| text.parse::<HashType>().ok());
    let (Some(url), Some(partner), Some(id), Some(hash_type)) =
        (url, partner, text(&Setting::APP_TOKEN_ID), hash_type)
    else {
        return Ok(());
    };
    let transport = LoggedTransport::new(ReqwestTransport::builder().build()?, ui.clone());
    let login =
        AppTokenLogin::new(url, AppTokenCredentials::new(partner, id, value, hash_type)).timeout(LOGIN_LIMIT);
    let found = run_until_stopped(ui, async {
        let rejected = match login.run(&transport).await {
            Ok(_) => return Ok(Ok(None)),
            Err(error) if error.kind() == ErrorKind::InvalidTokenHash => error,
            Err(error) => return Ok(Err(Failure::from(error))),
        };
        let question =
            "The app token was rejected: wrong value or hash type. Try the other hash types?".to_owned();
        if !prompt::confirm(ui, question).await? {
            return Ok(Err(rejected.into()));
        }
        let detected = login.detect_hash_type(&transport).await;
        Ok(detected.map(|detected| Some(detected.hash_type)).map_err(Failure::after_detection))
    })?;
    match found {
        Ok(None) => ui.note("the login succeeded"),
        Ok(Some(hash_type)) => {
            changes.set(&Setting::HASH_TYPE, hash_type.to_string());
            ui.note(&format!("the login succeeded with the hash type {hash_type}, which is saved"));
        }
        Err(failure) => ui.note(&format!(
            "the login failed: {}. Check it with `kaltura doctor --profile {name}`",
            failure.text()
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

/// Asks for what is missing, and adds it to what was given.
fn ask_rest(
    ui: &Ui,
    changes: &mut ProfileChanges,
    missing: &[Option<&'static Setting>],
    is_new: bool,
) -> Result<(), Failure> {
    let say = |text| ui.eprint(&wrapped("", "", text));
    say("Ask the person who created the app token for these values. Press Ctrl-C to cancel.");
    if missing.contains(&None) {
        say(
            "To use a command, file or variable for the app token value instead, press Ctrl-C and pass --token-command, \
             --token-path or --token-variable.",
        );
    }
    let has_server =
        [&Setting::REGION, &Setting::SERVICE_URL].into_iter().any(|it| changes.setting(it).is_some());
    if is_new && !has_server {
        let (setting, text) = ask_server(ui)?;
        changes.set(setting, text);
    }
    for missing in missing {
        match missing {
            None => {
                let help = "hidden; stored in the system keyring, or in a file only you can read";
                let value = prompt::secret(ui, "App token value:", help)?;
                changes.secrets.push((ProfileSecret::APP_TOKEN, NewPlace::Kept(value)));
            }
            Some(setting) if **setting == Setting::PARTNER_ID => {
                let check = |text: &str| text.trim().parse::<PartnerId>().map(drop);
                let help = "The account number, such as 1234567";
                let partner = prompt::text(ui, "Partner ID:", help, None, check)?;
                changes.set(setting, partner.trim().to_owned());
            }
            Some(setting) if **setting == Setting::APP_TOKEN_ID => {
                let check = |text: &str| token_id(text.trim()).map(drop);
                let help = "Such as 0_7jh3eu10 (not the value)";
                let id = prompt::text(ui, "App token ID:", help, None, check)?;
                changes.set(setting, id.trim().to_owned());
            }
            Some(setting) => {
                let hash_type = prompt::choice(ui, "App token hash type:", HashType::ALL.to_vec())?;
                changes.set(setting, hash_type.to_string());
            }
        }
    }
    Ok(())
}

fn ask_server(ui: &Ui) -> Result<(&'static Setting, String), Failure> {
    const OTHER: &str = "another server";
    let named = |region: Region| format!("{region:<3} {}", ServiceUrl::from(region));
    let regions = Region::ALL.into_iter().map(named);
    let choices = regions.chain([OTHER.to_owned()]).collect();
    let chosen = prompt::choice(ui, "Region of the account:", choices)?;
    match Region::ALL.into_iter().find(|region| named(*region) == chosen) {
        Some(region) => Ok((&Setting::REGION, region.to_string())),
        None => {
            let check = |text: &str| service_url(text).map(drop);
            let url = prompt::text(ui, "Server URL:", "Such as https://video.example.com", None, check)?;
            Ok((&Setting::SERVICE_URL, service_url(&url)?))
        }
    }
}
