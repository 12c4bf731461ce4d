//! The emulated server's database. It contains nothing of HTTP.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use kaltura_ks::OpenedKs;
use kaltura_types::{
    AdminSecret, AppTokenId, AppTokenStatus, AppTokenValue, HashType, Ks, Open, PartnerId, SessionType,
    UnixTime, UserSecret,
};
use sha1::{Digest as _, Sha1};

use super::entry::{Entries, Entry};
use super::random::Random;
use super::roles;
use super::seed::{
    AppTokenSeed, PartnerSeed, PartnerStatus, RoleSeed, Seed, UserSeed, UserStatus, WidgetSeed,
};
use super::upload::{AwaitedChunks, UploadSettings, Uploads};

/// The partner for which calls without a KS are made. It has their permissions.
pub(crate) const ANONYMOUS: PartnerId = PartnerId::new(0);
/// The platform's own partner that may act for every other partner.
pub(crate) const ADMIN_CONSOLE: PartnerId = PartnerId::new(-2);
/// The platform's own partner that may call `session.impersonateByKs`.
pub(crate) const HOSTED_PAGES: PartnerId = PartnerId::new(-3);

pub(crate) struct State {
    pub(crate) random: Random,
    pub(crate) partners: BTreeMap<PartnerId, Partner>,
    /// Whether the database has partner 0. Without it, a call without a KS is `MISSING_KS`.
    pub(crate) has_anonymous_partner: bool,
    /// By [`key`].
    widgets: HashMap<String, Widget>,
    users: Vec<User>,
    pub(crate) app_tokens: Vec<AppToken>,
    roles: Vec<RoleSeed>,
    pub(crate) entries: Entries,
    pub(crate) uploads: Uploads,
    pub(crate) upload_settings: UploadSettings,
    /// How long the server has waited in the present request.
    pub(crate) waited: Duration,
    /// For which chunks it waited.
    pub(crate) awaited: Option<AwaitedChunks>,
    /// The digests of ended KSs, and the markers of ended groups.
    ended: Expiring<()>,
    /// How many actions each KS with an `actionslimit` has used, by its digest.
    actions_used: Expiring<u64>,
    sessions: RecentSessions,
    /// The KSs that were issued last, without those of widgets. They are opened only when they are ended.
    issued: VecDeque<(PartnerId, Ks)>,
}

/// How many sessions are known when those of a partner are ended.
const MAX_RECENT: usize = 10_000;

/// The sessions that were sent last, without widget sessions.
#[derive(Default)]
struct RecentSessions {
    /// Partner and expiry, by digest.
    sessions: HashMap<String, (PartnerId, UnixTime)>,
    /// The digests in the order of their first occurrence.
    order: VecDeque<String>,
}

impl RecentSessions {
    fn add(&mut self, digest: &str, partner: PartnerId, expiry: UnixTime) {
        if self.sessions.contains_key(digest) {
            return;
        }
        if self.order.len() == MAX_RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        self.sessions.insert(digest.to_owned(), (partner, expiry));
        self.order.push_back(digest.to_owned());
    }
}

/// Values that are needed until a KS expires. The expired ones are removed when the map has doubled, so that it stays
/// as large as the number of living sessions.
struct Expiring<T> {
    values: HashMap<String, (T, UnixTime)>,
    cleared_at: usize,
}

/// A time that never comes.
const NEVER: UnixTime = UnixTime::from_seconds(i64::MAX);

impl<T> Expiring<T> {
    const MIN_CLEARED: usize = 1_000;

    fn new() -> Self {
        Self { values: HashMap::new(), cleared_at: Self::MIN_CLEARED }
    }

    fn get_or_insert(&mut self, key: String, value: T, expiry: UnixTime, now: UnixTime) -> &mut T {
        if self.values.len() >= self.cleared_at {
            self.values.retain(|_, (_, expiry)| *expiry > now);
            self.cleared_at = self.values.len().saturating_mul(2).max(Self::MIN_CLEARED);
        }
        &mut self.values.entry(key).or_insert((value, expiry)).0
    }
}

