//! What is shown of a text from a server: little, and nothing that may be a secret.
//!
//! Here the rule is not which secrets are hidden but which text is shown. An encoded secret consists of long runs of a
//! few characters; prose does not. So each run of [`MIN_RUN`] characters of Base64, hex, percent and entity encodings
//! is replaced, after joining what blanks, soft breaks or escapes split.

use std::ops::Range;

use super::known::KnownSecrets;
use super::{REDACTED, contains_secret};

/// The most that is shown of a text, in characters.
const MAX_SHOWN: usize = 200;

/// The least length of a run that is replaced, in characters.
const MIN_RUN: usize = 16;

/// The part of a text from which something is shown, in bytes.
const WINDOW: usize = 2048;

/// What is shown of a text from a server: at most 200 characters, in which runs of 16 or more characters of Base64,
/// hex, percent or entity encodings are replaced by `(redacted)`, also if blanks, soft line breaks or escapes split
/// them. Occurrences of `secrets` are replaced too, in all spellings that [`redact`](super::redact) finds. Control
/// characters become blanks.
///
/// The time depends neither on the length of the text nor on that of the secrets.
///
/// ```
/// # use kaltura_types::redact_server_text;
/// let text = "Backend fetch failed for 3f78 6850 e387 550f dab8 (hunter2)\n";
/// assert_eq!(redact_server_text(text, &["hunter2"]), "Backend fetch failed for (redacted) ((redacted)) ");
/// assert_eq!(redact_server_text(&"a word ".repeat(100), &[]).chars().count(), 201);
/// ```
#[must_use]
pub fn redact_server_text(text: &str, secrets: &[&str]) -> String {
    // A secret that begins in the window is looked at as a whole, in any encoding.
    // Of a longer one, the start covers all that is shown.
    let secrets: Vec<&str> =
        secrets.iter().map(|secret| &secret[..floor_char_boundary(secret, 2 * WINDOW)]).collect();
    let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
    let looked_at = &text[..floor_char_boundary(text, WINDOW.saturating_add(longest.saturating_mul(8)))];
    let mut ranges = KnownSecrets::for_text(&secrets, looked_at).find(looked_at);
    ranges.extend(find_runs(looked_at));
    ranges.sort_by_key(|range| range.start);
    render(text, &ranges)
}

fn render(text: &str, ranges: &[Range<usize>]) -> String {
    let mut shown = String::new();
    let (mut at, mut left) = (0, MAX_SHOWN);
    let mut ranges = ranges.iter().peekable();
    while at < text.len() {
        while ranges.peek().is_some_and(|range| range.end <= at) {
            ranges.next();
        }
        let is_full = left == 0 || at >= WINDOW;
        if is_full {
            shown.push('…');
            break;
        }
        match ranges.peek() {
            Some(range) if range.start <= at => {
                let mut end = range.end;
                // Adjacent and overlapping ranges are shown as one.
                while let Some(next) = ranges.next_if(|next| next.start <= end) {
                    end = end.max(next.end);
                }
                shown.push_str(REDACTED);
                left = left.saturating_sub(REDACTED.len());
                at = end;
            }
            _ => {
                let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                shown.push(if character.is_control() { ' ' } else { character });
                left -= 1;
                at += character.len_utf8();
            }
        }
    }
    shown
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// A sequence of characters that occur in encodings.
struct Run {
    range: Range<usize>,
    /// The number of its characters, without soft breaks.
    length: usize,
    /// Whether it does not look like a word of prose.
    is_suspect: bool,
    /// What is before it.
    gap: Gap,
}

/// What is between two runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// White space only.
    Blank,
    /// Punctuation that also separates the groups of an encoding, and white space.
    Punctuation,
    /// Something else.
    Other,
}

/// Where runs are to be replaced.
fn find_runs(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut stretch: Option<Stretch> = None;
    for run in runs(text) {
        match stretch.as_mut().filter(|stretch| stretch.continues_with(&run)) {
            Some(stretch) => stretch.append(&run),
            None => found.extend(stretch.replace(Stretch::new(&run)).and_then(Stretch::secret)),
        }
    }
    found.extend(stretch.and_then(Stretch::secret));
    found
}

/// Consecutive runs that may be one value which was split.
struct Stretch {
    range: Range<usize>,
    length: usize,
    is_suspect: bool,
    last_length: usize,
    last_is_suspect: bool,
}

impl Stretch {
    fn new(run: &Run) -> Self {
        Self {
            range: run.range.clone(),
            length: run.length,
            is_suspect: run.is_suspect,
            last_length: run.length,
            last_is_suspect: run.is_suspect,
        }
    }

