//! `kaltura profile show` and `kaltura profile list`.

use clap::Args;
use kaltura_types::AppTokenId;
use serde_json::{Map, Value, json};

use crate::args::values;
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::output::style::{HEADING, QUIET, fields};
use crate::output::{self, Ui};
use crate::profile::{Config, Profile, ProfileSecret, SecretPlace, StoredSecret};
use crate::redaction::{repeatable, repeatable_path};

const EXAMPLES: &str = "\
Examples:
  kaltura profile show
  kaltura profile show work --json

The places of the secrets are shown, and whether they are there; never the secrets. Commands that
print secrets are not run. The system keyring may ask you to unlock it.

With --json the answer has name, isDefault, serviceUrl, region, partnerId, appTokenId, hashType,
userId, sessionType, lifetime, privileges, widgetId, store, storeFile and caFile (null if not set;
serviceUrl is always the server), configFile, and appToken and adminSecret: null, or place (command,
file, variable, keyring or ownFile) with file, variable, isThere, and trouble if that is not known.
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
        let Some(name) = name.as_deref().or(config.default_profile.as_deref()) else {
            return Err(config.none_chosen(environment));
        };
        let Some(profile) = config.find(name) else { return Err(config.unknown(name)) };
        let shown = ShownProfile::of(profile, &config).look_for_secrets(environment);
        if ui.wants_json() {
            return ui.print_json(&shown.document());
        }
        let default = if shown.is_default { " (default)" } else { "" };
        let lines = shown.lines();
        ui.print(&format!("{HEADING}Profile '{name}'{HEADING:#}{default}\n{lines}"))
    }
}

/// One profile, and where its secrets are.
pub(super) struct ShownProfile<'a> {
    profile: &'a Profile,
    is_default: bool,
    config_file: String,
    places: Vec<ShownPlace>,
}

impl<'a> ShownProfile<'a> {
    pub(super) fn of(profile: &'a Profile, config: &Config) -> Self {
        let place =
            |secret| Some(ShownPlace { secret, place: profile.place_of(secret)?, is_there: Ok(None) });
        Self {
            profile,
            is_default: config.default_profile.as_deref() == Some(profile.name.as_str()),
            config_file: config.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            places: ProfileSecret::ALL.into_iter().filter_map(place).collect(),
        }
    }

    /// Looks whether the secrets are there. The keyring may ask a person to unlock it.
    fn look_for_secrets(mut self, environment: &Environment) -> Self {
        for shown in &mut self.places {
            shown.is_there = shown.place.has_secret(environment).map_err(|trouble| trouble.to_string());
        }
        self
    }

    pub(super) fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("name".to_owned(), self.profile.name.as_str().into());
        document.insert("isDefault".to_owned(), self.is_default.into());
        for setting in Setting::ALL {
            let text = match setting {
                &Setting::SERVICE_URL => Some(self.server()),
                _ => self.text(setting),
            };
            let number = |text: &String| text.parse::<i64>().ok().filter(|_| *setting == Setting::PARTNER_ID);
            let value = text.map(|text| number(&text).map_or_else(|| text.into(), Value::from));
            document.insert(setting.member.to_owned(), value.into());
        }
        for secret in ProfileSecret::ALL {
            let place = self.places.iter().find(|shown| shown.secret == secret);
            document.insert(secret.member.to_owned(), place.map(ShownPlace::document).into());
        }
        document.insert("configFile".to_owned(), self.config_file.as_str().into());
        document
    }

    /// Lines for people, by the names in the file.
    pub(super) fn lines(&self) -> String {
        let settings = Setting::ALL.into_iter().filter_map(|it| Some((it.entry, self.text(it)?)));
        let places = self.places.iter().map(|shown| (shown.secret.label, shown.told()));
        fields(13, settings.chain(places).chain([("config file", self.config_file.clone())]))
    }

    /// The text of a setting. An id is shown if it looks like one: it may be the value, put in the wrong place.
    fn text(&self, setting: &Setting) -> Option<String> {
        let text = self.profile.text(setting.entry)?;
        let is_id = *setting == Setting::APP_TOKEN_ID;
        Some(if is_id { AppTokenId::new(text).to_string() } else { text.to_owned() })
    }

    /// The server, whether the profile names it by a URL, by a region, or not at all. A wrong region is shown as it is.
    fn server(&self) -> String {
        let server = || self.profile.service_url().map(|url| url.to_string());
        let url = self.text(&Setting::SERVICE_URL).or_else(server);
        url.or_else(|| self.text(&Setting::REGION)).unwrap_or_default()
    }
}

