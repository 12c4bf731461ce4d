//! Building an emulator.

use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Duration;

use kaltura_types::{
    AdminSecret, AppTokenId, AppTokenStatus, AppTokenValue, HashType, Open, PartnerId, UserSecret,
};

use crate::backend::clock::Clock;
use crate::backend::random::Random;
use crate::backend::seed::{
    AppTokenSeed, EntrySeed, FIRST_PARTNER, InvalidSeed, PartnerSeed, RoleSeed, Seed, UserSeed, WidgetSeed,
};
use crate::backend::state::{AppToken, State};
use crate::backend::upload::UploadSettings;
use crate::calls::RecordedCall;
use crate::dispatch::rate_limit::RateLimit;
use crate::emulator::{EmulatedAppToken, Emulator, Observer, OnNotice, Shared, Start};
use crate::faults::FaultRule;
use crate::notices::Notice;
use crate::services::stub::Stub;

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
    stubs: Vec<Stub>,
    observer: Option<Observer>,
}

impl EmulatorBuilder {
    /// Adds a partner. The emulator's accessors refer to the first one.
    pub fn partner(mut self, partner: PartnerSeed) -> Self {
        self.added = self.added.partner(partner);
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

    /// Starts from a seed, before the objects that are added one by one. No video is added to it.
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
    /// [`InvalidSeed`], which names the member and what was expected.
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

    /// Adds a stub: a fixed result for an action.
    pub fn stub(mut self, stub: Stub) -> Self {
        self.stubs.push(stub);
        self
    }

    /// Calls this function with each call after it has completed, for example to log it. It runs before the response
    /// is sent. It may use the emulator.
    ///
    /// ```
    /// # use kaltura_emulator::Emulator;
    /// let emulator = Emulator::builder()
    ///     .on_call(|call| println!("{} {} {:?}", call.method(), call.action(), call.error()))
    ///     .build()?;
    /// # Ok::<(), kaltura_emulator::BuildError>(())
    /// ```
    pub fn on_call(mut self, observer: impl Fn(&RecordedCall) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer(Box::new(observer)));
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
            seed = seed.partner(PartnerSeed::new(id));
            seed.entries.extend(EntrySeed::samples(id));
        }
        complete(&mut seed, &mut random);
        check_partners(&seed)?;
        let first = &seed.partners[0];
        let (partner, admin_secret) = (first.id, first.admin_secrets[0].clone());
        let user_secret = first.user_secret.clone().unwrap_or_else(|| UserSecret::new(""));
        let state = State::new(seed.clone(), random, now);
        let app_token = match usable(&state, partner) {
            Some(token) => EmulatedAppToken::from_record(token),
            None => return Err(BuildError::UnknownPartner(partner)),
        };
        let start = Start {
            seed,
            clock: self.clock.setting(),
            rate_limits: self.rate_limits,
            has_response_cache: self.has_response_cache,
            faults: self.faults,
            latency: self.latency,
            stubs: self.stubs,
            upload_settings: self.upload_settings,
            upload_memory: self.upload_memory,
        };
        let shared = Shared {
            backend: Mutex::new(start.backend(state)),
            start,
            clock: self.clock,
            partner,
            admin_secret,
            user_secret,
            app_token,
            on_notice: self.on_notice,
            observer: self.observer,
            forgotten: std::sync::atomic::AtomicU64::new(0),
        };
        Ok(Emulator::from_shared(shared))
    }
}

/// A random id of seven digits, as most partners have.
fn random_partner(random: &mut Random) -> PartnerId {
    PartnerId::new(i64::try_from(1_000_000 + random.below(9_000_000)).unwrap_or(1_000_000))
}

