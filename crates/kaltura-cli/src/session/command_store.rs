//! The store that a command asks: its own cache, or one that it shares with others.
//!
//! In its own cache, the session is kept under a key without the token's value, but the lease under one with all that
//! decides whether a login can succeed. So a process with a mistyped value neither blocks one with the right value, nor
//! fails it. A failed login is for those who waited for it: a new command tries again at once, since a person may have
//! corrected what was wrong.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaltura_auth::manager::IssuedSession;
use kaltura_auth::store::{
    Ask, Lease, Published, Record, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};
use kaltura_auth::{SessionId, blocking};
use kaltura_store::file::FileError;

use super::{LoginFailure, TokenSessions};
use crate::output::Ui;

/// After how long a person is told what is waited for.
pub(super) const SILENCE: Duration = Duration::from_secs(2);
/// For how long a failure that says nothing of the app token is told to those who waited.
const NEWS: Duration = Duration::from_secs(10);

/// Where sessions are kept.
#[derive(Clone)]
pub(crate) enum Place {
    /// In the cache of the command. Those who log in in the same way share the lease of this key.
    Own { sessions: TokenSessions, way: StoreKey },
    /// In a store that other programs and machines use, too.
    Shared(Arc<dyn blocking::SessionStore>),
}

/// The store for one command.
pub(crate) struct CommandStore {
    place: Place,
    /// Whether a session that is there before the command is not wanted.
    fresh: bool,
    failure: Arc<LoginFailure>,
    ui: Ui,
    asked: AtomicBool,
    unwanted: Mutex<Option<SessionId>>,
    waited: Mutex<Duration>,
}

impl CommandStore {
    pub(crate) fn new(place: Place, fresh: bool, failure: Arc<LoginFailure>, ui: Ui) -> Self {
        let (asked, unwanted, waited) = Default::default();
        Self { place, fresh, failure, ui, asked, unwanted, waited }
    }

    fn unwanted(&self) -> Option<SessionId> {
        *self.unwanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The time of the store.
    pub(crate) fn time(&self) -> Result<StoreTime, StoreError> {
        match self {
            Self::Own { sessions, .. } => blocking::SessionStore::time(&sessions.store),
            Self::Shared(store) => store.time(),
        }
    }

    /// Keeps a session in the place of the one before it. `started` is the time of the store before the login. False if
    /// it is not known when the session expires.
    pub(crate) fn keep(
        &self,
        key: &StoreKey,
        started: StoreTime,
        issued: &IssuedSession,
    ) -> Result<bool, StoreError> {
        let lifetime = issued.lifetime();
        let Some(id) = issued.session().id().filter(|_| lifetime != Duration::MAX) else { return Ok(false) };
        let stored = issued.session().to_stored_exposing_ks();
        let record = Record::new(id, stored, lifetime, started.plus(lifetime));
        match self {
            Self::Own { sessions, way } => {
                let store = &sessions.store;
                let before = store.read(key).ok().flatten().map(|(record, _)| record.id());
                blocking::SessionStore::publish(store, key, None, &record, before)?;
                store.end_backoff(way)?;
                sessions.remove_ended_of_others(id.to_bits());
            }
            Self::Shared(store) => drop(store.publish(key, None, &record, None)?),
        }
        Ok(true)
    }

    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let (sessions, way) = match self {
            Self::Own { sessions, way } => (&sessions.store, way),
            Self::Shared(store) => return store.take(key, ask),
        };
        let find = || {
            let session = sessions.read(key)?.filter(|(record, left)| ask.accepts(record.id(), *left));
            Ok::<_, FileError>(session.map(|(record, left)| Taken::Session { record, left }))
        };
        if let Ok(Some(session)) = find() {
            return Ok(session);
        }
        match blocking::SessionStore::take(sessions, way, ask)? {
            // Another process may have logged in meanwhile.
            Taken::Lease(lease) => match find() {
                Ok(Some(session)) => Ok(session),
                Ok(None) => Ok(Taken::Lease(lease)),
                Err(error) => Ok(Taken::Lease(lease.with_trouble(error.into()))),
            },
            other => Ok(other),
        }
    }
}

impl blocking::SessionStore for CommandStore {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let is_first = !self.asked.swap(true, Ordering::Relaxed);
        let mut ask = ask.clone();
        if ask.held().is_none() {
            ask = ask.with_held(self.unwanted());
        }
        let taken = self.place.take(key, &ask)?;
        match (taken, &self.place) {
            (Taken::Session { record, .. }, _) if is_first && self.fresh => {
                *self.unwanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(record.id());
                self.take(key, &ask)
            }
            (Taken::Backoff { .. }, Place::Own { sessions, way }) if is_first => {
                sessions.store.end_backoff(way)?;
                self.place.take(key, &ask)
            }
            (taken, _) => Ok(taken),
        }
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        match &self.place {
            Place::Own { sessions, way } => blocking::SessionStore::extend(&sessions.store, way, lease),
            Place::Shared(store) => store.extend(key, lease),
        }
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        let replaces = replaces.or_else(|| self.unwanted());
        match &self.place {
            Place::Own { sessions, way } => {
                let published = blocking::SessionStore::publish(&sessions.store, key, None, record, replaces);
                if let Some(lease) = lease {
                    blocking::SessionStore::release(&sessions.store, way, lease)?;
                }
                sessions.store.end_backoff(way)?;
                sessions.remove_ended_of_others(record.id().to_bits());
                published
            }
            Place::Shared(store) => store.publish(key, lease, record, replaces),
        }
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        match &self.place {
            Place::Own { sessions, way } => {
                blocking::SessionStore::fail(&sessions.store, way, lease, failure, backoff)
            }
            Place::Shared(store) => store.fail(key, lease, failure, backoff),
        }
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        match (&self.place, self.failure.take_for_others()) {
            (Place::Own { .. }, Some(failure)) => self.fail(key, lease, &failure, NEWS),
            (Place::Own { sessions, way }, None) => {
                blocking::SessionStore::release(&sessions.store, way, lease)
            }
            (Place::Shared(store), _) => store.release(key, lease),
        }
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        self.place.time()
    }

    fn wait_for_change(&self, key: &StoreKey, at_most: Duration) {
        {
            let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *waited;
            *waited += at_most;
            if before < SILENCE && *waited >= SILENCE {
                self.ui.note("waiting for another kaltura process that is logging in");
            }
        }
        match &self.place {
            Place::Own { sessions, way } => {
                blocking::SessionStore::wait_for_change(&sessions.store, way, at_most);
            }
            Place::Shared(store) => store.wait_for_change(key, at_most),
        }
    }
}
