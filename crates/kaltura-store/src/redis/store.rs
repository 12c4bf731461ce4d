//! The store, for tasks and for threads.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kaltura_auth::SessionId;
use kaltura_auth::blocking::SessionStore as BlockingSessionStore;
use kaltura_auth::store::{
    Ask, Lease, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure, Taken,
};

use super::builder::{InvalidRedisStore, RedisStoreBuilder};
use super::commands::{Keys, Unreadable, read_published, read_taken, read_time};
use super::error::CommandError;
use super::link::Link;
use super::thread::RuntimeThread;
use super::url::RedisUrl;

/// Keeps sessions in Redis (6 or later) or Valkey, for all processes that reach it.
///
/// It is a store for async and for blocking programs, with any executor. It connects when it is first used, keeps one
/// connection on a thread of its own, and opens another when that is lost. No call takes longer than a second. A clone
/// is the same store.
///
/// Who can read the keys `kaltura:1:*` can use the sessions in them. The app token is not stored.
///
/// # Rights
///
/// The least rights of a user, by `ACL SETUSER`:
///
/// ```text
/// ACL SETUSER worker on >PASSWORD resetchannels ~kaltura:1:* &kaltura:1:*
///     +eval +get +set +del +pttl +pexpire +time +publish +subscribe +unsubscribe
/// ```
///
/// A database other than 0 needs `+select`. Without the channels and the last three commands it works too, but a waiting
/// process polls and so learns of a new session up to 200 ms later.
///
/// # What is stored
///
/// | key | content | lives |
/// |---|---|---|
/// | `kaltura:1:{KEY}:session` | the [`Record`] as JSON, about 1 kB | as long as the session |
/// | `kaltura:1:{KEY}:lease` | the id of the process that logs in | 2 s, extended during a login |
/// | `kaltura:1:{KEY}:backoff` | the [`StoredFailure`] of the last login | until a login may be tried |
/// | `kaltura:1:{KEY}:changed` | a channel, with empty messages | |
///
/// `KEY` is the [`StoreKey`] in hex. Any eviction policy is right: what is lost costs one login.
///
/// ```no_run
/// use kaltura_store::redis::RedisStore;
///
/// let store = RedisStore::new("rediss://worker:wyZ5pQ@redis.example.com".parse()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Shared>);

struct Shared {
    thread: RuntimeThread,
    link: Arc<Link>,
}

impl RedisStore {
    /// A store at this URL. It sends nothing before it is used.
    ///
    /// # Errors
    ///
    /// [`InvalidRedisStore`] if TLS is needed and cannot be used, for example because the system has no root
    /// certificates.
    pub fn new(url: RedisUrl) -> Result<Self, InvalidRedisStore> {
        Self::builder(url).build()
    }

    /// A builder, to trust another certificate or to log in to the Sentinels.
    pub const fn builder(url: RedisUrl) -> RedisStoreBuilder {
        RedisStoreBuilder::new(url)
    }

    pub(super) fn from_link(link: Link) -> Self {
        Self(Arc::new(Shared { thread: RuntimeThread::default(), link: Arc::new(link) }))
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> &RedisUrl {
        self.0.link.connector().url()
    }

    fn error(&self, error: CommandError) -> StoreError {
        error.into_store_error(self.url())
    }

    async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, CommandError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.thread.run(task).await.map_err(|error| self.error(error))
    }

    fn run_blocking<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, CommandError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.thread.run_blocking(task).map_err(|error| self.error(error))
    }

    fn link(&self) -> Arc<Link> {
        Arc::clone(&self.0.link)
    }
}

/// The steps, each as a future that the thread runs.
impl Link {
    fn take(
        self: Arc<Self>,
        key: &StoreKey,
        ask: &Ask,
    ) -> impl Future<Output = Result<Taken, CommandError>> + Send + use<> {
        let (keys, ask) = (Keys::new(key), ask.clone());
        async move {
            let mut unreadable = Unreadable::default();
            // A session and a backoff can be unreadable, each once.
            for _ in 0..3 {
                let response = self.call(&keys.take(&ask, unreadable)).await?;
                match read_taken(&response, &ask, unreadable)? {
                    Ok(taken) => return Ok(taken),
                    Err(found) => unreadable = found,
                }
            }
            Err(CommandError::UnexpectedReply)
        }
    }

    fn extend(
        self: Arc<Self>,
        key: &StoreKey,
        lease: &Lease,
    ) -> impl Future<Output = Result<bool, CommandError>> + Send + use<> {
        let command = Keys::new(key).extend(lease);
        async move { Ok(self.call(&command).await? == redis::Value::Int(1)) }
    }

    fn publish(
        self: Arc<Self>,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> impl Future<Output = Result<Published, CommandError>> + Send + use<> {
        let command = Keys::new(key).publish(lease, record, replaces);
        async move { read_published(&self.call(&command).await?) }
    }

    fn fail(
        self: Arc<Self>,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> impl Future<Output = Result<(), CommandError>> + Send + use<> {
        let command = Keys::new(key).fail(lease, failure, backoff);
        async move { self.call(&command).await.map(drop) }
    }

    fn release(
        self: Arc<Self>,
        key: &StoreKey,
        lease: &Lease,
    ) -> impl Future<Output = Result<(), CommandError>> + Send + use<> {
        let command = Keys::new(key).release(lease);
        async move { self.call(&command).await.map(drop) }
    }

    async fn time(self: Arc<Self>) -> Result<StoreTime, CommandError> {
        read_time(&self.call(&redis::cmd("TIME")).await?)
    }

    fn changed(self: Arc<Self>, key: &StoreKey) -> impl Future<Output = ()> + Send + use<> {
        let keys = Keys::new(key);
        async move { self.message(&keys.channel).await }
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.run(self.link().take(key, ask)).await
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        self.run(self.link().extend(key, lease)).await
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.run(self.link().publish(key, lease, record, replaces)).await
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.run(self.link().fail(key, lease, failure, backoff)).await
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.run(self.link().release(key, lease)).await
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        self.run(self.link().time()).await
    }

    async fn changed(&self, key: &StoreKey) {
        self.0.thread.run_while_awaited(self.link().changed(key)).await;
    }
}

impl BlockingSessionStore for RedisStore {
    fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.run_blocking(self.link().take(key, ask))
    }

    fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        self.run_blocking(self.link().extend(key, lease))
    }

    fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.run_blocking(self.link().publish(key, lease, record, replaces))
    }

    fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.run_blocking(self.link().fail(key, lease, failure, backoff))
    }

    fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.run_blocking(self.link().release(key, lease))
    }

    fn time(&self) -> Result<StoreTime, StoreError> {
        self.run_blocking(self.link().time())
    }

    fn wait_for_change(&self, key: &StoreKey, at_most: Duration) {
        self.0.thread.run_blocking_at_most(self.link().changed(key), at_most);
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisStore").field(self.url()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_server_without_the_password() {
        let store = RedisStore::new("redis://u:hush@127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(format!("{store:?}"), "RedisStore(RedisUrl(redis://u:***@127.0.0.1:6379/0))");
    }
}
