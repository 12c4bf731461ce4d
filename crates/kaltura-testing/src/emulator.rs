//! A Kaltura in the process: it checks real hashes, issues and opens real KS strings, and answers with the
//! real codes and messages.
//!
//! ```
//! use kaltura_auth::{AppTokenLogin, ServiceUrl};
//! use kaltura_testing::emulator::Emulator;
//! use kaltura_types::ErrorCode;
//!
//! let emulator = Emulator::new();
//! let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
//!
//! let session = login.run_blocking(&emulator)?;
//! assert_eq!(emulator.calls().count("appToken.startSession"), 1);
//!
//! emulator.disable_token(emulator.app_token().id())?;
//! let error = login.run_blocking(&emulator).unwrap_err();
//! assert_eq!(error.api_error().unwrap().code(), &ErrorCode::AppTokenNotActive);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It speaks HTTP without a network: [`Emulator`] is a transport of `kaltura-auth`, and [`Emulator::handle`]
//! answers a request of the crate `http`. What it does is described in the project's wire contract, whose
//! sections these docs cite.

mod actions;
mod answer;
mod builder;
mod call;
mod calls;
mod clock;
mod dispatch;
mod exception;
mod fast_path;
mod faults;
mod ks_check;
mod language;
mod multirequest;
mod paging;
mod random;
mod rate_limit;
mod reply;
mod request;
mod response;
mod response_cache;
mod response_profile;
mod seed;
mod services;
mod state;
mod strip_tags;
#[cfg(test)]
mod test_client;
mod transport;
mod world;

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaltura_auth::AppTokenCredentials;
use kaltura_types::{
    AdminSecret, AppTokenId, AppTokenStatus, AppTokenValue, HashType, Ks, PartnerId, UserId, UserSecret,
};

pub use self::builder::{BuildError, EmulatorBuilder};
pub use self::calls::{Calls, RecordedCall};
pub use self::clock::Clock;
pub use self::faults::{Fault, FaultRule, InvalidFaultRule};
pub use self::rate_limit::RateLimit;
pub use self::reply::{Breakage, Reply};
pub use self::seed::{
    AppTokenSeed, EntrySeed, InvalidSeed, PartnerSeed, PartnerStatus, RoleSeed, Seed, UserSeed, UserStatus,
    WidgetSeed,
};

use self::response_cache::ResponseCache;
use self::seed::UserStatus as Status;
use self::world::World;

/// An emulated Kaltura server. A clone is the same server.
///
/// [`new`](Self::new) has one partner with random secrets, its default widget, one active app token and a few
/// videos; [`builder`](Self::builder) makes others.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    clock: Clock,
    partner: PartnerId,
    admin_secret: AdminSecret,
    user_secret: UserSecret,
    app_token: EmulatedAppToken,
}

impl Emulator {
    /// An emulator for most tests.
    ///
    /// # Panics
    ///
    /// If the system has no random bytes to give.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without random bytes cannot go on")]
    pub fn new() -> Self {
        Self::builder().build().expect("the system gives random bytes")
    }

    /// Begins an emulator with partners, app tokens and habits of your own.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The first partner.
    #[must_use]
    pub fn partner_id(&self) -> PartnerId {
        self.shared.partner
    }

    /// The admin secret of the first partner, with which its KSs are signed.
    #[must_use]
    pub fn admin_secret(&self) -> &AdminSecret {
        &self.shared.admin_secret
    }

    /// The user secret of the first partner.
    #[must_use]
    pub fn user_secret(&self) -> &UserSecret {
        &self.shared.user_secret
    }

    /// An app token of the first partner to log in with: one that is active, with SHA-256 if there is one.
    #[must_use]
    pub fn app_token(&self) -> &EmulatedAppToken {
        &self.shared.app_token
    }

