//! What an app token shall be like, by the options of a command line.
//!
//! The environment and the profile describe the token that logs in, not the one that is made here: they are not
//! looked at.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_types::{AppTokenDraft, HashType, Lifetime, Privileges, SessionType, UnixTime};

use super::expiry::ExpiryOptions;
use super::server_clock::ServerClock;
use crate::args::parse_privileges;
use crate::completion::values;
use crate::error::Failure;

/// What an app token shall be like. The type of its sessions is not here: a new token has a default.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the token is for")]
pub(super) struct TokenOptions {
    /// Whose sessions the token starts; the server makes that user if there is none
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,

    /// What its sessions may do, such as sview:*,list:*
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// How long a session of it lives at most, such as 15m, 1h or 1d
    #[arg(long, value_name = "DURATION")]
    session_duration: Option<Lifetime>,

    #[command(flatten)]
    expiry: ExpiryOptions,

    /// How the proof of a login is hashed: MD5, SHA1, SHA256 or SHA512
    #[arg(long, value_name = "TYPE", add = values::hash_types())]
    hash_type: Option<HashType>,

    /// What a person should know about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// The end of a token, as far as it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Nothing is said.
    #[default]
    Unsaid,
    /// The token never stops by itself.
    Never,
    /// It stops then.
    At(UnixTime),
}

/// What is asked of the server. What is not mentioned stays as it is, or is the server's choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) user: Option<String>,
    pub(super) session_type: Option<SessionType>,
    pub(super) privileges: Option<Privileges>,
    pub(super) session_duration: Option<Lifetime>,
    pub(super) expiry: Expiry,
    pub(super) hash_type: Option<HashType>,
    pub(super) description: Option<String>,
}

impl TokenOptions {
    /// Whether an end is said, for which the server's clock must be known.
    pub(super) const fn says_when_it_ends(&self) -> bool {
        self.expiry.is_given()
    }

    /// Whether nothing is said at all.
    pub(super) const fn is_empty(&self) -> bool {
        self.user.is_none()
            && self.privileges.is_none()
            && self.session_duration.is_none()
            && !self.expiry.is_given()
            && self.hash_type.is_none()
            && self.description.is_none()
    }

    /// What is asked. The server must have shown its clock before, if an end is said.
    pub(super) fn asked(
        &self,
        session_type: Option<SessionType>,
        clock: &ServerClock,
    ) -> Result<Asked, Failure> {
        Ok(Asked {
            user: self.user.clone(),
            session_type,
            privileges: self.privileges.clone(),
            session_duration: self.session_duration,
            expiry: self.expiry.expiry(clock)?.map_or(Expiry::Unsaid, Expiry::At),
            hash_type: self.hash_type,
            description: self.description.clone(),
        })
    }

    /// What its sessions shall be allowed to do.
    pub(super) const fn privileges(&self) -> Option<&Privileges> {
        self.privileges.as_ref()
    }
}

impl Asked {
    /// The same without an end.
    pub(super) fn never_expiring(self) -> Self {
        Self { expiry: Expiry::Never, ..self }
    }

    /// What is sent.
    pub(super) fn draft(&self) -> AppTokenDraft {
        let mut draft = AppTokenDraft::new();
        if let Some(user) = &self.user {
            draft = draft.session_user_id(user.as_str());
        }
        if let Some(session_type) = self.session_type {
            draft = draft.session_type(session_type);
        }
        if let Some(privileges) = &self.privileges {
            draft = draft.session_privileges(privileges);
        }
        if let Some(duration) = self.session_duration {
            draft = draft.session_duration(duration);
        }
        draft = match self.expiry {
            Expiry::Unsaid => draft,
            Expiry::Never => draft.never_expires(),
            Expiry::At(time) => draft.expiry(time),
        };
        if let Some(hash_type) = self.hash_type {
            draft = draft.hash_type(hash_type);
        }
        match &self.description {
            Some(description) => draft.description(description.as_str()),
            None => draft,
        }
    }
}
