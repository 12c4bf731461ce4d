//! Query strings as PHP writes and reads them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All but `A-Za-z0-9-_.`: also `~` and `*`, which other writers leave alone (wire contract, section 6.1).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// How many variables PHP reads before it stops (its setting `max_input_vars`).
pub(crate) const MAX_VARIABLES: usize = 1000;

/// Appends `name=value`, escaped, to a query string.
pub(crate) fn append(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(&encode(name));
    query.push('=');
    query.push_str(&encode(value));
}

/// Escapes a name or a value; a blank becomes `+`.
fn encode(text: &str) -> String {
    // A percent sign of the text itself is %25 by then, so each %20 is a blank.
    Cow::from(percent_encode(text.as_bytes(), ESCAPED)).replace("%20", "+")
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Vec<u8>),
    /// What a name with brackets, such as `a[b]`, makes of its variable. The content does not matter here.
    Array,
}

/// Reads a query string into variables. A repeated name keeps its first place and takes the last value.
pub(crate) fn parse(query: &[u8]) -> Vec<(Vec<u8>, Value)> {
    let mut variables: Vec<(Vec<u8>, Value)> = Vec::new();
    let pairs = up_to_nul(query).split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    for pair in pairs.take(MAX_VARIABLES) {
        let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let (name, value) = match read_name(&decode(name)) {
            Some(Name::Plain(name)) => (name, Value::Text(decode(value))),
            Some(Name::Array(name)) => (name, Value::Array),
            None => continue,
        };
        match variables.iter_mut().find(|(present, _)| *present == name) {
            Some((_, present)) => *present = value,
            None => variables.push((name, value)),
        }
    }
    variables
}

/// A name after PHP has made a variable's name of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Plain(Vec<u8>),
    /// The part before a pair of brackets.
    Array(Vec<u8>),
}

/// Makes a variable's name: leading blanks go, `.`, blank and a `[` without a `]` after it become `_`. A name
/// of which nothing is left before the first bracket is dropped.
pub(crate) fn read_name(raw: &[u8]) -> Option<Name> {
    let name = up_to_nul(raw);
    let name = &name[name.iter().take_while(|&&byte| byte == b' ').count()..];
    let bracket = name.iter().position(|&byte| byte == b'[');
    match bracket {
        _ if name.is_empty() => None,
        Some(0) => None,
        Some(at) if name[at..].contains(&b']') => Some(Name::Array(mangle(&name[..at]))),
        _ => Some(Name::Plain(mangle(name))),
    }
}

fn mangle(name: &[u8]) -> Vec<u8> {
    name.iter().map(|&byte| if matches!(byte, b' ' | b'.' | b'[') { b'_' } else { byte }).collect()
}

/// PHP treats names, and the query string as a whole, as texts of C.
fn up_to_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or(text)
}

fn decode(text: &[u8]) -> Vec<u8> {
    let with_blanks: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&with_blanks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> String {
        let shown = |(name, value): (Vec<u8>, Value)| {
            let value = match value {
                Value::Text(text) => String::from_utf8(text).unwrap(),
                Value::Array => "ARRAY".to_owned(),
            };
            format!("{}={value}", String::from_utf8(name).unwrap())
        };
        parse(query.as_bytes()).into_iter().map(shown).collect::<Vec<_>>().join("|")
    }

    // Each row is what PHP 8.2's parse_str gave.
    #[test]
    fn names_are_mangled() {
        for (query, variables) in [
            ("a%5Bb=1", "a_b=1"),
            ("a%5B=1", "a_=1"),
            ("a%5D=1", "a]=1"),
            ("a%5Bb.c+d%5Be=1", "a_b_c_d_e=1"),
            ("a.b%5B.c=1", "a_b__c=1"),
            (".=1", "_=1"),
            ("+.=2", "_=2"),
            ("+a=1&++=2", "a=1"),
            ("%09a=1&b%09=2", "\ta=1|b\t=2"),
            ("=x&a=1", "a=1"),
            ("%5Ba=1", ""),
            ("%5Ba%5D=1", ""),
            ("123=abc", "123=abc"),
            ("a%00b=1%002", "a=1\u{0}2"),
        ] {
            assert_eq!(parsed(query), variables, "{query}");
        }
    }

    #[test]
    fn a_pair_of_brackets_makes_an_array() {
        for (query, variables) in [
            ("a%5Bb%5D=1&_e=2", "a=ARRAY|_e=2"),
            ("a%5B%5D=1", "a=ARRAY"),
            ("a%5B+%5D=1", "a=ARRAY"),
            ("a%5Bb%5Dc%5Bd=5", "a=ARRAY"),
            ("a%5B%5Bb%5D=1", "a=ARRAY"),
            ("a=1&a%5Bx%5D=2", "a=ARRAY"),
            ("a%5Bx%5D=2&a=1", "a=1"),
        ] {
            assert_eq!(parsed(query), variables, "{query}");
        }
    }

    #[test]
    fn pairs_are_split_and_decoded() {
        for (query, variables) in [
            ("a&b=&c", "a=|b=|c="),
            ("&&a=1&&", "a=1"),
            ("a=1;b=2", "a=1;b=2"),
            ("a=1&b=2&a=3", "a=3|b=2"),
            ("a%2g=1%4&x=%4", "a%2g=1%4|x=%4"),
            ("a=%2b+%2B", "a=+ +"),
            ("a=1\0&b=2", "a=1"),
            ("a=b=c", "a=b=c"),
            ("", ""),
        ] {
            assert_eq!(parsed(query), variables, "{query}");
        }
    }

    #[test]
    fn no_more_than_a_thousand_pairs_are_read() {
        let many: String = (0..1500).map(|number| format!("k{number}=v&")).collect();
        assert_eq!(parse(many.as_bytes()).len(), 1000);
        let repeated: String = (1..=1500).map(|number| format!("k={number}&")).collect();
        assert_eq!(parsed(&repeated), "k=1000");
    }

    #[test]
    fn everything_but_the_unreserved_is_escaped() {
        let mut query = String::new();
        append(&mut query, "~*._- /", "~*._- /\0é%20");
        append(&mut query, "", "y");
        assert_eq!(query, "%7E%2A._-+%2F=%7E%2A._-+%2F%00%C3%A9%2520&=y");
    }
}
