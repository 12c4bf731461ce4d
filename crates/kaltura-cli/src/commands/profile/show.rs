//! `kaltura profile show` and `kaltura profile list`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use kaltura_auth::{Region, ServiceUrl};
use kaltura_types::AppTokenId;
use serde::Serialize;

use crate::args::values;
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::output;
use crate::output::{Ui, one_line, style};
use crate::profile::{Config, Profile, ProfileSecret, SecretPlace};
use crate::redaction::{repeatable, repeatable_path};

const EXAMPLES: &str = "\
Examples:
  kaltura profile show
  kaltura profile show work --json

The places of the secrets are shown, and whether they are there; never the secrets. Commands that
print secrets are not run. The system keyring may ask you to unlock it.

With --json the answer has name, isDefault, serviceUrl, region, partnerId, appTokenId, hashType,
userId, sessionType, lifetime, privileges and widgetId (null if not set; serviceUrl is always the
server), configFile, and appToken and adminSecret: null, or place (command, file, variable, keyring
or ownFile) with file, variable, isThere, and trouble if that is not known.
`kaltura --help` lists the exit codes.";

/// Show a profile, and where its secrets are
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ShowCommand {
    /// The profile [default: that of --profile or KALTURA_PROFILE, or the default profile]
    #[arg(value_name = "NAME", add = values::profiles())]
    name: Option<String>,
}

impl ShowCommand {
    pub(super) fn run(self, ui: &Ui, wanted: Option<&str>, environment: &Environment) -> Result<(), Failure> {
        let config = Config::read(environment)?;
        let by_variable = environment.text(Profile::VARIABLE)?;
        let name = self.name.or_else(|| wanted.map(str::to_owned)).or(by_variable);
        let Some(name) = name.as_deref().or_else(|| config.default_name()) else {
            return Err(config.none_chosen(environment));
        };
        let Some(profile) = config.find(name) else { return Err(config.unknown(name)) };
        let path = Config::path(environment).unwrap_or_default();
        let shown = ShownProfile::of(profile, &config, &path).look_for_secrets(environment);
        if ui.wants_json() {
            return ui.print_json(&shown);
        }
        let default = if config.default_name() == Some(name) { " (default)" } else { "" };
        ui.print(&format!(
            "{}Profile '{name}'{:#}{default}\n{}",
            style::HEADING,
            style::HEADING,
            shown.lines()
        ))
    }
}

/// One profile.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownProfile<'a> {
    name: &'a str,
    is_default: bool,
    service_url: String,
    region: Option<&'a str>,
    partner_id: Option<serde_json::Value>,
    app_token_id: Option<String>,
    hash_type: Option<&'a str>,
    user_id: Option<&'a str>,
    session_type: Option<&'a str>,
    lifetime: Option<&'a str>,
    privileges: Option<&'a str>,
    widget_id: Option<&'a str>,
    store: Option<&'a str>,
    store_file: Option<&'a str>,
    app_token: Option<ShownPlace>,
    admin_secret: Option<ShownPlace>,
    config_file: String,
    #[serde(skip)]
    profile: &'a Profile,
}

/// Where a secret is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPlace {
    place: &'static str,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    /// Whether it is there, as far as that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_there: Option<bool>,
    /// Why that cannot be determined.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    /// The entry of the file that says so.
    #[serde(skip)]
    entry: &'static str,
}

