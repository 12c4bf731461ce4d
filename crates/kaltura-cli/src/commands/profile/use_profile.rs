//! `kaltura profile use`: chooses the profile that is used where none is named.

use clap::Args;
use serde::Serialize;

use crate::completion::values;
use crate::config::Environment;
use crate::error::Failure;
use crate::output::{Ui, style};
use crate::profile::{Config, ProfileEditor};

const EXAMPLES: &str = "\
Example:
  kaltura profile use work

--profile and KALTURA_PROFILE go before it. With --json the answer has defaultProfile and
configFile. `kaltura --help` lists the exit codes.";

/// Make a profile the default one
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct UseCommand {
    /// The profile
    #[arg(value_name = "NAME", add = values::profiles())]
    name: String,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    default_profile: &'a str,
    config_file: String,
}

impl UseCommand {
    pub(super) fn run(self, ui: &Ui, environment: &Environment) -> Result<(), Failure> {
        let name = self.name.as_str();
        // For a name that is wrong, no folder is made.
        let config = Config::read(environment)?;
        config.find(name).ok_or_else(|| config.unknown(name))?;
        let mut editor = ProfileEditor::open(ui, environment)?;
        editor.make_default(name)?;
        if ui.wants_json() {
            let config_file = editor.path().display().to_string();
            return ui.print_json(&Answer { default_profile: name, config_file });
        }
        ui.print(&format!("{}Profile {name}{:#} is the default one\n", style::GOOD, style::GOOD))
    }
}