    /// Groups of the same length belong together, and so do values that are not prose. Punctuation only separates
    /// short groups.
    fn continues_with(&self, run: &Run) -> bool {
        let same_length = self.last_length == run.length;
        match run.gap {
            Gap::Blank => same_length || (self.last_is_suspect && run.is_suspect),
            Gap::Punctuation => same_length && run.length <= 4,
            Gap::Other => false,
        }
    }

    fn append(&mut self, run: &Run) {
        self.range.end = run.range.end;
        self.length += run.length;
        self.is_suspect |= run.is_suspect;
        (self.last_length, self.last_is_suspect) = (run.length, run.is_suspect);
    }

    /// The range, if it may be a secret. Many words of one or two letters are no prose either.
    fn secret(self) -> Option<Range<usize>> {
        // Without a suspect run, all are of the same length.
        let is_spelled_out = self.last_length <= 2;
        let is_one_run = self.last_length == self.length;
        (self.length >= MIN_RUN && (self.is_suspect || is_one_run || is_spelled_out)).then_some(self.range)
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut current: Option<(Range<usize>, usize)> = None;
    let mut gap = Gap::Other;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let rest = &text[at..];
        if let Some(length) = soft_break(rest) {
            while characters.next_if(|(next, _)| *next < at + length).is_some() {}
            continue;
        }
        if is_encoding(character) {
            let (range, length) = current.get_or_insert((at..at, 0));
            range.end = at + 1;
            *length += 1;
            continue;
        }
        if let Some((range, length)) = current.take() {
            runs.push(Run { is_suspect: !is_prose(&text[range.clone()]), range, length, gap });
            gap = Gap::Blank;
        }
        gap = match (gap, character) {
            (Gap::Blank, blank) if blank.is_whitespace() => Gap::Blank,
            (Gap::Blank | Gap::Punctuation, ':' | ',' | '.' | '|') => Gap::Punctuation,
            (Gap::Punctuation, blank) if blank.is_whitespace() => Gap::Punctuation,
            _ => Gap::Other,
        };
    }
    if let Some((range, length)) = current {
        runs.push(Run { is_suspect: !is_prose(&text[range.clone()]), range, length, gap });
    }
    runs
}

/// The characters of Base64, hex, `%XX`, `&#NN;`, `\uXXXX` and quoted-printable.
const fn is_encoding(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '+' | '/' | '=' | '-' | '_' | '%' | '&' | '#' | ';' | '\\' | '~')
}

/// The length of a break at the start of the text that is not seen where the text is shown.
fn soft_break(text: &str) -> Option<usize> {
    const BREAKS: [&str; 9] =
        ["=\r\n", "=\n", "\\\r\n", "\\\n", "<wbr>", "<wbr/>", "<br>", "<br/>", "<br />"];
    let first = text.chars().next()?;
    match first {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => Some(first.len_utf8()),
        _ if first.is_control() && !first.is_whitespace() => Some(first.len_utf8()),
        '=' | '\\' | '<' => {
            BREAKS.iter().find(|text_of| text.starts_with(**text_of)).map(|found| found.len())
        }
        _ => None,
    }
}

/// Whether a run consists of words: letters, in lower case, in upper case, or with one capital letter at the start.
fn is_prose(run: &str) -> bool {
    run.split(['-', '/', '_', ';', '&', '=']).all(|word| {
        let tail = word.get(1..).unwrap_or_default();
        let is_upper = word.bytes().all(|byte| byte.is_ascii_uppercase());
        let starts_with_letter = word.bytes().next().is_none_or(|byte| byte.is_ascii_alphabetic());
        is_upper || (starts_with_letter && tail.bytes().all(|byte| byte.is_ascii_lowercase()))
    })
}

/// What is shown of a name that the API uses for parameters, members, types, services and actions, such as
/// `appToken:sessionPrivileges` or `KalturaAppToken::status`. `None` if the text is not such a name.
///
/// Names may be longer than the runs that [`redact_server_text`] replaces. They consist of words; random characters
/// do not.
pub(crate) fn as_name(text: &str) -> Option<&str> {
    let is_separator = |c: char| matches!(c, ':' | '.' | '_' | '-' | '>' | '[' | ']');
    let parts = text.split(is_separator).filter(|part| !part.is_empty());
    (text.len() <= 100 && parts.clone().count() > 0 && parts.clone().all(is_name_part)).then_some(text)
}

fn is_name_part(part: &str) -> bool {
    let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.is_empty() {
        return part.len() <= 4;
    }
    let capitals = letters.bytes().filter(u8::is_ascii_uppercase).count();
    // `statusIn` has two words. The words of a random sequence of letters have two characters on average.
    let is_worded = letters.len() < MIN_RUN || capitals == letters.len() || letters.len() >= 3 * capitals;
    let has_only_letters = letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    has_only_letters && is_worded && part.len() - letters.len() <= 3 && letters.len() <= 48
}

