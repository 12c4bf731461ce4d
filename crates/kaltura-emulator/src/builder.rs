//! Making an emulator.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_types::{AppTokenStatus, HashType, PartnerId};

use super::calls::Calls;
use super::faults::{FaultRule, Faults};
use super::random::Random;
use super::rate_limit::{RateLimit, RateLimiter};
use super::response_cache::ResponseCache;
use super::seed::{AppTokenSeed, EntrySeed, InvalidSeed, PartnerSeed, RoleSeed, Seed, UserSeed, WidgetSeed};
use super::state::{AppToken, State};
use super::world::World;
use super::{Clock, EmulatedAppToken, Emulator, Shared};

/// Collects what an emulator starts with.
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
    made: Seed,
    seed: Option<Seed>,
    clock: Clock,
    random_seed: Option<u64>,
    rate_limits: Vec<RateLimit>,
    has_response_cache: bool,
    faults: Vec<FaultRule>,
    latency: Option<RangeInclusive<Duration>>,
}

impl EmulatorBuilder {
    /// Adds a partner and its default widget. The first one is what the emulator's accessors speak of.
    pub fn partner(mut self, partner: PartnerSeed) -> Self {
        self.made = self.made.widget(WidgetSeed::default_of(partner.id)).partner(partner);
        self
    }

    /// Adds a widget.
    pub fn widget(mut self, widget: WidgetSeed) -> Self {
        self.made = self.made.widget(widget);
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: UserSeed) -> Self {
        self.made = self.made.user(user);
        self
    }

    /// Adds an app token.
    pub fn app_token(mut self, token: AppTokenSeed) -> Self {
        self.made = self.made.app_token(token);
        self
    }

    /// Adds a role.
    pub fn role(mut self, role: RoleSeed) -> Self {
        self.made = self.made.role(role);
        self
    }

    /// Adds a video.
    pub fn entry(mut self, entry: EntrySeed) -> Self {
        self.made = self.made.entry(entry);
        self
    }

    /// Starts from a seed, before what is added piece by piece. There is nothing then but what the seed says:
    /// no widget, no video.
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
    /// [`InvalidSeed`] with the place of the mistake.
    pub fn seed_json(self, json: &str) -> Result<Self, InvalidSeed> {
        Ok(self.seed(Seed::from_json(json)?))
    }

    /// Uses this clock; otherwise one that shows the system's time and runs.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Draws secrets, ids and the random part of each KS from this seed, so that each run is the same. Not for
    /// a server that others can reach: whoever knows the seed knows the secrets.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random_seed = Some(seed);
        self
    }

    /// Limits how often an action may be called.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limits.push(limit);
        self
    }

    /// Answers from a cache, as the live service does: the same widget session for 600 s, the same error for
    /// 120 s, unless a request says `nocache` (wire contract, sections 4.2 and 7); and `session.start` by its
    /// fast path (section 4.1).
    pub const fn response_cache(mut self, is_on: bool) -> Self {
        self.has_response_cache = is_on;
        self
    }

    /// Lets something go wrong.
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// Lets each answer take a time from this range. As a transport, the emulator does not wait, but a request
    /// with a shorter time limit meets a timeout.
    pub const fn latency(mut self, range: RangeInclusive<Duration>) -> Self {
        self.latency = Some(range);
        self
    }

    /// Makes the emulator. Without a partner it makes one, with videos; without an active app token of the
    /// first partner it makes one.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if something belongs to a partner that is not there, or if there are no random bytes.
    pub fn build(self) -> Result<Emulator, BuildError> {
        let now = self.clock.now();
        let mut random = match self.random_seed {
            Some(seed) => Random::from_seed(seed),
            None => Random::from_system()?,
        };
        let mut seed = self.seed.unwrap_or_default().and(self.made);
        if seed.partners.is_empty() {
            let id = random_partner(&mut random);
            seed = seed.widget(WidgetSeed::default_of(id)).partner(PartnerSeed::new(id));
            seed.entries.extend(EntrySeed::samples(id));
        }
        let partner = seed.partners[0].id;
        let tokens = std::mem::take(&mut seed.app_tokens);
        check_partners(&seed, &tokens)?;
        let mut state = State::new(seed, random, now);
        for token in tokens {
            let owner = token.partner_id.unwrap_or(partner);
            state.store_app_token(token, owner, now);
        }
        let app_token = match usable(&state, partner) {
            Some(token) => EmulatedAppToken::of(token),
            None => EmulatedAppToken::of(&state.store_app_token(AppTokenSeed::new(), partner, now)),
        };
        let Some(first) = state.partners.get(&partner) else {
            return Err(BuildError::UnknownPartner(partner));
        };
        let (admin_secret, user_secret) = (first.admin_secrets[0].clone(), first.user_secret.clone());
        let world = World {
            state,
            rate_limiter: RateLimiter::new(self.rate_limits),
            cache: ResponseCache::new(self.has_response_cache),
            faults: Faults::new(self.faults, self.latency),
            calls: Calls::default(),
        };
        let shared = Shared {
            world: Mutex::new(world),
            clock: self.clock,
            partner,
            admin_secret,
            user_secret,
            app_token,
        };
        Ok(Emulator { shared: Arc::new(shared) })
    }
}

/// Seven digits, as most partners have.
fn random_partner(random: &mut Random) -> PartnerId {
    PartnerId::new(i64::try_from(1_000_000 + random.below(9_000_000)).unwrap_or(1_000_000))
}

/// Everything must belong to a partner that is there.
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

/// The token that a test most likely wants: active, for ever, with SHA-256; else any that is active.
fn usable(state: &State, partner: PartnerId) -> Option<&AppToken> {
    let active = || {
        let tokens = state.app_tokens.iter();
        tokens.filter(|token| token.partner == partner && token.status == AppTokenStatus::Active)
    };
    let best = |token: &&AppToken| {
        token.expiry.is_none()
            && token.hash_type == Some(HashType::Sha256)
            && token.session_duration > Some(0)
    };
    active().find(best).or_else(|| active().next())
}

/// Why an emulator could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A widget, a user, an entry or an app token belongs to a partner that is not there.
    #[error("something belongs to partner {0}, which the emulator does not have; add the partner too")]
    UnknownPartner(PartnerId),
    /// The system gave no random bytes.
    #[error("the operating system gives no random bytes; use a random seed")]
    NoRandomBytes(#[source] kaltura_ks::RandomUnavailable),
}
