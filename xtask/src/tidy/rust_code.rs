//! What of a Rust file is code: a scanner that blanks comments and the insides of literals.

/// The text with comments and literals turned into blanks. Lines stay where they are.
pub(crate) fn code_only(text: &str) -> String {
    let mut scanner = Scanner { rest: text, code: String::with_capacity(text.len()) };
    while let Some(next) = scanner.rest.chars().next() {
        match scanner.blank_length() {
            Some(length) => scanner.blank(length),
            None => scanner.keep(next),
        }
    }
    scanner.code
}

/// Where `word` stands in code, not as a part of a longer word. Gives the byte and the line, counted from 1.
pub(crate) fn find_word<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    code.match_indices(word).map(|(start, _)| start).filter_map(move |start| {
        let begun_before = code[..start].ends_with(is_name);
        let goes_on = word.ends_with(is_name) && code[start + word.len()..].starts_with(is_name);
        (!begun_before && !goes_on).then(|| (start, line_of(code, start)))
    })
}

/// The line, counted from 1, that has the byte at `position`.
pub(crate) fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

/// The text between an opening bracket, with which `text` begins, and the one that closes it.
pub(crate) fn inside_brackets(text: &str) -> &str {
    let mut depth = 0_usize;
    for (position, character) in text.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &text[1..position.max(1)];
        }
    }
    text
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

struct Scanner<'a> {
    rest: &'a str,
    code: String,
}

impl Scanner<'_> {
    fn keep(&mut self, character: char) {
        self.code.push(character);
        self.rest = &self.rest[character.len_utf8()..];
    }

    fn blank(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        self.code.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    /// How many bytes of comment or literal come next.
    fn blank_length(&self) -> Option<usize> {
        let rest = self.rest;
        if rest.starts_with("//") {
            Some(rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            Some(block_comment(rest))
        } else if rest.starts_with('"') {
            Some(quoted(rest, '"'))
        } else if rest.starts_with('\'') {
            character_literal(rest)
        } else if rest.starts_with('r') {
            raw_string(rest)
        } else {
            None
        }
    }
}

/// Comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut position) = (0_usize, 0);
    while position < text.len() {
        if text[position..].starts_with("/*") {
            depth += 1;
            position += 2;
        } else if text[position..].starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                break;
            }
        } else {
            position += text[position..].chars().next().map_or(1, char::len_utf8);
        }
    }
    position
}

/// From one quote to the next that no backslash escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return position + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'a'` and `'\''`, but not the lifetime `'a`.
fn character_literal(text: &str) -> Option<usize> {
    let mut after = text[1..].chars();
    let first = after.next()?;
    (first == '\\' || after.next() == Some('\'')).then(|| quoted(text, '\''))
}

/// `r"…"` and `r#"…"#`, but not the name `r#type`. No name ends right before a quote, so that the `r` is
/// always that of a string, also in `br"…"`.
fn raw_string(text: &str) -> Option<usize> {
    let marks = text[1..].len() - text[1..].trim_start_matches('#').len();
    let content = 1 + marks + 1;
    text[1 + marks..].starts_with('"').then(|| {
        let end = format!("\"{}", "#".repeat(marks));
        text[content..].find(&end).map_or(text.len(), |position| content + position + end.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        let code = code_only(text);
        assert_eq!(code.matches('\n').count(), text.matches('\n').count(), "{text}");
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(squeezed("a // b\nc"), "a c");
        assert_eq!(squeezed("a /* b /* c */\n d */ e"), "a e");
        assert_eq!(squeezed("/// doc\nfn f() {}"), "fn f() {}");
        assert_eq!(squeezed("a /* ä never closed"), "a");
    }

    #[test]
    fn literals_are_not_code() {
        assert_eq!(squeezed(r#"f("a \" // b", c)"#), "f( , c)");
        assert_eq!(squeezed("f(r#\"a \" b\"#, br\"\\\", c)"), "f( , b , c)");
        assert_eq!(squeezed("for x in r { y }"), "for x in r { y }");
        assert_eq!(squeezed(r#"f('"', '\'', 'ä', b'x') "a""#), "f( , , , b )");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        assert_eq!(squeezed("fn f<'a>(r#type: &'a str) {}"), "fn f<'a>(r#type: &'a str) {}");
    }

    #[test]
    fn words_are_found_whole() {
        let lines = |code, word| find_word(code, word).map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(lines("dbg(1);\nmy_dbg!(2);\ndbg!(3)", "dbg!"), [3]);
        assert_eq!(lines("asynchronous\nasync fn", "async"), [2]);
    }

    #[test]
    fn brackets_are_matched() {
        assert_eq!(inside_brackets("(a, (b), [c]) d)"), "a, (b), [c]");
        assert_eq!(inside_brackets("() d"), "");
        assert_eq!(inside_brackets("(a"), "(a");
    }
}
