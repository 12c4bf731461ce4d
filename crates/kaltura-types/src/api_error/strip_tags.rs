//! What PHP's `strip_tags` leaves of a text: the server takes markup out of the arguments of its errors.

/// Takes away everything from a `<` that begins a tag to its `>`; a `>` in quotes does not count. A `<`
/// before a blank begins no tag. NUL is dropped.
pub(super) fn strip_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().filter(|c| *c != '\0').peekable();
    let mut depth = 0_usize;
    let mut quote = None;
    while let Some(c) = characters.next() {
        let begins_tag = c == '<' && !characters.peek().is_some_and(|next| next.is_ascii_whitespace());
        if depth == 0 {
            match c {
                '<' if begins_tag => depth = 1,
                _ => kept.push(c),
            }
        } else if let Some(open) = quote {
            if c == open {
                quote = None;
            }
        } else {
            match c {
                '"' | '\'' => quote = Some(c),
                '<' if begins_tag => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_text_stays() {
        for (text, left) in [
            ("<b>x</b>", "x"),
            ("session->get", "session->get"),
            ("a < b > c", "a < b > c"),
            ("a<b", "a"),
            ("<a title='>'>x</a>y", "xy"),
            ("<i <b>>x", "x"),
            ("a\0b", "ab"),
            ("", ""),
        ] {
            assert_eq!(strip_tags(text), left, "{text:?}");
        }
    }
}
