//! `kaltura profile list`: lists the profiles.

use std::borrow::Cow;

use clap::Args;
use kaltura_types::AppTokenId;
use serde::Serialize;

use super::shown::service_url;
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::output;
use crate::output::{Ui, style};
use crate::profile::{Config, Profile};
use crate::redaction::repeatable;

const EXAMPLES: &str = "\
Examples:
  kaltura profile list
  kaltura profile list --jq '.profiles[].name'

The default profile is marked with a star.

With --json the answer has configFile, defaultProfile (null if there is none), and profiles: a
list of name, isDefault, serviceUrl, partnerId and appTokenId. `kaltura --help` lists the exit
codes.";

/// List the profiles
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ListCommand {}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
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
        let answer = Answer {
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
            ui.note(&format!("the default profile is not there: {}", gone.story()));
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

impl Answer<'_> {
    /// A table for people.
    fn text(&self) -> String {
        let place = match &self.config_file {
            Some(path) => format!("in {path}"),
            None => "and no place for any: set HOME or KALTURA_CONFIG_DIR".to_owned(),
        };
        if self.profiles.is_empty() {
            return format!("There are no profiles yet {place}\n");
        }
        let heading = ["  NAME", "SERVICE", "PARTNER", "APP TOKEN"].map(str::to_owned);
        let rows: Vec<Vec<String>> = self.profiles.iter().map(Line::cells).collect();
        let table = output::table(&heading, &rows, None);
        format!("{table}{}{place}{:#}\n", style::QUIET, style::QUIET)
    }
}
