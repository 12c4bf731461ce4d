//! Wrapping texts.

use textwrap::{Options, WordSplitter};

/// How wide a text is where that is not known.
const WIDTH: usize = 80;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style;

    #[test]
    fn lines_have_at_most_80_columns() {
        let text = "word ".repeat(60);
        let lines = wrapped("hint:", "  ", &text);
        assert!(lines.lines().count() > 3);
        for line in lines.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(lines.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(lines.split_whitespace().count(), 61);
    }

    #[test]
    fn colours_take_no_room() {
        let text = "x".repeat(74);
        let label = format!("{}hint:{:#}", style::NOTE, style::NOTE);
        assert_eq!(wrapped(&label, "  ", &text).lines().count(), 1);
        assert_eq!(wrapped("hint:", "  ", &format!("a {text}")).lines().count(), 2);
    }

    #[test]
    fn a_long_word_stays_whole() {
        let word = "y".repeat(200);
        assert_eq!(wrapped("a:", "  ", &word), format!("a: {word}\n"));
    }
}
