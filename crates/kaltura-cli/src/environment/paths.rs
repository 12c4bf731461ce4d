//! Where the system keeps what programs remember: the folder for caches, and the one for settings.

use std::path::PathBuf;

use super::Environment;

/// The variable that names another folder for the session cache.
pub(crate) const CACHES_VARIABLE: &str = "KALTURA_CACHE_DIR";
/// The variable that names another folder for the profiles.
pub(crate) const SETTINGS_VARIABLE: &str = "KALTURA_CONFIG_DIR";

/// The folder of the session cache; nothing if the environment names no place for it.
pub(crate) fn caches(environment: &Environment) -> Option<PathBuf> {
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
pub(crate) fn settings(environment: &Environment) -> Option<PathBuf> {
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_place_is_the_one_of_the_system_unless_said_otherwise() {
        let home = Environment::of_test(|name| (name == "HOME").then(|| "/me".into()));
        assert_eq!(caches(&home).as_deref(), Some(Path::new("/me/.cache/kaltura")));
        assert_eq!(settings(&home).as_deref(), Some(Path::new("/me/.config/kaltura")));
        let xdg = Environment::of_test(|name| match name {
            "HOME" => Some("/me".into()),
            "XDG_CACHE_HOME" => Some("/var/me".into()),
            "XDG_CONFIG_HOME" => Some("/etc/me".into()),
            _ => None,
        });
        assert_eq!(caches(&xdg).as_deref(), Some(Path::new("/var/me/kaltura")));
        assert_eq!(settings(&xdg).as_deref(), Some(Path::new("/etc/me/kaltura")));
        let own = Environment::of_test(|name| match name {
            "KALTURA_CACHE_DIR" => Some("/own".into()),
            "KALTURA_CONFIG_DIR" => Some("/mine".into()),
            _ => Some("/me".into()),
        });
        assert_eq!(caches(&own).as_deref(), Some(Path::new("/own")));
        assert_eq!(settings(&own).as_deref(), Some(Path::new("/mine")));
    }

    #[test]
    fn a_relative_or_empty_place_is_none() {
        for find in [caches, settings] {
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