/// What is shown of the code of an error: words in upper case with underscores, such as `ENTRY_ID_NOT_FOUND`. `None` if
/// the text is not such a code.
pub(crate) fn as_code(text: &str) -> Option<&str> {
    let is_word = |word: &str| {
        let is_upper = word.len() <= 24 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_number = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        !word.is_empty() && (is_upper || is_number)
    };
    (text.len() <= 80 && text.starts_with(|c: char| c.is_ascii_uppercase()) && text.split('_').all(is_word))
        .then_some(text)
}

/// What is shown of a machine's name, as a server sends it in `X-Me`: the name if it is short and consists of words and
/// small numbers, otherwise what [`redact_server_text`] shows.
#[must_use]
pub fn shown_host(name: &str, secrets: &[&str]) -> String {
    let is_part = |part: &str| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_word = word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        is_word && part.len() - word.len() <= 4
    };
    let is_name = name.len() <= 64 && name.split(['.', '-']).all(is_part);
    if is_name && !contains_secret(name, secrets) {
        name.to_owned()
    } else {
        redact_server_text(name, secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";
    const HEX: &str = "3f786850e387550fdab836ed7e6dc881";

    fn shown(text: &str) -> String {
        redact_server_text(text, &[])
    }

    #[test]
    fn prose_and_short_ids_are_shown() {
        for text in [
            "",
            "Upload token is in an invalid status for adding entry, maybe the file was not uploaded",
            "Application token id \"0_7jh3eu10\" not found",
            "Error while starting session for partner [1234567]",
            "Ärger: ü, 10.0.12.34, and/or a well-known one",
            "1121307854, 1795493355",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn an_unknown_secret_is_replaced_however_it_is_split() {
        let split = |secret: &str, by: &str, width: usize| {
            let groups: Vec<&str> =
                secret.as_bytes().chunks(width).map(|group| std::str::from_utf8(group).unwrap()).collect();
            groups.join(by)
        };
        for secret in [KS, HEX, &HEX.to_uppercase()] {
            for by in [
                " ", "\n", "\0", "\r\n", "=\r\n", "\u{ad}", "\u{200b}", "<wbr>", "\\\n", "  ", "\t", "\u{a0}",
            ] {
                for width in [1, 2, 4, 5, 8, 20] {
                    let text = format!("value {} is bad", split(secret, by, width));
                    let shown = shown(&text);
                    let rest = shown.replace("(redacted)", "");
                    assert!(shown.contains("(redacted)") && rest.len() <= 24, "{text:?}: {shown:?}");
                }
            }
            for (by, width) in [(":", 2), (", ", 2), (":", 4), (".", 4)] {
                let shown = shown(&format!("a value {}!", split(secret, by, width)));
                assert_eq!(shown, "a value (redacted)!", "{by:?} {width}");
            }
        }
    }

    #[test]
    fn letters_that_are_spelled_out_are_replaced_and_words_of_the_same_length_are_shown() {
        assert_eq!(shown("value h u n t e r t h e s e c o n d s!"), "value (redacted)!");
        assert_eq!(shown("value hu nt er th es ec on do ne!"), "value (redacted)!");
        assert_eq!(shown("they said some more text over here"), "they said some more text over here");
    }

    #[test]
    fn values_with_other_characters_between_them_are_not_joined() {
        for text in [
            "12345678 (87654321)",
            "12345678: 87654321",
            "12:34 (56:78) (90:12) (34:56) (78:90)",
            "12: (34: (56: (78: (90: (12: (34: (56",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn escapes_are_part_of_a_run() {
        let escape = |to: fn(u8) -> String| "sécret:vàlue".bytes().map(to).collect::<String>();
        for text in [
            escape(|byte| format!("%{byte:02X}")),
            escape(|byte| format!("&#{byte};")),
            escape(|byte| format!("&#x{byte:x};")),
            escape(|byte| format!("\\u{byte:04x}")),
            escape(|byte| format!("\\x{byte:02x}")),
            escape(|byte| format!("={byte:02X}")),
        ] {
            assert_eq!(shown(&format!("it was {text} again")), "it was (redacted) again", "{text}");
        }
    }

    #[test]
    fn little_of_a_long_text_is_shown_in_linear_time() {
        let long = "then a longer text ".repeat(100_000);
        assert_eq!(shown(&long).chars().count(), MAX_SHOWN + 1);
        // The limit of what is looked at is inside of a character.
        assert_eq!(shown(&format!("a{}", "é".repeat(3000))).chars().count(), MAX_SHOWN + 1);
        let many = format!("{HEX}! ").repeat(50_000);
        assert!(shown(&many).chars().count() <= MAX_SHOWN + REDACTED.len() + 1);
        let secrets = ["aaaaaaaaab", "aaaaaaaaaaaaaaaaab"];
        // With a quadratic search this takes hours.
        assert_eq!(redact_server_text(&"a".repeat(1_000_000), &secrets), "(redacted)…");
        assert!(super::super::redact(&"a ".repeat(500_000), &secrets).len() == 1_000_000);
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_looked_at_is_not_shown_in_part() {
        let secret = "a secret of words";
        for blanks in (0..WINDOW + 40).step_by(7) {
            let text = format!("{}{secret}", " ".repeat(blanks));
            let shown = redact_server_text(&text, &[secret]);
            assert!(!shown.contains("secret"), "{blanks}");
        }
    }

    #[test]
    fn what_is_between_two_secrets_is_shown() {
        assert_eq!(
            redact_server_text("a hush and hush; hushhush!", &["hush"]),
            "a (redacted) and (redacted); (redacted)!"
        );
    }

    #[test]
    fn a_text_of_two_hundred_characters_is_shown_as_a_whole() {
        let text = "with".to_owned() + &" letters".repeat(24) + " end";
        assert_eq!((text.len(), shown(&text)), (MAX_SHOWN, text));
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc"), "a [2Jb  c");
    }

    #[test]
    fn names_consist_of_words() {
        for name in [
            "appToken:sessionPrivileges",
            "KalturaAppToken::status",
            "session->startWidgetSession",
            "FEATURE_ENTRY_REPLACEMENT",
            "1:filter:idEqual",
            "md5",
            "KalturaUploadedFileTokenResource",
        ] {
            assert_eq!(as_name(name), Some(name));
        }
        for text in ["", KS, HEX, &HEX.to_uppercase(), "dGhpc0lzQVNlY3JldFZhbHVl", "a b", "12345678"] {
            assert_eq!(as_name(text), None, "{text}");
        }
    }

    #[test]
    fn names_and_their_parts_have_limits() {
        let letters = |count| "a".repeat(count);
        for (name, is_name) in [
            (letters(48), true),
            (letters(49), false),
            ("ab.".repeat(33) + "a", true),
            ("ab.".repeat(33) + "ab", false),
            ("md123".to_owned(), true),
            ("md12345".to_owned(), false),
            ("1234".to_owned(), true),
            ("12345".to_owned(), false),
            // A short part may have any capitals; a long one has words of three letters, or only capitals.
            ("aBcDeF".to_owned(), true),
            ("aBcDeFgHiJkLmNoP".to_owned(), false),
            ("INTERNATIONALIZATION".to_owned(), true),
        ] {
            assert_eq!(as_name(&name).is_some(), is_name, "{name}");
        }
    }

    #[test]
    fn codes_and_their_words_have_limits() {
        for (code, is_code) in [
            ("A".repeat(24), true),
            ("A".repeat(25), false),
            ("ABCDEFG_".repeat(9) + "ABCDEFGH", true),
            ("ABCDEFG_".repeat(9) + "ABCDEFGHI", false),
            ("A_123".to_owned(), true),
            ("A_1234".to_owned(), false),
            ("A__B".to_owned(), false),
            ("A_b".to_owned(), false),
        ] {
            assert_eq!(as_code(&code).is_some(), is_code, "{code}");
        }
    }

    #[test]
    fn names_of_machines_have_limits() {
        for (name, is_name) in [
            ("abcdefghijkl-0123".to_owned(), true),
            ("abcdefghijklm-012".to_owned(), false),
            ("abcdefghijkl-01234".to_owned(), false),
            ("abcdefgh-".repeat(7) + "a", true),
            ("abcdefgh-".repeat(7) + "ab", false),
        ] {
            let expected = if is_name { name.as_str() } else { REDACTED };
            assert_eq!(shown_host(&name, &[]), expected);
        }
    }

    #[test]
    fn codes_consist_of_words_in_upper_case() {
        for code in ["ENTRY_ID_NOT_FOUND", "INTERNAL_SERVERL_ERROR", "X"] {
            assert_eq!(as_code(code), Some(code));
        }
        for text in ["", "lower", "A B", KS, &HEX.to_uppercase(), "_A", "1234"] {
            assert_eq!(as_code(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_machine_consists_of_words() {
        assert_eq!(shown_host("pa-front-api-12.example.internal", &[]), "pa-front-api-12.example.internal");
        // Longer than the runs that are replaced.
        assert_eq!(shown_host("pa-front-api-server-0123", &[]), "pa-front-api-server-0123");
        assert_eq!(shown_host("api-hush-1", &["hush"]), "api-(redacted)-1");
        assert_eq!(shown_host(&format!("api-{HEX}"), &[]), "(redacted)");
    }
}
