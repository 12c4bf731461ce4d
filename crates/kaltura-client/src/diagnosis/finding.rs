//! What a diagnosis finds: one finding for each stage, and all of them together.

use std::fmt;

use kaltura_auth::{Adjustment, ErrorKind as LoginErrorKind};
use kaltura_types::{AppTokenStatus, HashType, Open};

use super::ConnectionFault;
use crate::error::{Error, ErrorKind};

/// A step of a diagnosis, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The server responds, over the same transport as a login.
    Connection,
    /// The response comes from the Kaltura API.
    Api,
    /// The local clock agrees with the server's.
    Clock,
    /// The account exists in this region: the server issues a widget session, with which a login begins.
    WidgetSession,
    /// The server accepts the app token.
    Login,
    /// The properties of the app token. Needs an ADMIN session.
    TokenState,
    /// What the server granted, compared with what was requested.
    Grant,
    /// The server accepts the session. A login alone does not prove that (wire contract, section 4.4).
    Session,
    /// The session is allowed to call the requested action.
    Action,
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Self; 9] = [
        Self::Connection,
        Self::Api,
        Self::Clock,
        Self::WidgetSession,
        Self::Login,
        Self::TokenState,
        Self::Grant,
        Self::Session,
        Self::Action,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection",
            Self::Api => "API",
            Self::Clock => "clock",
            Self::WidgetSession => "widget session",
            Self::Login => "login",
            Self::TokenState => "token state",
            Self::Grant => "grant",
            Self::Session => "session",
            Self::Action => "action",
        })
    }
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The stage was skipped.
    Skipped,
    /// Nothing is wrong.
    Ok,
    /// Something differs from what is usual or was requested; it works nevertheless.
    Warning,
    /// It does not work.
    Failed,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        })
    }
}

/// What a finding is about, for programs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no connection, or it broke.
    Connection(ConnectionFault),
    /// The response does not come from the Kaltura API.
    NotKaltura,
    /// The local clock differs from the server's.
    ClockSkew {
        /// How many seconds the local clock is ahead at least; negative if it is behind.
        ahead_seconds: i64,
    },
    /// The server does not tell its time.
    NoServerTime,
    /// The login was refused.
    LoginRefused(LoginErrorKind),
    /// The server accepts another hash type than that of the credentials.
    OtherHashType {
        /// The hash type that it accepts.
        accepted: HashType,
    },
    /// The hash type was a guess, and is known now.
    HashTypeDetected {
        /// The hash type that the server accepts.
        accepted: HashType,
    },
    /// The server accepts no hash type: the token value is wrong.
    NoHashTypeAccepted,
    /// The account has no such app token.
    TokenNotFound,
    /// The app token starts no sessions.
    TokenNotActive(Open<AppTokenStatus>),
    /// The app token has expired.
    TokenExpired,
    /// The app token expires within 14 days.
    TokenExpiresSoon {
        /// The time left.
        seconds: i64,
    },
    /// The sessions of the app token have already expired when they are issued.
    SessionsExpireAtOnce,
    /// The value of the app token is not that of the credentials.
    OtherTokenValue,
    /// The properties of the app token cannot be read.
    TokenUnreadable(ErrorKind),
    /// The server granted something else than was requested.
    Adjusted(Vec<Adjustment>),
    /// The server refuses the session.
    SessionRefused(ErrorKind),
    /// The session is valid for certain paths only (`urirestrict`), so it cannot be verified.
    RestrictedToPaths,
    /// The session is not allowed to call the action.
    ActionForbidden,
    /// The server has no such action.
    NoSuchAction,
    /// It is not known whether the action is allowed.
    ActionUnclear(ErrorKind),
    /// The action failed for another reason.
    ActionFailed(ErrorKind),
    /// A stage before this one failed.
    StageFailed(Stage),
    /// The diagnosis has no partner id.
    NoPartnerId,
    /// The diagnosis has no credentials.
    NoCredentials,
    /// The diagnosis has no client with an ADMIN session.
    NoAdmin,
    /// The diagnosis has no action.
    NoAction,
}

/// What was found at one stage.
///
/// Neither the texts nor `Debug` contain a secret. `Display` is one line with the stage, the severity, the message and
/// what to do.
#[derive(Clone, Debug)]
pub struct Finding {
    stage: Stage,
    severity: Severity,
    message: String,
    remedy: Option<String>,
    problem: Option<Problem>,
    error: Option<Error>,
}

impl Finding {
    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// How serious it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do. Every warning and every failure has one.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// What it is about, for programs; `None` if nothing is wrong.
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The error behind a failure, if there is one.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    pub(super) fn ok(stage: Stage, message: impl Into<String>) -> Self {
        Self {
            stage,
            severity: Severity::Ok,
            message: message.into(),
            remedy: None,
            problem: None,
            error: None,
        }
    }

    pub(super) fn skipped(stage: Stage, problem: Problem, message: impl Into<String>) -> Self {
        Self { severity: Severity::Skipped, problem: Some(problem), ..Self::ok(stage, message) }
    }

    pub(super) fn warning(
        stage: Stage,
        problem: Problem,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let finding = Self::ok(stage, message);
        Self { severity: Severity::Warning, problem: Some(problem), remedy: Some(remedy.into()), ..finding }
    }

    pub(super) fn failed(
        stage: Stage,
        problem: Problem,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Failed, ..Self::warning(stage, problem, message, remedy) }
    }

    /// A failure with the texts and the hint of its error.
    pub(super) fn of_error(stage: Stage, problem: Problem, error: impl Into<Error>) -> Self {
        let error = error.into();
        let report = error.report();
        let message = report.texts().collect::<Vec<_>>().join(": ");
        let remedy = report.hint().to_owned();
        Self::failed(stage, problem, message, remedy).with_error(error)
    }

    pub(super) fn with_error(self, error: impl Into<Error>) -> Self {
        Self { error: Some(error.into()), ..self }
    }

    pub(super) fn with_problem(self, problem: Problem) -> Self {
        Self { problem: Some(problem), ..self }
    }

    pub(super) fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(super) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(super) fn is_failed(&self) -> bool {
        self.severity == Severity::Failed
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.stage, self.severity, self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, " (remedy: {remedy})"),
            None => Ok(()),
        }
    }
}

/// All findings of a diagnosis: one for each stage, in their order.
#[derive(Clone, Debug)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// The findings, one for each [`Stage`].
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding of a stage.
    #[must_use]
    pub fn finding(&self, stage: Stage) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.stage == stage)
    }

    /// The first failure: what to repair first.
    #[must_use]
    pub fn first_failure(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.is_failed())
    }

    /// The most serious severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Skipped)
    }
}

/// One line for each finding.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}
