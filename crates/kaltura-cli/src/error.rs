//! Why a command failed: for the shell, for people, for programs.

use std::error::Error;
use std::{fmt, io};

use kaltura_auth::{Error as LoginError, ErrorKind as LoginErrorKind, TransportErrorKind};
use kaltura_client::{Error as CallError, ErrorKind as CallErrorKind};
use kaltura_http::BuildError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A command did not work. It holds no secret: whoever makes one sees to that.
///
/// As a document it is the story of its report, without a text that is ready to be shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Failure(pub(crate) Box<Story>);

/// All that a report tells; what is not known is left out of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Story {
    #[serde(rename = "class")]
    pub(crate) exit_code: ExitCode,
    /// What did not work.
    pub(crate) message: String,
    /// Why, and why that, down to the first cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The code of the API's own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The action that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_url: Option<String>,
    /// Whether the same may work later without anybody doing anything.
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
    /// The whole text for people, where somebody else has written it already.
    #[serde(skip)]
    pub(crate) ready_text: Option<String>,
    /// Whether the answer on standard output tells it, so that no more is to be said.
    #[serde(skip)]
    pub(crate) is_told: bool,
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

/// The class of a failure. Its number is the exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// Something on this machine: a file that can not be written, no thread to be had.
    Local,
    /// The command line, an environment variable or a file that was given is wrong, or asks for what can not be.
    Usage,
    /// The server does not accept who logs in: the app token, its proof, the session. Or a KS is not signed
    /// with the secret that was given, so that the account's server would not accept it.
    Authentication,
    /// The server knows who asks, and says no.
    Permission,
    /// What was asked for does not exist: an app token id, a widget, a role, or any object that a call names.
    NotFound,
    /// No complete answer arrived, or an address can not be listened at.
    Network,
    /// The server failed, asks to wait, or is not the Kaltura API.
    Server,
    /// The program that was to be run is there, and can not be executed. The number is that of shells.
    ProgramNotExecuted,
    /// There is no such program as the one that was to be run. The number is that of shells.
    ProgramNotFound,
    /// Nobody reads the output any more. The number is that of a process that `SIGPIPE` has ended.
    BrokenPipe,
    /// The terminal is gone. The number is that of a process that `SIGHUP` has ended.
    HungUp,
    /// Stopped by Ctrl-C. The number is that of a process that `SIGINT` has ended.
    Interrupted,
    /// Stopped by `SIGTERM`. The number is that of a process that `SIGTERM` has ended.
    Terminated,
}

/// The exit codes, as `kaltura --help` tells them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  it worked
    1  something on this machine went wrong
    2  the command line, the environment or a given file is wrong
    3  authentication: the app token, the session or its signature is not accepted
    4  permission: the server knows who asks, and says no
    5  not found: there is no such app token, widget, role or other object
    6  network: no complete answer arrived, or an address is taken
    7  server: it failed, asks to wait, or is not the Kaltura API
  126  exec: the program can not be executed
  127  exec: there is no such program
  130  interrupted by Ctrl-C; 143 by SIGTERM; 129 by SIGHUP; 141 if nobody reads the output";

impl ExitCode {
    const ALL: [Self; 13] = [
        Self::Local,
        Self::Usage,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::Network,
        Self::Server,
        Self::ProgramNotExecuted,
        Self::ProgramNotFound,
        Self::BrokenPipe,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number.
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
        }
    }

    /// The name in the report for programs.
    const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Usage => "usage",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "notFound",
            Self::Network => "network",
            Self::Server => "server",
            Self::ProgramNotExecuted => "programNotExecuted",
            Self::ProgramNotFound => "programNotFound",
            Self::BrokenPipe => "brokenPipe",
            Self::HungUp => "hungUp",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

impl Serialize for ExitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ExitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let class = Self::ALL.into_iter().find(|class| class.name() == name);
        class.ok_or_else(|| serde::de::Error::custom("there is no such class"))
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let mut hint = error.hint();
        if error.kind() == LoginErrorKind::InvalidTokenHash {
            hint.push_str(" `kaltura doctor --detect` tries the other hash types.");
        }
        let mut failure = Self::new(class_of(error.kind()), error.to_string()).with_hint(hint);
        if let Some(cause) = error.source() {
            failure = failure.caused_by(cause);
        }
        let story = &mut failure.0;
        story.code = error.api_error().map(|api| api.code().as_str().to_owned());
        story.step = Some(error.step().to_string());
        story.is_retryable = error.is_retryable();
        story.retry_after = error.retry_after().map(|wait| wait.as_secs());
        story.http_status = error.http_status();
        story.server = error.server().map(str::to_owned);
        story.request_id = error.request_id().map(str::to_owned);
        failure
    }
}

