//! Building an emulator.

use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Duration;

use kaltura_types::{AppTokenStatus, HashType, Open, PartnerId};

use crate::backend::Backend;
use crate::backend::clock::Clock;
use crate::backend::random::Random;
use crate::backend::seed::{
    AppTokenSeed, EntrySeed, InvalidSeed, PartnerSeed, RoleSeed, Seed, UserSeed, WidgetSeed,
};
use crate::backend::state::{AppToken, State};
use crate::backend::upload::UploadSettings;
use crate::calls::Calls;
use crate::dispatch::rate_limit::{RateLimit, RateLimiter};
use crate::emulator::{EmulatedAppToken, Emulator, OnNotice, Shared};
use crate::faults::{FaultRule, Faults};
use crate::notices::{Notice, Notices};
use crate::response_cache::ResponseCache;

/// Builds an [`Emulator`].
///
/// ```
/// # use kaltura_emulator::*; use kaltura_types::*;
/// let partner = PartnerId::new(1234567);
/// let emulator = Emulator::builder()
///     .partner(PartnerSeed::new(partner).admin_secret("a0b1c2d3e4f5061728394a5b6c7d8e9f"))
///     .app_token(AppTokenSeed::new().id("0_importer").hash_type(HashType::Sha512))
///     .clock(Clock::frozen_at(UnixTime::from_seconds(1_800_000_000)))
///     .build()?;
/// assert_eq!(emulator.partner_id(), partner);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct EmulatorBuilder {
    added: Seed,
    seed: Option<Seed>,
    clock: Clock,
    random: Option<Random>,
    rate_limits: Vec<RateLimit>,
    has_response_cache: bool,
    faults: Vec<FaultRule>,
    latency: Option<RangeInclusive<Duration>>,
    on_notice: Option<OnNotice>,
    upload_settings: UploadSettings,
    upload_memory: Option<u64>,
}

impl EmulatorBuilder {
    /// Adds a partner and its default widget. The emulator's accessors refer to the first one.
    pub fn partner(mut self, partner: PartnerSeed) -> Self {
        self.added = self.added.widget(WidgetSeed::default_of(partner.id)).partner(partner);
        self
    }

    /// Adds a widget.
    pub fn widget(mut self, widget: WidgetSeed) -> Self {
        self.added = self.added.widget(widget);
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: UserSeed) -> Self {
        self.added = self.added.user(user);
        self
    }

    /// Adds an app token.
    pub fn app_token(mut self, token: AppTokenSeed) -> Self {
        self.added = self.added.app_token(token);
        self
    }

    /// Adds a role.
    pub fn role(mut self, role: RoleSeed) -> Self {
        self.added = self.added.role(role);
        self
    }

    /// Adds a video.
    pub fn entry(mut self, entry: EntrySeed) -> Self {
        self.added = self.added.entry(entry);
        self
    }

