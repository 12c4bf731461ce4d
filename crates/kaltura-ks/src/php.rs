//! The functions of PHP that the format of a KS depends on (wire contract, sections 5.2, 6.2 and 6.5).
//!
//! The server reads a KS with PHP's own functions. What they skip, alter or accept is part of the format: a reader
//! that is stricter or laxer would see another session than the server.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::iter;
use std::ops::{Index, RangeFrom, RangeTo};

use memchr::{memchr, memchr_iter, memchr2};

/// Removes the characters that PHP's `trim` removes.
pub(crate) fn trim(text: &str) -> &str {
    // Most texts have none.
    if let [first, .., last] = text.as_bytes()
        && *first.min(last) > b' '
    {
        return text;
    }
    text.trim_matches(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\0' | '\x0b'))
}

/// The parts of a `str` or of bytes between separators, which are ASCII. Faster than `split` of both for short parts.
pub(crate) fn split<T>(text: &T, separator: u8) -> impl Iterator<Item = &T>
where
    T: ?Sized + AsRef<[u8]> + Index<RangeFrom<usize>, Output = T> + Index<RangeTo<usize>, Output = T>,
{
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let end = memchr(separator, text.as_ref());
        rest = end.map(|end| &text[end + 1..]);
        Some(end.map_or(text, |end| &text[..end]))
    })
}

/// The order of `text` and `number` under PHP's `<=>`.
///
/// A numeric text is compared as a number. Any other text is compared as a string with the number's digits. An
/// absent text is `false`, which equals the number 0.
pub(crate) fn compare(text: Option<&str>, number: i64) -> Ordering {
    let Some(text) = text else {
        return false.cmp(&(number != 0));
    };
    match Numeric::read(text) {
        Some(Numeric::Integer(value)) => value.cmp(&number),
        #[expect(clippy::cast_precision_loss, reason = "PHP converts the integer in the same way")]
        Some(Numeric::Float(value)) => value.partial_cmp(&(number as f64)).unwrap_or(Ordering::Less),
        None => text.as_bytes().cmp(number.to_string().as_bytes()),
    }
}

enum Numeric {
    Integer(i64),
    Float(f64),
}

impl Numeric {
    /// Reads what PHP calls a numeric string: a decimal number, with white space around it.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        // Rust's parser reads the same numbers, and also words such as `inf`.
        if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return None;
        }
        let integer = text.parse().map(Self::Integer);
        integer.ok().or_else(|| text.parse().map(Self::Float).ok())
    }
}

/// The maximum number of variables that PHP reads (its setting `max_input_vars`).
pub(crate) const MAX_VARIABLES: usize = 1000;

/// So few names are compared one by one.
const FEW: usize = 16;

/// Appends names and values as PHP's `http_build_query` writes them.
pub(crate) fn append_query<'a>(query: &mut Vec<u8>, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    for (index, (name, value)) in pairs.enumerate() {
        if index > 0 {
            query.push(b'&');
        }
        append_escaped(query, name);
        query.push(b'=');
        append_escaped(query, value);
    }
}

/// Whether a byte is escaped: all but `A-Za-z0-9-_.`, also `~` and `*` (wire contract, section 6.1). Few are, so that
/// looking them up is worth it.
static IS_ESCAPED: [bool; 256] = {
    let mut is_escaped = [true; 256];
    let mut byte = 0;
    while byte <= b'z' {
        is_escaped[byte as usize] = !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        byte += 1;
    }
    is_escaped
};

#[inline]
fn append_escaped(query: &mut Vec<u8>, text: &str) {
    // Without a branch for each byte.
    if text.bytes().fold(false, |found, byte| found | IS_ESCAPED[usize::from(byte)]) {
        escape(query, text.as_bytes());
    } else {
        query.extend_from_slice(text.as_bytes());
    }
}