impl Failure {
    /// What is told where the other hash types were tried too: to try them is no advice any more.
    pub(crate) fn after_detection(error: LoginError) -> Self {
        if error.kind() != LoginErrorKind::InvalidTokenHash {
            return error.into();
        }
        let credential_issues =
            error.credential_issues().iter().map(|suspicion| format!(" {}", suspicion.advice()));
        let hint = format!(
            "No hash type is accepted, so it is the token's value that is wrong: give the one of this app token, without \
             white space or line breaks.{}",
            credential_issues.collect::<String>()
        );
        Self::from(error).with_hint(hint)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let failure = Self::new(ExitCode::Local, error.to_string());
        match error.source() {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
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
        // What was asked for can not be sent, or is not accepted.
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
        let mut failure = Self::new(class_of_call(error.kind()), error.to_string()).with_hint(error.hint());
        if let Some(cause) = error.source() {
            failure = failure.caused_by(cause);
        }
        let story = &mut failure.0;
        story.code = error.api_error().map(|api| api.code().as_str().to_owned());
        story.step = Some(format!("{}.{}", error.service(), error.action()));
        story.is_retryable = error.is_retryable();
        story.retry_after = error.retry_after().map(|wait| wait.as_secs());
        if let Some(facts) = error.response_metadata() {
            story.http_status = Some(facts.status());
            story.server = facts.server().map(str::to_owned);
            story.request_id = facts.request_id().map(str::to_owned);
        }
        failure
    }
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
        // What was asked for can not be sent, or is not accepted.
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
    use kaltura_auth::blocking::transport_fn;
    use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, WireResponse};
    use kaltura_types::{HashType, KsRefusal, PartnerId};

    use super::*;

    #[test]
    fn each_class_has_its_own_number_and_the_help_tells_it() {
        let mut numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        for number in &numbers {
            assert!(EXIT_CODES.split_whitespace().any(|word| word == number.to_string()), "{number}");
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ExitCode::ALL.len());
    }

    #[test]
    fn each_kind_of_a_login_has_the_class_that_a_script_expects() {
        for (kind, class) in [
            (LoginErrorKind::InvalidTokenHash, ExitCode::Authentication),
            (LoginErrorKind::KsRefused(KsRefusal::Expired), ExitCode::Authentication),
            (LoginErrorKind::InvalidCredentials, ExitCode::Authentication),
            (LoginErrorKind::NotFound, ExitCode::NotFound),
            (LoginErrorKind::Forbidden, ExitCode::Permission),
            (LoginErrorKind::TokenNotFound, ExitCode::NotFound),
            (LoginErrorKind::InvalidParameter, ExitCode::Usage),
            (LoginErrorKind::Transport(TransportErrorKind::Connect), ExitCode::Network),
            (LoginErrorKind::Transport(TransportErrorKind::Timeout), ExitCode::Network),
            (LoginErrorKind::Transport(TransportErrorKind::TooLarge), ExitCode::Server),
            (LoginErrorKind::Transport(TransportErrorKind::Build), ExitCode::Usage),
            (LoginErrorKind::NotKaltura, ExitCode::Server),
            (LoginErrorKind::SourceFailed, ExitCode::Local),
        ] {
            assert_eq!(class_of(kind), class, "{kind:?}");
        }
    }

    #[test]
    fn what_the_server_says_of_itself_is_kept_for_a_support_ticket() {
        let answer = r#"{"code":"ACTION_BLOCKED","message":"Action \"startwidgetsession\" is blocked","objectType":"KalturaAPIException","args":[]}"#;
        let transport = transport_fn(move |_| {
            Ok(WireResponse::new(200, answer)
                .with_header("X-Me", "api7")
                .with_header("X-Kaltura-Session", "1121307854, 1795493300")
                .with_header("Retry-After", "30"))
        });
        let token = AppTokenCredentials::new(PartnerId::new(1), "0_a", "hush", HashType::Sha256);
        let error = AppTokenLogin::new(ServiceUrl::US, token).run_blocking(&transport).unwrap_err();

        let story = Failure::from(error).at(&ServiceUrl::US).0;
        assert_eq!(story.exit_code, ExitCode::Server);
        assert_eq!(story.code.as_deref(), Some("ACTION_BLOCKED"));
        assert_eq!(story.server.as_deref(), Some("api7"));
        assert!(story.request_id.as_deref().is_some_and(|id| id.starts_with("1121307854")));
        assert_eq!(story.retry_after, Some(30));
        assert!(story.is_retryable);
        assert_eq!(story.causes.len(), 1);
    }

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
