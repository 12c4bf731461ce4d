//! Asking whether something that can not be taken back shall be done.

use std::io::{self, BufRead as _};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;

/// Asks, and waits for the answer. Whatever is not a yes is a no.
pub(crate) async fn is_wanted(question: String) -> Result<bool, Failure> {
    // Reading can not be given up: it holds a thread of its own, so that Ctrl-C is heard meanwhile.
    let asked = tokio::task::spawn_blocking(move || {
        output::to_stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| is_yes(&answer))
    });
    match asked.await {
        Ok(Ok(is_wanted)) => Ok(is_wanted),
        Ok(Err(error)) => Err(unanswered().caused_by(&error)),
        Err(error) => Err(unanswered().caused_by(&error)),
    }
}

fn unanswered() -> Failure {
    Failure::new(ExitCode::Local, "the answer can not be read")
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Y", " yes \r\n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yep", "y y", "ja"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
