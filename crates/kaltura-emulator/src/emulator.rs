//! A running emulator, and what a test reads from it and changes on it.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kaltura_auth::AppTokenCredentials;
use kaltura_types::{
    AdminSecret, AppTokenId, AppTokenStatus, AppTokenValue, HashType, Ks, PartnerId, UserId, UserSecret,
};

use crate::backend::clock::{self, Clock};
use crate::backend::entry::Entry;
use crate::backend::random::Random;
use crate::backend::seed::{AppTokenSeed, EntrySeed, FIRST_PARTNER, PartnerStatus, Seed, UserStatus};
use crate::backend::state::{self, State};
use crate::backend::upload::{UploadSettings, UploadToken};
use crate::backend::{Backend, not_an_api_path};
use crate::builder::EmulatorBuilder;
use crate::calls::{Calls, RecordedCall};
use crate::dispatch::ks_check;
use crate::dispatch::rate_limit::{RateLimit, RateLimiter};
use crate::faults::{FaultRule, Faults};
use crate::notices::{Notice, Notices};
use crate::request::ApiRequest;
use crate::response::preflight;
use crate::response_cache::ResponseCache;
use crate::services::stub::{Stub, Stubs};
use crate::transport::{PendingUpload, Reply};

/// An emulated Kaltura server. A clone is the same server.
///
/// [`new`](Self::new) creates one with one partner with random secrets, its default widget, one active app token
/// and a few videos. [`builder`](Self::builder) creates others.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) backend: Mutex<Backend>,
    pub(crate) start: Start,
    pub(crate) clock: Clock,
    pub(crate) partner: PartnerId,
    pub(crate) admin_secret: AdminSecret,
    pub(crate) user_secret: UserSecret,
    pub(crate) app_token: EmulatedAppToken,
    pub(crate) on_notice: Option<OnNotice>,
    pub(crate) observer: Option<Observer>,
    /// How often the calls were forgotten.
    pub(crate) forgotten: AtomicU64,
}

/// What an emulator starts with, and is [reset](Emulator::reset) to.
pub(crate) struct Start {
    pub(crate) seed: Seed,
    pub(crate) clock: clock::State,
    pub(crate) rate_limits: Vec<RateLimit>,
    pub(crate) has_response_cache: bool,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) latency: Option<RangeInclusive<Duration>>,
    pub(crate) stubs: Vec<Stub>,
    pub(crate) upload_settings: UploadSettings,
    pub(crate) upload_memory: Option<u64>,
}

impl Start {
    pub(crate) fn backend(&self, mut state: State) -> Backend {
        let mut stubs = Stubs::default();
        self.stubs.iter().cloned().for_each(|stub| stubs.add(stub));
        state.upload_settings = self.upload_settings;
        if let Some(bytes) = self.upload_memory {
            state.uploads.memory_limit = bytes;
        }
        Backend {
            state,
            rate_limiter: RateLimiter::new(self.rate_limits.clone()),
            cache: ResponseCache::new(self.has_response_cache),
            faults: Faults::new(self.faults.clone(), self.latency.clone()),
            stubs,
            calls: Calls::default(),
            notices: Notices::default(),
            request_calls: Vec::new(),
        }
    }
}

/// The function for notices.
pub(crate) struct OnNotice(pub(crate) Box<dyn Fn(&Notice) + Send + Sync>);

impl fmt::Debug for OnNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnNotice").finish_non_exhaustive()
    }
}