    /// Starts from a seed, before the objects that are added one by one. No widget and no video is added to it.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(match self.seed.take() {
            Some(earlier) => earlier.and(seed),
            None => seed,
        });
        self
    }

    /// Starts from a seed in JSON.
    ///
    /// # Errors
    ///
    /// [`InvalidSeed`] with line and column.
    pub fn seed_json(self, json: &str) -> Result<Self, InvalidSeed> {
        Ok(self.seed(Seed::from_json(json)?))
    }

    /// Uses this clock. The default shows the system's time and runs.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Derives secrets, ids and the random part of each KS from this seed, so that each run is the same. Not for a
    /// server that others can reach: the seed reveals the secrets.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random = Some(Random::from_seed(seed));
        self
    }

    /// Derives them from these bytes, which should come from a cryptographic source. For systems without the feature
    /// `getrandom`.
    pub fn random_bytes(mut self, bytes: [u8; 32]) -> Self {
        self.random = Some(Random::from_bytes(bytes));
        self
    }

    /// Limits the rate of calls of an action.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limits.push(limit);
        self
    }

    /// Uses a response cache, as the live service does: it repeats a widget session for 600 s and an error for 120 s,
    /// unless the request contains `nocache` (wire contract, sections 4.2 and 7). `session.start` then uses its fast path
    /// (section 4.1).
    pub const fn response_cache(mut self, is_on: bool) -> Self {
        self.has_response_cache = is_on;
        self
    }

    /// Adds a fault rule.
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// Delays each response by a time from this range. As a transport, the emulator does not wait, but a request with a
    /// shorter timeout gets a timeout error.
    pub const fn latency(mut self, range: RangeInclusive<Duration>) -> Self {
        self.latency = Some(range);
        self
    }

    /// Calls a function for each [`Notice`]: where the emulator knows less than the server. Each is given once.
    ///
    /// ```
    /// # use kaltura_emulator::Emulator;
    /// let emulator = Emulator::builder().on_notice(|notice| eprintln!("{notice}")).build()?;
    /// # Ok::<(), kaltura_emulator::BuildError>(())
    /// ```
    pub fn on_notice(mut self, function: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.on_notice = Some(OnNotice(Box::new(function)));
        self
    }

    /// How long the conversion of an uploaded video takes, by the emulator's clock: its entry has status 1, then 2 (wire
    /// contract, section 10.6). `None` for a conversion that never ends. The default is 5 s.
    ///
    /// ```
    /// # use std::time::Duration; use kaltura_emulator::Emulator;
    /// let emulator = Emulator::builder().conversion_time(Some(Duration::from_secs(60))).build()?;
    /// # Ok::<(), kaltura_emulator::BuildError>(())
    /// ```
    pub const fn conversion_time(mut self, time: Option<Duration>) -> Self {
        self.upload_settings.conversion_time = time;
        self
    }

    /// How long the response to a final chunk is delayed if chunks before it are missing (wire contract, section 10.3).
    /// The default is the server's, 45 s. As a transport, the emulator does not wait, but a request with a shorter timeout
    /// gets a timeout error.
    pub const fn final_chunk_wait(mut self, time: Duration) -> Self {
        self.upload_settings.final_chunk_wait = time;
        self
    }

    /// How many bytes of uploaded files are kept in memory. An upload beyond it gets `UPLOAD_ERROR` with a message that
    /// names this limit. The memory of a file is free again when its upload token and its entry are deleted. The default
    /// is 256 MiB.
    pub const fn upload_memory(mut self, bytes: u64) -> Self {
        self.upload_memory = Some(bytes);
        self
    }

    /// Builds the emulator. Without a partner, one with videos is added. Without an active app token of the first
    /// partner, one is added.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if an object belongs to an unknown partner, or if there are no random bytes.
    pub fn build(self) -> Result<Emulator, BuildError> {
        let now = self.clock.now();
        let mut random = match self.random {
            Some(random) => random,
            #[cfg(feature = "getrandom")]
            None => Random::from_system()?,
            #[cfg(not(feature = "getrandom"))]
            None => return Err(BuildError::NoRandomSeed),
        };
        let mut seed = self.seed.unwrap_or_default().and(self.added);
        if seed.partners.is_empty() {
            let id = random_partner(&mut random);
            seed = seed.widget(WidgetSeed::default_of(id)).partner(PartnerSeed::new(id));
            seed.entries.extend(EntrySeed::samples(id));
        }
        let partner = seed.partners[0].id;
        let tokens = std::mem::take(&mut seed.app_tokens);
        check_partners(&seed, &tokens)?;
        let mut state = State::new(seed, random, now);
        state.upload_settings = self.upload_settings;
        if let Some(bytes) = self.upload_memory {
            state.uploads.memory_limit = bytes;
        }
        for token in tokens {
            let owner = token.partner_id.unwrap_or(partner);
            state.store_app_token(token, owner, now);
        }
        let app_token = match usable(&state, partner) {
            Some(token) => EmulatedAppToken::from_record(token),
            None => EmulatedAppToken::from_record(&state.store_app_token(AppTokenSeed::new(), partner, now)),
        };
        let Some(first) = state.partners.get(&partner) else {
            return Err(BuildError::UnknownPartner(partner));
        };
        let (admin_secret, user_secret) = (first.admin_secrets[0].clone(), first.user_secret.clone());
        let backend = Backend {
            state,
            rate_limiter: RateLimiter::new(self.rate_limits),
            cache: ResponseCache::new(self.has_response_cache),
            faults: Faults::new(self.faults, self.latency),
            calls: Calls::default(),
            notices: Notices::default(),
        };
        let shared = Shared {
            backend: Mutex::new(backend),
            clock: self.clock,
            partner,
            admin_secret,
            user_secret,
            app_token,
            on_notice: self.on_notice,
        };
        Ok(Emulator::from_shared(shared))
    }
}

/// A random id of seven digits, as most partners have.
fn random_partner(random: &mut Random) -> PartnerId {
    PartnerId::new(i64::try_from(1_000_000 + random.below(9_000_000)).unwrap_or(1_000_000))
}

/// Every object must belong to a known partner.
fn check_partners(seed: &Seed, tokens: &[AppTokenSeed]) -> Result<(), BuildError> {
    let named = seed
        .widgets
        .iter()
        .map(|widget| widget.partner_id)
        .chain(seed.users.iter().map(|user| user.partner_id))
        .chain(seed.entries.iter().map(|entry| entry.partner_id))
        .chain(tokens.iter().filter_map(|token| token.partner_id));
    for id in named {
        if !seed.partners.iter().any(|partner| partner.id == id) {
            return Err(BuildError::UnknownPartner(id));
        }
    }
    Ok(())
}

/// The best token for a test: active, without an expiry, with SHA-256; else any active one.
fn usable(state: &State, partner: PartnerId) -> Option<&AppToken> {
    let active = || {
        let tokens = state.app_tokens.iter();
        tokens.filter(|token| token.partner == partner && token.status == AppTokenStatus::Active)
    };
    let best = |token: &&AppToken| {
        token.expiry.is_none()
            && token.hash_type == Some(Open::Known(HashType::Sha256))
            && token.session_duration > Some(0)
    };
    active().find(best).or_else(|| active().next())
}

/// An emulator cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A widget, a user, an entry or an app token belongs to an unknown partner.
    #[error("an object belongs to partner {0}, which the emulator does not have; add the partner")]
    UnknownPartner(PartnerId),
    /// The operating system gave no random bytes.
    #[cfg(feature = "getrandom")]
    #[error("the operating system gives no random bytes; use a random seed")]
    NoRandomBytes(#[source] kaltura_ks::RandomUnavailable),
    /// The feature `getrandom` is off, and the builder was given no random seed.
    #[error("no random seed; set one, or enable the feature `getrandom`")]
    NoRandomSeed,
}
