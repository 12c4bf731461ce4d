//! Environment variables, the names of settings, and the folders of the command. The values of variables are never
//! quoted: one may hold a secret by mistake.
//!
//! An empty variable counts as not set: CI systems set one for each secret that they do not have.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Failure;

/// The environment variables that a command sees, and the program that it is.
#[derive(Clone)]
pub struct Environment {
    variables: Variables,
    program: Option<PathBuf>,
}

#[derive(Clone)]
enum Variables {
    /// Read on demand, so that no copy of a secret stays in memory.
    Read(fn(&str) -> Option<OsString>),
    Values(Arc<BTreeMap<OsString, OsString>>),
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// These variables alone.
impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: Variables::Values(Arc::new(variables.collect())), program: None }
    }
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        // It can be run even if another version has been installed meanwhile.
        let itself = cfg!(target_os = "linux").then(|| PathBuf::from("/proc/self/exe"));
        let program = itself.or_else(|| std::env::current_exe().ok());
        Self { variables: Variables::Read(|name| std::env::var_os(name)), program }
    }

    /// Names the file of the `kaltura` program, which runs filters of `--jq`.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// The file of this program.
    pub(crate) fn program(&self) -> Option<&Path> {
        self.program.as_deref()
    }

    #[cfg(test)]
    pub(crate) const fn of_test(read: fn(&str) -> Option<OsString>) -> Self {
        Self { variables: Variables::Read(read), program: None }
    }

    fn get(&self, name: &str) -> Option<OsString> {
        match &self.variables {
            Variables::Read(read) => read(name),
            Variables::Values(values) => values.get(std::ffi::OsStr::new(name)).cloned(),
        }
    }

    /// The text of a variable, if it is set.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(value) = self.get(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let value = value.into_string();
        value.map(Some).map_err(|_| Failure::usage(format!("{name} is not valid UTF-8")))
    }

    /// Whether a variable is set: for those who need not know its value.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.length(name).is_some_and(|length| length > 0)
    }

    /// Whether a variable is there, but empty: for those who miss it.
    pub(crate) fn is_empty(&self, name: &str) -> bool {
        self.length(name) == Some(0)
    }

    /// What to add where one of these variables is missed, and is there, but empty; else nothing.
    pub(crate) fn but_empty(&self, names: &[&str]) -> String {
        let empty = names.iter().find(|name| self.is_empty(name));
        empty.map(|name| format!(": {name} is set, but empty")).unwrap_or_default()
    }

    fn length(&self, name: &str) -> Option<usize> {
        self.get(name).map(|value| Zeroizing::new(value.into_encoded_bytes()).len())
    }
}

/// What is wrong with the text of a setting, if it has a control character: it would be sent, and mean another user or
/// another privilege.
pub(crate) fn control_character(text: &str) -> Option<&'static str> {
    if text.ends_with(['\r', '\n']) {
        Some("it ends with a line break")
    } else {
        text.contains(char::is_control).then_some("it contains a control character")
    }
}

/// What may be a mistake in the text of a setting.
pub(crate) fn doubtful_text(text: &str) -> Option<&'static str> {
    let is_quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if ['"', '\''].into_iter().any(is_quoted) {
        Some("has quotes around it, which are used as part of the value")
    } else if text.trim() != text {
        Some("has white space around it, which is used as part of the value")
    } else {
        None
    }
}

/// What one setting is called on the command line, in the environment and in a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) option: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) entry: &'static str,
    /// The member of answers in JSON.
    pub(crate) member: &'static str,
    /// What people read in `kaltura status`.
    pub(crate) label: &'static str,
}

impl Setting {
    pub(crate) const SERVICE_URL: Self =
        Self::new("--service-url", "KALTURA_SERVICE_URL", "service_url", "serviceUrl", "service URL");
    pub(crate) const REGION: Self = Self::new("--region", "KALTURA_REGION", "region", "region", "region");
    pub(crate) const PARTNER_ID: Self =
        Self::new("--partner-id", "KALTURA_PARTNER_ID", "partner_id", "partnerId", "partner");
    pub(crate) const APP_TOKEN_ID: Self =
        Self::new("--app-token-id", "KALTURA_APP_TOKEN_ID", "app_token_id", "appTokenId", "app token");
    pub(crate) const HASH_TYPE: Self =
        Self::new("--hash-type", "KALTURA_APP_TOKEN_HASH_TYPE", "hash_type", "hashType", "hash type");
    pub(crate) const USER: Self = Self::new("--user", "KALTURA_USER", "user", "userId", "user");
    pub(crate) const SESSION_TYPE: Self =
        Self::new("--type", "KALTURA_SESSION_TYPE", "type", "sessionType", "type");
    pub(crate) const LIFETIME: Self =
        Self::new("--lifetime", "KALTURA_LIFETIME", "lifetime", "lifetime", "lifetime");
    pub(crate) const PRIVILEGES: Self =
        Self::new("--privileges", "KALTURA_PRIVILEGES", "privileges", "privileges", "privileges");
    pub(crate) const WIDGET_ID: Self =
        Self::new("--widget-id", "KALTURA_WIDGET_ID", "widget_id", "widgetId", "widget");
    pub(crate) const STORE: Self = Self::new("--store", "KALTURA_STORE", "store", "store", "store");
    pub(crate) const STORE_FILE: Self =
        Self::new("--store-file", "KALTURA_STORE_FILE", "store_file", "storeFile", "store file");
    pub(crate) const CA_FILE: Self =
        Self::new("--ca-file", "KALTURA_CA_FILE", "ca_file", "caFile", "CA file");

    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [&'static Self; 13] = [
        &Self::SERVICE_URL,
        &Self::REGION,
        &Self::PARTNER_ID,
        &Self::APP_TOKEN_ID,
        &Self::HASH_TYPE,
        &Self::USER,
        &Self::SESSION_TYPE,
        &Self::LIFETIME,
        &Self::PRIVILEGES,
        &Self::WIDGET_ID,
        &Self::STORE,
        &Self::STORE_FILE,
        &Self::CA_FILE,
    ];