/// What is called with each call after it has completed.
pub(crate) struct Observer(pub(crate) Box<dyn Fn(&RecordedCall) + Send + Sync>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Emulator {
    /// An emulator for most tests.
    ///
    /// # Panics
    ///
    /// If the operating system gives no random bytes.
    #[cfg(feature = "getrandom")]
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without random bytes cannot continue")]
    pub fn new() -> Self {
        Self::builder().build().expect("the operating system gives random bytes")
    }

    /// Starts building an emulator with partners, app tokens and settings of your own.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// The first partner.
    #[must_use]
    pub fn partner_id(&self) -> PartnerId {
        self.shared.partner
    }

    /// The admin secret of the first partner, which signs its KSs.
    #[must_use]
    pub fn admin_secret(&self) -> &AdminSecret {
        &self.shared.admin_secret
    }

    /// The user secret of the first partner.
    #[must_use]
    pub fn user_secret(&self) -> &UserSecret {
        &self.shared.user_secret
    }

    /// An app token of the first partner to log in with: an active one, with SHA-256 if there is one.
    #[must_use]
    pub fn app_token(&self) -> &EmulatedAppToken {
        &self.shared.app_token
    }

    /// The server's clock. A test can move it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.backend().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.backend().calls = Calls::default();
        self.shared.forgotten.fetch_add(1, Ordering::Release);
    }

    /// The bytes that were uploaded to an upload token or are the content of an entry, of the first partner; `None` if
    /// there are none. Of an upload that is not complete, the bytes that were joined so far (wire contract, section
    /// 10.3).
    ///
    /// ```
    /// # use kaltura_emulator::Emulator;
    /// # let emulator = Emulator::new();
    /// assert_eq!(emulator.uploaded("0_sample01"), None);
    /// ```
    #[must_use]
    pub fn uploaded(&self, id: &str) -> Option<Bytes> {
        let backend = self.backend();
        let token = backend.state.uploads.get(self.shared.partner, id);
        let content = || backend.state.entries.get(self.shared.partner, id)?.content.clone();
        token.and_then(UploadToken::content).or_else(content)
    }

    /// The seed that the emulator started with: that of the builder, with the secrets, ids, widgets and app token that
    /// were added to it. Another emulator with this seed has the same objects.
    #[must_use]
    pub fn seed(&self) -> &Seed {
        &self.shared.start.seed
    }

    /// Makes everything as it was at the start: the objects of the seed, the clock, faults, latency, rate limits, the
    /// response cache, stubs, and no calls. Sessions from before are valid again as far as their objects are.
    pub fn reset(&self) {
        let start = &self.shared.start;
        let mut backend = self.backend();
        self.shared.clock.restore(start.clock);
        let random = std::mem::replace(&mut backend.state.random, Random::from_seed(0));
        *backend = start.backend(State::new(start.seed.clone(), random, self.shared.clock.now()));
        self.shared.forgotten.fetch_add(1, Ordering::Release);
    }

    /// This server as a transport: a clone of it.
    #[must_use]
    pub fn transport(&self) -> Self {
        self.clone()
    }

    /// Responds to a request from the client with this address, like [`respond`](Self::respond), but without the
    /// delay and without breaking the connection.
    #[must_use]
    pub fn handle(&self, request: &http::Request<Bytes>, client: IpAddr) -> http::Response<Bytes> {
        self.respond(request, client).response
    }

    /// Responds to a request from the client with this address. The reply also contains the delay of the response
    /// and how the connection breaks. The caller must apply both.
    #[must_use]
    pub fn respond(&self, request: &http::Request<Bytes>, client: IpAddr) -> Reply {
        self.respond_with_calls(request, client).0
    }

    /// The same, and the calls of the request.
    pub(crate) fn respond_with_calls(
        &self,
        request: &http::Request<Bytes>,
        client: IpAddr,
    ) -> (Reply, Vec<Arc<RecordedCall>>) {
        // What depends on the request alone runs without the lock, as does the code of the caller.
        let Some(api_request) = ApiRequest::read(request, client) else {
            return (Reply::whole(not_an_api_path()), Vec::new());
        };
        if request.method() == Method::OPTIONS {
            return (Reply::whole(preflight(self.shared.clock.date_header())), Vec::new());
        }
        let mut backend = self.backend();
        let mut reply = backend.respond(&api_request, &self.shared.clock);
        let chunks = backend.state.awaited.take();
        let notices = backend.notices.take();
        let calls = std::mem::take(&mut backend.request_calls);
        drop(backend);
        if let Some(chunks) = chunks {
            reply.pending = Some(PendingUpload { emulator: self.clone(), chunks, request: api_request });
        }
        if let Some(OnNotice(function)) = &self.shared.on_notice {
            notices.iter().for_each(function);
        }
        if let Some(Observer(observer)) = &self.shared.observer {
            calls.iter().for_each(|call| observer(call));
        }
        (reply, calls)
    }

    pub(crate) fn finish_upload(&self, pending: &PendingUpload) -> Option<http::Response<Bytes>> {
        self.backend().finish_upload(pending, &self.shared.clock)
    }

    /// What changes when the calls are forgotten.
    #[cfg(feature = "server")]
    pub(crate) fn forgotten(&self) -> u64 {
        self.shared.forgotten.load(Ordering::Acquire)
    }

    #[cfg(feature = "server")]
    pub(crate) fn start_clock(&self) -> clock::State {
        self.shared.start.clock
    }

    pub(crate) fn backend(&self) -> MutexGuard<'_, Backend> {
        // After a panic in one call, a test can still read the state.
        self.shared.backend.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "getrandom")]
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

