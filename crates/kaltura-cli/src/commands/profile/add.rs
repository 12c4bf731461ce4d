//! `kaltura profile add`: adds a profile, or changes one.

use clap::Args;
use serde::Serialize;

use super::asked;
use super::given::Given;
use super::options::{AdminSecretPlaceOptions, EntryOptions, KeptSecretOptions, TokenPlaceOptions};
use super::shown::ShownProfile;
use crate::completion::values;
use crate::config::Environment;
use crate::error::Failure;
use crate::output::{Ui, style};
use crate::profile::{Config, ProfileEditor, ProfileName, new_profile_name};

const EXAMPLES: &str = "\
Examples:
  At a terminal, what is missing is asked for:
    kaltura profile add work

  The token's value goes into the keyring of the system:
    pass show kaltura/token | kaltura profile add work --region eu \\
        --partner-id 1234567 --app-token-id 0_7jh3eu10 --hash-type SHA256 \\
        --app-token-stdin

  It stays in the password manager, which is asked when a login needs it:
    kaltura profile add work --partner-id 1234567 --app-token-id 0_7jh3eu10 \\
        --hash-type SHA256 --token-command 'pass show kaltura/token'

  Another user from now on, in the profile that is there, and no wish of a lifetime:
    kaltura profile add work --user nightly-import --unset lifetime

  To manage app tokens:
    kaltura profile add admin --partner-id 1234567 --admin-secret-file secret.txt

A secret that is given now is kept in the keyring of the system. Where that can not be used, it
is kept in a file that only you can read, and a note says so; with --store keyring that is an
error. The file with the profiles never holds it.

What the environment says is not put into the profile. The first profile is the default one.

With --json the answer is that of `kaltura profile show`, with isNew and warnings besides.
`kaltura --help` lists the exit codes.";

/// Add a profile, or change entries of one that is there
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct AddCommand {
    /// The name of the profile, such as work; at a terminal it is asked for
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
            None if ui.is_interactive() => asked::name(ui, &config)?,
            None => {
                let failure = Failure::usage("the name of the profile is missing");
                return Err(failure.with_hint("Give one, such as: kaltura profile add work"));
            }
        };
        config.refuse_namesake(&name)?;
        let mut given = Given::read(ui, entries, token, admin_secret, &kept, environment)?;
        let before = config.find(name.as_str());
        let missing = given.missing(before);
        let is_asked = !missing.is_empty() && ui.is_interactive();
        if is_asked {
            asked::rest(ui, &mut given, &missing, before.is_none())?;
        } else if !missing.is_empty() {
            return Err(Given::failure(&missing));
        }
        let mut warnings = given.doubts(before);
        if before.is_some() && given.changes.is_empty() {
            return Err(Failure::usage(format!("there is a profile {name}, and nothing to change in it"))
                .with_hint(
                    "`kaltura profile show` shows it, `kaltura profile add --help` what can be changed.",
                ));
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
        let done = if saved.is_new { "Added" } else { "Changed" };
        let default = if saved.became_default { ", the default one from now on" } else { "" };
        ui.print(&format!(
            "{}{done}{:#} profile {name}{default}\n{}",
            style::GOOD,
            style::GOOD,
            shown.lines()
        ))?;
        if is_asked {
            ui.note(&format!("whether it works, `kaltura doctor --profile {name}` tells"));
        }
        Ok(())
    }
}
