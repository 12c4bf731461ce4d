//! Where the value of an app token goes: nowhere, unless it is asked for.

mod new_file;
mod profile_place;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_types::{AppToken, AppTokenId, AppTokenValue};

use self::new_file::NewFile;
use self::profile_place::ProfilePlace;
use crate::completion::values;
use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::profile::{ProfileName, new_profile_name};

/// Where the value goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "The token's value")]
pub(super) struct ValueOptions {
    /// Print the token's value, which is its secret
    #[arg(long, conflicts_with = "kept")]
    show_value: bool,

    /// Write the token's value into a new file that only you can read
    #[arg(long, value_name = "FILE", group = "kept")]
    value_file: Option<PathBuf>,

    /// Make a profile that logs in with the token, and keep its value in the keyring, or where there is none, in a
    /// file that only you can read
    #[arg(long, value_name = "NAME", group = "kept", value_parser = new_profile_name, add = values::profiles())]
    save_profile: Option<ProfileName>,

    /// Let the file, or what logs in by the profile, take the place of what is there
    #[arg(long, requires = "kept")]
    force: bool,
}

/// A place that is ready to take a value, so that nothing is made whose value could not be kept.
pub(super) enum ValuePlace {
    Nowhere,
    Output,
    File(NewFile),
    Profile(Box<ProfilePlace>),
}

/// Where a value is now.
pub(super) enum KeptValue {
    /// On the server alone.
    Hidden,
    /// To be printed.
    Shown(AppTokenValue),
    /// In this file.
    File(PathBuf),
    /// Where this profile has it from. What is good to know of that goes with it.
    Profile(ProfileName, Vec<String>),
}

impl ValueOptions {
    /// Whether the value goes anywhere.
    pub(super) const fn is_wanted(&self) -> bool {
        self.show_value || self.value_file.is_some() || self.save_profile.is_some()
    }

    /// Makes the place ready. `replaced` is the token whose place the new one takes.
    pub(super) fn place(
        &self,
        ui: &Ui,
        replaced: Option<&AppTokenId>,
        service_url: &ServiceUrl,
        environment: &Environment,
    ) -> Result<ValuePlace, Failure> {
        if let Some(path) = &self.value_file {
            return NewFile::begin(path, self.force).map(ValuePlace::File);
        }
        if let Some(name) = &self.save_profile {
            let place = ProfilePlace::begin(ui, name, service_url, environment)?;
            if !self.force {
                place.refuse_another_token(replaced)?;
            }
            return Ok(ValuePlace::Profile(Box::new(place)));
        }
        Ok(if self.show_value { ValuePlace::Output } else { ValuePlace::Nowhere })
    }
}

impl ValuePlace {
    /// Puts the value of a token there.
    pub(super) fn keep(self, token: &AppToken) -> Result<KeptValue, Failure> {
        match self {
            Self::Nowhere => Ok(KeptValue::Hidden),
            Self::Output => Ok(KeptValue::Shown(token.token.clone())),
            Self::File(file) => {
                let path = file.path.clone();
                match file.finish(&token.token) {
                    Ok(()) => Ok(KeptValue::File(path)),
                    Err(error) => Err(not_kept(&token.id, &path, &error)),
                }
            }
            Self::Profile(place) => place.finish(token),
        }
    }
}

impl KeptValue {
    /// The value, if it is to be printed.
    pub(super) const fn shown(&self) -> Option<&AppTokenValue> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Hidden | Self::File(_) | Self::Profile(..) => None,
        }
    }

    /// The file with the value.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Hidden | Self::Shown(_) | Self::Profile(..) => None,
        }
    }

    /// The profile that has it.
    pub(super) fn profile(&self) -> Option<&str> {
        match self {
            Self::Profile(name, _) => Some(name.as_str()),
            Self::Hidden | Self::Shown(_) | Self::File(_) => None,
        }
    }

    /// What is good to know of where it is.
    pub(super) fn notes(&self) -> &[String] {
        match self {
            Self::Profile(_, notes) => notes,
            Self::Hidden | Self::Shown(_) | Self::File(_) => &[],
        }
    }
}

fn not_kept(token: &AppTokenId, path: &Path, error: &io::Error) -> Failure {
    let message = format!("the value of the app token {token} can not be written to {}", path.display());
    Failure::new(ExitCode::Local, message).caused_by(error).with_hint(format!(
        "The token is there, and the server keeps its value: `kaltura token get {token} --value-file FILE`."
    ))
}