/// Changes on the server without a request of the client under test.
impl Emulator {
    /// Adds an app token.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the seed names a partner that the emulator does not have.
    pub fn add_app_token(&self, seed: AppTokenSeed) -> Result<EmulatedAppToken, UnknownObject> {
        let partner = seed.partner_id.unwrap_or(self.shared.partner);
        let mut backend = self.backend();
        if !backend.state.partners.contains_key(&partner) {
            return Err(UnknownObject::Partner(partner));
        }
        let token = backend.state.store_app_token(seed, partner, self.shared.clock.now());
        Ok(EmulatedAppToken::from_record(&token))
    }

    /// Adds a video, and returns its id.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the seed names a partner that the emulator does not have.
    pub fn add_entry(&self, mut seed: EntrySeed) -> Result<String, UnknownObject> {
        let mut backend = self.backend();
        if seed.partner_id == FIRST_PARTNER {
            seed.partner_id = self.shared.partner;
        }
        if !backend.state.partners.contains_key(&seed.partner_id) {
            return Err(UnknownObject::Partner(seed.partner_id));
        }
        if seed.id.is_empty() {
            seed.id = backend.state.random.object_id();
        }
        let id = seed.id.clone();
        backend.state.entries.add(Entry::from_seed(seed, self.shared.clock.now()));
        Ok(id)
    }

    /// Ends the sessions of a partner that the emulator has issued or has been sent: the last 10 000 of all partners.
    /// Widget sessions do not end, as with [`end_session`](Self::end_session). Sessions that start later are valid.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such partner.
    pub fn end_sessions(&self, partner: PartnerId) -> Result<(), UnknownObject> {
        let mut backend = self.backend();
        if !backend.state.partners.contains_key(&partner) {
            return Err(UnknownObject::Partner(partner));
        }
        backend.state.end_sessions(partner, self.shared.clock.now());
        Ok(())
    }

    /// Disables an app token of the first partner: it starts no more sessions. No action of the API can do this,
    /// but Kaltura's staff can.
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
        let now = self.shared.clock.now();
        if self.backend().state.delete_app_token(self.shared.partner, id.as_str(), now) {
            Ok(())
        } else {
            Err(UnknownObject::AppToken(id.clone()))
        }
    }

    /// Ends a session and its group, as `session.end` does. For a session of an app token, all sessions of
    /// that token end, including those that are started later (wire contract, section 4.4).
    ///
    /// ```
    /// # use kaltura_auth::{AppTokenLogin, ServiceUrl}; use kaltura_emulator::Emulator;
    /// # let emulator = Emulator::new();
    /// let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    /// let session = login.run_blocking(&emulator)?;
    /// emulator.end_session(session.ks())?;
    /// // Each later call with this session or a new one of the token gets INVALID_KS with the reason LOGOUT.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the text is not a KS of a partner of this emulator.
    pub fn end_session(&self, ks: &Ks) -> Result<(), UnknownObject> {
        let mut backend = self.backend();
        let opened = ks_check::open(&backend.state, ks).map_err(|_| UnknownObject::Ks)?;
        backend.state.end_session(&opened, self.shared.clock.now());
        Ok(())
    }

    /// Blocks the first partner: every call with its sessions gets the error
    /// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    pub fn block_partner(&self) {
        self.set_partner_status(PartnerStatus::Blocked);
    }

    /// Unblocks the first partner.
    pub fn unblock_partner(&self) {
        self.set_partner_status(PartnerStatus::Active);
    }

    /// Blocks a user of the first partner, and creates the user if it does not exist: calls with its sessions get
    /// the error `USER_BLOCKED`.
    pub fn block_user(&self, user: &UserId) {
        self.set_user_status(user, UserStatus::Blocked);
    }

    /// Unblocks a user of the first partner, and creates the user if it does not exist.
    pub fn unblock_user(&self, user: &UserId) {
        self.set_user_status(user, UserStatus::Active);
    }

    fn set_token_status(&self, id: &AppTokenId, status: AppTokenStatus) -> Result<(), UnknownObject> {
        let mut backend = self.backend();
        let token = backend.state.app_token_mut(self.shared.partner, id.as_str());
        token.ok_or_else(|| UnknownObject::AppToken(id.clone()))?.status = status;
        Ok(())
    }

    fn set_partner_status(&self, status: PartnerStatus) {
        if let Some(partner) = self.backend().state.partners.get_mut(&self.shared.partner) {
            partner.status = status;
        }
    }

    fn set_user_status(&self, user: &UserId, status: UserStatus) {
        let now = self.shared.clock.now();
        let mut backend = self.backend();
        match backend.state.user_mut(self.shared.partner, user.as_str()) {
            Some(user) => user.status = status,
            None => backend.state.add_user(self.shared.partner, user.as_str(), status, now),
        }
    }
}

