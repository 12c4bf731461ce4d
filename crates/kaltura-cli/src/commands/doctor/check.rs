//! One line of the answer: what was looked at, the verdict, and what to do.

use serde::Serialize;

use crate::error::{ExitCode, Failure};

/// What is looked at, in the order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Subject {
    Settings,
    ServiceUrl,
    Dns,
    Connection,
    Api,
    Clock,
    WidgetSession,
    Login,
    TokenState,
    Grant,
    Session,
    Action,
    SessionCache,
    Files,
}

impl Subject {
    /// What can not be looked at without settings.
    pub(super) const NEED_SETTINGS: [Self; 11] = [
        Self::ServiceUrl,
        Self::Dns,
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

    /// Its name for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::ServiceUrl => "service URL",
            Self::Dns => "DNS",
            Self::Connection => "connection",
            Self::Api => "API",
            Self::Clock => "clock",
            Self::WidgetSession => "widget session",
            Self::Login => "login",
            Self::TokenState => "token state",
            Self::Grant => "grant",
            Self::Session => "session",
            Self::Action => "action",
            Self::SessionCache => "session cache",
            Self::Files => "files",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    Ok,
    Warning,
    Failed,
    /// It was not looked at, or need not be.
    Skipped,
}

/// What there is to tell of one subject.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) message: String,
    /// What to do.
    pub(super) remedy: Option<String>,
    /// The code of the API's own error.
    pub(super) code: Option<String>,
    /// The class of a failure.
    pub(super) class: Option<ExitCode>,
}

impl Finding {
    pub(super) fn ok(message: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, message.into())
    }

    pub(super) fn skipped(message: impl Into<String>) -> Self {
        Self::new(Verdict::Skipped, message.into())
    }

    /// It needs what another check has not found.
    pub(super) fn skipped_because_of(failed: Subject) -> Self {
        Self::skipped(format!("because {} failed", failed.label()))
    }

    pub(super) fn warning(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(Verdict::Warning, message.into()) }
    }

    pub(super) fn failed(class: ExitCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let finding = Self::new(Verdict::Failed, message.into());
        Self { remedy: Some(remedy.into()), class: Some(class), ..finding }
    }

    /// What a command would fail with.
    pub(super) fn of(failure: &Failure) -> Self {
        let remedy = failure.hint().unwrap_or_else(|| match failure.exit_code() {
            ExitCode::Usage => {
                "Set it right, or give it in another way: `kaltura doctor --help` tells which there are."
            }
            _ => "It is on this machine: mend that first.",
        });
        Self {
            remedy: Some(remedy.to_owned()),
            code: failure.code().map(str::to_owned),
            class: Some(failure.exit_code()),
            ..Self::new(Verdict::Failed, failure.story())
        }
    }

    /// Adds a sentence to what is to be done.
    pub(super) fn and_then(mut self, remedy: &str) -> Self {
        self.remedy =
            Some(self.remedy.map_or_else(|| remedy.to_owned(), |first| format!("{first} {remedy}")));
        self
    }

    const fn new(verdict: Verdict, message: String) -> Self {
        Self { verdict, message, remedy: None, code: None, class: None }
    }
}

/// What a check gives: a line, and what the checks behind it need.
pub(super) struct Outcome<T = ()> {
    pub(super) finding: Finding,
    pub(super) found: Option<T>,
}

impl<T> Outcome<T> {
    /// The checks behind it can go on with this.
    pub(super) const fn found(finding: Finding, found: T) -> Self {
        Self { finding, found: Some(found) }
    }

    /// The checks that need it can not be made.
    pub(super) const fn nothing(finding: Finding) -> Self {
        Self { finding, found: None }
    }
}

/// What an earlier check has found, or which one has failed.
pub(super) type Have<T> = Result<T, Subject>;

/// What a check needs.
pub(super) fn need<T>(have: &Have<T>) -> Have<&T> {
    have.as_ref().map_err(|failed| *failed)
}

/// Where a check needs two things.
pub(super) fn both<A, B>(one: Have<A>, other: Have<B>) -> Have<(A, B)> {
    one.and_then(|one| other.map(|other| (one, other)))
}
