//! How a verdict is marked: by a sign where a terminal shows colours and UTF-8, else by a word.

use anstyle::Style;

use super::check::Verdict;
use crate::config::Environment;
use crate::output::{Ui, shows_utf8, style};

/// How a verdict is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    Signs,
    Words,
}

impl Marks {
    /// As standard output can show them.
    pub(super) fn of_stdout(ui: &Ui, environment: &Environment) -> Self {
        if ui.stdout_has_colours() && shows_utf8(environment) { Self::Signs } else { Self::Words }
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
}
