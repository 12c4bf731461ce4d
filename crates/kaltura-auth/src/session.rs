//! A session: what the server granted.

mod adjustment;
mod grant;
mod issued_session;
mod ks_label;
mod stored;

use std::fmt;
use std::time::Duration;

use kaltura_types::{
    Ks, Open, PartnerId, PayloadError, Privileges, SessionInfo, SessionRequest, SessionType, UnexpectedBody,
    UnixTime, UserId, payload,
};

pub use self::adjustment::Adjustment;
use self::grant::CallCount;
pub use self::grant::SessionId;
pub use self::issued_session::IssuedSession;
pub use self::ks_label::{Fingerprint, KsLabel};
pub use self::stored::StoredSession;

/// A session: the KS, and what the server granted with it.
///
/// `Debug` does not show the KS, only its version, partner and eight-digit fingerprint. Equality compares everything,
/// the KS in constant time. To store a session, use [`to_stored_exposing_ks`](Self::to_stored_exposing_ks).
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    id: Option<SessionId>,
    calls: CallCount,
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
    /// A session of which only the KS and the partner are known, such as one from another program.
    ///
    /// ```
    /// # use kaltura_auth::Session; use kaltura_types::{Ks, PartnerId, UnixTime};
    /// let session = Session::new(PartnerId::new(1234567), Ks::new("djJ8MTIzNDU2N3x2VYG2FbRs"))
    ///     .with_expiry(UnixTime::from_seconds(1_795_496_955));
    /// ```
    #[must_use]
    pub const fn new(partner: PartnerId, ks: Ks) -> Self {
        Self {
            id: None,
            calls: CallCount::new(),
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

    /// Sets the user.
    #[must_use]
    pub fn with_user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the type, USER or ADMIN.
    #[must_use]
    pub fn with_session_type(mut self, session_type: impl Into<Open<SessionType>>) -> Self {
        self.session_type = Some(session_type.into());
        self
    }

    /// Sets the privileges.
    #[must_use]
    pub fn with_privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = privileges;
        self
    }

    /// Sets the expiry, by the server's clock.
    #[must_use]
    pub const fn with_expiry(mut self, expiry: UnixTime) -> Self {
        self.expires_at = Some(expiry);
        self
    }

    /// Sets the server's time when the session was granted.
    #[must_use]
    pub const fn with_server_time(mut self, time: UnixTime) -> Self {
        self.server_time = Some(time);
        self
    }

    /// The session in a response of the server, with the differences to what was requested.
    ///
    /// `server_time` is the server's time in the same response.
    pub(crate) fn from_info(
        info: SessionInfo,
        partner: PartnerId,
        requested: &SessionRequest,
        server_time: Option<UnixTime>,
    ) -> Result<Self, PayloadError> {
        let incomplete =
            UnexpectedBody::WrongShape { expected: "SessionInfo", found: payload::JsonKind::Object };
        let ks = info.ks.ok_or(incomplete)?;
        let mut session = Self {
            id: None,
            calls: CallCount::new(),
            ks,
            partner: info.partner_id.unwrap_or(partner),
            user: info.user_id.filter(|user| !user.as_str().is_empty()),
            session_type: info.session_type,
            privileges: info.privileges.unwrap_or_default(),
            expires_at: info.expiry,
            server_time,
            adjustments: Vec::new(),
        };
        session.adjustments = Adjustment::between(requested, &session);
        Ok(session)
    }

    /// The KS, which authorizes calls. It is sent in the request's body as the parameter `ks`.
    #[must_use]
    pub const fn ks(&self) -> &Ks {
        &self.ks
    }

    /// The partner that the session is for.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// The user; `None` for an anonymous session.
    #[must_use]
    pub const fn user_id(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// The type, USER or ADMIN, if known.
    #[must_use]
    pub const fn session_type(&self) -> Option<&Open<SessionType>> {
        self.session_type.as_ref()
    }

    /// The privileges.
    #[must_use]
    pub const fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// When the session expires, by the server's clock. `None` if unknown.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// The server's time when the session was granted, if known.
    #[must_use]
    pub const fn server_time(&self) -> Option<UnixTime> {
        self.server_time
    }

    /// The lifetime that was granted: the expiry less the server's own time, so that a wrong local clock does not
    /// matter. `None` if the expiry or the server's time is unknown.
    #[must_use]
    pub fn granted_lifetime(&self) -> Option<Duration> {
        let seconds = self.expires_at?.seconds_since(self.server_time?);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// The differences between what was requested and what the server granted; empty if there are none.
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
