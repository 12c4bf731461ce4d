//! How a verdict is marked: by a sign where a terminal shows colours and UTF-8, else by a word.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;

use super::check::Verdict;
use crate::environment::Environment;
use crate::output::style;

/// How a verdict is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    Signs,
    Words,
}

impl Marks {
    /// As standard output can show them.
    pub(super) fn of_stdout(environment: Environment) -> Self {
        let has_colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        if has_colours && shows_utf8(environment) { Self::Signs } else { Self::Words }
    }

    /// The mark in its colour, as wide as all of them.
    pub(super) fn mark(self, verdict: Verdict) -> String {
        let (sign, word, style) = match verdict {
            Verdict::Ok => ("✓", "ok", style::GOOD),
            Verdict::Warning => ("!", "warning", style::NOTE),
            Verdict::Failed => ("✗", "failed", style::BAD),
            Verdict::Skipped => ("-", "skipped", style::QUIET),
        };
        self.painted(sign, word, style)
    }

    /// How many columns a mark has.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Signs => 1,
            Self::Words => 7,
        }
    }

    fn painted(self, sign: &str, word: &str, style: Style) -> String {
        match self {
            Self::Signs => format!("{style}{sign}{style:#}"),
            Self::Words => format!("{style}{word}{style:#}{}", " ".repeat(self.width() - word.len())),
        }
    }
}

/// Whether the locale says so; Windows and macOS do not need to.
fn shows_utf8(environment: Environment) -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        return true;
    }
    let variable = |name| environment.text(name).ok().flatten().filter(|text| !text.is_empty());
    let locale = variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_marks_are_equally_wide() {
        for marks in [Marks::Signs, Marks::Words] {
            for verdict in [Verdict::Ok, Verdict::Warning, Verdict::Failed, Verdict::Skipped] {
                let plain = anstream::adapter::strip_str(&marks.mark(verdict)).to_string();
                assert_eq!(plain.chars().count(), marks.width(), "{plain}");
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_first_variable_of_the_locale_counts() {
        assert!(!shows_utf8(Environment::of_test(|_| None)));
        assert!(shows_utf8(Environment::of_test(|name| (name == "LANG").then(|| "de_DE.UTF-8".into()))));
        assert!(shows_utf8(Environment::of_test(|name| (name == "LC_CTYPE").then(|| "C.utf8".into()))));
        assert!(!shows_utf8(Environment::of_test(|name| match name {
            "LC_ALL" => Some("C".into()),
            _ => Some("C.UTF-8".into()),
        })));
    }
}
