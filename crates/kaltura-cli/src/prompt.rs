//! Questions at a terminal, on standard error: standard output may be a pipe.

use std::fmt::Display;
use std::io::{self, Read};

use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{CustomUserError, InquireError, Password, PasswordDisplayMode, Select, Text};
use zeroize::Zeroizing;

use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::secret_input::Secret;
use crate::signals;

/// How much of an answer is read.
const MAX_ANSWER: usize = 1024;

/// Asks for a secret, which is not shown.
pub(crate) fn secret(ui: &Ui, question: &str, help: &str) -> Result<Secret, Failure> {
    signals::watch(ui);
    let answer = Password::new(question)
        .with_help_message(help)
        .with_display_mode(PasswordDisplayMode::Hidden)
        .without_confirmation()
        .with_render_config(RenderConfig::empty())
        .with_validator(|text: &str| Ok(not_empty(text)))
        .prompt();
    answered(answer).map(Zeroizing::new)
}

/// Asks for a text. What `check` finds wrong is told, and asked for again.
pub(crate) fn text<E: Display>(
    ui: &Ui,
    question: &str,
    help: &str,
    default: Option<&str>,
    check: impl Fn(&str) -> Result<(), E> + Clone + 'static,
) -> Result<String, Failure> {
    let check = move |text: &str| -> Result<Validation, CustomUserError> {
        Ok(match check(text) {
            Ok(()) => Validation::Valid,
            Err(error) => Validation::Invalid(error.to_string().into()),
        })
    };
    signals::watch(ui);
    let mut prompt = Text::new(question)
        .with_help_message(help)
        .with_render_config(RenderConfig::empty())
        .with_validator(check);
    prompt.default = default;
    answered(prompt.prompt())
}

/// Asks to choose one of these.
pub(crate) fn choice<T: Display>(ui: &Ui, question: &str, choices: Vec<T>) -> Result<T, Failure> {
    signals::watch(ui);
    let help = "Up and down, or type a part of it; Enter takes it";
    answered(
        Select::new(question, choices)
            .with_help_message(help)
            .with_render_config(RenderConfig::empty())
            .prompt(),
    )
}

fn not_empty(text: &str) -> Validation {
    if text.is_empty() { Validation::Invalid("it is empty".into()) } else { Validation::Valid }
}

fn answered<T>(answer: Result<T, InquireError>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Failure::new(ExitCode::Interrupted, "interrupted")
        }
        error => Failure::new(ExitCode::Local, "the answer can not be read").caused_by(&error),
    })
}

/// Asks, and waits for the answer. Whatever is not a yes is a no.
pub(crate) async fn confirm(ui: &Ui, question: String) -> Result<bool, Failure> {
    // Reading can not be given up: it holds a thread of its own, so that Ctrl-C is heard meanwhile.
    let ui = ui.clone();
    let asked = tokio::task::spawn_blocking(move || {
        ui.eprint(&format!("{question} [y/N] "));
        read_line(&mut *ui.stdin()).map(|answer| is_yes(&answer))
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

/// Reads a line, and nothing behind it.
fn read_line(from: &mut dyn Read) -> io::Result<String> {
    let line: Result<Vec<u8>, _> =
        from.bytes().take_while(|byte| !matches!(byte, Ok(b'\n'))).take(MAX_ANSWER).collect();
    Ok(String::from_utf8_lossy(&line?).into_owned())
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
