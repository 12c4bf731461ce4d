//! Secrets come from a file, from standard input or from the environment, never from an argument: the
//! arguments of a process can be read by everybody on the machine, and are kept by the shell.

mod origin;
mod source;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use zeroize::Zeroizing;

pub(crate) use self::origin::SecretOrigin;
pub(crate) use self::source::SecretSource;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::secret_likeness::unopened;

/// How many bytes a secret may have. Those of Kaltura have 32.
const MOST_BYTES: u64 = 64 << 10;

/// A secret that was read.
pub(crate) type Secret = Zeroizing<String>;

/// The value of an environment variable, as it is; nothing if it is not set.
pub(crate) fn from_environment(environment: Environment, name: &str) -> Result<Option<Secret>, Failure> {
    Ok(environment.text(name)?.map(Zeroizing::new))
}

/// The content of a file, less one line end.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    read(file, &format!("the file {}", path.display()))
}

/// All of standard input, less one line end. `option` is what asked for it.
fn from_stdin(option: &str) -> Result<Secret, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let hint = format!("Pipe it in, as in: pass show kaltura | kaltura … {option}");
        let message = "standard input is a terminal, which would show the secret";
        return Err(Failure::usage(message).with_hint(hint));
    }
    read(stdin.lock(), "standard input")
}

/// All that can be read, less one line end.
pub(crate) fn read(from: impl Read, place: &str) -> Result<Secret, Failure> {
    // Of this size from the beginning, so that no copies are left behind in memory while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
    from.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("can not read {place}")).caused_by(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::usage(format!("{place} has more than {MOST_BYTES} bytes, which is no secret")));
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Failure::usage(format!("{place} is not UTF-8 text")));
    };
    match without_line_end(text) {
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
            ("\u{feff}abc", "\u{feff}abc"),
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
            (long.as_bytes(), "it has more than 65536 bytes"),
        ] {
            let failure = read(given, "it").unwrap_err();
            assert!(failure.to_string().starts_with(why), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
    }

    #[test]
    fn a_variable_is_taken_as_it_is() {
        let environment = Environment::of_test(|name| match name {
            "TOKEN" => Some("abc\n".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        });
        assert_eq!(from_environment(environment, "TOKEN").unwrap().unwrap().as_str(), "abc\n");
        assert!(from_environment(environment, "OTHER").unwrap().is_none());
        assert!(from_environment(environment, "EMPTY").unwrap().is_none());
    }
}
