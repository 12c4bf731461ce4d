//! What a KS is signed from.

use std::fmt;

use kaltura_types::{AdminSecret, Coded as _, Ks, Open, PartnerId, SessionType, UnixTime, UserId};

use crate::faithful::{self, UnfaithfulKs};
use crate::{v1, v2};

/// The fields of a KS that is to be signed.
///
/// Signing locally needs the partner's **admin** secret, for USER sessions too (wire contract, section
/// 6.1). Which version a partner's sessions have is a setting of the partner; the server takes both.
///
/// ```
/// # use kaltura_ks::{KsFields, open};
/// # use kaltura_types::{AdminSecret, PartnerId, SessionType, UnixTime};
/// # let random = [7; 16];
/// let secret = AdminSecret::new("a0b1c2d3e4f5061728394a5b6c7d8e9f");
/// let fields = KsFields::new(PartnerId::new(1234567), SessionType::User, UnixTime::from_seconds(2_000_000_000))
///     .user("alice")
///     .privileges("sview:*");
/// let ks = fields.sign_v2(&secret, random)?; // kaltura_ks::fresh_random()? gives the random bytes
///
/// let opened = open(&ks, &[secret])?;
/// assert_eq!(opened.claims().privileges_text(), Some("sview:*"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KsFields {
    pub(crate) partner_id: PartnerId,
    pub(crate) session_type: Open<SessionType>,
    pub(crate) expiry: UnixTime,
    pub(crate) user: Option<UserId>,
    pub(crate) privileges: Option<String>,
    pub(crate) master_partner_id: Option<PartnerId>,
    pub(crate) additional_data: Option<String>,
}

impl KsFields {
    /// A session without user, privileges and the rest. `expiry` is the Unix time at which it ends.
    #[must_use]
    pub fn new(partner: PartnerId, session_type: impl Into<Open<SessionType>>, expiry: UnixTime) -> Self {
        Self {
            partner_id: partner,
            session_type: session_type.into(),
            expiry,
            user: None,
            privileges: None,
            master_partner_id: None,
            additional_data: None,
        }
    }

    /// Whose session it is. The empty user is kept apart from none, by version 2.
    #[must_use]
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// What the session may do, as the text that the API takes:
    /// [`Privileges::to_string`](kaltura_types::Privileges) makes it.
    #[must_use]
    pub fn privileges(mut self, privileges: impl Into<String>) -> Self {
        self.privileges = Some(privileges.into());
        self
    }

    /// The partner that impersonates this one (wire contract, section 4.5).
    #[must_use]
    pub const fn master_partner(mut self, partner: PartnerId) -> Self {
        self.master_partner_id = Some(partner);
        self
    }

    /// Any text; the server hands it on without a look.
    #[must_use]
    pub fn additional_data(mut self, data: impl Into<String>) -> Self {
        self.additional_data = Some(data.into());
        self
    }

    /// When the session ends.
    #[must_use]
    pub const fn expiry(&self) -> UnixTime {
        self.expiry
    }

    /// Signs a version 2 KS. `random` must come from a cryptographic source, as from `fresh_random`.
    ///
    /// # Errors
    ///
    /// [`UnfaithfulKs`] if the server would read something else than what these fields say.
    pub fn sign_v2(&self, secret: &AdminSecret, random: [u8; 16]) -> Result<Ks, UnfaithfulKs> {
        faithful::check_v2(self)?;
        Ok(self.sign_v2_unchecked(secret, random))
    }

    /// Signs a version 2 KS exactly as the server would, also one that the server then misreads.
    #[must_use]
    pub fn sign_v2_unchecked(&self, secret: &AdminSecret, random: [u8; 16]) -> Ks {
        v2::seal(self.partner_id, &v2::write(self), random, secret)
    }

    /// Signs a version 1 KS. `rand` tells KSs apart that are otherwise equal; the server writes the time
    /// with a fraction of a second, such as `1795492797.0552`.
    ///
    /// # Errors
    ///
    /// [`UnfaithfulKs`] if the server would read something else than what these fields say.
    pub fn sign_v1(&self, secret: &AdminSecret, rand: &str) -> Result<Ks, UnfaithfulKs> {
        faithful::check_v1(self, rand)?;
        Ok(self.sign_v1_unchecked(secret, rand))
    }

    /// Signs a version 1 KS exactly as the server would, also one that the server then misreads.
    #[must_use]
    pub fn sign_v1_unchecked(&self, secret: &AdminSecret, rand: &str) -> Ks {
        v1::seal(&v1::write(self, rand), secret)
    }

    /// The number of the type, or what stands in its place.
    pub(crate) fn session_type_text(&self) -> String {
        match &self.session_type {
            Open::Known(known) => known.code().into_text(),
            Open::Other(code) => code.clone().into_text(),
        }
    }
}

/// Additional data may hold anything, and is left out.
impl fmt::Debug for KsFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsFields")
            .field("partner_id", &self.partner_id)
            .field("session_type", &self.session_type)
            .field("expiry", &self.expiry)
            .field("user", &self.user)
            .field("privileges", &self.privileges)
            .field("master_partner_id", &self.master_partner_id)
            .finish_non_exhaustive()
    }
}
