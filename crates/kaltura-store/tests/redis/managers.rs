//! Many managers, each with a store of its own, as in many processes.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::manager::{Event, InvalidReason, IssuedSession, Moment, SessionManager, observer_fn};
use kaltura_auth::runtime::Clock;
use kaltura_auth::source::SessionSource;
use kaltura_auth::store::StoreKey;
use kaltura_auth::types::{Ks, PartnerId, UnixTime};
use kaltura_auth::{Error, Session, SessionId, async_trait, blocking};
use kaltura_http::{SystemClock, TokioRuntime};

use super::key;
use super::server::{Server, server_or_skip};

const HOUR: i64 = 3_600;

/// Counts its logins, each of which takes a while.
#[derive(Default)]
struct Source {
    logins: AtomicU32,
    fails: bool,
}

impl Source {
    const LATENCY: Duration = Duration::from_millis(200);

    fn issue(&self, clock: &dyn Clock, sent: Moment) -> Result<IssuedSession, Error> {
        let number = self.logins.fetch_add(1, Ordering::Relaxed);
        if self.fails {
            return Err(Error::from_source(std::io::Error::other("down"), false));
        }
        let now = UnixTime::from_seconds(i64::try_from(clock.unix_time().as_secs()).unwrap());
        let session = Session::new(PartnerId::new(7), Ks::new(format!("djJ8N3x{number}")))
            .with_expiry(UnixTime::from_seconds(now.as_seconds() + HOUR))
            .with_server_time(now)
            .with_id(SessionId::generate(clock));
        Ok(IssuedSession::new(Arc::new(session), sent, None))
    }

    fn logins(&self) -> u32 {
        self.logins.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl SessionSource for Source {
    async fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let sent = Moment::read(clock);
        tokio::time::sleep(Self::LATENCY).await;
        self.issue(clock, sent)
    }

    async fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(key()))
    }
}

impl blocking::SessionSource for Source {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let sent = Moment::read(clock);
        thread::sleep(Self::LATENCY);
        self.issue(clock, sent)
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(key()))
    }
}

fn managers(server: &Server, source: &Arc<Source>, count: usize) -> Vec<SessionManager> {
    let manager = |_| {
        let builder = SessionManager::builder(Arc::clone(source), TokioRuntime::new());
        builder.store(server.store()).build()
    };
    (0..count).map(manager).collect()
}

/// The KS of all, which must be the same one.
fn common_ks(sessions: &[Arc<Session>]) -> String {
    let ks = sessions[0].ks().expose();
    assert!(sessions.iter().all(|session| session.ks().expose() == ks));
    ks.to_owned()
}

async fn sessions(managers: &[SessionManager]) -> Vec<Arc<Session>> {
    let all = join_all(managers.iter().map(SessionManager::session)).await;
    all.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_herd_logs_in_once_and_once_more_when_the_server_refuses_the_session() {
    let server = server_or_skip!();
    let source = Arc::new(Source::default());
    let managers = managers(&server, &source, 32);
    let first = sessions(&managers).await;
    common_ks(&first);
    assert_eq!(source.logins(), 1);

    for (manager, session) in managers.iter().zip(&first) {
        assert!(manager.invalidate(session, InvalidReason::Expired));
    }
    let second = sessions(&managers).await;
    assert_ne!(common_ks(&second), common_ks(&first));
    assert_eq!(source.logins(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_or_stopped_server_costs_no_caller_its_session() {
    let server = server_or_skip!();
    let source = Arc::new(Source::default());
    let managers = managers(&server, &source, 8);
    sessions(&managers).await;
    let _: String = server.command("FLUSHALL");
    server.pause();
    sessions(&managers).await;
    assert_eq!(source.logins(), 1);
    // A new process logs in for itself, and shares the session when the server goes on.
    let alone = self::managers(&server, &source, 1);
    let session = alone[0].session().await.unwrap();
    assert_eq!(source.logins(), 2);
    server.resume();
    sessions(&managers).await;
    assert_eq!(source.logins(), 2);
    drop(session);
}

#[test]
fn threads_of_blocking_managers_log_in_once() {
    let server = server_or_skip!();
    let source = Arc::new(Source::default());
    let sessions: Vec<_> = thread::scope(|scope| {
        let login = || {
            let builder = blocking::SessionManager::builder(Arc::clone(&source), SystemClock::new());
            builder.store(server.store()).build().session().unwrap()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(login)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    common_ks(&sessions);
    assert_eq!(source.logins(), 1);
}

#[tokio::test]
async fn trouble_with_the_store_is_an_event_without_the_password() {
    let server = server_or_skip!("--requirepass", "correct");
    let texts = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&texts);
    let manager = SessionManager::builder(Source::default(), TokioRuntime::new())
        .store(server.store_of("", "hush"))
        .observer(observer_fn(move |event, _| {
            if let Event::StoreTrouble { error } = event {
                seen.lock().unwrap().push(format!("{error} {error:?}"));
            }
        }))
        .build();
    manager.session().await.unwrap();
    let texts = texts.lock().unwrap();
    assert!(!texts.is_empty() && texts.iter().all(|text| text.contains("WRONGPASS")), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("hush")), "{texts:?}");
}

#[allow(dead_code, reason = "checked by the compiler")]
fn futures_are_send(store: &kaltura_store::redis::RedisStore) {
    fn send<F: Future + Send>(_: F) {}
    send(kaltura_auth::store::SessionStore::time(store));
}
