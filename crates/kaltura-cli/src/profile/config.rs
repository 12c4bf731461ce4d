//! The file with the profiles.

mod reading;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use self::reading::Reading;
use super::{Profile, ProfileName};
use crate::config::{Environment, paths};
use crate::error::Failure;
use crate::files::Stranger;
use crate::redaction::repeatable;

/// How many bytes of the file are looked at.
const MOST_BYTES: u64 = 1 << 20;

/// The profiles, as they stand in the file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    path: Option<PathBuf>,
    default_profile: Option<String>,
    profiles: Vec<Profile>,
}

impl Config {
    /// Where the file is, or would be; nothing if the environment names no place for it.
    pub(crate) fn path(environment: &Environment) -> Option<PathBuf> {
        Some(paths::settings(environment)?.join("config.toml"))
    }

    /// The profiles; none if there is no file.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Failure> {
        let Some(path) = Self::path(environment) else { return Ok(Self::default()) };
        let text = Self::text(&path)?;
        Self::of_text(&path, &text)
    }

    /// The text of the file; empty if there is none.
    pub(super) fn text(path: &Path) -> Result<String, Failure> {
        let mut text = String::new();
        let file = File::open(path);
        // Whoever can change the file can have a command run as the one who reads it.
        if let Some(stranger) = file.as_ref().ok().and_then(Stranger::with_file) {
            let message = format!("the file with the profiles {} belongs to {stranger}", path.display());
            return Err(Failure::usage(message).with_hint(stranger.remedy(paths::SETTINGS_VARIABLE)));
        }
        match file.and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text)) {
            Ok(bytes) if bytes as u64 > MOST_BYTES => Err(Failure::usage(format!(
                "the profiles in {} can not be read: the file has more than {MOST_BYTES} bytes",
                path.display()
            ))),
            Ok(_) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text),
            Err(error) => {
                let message = format!("can not read the profiles in {}", path.display());
                Err(Failure::usage(message).caused_by(&error).with_hint(
                    "See to it that you can read the file, or set KALTURA_CONFIG_DIR to another folder.",
                ))
            }
        }
    }

    /// The profiles in the text of the file at this place.
    pub(super) fn of_text(path: &Path, text: &str) -> Result<Self, Failure> {
        Reading { text, path }.config()
    }

    /// The profile of this name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name.as_str() == name)
    }

    /// The profile of this name.
    pub(crate) fn profile(mut self, name: &str) -> Result<Profile, Failure> {
        match self.profiles.iter().position(|profile| profile.name.as_str() == name) {
            Some(place) => Ok(self.profiles.swap_remove(place)),
            None => Err(self.unknown(name)),
        }
    }

    /// The profile that is used where none is named.
    pub(crate) fn default_profile(self) -> Result<Option<Profile>, Failure> {
        match self.default_profile.clone() {
            Some(name) => self.profile(&name).map(Some),
            None => Ok(None),
        }
    }

    /// All profiles, by their names.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }

    /// The name of the profile that is used where none is named.
    pub(crate) fn default_name(&self) -> Option<&str> {
        self.default_profile.as_deref()
    }

    /// No profile is named, and none is the default one.
    pub(crate) fn none_chosen(&self, environment: &Environment) -> Failure {
        let empty = environment.but_empty(&[Profile::VARIABLE]);
        Failure::usage(format!("there is no default profile, and none is named{empty}"))
            .with_hint(self.those_there_are())
    }

    /// Refuses a name that differs from another one only in case: on some systems both would be one file.
    pub(crate) fn refuse_namesake(&self, name: &ProfileName) -> Result<(), Failure> {
        let mut others = self.profiles.iter().map(Profile::name).filter(|other| *other != name);
        match others.find(|other| other.as_str().eq_ignore_ascii_case(name.as_str())) {
            None => Ok(()),
            Some(other) => {
                let message = format!("there is a profile {other}, which differs from {name} only in case");
                Err(Failure::usage(message).with_hint("Write its name as it is, or take another one."))
            }
        }
    }

    /// There is no such profile. The name is shown only if it can be one, and does not look like a secret: it may be
    /// one by mistake.
    pub(crate) fn unknown(&self, name: &str) -> Failure {
        let message = match name.parse::<ProfileName>() {
            Ok(name) => format!("there is no profile {}", repeatable(name.as_str())),
            Err(error) => format!("there is no such profile: {error}"),
        };
        Failure::usage(message).with_hint(self.those_there_are())
    }

    fn those_there_are(&self) -> String {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        match (&self.path, names.is_empty()) {
            (_, false) => format!("There are: {}.", names.join(", ")),
            (Some(path), true) => {
                format!("There is none yet in {}. Make one with `kaltura profile add`.", path.display())
            }
            (None, true) => "There is no place for profiles: set HOME or KALTURA_CONFIG_DIR.".to_owned(),
        }
    }
}

#[cfg(test)]
impl Config {
    /// The profiles of a test.
    pub(crate) fn of_test(text: &str) -> Self {
        Reading { text, path: std::path::Path::new("/settings/config.toml") }.config().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "default_profile = \"b\"\n[profiles.a]\n[profiles.b]\nregion = \"eu\"\n";

    #[test]
    fn a_profile_is_found_by_its_name() {
        assert_eq!(Config::of_test(TWO).profile("a").unwrap().text("region"), None);
        assert_eq!(Config::of_test(TWO).default_profile().unwrap().unwrap().text("region"), Some("eu"));
        assert!(Config::of_test("").default_profile().unwrap().is_none());
    }

    #[test]
    fn a_name_that_nobody_has_is_told_with_those_that_there_are() {
        let failure = format!("{:?}", Config::of_test(TWO).profile("c").unwrap_err());
        assert!(
            failure.contains("there is no profile c") && failure.contains("There are: a, b."),
            "{failure}"
        );
        let failure = format!("{:?}", Config::of_test("").profile("hush hush").unwrap_err());
        assert!(failure.contains("kaltura profile add") && !failure.contains("hush"), "{failure}");
        let failure = Config::of_test(TWO).profile("3f786850e387550fdab836ed7e6dc881").unwrap_err();
        assert_eq!(failure.to_string(), "there is no profile (redacted)");
    }
}
