//! Sessions signed locally with a partner's admin secret, without a request.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, Lifetime, PartnerId, Privileges, SessionRequest, SessionType, UserId};

use super::blocking::BlockingSessionSource;
use super::{SessionIdentity, SessionSource};
use crate::error::Error;
use crate::runtime::Clock;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::moment::Moment;
use crate::session::{IssuedSession, Session, SessionId};

/// Provides the random bytes of a KS.
trait Random: Fn() -> Result<[u8; 16], Error> + MaybeSend + MaybeSync {}
impl<F: Fn() -> Result<[u8; 16], Error> + MaybeSend + MaybeSync> Random for F {}

/// Signs sessions (KS version 2) with a partner's admin secret. No request is sent.
///
/// The secret gives full access to the account. The local clock must be right: the server compares the signed expiry
/// with its own clock.
///
/// ```
/// # use kaltura_auth::source::LocalSigningSource; use kaltura_auth::Error;
/// # use kaltura_auth::types::{AdminSecret, Lifetime, PartnerId, SessionType};
/// # fn random_bytes() -> Result<[u8; 16], std::io::Error> { Ok([7; 16]) }
/// let source = LocalSigningSource::new(PartnerId::new(1234567), AdminSecret::new("…"), || {
///     random_bytes().map_err(|error| Error::from_source(error, true)) // from a cryptographic source
/// })
/// .session_type(SessionType::Admin)
/// .lifetime(Lifetime::hours(1));
/// ```
#[derive(Clone)]
#[must_use = "a source does nothing until a session manager takes it"]
pub struct LocalSigningSource {
    partner: PartnerId,
    secret: AdminSecret,
    random: Arc<dyn Random>,
    session_type: SessionType,
    user: Option<UserId>,
    lifetime: Lifetime,
    privileges: Option<Privileges>,
}

impl LocalSigningSource {
    /// A source of anonymous USER sessions with a lifetime of one day. `random` must be a cryptographic generator, such as
    /// `kaltura_ks::random_bytes`.
    pub fn new(
        partner: PartnerId,
        secret: AdminSecret,
        random: impl Fn() -> Result<[u8; 16], Error> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        Self {
            partner,
            secret,
            random: Arc::new(random),
            session_type: SessionType::User,
            user: None,
            lifetime: Lifetime::hours(24),
            privileges: None,
        }
    }

    /// Sets the type, USER or ADMIN.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = session_type;
        self
    }

    /// Sets the user.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the lifetime. It has no limit.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the privileges.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    fn identity(&self) -> SessionIdentity {
        SessionIdentity::new().with_partner_id(self.partner).with_requested_user(self.user.as_ref())
    }

    fn for_request(&self, request: &SessionRequest) -> Self {
        let mut other = self.clone();
        other.user = request.get_user_id().cloned().or(other.user);
        other.session_type = request.get_session_type().unwrap_or(other.session_type);
        other.lifetime = request.get_lifetime().unwrap_or(other.lifetime);
        other.privileges = request.get_privileges().cloned().or(other.privileges);
        other
    }
}

#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl SessionSource for LocalSigningSource {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        BlockingSessionSource::start(self, clock)
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        Some(Arc::new(self.for_request(request)))
    }

    fn identity(&self) -> SessionIdentity {
        Self::identity(self)
    }
}

impl BlockingSessionSource for LocalSigningSource {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let now = Moment::read(clock);
        let expiry = now.unix_time().plus_seconds(i64::from(self.lifetime.as_seconds()));
        let mut fields = KsFields::new(self.partner, self.session_type, expiry);
        if let Some(user) = &self.user {
            fields = fields.user(user.clone());
        }
        if let Some(privileges) = &self.privileges {
            fields = fields.privileges(privileges.to_string());
        }
        let ks = fields.sign_v2(&self.secret, (self.random)()?).map_err(Error::signing)?;
        let mut session = Session::new(self.partner, ks)
            .with_session_type(self.session_type)
            .with_expiry(expiry)
            .with_id(SessionId::generate(clock))
            .with_privileges(self.privileges.clone().unwrap_or_default());
        if let Some(user) = &self.user {
            session = session.with_user_id(user.clone());
        }
        Ok(IssuedSession::new(Arc::new(session), now, Some(self.lifetime)))
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        Some(Arc::new(self.for_request(request)))
    }

    fn identity(&self) -> SessionIdentity {
        Self::identity(self)
    }
}

impl fmt::Debug for LocalSigningSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSigningSource")
            .field("partner", &self.partner)
            .field("session_type", &self.session_type)
            .field("user", &self.user)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kaltura_types::{Privileges, UnixTime};

    use super::*;

    struct FixedClock;

    impl Clock for FixedClock {
        fn unix_time(&self) -> Duration {
            Duration::from_secs(1_795_500_000)
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn random(&self) -> u64 {
            0
        }
    }

    fn source() -> LocalSigningSource {
        LocalSigningSource::new(PartnerId::new(7), AdminSecret::new("s"), || Ok([1; 16]))
            .lifetime(Lifetime::minutes(1))
    }

    #[test]
    fn the_session_has_the_values_that_are_signed() {
        let signing =
            source().user_id("u").privileges(Privileges::parse("list:*")).session_type(SessionType::Admin);
        let issued = BlockingSessionSource::start(&signing, &FixedClock).unwrap();
        let session = issued.session();
        let opened = kaltura_ks::open(session.ks(), &[AdminSecret::new("s")]).unwrap();
        let claims = opened.claims();
        assert_eq!(claims.expiry(), Some(UnixTime::from_seconds(1_795_500_060)));
        assert_eq!((claims.expiry(), claims.user()), (session.expires_at(), session.user_id()));
        assert_eq!(claims.privileges_text(), Some("list:*"));
        assert!(claims.is_admin());
        assert_eq!(issued.lifetime(), Duration::from_secs(60));
    }

    #[test]
    fn a_session_request_overrides_the_source() {
        let request = SessionRequest::new().user_id("other").lifetime(Lifetime::seconds(5));
        let other = BlockingSessionSource::with_request(&source().user_id("u"), &request).unwrap();
        let issued = other.start(&FixedClock).unwrap();
        assert_eq!(issued.session().user_id().unwrap().as_str(), "other");
        assert_eq!(issued.lifetime(), Duration::from_secs(5));
    }

    #[test]
    fn values_that_the_server_would_misread_are_not_signed() {
        let error =
            BlockingSessionSource::start(&source().privileges(Privileges::parse("a[b]:1")), &FixedClock)
                .unwrap_err();
        assert_eq!(error.step(), crate::LoginStep::Sign);
        assert!(!error.is_retryable());
    }
}
