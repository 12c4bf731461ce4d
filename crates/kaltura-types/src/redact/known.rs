//! Finding known secrets in a text: as they are, split, escaped, and in Base64 or hex.
//!
//! The text is brought into forms in which each spelling of a secret is one sequence of bytes, and the secrets are
//! searched there. Each byte of a form knows which part of the text it comes from. All steps take linear time.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;

/// Secrets with fewer bytes are found only as they are: their encodings would be found in any text.
const MIN_ENCODED: usize = 4;

/// Encodings with fewer characters are not searched.
const MIN_NEEDLE: usize = 6;

/// How many layers of escapes are removed, as in `%2575`.
const MAX_LAYERS: usize = 3;

/// Known secrets, prepared for the search in any number of texts.
pub(super) struct KnownSecrets {
    /// As they are.
    exact: Vec<Vec<u8>>,
    /// Without blanks, in lower case.
    joined: Vec<Vec<u8>>,
    /// The part of their Base64 that does not depend on the neighbours, at each of the three positions.
    base64: Vec<Vec<u8>>,
    /// In lower-case hex.
    hex: Vec<Vec<u8>>,
}

impl KnownSecrets {
    /// Those of the secrets that this text may contain: a secret that is too long for it need not be prepared.
    pub(super) fn for_text(secrets: &[&str], text: &str) -> Self {
        let may_contain: Vec<&str> =
            secrets.iter().copied().filter(|secret| least_len(secret) <= text.len()).collect();
        Self::new(&may_contain)
    }

    pub(super) fn new(secrets: &[&str]) -> Self {
        let mut known = Self { exact: Vec::new(), joined: Vec::new(), base64: Vec::new(), hex: Vec::new() };
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let bytes = secret.as_bytes();
            known.exact.push(bytes.to_vec());
            if bytes.len() < MIN_ENCODED {
                continue;
            }
            let mut joined = View::of(secret).joined().bytes;
            joined.make_ascii_lowercase();
            known.joined.push(joined);
            if secret.contains(' ') {
                // As in the body of a form.
                known.joined.push(secret.replace(' ', "+").to_ascii_lowercase().into_bytes());
            }
            known.base64.extend((0..3).map(|position| base64_core(bytes, position)));
            known.hex.push(bytes.iter().flat_map(|byte| hex_digits(*byte)).collect());
        }
        for needles in [&mut known.joined, &mut known.base64, &mut known.hex] {
            needles.retain(|needle| needle.len() >= MIN_NEEDLE);
        }
        known
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    /// Where the secrets are in the text, in any order. The ranges may overlap.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.is_empty() || text.is_empty() {
            return found;
        }
        // `=ab` is a byte in quoted-printable, and in `token=ab%2Bcd` the start of a value.
        let may_be_quoted = self.search_layers(text, true, &mut found);
        if may_be_quoted {
            self.search_layers(text, false, &mut found);
        }
        found
    }

    /// Searches the text as it is, and after each layer of escapes is removed, those of quoted-printable included or not.
    /// Returns whether there is a `=`, with which these begin.
    fn search_layers(&self, text: &str, is_quoted: bool, found: &mut Vec<Range<usize>>) -> bool {
        let mut view = View::of(text);
        let mut has_equals_sign = false;
        for _ in 0..=MAX_LAYERS {
            has_equals_sign |= view.bytes.contains(&b'=');
            self.search_in(&view, found);
            match view.unescaped(is_quoted) {
                Some(unescaped) => view = unescaped,
                None => break,
            }
        }
        has_equals_sign
    }

    fn search_in(&self, view: &View, found: &mut Vec<Range<usize>>) {
        search(view, &self.exact, found);
        let mut joined = view.joined();
        joined.search_base64(&self.base64, found);
        joined.bytes.make_ascii_lowercase();
        search(&joined, &self.joined, found);
        // In `30 x`, the last digit of a secret looks like the start of `0x`.
        search(&joined, &self.hex, found);
        search(&joined.hex_digits(), &self.hex, found);
    }
}

