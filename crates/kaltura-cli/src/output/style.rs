//! How texts look: colours, wrapped lines, and what the terminal can show.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter};

use super::one_line;
use crate::environment::Environment;

/// What went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is good to know.
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default();
pub(crate) const HEADING: Style = Style::new().bold();
/// What matters less.
pub(crate) const QUIET: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// How wide a text is where that is not known.
const WIDTH: usize = 80;

/// Lines with a label and a value each. The values stand in one column.
pub(crate) fn fields<V: AsRef<str>>(
    width: usize,
    lines: impl IntoIterator<Item = (&'static str, V)>,
) -> String {
    let line = |(label, value): (&str, V)| {
        format!("  {QUIET}{label:<width$}{QUIET:#}{}\n", one_line(value.as_ref()))
    };
    lines.into_iter().map(line).collect()
}

/// A label and a text behind it, wrapped at blanks; further lines begin with `indent`. A word that is longer than a line
/// stays whole. Only the label may have colours.
pub(crate) fn wrapped(label: &str, indent: &str, text: &str) -> String {
    wrapped_to(WIDTH, label, indent, text)
}

/// The same within this width.
pub(crate) fn wrapped_to(width: usize, label: &str, indent: &str, text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let label = if label.is_empty() || words.is_empty() { label.to_owned() } else { format!("{label} ") };
    let options = Options::new(width)
        .initial_indent(&label)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(&words, options);
    lines.join("\n").trim_end_matches(' ').to_owned() + "\n"
}

/// The same with pieces that stay whole, even with blanks in them.
pub(crate) fn filled<'a>(label: &str, indent: &str, pieces: impl IntoIterator<Item = &'a str>) -> String {
    let pieces: Vec<String> = pieces.into_iter().map(|piece| piece.replace(' ', "\u{a0}")).collect();
    wrapped(label, indent, &pieces.join(" ")).replace('\u{a0}', " ")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
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

    #[test]
    fn a_text_is_wrapped_and_neither_colours_nor_long_words_break_it() {
        let lines = wrapped("hint:", "  ", &"word ".repeat(60));
        assert!(lines.lines().count() > 3 && lines.lines().all(|line| line.len() <= WIDTH), "{lines}");
        assert!(lines.lines().skip(1).all(|line| line.starts_with("  word")));
        let word = "x".repeat(74);
        assert_eq!(wrapped(&styled(NOTE, "hint:"), "  ", &word).lines().count(), 1);
        assert_eq!(wrapped("hint:", "  ", &format!("a {word}")).lines().count(), 2);
        let word = "y".repeat(200);
        assert_eq!(wrapped("a:", "  ", &word), format!("a: {word}\n"));
    }
}
