//! One token, many users: each user has its own session, and all share the widget session.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use kaltura_auth::manager::SessionManager;
use kaltura_auth::source::SessionSource;
use kaltura_auth::{Session, SessionRequest};
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, seconds};

const USERS: usize = 20;
const TASKS: usize = 200;

fn user_name(number: usize) -> String {
    format!("user-{number}")
}

/// One manager for each user, all from one source.
fn managers(fixture: &Fixture) -> Vec<SessionManager> {
    let source: Arc<dyn SessionSource> = Arc::new(fixture.source());
    (0..USERS)
        .map(|number| {
            let request = SessionRequest::new().user_id(user_name(number).as_str());
            let source = source.with_request(&request).expect("an app token accepts a session request");
            SessionManager::new(source, fixture.runtime.clone())
        })
        .collect()
}

/// Requests a session in two hundred concurrent tasks, ten for each user.
fn run_tasks(fixture: &Fixture, managers: &[SessionManager]) -> Vec<Arc<Session>> {
    let tasks = (0..TASKS).map(|task| managers[task % USERS].session());
    fixture.run(join_all(tasks)).into_iter().map(Result::unwrap).collect()
}

#[test]
fn concurrent_tasks_cost_one_login_for_each_user() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        for cache in [false, true] {
            let fixture = Fixture::new().with_spawn_mode(spawning).with_cache(cache);
            fixture.network.respond_after_polls(2);
            let managers = managers(&fixture);
            let sessions = run_tasks(&fixture, &managers);
            assert_eq!(fixture.network.count_of(START_SESSION), USERS);
            // All logins started before the first widget session arrived.
            assert!(fixture.network.count_of(START_WIDGET_SESSION) <= USERS);
            for (task, session) in sessions.iter().enumerate() {
                assert_eq!(session.user_id().unwrap().as_str(), user_name(task % USERS));
                assert!(is_same(session, &sessions[task % USERS]));
            }
            let different: HashSet<_> = sessions.iter().map(|session| session.ks().expose()).collect();
            assert_eq!(different.len(), USERS);
        }
    }
}

#[test]
fn after_the_first_login_each_other_user_costs_one_request() {
    let fixture = Fixture::new();
    let managers = managers(&fixture);
    fixture.run(managers[0].session()).unwrap();
    run_tasks(&fixture, &managers);
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, USERS)
    );
    fixture.advance(seconds(3590));
    run_tasks(&fixture, &managers);
    fixture.runtime.run_until_idle();
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 2 * USERS)
    );
}

#[test]
fn another_widget_has_its_own_widget_session() {
    let fixture = Fixture::new();
    let source = fixture.source();
    let other = source.with_request(SessionRequest::new().widget_id("_1234567"));
    for source in [source.clone(), source, other.clone(), other] {
        fixture.run(SessionManager::new(source, fixture.runtime.clone()).session()).unwrap();
    }
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (2, 4)
    );
}