    /// The server's clock, for moving it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.world().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.world().calls = Calls::default();
    }

    /// This server as a transport: itself.
    #[must_use]
    pub fn transport(&self) -> Self {
        self.clone()
    }

    /// Answers a request of the client with this address, as [`respond`](Self::respond) does it, but without
    /// delay and without breakage.
    #[must_use]
    pub fn handle(&self, request: &http::Request<Bytes>, client: IpAddr) -> http::Response<Bytes> {
        self.respond(request, client).response
    }

    /// Answers a request of the client with this address, and says what happens to the answer on its way. Who
    /// carries the answer, waits and breaks off as the reply says.
    #[must_use]
    pub fn respond(&self, request: &http::Request<Bytes>, client: IpAddr) -> Reply {
        self.world().respond(request, client, &self.shared.clock)
    }

    /// Adds an app token.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the seed names a partner that is not there.
    pub fn add_app_token(&self, seed: AppTokenSeed) -> Result<EmulatedAppToken, UnknownObject> {
        let partner = seed.partner_id.unwrap_or(self.shared.partner);
        let mut world = self.world();
        if !world.state.partners.contains_key(&partner) {
            return Err(UnknownObject::Partner(partner));
        }
        let token = world.state.store_app_token(seed, partner, self.shared.clock.now());
        Ok(EmulatedAppToken::of(&token))
    }

    /// Disables an app token of the first partner: it gives no sessions any more. No action of the API can
    /// do that, but Kaltura's own staff can.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn disable_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        self.set_token_status(id, AppTokenStatus::Disabled)
    }

    /// Enables a disabled app token of the first partner.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn enable_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        self.set_token_status(id, AppTokenStatus::Active)
    }

    /// Deletes an app token of the first partner, and ends its sessions, as `appToken.delete` does.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn delete_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        if self.world().state.delete_app_token(self.shared.partner, id.as_str()) {
            Ok(())
        } else {
            Err(UnknownObject::AppToken(id.clone()))
        }
    }

    /// Ends a session and its group, as `session.end` does: with a session of an app token, all sessions of
    /// that token end, also those that are still to be started (wire contract, section 4.4).
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the text is no KS of a partner here.
    pub fn end_session(&self, ks: &Ks) -> Result<(), UnknownObject> {
        let mut world = self.world();
        let opened = ks_check::open(&world.state, ks).map_err(|_| UnknownObject::Ks)?;
        world.state.end_session(&opened);
        Ok(())
    }

    /// Blocks the first partner: every use of its sessions is answered with
    /// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    pub fn block_partner(&self) {
        self.set_partner_status(PartnerStatus::Blocked);
    }

    /// Lets the first partner use the API again.
    pub fn unblock_partner(&self) {
        self.set_partner_status(PartnerStatus::Active);
    }

    /// Blocks a user of the first partner: its sessions are answered with `USER_BLOCKED`.
    pub fn block_user(&self, user: &UserId) {
        self.set_user_status(user, Status::Blocked);
    }

    /// Lets a user of the first partner use its sessions again.
    pub fn unblock_user(&self, user: &UserId) {
        self.set_user_status(user, Status::Active);
    }

    /// Replaces the rate limits, and forgets what was counted.
    pub fn set_rate_limits(&self, limits: impl IntoIterator<Item = RateLimit>) {
        self.world().rate_limiter.set(limits.into_iter().collect());
    }

    /// Switches the response cache on or off, and empties it.
    pub fn set_response_cache(&self, is_on: bool) {
        self.world().cache = ResponseCache::new(is_on);
    }

    /// Lets something go wrong from now on, besides what was injected before.
    pub fn inject(&self, rule: FaultRule) {
        self.world().faults.inject(rule);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Lets each answer take a time from this range; none for no time.
    pub fn set_latency(&self, range: Option<RangeInclusive<Duration>>) {
        self.world().faults.set_latency(range);
    }

    /// Whether the database has partner 0, in whose name calls without a KS are made. It always does; without
    /// it they are answered with `MISSING_KS` (wire contract, section 7).
    pub fn keep_anonymous_partner(&self, is_there: bool) {
        self.world().state.has_anonymous_partner = is_there;
    }

    fn set_token_status(&self, id: &AppTokenId, status: AppTokenStatus) -> Result<(), UnknownObject> {
        let mut world = self.world();
        let token = world.state.app_token_mut(self.shared.partner, id.as_str());
        token.ok_or_else(|| UnknownObject::AppToken(id.clone()))?.status = status;
        Ok(())
    }

    fn set_partner_status(&self, status: PartnerStatus) {
        if let Some(partner) = self.world().state.partners.get_mut(&self.shared.partner) {
            partner.status = status;
        }
    }

    fn set_user_status(&self, user: &UserId, status: Status) {
        let now = self.shared.clock.now();
        let mut world = self.world();
        match world.state.user_mut(self.shared.partner, user.as_str()) {
            Some(user) => user.status = status,
            None => world.state.add_user(self.shared.partner, user.as_str(), status, now),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // Should a call have panicked, the next test step shall still see what there is.
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("partner", &self.shared.partner)
            .field("clock", &self.shared.clock)
            .finish_non_exhaustive()
    }
}

/// An app token of the emulator, with what a client needs for logging in.
#[derive(Clone, Debug)]
pub struct EmulatedAppToken {
    partner: PartnerId,
    id: AppTokenId,
    value: AppTokenValue,
    hash_type: HashType,
}

impl EmulatedAppToken {
    fn of(token: &state::AppToken) -> Self {
        Self {
            partner: token.partner,
            id: AppTokenId::new(token.id.as_str()),
            value: token.value.clone(),
            hash_type: token.effective_hash_type(),
        }
    }

    /// Whose token it is.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &AppTokenId {
        &self.id
    }

    /// The value, which is the secret.
    #[must_use]
    pub const fn value(&self) -> &AppTokenValue {
        &self.value
    }

    /// The hash type; SHA-1 for a token that was stored without one.
    #[must_use]
    pub const fn hash_type(&self) -> HashType {
        self.hash_type
    }

    /// All of it, for an `AppTokenLogin`.
    #[must_use]
    pub fn credentials(&self) -> AppTokenCredentials {
        AppTokenCredentials::new(self.partner, self.id.clone(), self.value.clone(), self.hash_type)
    }
}

/// Something that the emulator does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownObject {
    /// A partner.
    #[error("the emulator has no partner {0}; add it to the builder")]
    Partner(PartnerId),
    /// An app token of the first partner.
    #[error("the emulator's first partner has no app token {0}, or it is deleted")]
    AppToken(AppTokenId),
    /// A KS.
    #[error("the text is no KS of a partner of this emulator")]
    Ks,
}