/// Settings. [`EmulatorBuilder`] sets the initial ones.
impl Emulator {
    /// Replaces the rate limits and resets their counters.
    pub fn set_rate_limits(&self, limits: impl IntoIterator<Item = RateLimit>) {
        self.backend().rate_limiter.set(limits.into_iter().collect());
    }

    /// Switches the response cache on or off, and empties it.
    pub fn set_response_cache(&self, is_on: bool) {
        self.backend().cache = ResponseCache::new(is_on);
    }

    /// Adds a fault rule. Earlier rules stay.
    pub fn inject(&self, rule: FaultRule) {
        self.backend().faults.inject(rule);
    }

    /// The fault rules, in the order in which they were added.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.backend().faults.rules().to_vec()
    }

    /// Removes the fault rules with this text ([`FaultRule`]'s `Display`), and keeps what the others have counted.
    /// Returns whether there was one.
    ///
    /// ```
    /// # use kaltura_emulator::{Emulator, FaultRule};
    /// # let emulator = Emulator::new();
    /// emulator.inject("status:503@media.list".parse()?);
    /// assert!(emulator.remove_fault("status:503@media.list"));
    /// # Ok::<(), kaltura_emulator::InvalidFaultRule>(())
    /// ```
    pub fn remove_fault(&self, rule: &str) -> bool {
        self.backend().faults.remove(rule)
    }

    /// Removes all fault rules.
    pub fn clear_faults(&self) {
        self.backend().faults.clear();
    }

    /// Adds a stub. It replaces an earlier one of the same action.
    pub fn stub(&self, stub: Stub) {
        self.backend().stubs.add(stub);
    }

    /// The range of the delay of each response, if there is one.
    #[must_use]
    pub fn latency(&self) -> Option<RangeInclusive<Duration>> {
        self.backend().faults.latency().cloned()
    }

    /// Delays each response by a time from this range; `None` for no delay.
    pub fn set_latency(&self, range: Option<RangeInclusive<Duration>>) {
        self.backend().faults.set_latency(range);
    }

    /// Whether the database has partner 0, for which calls without a KS are made. It has one unless a test
    /// removes it. Without it such calls get the error `MISSING_KS` (wire contract, section 7).
    pub fn keep_anonymous_partner(&self, exists: bool) {
        self.backend().state.has_anonymous_partner = exists;
    }
}

/// An app token of the emulator, with everything that a client needs to log in.
#[derive(Clone, Debug)]
pub struct EmulatedAppToken {
    partner: PartnerId,
    id: AppTokenId,
    value: AppTokenValue,
    hash_type: HashType,
}

impl EmulatedAppToken {
    pub(crate) fn from_record(token: &state::AppToken) -> Self {
        Self {
            partner: token.partner,
            id: AppTokenId::new(token.id.as_str()),
            value: token.value.clone(),
            // No client can log in with a token of another hash type.
            hash_type: token.effective_hash_type().known().copied().unwrap_or(HashType::Sha1),
        }
    }

    /// The partner that owns the token.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &AppTokenId {
        &self.id
    }

    /// The token value: the secret.
    #[must_use]
    pub const fn value(&self) -> &AppTokenValue {
        &self.value
    }

    /// The hash type; SHA-1 for a token that was stored without one.
    #[must_use]
    pub const fn hash_type(&self) -> HashType {
        self.hash_type
    }

    /// The credentials for an `AppTokenLogin`.
    #[must_use]
    pub fn credentials(&self) -> AppTokenCredentials {
        AppTokenCredentials::new(self.partner, self.id.clone(), self.value.clone(), self.hash_type)
    }
}

/// A method named an object that the emulator does not have.
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
    #[error("the text is not a KS of a partner of this emulator")]
    Ks,
}
