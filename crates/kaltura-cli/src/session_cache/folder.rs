//! Where the system keeps caches.

use std::path::PathBuf;

use crate::environment::Environment;

/// The folder of the session cache; nothing if the environment names no place for it.
pub(super) fn of(environment: Environment) -> Option<PathBuf> {
    let folder = |name: &str| {
        let text = environment.text(name).ok().flatten()?;
        // A relative one means nothing, as the XDG specification says; an empty one is not set.
        Some(PathBuf::from(text)).filter(|path| path.is_absolute())
    };
    if let Some(own) = folder("KALTURA_CACHE_DIR") {
        return Some(own);
    }
    let caches = if cfg!(windows) {
        folder("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        folder("HOME")?.join("Library/Caches")
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?
    };
    Some(caches.join("kaltura"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_place_is_the_one_of_the_system_unless_said_otherwise() {
        let home = Environment::of_test(|name| (name == "HOME").then(|| "/me".into()));
        assert_eq!(of(home).as_deref(), Some(Path::new("/me/.cache/kaltura")));
        let xdg = Environment::of_test(|name| match name {
            "HOME" => Some("/me".into()),
            "XDG_CACHE_HOME" => Some("/var/me".into()),
            _ => None,
        });
        assert_eq!(of(xdg).as_deref(), Some(Path::new("/var/me/kaltura")));
        let own = Environment::of_test(|_| Some("/own".into()));
        assert_eq!(of(own).as_deref(), Some(Path::new("/own")));
    }

    #[test]
    fn a_relative_or_empty_place_is_none() {
        assert_eq!(of(Environment::of_test(|_| Some("here".into()))), None);
        assert_eq!(of(Environment::of_test(|_| Some("".into()))), None);
        assert_eq!(of(Environment::of_test(|_| None)), None);
    }
}
