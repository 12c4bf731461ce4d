//! Blocking managers, in real time: one thread for each process.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use kaltura_auth::blocking::{SessionManager, transport_fn};
use kaltura_auth::manager::InvalidReason;
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::store::MemoryStore;
use kaltura_auth::{AppTokenLogin, ServiceUrl, Session, blocking};
use kaltura_emulator::Emulator;
use kaltura_http::SystemClock;

use super::fixture::{START_SESSION, all_same};

struct Threads {
    emulator: Emulator,
    store: MemoryStore,
}

impl Threads {
    fn new() -> Self {
        Self { emulator: Emulator::new(), store: MemoryStore::new(SystemClock::new()) }
    }

    fn manager(&self) -> SessionManager {
        let login = AppTokenLogin::new(ServiceUrl::US, self.emulator.app_token().credentials());
        let emulator = self.emulator.clone();
        let transport = transport_fn(move |request| {
            thread::sleep(Duration::from_millis(50));
            blocking::Transport::send(&emulator, request)
        });
        let source = AppTokenSource::new(login, transport);
        SessionManager::builder(source, SystemClock::new()).store(self.store.clone()).build()
    }

    fn all_get_a_session(&self, managers: &[SessionManager]) -> Vec<Arc<Session>> {
        thread::scope(|scope| {
            let threads: Vec<_> =
                managers.iter().map(|manager| scope.spawn(|| manager.session().unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn logins(&self) -> usize {
        self.emulator.calls().count(START_SESSION)
    }
}

#[test]
fn twenty_blocking_processes_log_in_once_and_replace_a_refused_session_once() {
    let fleet = Threads::new();
    let managers: Vec<_> = (0..20).map(|_| fleet.manager()).collect();
    let sessions = fleet.all_get_a_session(&managers);
    assert!(all_same(&sessions));
    assert_eq!(fleet.logins(), 1);
    for (manager, session) in managers.iter().zip(&sessions) {
        assert!(manager.invalidate(session, InvalidReason::Expired));
    }
    let new = fleet.all_get_a_session(&managers);
    assert!(all_same(&new));
    assert_ne!(new[0].ks(), sessions[0].ks());
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn a_failure_is_known_to_all_blocking_processes() {
    let fleet = Threads::new();
    fleet.emulator.disable_token(fleet.emulator.app_token().credentials().id()).unwrap();
    let managers: Vec<_> = (0..5).map(|_| fleet.manager()).collect();
    let errors: Vec<_> = managers.iter().map(|manager| manager.session().unwrap_err()).collect();
    assert_eq!(fleet.logins(), 1);
    assert_eq!(errors.iter().filter(|error| error.is_of_another_process()).count(), 4);
}

#[test]
fn a_blocking_login_extends_its_lease() {
    let fleet = Threads::new();
    let login = AppTokenLogin::new(ServiceUrl::US, fleet.emulator.app_token().credentials());
    let emulator = fleet.emulator.clone();
    let slow = transport_fn(move |request| {
        thread::sleep(Duration::from_millis(1_500));
        blocking::Transport::send(&emulator, request)
    });
    let source = AppTokenSource::new(login, slow);
    let slow = SessionManager::builder(source, SystemClock::new()).store(fleet.store.clone()).build();
    let sessions = thread::scope(|scope| {
        let first = scope.spawn(|| slow.session().unwrap());
        thread::sleep(Duration::from_millis(300));
        // The login takes 3 s, the lease 2 s.
        let second = fleet.manager().session().unwrap();
        [first.join().unwrap(), second]
    });
    assert!(all_same(&sessions));
    assert_eq!(fleet.logins(), 1);
}
