//! Secrets from files and from standard input.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Failure;
use crate::files;
use crate::output::Ui;
use crate::redaction::unopened;

/// How many bytes a secret may have. Those of Kaltura have 32.
const MOST_BYTES: u64 = 64 << 10;

/// A secret that was read.
pub(crate) type Secret = Zeroizing<String>;

/// The content of a file, less one line end.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    read(file, &format!("the file {}", path.display()))
}

/// All of standard input, less one line end. `option` is what asked for it.
pub(crate) fn from_stdin(ui: &Ui, option: &str) -> Result<Secret, Failure> {
    if ui.stdin_is_terminal {
        let hint = format!("Use a pipe: pass show kaltura | kaltura … {option}");
        let message = "standard input is a terminal, where the secret would be visible";
        return Err(Failure::usage(message).with_hint(hint));
    }
    read(&mut *ui.stdin(), "standard input")
}

/// All that can be read, less one line end.
pub(crate) fn read(from: impl Read, place: &str) -> Result<Secret, Failure> {
    let text = files::read_text(from, MOST_BYTES, place)?;
    match without_line_end(&text) {
        "" => Err(Failure::usage(format!("{place} is empty"))),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

/// The text less one line end, which editors and `echo` add. Whatever else stands there is a part of it.
pub(crate) fn without_line_end(text: &str) -> &str {
    let Some(line) = text.strip_suffix('\n') else { return text };
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_line_end_goes() {
        for (given, taken) in [
            ("abc", "abc"),
            ("abc\n", "abc"),
            ("abc\r\n", "abc"),
            ("abc\n\n", "abc\n"),
            ("abc\r", "abc\r"),
            ("abc\n\r\n", "abc\n"),
            (" abc \n", " abc "),
            ("\u{feff}abc\n", "abc"),
        ] {
            assert_eq!(read(given.as_bytes(), "it").unwrap().as_str(), taken, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_quoted() {
        let long = "hush ".repeat(20_000);
        for (given, why) in [
            (&b""[..], "it is empty"),
            (b"\n", "it is empty"),
            (b"hush\xff", "it is not UTF-8 text"),
            (long.as_bytes(), "it is larger than 65536 bytes"),
        ] {
            let failure = read(given, "it").unwrap_err();
            assert!(failure.to_string().starts_with(why), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }
}
