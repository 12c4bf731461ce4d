//! The store that a command asks: its own cache, or one that it shares with others.
//!
//! In its own cache, the session is kept under a key without the token's value, but the lease under one with all that
//! decides whether a login can succeed. So a process with a mistyped value neither blocks one with the right value, nor
//! fails it. A failed login is for those who waited for it: a new command tries again at once, since a person may have
//! corrected what was wrong.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kaltura_auth::manager::IssuedSession;
use kaltura_auth::store::{
    Ask, Lease, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};
use kaltura_auth::{SessionId, async_trait};
use kaltura_store::file::FileError;
use tokio::time::Instant;

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
    Shared(Arc<dyn SessionStore>),
}

impl Place {
    /// The time of the store.
    pub(crate) async fn time(&self) -> Result<StoreTime, StoreError> {
        self.store().time().await
    }

    /// Keeps a session in the place of the one before it. `started` is the time of the store before the login. False if
    /// it is not known when the session expires.
    pub(crate) async fn keep(
        &self,
        key: &StoreKey,
        started: StoreTime,
        issued: &IssuedSession,
    ) -> Result<bool, StoreError> {
        let lifetime = issued.lifetime();
        let Some(id) = issued.session().id().filter(|_| lifetime != Duration::MAX) else { return Ok(false) };
        let stored = issued.session().to_stored_exposing_ks();
        let record = Record::new(id, stored, lifetime, started.plus(lifetime));
        let replaced = match self {
            Self::Own { sessions, .. } => {
                sessions.store.read(key).ok().flatten().map(|(record, _)| record.id())
            }
            Self::Shared(_) => None,
        };
        self.store().publish(key, None, &record, replaced).await?;
        self.after_login(&record)?;
        Ok(true)
    }

    fn store(&self) -> &dyn SessionStore {
        match self {
            Self::Own { sessions, .. } => &sessions.store,
            Self::Shared(store) => &**store,
        }
    }

    /// The key of the lease, and of what is told of a failure.
    fn lease_key<'a>(&'a self, key: &'a StoreKey) -> &'a StoreKey {
        match self {
            Self::Own { way, .. } => way,
            Self::Shared(_) => key,
        }
    }

    /// Removes what is out of date.
    fn after_login(&self, record: &Record) -> Result<(), StoreError> {
        let Self::Own { sessions, way } = self else { return Ok(()) };
        sessions.store.end_backoff(way)?;
        sessions.remove_ended_of_others(record.id().to_bits());
        Ok(())
    }

    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let Self::Own { sessions: TokenSessions { store }, way } = self else {
            return self.store().take(key, ask).await;
        };
        let find = || {
            let session = store.read(key)?.filter(|(record, left)| ask.accepts(record.id(), *left));
            Ok::<_, FileError>(session.map(|(record, left)| Taken::Session { record, left }))
        };
        if let Ok(Some(session)) = find() {
            return Ok(session);
        }
        match SessionStore::take(store, way, ask).await? {
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

/// The store for one command.
pub(crate) struct CommandStore {
    place: Place,
    /// Whether a session that is there before the command is not wanted.
    fresh: bool,
    failure: Arc<LoginFailure>,
    ui: Ui,
    asked: AtomicBool,
    unwanted: Mutex<Option<SessionId>>,
    waiting_since: OnceLock<Instant>,
    is_wait_noted: AtomicBool,
}

impl CommandStore {
    pub(crate) fn new(place: Place, fresh: bool, failure: Arc<LoginFailure>, ui: Ui) -> Self {
        let (asked, unwanted, waiting_since, is_wait_noted) = Default::default();
        Self { place, fresh, failure, ui, asked, unwanted, waiting_since, is_wait_noted }
    }

    fn unwanted(&self) -> Option<SessionId> {
        *self.unwanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another process logs in.
    fn note_wait(&self) {
        let since = *self.waiting_since.get_or_init(Instant::now);
        if since.elapsed() >= SILENCE && !self.is_wait_noted.swap(true, Ordering::Relaxed) {
            self.ui.note("waiting for another kaltura process that is logging in");
        }
    }
}

#[async_trait]
impl SessionStore for CommandStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        let is_first = !self.asked.swap(true, Ordering::Relaxed);
        let mut ask = ask.clone();
        if ask.held().is_none() {
            ask = ask.with_held(self.unwanted());
        }
        let taken = self.place.take(key, &ask).await?;
        match (taken, &self.place) {
            (Taken::Session { record, .. }, _) if is_first && self.fresh => {
                *self.unwanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(record.id());
                self.take(key, &ask).await
            }
            (Taken::Backoff { .. }, Place::Own { sessions, way }) if is_first => {
                sessions.store.end_backoff(way)?;
                self.place.take(key, &ask).await
            }
            (taken, _) => {
                if matches!(taken, Taken::Held { .. }) {
                    self.note_wait();
                }
                Ok(taken)
            }
        }
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        self.place.store().extend(self.place.lease_key(key), lease).await
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        let replaces = replaces.or_else(|| self.unwanted());
        let Place::Own { sessions: TokenSessions { store }, way } = &self.place else {
            return self.place.store().publish(key, lease, record, replaces).await;
        };
        let published = SessionStore::publish(store, key, None, record, replaces).await;
        if let Some(lease) = lease {
            SessionStore::release(store, way, lease).await?;
        }
        self.place.after_login(record)?;
        published
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.place.store().fail(self.place.lease_key(key), lease, failure, backoff).await
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        match (&self.place, self.failure.take_for_others()) {
            (Place::Own { .. }, Some(failure)) => self.fail(key, lease, &failure, NEWS).await,
            _ => self.place.store().release(self.place.lease_key(key), lease).await,
        }
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        self.place.time().await
    }

    async fn changed(&self, key: &StoreKey) {
        self.place.store().changed(self.place.lease_key(key)).await;
    }
}
