//! Asking a person at a terminal. Questions go to standard error: standard output may be somebody's pipe.

pub(crate) mod confirm;

use std::fmt::Display;
use std::io::{self, IsTerminal as _};

use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{CustomUserError, InquireError, Password, PasswordDisplayMode, Select, Text};
use zeroize::Zeroizing;

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::secret_input::Secret;
use crate::signals;

/// Whether there is somebody who could be asked.
pub(crate) fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a secret, which is not shown.
pub(crate) fn secret(question: &str, help: &str) -> Result<Secret, Failure> {
    signals::watch();
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
    signals::watch();
    let mut prompt = Text::new(question)
        .with_help_message(help)
        .with_render_config(RenderConfig::empty())
        .with_validator(check);
    prompt.default = default;
    answered(prompt.prompt())
}

/// Asks to choose one of these.
pub(crate) fn choice<T: Display>(question: &str, choices: Vec<T>) -> Result<T, Failure> {
    signals::watch();
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
