//! Why a command failed: for the shell, for people, for programs.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use kaltura_auth::{Error as LoginError, ErrorKind as LoginErrorKind, TransportError, TransportErrorKind};
use kaltura_client::diagnosis::ConnectionFault;
use kaltura_client::{Error as CallError, ErrorKind as CallErrorKind};
use kaltura_http::BuildError;
use serde::Serialize;

/// A command failed. It holds no secret: callers redact what they put into it.
#[derive(Clone, Debug)]
pub(crate) struct Failure(pub(crate) Box<Report>);

/// What a report says; what is not known is left out. As JSON it has the members of the report.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    #[serde(rename = "class")]
    pub(crate) exit_code: ExitCode,
    pub(crate) message: String,
    /// Why, and why that, down to the first cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The code of the API error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The action that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_url: Option<String>,
    #[serde(rename = "retryable")]
    pub(crate) is_retryable: bool,
    /// How long the server asks to wait, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_status: Option<u16>,
    /// The server's name for the machine that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    /// The server's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// The whole text, where the parser of the command line has written it.
    #[serde(skip)]
    pub(crate) ready_text: Option<String>,
    /// Whether the answer on standard output says it, so that nothing more is reported.
    #[serde(skip)]
    pub(crate) is_told: bool,
}

impl Failure {
    pub(crate) fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self(Box::new(Report { exit_code, message: message.into(), ..Report::default() }))
    }

    /// A failure with the text of this error and of its causes.
    pub(crate) fn of_error(exit_code: ExitCode, error: &dyn Error) -> Self {
        let failure = Self::new(exit_code, error.to_string());
        match error.source() {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }

    /// A failure that the answer on standard output reports: only its exit code is left.
    pub(crate) fn told_already(exit_code: ExitCode) -> Self {
        let mut failure = Self::new(exit_code, "the answer says why");
        failure.0.is_told = true;
        failure
    }

    /// A program that ran in place of a command has failed, and has said so itself.
    pub(crate) fn program_ended(code: i32) -> Self {
        Self::told_already(ExitCode::Program(u8::try_from(code).unwrap_or(1)))
    }

    /// The command line, the environment or a given file is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// Standard output cannot be written.
    pub(crate) fn output(cause: &io::Error) -> Self {
        let exit_code = match cause.kind() {
            io::ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
            _ => ExitCode::Local,
        };
        Self::new(exit_code, "cannot write to standard output").caused_by(cause)
    }

    /// Sets the whole text for people, as the parser of the command line writes it.
    pub(crate) fn shown_as(mut self, text: String) -> Self {
        self.0.ready_text = Some(text);
        self
    }

    /// Sets what to do.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets where it happened.
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
        for cause in std::iter::successors(Some(cause), |cause| (*cause).source()) {
            let text = cause.to_string();
            if !self.0.causes.last().unwrap_or(&self.0.message).contains(&text) {
                self.0.causes.push(text);
            }
        }
        self
    }

    /// What did not work and why, in one text.
    pub(crate) fn text(&self) -> String {
        let Report { message, causes, .. } = &*self.0;
        std::iter::once(message).chain(causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The code of the API error.
    pub(crate) fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long to wait at least before the same is done again, if the server is unavailable.
    pub(crate) fn retry_delay(&self) -> Option<Duration> {
        let is_unavailable = self.0.is_retryable && self.0.exit_code == ExitCode::Server;
        is_unavailable.then(|| Duration::from_secs(self.0.retry_after.unwrap_or(0)))
    }

    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.0.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// The class of a failure. Its number is the exit code of the process, its name the `class` in the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ExitCode {
    /// Something on this machine, such as a file that cannot be written.
    #[default]
    Local,
    /// The command line, an environment variable or a file is invalid.
    Usage,
    /// The server rejects the app token, its hash or the session. Or a KS is not signed
    /// with the secret that was given, so that the account's server would not accept it.
    Authentication,
    Permission,
    /// What was asked for does not exist: an app token id, a widget, a role, or any object that a call names.
    NotFound,
    /// No complete response arrived, or the command cannot listen on an address.
    Network,
    /// The server failed, asks to wait, or is not the Kaltura API.
    Server,
    /// The program exists and cannot be executed. This number and the next one are those of shells.
    ProgramNotExecuted,
    ProgramNotFound,
    /// The terminal is gone. This number and the next ones are those of processes that a signal has ended.
    HungUp,
    Interrupted,
    BrokenPipe,
    Terminated,
    /// A program that ran in place of a command ended with this.
    #[serde(untagged)]
    Program(u8),
    /// The --jq filter ended with this exit code, by `halt` or `halt_error`.
    #[serde(untagged)]
    Filter(u8),
}

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  success
    1  a local error, such as a file that cannot be written
    2  usage: the command line, a variable or a file is invalid
    3  authentication: the app token, the session or its signature was rejected
    4  permission: the server denied access
    5  not found: no such app token, widget, role or other object
    6  network: no complete response, or an address in use
    7  server: it failed, asks to wait, or is not the Kaltura API
  126  exec: the program cannot be executed
  127  exec: program not found
  130  interrupted by Ctrl-C; 143 by SIGTERM; 129 by SIGHUP; 141 if the output pipe is closed

With --jq, `halt_error` ends with the exit code 5, or the one that it names, as in jq.";

impl ExitCode {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Local => 1,
            Self::Usage => 2,
            Self::Authentication => 3,
            Self::Permission => 4,
            Self::NotFound => 5,
            Self::Network => 6,
            Self::Server => 7,
            Self::ProgramNotExecuted => 126,
            Self::ProgramNotFound => 127,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
            Self::Terminated => 143,
            Self::Program(code) | Self::Filter(code) => code,
        }
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let mut hint = connection_hint(error.transport_error()).unwrap_or_else(|| error.hint());
        if error.kind() == LoginErrorKind::InvalidTokenHash {
            hint.push_str(" `kaltura doctor --detect` tries the other hash types.");
        }
        let mut failure = Self::of_error(class_of(error.kind()), &error).with_hint(hint);
        let report = &mut failure.0;
        report.code = error.api_error().map(|api| api.code().as_str().to_owned());
        report.step = Some(error.step().to_string());
        report.is_retryable = error.is_retryable();
        report.retry_after = error.retry_after().map(|wait| wait.as_secs());
        report.http_status = error.http_status();
        report.server = error.server().map(str::to_owned);
        report.request_id = error.request_id().map(str::to_owned);
        failure
    }
}

