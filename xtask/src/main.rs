//! The project's own chores: `cargo xtask ci`, `cargo xtask tidy`, `cargo xtask clients` and `cargo xtask measure`.

mod ci;
mod clients;
mod command;
mod measure;
mod tidy;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a chore could not be done: a text for the person at the terminal.
type Failure = Box<dyn Error>;

const USAGE: &str = "\
The project's own chores.

usage: cargo xtask <chore>

  ci        every check, in the order of the continuous integration; stops at the first that fails
  tidy      the rules of the house: layers, manifests, files
  clients   the published clients for Python and Node.js, and curl, against `kaltura emulate`
  measure   the size of the release binary, and how soon it has a KS beside the client for Python

exit code: 0 all well, 1 a check failed, 2 the command line was not understood
";

enum Chore {
    Ci,
    Tidy,
    Clients,
    Measure,
    Help,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(chore) = understand(&words) else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match run(&chore) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            complain(&format!("error: {failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn understand(words: &[String]) -> Option<Chore> {
    match words {
        [word] => match word.as_str() {
            "ci" => Some(Chore::Ci),
            "tidy" => Some(Chore::Tidy),
            "clients" => Some(Chore::Clients),
            "measure" => Some(Chore::Measure),
            "help" | "--help" | "-h" => Some(Chore::Help),
            _ => None,
        },
        _ => None,
    }
}

/// `false` if a check failed.
fn run(chore: &Chore) -> Result<bool, Failure> {
    let here = std::env::current_dir()?;
    let mut out = io::stdout();
    match chore {
        Chore::Ci => ci::run(&here, &mut out),
        Chore::Tidy => tidy::run(&here, &mut out),
        Chore::Clients => clients::run(&here, &mut out),
        Chore::Measure => measure::run(&here, &mut out),
        Chore::Help => {
            out.write_all(USAGE.as_bytes())?;
            Ok(true)
        }
    }
}

/// Writes to standard error; where even that is closed, the exit code has to do.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(line: &str) -> Option<Chore> {
        understand(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn chores_are_known_by_one_word() {
        assert!(matches!(understood("ci"), Some(Chore::Ci)));
        assert!(matches!(understood("tidy"), Some(Chore::Tidy)));
        assert!(matches!(understood("clients"), Some(Chore::Clients)));
        assert!(matches!(understood("measure"), Some(Chore::Measure)));
        assert!(matches!(understood("--help"), Some(Chore::Help)));
    }

    #[test]
    fn all_else_is_misuse() {
        for line in ["", "tydi", "tidy ci", "ci --fast"] {
            assert!(understood(line).is_none(), "{line}");
        }
    }
}