/// Adds what a seed may omit: secrets, ids, the partner of an object, default widgets, and an active app token of the
/// first partner.
fn complete(seed: &mut Seed, random: &mut Random) {
    for partner in &mut seed.partners {
        if partner.admin_secrets.is_empty() {
            partner.admin_secrets.push(AdminSecret::new(random.hex::<16>()));
        }
        partner.user_secret.get_or_insert_with(|| UserSecret::new(random.hex::<16>()));
    }
    let first = seed.partners[0].id;
    for partner in &seed.partners {
        let default = WidgetSeed::default_of(partner.id);
        let is_default = |widget: &WidgetSeed| widget.id.as_str().eq_ignore_ascii_case(default.id.as_str());
        if partner.has_default_widget && !seed.widgets.iter().any(is_default) {
            seed.widgets.push(default);
        }
    }
    let widgets = seed.widgets.iter_mut().map(|widget| &mut widget.partner_id);
    let users = seed.users.iter_mut().map(|user| &mut user.partner_id);
    let entries = seed.entries.iter_mut().map(|entry| &mut entry.partner_id);
    for partner in widgets.chain(users).chain(entries) {
        if *partner == FIRST_PARTNER {
            *partner = first;
        }
    }
    for entry in seed.entries.iter_mut().filter(|entry| entry.id.is_empty()) {
        entry.id = random.object_id();
    }
    let is_usable = |token: &AppTokenSeed| {
        token.partner_id.unwrap_or(first) == first
            && token.status.unwrap_or(AppTokenStatus::Active) == AppTokenStatus::Active
    };
    if !seed.app_tokens.iter().any(is_usable) {
        seed.app_tokens.push(AppTokenSeed::new());
    }
    for token in &mut seed.app_tokens {
        token.partner_id.get_or_insert(first);
        token.id.get_or_insert_with(|| AppTokenId::new(random.object_id()));
        token.value.get_or_insert_with(|| AppTokenValue::new(random.hex::<16>()));
    }
}

/// Every object must belong to a known partner.
fn check_partners(seed: &Seed) -> Result<(), BuildError> {
    let named = seed
        .widgets
        .iter()
        .map(|widget| widget.partner_id)
        .chain(seed.users.iter().map(|user| user.partner_id))
        .chain(seed.entries.iter().map(|entry| entry.partner_id))
        .chain(seed.app_tokens.iter().filter_map(|token| token.partner_id));
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

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::{AppTokenLogin, ServiceUrl};
    use serde_json::json;

    fn built(seed: &str) -> Emulator {
        Emulator::builder().seed_json(seed).unwrap().build().unwrap()
    }

    #[test]
    fn a_seed_needs_only_what_matters() {
        let emulator = built(
            r#"{ "partners": [{ "id": 7 }, { "id": 8 }], "appTokens": [{ "id": "0_mine" }],
                 "users": [{ "id": "u" }], "entries": [{ "name": "x" }] }"#,
        );
        let login = |token: EmulatedAppToken| {
            let login = AppTokenLogin::new(ServiceUrl::US, token.credentials());
            login.run_blocking(&emulator).map(|session| session.expires_at())
        };
        assert_eq!(emulator.app_token().id().as_str(), "0_mine");
        let day = emulator.clock().now().plus_seconds(86_400);
        let expiry = login(emulator.app_token().clone()).unwrap().unwrap();
        assert!((0..5).contains(&day.seconds_since(expiry)), "{expiry}");
        let second = AppTokenSeed::new().partner(PartnerId::new(8));
        assert!(
            login(emulator.add_app_token(second).unwrap()).is_ok(),
            "each partner has its default widget"
        );
        let list = emulator.call("media.list", json!({ "ks": emulator.admin_ks() }));
        assert_eq!((&list["totalCount"], &list["objects"][0]["partnerId"]), (&json!(1), &json!(7)));
    }

    #[test]
    fn a_seed_can_say_otherwise() {
        let emulator = built(r#"{ "partners": [{ "id": 7, "hasDefaultWidget": false }] }"#);
        let error = emulator.error("session.startWidgetSession", json!({ "widgetId": "_7" }));
        assert_eq!(error, "INVALID_WIDGET_ID");
        let emulator = built(
            r#"{ "partners": [{ "id": 7 }], "widgets": [{ "id": "_7", "privileges": "view:0_a" }],
                 "appTokens": [{ "sessionDuration": null }] }"#,
        );
        let ks = emulator.call("session.startWidgetSession", json!({ "widgetId": "_7" }))["ks"].clone();
        assert_eq!(emulator.opened(&ks).claims().privileges().to_string(), "view:0_a,widget:1");
        let token = emulator.app_token().clone();
        let session = emulator.call("appToken.startSession", emulator.login(&token, json!({})));
        assert_eq!(emulator.life(&session["ks"]), 0);
    }

    #[test]
    fn an_emulator_with_the_seed_of_another_has_the_same_objects() {
        let first = Emulator::new();
        let json = serde_json::to_string(first.seed()).unwrap();
        let second = built(&json);
        assert_eq!(second.admin_secret(), first.admin_secret());
        assert_eq!(second.app_token().value(), first.app_token().value());
        assert_eq!(serde_json::to_string(second.seed()).unwrap(), json);
        let ks = json!({ "ks": first.admin_ks() });
        assert_eq!(second.call("media.list", ks)["totalCount"], 3);
    }
}