/// A lower bound of the length of every spelling of a secret: that without separators is the shortest.
fn least_len(secret: &str) -> usize {
    match secret.contains('<') {
        // It may contain the name of a separator, such as `<wbr>`.
        true => 0,
        false => secret.bytes().filter(u8::is_ascii_alphanumeric).count(),
    }
}

fn hex_digits(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble & 15)];
    [digit(byte >> 4), digit(byte)]
}

/// The Base64 of these bytes, if `position` bytes precede them: without the characters that also depend on the
/// neighbours.
fn base64_core(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut padded = vec![0; position];
    padded.extend_from_slice(bytes);
    let encoded = STANDARD_NO_PAD.encode(&padded).into_bytes();
    let start = [0, 2, 3][position % 3];
    let end = if padded.len().is_multiple_of(3) { encoded.len() } else { encoded.len() - 1 };
    encoded.get(start..end).unwrap_or_default().to_vec()
}

fn search(view: &View, needles: &[Vec<u8>], found: &mut Vec<Range<usize>>) {
    for needle in needles {
        found.extend(memmem::find_iter(&view.bytes, needle).map(|at| view.source(at..at + needle.len())));
    }
}

/// A form of a text. `sources` has the range in the text from which each byte comes.
struct View {
    bytes: Vec<u8>,
    sources: Vec<Range<usize>>,
}

impl View {
    fn of(text: &str) -> Self {
        let sources = (0..text.len()).map(|at| at..at + 1).collect();
        Self { bytes: text.as_bytes().to_vec(), sources }
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), sources: Vec::with_capacity(capacity) }
    }

    fn push(&mut self, byte: u8, source: Range<usize>) {
        self.bytes.push(byte);
        self.sources.push(source);
    }

    /// The part of the text from which these bytes come.
    fn source(&self, bytes: Range<usize>) -> Range<usize> {
        let first = self.sources.get(bytes.start).map_or(0, |source| source.start);
        let last = bytes.end.checked_sub(1).and_then(|last| self.sources.get(last));
        first..last.map_or(first, |source| source.end)
    }

    /// Without white space, invisible characters and soft line breaks.
    fn joined(&self) -> Self {
        let mut joined = Self::with_capacity(self.bytes.len());
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let skipped = separator_len(&self.bytes[at..]);
            if skipped == 0 {
                joined.push(*byte, self.sources[at].clone());
            }
            at += skipped.max(1);
        }
        joined
    }

    /// Hex digits without what separates them in dumps: `0x`, `:`, `-`, `,`. `self` is joined and in lower case.
    fn hex_digits(&self) -> Self {
        let mut digits = Self::with_capacity(self.bytes.len());
        for (at, byte) in self.bytes.iter().enumerate() {
            let is_prefix = match byte {
                b'0' => self.bytes.get(at + 1) == Some(&b'x'),
                b'x' => at > 0 && matches!(self.bytes[at - 1], b'0' | b'\\'),
                b':' | b'-' | b',' | b'\\' => true,
                _ => false,
            };
            if !is_prefix {
                digits.push(*byte, self.sources[at].clone());
            }
        }
        digits
    }

    /// Searches in both alphabets of Base64. `self` is joined. The first and the last character of a secret also
    /// encode parts of their neighbours, so the whole word is found.
    fn search_base64(&self, needles: &[Vec<u8>], found: &mut Vec<Range<usize>>) {
        let standard: Vec<u8> = self.bytes.iter().map(|byte| standard_alphabet(*byte)).collect();
        let is_base64 = |at: usize| {
            standard.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        };
        for needle in needles {
            for at in memmem::find_iter(&standard, needle) {
                let end = at + needle.len();
                let start = if at > 0 && is_base64(at - 1) { at - 1 } else { at };
                found.push(self.source(start..if is_base64(end) { end + 1 } else { end }));
            }
        }
    }

    /// With one layer of escapes removed, those of quoted-printable only if `is_quoted`; `None` if there are none.
    fn unescaped(&self, is_quoted: bool) -> Option<Self> {
        let mut plain = Self::with_capacity(self.bytes.len());
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            match unescape(&self.bytes[at..]).filter(|_| is_quoted || *byte != b'=') {
                Some((character, length)) => {
                    let source = self.source(at..at + length);
                    let mut buffer = [0; 4];
                    match character {
                        Unescaped::Byte(byte) => plain.push(byte, source),
                        Unescaped::Char(character) => {
                            for byte in character.encode_utf8(&mut buffer).bytes() {
                                plain.push(byte, source.clone());
                            }
                        }
                    }
                    at += length;
                }
                None => {
                    plain.push(*byte, self.sources[at].clone());
                    at += 1;
                }
            }
        }
        (plain.bytes.len() < self.bytes.len()).then_some(plain)
    }
}

