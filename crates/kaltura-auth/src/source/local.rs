//! Sessions signed here, with a partner's admin secret and without the server.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, Lifetime, PartnerId, Privileges, SessionType, UnixTime, UserId};

use super::{BlockingSessionSource, SessionSource};
use crate::error::Error;
use crate::manager::{IssuedSession, Moment};
use crate::maybe_send::{MaybeSend, MaybeSync};
use crate::runtime::Clock;
use crate::session::Session;
use kaltura_types::SessionRequest;

/// Where the random bytes of a KS come from.
trait Random: Fn() -> Result<[u8; 16], Error> + MaybeSend + MaybeSync {}
impl<F: Fn() -> Result<[u8; 16], Error> + MaybeSend + MaybeSync> Random for F {}

/// Signs version 2 sessions with a partner's admin secret. No request is sent.
///
/// Whoever has the secret can do everything with the account, and the local clock must be right: the server
/// compares the end that is signed with its own.
///
/// ```
/// # use kaltura_auth::source::LocalSigning; use kaltura_auth::Error;
/// # use kaltura_auth::types::{AdminSecret, Lifetime, PartnerId, SessionType};
/// # fn random_bytes() -> Result<[u8; 16], std::io::Error> { Ok([7; 16]) }
/// let source = LocalSigning::new(PartnerId::new(1234567), AdminSecret::new("…"), || {
///     random_bytes().map_err(|error| Error::source(error, true)) // from a cryptographic source
/// })
/// .session_type(SessionType::Admin)
/// .lifetime(Lifetime::hours(1));
/// ```
#[derive(Clone)]
#[must_use = "a source does nothing until a session manager takes it"]
pub struct LocalSigning {
    partner: PartnerId,
    secret: AdminSecret,
    random: Arc<dyn Random>,
    session_type: SessionType,
    user: Option<UserId>,
    lifetime: Lifetime,
    privileges: Option<Privileges>,
}

impl LocalSigning {
    /// USER sessions of nobody that live for a day. `random` must be a cryptographic source, such as
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

    /// USER or ADMIN.
    pub const fn session_type(mut self, session_type: SessionType) -> Self {
        self.session_type = session_type;
        self
    }

    /// Whose sessions they are.
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// How long they live. Nothing caps it.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// What they may do.
    pub fn privileges(mut self, privileges: Privileges) -> Self {
        self.privileges = Some(privileges);
        self
    }

    fn wished(&self, request: &SessionRequest) -> Self {
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
impl SessionSource for LocalSigning {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        BlockingSessionSource::start(self, clock)
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn SessionSource>> {
        Some(Arc::new(self.wished(request)))
    }
}

impl BlockingSessionSource for LocalSigning {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let now = Moment::read(clock);
        let today = UnixTime::from_seconds(i64::try_from(now.wall.as_secs()).unwrap_or(i64::MAX));
        let expiry = today.plus_seconds(i64::from(self.lifetime.as_seconds()));
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
            .with_privileges(self.privileges.clone().unwrap_or_default());
        if let Some(user) = &self.user {
            session = session.with_user_id(user.clone());
        }
        Ok(IssuedSession::new(Arc::new(session), now, Some(self.lifetime)))
    }

    fn with_request(&self, request: &SessionRequest) -> Option<Arc<dyn BlockingSessionSource>> {
        Some(Arc::new(self.wished(request)))
    }
}

impl fmt::Debug for LocalSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSigning")
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

    use kaltura_types::Privileges;

    use super::*;

    struct Noon;

    impl Clock for Noon {
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

    fn source() -> LocalSigning {
        LocalSigning::new(PartnerId::new(7), AdminSecret::new("s"), || Ok([1; 16]))
            .lifetime(Lifetime::minutes(1))
    }

    #[test]
    fn what_is_signed_is_what_the_session_says() {
        let signing =
            source().user_id("u").privileges(Privileges::parse("list:*")).session_type(SessionType::Admin);
        let grant = BlockingSessionSource::start(&signing, &Noon).unwrap();
        let session = grant.session();
        let opened = kaltura_ks::open(session.ks(), &[AdminSecret::new("s")]).unwrap();
        let claims = opened.claims();
        assert_eq!(claims.expiry(), Some(UnixTime::from_seconds(1_795_500_060)));
        assert_eq!((claims.expiry(), claims.user()), (session.expires_at(), session.user_id()));
        assert_eq!(claims.privileges_text(), Some("list:*"));
        assert!(claims.is_admin());
        assert_eq!(grant.life(), Duration::from_secs(60));
    }

    #[test]
    fn a_request_goes_before_what_the_source_says() {
        let asked = SessionRequest::new().user_id("other").lifetime(Lifetime::seconds(5));
        let other = BlockingSessionSource::with_request(&source().user_id("u"), &asked).unwrap();
        let grant = other.start(&Noon).unwrap();
        assert_eq!(grant.session().user_id().unwrap().as_str(), "other");
        assert_eq!(grant.life(), Duration::from_secs(5));
    }

    #[test]
    fn what_the_server_would_misread_is_not_signed() {
        let error = BlockingSessionSource::start(&source().privileges(Privileges::parse("a[b]:1")), &Noon)
            .unwrap_err();
        assert_eq!(error.step(), crate::LoginStep::Sign);
        assert!(!error.is_retryable());
    }
}
