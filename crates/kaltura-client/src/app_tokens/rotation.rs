//! Replacing an app token, step by step, so that nothing is lost where a step fails.

use std::fmt;

use kaltura_auth::{AppTokenCredentials, Session};
use kaltura_types::{AppToken, AppTokenDraft, AppTokenId};

use super::twin;
use crate::error::Error;

/// An app token that has a twin which works. Both are there until the old one is deleted.
///
/// `Debug` does not show the value of the token.
#[derive(Clone, Debug)]
pub struct RotatedToken {
    old: AppTokenId,
    token: AppToken,
    credentials: AppTokenCredentials,
    session: Session,
}

impl RotatedToken {
    /// The twin: the token to use from now on.
    #[must_use]
    pub const fn token(&self) -> &AppToken {
        &self.token
    }

    /// What a login with the twin takes.
    #[must_use]
    pub const fn credentials(&self) -> &AppTokenCredentials {
        &self.credentials
    }

    /// The session of the twin that the server has accepted. It lives for five minutes at most.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The old token, to be deleted when nobody uses it any more.
    #[must_use]
    pub const fn old_id(&self) -> &AppTokenId {
        &self.old
    }
}

/// A rotation, as far as it is the same with and without async.
pub(super) struct Rotation<'a> {
    old: &'a AppTokenId,
}

impl<'a> Rotation<'a> {
    pub(super) const fn of(old: &'a AppTokenId) -> Self {
        Self { old }
    }

    pub(super) fn read(&self, old: Result<AppToken, Error>) -> Result<AppToken, RotationError> {
        let old = old.map_err(|error| self.failed(RotationStep::ReadOld, None, error))?;
        // Before a twin is made that could not be proven.
        twin::credentials(&old).map_err(|error| self.failed(RotationStep::ReadOld, None, error))?;
        Ok(old)
    }

    pub(super) fn draft(
        &self,
        old: &AppToken,
        changes: AppTokenDraft,
    ) -> Result<AppTokenDraft, RotationError> {
        let draft = AppTokenDraft::from_token(old).merge(changes);
        twin::checked("add", draft).map_err(|error| self.failed(RotationStep::MakeTwin, None, error))
    }

    pub(super) fn made(&self, twin: Result<AppToken, Error>) -> Result<AppToken, RotationError> {
        twin.map_err(|error| self.failed(RotationStep::MakeTwin, None, error))
    }

    pub(super) fn finish(
        &self,
        twin: &AppToken,
        proven: Result<Session, Error>,
    ) -> Result<RotatedToken, RotationError> {
        let proven = proven.and_then(|session| Ok((session, twin::credentials(twin)?)));
        let (session, credentials) =
            proven.map_err(|error| self.failed(RotationStep::ProveTwin, Some(twin), error))?;
        Ok(RotatedToken { old: self.old.clone(), token: twin.clone(), credentials, session })
    }

    fn failed(&self, step: RotationStep, twin: Option<&AppToken>, error: Error) -> RotationError {
        RotationError { old: self.old.clone(), step, twin: twin.cloned().map(Box::new), error }
    }
}

/// A step of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationStep {
    /// Reading the settings of the old token.
    ReadOld,
    /// Making the twin. If the answer was lost on its way, a twin may be there.
    MakeTwin,
    /// Logging in with the twin, and showing its session to the server. The twin is there.
    ProveTwin,
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOld => "reading it",
            Self::MakeTwin => "making its twin",
            Self::ProveTwin => "proving that its twin works",
        })
    }
}

/// An app token was not rotated. It is as it was, and so are its sessions.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the app token {old} was not rotated: {step} failed")]
pub struct RotationError {
    old: AppTokenId,
    step: RotationStep,
    twin: Option<Box<AppToken>>,
    #[source]
    error: Error,
}

impl RotationError {
    /// The step that failed.
    #[must_use]
    pub const fn step(&self) -> RotationStep {
        self.step
    }

    /// The twin, if it was made. Prove it later ([`AppTokens::prove`](super::AppTokens::prove)), or delete it.
    #[must_use]
    pub fn twin(&self) -> Option<&AppToken> {
        self.twin.as_deref()
    }

    /// Why it failed.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }
}