impl Failure {
    /// The failure after the other hash types were tried, too: its hint does not advise to try them.
    pub(crate) fn after_detection(error: LoginError) -> Self {
        if error.kind() != LoginErrorKind::InvalidTokenHash {
            return error.into();
        }
        let credential_issues =
            error.credential_issues().iter().map(|suspicion| format!(" {}", suspicion.advice()));
        let hint = format!(
            "No hash type is accepted, so the app token value is wrong: pass the value of this app token, without \
             white space or line breaks.{}",
            credential_issues.collect::<String>()
        );
        Self::from(error).with_hint(hint)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::of_error(ExitCode::Local, &error)
    }
}

/// The class of a failed login.
pub(crate) const fn class_of(kind: LoginErrorKind) -> ExitCode {
    match kind {
        LoginErrorKind::InvalidTokenHash
        | LoginErrorKind::TokenNotActive
        | LoginErrorKind::TokenExpired
        | LoginErrorKind::InvalidSecret
        | LoginErrorKind::InvalidCredentials
        | LoginErrorKind::KsRefused(_)
        | LoginErrorKind::ExpiredOnArrival
        | LoginErrorKind::SessionTooShort
        | LoginErrorKind::TokenGroupEnded
        | LoginErrorKind::RevokedEarly => ExitCode::Authentication,
        LoginErrorKind::PartnerBlocked | LoginErrorKind::Forbidden | LoginErrorKind::UserBlocked => {
            ExitCode::Permission
        }
        LoginErrorKind::TokenNotFound
        | LoginErrorKind::UnknownWidget
        | LoginErrorKind::UnknownRole
        | LoginErrorKind::NotFound => ExitCode::NotFound,
        // The request cannot be sent, or is not accepted.
        LoginErrorKind::Transport(TransportErrorKind::Build) | LoginErrorKind::InvalidParameter => {
            ExitCode::Usage
        }
        LoginErrorKind::Transport(TransportErrorKind::TooLarge)
        | LoginErrorKind::RateLimited
        | LoginErrorKind::BodyIgnored
        | LoginErrorKind::NoSuchAction
        | LoginErrorKind::ServerFailed
        | LoginErrorKind::Refused
        | LoginErrorKind::Redirected
        | LoginErrorKind::Unavailable
        | LoginErrorKind::NotKaltura
        | LoginErrorKind::OtherPartner => ExitCode::Server,
        LoginErrorKind::Transport(_) | LoginErrorKind::LoginTimedOut => ExitCode::Network,
        _ => ExitCode::Local,
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        if let Some(login) = error.session_error() {
            return login.clone().into();
        }
        let hint = connection_hint(error.transport_error()).unwrap_or_else(|| error.hint());
        let mut failure = Self::of_error(class_of_call(error.kind()), &error).with_hint(hint);
        let report = &mut failure.0;
        report.code = error.api_error().map(|api| api.code().as_str().to_owned());
        report.step = Some(format!("{}.{}", error.service(), error.action()));
        report.is_retryable = error.is_retryable();
        report.retry_after = error.retry_after().map(|wait| wait.as_secs());
        if let Some(facts) = error.response_metadata() {
            report.http_status = Some(facts.status());
            report.server = facts.server().map(str::to_owned);
            report.request_id = facts.request_id().map(str::to_owned);
        }
        failure
    }
}

