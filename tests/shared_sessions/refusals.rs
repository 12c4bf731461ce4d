//! Sessions that the server refuses before their end.

use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{Event, SessionManager};
use kaltura_auth::source::{AppTokenSource, CredentialsSource};
use kaltura_auth::{AppTokenCredentials, Error, ErrorKind, async_trait};
use kaltura_emulator::AppTokenSeed;

use super::fixture::{Fleet, Process, all_same, milliseconds, seconds};

fn refused_early(process: &Process) -> bool {
    process.take_events().iter().any(|event| matches!(event, Event::BackoffStarted { .. }))
}

#[test]
fn fifty_processes_that_lose_their_session_at_once_log_in_once() {
    let fleet = Fleet::new();
    let processes = fleet.processes(50);
    let refused = fleet.all_get_a_session(&processes);
    for (process, session) in processes.iter().zip(&refused) {
        assert!(process.refuse(session));
    }
    let sessions = fleet.all_get_a_session(&processes);
    assert!(all_same(&sessions));
    assert_ne!(sessions[0].ks(), refused[0].ks());
    assert_eq!((fleet.widget_sessions(), fleet.logins()), (1, 2));
    assert!(!processes.iter().any(refused_early));
}

#[test]
fn a_late_refusal_of_the_old_session_replaces_nothing() {
    let fleet = Fleet::new();
    let processes = fleet.processes(2);
    let old = fleet.all_get_a_session(&processes);
    assert!(processes[0].refuse(&old[0]));
    let new = fleet.run(processes[0].manager.session()).unwrap();
    // The other process gets the refusal for its call with the old session.
    assert!(processes[1].refuse(&old[1]));
    assert_eq!(fleet.run(processes[1].manager.session()).unwrap().ks(), new.ks());
    assert_eq!(fleet.logins(), 2);
    // And a second one, for another call with it.
    assert!(!processes[1].refuse(&old[1]));
    assert!(!processes[0].refuse(&old[1]));
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn a_refused_session_that_would_live_longer_is_replaced() {
    let fleet = Fleet::new();
    let processes = fleet.processes(3);
    let long = fleet.all_get_a_session(&processes);
    fleet.emulator.end_sessions(fleet.credentials().partner_id()).unwrap();
    fleet.advance(seconds(10));
    for (process, session) in processes.iter().zip(&long) {
        assert!(process.refuse(session));
    }
    // Later sessions have a shorter life, as after an update of the token.
    fleet.store.set_clock_offset(-20);
    let new = fleet.all_get_a_session(&processes);
    assert!(all_same(&new));
    let cold = fleet.process();
    assert_eq!(fleet.run(cold.manager.session()).unwrap().ks(), new[0].ks());
}

#[test]
fn the_refusal_of_adopted_sessions_never_counts_as_refusal_of_new_ones() {
    let fleet = Fleet::new();
    let (logs_in, adopts) = (fleet.process(), fleet.process());
    for _ in 0..5 {
        // The other process alone logs in, and its session is refused to this one soon after.
        let own = fleet.run(logs_in.manager.session()).unwrap();
        let adopted = fleet.run(adopts.manager.session()).unwrap();
        assert_eq!(own.ks(), adopted.ks());
        assert!(adopts.refuse(&adopted));
        fleet.advance(seconds(61));
        assert!(logs_in.refuse(&own));
    }
    assert!(!refused_early(&adopts));
}

#[test]
fn sessions_of_its_own_that_are_refused_at_once_start_the_backoff() {
    let fleet = Fleet::new();
    let process = fleet.process();
    for _ in 0..2 {
        let session = fleet.run(process.manager.session()).unwrap();
        assert!(process.refuse(&session));
    }
    let error = fleet.run(process.manager.session()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RevokedEarly);
    assert_eq!(fleet.logins(), 2);
}

#[test]
fn a_session_refused_during_its_renewal_is_not_kept() {
    // A renewal finds that another process logs in, and would keep what is held; but that was refused meanwhile.
    let fleet = Fleet::new();
    let processes = fleet.processes(2);
    let held = fleet.all_get_a_session(&processes);
    fleet.advance(seconds(super::fixture::LIFETIME - 60));
    processes[0].network.extra_latency.store(3_000, std::sync::atomic::Ordering::Relaxed);
    fleet.run(processes[0].manager.session()).unwrap();
    fleet.runtime.run_until_idle();
    fleet.advance(seconds(1));
    // The renewal of the second one has begun and waits for the store.
    fleet.run(processes[1].manager.session()).unwrap();
    assert!(processes[1].manager.status().logging_in);
    assert!(processes[1].refuse(&held[1]));
    let session = fleet.run(processes[1].manager.session()).unwrap();
    assert_ne!(session.ks(), held[1].ks());
    assert_eq!(fleet.logins(), 2);
}

/// Credentials that can be replaced at any time.
#[derive(Clone)]
struct Replaceable(Arc<Mutex<AppTokenCredentials>>);

#[async_trait]
impl CredentialsSource for Replaceable {
    async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        Ok(self.0.lock().unwrap().clone())
    }
}

#[test]
fn a_session_is_never_stored_under_the_key_of_other_credentials() {
    let fleet = Fleet::new();
    let other = fleet.emulator.add_app_token(AppTokenSeed::new().duration(3600)).unwrap().credentials();
    let current = Replaceable(Arc::new(Mutex::new(fleet.credentials())));
    let runtime = fleet.process_runtime();
    let source = AppTokenSource::new(fleet.login(), fleet.transport(&Arc::default()));
    let source = source.with_credentials_from(current.clone());
    let manager = SessionManager::builder(source, runtime.clone()).store(fleet.store.clone()).build();
    let own = manager.clone();
    kaltura_auth::runtime::Runtime::spawn(&runtime, Box::pin(async move { drop(own.session().await) }))
        .unwrap();
    // They are replaced during the login.
    fleet.advance(milliseconds(400));
    *current.0.lock().unwrap() = other;
    fleet.advance(seconds(1));
    assert_eq!(fleet.logins(), 1);
    // Nothing is stored under the old key, and its lease is free.
    let before = fleet.elapsed();
    fleet.run(fleet.process().manager.session()).unwrap();
    assert_eq!(fleet.logins(), 2);
    assert!(fleet.elapsed() - before < seconds(1));
}