impl<'a> ShownProfile<'a> {
    pub(super) fn of(profile: &'a Profile, config: &Config, path: &Path) -> Self {
        let text = |setting: &Setting| profile.text(setting.entry);
        let partner = text(&Setting::PARTNER_ID);
        let place = |secret| profile.place_of(secret).map(|place| ShownPlace::of(secret, place));
        Self {
            name: profile.name().as_str(),
            is_default: config.default_name() == Some(profile.name().as_str()),
            service_url: service_url(profile),
            region: text(&Setting::REGION),
            partner_id: partner.map(|text| text.parse::<i64>().map_or_else(|_| text.into(), Into::into)),
            app_token_id: text(&Setting::APP_TOKEN_ID).map(|id| AppTokenId::new(id).to_string()),
            hash_type: text(&Setting::HASH_TYPE),
            user_id: text(&Setting::USER),
            session_type: text(&Setting::SESSION_TYPE),
            lifetime: text(&Setting::LIFETIME),
            privileges: text(&Setting::PRIVILEGES),
            widget_id: text(&Setting::WIDGET_ID),
            store: text(&Setting::STORE),
            store_file: text(&Setting::STORE_FILE),
            app_token: place(ProfileSecret::AppToken),
            admin_secret: place(ProfileSecret::AdminSecret),
            config_file: path.display().to_string(),
            profile,
        }
    }

    /// Looks whether the secrets are there. The keyring may ask a person to unlock it.
    pub(super) fn look_for_secrets(mut self, environment: &Environment) -> Self {
        let shown = [
            (ProfileSecret::AppToken, self.app_token.as_mut()),
            (ProfileSecret::AdminSecret, self.admin_secret.as_mut()),
        ];
        for (secret, shown) in shown {
            if let (Some(shown), Some(place)) = (shown, self.profile.place_of(secret)) {
                match place.has_secret(environment) {
                    Ok(is_there) => shown.is_there = is_there,
                    Err(trouble) => shown.trouble = Some(trouble.to_string()),
                }
            }
        }
        self
    }

    /// Lines for people, by the names that stand in the file.
    pub(super) fn lines(&self) -> String {
        let mut lines = Vec::new();
        for setting in Setting::ALL {
            let text = match &self.app_token_id {
                Some(id) if setting.entry == Setting::APP_TOKEN_ID.entry => Some(id.as_str()),
                _ => self.profile.text(setting.entry),
            };
            lines.extend(text.map(|text| (setting.entry, text.to_owned())));
        }
        lines.extend(self.app_token.as_ref().map(|place| ("app token", place.told())));
        lines.extend(self.admin_secret.as_ref().map(|place| ("admin secret", place.told())));
        lines.push(("config file", self.config_file.clone()));
        let mut text = String::new();
        for (label, value) in lines {
            let _ = writeln!(text, "  {}{label:<13}{:#}{}", style::QUIET, style::QUIET, one_line(&value));
        }
        text
    }
}

/// Where the profile has the API, whether it says so by a URL, by a region, or not at all.
pub(super) fn service_url(profile: &Profile) -> String {
    let region = profile.text(Setting::REGION.entry).map(|text| match text.parse::<Region>() {
        Ok(region) => ServiceUrl::from(region).to_string(),
        // What is wrong is shown as it stands; the use of the profile reports it.
        Err(_) => text.to_owned(),
    });
    let url = profile.text(Setting::SERVICE_URL.entry).map(str::to_owned);
    url.or(region).unwrap_or_else(|| ServiceUrl::US.to_string())
}

impl ShownPlace {
    fn of(secret: ProfileSecret, place: SecretPlace) -> Self {
        let [entry, ..] = secret.entries();
        let shown = |place| Self { place, file: None, variable: None, is_there: None, trouble: None, entry };
        match place {
            SecretPlace::Command(_) => shown("command"),
            SecretPlace::File(path) => Self { file: Some(repeatable_path(&path)), ..shown("file") },
            SecretPlace::OwnFile(path) => Self { file: Some(path.display().to_string()), ..shown("ownFile") },
            SecretPlace::Variable(name) => {
                Self { variable: Some(repeatable(&name).into_owned()), ..shown("variable") }
            }
            SecretPlace::Keyring(_) => shown("keyring"),
        }
    }

