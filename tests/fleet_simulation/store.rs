//! The simulated store: one millisecond away, and without messages: processes that wait must look again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kaltura_auth::runtime::Runtime as _;
use kaltura_auth::store::{
    Ask, Lease, MemoryStore, Published, Record, SessionStore, StoreError, StoreKey, StoreTime, StoredFailure,
    Taken,
};
use kaltura_auth::{SessionId, async_trait};
use kaltura_testing::runtime::TestRuntime;

const LATENCY: Duration = Duration::from_millis(1);

#[derive(Clone)]
pub(crate) struct RemoteStore {
    runtime: TestRuntime,
    memory: MemoryStore,
    requests: Arc<AtomicUsize>,
}

impl RemoteStore {
    pub(crate) fn new(runtime: &TestRuntime) -> Self {
        Self { runtime: runtime.clone(), memory: MemoryStore::new(runtime.clone()), requests: Arc::default() }
    }

    /// The requests to the store since the last call.
    pub(crate) fn take_requests(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }

    async fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.runtime.sleep(LATENCY).await;
    }
}

#[async_trait]
impl SessionStore for RemoteStore {
    async fn take(&self, key: &StoreKey, ask: &Ask) -> Result<Taken, StoreError> {
        self.request().await;
        SessionStore::take(&self.memory, key, ask).await
    }

    async fn extend(&self, key: &StoreKey, lease: &Lease) -> Result<bool, StoreError> {
        self.request().await;
        SessionStore::extend(&self.memory, key, lease).await
    }

    async fn publish(
        &self,
        key: &StoreKey,
        lease: Option<&Lease>,
        record: &Record,
        replaces: Option<SessionId>,
    ) -> Result<Published, StoreError> {
        self.request().await;
        SessionStore::publish(&self.memory, key, lease, record, replaces).await
    }

    async fn fail(
        &self,
        key: &StoreKey,
        lease: &Lease,
        failure: &StoredFailure,
        backoff: Duration,
    ) -> Result<(), StoreError> {
        self.request().await;
        SessionStore::fail(&self.memory, key, lease, failure, backoff).await
    }

    async fn release(&self, key: &StoreKey, lease: &Lease) -> Result<(), StoreError> {
        self.request().await;
        SessionStore::release(&self.memory, key, lease).await
    }

    async fn time(&self) -> Result<StoreTime, StoreError> {
        self.request().await;
        SessionStore::time(&self.memory).await
    }
}