/// Where a secret is.
struct ShownPlace {
    secret: ProfileSecret,
    place: SecretPlace,
    /// Whether it is there, as far as that was looked at; or why that cannot be determined.
    is_there: Result<Option<bool>, String>,
}

impl ShownPlace {
    fn document(&self) -> Value {
        let mut document = match &self.place {
            SecretPlace::Command(_) => json!({ "place": "command" }),
            SecretPlace::File(path) => json!({ "place": "file", "file": repeatable_path(path) }),
            SecretPlace::Stored(StoredSecret::File(path)) => {
                json!({ "place": "ownFile", "file": path.display().to_string() })
            }
            SecretPlace::Variable(name) => json!({ "place": "variable", "variable": repeatable(name) }),
            SecretPlace::Stored(StoredSecret::Keyring(_)) => json!({ "place": "keyring" }),
        };
        match &self.is_there {
            Ok(None) => {}
            Ok(Some(is_there)) => document["isThere"] = (*is_there).into(),
            Err(trouble) => document["trouble"] = trouble.as_str().into(),
        }
        document
    }

    fn told(&self) -> String {
        let [command, ..] = self.secret.entries;
        let place = match &self.place {
            SecretPlace::Command(_) => format!("output of {command}"),
            SecretPlace::File(path) => format!("file {}", repeatable_path(path)),
            SecretPlace::Stored(StoredSecret::File(path)) => format!("file {} (clear text)", path.display()),
            SecretPlace::Variable(name) => format!("variable {}", repeatable(name)),
            SecretPlace::Stored(StoredSecret::Keyring(_)) => "system keyring".to_owned(),
        };
        match (&self.is_there, &self.place) {
            (Err(trouble), _) => format!("{place}: {trouble}"),
            (Ok(Some(false)), SecretPlace::Variable(_)) => format!("{place} (not set)"),
            (Ok(Some(false)), _) => format!("{place} (missing)"),
            (Ok(_), _) => place,
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

impl ListCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let config = Config::read(environment)?;
        let file = config.path.as_ref().map(|path| path.display().to_string());
        let listed: Vec<Map<String, Value>> = config
            .profiles()
            .map(|profile| {
                let mut document = ShownProfile::of(profile, &config).document();
                document.retain(|member, _| LISTED.contains(&member.as_str()));
                document
            })
            .collect();
        // What names no profile may be a secret by mistake.
        let default = config.default_profile.as_deref().map(|name| match config.find(name) {
            Some(_) => name.into(),
            None => repeatable(name),
        });
        if ui.wants_json() {
            return ui
                .print_json(&json!({ "configFile": file, "defaultProfile": default, "profiles": listed }));
        }
        if let Some(gone) = config.default_profile.as_deref().filter(|name| config.find(name).is_none()) {
            let gone = config.unknown(gone);
            ui.note(&format!("the default profile does not exist: {}", gone.text()));
        }
        let place = match file {
            Some(path) => format!("(from {path})"),
            None => "(no directory for profiles: set HOME or KALTURA_CONFIG_DIR)".to_owned(),
        };
        if listed.is_empty() {
            return ui.print(&format!("No profiles {place}\n"));
        }
        let rows: Vec<Vec<String>> = listed.iter().map(cells).collect();
        let heading = ["  NAME", "SERVICE", "PARTNER", "APP TOKEN"].map(str::to_owned);
        let table = output::table(&heading, &rows, None);
        ui.print(&format!("{table}{QUIET}{place}{QUIET:#}\n"))
    }
}

/// The members of a profile in the list.
const LISTED: [&str; 5] = ["name", "isDefault", "serviceUrl", "partnerId", "appTokenId"];

/// A row of the table. It begins with the mark of the default profile.
fn cells(profile: &Map<String, Value>) -> Vec<String> {
    let text = |member: &str| match profile.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let mark = if profile.get("isDefault") == Some(&Value::Bool(true)) { '*' } else { ' ' };
    vec![format!("{mark} {}", text("name")), text("serviceUrl"), text("partnerId"), text("appTokenId")]
}
