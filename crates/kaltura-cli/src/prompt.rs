//! Questions at a terminal, on standard error: standard output may be a pipe.

use std::fmt::Display;
use std::io::{self, Read};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{CustomUserError, InquireError, Select, Text};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::secret_input::Secret;
use crate::signals;

/// How much of an answer is read.
const MAX_ANSWER: usize = 1024;

/// Asks for a secret. What is typed is hidden. Ctrl-C cancels, Ctrl-Z suspends the process.
pub(crate) fn secret(ui: &Ui, question: &str, help: &str) -> Result<Secret, Failure> {
    signals::watch(ui);
    loop {
        ui.eprint(&format!("{question} [{help}] "));
        let answer = hidden_line(ui, question).inspect_err(|_| ui.eprint("\n"));
        let answer = answer.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => Failure::new(ExitCode::Interrupted, "interrupted"),
            _ => unreadable().caused_by(&error),
        })?;
        ui.eprint("\n");
        if !answer.is_empty() {
            return Ok(answer);
        }
        ui.eprint("The value is empty.\n");
    }
}

/// Raw mode of the terminal, until this is dropped.
struct RawMode;

impl RawMode {
    fn enable() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

/// Reads keys until Enter, without an echo.
fn hidden_line(ui: &Ui, question: &str) -> io::Result<Secret> {
    let mut line = Zeroizing::new(String::with_capacity(MAX_ANSWER));
    let mut raw = RawMode::enable()?;
    loop {
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Char('c') if is_control => return Err(io::ErrorKind::Interrupted.into()),
            KeyCode::Char('d') if is_control && line.is_empty() => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            KeyCode::Char('z') if is_control => {
                drop(raw);
                suspend();
                ui.eprint(&format!("{question} "));
                raw = RawMode::enable()?;
            }
            KeyCode::Char('u') if is_control => line.zeroize(),
            KeyCode::Esc => return Err(io::ErrorKind::Interrupted.into()),
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char(c) if !is_control && line.len() + c.len_utf8() <= MAX_ANSWER => line.push(c),
            _ => {}
        }
    }
}

/// Stops the process until the shell continues it.
#[cfg(unix)]
fn suspend() {
    use rustix::process::{Signal, kill_current_process_group};

    let _ = kill_current_process_group(Signal::TSTP);
}

#[cfg(not(unix))]
const fn suspend() {}

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
    let help = "Use the arrow keys or type a part of it, then press Enter";
    answered(
        Select::new(question, choices)
            .with_help_message(help)
            .with_render_config(RenderConfig::empty())
            .prompt(),
    )
}

fn answered<T>(answer: Result<T, InquireError>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Failure::new(ExitCode::Interrupted, "interrupted")
        }
        error => unreadable().caused_by(&error),
    })
}

/// Asks, and waits for the answer. Whatever is not a yes is a no.
pub(crate) async fn confirm(ui: &Ui, question: String) -> Result<bool, Failure> {
    // Reading cannot be cancelled: it has a thread of its own, so that Ctrl-C works meanwhile.
    let ui = ui.clone();
    let asked = tokio::task::spawn_blocking(move || {
        ui.eprint(&format!("{question} [y/N] "));
        read_line(&mut *ui.stdin()).map(|answer| is_yes(&answer))
    });
    match asked.await {
        Ok(Ok(is_wanted)) => Ok(is_wanted),
        Ok(Err(error)) => Err(unreadable().caused_by(&error)),
        Err(error) => Err(unreadable().caused_by(&error)),
    }
}

fn unreadable() -> Failure {
    Failure::new(ExitCode::Local, "cannot read the answer")
}

/// Reads a line, and nothing behind it.
fn read_line(from: &mut dyn Read) -> io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.len() < MAX_ANSWER && from.read(&mut byte)? == 1 && byte != *b"\n" {
        line.extend_from_slice(&byte);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
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
