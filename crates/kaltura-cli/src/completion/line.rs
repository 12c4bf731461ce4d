//! The command line that a script hands over.

use std::ffi::OsString;
use std::io::Read;

/// How much of it is read: more than a system takes for one command.
const MOST_BYTES: u64 = 4 << 20;

/// Its words, each of which has a zero byte behind it. What else there is, such as an end of line, is of no word.
pub(crate) fn line_from(input: impl Read) -> Vec<OsString> {
    let mut bytes = Vec::new();
    // What can not be read makes no sense, and nothing is offered for it.
    let _ = input.take(MOST_BYTES).read_to_end(&mut bytes);
    let mut words: Vec<OsString> = bytes.split(|byte| *byte == 0).map(word).collect();
    words.pop();
    words
}

#[cfg(unix)]
fn word(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_owned())
}

#[cfg(not(unix))]
fn word(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_end() {
        for (line, words) in [
            ("", &[][..]),
            ("\r\n", &[]),
            ("kaltura\0", &["kaltura"]),
            ("kaltura\0\0\r\n", &["kaltura", ""]),
            ("kaltura\0a b\n\0", &["kaltura", "a b\n"]),
        ] {
            assert_eq!(line_from(line.as_bytes()), words, "{line:?}");
        }
    }
}