    fn told(&self) -> String {
        let Self { file, variable, entry, .. } = self;
        let place = match (self.place, file, variable) {
            (_, _, Some(variable)) => format!("variable {variable}"),
            ("ownFile", Some(file), _) => format!("file {file} (clear text)"),
            (_, Some(file), _) => format!("file {file}"),
            ("keyring", ..) => "system keyring".to_owned(),
            _ => format!("output of {entry}"),
        };
        match (self.is_there, &self.trouble) {
            (_, Some(trouble)) => format!("{place}: {trouble}"),
            (Some(false), None) if self.variable.is_some() => format!("{place} (not set)"),
            (Some(false), None) if self.file.is_some() => format!("{place} (missing)"),
            (Some(false), None) => format!("{place} (missing)"),
            (Some(true) | None, None) => place,
        }
    }
}

const LIST_EXAMPLES: &str = "\
Examples:
  kaltura profile list
  kaltura profile list --jq '.profiles[].name'

A star marks the default profile.

With --json the answer has configFile, defaultProfile (null if there is none), and profiles: a
list of name, isDefault, serviceUrl, partnerId and appTokenId. `kaltura --help` lists the exit
codes.";

/// List the profiles
#[derive(Debug, Args)]
#[command(after_long_help = LIST_EXAMPLES)]
pub(super) struct ListCommand {}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    config_file: Option<String>,
    default_profile: Option<Cow<'a, str>>,
    profiles: Vec<Line<'a>>,
}

/// One profile.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    name: &'a str,
    is_default: bool,
    service_url: String,
    partner_id: Option<serde_json::Value>,
    app_token_id: Option<String>,
}

impl ListCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let config = Config::read(environment)?;
        let answer = List {
            config_file: Config::path(environment).map(|path| path.display().to_string()),
            default_profile: config.default_name().map(|name| match config.find(name) {
                Some(_) => name.into(),
                // What names no profile may be a secret by mistake.
                None => repeatable(name),
            }),
            profiles: config.profiles().map(|profile| Line::of(profile, config.default_name())).collect(),
        };
        if ui.wants_json() {
            return ui.print_json(&answer);
        }
        if let Some(gone) = config.default_name().filter(|name| config.find(name).is_none()) {
            let gone = config.unknown(gone);
            ui.note(&format!("the default profile does not exist: {}", gone.story()));
        }
        ui.print(&answer.text())
    }
}

impl<'a> Line<'a> {
    fn of(profile: &'a Profile, default: Option<&str>) -> Self {
        let text = |setting: &Setting| profile.text(setting.entry);
        let partner = text(&Setting::PARTNER_ID);
        Self {
            name: profile.name().as_str(),
            is_default: default == Some(profile.name().as_str()),
            service_url: service_url(profile),
            partner_id: partner.map(|text| text.parse::<i64>().map_or_else(|_| text.into(), Into::into)),
            app_token_id: text(&Setting::APP_TOKEN_ID).map(|id| AppTokenId::new(id).to_string()),
        }
    }

    /// The cells of the table. The first one begins with the mark of the default profile.
    fn cells(&self) -> Vec<String> {
        let partner = self.partner_id.as_ref().map(|partner| match partner.as_str() {
            Some(text) => text.to_owned(),
            None => partner.to_string(),
        });
        vec![
            format!("{} {}", if self.is_default { '*' } else { ' ' }, self.name),
            self.service_url.clone(),
            partner.unwrap_or_default(),
            self.app_token_id.clone().unwrap_or_default(),
        ]
    }
}

impl List<'_> {
    /// A table for people.
    fn text(&self) -> String {
        let place = match &self.config_file {
            Some(path) => format!("(from {path})"),
            None => "(no directory for profiles: set HOME or KALTURA_CONFIG_DIR)".to_owned(),
        };
        if self.profiles.is_empty() {
            return format!("No profiles {place}\n");
        }
        let heading = ["  NAME", "SERVICE", "PARTNER", "APP TOKEN"].map(str::to_owned);
        let rows: Vec<Vec<String>> = self.profiles.iter().map(Line::cells).collect();
        let table = output::table(&heading, &rows, None);
        format!("{table}{}{place}{:#}\n", style::QUIET, style::QUIET)
    }
}