impl State {
    pub(crate) fn new(seed: Seed, mut random: Random, now: UnixTime) -> Self {
        let internal = [ADMIN_CONSOLE, HOSTED_PAGES].map(PartnerSeed::new);
        let partners = internal.into_iter().chain(seed.partners);
        let partners = partners.map(|seed| (seed.id, Partner::new(seed, &mut random))).collect();
        let widgets = seed.widgets.into_iter().map(|seed| (key(seed.id.as_str()), Widget(seed))).collect();
        let mut state = Self {
            random,
            partners,
            has_anonymous_partner: true,
            widgets,
            users: seed.users.into_iter().map(|seed| User::new(seed, now)).collect(),
            app_tokens: Vec::new(),
            roles: seed.roles,
            entries: seed.entries.into_iter().map(|seed| Entry::from_seed(seed, now)).collect(),
            uploads: Uploads::default(),
            upload_settings: UploadSettings::default(),
            waited: Duration::ZERO,
            awaited: None,
            ended: Expiring::new(),
            actions_used: Expiring::new(),
            sessions: RecentSessions::default(),
            issued: VecDeque::new(),
        };
        state.roles.extend(roles::standard());
        for token in seed.app_tokens {
            let owner = token.partner_id.unwrap_or(ANONYMOUS);
            state.store_app_token(token, owner, now);
        }
        state
    }

    /// A partner that exists and is not blocked.
    pub(crate) fn active_partner(&self, id: PartnerId) -> Option<&Partner> {
        self.partners.get(&id).filter(|partner| partner.status == PartnerStatus::Active)
    }

    pub(crate) fn widget(&self, id: &str) -> Option<&Widget> {
        self.widgets.get(&key(id))
    }

    pub(crate) fn user(&self, partner: PartnerId, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.is(partner, id))
    }

    pub(crate) fn user_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.is(partner, id))
    }

    /// Creates a user. It replaces a deleted one with the same id.
    pub(crate) fn add_user(&mut self, partner: PartnerId, id: &str, status: UserStatus, now: UnixTime) {
        self.users.retain(|user| !user.is(partner, id));
        self.users.push(User::active(partner, id, now).with_status(status));
    }

    /// The user with this id as it is stored. It is created if it does not exist.
    pub(crate) fn stored_user(&mut self, partner: PartnerId, id: &str, now: UnixTime) -> String {
        match self.user(partner, id) {
            Some(user) if user.status != UserStatus::Deleted => user.id.clone(),
            _ => {
                self.add_user(partner, id, UserStatus::Active, now);
                id.to_owned()
            }
        }
    }

    /// An app token of this partner that is not deleted, by its id.
    pub(crate) fn app_token(&self, partner: PartnerId, id: &str) -> Option<&AppToken> {
        self.app_tokens.iter().find(|token| token.can_be_found(partner, id))
    }

    pub(crate) fn app_token_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut AppToken> {
        self.app_tokens.iter_mut().find(|token| token.can_be_found(partner, id))
    }

    /// Stores an app token of a seed or of a test without checks.
    pub(crate) fn store_app_token(
        &mut self,
        seed: AppTokenSeed,
        partner: PartnerId,
        now: UnixTime,
    ) -> AppToken {
        let id = seed.id.unwrap_or_else(|| AppTokenId::new(self.random.object_id()));
        let value = seed.value.unwrap_or_else(|| AppTokenValue::new(self.random.hex::<16>()));
        let created_at = seed.created_at.unwrap_or(now);
        let token = AppToken {
            id: id.as_str().to_owned(),
            partner,
            value,
            created_at,
            updated_at: seed.updated_at.unwrap_or(created_at),
            status: seed.status.unwrap_or(AppTokenStatus::Active),
            expiry: seed.expiry.map(UnixTime::as_seconds),
            session_type: seed.session_type.map(Open::Known),
            session_user: seed.session_user_id.map(|user| user.as_str().to_owned()),
            session_duration: seed.session_duration,
            session_privileges: seed.session_privileges,
            hash_type: seed.hash_type.map(Open::Known),
            description: seed.description,
        };
        self.app_tokens.push(token.clone());
        token
    }

    /// Deletes an app token and ends its sessions (wire contract, section 4.8).
    pub(crate) fn delete_app_token(&mut self, partner: PartnerId, id: &str, now: UnixTime) -> bool {
        let Some(at) = self.app_tokens.iter().position(|token| token.can_be_found(partner, id)) else {
            return false;
        };
        let token = self.app_tokens.remove(at);
        self.ended.get_or_insert(group_marker(partner, &token.id), (), NEVER, now);
        true
    }

    /// Deletes the app tokens with this user. Their sessions do not end (wire contract, section 4.8).
    pub(crate) fn delete_app_tokens_of(&mut self, partner: PartnerId, user: &str) {
        self.app_tokens.retain(|token| {
            let is_of_user = token.session_user.as_deref().is_some_and(|fixed| are_equal(fixed, user));
            !(token.partner == partner && is_of_user)
        });
    }

    /// The role that a value of `setrole` names: an id or a system name.
    pub(crate) fn role(&self, name: &str) -> Option<&RoleSeed> {
        // Some roles have no system name.
        let is_named = |role: &&RoleSeed| !name.is_empty() && role.system_name == name;
        self.roles.iter().find(|role| is_named(role) || role.id.to_string() == name)
    }

    /// Ends a session and its group. A widget session does not end (wire contract, section 4.4).
    pub(crate) fn end_session(&mut self, ks: &OpenedKs, now: UnixTime) {
        let claims = ks.claims();
        if !claims.is_widget_session() {
            // An expired KS is refused as such, so that its end need not be known any more.
            self.ended.get_or_insert(ks.digest_hex().to_owned(), (), end_of(ks), now);
            if let Some(group) = claims.session_id_hash() {
                self.ended.get_or_insert(group, (), NEVER, now);
            }
        }
    }

    /// Notes a session that was sent.
    pub(crate) fn note_session(&mut self, ks: &OpenedKs) {
        if !ks.claims().is_widget_session() {
            self.sessions.add(ks.digest_hex(), ks.claims().partner_id(), end_of(ks));
        }
    }

    /// Notes a session that was issued.
    pub(crate) fn note_issued(&mut self, partner: PartnerId, ks: Ks) {
        if self.issued.len() == MAX_RECENT {
            self.issued.pop_front();
        }
        self.issued.push_back((partner, ks));
    }

    /// Ends the noted sessions of a partner.
    pub(crate) fn end_sessions(&mut self, partner: PartnerId, now: UnixTime) {
        let secrets = self.partners.get(&partner).map_or(&[][..], |partner| &partner.admin_secrets);
        self.issued.retain(|(of, ks)| {
            let opened = if *of == partner { kaltura_ks::open(ks, secrets).ok() } else { None };
            if let Some(ks) = opened.filter(|ks| !ks.claims().is_widget_session()) {
                self.ended.get_or_insert(ks.digest_hex().to_owned(), (), end_of(&ks), now);
            }
            *of != partner
        });
        for (digest, (_, expiry)) in self.sessions.sessions.iter().filter(|(_, (of, _))| *of == partner) {
            self.ended.get_or_insert(digest.clone(), (), *expiry, now);
        }
    }

    pub(crate) fn is_ended(&self, marker: &str) -> bool {
        self.ended.values.contains_key(marker)
    }

    /// Counts one action of a KS. Returns whether it was within the limit.
    pub(crate) fn use_action(&mut self, digest: &str, limit: u64, expiry: UnixTime, now: UnixTime) -> bool {
        let used = self.actions_used.get_or_insert(digest.to_owned(), 0, expiry, now);
        let within = *used < limit;
        if within {
            *used += 1;
        }
        within
    }
}

