//! Reads as much of TOML as our manifests use: tables, `key = value`, values over several lines.
//!
//! Texts in triple quotes are not understood. A library for TOML would be the largest dependency of the
//! chores, for five rules.

/// One `key = value` and the table that it stands in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) table: String,
    pub(crate) key: String,
    pub(crate) value: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// All entries of a file, in order.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut table = String::new();
    let mut found: Vec<Entry> = Vec::new();
    let mut open = 0_isize;
    for (number, line) in (1..).zip(text.lines()) {
        let line = without_comment(line).trim();
        let unfinished = if open > 0 { found.last_mut() } else { None };
        if let Some(entry) = unfinished {
            entry.value.push_str(line);
            open += opened(line);
        } else if line.starts_with('[') {
            table = line.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            open = opened(value);
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            found.push(Entry { table: table.clone(), key, value, line: number });
        }
    }
    found
}

/// The value of a key, without quotes.
pub(crate) fn value<'a>(entries: &'a [Entry], table: &str, key: &str) -> Option<&'a str> {
    let entry = entries.iter().find(|entry| entry.table == table && entry.key == key)?;
    Some(entry.value.trim_matches('"'))
}

/// How many more brackets a line opens than it closes, outside quotes.
fn opened(line: &str) -> isize {
    let unquoted = line.split('"').step_by(2);
    unquoted.flat_map(str::chars).fold(0, |open, character| match character {
        '[' | '{' => open + 1,
        ']' | '}' => open - 1,
        _ => open,
    })
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let comment = line.find(|character| {
        quoted ^= character == '"';
        character == '#' && !quoted
    });
    &line[..comment.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_keys_and_values_are_read() {
        let text =
            "top = 1\n[a.b] # c\nkey.sub = true # c\nlist = [ # c\n  \"x]#\",\n]\n\n[[more]]\nname = \"n\"\n";
        let found = entries(text);
        let read: Vec<_> = found.iter().map(|e| (&*e.table, &*e.key, &*e.value, e.line)).collect();
        assert_eq!(
            read,
            [
                ("", "top", "1", 1),
                ("a.b", "key.sub", "true", 3),
                ("a.b", "list", "[\"x]#\",]", 4),
                ("more", "name", "\"n\"", 9)
            ]
        );
        assert_eq!(value(&found, "more", "name"), Some("n"));
        assert_eq!(value(&found, "more", "none"), None);
    }
}
