//! Breaking long texts into lines.

/// How many columns a line may have.
const WIDTH: usize = 80;

/// A label and a text behind it, broken at blanks; further lines begin with `indent`. A word that is longer
/// than a line stays whole. Colours may stand in the label only.
pub(crate) fn wrapped(label: &str, indent: &str, text: &str) -> String {
    filled(label, indent, text.split_whitespace())
}

/// The same with pieces that stay whole, whether there are blanks in them or not.
pub(crate) fn filled<'a>(label: &str, indent: &str, pieces: impl IntoIterator<Item = &'a str>) -> String {
    let mut lines = label.to_owned();
    let mut column = anstream::adapter::strip_str(label).to_string().chars().count();
    let mut line_has_words = false;
    for word in pieces {
        let length = word.chars().count();
        if line_has_words && column + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.chars().count();
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
        line_has_words = true;
    }
    lines.push('\n');
    lines
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
