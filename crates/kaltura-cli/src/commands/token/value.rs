//! Where the value of an app token goes: nowhere, unless it is requested.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use kaltura_auth::{AppTokenCredentials, ServiceUrl};
use kaltura_types::{AppToken, AppTokenId, AppTokenValue};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::args::{region_of, values};
use crate::config::{Environment, Setting};
use crate::error::{ExitCode, Failure};
use crate::files;
use crate::output::Ui;
use crate::profile::{
    Config, NewPlace, ProfileChanges, ProfileEditor, ProfileName, ProfileSecret, new_profile_name,
};
use crate::redaction::looks_like_a_secret;

/// Where the value goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "The token's value")]
pub(super) struct ValueOptions {
    /// Print the token's value, which is its secret
    #[arg(long, conflicts_with = "kept")]
    show_value: bool,

    /// Write the token's value to a new file that only you can read
    #[arg(long, value_name = "FILE", group = "kept")]
    value_file: Option<PathBuf>,

    /// Create a profile that logs in with the token; its value is stored in the system keyring, or in a file that only
    /// you can read
    #[arg(long, value_name = "NAME", group = "kept", value_parser = new_profile_name, add = values::profiles())]
    save_profile: Option<ProfileName>,

    /// Replace an existing file, or the login of an existing profile
    #[arg(long, requires = "kept")]
    force: bool,
}

/// A place that is ready for a value, so that no token is created whose value could not be stored.
pub(super) enum ValuePlace {
    Nowhere,
    Output,
    File(NewFile),
    Profile(Box<ProfilePlace>),
}

/// Where a value is now. At most one of the members is set.
#[derive(Default)]
pub(super) struct StoredValue {
    /// The value, to be printed.
    pub(super) shown: Option<AppTokenValue>,
    pub(super) file: Option<PathBuf>,
    pub(super) profile: Option<ProfileName>,
    /// Notes about the profile.
    pub(super) notes: Vec<String>,
}

impl ValueOptions {
    /// Whether the value goes anywhere.
    pub(super) const fn is_requested(&self) -> bool {
        self.show_value || self.value_file.is_some() || self.save_profile.is_some()
    }

    /// Prepares the place. `replaced` is the token that the new one replaces.
    pub(super) fn place(
        &self,
        ui: &Ui,
        replaced: Option<&AppTokenId>,
        service_url: &ServiceUrl,
        environment: &Environment,
    ) -> Result<ValuePlace, Failure> {
        Ok(match (&self.value_file, &self.save_profile) {
            (Some(path), _) => ValuePlace::File(NewFile::begin(path, self.force)?),
            (None, Some(name)) => {
                let place = ProfilePlace::begin(ui, name, service_url, environment)?;
                if !self.force {
                    place.refuse_another_token(replaced)?;
                }
                ValuePlace::Profile(Box::new(place))
            }
            (None, None) if self.show_value => ValuePlace::Output,
            (None, None) => ValuePlace::Nowhere,
        })
    }
}

impl ValuePlace {
    /// Stores the value of a token there.
    pub(super) fn store(self, token: &AppToken) -> Result<StoredValue, Failure> {
        let still_there = |failure: Failure| {
            let id = &token.id;
            failure.with_hint(format!(
                "The token exists, and the server stores its value: `kaltura token get {id} --value-file FILE`."
            ))
        };
        let mut stored = StoredValue::default();
        match self {
            Self::Nowhere => {}
            Self::Output => stored.shown = Some(token.token.clone()),
            Self::File(file) => {
                let path = file.path.clone();
                file.finish(&token.token).map_err(|error| {
                    let what =
                        format!("cannot write the value of app token {} to {}", token.id, path.display());
                    still_there(Failure::new(ExitCode::Local, what).caused_by(&error))
                })?;
                stored.file = Some(path);
            }
            Self::Profile(place) => {
                let (name, notes) = place.finish(token).map_err(still_there)?;
                stored.profile = Some(name);
                stored.notes = notes;
            }
        }
        Ok(stored)
    }
}

/// A file that is being written beside its place. Unless it is finished, it is removed again.
pub(super) struct NewFile {
    file: NamedTempFile,
    /// Where it goes, behind all links.
    target: PathBuf,
    /// The name that was given.
    path: PathBuf,
    replaces: bool,
}

