//! Why a command did not work: what is told to people, to programs and to the shell.

mod classify;
mod classify_call;
mod report;

use std::error::Error;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::exit_code::ExitCode;

/// A command did not work. It holds no secret: whoever makes one sees to that.
///
/// As a document it is the story of its report, without a text that is ready to be shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Failure(Box<Story>);

/// All that a report tells; what is not known is left out of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Story {
    #[serde(rename = "class")]
    exit_code: ExitCode,
    /// What did not work.
    message: String,
    /// Why, and why that, down to the first cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The code of the API's own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The action that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_url: Option<String>,
    /// Whether the same may work later without anybody doing anything.
    #[serde(rename = "retryable")]
    is_retryable: bool,
    /// How long the server asks to wait, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    /// The server's name for the machine that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// The server's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The whole text for people, where somebody else has written it already.
    #[serde(skip)]
    ready_text: Option<String>,
    /// Whether the answer on standard output tells it, so that no more is to be said.
    #[serde(skip)]
    is_told: bool,
}

impl Failure {
    /// A failure of this class.
    pub(crate) fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self(Box::new(Story {
            exit_code,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            code: None,
            step: None,
            service_url: None,
            is_retryable: false,
            retry_after: None,
            http_status: None,
            server: None,
            request_id: None,
            ready_text: None,
            is_told: false,
        }))
    }

    /// A failure that the answer on standard output tells: only its exit code is left.
    pub(crate) fn told_already(exit_code: ExitCode) -> Self {
        let mut failure = Self::new(exit_code, "the answer says why");
        failure.0.is_told = true;
        failure
    }

    /// The command line, the environment or a given file is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// Standard output can not be written.
    pub(crate) fn output(cause: &io::Error) -> Self {
        let exit_code = match cause.kind() {
            io::ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
            _ => ExitCode::Local,
        };
        Self::new(exit_code, "can not write to standard output").caused_by(cause)
    }

    /// Takes a text for people that is ready to be shown, as the parser of the command line writes it.
    pub(crate) fn shown_as(mut self, text: String) -> Self {
        self.0.ready_text = Some(text);
        self
    }

    /// Adds what to do.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds where it happened.
    pub(crate) fn at(mut self, service_url: &kaltura_auth::ServiceUrl) -> Self {
        self.0.service_url = Some(service_url.to_string());
        self
    }

    /// Says what it is a part of.
    pub(crate) fn within(mut self, whole: &str) -> Self {
        self.0.message = format!("{whole}: {}", self.0.message);
        self
    }

    /// Adds a cause, and the causes of that. What only repeats the text before it is left out.
    pub(crate) fn caused_by(mut self, cause: &dyn Error) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            let text = cause.to_string();
            let said = self.0.causes.last().unwrap_or(&self.0.message);
            if !said.contains(&text) {
                self.0.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// What did not work and why, in one text.
    pub(crate) fn story(&self) -> String {
        let Story { message, causes, .. } = &*self.0;
        std::iter::once(message).chain(causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// What to do.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The code of the API's own error.
    pub(crate) fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The class.
    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.0.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