fn end_of(ks: &OpenedKs) -> UnixTime {
    ks.claims().expiry().unwrap_or(NEVER)
}

/// The server's marker of an ended group of sessions (wire contract, section 6.2).
pub(crate) fn group_marker(partner: PartnerId, session_id: &str) -> String {
    hex::encode(Sha1::digest(format!("{partner}_{session_id}")))
}

/// Whether the database takes two texts for equal: it ignores case and trailing blanks, of ids and of users. Accents
/// count.
pub(crate) fn are_equal(one: &str, other: &str) -> bool {
    one.trim_end_matches(' ').eq_ignore_ascii_case(other.trim_end_matches(' '))
}

/// A text in the form in which the database compares it.
pub(crate) fn key(id: &str) -> String {
    id.trim_end_matches(' ').to_ascii_lowercase()
}

impl Partner {
    fn new(seed: PartnerSeed, random: &mut Random) -> Self {
        let mut admin_secrets = seed.admin_secrets;
        if admin_secrets.is_empty() {
            admin_secrets.push(AdminSecret::new(random.hex::<16>()));
        }
        Self {
            id: seed.id,
            admin_secrets,
            user_secret: seed.user_secret.unwrap_or_else(|| UserSecret::new(random.hex::<16>())),
            ks_version: seed.ks_version,
            ks_max_expiry: seed.ks_max_expiry,
            status: seed.status,
            has_anonymous_user: seed.has_anonymous_user,
        }
    }
}

impl AppToken {
    /// The hash type of its token hash. A token that was stored without one uses SHA-1.
    pub(crate) fn effective_hash_type(&self) -> Open<HashType> {
        self.hash_type.clone().unwrap_or(Open::Known(HashType::Sha1))
    }

    /// Cuts the values to what the database's columns hold (wire contract, section 3).
    pub(crate) fn cut_to_columns(&mut self) {
        const MAX_USER: usize = 100;
        const MAX_INT: i64 = 2_147_483_647;
        if let Some(user) = &mut self.session_user
            && let Some((end, _)) = user.char_indices().nth(MAX_USER)
        {
            user.truncate(end);
        }
        self.expiry = self.expiry.map(|seconds| seconds.min(MAX_INT));
        self.session_duration = self.session_duration.map(|seconds| seconds.min(MAX_INT));
    }

