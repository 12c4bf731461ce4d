//! What was granted.

mod adjustment;

use std::fmt;
use std::time::Duration;

use kaltura_types::{
    Ks, Open, PartnerId, PayloadError, Privileges, SessionInfo, SessionRequest, SessionType, UnexpectedBody,
    UnixTime, UserId, payload,
};

pub use self::adjustment::Adjustment;

use crate::fingerprint::KsLabel;

/// A session: the KS, and what the server granted with it.
///
/// `Debug` tells the KS apart by version, partner and an eight-digit fingerprint, and does not show it.
#[derive(Clone)]
pub struct Session {
    ks: Ks,
    partner: PartnerId,
    user: Option<UserId>,
    session_type: Option<Open<SessionType>>,
    privileges: Privileges,
    expires_at: Option<UnixTime>,
    server_time: Option<UnixTime>,
    adjustments: Vec<Adjustment>,
}

impl Session {
    /// A session of which no more is known than its KS and its partner, such as one from another program.
    ///
    /// ```
    /// # use kaltura_auth::Session; use kaltura_types::{Ks, PartnerId, UnixTime};
    /// let session = Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs"))
    ///     .with_expiry(UnixTime::from_seconds(1_795_496_955));
    /// ```
    #[must_use]
    pub const fn new(partner: PartnerId, ks: Ks) -> Self {
        Self {
            ks,
            partner,
            user: None,
            session_type: None,
            privileges: Privileges::none(),
            expires_at: None,
            server_time: None,
            adjustments: Vec::new(),
        }
    }

    /// Says whose session it is.
    #[must_use]
    pub fn with_user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Says whether it is USER or ADMIN.
    #[must_use]
    pub fn with_session_type(mut self, session_type: impl Into<Open<SessionType>>) -> Self {
        self.session_type = Some(session_type.into());
        self
    }

    /// Says what it may do.
    #[must_use]
    pub fn with_privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = privileges;
        self
    }

    /// Says when it ends, by the server's clock.
    #[must_use]
    pub const fn with_expiry(mut self, expiry: UnixTime) -> Self {
        self.expires_at = Some(expiry);
        self
    }

    /// Says what the server's clock showed when the session was granted.
    #[must_use]
    pub const fn with_server_time(mut self, time: UnixTime) -> Self {
        self.server_time = Some(time);
        self
    }

    /// Takes what the server says of a session, and notes where it differs from what was asked.
    ///
    /// `server_time` is what the server's clock showed in the same answer.
    pub(crate) fn granted(
        info: SessionInfo,
        partner: PartnerId,
        asked: &SessionRequest,
        server_time: Option<UnixTime>,
    ) -> Result<Self, PayloadError> {
        let incomplete =
            UnexpectedBody::WrongShape { expected: "SessionInfo", found: payload::JsonKind::Object };
        let ks = info.ks.ok_or(incomplete)?;
        let mut session = Self {
            ks,
            partner: info.partner_id.unwrap_or(partner),
            user: info.user_id.filter(|user| !user.as_str().is_empty()),
            session_type: info.session_type,
            privileges: info.privileges.unwrap_or_default(),
            expires_at: info.expiry,
            server_time,
            adjustments: Vec::new(),
        };
        session.adjustments = Adjustment::between(asked, &session);
        Ok(session)
    }

    /// The KS: what authorises calls. It goes into the request's body as the parameter `ks`.
    #[must_use]
    pub const fn ks(&self) -> &Ks {
        &self.ks
    }

    /// The partner that the session is for.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// Whose session it is, if anybody's.
    #[must_use]
    pub const fn user_id(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// USER or ADMIN, if the server said so.
    #[must_use]
    pub const fn session_type(&self) -> Option<&Open<SessionType>> {
        self.session_type.as_ref()
    }

    /// What the session may do.
    #[must_use]
    pub const fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// When the session ends, by the server's clock. Absent if the server did not say.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// What the server's clock showed when the session was granted, if it said so.
    #[must_use]
    pub const fn server_time(&self) -> Option<UnixTime> {
        self.server_time
    }

    /// How long the session had to live when it was granted, measured by the server's own clock, so that a
    /// local clock that is wrong does not matter. Absent if the server told no expiry or no time.
    #[must_use]
    pub fn granted_life(&self) -> Option<Duration> {
        let seconds = self.expires_at?.seconds_since(self.server_time?);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// What the server granted differently from what was asked; empty if nothing.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("ks", &format_args!("({})", KsLabel::new(&self.ks)))
            .field("partner", &self.partner)
            .field("user", &self.user)
            .field("session_type", &self.session_type)
            .field("privileges", &format_args!("{}", self.privileges))
            .field("expires_at", &self.expires_at)
            .field("adjustments", &self.adjustments)
            .finish_non_exhaustive()
    }
}