/// What to do about a connection that could not be opened, if its causes say why.
fn connection_hint(error: Option<&TransportError>) -> Option<String> {
    let fault = ConnectionFault::of(error.filter(|error| error.kind() == TransportErrorKind::Connect)?);
    (fault != ConnectionFault::Other).then(|| fault.remedy().to_owned())
}

/// The class of a failed call.
const fn class_of_call(kind: CallErrorKind) -> ExitCode {
    match kind {
        CallErrorKind::NoSession(kind) => class_of(kind),
        CallErrorKind::KsRefused(_) | CallErrorKind::InvalidCredentials => ExitCode::Authentication,
        CallErrorKind::Forbidden
        | CallErrorKind::NotOwner
        | CallErrorKind::PartnerBlocked
        | CallErrorKind::UserBlocked => ExitCode::Permission,
        CallErrorKind::NotFound | CallErrorKind::UnknownRole => ExitCode::NotFound,
        // The request cannot be sent, or is not accepted.
        CallErrorKind::Transport(TransportErrorKind::Build)
        | CallErrorKind::InvalidParameter
        | CallErrorKind::InvalidState
        | CallErrorKind::NoSuchAction
        | CallErrorKind::InvalidCall => ExitCode::Usage,
        CallErrorKind::Transport(TransportErrorKind::TooLarge)
        | CallErrorKind::RateLimited
        | CallErrorKind::BodyIgnored
        | CallErrorKind::ServerFailed
        | CallErrorKind::Refused
        | CallErrorKind::Redirected
        | CallErrorKind::Unavailable
        | CallErrorKind::NotKaltura
        | CallErrorKind::NoResult => ExitCode::Server,
        CallErrorKind::Transport(_) | CallErrorKind::TimedOut => ExitCode::Network,
        _ => ExitCode::Local,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::KsRefusal;

    use super::*;

    #[test]
    fn each_kind_of_a_call_has_the_class_that_a_script_expects() {
        for (kind, class) in [
            (CallErrorKind::KsRefused(KsRefusal::Expired), ExitCode::Authentication),
            (CallErrorKind::NoSession(kaltura_auth::ErrorKind::TokenNotFound), ExitCode::NotFound),
            (CallErrorKind::InvalidCredentials, ExitCode::Authentication),
            (CallErrorKind::Forbidden, ExitCode::Permission),
            (CallErrorKind::NotOwner, ExitCode::Permission),
            (CallErrorKind::InvalidState, ExitCode::Usage),
            (CallErrorKind::NotFound, ExitCode::NotFound),
            (CallErrorKind::NoSuchAction, ExitCode::Usage),
            (CallErrorKind::InvalidParameter, ExitCode::Usage),
            (CallErrorKind::Transport(TransportErrorKind::Connect), ExitCode::Network),
            (CallErrorKind::Transport(TransportErrorKind::TooLarge), ExitCode::Server),
            (CallErrorKind::TimedOut, ExitCode::Network),
            (CallErrorKind::Refused, ExitCode::Server),
            (CallErrorKind::Unavailable, ExitCode::Server),
        ] {
            assert_eq!(class_of_call(kind), class, "{kind:?}");
        }
    }
}
