//! The journal of exchanges, and the sessions that occurred in them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use indexmap::IndexMap;
use kaltura_auth::Fingerprint;
use kaltura_ks::{ClaimsSummary, OpenedKs};
use kaltura_types::{Ks, KsHeader, PartnerId};
use serde::Serialize;

use super::diagnosis;
use super::exchange::{Context, Exchange};
use super::masking::Secrets;
use crate::backend::Backend;
use crate::dispatch::ks_check;
use crate::request::{ApiRequest, text};
use crate::{Emulator, RecordedCall, Reply};

/// The most exchanges that are kept.
const MOST: usize = 10_000;
/// The most text of them, in bytes.
const MOST_BYTES: usize = 32 << 20;
/// The most exchanges in one response to the page.
const MOST_AT_ONCE: usize = 1_000;
/// The most sessions that are kept.
const MOST_SESSIONS: usize = 200;

/// The exchanges so far, until the emulator forgets its calls. It contains secrets of the emulator, and has no `Debug`.
pub(super) struct Journal {
    emulator: Emulator,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How often the emulator has forgotten its calls.
    forgotten: u64,
    last: u64,
    exchanges: VecDeque<Arc<Exchange>>,
    bytes: usize,
    /// The emulator's KSs that were sent or issued, in the order of their first occurrence.
    sessions: IndexMap<String, Session>,
}

struct Session {
    opened: OpenedKs,
    /// The number of calls with it.
    calls: u64,
}

/// A part of the journal.
pub(super) struct Part {
    /// Changes when the calls are forgotten.
    pub(super) epoch: u64,
    /// The number of the oldest exchange that is kept.
    pub(super) first: u64,
    pub(super) exchanges: Vec<Arc<Exchange>>,
    /// Whether there are later ones.
    pub(super) has_more: bool,
}

impl Journal {
    pub(super) fn new(emulator: Emulator) -> Self {
        Self { emulator, state: Mutex::default() }
    }

    /// Records an exchange that began at a time of the emulator's clock, in milliseconds.
    pub(super) fn record(
        &self,
        request: &Request<Bytes>,
        reply: &Reply,
        calls: &[Arc<RecordedCall>],
        at: i64,
        time: Duration,
    ) {
        let api_request = ApiRequest::read(request, std::net::Ipv4Addr::LOCALHOST.into());
        let parameters = api_request.as_ref().map(|request| &request.parameters);
        let ks = parameters.and_then(|parameters| parameters.get("ks")).map(text);
        let ks = ks.filter(|ks| !ks.is_empty()).map(Ks::new);
        let response = String::from_utf8_lossy(reply.response.body());

        let backend = self.emulator.backend();
        let secrets = Secrets::find(&backend, parameters, &response);
        let opened: Vec<_> = secrets.own_kss().filter_map(|ks| open(&backend, ks)).collect();
        let session = ks.as_ref().map(|ks| session_label(&backend, ks));
        let notes = diagnosis::notes(&backend, request, parameters, calls, self.emulator.clock().now());
        drop(backend);

        let is_own = |ks: &&Ks| opened.iter().any(|(own, _)| own.expose() == ks.expose());
        let sent = ks.as_ref().filter(is_own).map(|ks| ks.expose().to_owned());
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        for (ks, opened) in opened {
            let is_sent = sent.as_deref() == Some(ks.expose());
            state.note_session(&ks, opened, is_sent);
        }
        let context = Context { number, at, time, calls, secrets: &secrets, session, ks: sent, notes };
        state.push(Exchange::new(request, reply, context));
    }

    /// The exchanges after a number, the oldest first.
    pub(super) fn since(&self, number: u64) -> Part {
        let state = self.state();
        let first = state.exchanges.front().map_or(state.last + 1, |exchange| exchange.summary.number);
        // The numbers have no gaps.
        let skipped = usize::try_from((number + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let exchanges = state.exchanges.iter().skip(skipped).take(MOST_AT_ONCE).cloned().collect();
        let has_more = state.exchanges.len() > skipped.saturating_add(MOST_AT_ONCE);
        Part { epoch: state.forgotten, first, exchanges, has_more }
    }

    pub(super) fn get(&self, number: u64) -> Option<Arc<Exchange>> {
        let state = self.state();
        let first = state.exchanges.front()?.summary.number;
        state.exchanges.get(usize::try_from(number.checked_sub(first)?).ok()?).cloned()
    }

    /// The sessions, the newest first.
    pub(super) fn sessions(&self) -> Vec<SessionView> {
        let backend = self.emulator.backend();
        let now = self.emulator.clock().now();
        let state = self.state();
        let view = |(ks, session): (&String, &Session)| {
            let claims = session.opened.claims();
            let is_ended = |marker: &str| backend.state.is_ended(marker);
            SessionView {
                ks: ks.clone(),
                fingerprint: Fingerprint::from_ks(&Ks::new(ks)).to_string(),
                partner_id: claims.partner_id(),
                calls: session.calls,
                ended: is_ended(session.opened.digest_hex())
                    || claims.session_id_hash().is_some_and(|group| is_ended(&group)),
                claims: ClaimsSummary::new(claims, now),
            }
        };
        state.sessions.iter().rev().map(view).collect()
    }

    /// The state, empty if the emulator has forgotten its calls.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = self.emulator.forgotten();
        if state.forgotten != forgotten {
            *state = State { forgotten, last: state.last, ..State::default() };
        }
        state
    }
}

impl State {
    fn push(&mut self, exchange: Exchange) {
        self.bytes += exchange.bytes();
        self.exchanges.push_back(Arc::new(exchange));
        while self.exchanges.len() > MOST || (self.bytes > MOST_BYTES && self.exchanges.len() > 1) {
            self.bytes -= self.exchanges.pop_front().map_or(0, |oldest| oldest.bytes());
        }
    }

    fn note_session(&mut self, ks: &Ks, opened: OpenedKs, is_sent: bool) {
        if self.sessions.len() == MOST_SESSIONS && !self.sessions.contains_key(ks.expose()) {
            self.sessions.shift_remove_index(0);
        }
        let session = self.sessions.entry(ks.expose().to_owned()).or_insert(Session { opened, calls: 0 });
        session.calls += u64::from(is_sent);
    }
}

/// A session as the page lists it. With the KS: it is one of the emulator.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    ks: String,
    fingerprint: String,
    partner_id: PartnerId,
    /// The number of calls with it, as far as the journal saw them.
    calls: u64,
    ended: bool,
    #[serde(flatten)]
    claims: ClaimsSummary,
}

fn open(backend: &Backend, ks: Ks) -> Option<(Ks, OpenedKs)> {
    let opened = ks_check::open(&backend.state, &ks).ok()?;
    Some((ks, opened))
}

/// Who calls: `alice, USER`.
fn session_label(backend: &Backend, ks: &Ks) -> String {
    let Ok(opened) = ks_check::open(&backend.state, ks) else {
        return if KsHeader::parse(ks).is_ok() { "KS of another server" } else { "not a KS" }.to_owned();
    };
    let claims = opened.claims();
    if claims.is_widget_session() {
        return "widget".to_owned();
    }
    let user = claims.user().filter(|_| !claims.is_anonymous()).map_or("no user", |user| user.as_str());
    let session_type = if claims.is_admin() { "ADMIN" } else { "USER" };
    kaltura_types::redact(&format!("{user}, {session_type}"), &[]).into_owned()
}
