//! Rotation of an app token, step by step. Nothing is lost if a step fails.

use std::fmt;

use kaltura_auth::{AppTokenCredentials, Report, Session};
use kaltura_types::{AppToken, AppTokenDraft, AppTokenId};

use super::{validate_draft, verify};
use crate::error::Error;

/// The result of a rotation: a new app token that is verified. The old one remains valid until it is deleted.
///
/// `Debug` does not show the token value.
#[derive(Clone, Debug)]
pub struct RotatedToken {
    old_id: AppTokenId,
    token: AppToken,
    credentials: AppTokenCredentials,
    session: Session,
}

impl RotatedToken {
    /// The new token.
    #[must_use]
    pub const fn token(&self) -> &AppToken {
        &self.token
    }

    /// The credentials of the new token.
    #[must_use]
    pub const fn credentials(&self) -> &AppTokenCredentials {
        &self.credentials
    }

    /// The session of the new token that the server has accepted. It lives for at most five minutes.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The id of the old token. Delete it when it is no longer used.
    #[must_use]
    pub const fn old_id(&self) -> &AppTokenId {
        &self.old_id
    }
}

/// The part of a rotation that the async and the blocking client share. Each method takes the result of a step.
pub(crate) struct Rotation<'a> {
    old_id: &'a AppTokenId,
}

impl<'a> Rotation<'a> {
    pub(crate) const fn new(old_id: &'a AppTokenId) -> Self {
        Self { old_id }
    }

    pub(crate) fn read(&self, old: Result<AppToken, Error>) -> Result<AppToken, RotationError> {
        let old = old.map_err(|error| self.error(RotationStep::Read, None, error))?;
        // Fails before a new token is created that could not be verified.
        verify::credentials(&old).map_err(|error| self.error(RotationStep::Read, None, error))?;
        Ok(old)
    }

    pub(crate) fn draft(
        &self,
        old: &AppToken,
        changes: AppTokenDraft,
    ) -> Result<AppTokenDraft, RotationError> {
        let draft = AppTokenDraft::from_token(old).merge(changes);
        validate_draft("add", draft).map_err(|error| self.error(RotationStep::Create, None, error))
    }

    pub(crate) fn created(&self, new_token: Result<AppToken, Error>) -> Result<AppToken, RotationError> {
        new_token.map_err(|error| self.error(RotationStep::Create, None, error))
    }

    pub(crate) fn verified(
        &self,
        new_token: AppToken,
        session: Result<Session, Error>,
    ) -> Result<RotatedToken, RotationError> {
        match session.and_then(|session| Ok((session, verify::credentials(&new_token)?))) {
            Ok((session, credentials)) => {
                Ok(RotatedToken { old_id: self.old_id.clone(), token: new_token, credentials, session })
            }
            Err(error) => Err(self.error(RotationStep::Verify, Some(new_token), error)),
        }
    }

    fn error(&self, step: RotationStep, new_token: Option<AppToken>, error: Error) -> RotationError {
        RotationError { old_id: self.old_id.clone(), step, new_token: new_token.map(Box::new), error }
    }
}

/// A step of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationStep {
    /// Reads the settings of the old token.
    Read,
    /// Creates the new token. If the response is lost, the new token may exist.
    Create,
    /// Logs in with the new token, and checks that the server accepts its session. The new token exists.
    Verify,
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reading the old token",
            Self::Create => "creating the new token",
            Self::Verify => "verifying the new token",
        })
    }
}

/// A rotation failed. The old token and its sessions are unchanged.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the app token {old_id} was not rotated: {step} failed")]
pub struct RotationError {
    old_id: AppTokenId,
    step: RotationStep,
    new_token: Option<Box<AppToken>>,
    #[source]
    error: Error,
}

impl RotationError {
    /// The step that failed.
    #[must_use]
    pub const fn step(&self) -> RotationStep {
        self.step
    }

    /// The new token, if it was created. Verify it later ([`AppTokens::verify`](super::AppTokens::verify)), or delete
    /// it.
    #[must_use]
    pub fn new_token(&self) -> Option<&AppToken> {
        self.new_token.as_deref()
    }

    /// The error of the step.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// The error, its causes and the hint as one text.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report::new(self, self.error.hint())
    }
}