const fn standard_alphabet(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// Sequences that split a word without being seen, and are no ASCII white space.
const INVISIBLE: [&str; 13] = [
    "\u{ad}", "\u{a0}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{2028}", "\u{2029}",
    "=\r\n", "=\n", "<wbr>", "<br>",
];

/// The length of the separator at the start of these bytes; 0 if there is none.
fn separator_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        None => 0,
        Some(byte) if byte.is_ascii_whitespace() || byte.is_ascii_control() => 1,
        Some(b'\\') if bytes.get(1) == Some(&b'\n') => 2,
        Some(_) => {
            INVISIBLE.iter().find(|text| bytes.starts_with(text.as_bytes())).map_or(0, |text| text.len())
        }
    }
}

enum Unescaped {
    Byte(u8),
    Char(char),
}

/// Reads the escape at the start of these bytes, and its length.
fn unescape(bytes: &[u8]) -> Option<(Unescaped, usize)> {
    let escaped = match bytes {
        [b'%' | b'=', high, low, ..] => (Unescaped::Byte(hex_byte(*high, *low)?), 3),
        [b'\\', b'u', b'{', rest @ ..] => {
            let digits = rest.iter().take(7).position(|byte| *byte == b'}')?;
            (Unescaped::Char(char::from_u32(hex_number(&rest[..digits])?)?), digits + 4)
        }
        [b'\\', b'u' | b'U', rest @ ..] => (Unescaped::Char(char::from_u32(hex_number(rest.get(..4)?)?)?), 6),
        [b'\\', b'x' | b'X', high, low, ..] => (Unescaped::Byte(hex_byte(*high, *low)?), 4),
        [b'\\', b'n' | b'r' | b't', ..] => (Unescaped::Byte(b' '), 2),
        [b'\\', escaped @ (b'/' | b'\\' | b'"' | b'\''), ..] => (Unescaped::Byte(*escaped), 2),
        [b'&', rest @ ..] => {
            let length = rest.iter().take(10).position(|byte| *byte == b';')?;
            (Unescaped::Char(entity(&rest[..length])?), length + 2)
        }
        _ => return None,
    };
    Some(escaped)
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    u8::try_from(hex_number(&[high, low])?).ok()
}

fn hex_number(digits: &[u8]) -> Option<u32> {
    // The parser also accepts a sign.
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    is_hex.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
}

/// The character of an entity of HTML, without `&` and `;`.
fn entity(name: &[u8]) -> Option<char> {
    Some(match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex_number(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"plus" => '+',
        b"equals" => '=',
        b"sol" => '/',
        b"colon" => ':',
        b"lowbar" => '_',
        b"hyphen" => '-',
        b"vert" => '|',
        b"nbsp" => '\u{a0}',
        b"shy" => '\u{ad}',
        b"NewLine" => '\n',
        _ => return None,
    })
}