/// A space becomes `+`. Apart from the usual case, whose code stays small so.
#[inline(never)]
fn escape(query: &mut Vec<u8>, mut rest: &[u8]) {
    let is_escaped = |byte: &u8| IS_ESCAPED[usize::from(*byte)];
    let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
    while let Some(at) = rest.iter().position(is_escaped) {
        query.extend_from_slice(&rest[..at]);
        match rest[at] {
            b' ' => query.push(b'+'),
            byte => query.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]),
        }
        rest = &rest[at + 1..];
    }
    query.extend_from_slice(rest);
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, [u8]>),
    /// The value of a name with brackets, such as `a[b]`. Its content is not needed.
    Array,
}

/// Reads a query string into variables, as PHP's `parse_str`. A repeated name keeps its first position and gets
/// the last value.
pub(crate) fn parse_query(query: &[u8]) -> Vec<(Cow<'_, [u8]>, Value<'_>)> {
    let mut variables: Vec<(Cow<'_, [u8]>, Value<'_>)> = Vec::with_capacity(16);
    // Where each name is, once there are many. At most a thousand are read, so the hashes need no secret.
    let mut places: HashMap<Cow<'_, [u8]>, usize, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    let pairs = split(up_to_nul(query), b'&').filter(|pair| !pair.is_empty());
    for pair in pairs.take(MAX_VARIABLES) {
        // Names are short, and most are written as they are.
        let plain = pair.iter().position(|&byte| !IS_PLAIN[usize::from(byte)]).unwrap_or(pair.len());
        let (name, value) = match pair[plain..].iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..plain + at], &pair[plain + at + 1..]),
            None => (pair, &[][..]),
        };
        let name = if plain == name.len() && plain > 0 {
            Some(Name::Plain(name.into()))
        } else {
            variable_name(unescape(name))
        };
        let (name, value) = match name {
            Some(Name::Plain(name)) => (name, Value::Text(unescape(value))),
            Some(Name::Array(name)) => (name, Value::Array),
            None => continue,
        };
        let place = if variables.len() < FEW {
            variables.iter().position(|(present, _)| *present == name)
        } else {
            if places.is_empty() {
                let most = MAX_VARIABLES.min(memchr_iter(b'&', query).count() + 1);
                variables.reserve_exact(most.saturating_sub(variables.len()));
                places.reserve(most);
                places
                    .extend(variables.iter().zip(0..).map(|((present, _), place)| (present.clone(), place)));
            }
            places.get(&name).copied()
        };
        match place {
            Some(place) => variables[place].1 = value,
            None => {
                if !places.is_empty() {
                    places.insert(name.clone(), variables.len());
                }
                variables.push((name, value));
            }
        }
    }
    variables
}

/// Whether a byte has no meaning in a name: neither in a query string nor in the name of a variable.
static IS_PLAIN: [bool; 256] = {
    let mut is_plain = [true; 256];
    let mut others: &[u8] = b"=+%\0 .[";
    while let [byte, rest @ ..] = others {
        is_plain[*byte as usize] = false;
        others = rest;
    }
    is_plain
};

/// Whether PHP keeps a raw name as the name of a variable.
pub(crate) fn is_kept_as_name(raw: &[u8]) -> bool {
    // Most names have no byte with a meaning, which is found without a branch for each.
    let is_plain = raw.iter().fold(true, |plain, byte| plain & IS_PLAIN[usize::from(*byte)]);
    !raw.is_empty() && (is_plain || !raw.iter().any(|byte| matches!(byte, 0 | b' ' | b'.' | b'[')))
}

/// The name of a variable, after PHP has altered it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Plain(Cow<'a, [u8]>),
    /// The part before a pair of brackets.
    Array(Cow<'a, [u8]>),
}

