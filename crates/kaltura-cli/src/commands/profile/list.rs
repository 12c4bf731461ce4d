//! `kaltura profile list`: lists the profiles.

use clap::Args;
use kaltura_auth::{Region, ServiceUrl};
use serde::Serialize;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::{self, one_line, style};
use crate::profile::{Config, Profile};
use crate::settings::Setting;

const EXAMPLES: &str = "\
Examples:
  kaltura profile list
  kaltura profile list --json | jq -r '.profiles[].name'

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
    default_profile: Option<&'a str>,
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
    app_token_id: Option<&'a str>,
}

impl ListCommand {
    pub(super) fn run(self, json: bool, environment: Environment) -> Result<(), Failure> {
        let config = Config::read(environment)?;
        let answer = Answer {
            config_file: Config::path(environment).map(|path| path.display().to_string()),
            default_profile: config.default_name(),
            profiles: config.profiles().map(|profile| Line::of(profile, config.default_name())).collect(),
        };
        if json {
            return output::json_to_stdout(&answer);
        }
        if let Some(gone) = config.default_name().filter(|name| config.find(name).is_none()) {
            let gone = config.unknown(gone);
            output::note(&format!("the default profile is not there: {}", gone.story()));
        }
        output::to_stdout(&answer.text())
    }
}

impl<'a> Line<'a> {
    fn of(profile: &'a Profile, default: Option<&str>) -> Self {
        let text = |setting: &Setting| profile.text(setting.entry);
        let region = text(&Setting::REGION).map(|text| match text.parse::<Region>() {
            Ok(region) => ServiceUrl::from(region).to_string(),
            // What is wrong is shown as it stands; whoever uses the profile is told.
            Err(_) => text.to_owned(),
        });
        let url = text(&Setting::SERVICE_URL).map(str::to_owned);
        let partner = text(&Setting::PARTNER_ID);
        Self {
            name: profile.name().as_str(),
            is_default: default == Some(profile.name().as_str()),
            service_url: url.or(region).unwrap_or_else(|| ServiceUrl::US.to_string()),
            partner_id: partner.map(|text| text.parse::<i64>().map_or_else(|_| text.into(), Into::into)),
            app_token_id: text(&Setting::APP_TOKEN_ID),
        }
    }

    /// The cells of the table.
    fn cells(&self) -> [String; 4] {
        let partner = self.partner_id.as_ref().map(|partner| match partner.as_str() {
            Some(text) => text.to_owned(),
            None => partner.to_string(),
        });
        [
            self.name.to_owned(),
            self.service_url.clone(),
            partner.unwrap_or_default(),
            self.app_token_id.unwrap_or_default().to_owned(),
        ]
        .map(|cell| one_line(&cell).into_owned())
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
        let heads = ["NAME", "SERVICE", "PARTNER", "APP TOKEN"].map(str::to_owned);
        let rows: Vec<(char, [String; 4])> = self
            .profiles
            .iter()
            .map(|line| (if line.is_default { '*' } else { ' ' }, line.cells()))
            .collect();
        let mut widths = heads.each_ref().map(String::len);
        for (_, cells) in &rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let filled = |mark: char, cells: &[String; 4]| {
            let cells: Vec<String> =
                cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("{mark} {}", cells.join("  ")).trim_end().to_owned()
        };
        let mut lines = vec![format!("{}{}{:#}", style::HEADING, filled(' ', &heads), style::HEADING)];
        lines.extend(rows.iter().map(|(mark, cells)| filled(*mark, cells)));
        lines.push(format!("{}{place}{:#}", style::QUIET, style::QUIET));
        lines.join("\n") + "\n"
    }
}