    const fn new(
        option: &'static str,
        variable: &'static str,
        entry: &'static str,
        member: &'static str,
        label: &'static str,
    ) -> Self {
        Self { option, variable, entry, member, label }
    }
}

/// The names of the variables that hold secrets. A profile may name others besides:
/// [`Profile::secret_variables`](crate::profile::Profile::secret_variables).
pub(crate) struct SecretVariable;

impl SecretVariable {
    pub(crate) const APP_TOKEN: &str = "KALTURA_APP_TOKEN";
    pub(crate) const ADMIN_SECRET: &str = "KALTURA_ADMIN_SECRET";
    pub(crate) const KS: &str = "KALTURA_KS";

    pub(crate) const ALL: [&str; 3] = [Self::APP_TOKEN, Self::ADMIN_SECRET, Self::KS];
}

/// The variable that names another folder for the session cache.
pub(crate) const CACHES_VARIABLE: &str = "KALTURA_CACHE_DIR";
/// The variable that names another folder for the profiles.
pub(crate) const SETTINGS_VARIABLE: &str = "KALTURA_CONFIG_DIR";

/// The folder of the session cache; nothing if the environment names no place for it.
pub(crate) fn caches_folder(environment: &Environment) -> Option<PathBuf> {
    ours(environment, CACHES_VARIABLE, |environment| {
        if cfg!(windows) {
            folder(environment, "LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            Some(folder(environment, "HOME")?.join("Library/Caches"))
        } else {
            folder(environment, "XDG_CACHE_HOME")
                .or_else(|| Some(folder(environment, "HOME")?.join(".cache")))
        }
    })
}

/// The folder of the profiles; nothing if the environment names no place for it.
pub(crate) fn settings_folder(environment: &Environment) -> Option<PathBuf> {
    ours(environment, SETTINGS_VARIABLE, |environment| {
        if cfg!(windows) {
            folder(environment, "APPDATA")
        } else {
            // On macOS too: there, command-line tools keep to it.
            folder(environment, "XDG_CONFIG_HOME")
                .or_else(|| Some(folder(environment, "HOME")?.join(".config")))
        }
    })
}

/// The folder that the variable names, else ours in that of the system.
fn ours(
    environment: &Environment,
    variable: &str,
    of_system: fn(&Environment) -> Option<PathBuf>,
) -> Option<PathBuf> {
    // What people name themselves they may name from where they are.
    let own = environment.text(variable).ok().flatten();
    own.and_then(|text| std::path::absolute(text).ok())
        .or_else(|| Some(of_system(environment)?.join("kaltura")))
}

/// The absolute path in a variable. A relative one means nothing, as the XDG specification says; an empty one is
/// not set.
fn folder(environment: &Environment, name: &str) -> Option<PathBuf> {
    let text = environment.text(name).ok().flatten()?;
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_set() {
        let environment = Environment::of_test(|name| match name {
            "EMPTY" => Some(OsString::new()),
            "TEXT" => Some("text".into()),
            _ => None,
        });
        let known = |name: &str| {
            let text = environment.text(name).unwrap();
            (text.is_some(), environment.is_set(name), environment.is_empty(name))
        };
        assert_eq!(known("TEXT"), (true, true, false));
        assert_eq!(known("EMPTY"), (false, false, true));
        assert_eq!(known("OTHER"), (false, false, false));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_place_is_the_one_of_the_system_unless_said_otherwise() {
        let home = Environment::of_test(|name| (name == "HOME").then(|| "/me".into()));
        assert_eq!(caches_folder(&home).as_deref(), Some(Path::new("/me/.cache/kaltura")));
        assert_eq!(settings_folder(&home).as_deref(), Some(Path::new("/me/.config/kaltura")));
        let xdg = Environment::of_test(|name| match name {
            "HOME" => Some("/me".into()),
            "XDG_CACHE_HOME" => Some("/var/me".into()),
            "XDG_CONFIG_HOME" => Some("/etc/me".into()),
            _ => None,
        });
        assert_eq!(caches_folder(&xdg).as_deref(), Some(Path::new("/var/me/kaltura")));
        assert_eq!(settings_folder(&xdg).as_deref(), Some(Path::new("/etc/me/kaltura")));
        let own = Environment::of_test(|name| match name {
            "KALTURA_CACHE_DIR" => Some("/own".into()),
            "KALTURA_CONFIG_DIR" => Some("/mine".into()),
            _ => Some("/me".into()),
        });
        assert_eq!(caches_folder(&own).as_deref(), Some(Path::new("/own")));
        assert_eq!(settings_folder(&own).as_deref(), Some(Path::new("/mine")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_relative_or_empty_place_is_none() {
        for find in [caches_folder, settings_folder] {
            let here: fn(&str) -> Option<std::ffi::OsString> =
                |name| (!name.starts_with("KALTURA")).then(|| "here".into());
            assert_eq!(find(&Environment::of_test(here)), None);
            let own = find(&Environment::of_test(|_| Some("here".into()))).unwrap();
            assert_eq!(own, std::env::current_dir().unwrap().join("here"));
            assert_eq!(find(&Environment::of_test(|_| Some("".into()))), None);
            assert_eq!(find(&Environment::of_test(|_| None)), None);
        }
    }
}
