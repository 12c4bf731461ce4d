//! What a step ended with, in few words.

use std::error::Error as StdError;
use std::fmt;

use kaltura_auth::{ErrorKind as LoginKind, TransportErrorKind};
use kaltura_client::{Error, ErrorKind, UploadError, UploadFailure};

/// The error of a step: its kind, and every text that it shows.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Whether there was no session.
    pub(crate) login: bool,
    pub(crate) kind: Kind,
    pub(crate) texts: String,
}

/// The kinds of errors of this matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unavailable,
    NotKaltura,
    Redirected,
    ServerFailed,
    KsRefused,
    ExpiredOnArrival,
    Timeout,
    Broken,
    TooLarge,
    /// The server did not read the body of the request.
    BodyIgnored,
    /// The result is another one than the server has.
    WrongResult,
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unavailable => "unavailable",
            Self::NotKaltura => "not Kaltura",
            Self::Redirected => "redirected",
            Self::ServerFailed => "server failed",
            Self::KsRefused => "KS refused",
            Self::ExpiredOnArrival => "expired",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::TooLarge => "too large",
            Self::BodyIgnored => "body ignored",
            Self::WrongResult => "WRONG RESULT",
            Self::Other => "OTHER",
        })
    }
}

impl Failure {
    pub(crate) fn wrong_result(texts: impl Into<String>) -> Self {
        Self { login: false, kind: Kind::WrongResult, texts: texts.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NoSession(kind) => match kind {
                LoginKind::Transport(kind) => of_transport(kind),
                LoginKind::Unavailable => Kind::Unavailable,
                LoginKind::NotKaltura => Kind::NotKaltura,
                LoginKind::Redirected => Kind::Redirected,
                LoginKind::ServerFailed => Kind::ServerFailed,
                LoginKind::KsRefused(_) => Kind::KsRefused,
                LoginKind::ExpiredOnArrival => Kind::ExpiredOnArrival,
                _ => Kind::Other,
            },
            ErrorKind::Transport(kind) => of_transport(kind),
            ErrorKind::Unavailable => Kind::Unavailable,
            ErrorKind::NotKaltura => Kind::NotKaltura,
            ErrorKind::Redirected => Kind::Redirected,
            ErrorKind::ServerFailed => Kind::ServerFailed,
            ErrorKind::KsRefused(_) => Kind::KsRefused,
            ErrorKind::BodyIgnored => Kind::BodyIgnored,
            _ => Kind::Other,
        };
        let login = error.session_error().is_some();
        let texts = texts(&error) + &format!("{}\n{:#}\n{:?}\n", error.hint(), error.report(), error.kind());
        Self { login, kind, texts }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        let of_call = match error.failure() {
            UploadFailure::Call(call) => Self::from(call.clone()),
            UploadFailure::Incomplete { .. } => Self::wrong_result(""),
            _ => Self { login: false, kind: Kind::Other, texts: String::new() },
        };
        let texts = texts(&error) + &of_call.texts + &format!("{}\n{:#}\n", error.hint(), error.report());
        Self { texts, ..of_call }
    }
}

const fn of_transport(kind: TransportErrorKind) -> Kind {
    match kind {
        TransportErrorKind::Timeout => Kind::Timeout,
        TransportErrorKind::Io => Kind::Broken,
        TransportErrorKind::TooLarge => Kind::TooLarge,
        _ => Kind::Other,
    }
}

/// `Display` and `Debug` of an error and its sources.
fn texts(error: &(dyn StdError + 'static)) -> String {
    let (mut texts, mut next) = (String::new(), Some(error));
    while let Some(error) = next {
        texts += &format!("{error}\n{error:?}\n{error:#?}\n");
        next = error.source();
    }
    texts
}

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) result: CellResult,
    /// How many requests the step took.
    pub(crate) requests: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellResult {
    /// The caller has the right result.
    Ok,
    /// The caller has the right result, with the session that was to be renewed.
    Kept,
    Failed {
        login: bool,
        kind: Kind,
    },
}

impl fmt::Display for CellResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.pad("ok"),
            Self::Kept => f.pad("kept"),
            Self::Failed { kind, .. } => kind.fmt(f),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.result, self.requests)
    }
}
