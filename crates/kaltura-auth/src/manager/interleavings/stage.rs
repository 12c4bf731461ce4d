//! A clock that tests set, a server that answers on a thread of its own, and a count of the logins.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use kaltura_types::{Ks, PartnerId, UnixTime};
use shuttle::future::{JoinHandle, block_on};
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::error::Error;
use crate::manager::{BlockingSessionManager, IssuedSession, Moment, SessionManager};
use crate::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use crate::session::Session;
use crate::source::{BlockingSessionSource, SessionSource};

/// How long a session lives, in seconds.
const LIFE: u64 = 3600;

/// What both the runtime and the source know. A clone is the same.
#[derive(Clone, Default)]
pub(super) struct Stage(Arc<Facts>);

#[derive(Default)]
struct Facts {
    seconds: AtomicU64,
    logins: AtomicUsize,
    spawns: bool,
    is_silent: bool,
    /// How many of the first logins panic.
    panics: usize,
    /// What has to end before a scenario does.
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
    threads: std::sync::Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Stage {
    /// The runtime runs tasks.
    pub(super) fn with_spawner() -> Self {
        Self(Arc::new(Facts { spawns: true, ..Facts::default() }))
    }

    /// The runtime runs tasks, and the server never answers.
    pub(super) fn silent() -> Self {
        Self(Arc::new(Facts { spawns: true, is_silent: true, ..Facts::default() }))
    }

    /// The first login panics.
    pub(super) fn with_a_panic() -> Self {
        Self(Arc::new(Facts { panics: 1, ..Facts::default() }))
    }

    pub(super) fn manager(&self) -> SessionManager {
        SessionManager::new(self.clone(), self.clone())
    }

    pub(super) fn blocking_manager(&self) -> BlockingSessionManager {
        BlockingSessionManager::new(self.clone(), self.clone())
    }

    pub(super) fn logins(&self) -> usize {
        self.0.logins.load(Ordering::SeqCst)
    }

    /// It is late in the life of a session that was granted at the start: it is to be renewed.
    pub(super) fn let_it_be_late(&self) {
        self.0.seconds.store(LIFE - 1, Ordering::SeqCst);
    }

    /// Waits for the spawned tasks and for the answers that are on their way.
    pub(super) fn end(&self) {
        while let Some(task) = pop(&self.0.tasks) {
            block_on(task).unwrap();
        }
        while let Some(thread) = pop(&self.0.threads) {
            thread.join().unwrap();
        }
    }

    fn begin(&self) -> bool {
        self.0.logins.fetch_add(1, Ordering::SeqCst) < self.0.panics
    }

    fn grant(&self) -> IssuedSession {
        let sent = Moment::read(self);
        let now = UnixTime::from_seconds(i64::try_from(sent.wall.as_secs()).unwrap());
        let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3w"))
            .with_server_time(now)
            .with_expiry(now.plus_seconds(i64::try_from(LIFE).unwrap()));
        IssuedSession::new(Arc::new(session), sent, None)
    }
}

impl Clock for Stage {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(self.0.seconds.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.unix_time()
    }

    fn random(&self) -> u64 {
        0
    }
}

impl Runtime for Stage {
    fn sleep(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        if !self.0.spawns {
            return Err(NotSpawned::new());
        }
        self.0.tasks.lock().unwrap().push(shuttle::future::spawn(task));
        Ok(())
    }
}

#[async_trait]
impl SessionSource for Stage {
    async fn start(&self, _clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let panics = self.begin();
        if self.0.is_silent {
            pending::<()>().await;
        }
        let (reply, thread) = Reply::from_another_thread();
        self.0.threads.lock().unwrap().push(thread);
        reply.await;
        if panics {
            panic_quietly();
        }
        Ok(self.grant())
    }
}

impl BlockingSessionSource for Stage {
    fn start(&self, _clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let panics = self.begin();
        thread::yield_now();
        if panics {
            panic_quietly();
        }
        Ok(self.grant())
    }
}

fn pop<T>(children: &std::sync::Mutex<Vec<T>>) -> Option<T> {
    children.lock().unwrap().pop()
}

/// Without the hook, by which the checker would take it for a failure of its own.
fn panic_quietly() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

/// An answer that a thread brings, which wakes whoever polled last.
#[derive(Clone, Default)]
struct Reply(Arc<Mutex<Arrival>>);

#[derive(Default)]
struct Arrival {
    has_come: bool,
    waker: Option<Waker>,
}

impl Reply {
    fn from_another_thread() -> (Self, thread::JoinHandle<()>) {
        let reply = Self::default();
        let arriving = reply.clone();
        let thread = thread::spawn(move || {
            let waker = {
                let mut arrival = arriving.0.lock().unwrap();
                arrival.has_come = true;
                arrival.waker.take()
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
        let mut arrival = self.0.lock().unwrap();
        if arrival.has_come {
            return Poll::Ready(());
        }
        let former = arrival.waker.replace(context.waker().clone());
        drop(arrival);
        drop(former);
        Poll::Pending
    }
}
