//! A clock that tests set, a source that responds on a thread of its own, and a count of its logins.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use kaltura_types::{Ks, PartnerId, UnixTime};
use shuttle::future::{JoinHandle, block_on, yield_now};
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::error::Error;
use crate::manager::blocking::BlockingSessionManager;
use crate::manager::{IssuedSession, Moment, SessionManager};
use crate::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use crate::session::Session;
use crate::source::SessionSource;
use crate::source::blocking::BlockingSessionSource;
use crate::store::blocking::BlockingSessionStore;
use crate::store::{SessionStore, StoreKey};

/// The lifetime of a session, in seconds.
const LIFETIME: u64 = 3600;

/// Both the runtime and the source. A clone shares its data.
#[derive(Clone, Default)]
pub(super) struct Fixture(Arc<Data>);

#[derive(Default)]
struct Data {
    seconds: AtomicU64,
    random: AtomicU64,
    logins: AtomicUsize,
    spawns: bool,
    never_responds: bool,
    /// How many of the first logins panic.
    panics: usize,
    /// What must end before the scenario ends.
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
    threads: std::sync::Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Fixture {
    /// The runtime spawns tasks.
    pub(super) fn spawning() -> Self {
        Self(Arc::new(Data { spawns: true, ..Data::default() }))
    }

    /// The runtime spawns tasks, and the source never responds.
    pub(super) fn never_responding() -> Self {
        Self(Arc::new(Data { spawns: true, never_responds: true, ..Data::default() }))
    }

    /// The first login panics.
    pub(super) fn panicking_once() -> Self {
        Self(Arc::new(Data { panics: 1, ..Data::default() }))
    }

    pub(super) fn manager(&self) -> SessionManager {
        SessionManager::new(self.clone(), self.clone())
    }

    pub(super) fn blocking_manager(&self) -> BlockingSessionManager {
        BlockingSessionManager::new(self.clone(), self.clone())
    }

    /// The manager of a process that shares its session.
    pub(super) fn shared_manager(&self, store: impl SessionStore + 'static) -> SessionManager {
        SessionManager::builder(self.clone(), self.clone()).store(store).build()
    }

    pub(super) fn shared_blocking_manager(
        &self,
        store: impl BlockingSessionStore + 'static,
    ) -> BlockingSessionManager {
        BlockingSessionManager::builder(self.clone(), self.clone()).store(store).build()
    }

    pub(super) fn logins(&self) -> usize {
        self.0.logins.load(Ordering::SeqCst)
    }

    /// Moves the clock to the end of the lifetime of a session that was issued at the start, so that it is stale.
    pub(super) fn make_session_stale(&self) {
        self.0.seconds.store(LIFETIME - 1, Ordering::SeqCst);
    }

    /// Moves the clock to the end of the first backoff.
    pub(super) fn end_backoff(&self) {
        self.0.seconds.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits for the spawned tasks and for the threads that respond.
    pub(super) fn join_all(&self) {
        while let Some(task) = pop(&self.0.tasks) {
            block_on(task).unwrap();
        }
        while let Some(thread) = pop(&self.0.threads) {
            thread.join().unwrap();
        }
    }

    /// Counts a login. Returns whether it must panic.
    fn count_login(&self) -> bool {
        self.0.logins.fetch_add(1, Ordering::SeqCst) < self.0.panics
    }

    fn issue(&self) -> IssuedSession {
        let sent = Moment::read(self);
        let now = UnixTime::from_seconds(i64::try_from(sent.wall.as_secs()).unwrap());
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3w"))
            .with_server_time(now)
            .with_expiry(now.plus_seconds(i64::try_from(LIFETIME).unwrap()));
        IssuedSession::new(Arc::new(session), sent, None)
    }
}

impl Clock for Fixture {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(self.0.seconds.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.unix_time()
    }

    fn random(&self) -> u64 {
        self.0.random.fetch_add(1, Ordering::SeqCst)
    }
}

impl Runtime for Fixture {
    /// Short sleeps end at any time, long ones never.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < Duration::from_secs(1) { Box::pin(yield_now()) } else { Box::pin(pending()) }
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        if !self.0.spawns {
            return Err(NotSpawned::new());
        }
        // Not under the lock: another thread may continue here.
        let task = shuttle::future::spawn(task);
        self.0.tasks.lock().unwrap().push(task);
        Ok(())
    }
}

#[async_trait]
impl SessionSource for Fixture {
    async fn start(&self, _clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let panics = self.count_login();
        if self.0.never_responds {
            pending::<()>().await;
        }
        let (reply, thread) = Reply::from_another_thread();
        self.0.threads.lock().unwrap().push(thread);
        reply.await;
        if panics {
            panic_quietly();
        }
        Ok(self.issue())
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(key()))
    }
}

impl BlockingSessionSource for Fixture {
    fn start(&self, _clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let panics = self.count_login();
        thread::yield_now();
        if panics {
            panic_quietly();
        }
        Ok(self.issue())
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(key()))
    }
}

fn key() -> StoreKey {
    StoreKey::builder("fixture").build()
}

fn pop<T>(children: &std::sync::Mutex<Vec<T>>) -> Option<T> {
    children.lock().unwrap().pop()
}

/// Panics without the panic hook, with which the checker would report a failure.
fn panic_quietly() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

/// A reply from another thread, which wakes the task that polled last.
#[derive(Clone, Default)]
struct Reply(Arc<Mutex<ReplyState>>);

#[derive(Default)]
struct ReplyState {
    arrived: bool,
    waker: Option<Waker>,
}

impl Reply {
    fn from_another_thread() -> (Self, thread::JoinHandle<()>) {
        let reply = Self::default();
        let other = reply.clone();
        let thread = thread::spawn(move || {
            let waker = {
                let mut state = other.0.lock().unwrap();
                state.arrived = true;
                state.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        (reply, thread)
    }
}

impl Future for Reply {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.arrived {
            return Poll::Ready(());
        }
        let previous = state.waker.replace(context.waker().clone());
        drop(state);
        drop(previous);
        Poll::Pending
    }
}
