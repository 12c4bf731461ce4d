//! What the page asks for again and again: the objects, the settings, and the new lines of the journal.

use kaltura_types::{AppTokenStatus, PartnerId};
use serde::{Serialize, Serializer};

use super::exchange::Exchange;
use super::journal::{Journal, SessionView};
use crate::Emulator;
use crate::backend::entry::{Entry, EntryStatus};
use crate::backend::seed::PartnerStatus;
use crate::backend::state::{AppToken, Partner};

/// The most objects of a kind in a response. The page also gets their number.
const MOST: usize = 200;

/// With the secrets of the emulator, which are worth nothing elsewhere.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    /// The emulator's time in milliseconds, and what it would be if it had not been moved since the start.
    time: i64,
    unmoved_time: i64,
    is_frozen: bool,
    faults: Vec<String>,
    /// In milliseconds.
    latency: Option<(u64, u64)>,
    response_cache: bool,
    partners: Vec<PartnerView>,
    app_tokens: Objects<AppTokenView>,
    entries: Objects<EntryView>,
    sessions: Vec<SessionView>,
    /// Changes when the calls are forgotten.
    epoch: u64,
    /// The number of the oldest line.
    first: u64,
    lines: Vec<Line>,
    has_more: bool,
}

#[derive(Serialize)]
struct Objects<T> {
    count: usize,
    first: Vec<T>,
}

impl<T> Objects<T> {
    fn of(all: impl Iterator<Item = T>) -> Self {
        let mut objects = Self { count: 0, first: Vec::new() };
        for object in all {
            objects.count += 1;
            if objects.first.len() < MOST {
                objects.first.push(object);
            }
        }
        objects
    }
}

/// A line of the journal.
struct Line(std::sync::Arc<Exchange>);

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.summary.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartnerView {
    id: PartnerId,
    admin_secrets: Vec<String>,
    user_secret: String,
    is_blocked: bool,
    /// Whether commands for "the first partner" mean this one.
    is_first: bool,
    /// In seconds.
    ks_max_expiry: Option<i64>,
    ks_version: u8,
}

impl PartnerView {
    fn new(partner: &Partner, first: PartnerId) -> Self {
        Self {
            id: partner.id,
            admin_secrets: partner.admin_secrets.iter().map(|secret| secret.expose().to_owned()).collect(),
            user_secret: partner.user_secret.expose().to_owned(),
            is_blocked: partner.status != PartnerStatus::Active,
            is_first: partner.id == first,
            ks_max_expiry: partner.ks_maximum(),
            ks_version: partner.ks_version,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppTokenView {
    id: String,
    partner_id: PartnerId,
    token: String,
    hash_type: String,
    status: &'static str,
    /// Unix time.
    expiry: Option<i64>,
    session_type: Option<String>,
    session_user_id: Option<String>,
    /// In seconds.
    session_duration: Option<i64>,
    session_privileges: Option<String>,
    description: Option<String>,
    /// Whether it is the token of the first line of `kaltura emulate`.
    is_first: bool,
}

impl AppTokenView {
    fn new(token: &AppToken, first: &str) -> Self {
        Self {
            id: token.id.clone(),
            partner_id: token.partner,
            token: token.value.expose().to_owned(),
            hash_type: token.effective_hash_type().to_string(),
            status: match token.status {
                AppTokenStatus::Active => "active",
                AppTokenStatus::Disabled => "disabled",
                _ => "deleted",
            },
            expiry: token.expiry,
            session_type: token.session_type.as_ref().map(ToString::to_string),
            session_user_id: token.session_user.clone(),
            session_duration: token.session_duration,
            session_privileges: token.session_privileges.clone(),
            description: token.description.clone(),
            is_first: token.id == first,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    id: String,
    partner_id: PartnerId,
    name: String,
    user_id: Option<String>,
    status: &'static str,
    /// Unix time.
    created_at: i64,
    /// In milliseconds.
    duration: i64,
    tags: String,
}

impl EntryView {
    fn new(entry: &Entry) -> Self {
        Self {
            id: entry.id.clone(),
            partner_id: entry.partner,
            name: entry.name.clone(),
            user_id: entry.owner.user().filter(|user| !user.is_empty()).map(str::to_owned),
            status: match entry.status {
                EntryStatus::ConversionFailed => "conversion failed",
                EntryStatus::Importing => "importing",
                EntryStatus::Converting => "converting",
                EntryStatus::Ready => "ready",
                EntryStatus::Deleted => "deleted",
                EntryStatus::NoContent => "no content",
            },
            created_at: entry.created_at.as_seconds(),
            duration: entry.milliseconds,
            tags: entry.tags.clone(),
        }
    }
}

impl Overview {
    /// The present state, and the lines of the journal after a number.
    pub(super) fn new(emulator: &Emulator, journal: &Journal, since: u64) -> Self {
        let part = journal.since(since);
        let sessions = journal.sessions();
        let first = emulator.partner_id();
        let backend = emulator.backend();
        let state = &backend.state;
        // The platform's own partners have negative ids.
        let partners = state.partners.values().filter(|partner| partner.id.get() > 0).take(MOST);
        let milliseconds = |time: &std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let latency = backend.faults.latency();
        Self {
            time: emulator.clock().milliseconds(),
            unmoved_time: emulator.start_clock().time(),
            is_frozen: emulator.clock().is_frozen(),
            faults: backend.faults.rules().iter().map(ToString::to_string).collect(),
            latency: latency.map(|range| (milliseconds(range.start()), milliseconds(range.end()))),
            response_cache: backend.cache.is_on(),
            partners: partners.map(|partner| PartnerView::new(partner, first)).collect(),
            app_tokens: Objects::of(
                state
                    .app_tokens
                    .iter()
                    .map(|token| AppTokenView::new(token, emulator.app_token().id().as_str())),
            ),
            entries: Objects::of(
                state.entries.iter().filter(|entry| entry.status != EntryStatus::Deleted).map(EntryView::new),
            ),
            sessions,
            epoch: part.epoch,
            first: part.first,
            lines: part.exchanges.into_iter().map(Line).collect(),
            has_more: part.has_more,
        }
    }
}
