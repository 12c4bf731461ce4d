//! The error of a store.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What went wrong in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, or it is not ready.
    Unavailable,
    /// The store did not answer in time. What was asked may still happen.
    TimedOut,
    /// The store refuses: wrong credentials, missing rights, a file that belongs to another user.
    Denied,
    /// The store has no space left.
    Full,
    /// What is stored cannot be read.
    Corrupt,
    /// The store cannot lock here, as on some network file systems: each process logs in for itself.
    NoLocks,
    /// Anything else.
    Other,
}

impl StoreErrorKind {
    const fn hint(self) -> &'static str {
        match self {
            Self::Unavailable => {
                "Check that the store is running and can be reached; until then, each process logs in for itself."
            }
            Self::TimedOut => {
                "Check the load of the store and the network; until then, each process logs in for itself."
            }
            Self::Denied => "Check the user, the password and the rights for the store.",
            Self::Full => "Give the store more space.",
            Self::Corrupt => "Nothing need be done: the next login replaces what is stored.",
            Self::NoLocks => "Put the store on a local file system, or use a store on a server.",
            Self::Other => "See the error's source.",
        }
    }
}

/// The error of a store. It contains no secret; a clone is cheap.
///
/// Sessions work without the store, so no caller of a session manager gets it: it is reported as an event.
///
/// ```
/// # use kaltura_auth::store::{StoreError, StoreErrorKind};
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let error = StoreError::new(StoreErrorKind::Unavailable, "cannot connect to redis.example.com:6379").with_source(refused);
/// assert!(error.is_retryable());
/// assert!(error.hint().contains("running"));
/// ```
#[derive(Clone)]
pub struct StoreError(Arc<Inner>);

struct Inner {
    kind: StoreErrorKind,
    text: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error with a text that says what happened. The text must not contain a secret.
    pub fn new(kind: StoreErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner { kind, text: text.into(), source: None }))
    }

    /// Adds the cause. Its text and sources must not contain a secret, such as a URL with a password.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Arc::new(Inner { kind: self.0.kind, text: self.0.text.clone(), source: Some(source.into()) }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, StoreErrorKind::Unavailable | StoreErrorKind::TimedOut | StoreErrorKind::Other)
    }

    /// What to do, for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.0.kind.hint()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("kind", &self.0.kind)
            .field("text", &self.0.text)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