    fn can_be_found(&self, partner: PartnerId, id: &str) -> bool {
        self.partner == partner && are_equal(&self.id, id) && self.status != AppTokenStatus::Deleted
    }
}

pub(crate) struct Partner {
    pub(crate) id: PartnerId,
    /// At least one. The first signs USER sessions.
    pub(crate) admin_secrets: Vec<AdminSecret>,
    pub(crate) user_secret: UserSecret,
    pub(crate) ks_version: u8,
    /// In seconds.
    pub(crate) ks_max_expiry: Option<i64>,
    pub(crate) status: PartnerStatus,
    pub(crate) has_anonymous_user: bool,
}

impl Partner {
    /// The maximum lifetime of a partner without a maximum of its own, in seconds.
    const DEFAULT_MAXIMUM: i64 = 86_400;

    /// The limit, if there is one. 0 is none.
    pub(crate) fn ks_maximum(&self) -> Option<i64> {
        self.ks_max_expiry.filter(|seconds| *seconds != 0)
    }

    pub(crate) fn ks_maximum_or_default(&self) -> i64 {
        self.ks_maximum().unwrap_or(Self::DEFAULT_MAXIMUM)
    }
}

pub(crate) struct Widget(pub(crate) WidgetSeed);

pub(crate) struct User {
    pub(crate) partner: PartnerId,
    pub(crate) id: String,
    pub(crate) status: UserStatus,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    pub(crate) status_updated_at: Option<UnixTime>,
    pub(crate) deleted_at: Option<UnixTime>,
}

impl User {
    pub(crate) fn new(seed: UserSeed, now: UnixTime) -> Self {
        Self::active(seed.partner_id, seed.id.as_str(), now).with_status(seed.status)
    }

    pub(crate) fn active(partner: PartnerId, id: &str, now: UnixTime) -> Self {
        Self {
            partner,
            id: id.to_owned(),
            status: UserStatus::Active,
            created_at: now,
            updated_at: now,
            status_updated_at: None,
            deleted_at: None,
        }
    }

    fn is(&self, partner: PartnerId, id: &str) -> bool {
        self.partner == partner && are_equal(&self.id, id)
    }

    pub(crate) const fn with_status(mut self, status: UserStatus) -> Self {
        self.status = status;
        self
    }
}

#[derive(Clone)]
pub(crate) struct AppToken {
    pub(crate) id: String,
    pub(crate) partner: PartnerId,
    pub(crate) value: AppTokenValue,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    pub(crate) status: AppTokenStatus,
    /// Unix time; 0 and -1 occur too.
    pub(crate) expiry: Option<i64>,
    pub(crate) session_type: Option<Open<SessionType>>,
    pub(crate) session_user: Option<String>,
    /// In seconds.
    pub(crate) session_duration: Option<i64>,
    pub(crate) session_privileges: Option<String>,
    pub(crate) hash_type: Option<Open<HashType>>,
    pub(crate) description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_about_sessions_is_forgotten_when_they_expire() {
        let mut known = Expiring::new();
        for second in 0..100_000 {
            let now = UnixTime::from_seconds(second);
            known.get_or_insert(second.to_string(), (), now.plus_seconds(100), now);
            assert!(known.values.len() <= Expiring::<()>::MIN_CLEARED);
        }
        assert!(known.values.contains_key("99999"));
    }

    #[test]
    fn the_group_marker_is_the_session_id_hash_of_the_ks() {
        let partner = PartnerId::new(1_234_567);
        let fields = kaltura_ks::KsFields::new(
            partner,
            kaltura_types::SessionType::User,
            UnixTime::from_seconds(2_000_000_000),
        );
        let secret = AdminSecret::new("secret");
        let ks = fields.privileges("sessionid:0_abc,apptoken:0_abc").sign_v2(&secret, [7; 16]).unwrap();
        let opened = kaltura_ks::open(&ks, &[secret]).unwrap();
        assert_eq!(opened.claims().session_id_hash(), Some(group_marker(partner, "0_abc")));
    }

    #[test]
    fn a_limit_of_two_actions_allows_two() {
        let mut state = State::new(Seed::new(), Random::from_seed(1), UnixTime::from_seconds(0));
        let uses = [(); 4].map(|()| state.use_action("digest", 2, NEVER, UnixTime::from_seconds(0)));
        assert_eq!(uses, [true, true, false, false]);
    }
}
