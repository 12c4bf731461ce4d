//! The project's own chores: `cargo xtask ci` and `cargo xtask tidy`.

mod ci;
mod tidy;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a chore could not be done: a text for the person at the terminal.
type Failure = Box<dyn Error>;

const USAGE: &str = "\
The project's own chores.

usage: cargo xtask <chore>

  ci     every check, in the order of the continuous integration; stops at the first that fails
  tidy   the rules of the house: layers, manifests, files

exit code: 0 all well, 1 a check failed, 2 the command line was not understood
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match chore(&words) {
        Ok(code) => code,
        Err(failure) => {
            complain(&format!("error: {failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn chore(words: &[&str]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout();
    match words {
        ["ci"] => ci::run(&mut out),
        ["tidy"] => tidy::run(&mut out),
        ["help" | "--help" | "-h"] => out.write_all(USAGE.as_bytes()).map(|()| true).map_err(Into::into),
        _ => {
            complain(USAGE);
            return Ok(ExitCode::from(2));
        }
    }
    .map(|well| if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes to standard error; where even that is closed, the exit code has to do.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_has_exit_code_2() {
        for words in [&[][..], &["tydi"], &["tidy", "ci"], &["ci", "--fast"]] {
            assert_eq!(chore(words).unwrap(), ExitCode::from(2), "{words:?}");
        }
    }

    #[test]
    fn help_is_no_misuse() {
        assert_eq!(chore(&["--help"]).unwrap(), ExitCode::SUCCESS);
    }
}
