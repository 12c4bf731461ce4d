//! What a terminal can show besides ASCII.

use crate::environment::Environment;

/// Whether signs of Unicode can be shown: the locale says so; Windows and macOS do not need to.
pub(crate) fn shows_utf8(environment: &Environment) -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        return true;
    }
    let variable = |name| environment.text(name).ok().flatten();
    let locale = variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_of_the_locale_counts() {
        assert!(!shows_utf8(&Environment::of_test(|_| None)));
        assert!(shows_utf8(&Environment::of_test(|name| (name == "LANG").then(|| "de_DE.UTF-8".into()))));
        assert!(shows_utf8(&Environment::of_test(|name| (name == "LC_CTYPE").then(|| "C.utf8".into()))));
        assert!(!shows_utf8(&Environment::of_test(|name| match name {
            "LC_ALL" => Some("C".into()),
            _ => Some("C.UTF-8".into()),
        })));
    }
}