impl NewFile {
    /// Begins a file where nothing is yet, or which replaces a file; of a link, what it leads to.
    fn begin(path: &Path, replaces: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::usage("--value-file takes the name of a file")
                .with_hint("To print the value on standard output, use --show-value."));
        }
        let shown = path.display();
        if looks_like_a_secret(&shown.to_string()) && !path.exists() {
            let message = "the name of the file looks like a secret";
            return Err(Failure::usage(message).with_hint(
                "Pass the name of a file: the server creates the value, which is written there.",
            ));
        }
        let target = if replaces { files::behind_links(path) } else { path.to_owned() };
        match target.symlink_metadata() {
            Ok(_) if !replaces => {
                return Err(Failure::usage(format!("the file {shown} already exists"))
                    .with_hint("Choose another name, or use --force to replace it."));
            }
            Ok(there) if !there.is_file() => {
                return Err(Failure::usage(format!("{shown} is not a regular file, and is not replaced"))
                    .with_hint("Pass the name of a file. To print the value, use --show-value."));
            }
            _ => {}
        }
        let folder =
            target.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(|error| {
            Failure::new(ExitCode::Local, format!("cannot create the file {shown}")).caused_by(&error)
        })?;
        Ok(Self { file, target, path: path.to_owned(), replaces })
    }

    fn finish(mut self, value: &AppTokenValue) -> io::Result<()> {
        self.file.write_all(value.expose().as_bytes())?;
        self.file.write_all(b"\n")?;
        self.file.as_file().sync_all()?;
        let persisted = if self.replaces {
            self.file.persist(&self.target)
        } else {
            self.file.persist_noclobber(&self.target)
        };
        persisted.map(drop).map_err(|failed| failed.error)
    }
}

/// A profile that is about to be created or changed. No other process changes profiles meanwhile.
pub(super) struct ProfilePlace {
    editor: ProfileEditor,
    name: ProfileName,
    server: (&'static Setting, String),
}

impl ProfilePlace {
    fn begin(
        ui: &Ui,
        name: &ProfileName,
        url: &ServiceUrl,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        Config::read(environment)?.refuse_namesake(name)?;
        let server = server(url)?;
        Ok(Self { editor: ProfileEditor::open(ui, environment)?, name: name.clone(), server })
    }

    /// Refuses a profile that logs in with a token other than the replaced one.
    fn refuse_another_token(&self, replaced: Option<&AppTokenId>) -> Result<(), Failure> {
        let before = self.editor.config.find(self.name.as_str());
        match before.and_then(|profile| profile.text(Setting::APP_TOKEN_ID.entry)) {
            Some(id) if replaced.is_none_or(|replaced| replaced.as_str() != id) => {
                let message = format!("profile {} logs in with another app token", self.name);
                Err(Failure::usage(message).with_hint("Choose another name, or use --force to replace it."))
            }
            _ => Ok(()),
        }
    }

    /// Saves the profile, with the value of the token.
    fn finish(mut self, token: &AppToken) -> Result<(ProfileName, Vec<String>), Failure> {
        let mut settings = vec![
            self.server,
            (&Setting::PARTNER_ID, token.partner_id.to_string()),
            (&Setting::APP_TOKEN_ID, token.id.to_string()),
        ];
        // A hash type that is unknown here cannot log in, which the profile says then.
        let credentials = AppTokenCredentials::from_app_token(token);
        settings.extend(credentials.map(|it| (&Setting::HASH_TYPE, it.hash_type().to_string())));
        let value = Zeroizing::new(token.token.expose().to_owned());
        let secrets = vec![(ProfileSecret::APP_TOKEN, NewPlace::Kept(value))];
        let changes = ProfileChanges { settings, secrets, ..ProfileChanges::default() };
        let saved = self.editor.save(&self.name, &changes)?;
        Ok((self.name, saved.notes))
    }
}

/// The entry that leads to the server.
fn server(url: &ServiceUrl) -> Result<(&'static Setting, String), Failure> {
    if let Some(region) = region_of(url) {
        return Ok((&Setting::REGION, region.to_string()));
    }
    // An http:// URL that was allowed for this command would not be accepted from the profile.
    match url.as_str().parse::<ServiceUrl>() {
        Ok(_) => Ok((&Setting::SERVICE_URL, url.to_string())),
        Err(error) => Err(Failure::usage(format!("the server cannot be stored in a profile: {error}"))),
    }
}
