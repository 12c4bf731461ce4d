//! The emulated server's database. It contains nothing of HTTP.

use std::collections::{BTreeMap, HashMap, HashSet};

use kaltura_ks::OpenedKs;
use kaltura_types::{
    AdminSecret, AppTokenId, AppTokenStatus, AppTokenValue, HashType, PartnerId, SessionType, UnixTime,
    UserSecret,
};
use sha1::{Digest as _, Sha1};

use super::random::Random;
use super::seed::{
    AppTokenSeed, EntrySeed, PartnerSeed, PartnerStatus, RoleSeed, Seed, UserSeed, UserStatus, WidgetSeed,
};

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
    /// By id in lower case: the database ignores case.
    widgets: HashMap<String, Widget>,
    users: Vec<User>,
    pub(crate) app_tokens: Vec<AppToken>,
    roles: Vec<RoleSeed>,
    pub(crate) entries: Vec<Entry>,
    /// The digests of ended KSs, and the markers of ended groups.
    ended: HashSet<String>,
    /// How many actions each KS with an `actionslimit` has used, by its digest.
    actions_used: HashMap<String, u64>,
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
            entries: seed.entries.into_iter().map(|seed| Entry::new(seed, now)).collect(),
            ended: HashSet::new(),
            actions_used: HashMap::new(),
        };
        state.roles.push(RoleSeed::playback());
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
        self.users.iter().find(|user| user.partner == partner && user.id == id)
    }

    pub(crate) fn user_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.partner == partner && user.id == id)
    }

    /// Creates a user. It replaces a deleted one with the same id.
    pub(crate) fn add_user(&mut self, partner: PartnerId, id: &str, status: UserStatus, now: UnixTime) {
        self.users.retain(|user| !(user.partner == partner && user.id == id));
        self.users.push(User::active(partner, id, now).with_status(status));
    }

    /// An app token of this partner that is not deleted, by its id. Case is ignored.
    pub(crate) fn app_token(&self, partner: PartnerId, id: &str) -> Option<&AppToken> {
        self.app_tokens
            .iter()
            .find(|token| token.partner == partner && token.has_id(id) && !token.is_deleted())
    }

    pub(crate) fn app_token_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut AppToken> {
        let mut tokens = self.app_tokens.iter_mut();
        tokens.find(|token| token.partner == partner && token.has_id(id) && !token.is_deleted())
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
            session_type: seed.session_type,
            session_user: seed.session_user_id.map(|user| user.as_str().to_owned()),
            session_duration: seed.session_duration,
            session_privileges: seed.session_privileges,
            hash_type: seed.hash_type,
            description: seed.description,
        };
        self.app_tokens.push(token.clone());
        token
    }

    /// Deletes an app token and ends its sessions (wire contract, section 4.8).
    pub(crate) fn delete_app_token(&mut self, partner: PartnerId, id: &str) -> bool {
        let Some(token) = self.app_token_mut(partner, id) else { return false };
        token.status = AppTokenStatus::Deleted;
        let group = group_marker(partner, &token.id);
        self.ended.insert(group);
        true
    }

    /// An entry of a partner, by its id. Case is ignored.
    pub(crate) fn entry(&self, partner: PartnerId, id: &str) -> Option<&Entry> {
        let is = |entry: &&Entry| entry.seed.partner_id == partner && entry.seed.id.eq_ignore_ascii_case(id);
        self.entries.iter().find(is)
    }

    /// The role that a value of `setrole` names: an id or a system name.
    pub(crate) fn role(&self, name: &str) -> Option<&RoleSeed> {
        self.roles.iter().find(|role| role.system_name == name || role.id.to_string() == name)
    }

    /// Ends a session and its group. A widget session does not end (wire contract, section 4.4).
    pub(crate) fn end_session(&mut self, ks: &OpenedKs) {
        if !ks.claims().is_widget_session() {
            self.ended.insert(ks.digest_hex().to_owned());
            self.ended.extend(ks.claims().session_id_hash());
        }
    }

    pub(crate) fn is_ended(&self, marker: &str) -> bool {
        self.ended.contains(marker)
    }

    /// Counts one action of a KS. Returns whether it was within the limit.
    pub(crate) fn use_action(&mut self, digest: &str, limit: u64) -> bool {
        let used = self.actions_used.entry(digest.to_owned()).or_default();
        let within = *used < limit;
        if within {
            *used += 1;
        }
        within
    }
}

/// The server's marker of an ended group of sessions (wire contract, section 6.2).
pub(crate) fn group_marker(partner: PartnerId, session_id: &str) -> String {
    hex::encode(Sha1::digest(format!("{partner}_{session_id}")))
}

fn key(id: &str) -> String {
    id.to_ascii_lowercase()
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
    pub(crate) fn effective_hash_type(&self) -> HashType {
        self.hash_type.unwrap_or(HashType::Sha1)
    }

    fn has_id(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }

    fn is_deleted(&self) -> bool {
        self.status == AppTokenStatus::Deleted
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

    /// The maximum, if there is one. 0 is none.
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
    pub(crate) session_type: Option<SessionType>,
    pub(crate) session_user: Option<String>,
    /// In seconds.
    pub(crate) session_duration: Option<i64>,
    pub(crate) session_privileges: Option<String>,
    pub(crate) hash_type: Option<HashType>,
    pub(crate) description: Option<String>,
}

pub(crate) struct Entry {
    pub(crate) seed: EntrySeed,
    pub(crate) created_at: UnixTime,
}

impl Entry {
    pub(crate) fn new(seed: EntrySeed, now: UnixTime) -> Self {
        let created_at = seed.created_at.unwrap_or(now);
        Self { seed, created_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let uses = [(); 4].map(|()| state.use_action("digest", 2));
        assert_eq!(uses, [true, true, false, false]);
    }
}