/// Converts a raw name to the name of a variable: leading spaces are removed; `.`, space and a `[` without a `]`
/// after it become `_`. `None` if nothing is left before the first bracket: PHP drops such a pair.
pub(crate) fn variable_name(raw: Cow<'_, [u8]>) -> Option<Name<'_>> {
    if is_kept_as_name(&raw) {
        return Some(Name::Plain(raw));
    }
    let name = up_to_nul(&raw);
    let name = &name[name.iter().take_while(|&&byte| byte == b' ').count()..];
    let bracket = name.iter().position(|&byte| byte == b'[');
    match bracket {
        _ if name.is_empty() => None,
        Some(0) => None,
        Some(at) if name[at..].contains(&b']') => Some(Name::Array(replace_separators(&name[..at]))),
        _ => Some(Name::Plain(replace_separators(name))),
    }
}

fn replace_separators<'a>(name: &[u8]) -> Cow<'a, [u8]> {
    name.iter().map(|&byte| if matches!(byte, b' ' | b'.' | b'[') { b'_' } else { byte }).collect()
}

/// PHP handles names, and the query string as a whole, as strings of C, which end at NUL.
fn up_to_nul(text: &[u8]) -> &[u8] {
    memchr(0, text).map_or(text, |end| &text[..end])
}

const fn is_escape(byte: &u8) -> bool {
    matches!(byte, b'+' | b'%')
}

/// A `%` without two hex digits after it stays.
fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr2(b'+', b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.iter().position(is_escape) {
        plain.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest[at..] {
            [b'+', ..] => (b' ', 1),
            [_, high, low, ..] => hex_byte(high, low).map_or((b'%', 1), |byte| (byte, 3)),
            _ => (b'%', 1),
        };
        plain.push(byte);
        rest = &rest[at + length..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// The distance in the state of the Mersenne Twister between a word and the word that it is mixed with.
const SHIFT: usize = 397;
/// The number of words of state that 16 results depend on.
const STATE_WORDS: usize = SHIFT + 16;

/// The first 16 results of PHP's `rand(0, 255)` after `srand(seed)`: a Mersenne Twister, the same on every machine.
///
/// They are predictable from the seed. The server uses them for sessions with the privilege `downloadasset`, with
/// the expiry as the seed, so that the same request gets the same KS (wire contract, section 6.5);
/// [`KsFields::apply_download_asset_rule`](crate::KsFields::apply_download_asset_rule) applies that rule.
///
/// ```
/// assert_eq!(kaltura_ks::php_random_bytes(1001)[..4], [0x6d, 0x89, 0xbd, 0x1e]);
/// ```
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "PHP seeds with the low 32 bits, and returns the low 8")]
pub fn php_random_bytes(seed: i64) -> [u8; 16] {
    let mut state = [0_u32; STATE_WORDS];
    state[0] = seed as u32;
    for index in 1..STATE_WORDS {
        let previous = state[index - 1];
        state[index] = (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
    }
    std::array::from_fn(|index| {
        let mixed = (state[index] & 0x8000_0000) | (state[index + 1] & 0x7fff_ffff);
        let twist = if mixed & 1 == 0 { 0 } else { 0x9908_b0df };
        temper(state[index + SHIFT] ^ (mixed >> 1) ^ twist) as u8
    })
}

const fn temper(word: u32) -> u32 {
    let word = word ^ (word >> 11);
    let word = word ^ ((word << 7) & 0x9d2c_5680);
    let word = word ^ ((word << 15) & 0xefc6_0000);
    word ^ (word >> 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each row is the result of PHP 8.2 for the text against -5, 0, 1, 5, 1000 and 1795496955.
    #[test]
    fn comparison_is_that_of_php() {
        for (text, signs) in [
            (Some("5"), ">>>=<<"),
            (Some("5 "), ">>>=<<"),
            (Some(" 5"), ">>>=<<"),
            (Some("\x0b5"), ">>>=<<"),
            (Some("+5"), ">>>=<<"),
            (Some("5."), ">>>=<<"),
            (Some(".5"), ">><<<<"),
            (Some("5x"), ">>>>>>"),
            (Some("5\0"), ">>>>>>"),
            (Some(""), "<<<<<<"),
            (Some(" "), "<<<<<<"),
            (Some("-"), "<<<<<<"),
            (Some("x"), ">>>>>>"),
            (Some("inf"), ">>>>>>"),
            (Some("-inf"), "><<<<<"),
            (Some("nan"), ">>>>>>"),
            (Some("."), "><<<<<"),
            (Some("1e5e5"), ">>><>>"),
            (Some("--5"), "<<<<<<"),
            (Some("+-5"), "<<<<<<"),
            (Some("0x1A"), ">><<<<"),
            (Some("1e3"), ">>>>=<"),
            (Some("1e+2"), ">>>><<"),
            (Some("1e"), ">>><>>"),
            (Some("1e400"), ">>>>>>"),
            (Some("1.5e3 "), ">>>>><"),
            (Some("-5"), "=<<<<<"),
            (Some(" -0"), ">=<<<<"),
            (Some("00"), ">=<<<<"),
            (Some("0.0"), ">=<<<<"),
            (Some("99999999999999999999"), ">>>>>>"),
            (None, "<=<<<<"),
        ] {
            let numbers = [-5, 0, 1, 5, 1000, 1_795_496_955];
            let found: String = numbers
                .map(|number| match compare(text, number) {
                    Ordering::Less => '<',
                    Ordering::Equal => '=',
                    Ordering::Greater => '>',
                })
                .iter()
                .collect();
            assert_eq!(found, signs, "{text:?}");
        }
    }

    #[test]
    fn a_whole_number_beyond_64_bits_is_compared_as_a_float() {
        assert_eq!(compare(Some("9223372036854775807"), i64::MAX), Ordering::Equal);
        assert_eq!(compare(Some("9223372036854775808"), i64::MAX), Ordering::Equal);
        assert_eq!(compare(Some("9223372036854775806"), i64::MAX), Ordering::Less);
    }

    fn parsed(query: &str) -> String {
        let shown = |(name, value): (Cow<'_, [u8]>, Value<'_>)| {
            let value = match &value {
                Value::Text(text) => str::from_utf8(text).unwrap(),
                Value::Array => "ARRAY",
            };
            format!("{}={value}", str::from_utf8(&name).unwrap())
        };
        parse_query(query.as_bytes()).into_iter().map(shown).collect::<Vec<_>>().join("|")
    }

    // Each row is the result of PHP 8.2's parse_str.
    #[test]
    fn names_are_altered() {
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
    fn a_pair_of_brackets_creates_an_array() {
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
    fn pairs_are_split_and_unescaped() {
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
    fn among_many_names_a_repeated_one_keeps_its_place_and_gets_the_last_value() {
        let pairs = |value: &str| (0..40).map(|number| format!("k{number}={value}")).collect::<Vec<_>>();
        let query = [pairs("a"), pairs("b"), vec!["new=c".to_owned()]].concat().join("&");
        assert_eq!(parsed(&query), [pairs("b"), vec!["new=c".to_owned()]].concat().join("|"));
    }

    #[test]
    fn at_most_a_thousand_pairs_are_read() {
        let many: String = (0..1500).map(|number| format!("k{number}=v&")).collect();
        assert_eq!(parse_query(many.as_bytes()).len(), 1000);
        let repeated: String = (1..=1500).map(|number| format!("k={number}&")).collect();
        assert_eq!(parsed(&repeated), "k=1000");
    }

    #[test]
    fn all_but_the_unreserved_characters_are_escaped() {
        let mut query = Vec::new();
        append_query(&mut query, [("~*._- /", "~*._- /\0é%20"), ("", "y")].into_iter());
        assert_eq!(str::from_utf8(&query).unwrap(), "%7E%2A._-+%2F=%7E%2A._-+%2F%00%C3%A9%2520&=y");
    }

    // From the generator of CPython, which is another implementation, with the state that PHP computes from the seed.
    #[test]
    fn the_random_bytes_are_those_of_a_mersenne_twister() {
        for (seed, bytes) in
            [(1001, "6d89bd1e0ee3cce80e5b63b598848dc5"), (1_795_497_000, "55dee6e7faf826264b5001c818d2aa5c")]
        {
            assert_eq!(hex::encode(php_random_bytes(seed)), bytes, "{seed}");
        }
    }

    #[test]
    fn the_low_32_bits_are_the_seed() {
        assert_eq!(php_random_bytes(5 + (1 << 32)), php_random_bytes(5));
        assert_eq!(php_random_bytes(-1), php_random_bytes(0xffff_ffff));
        assert_ne!(php_random_bytes(5), php_random_bytes(6));
    }
}
