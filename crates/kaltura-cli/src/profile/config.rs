//! The file with the profiles.

mod reading;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use self::reading::Reading;
use super::{Profile, ProfileName};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::folders;

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
    pub(crate) fn path(environment: Environment) -> Option<PathBuf> {
        Some(folders::settings(environment)?.join("config.toml"))
    }

    /// The profiles; none if there is no file.
    pub(crate) fn read(environment: Environment) -> Result<Self, Failure> {
        let Some(path) = Self::path(environment) else { return Ok(Self::default()) };
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text)) {
            Ok(_) => Reading { text: &text, path: &path }.config(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { path: Some(path), ..Self::default() })
            }
            Err(error) => {
                let message = format!("can not read the profiles in {}", path.display());
                Err(Failure::usage(message).caused_by(&error))
            }
        }
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

    /// There is no such profile. The name is shown only if it can be one: it may be a secret by mistake.
    fn unknown(&self, name: &str) -> Failure {
        let message = match name.parse::<ProfileName>() {
            Ok(name) => format!("there is no profile {name}"),
            Err(error) => format!("there is no such profile: {error}"),
        };
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        Failure::usage(message).with_hint(match (&self.path, names.is_empty()) {
            (_, false) => format!("There are: {}.", names.join(", ")),
            (Some(path), true) => {
                format!("There is none yet in {}. Make one with `kaltura profile add`.", path.display())
            }
            (None, true) => "There is no place for profiles: set HOME or KALTURA_CONFIG_DIR.".to_owned(),
        })
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
    }
}
