//! `kaltura profile show`: shows one profile.

use clap::Args;

use super::shown::ShownProfile;
use crate::completion::values;
use crate::config::Environment;
use crate::error::Failure;
use crate::output::{Ui, style};
use crate::profile::{Config, Profile};

const EXAMPLES: &str = "\
Examples:
  kaltura profile show
  kaltura profile show work --json

Where each secret is, is told, and whether it is there; never the secret. A command that prints
one is not run. The keyring of the system may ask you to unlock it.

With --json the answer has name, isDefault, serviceUrl, region, partnerId, appTokenId, hashType,
userId, sessionType, lifetime, privileges and widgetId (null if the profile does not say; but
serviceUrl is in any case where the API is), configFile, and appToken and adminSecret: null, or
place (command, file, variable, keyring or ownFile) with file, variable, isThere, and trouble if
that can not be seen. `kaltura --help` lists the exit codes.";

/// Show what a profile says, and where its secrets are
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ShowCommand {
    /// The profile; else that of --profile, of KALTURA_PROFILE, or the default one
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
        let default = if config.default_name() == Some(name) { ", the default one" } else { "" };
        ui.print(&format!("{}Profile {name}{:#}{default}\n{}", style::HEADING, style::HEADING, shown.lines()))
    }
}
