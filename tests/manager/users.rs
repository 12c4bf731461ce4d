//! One token, many users: each has a session of his own, and all share the widget session.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use kaltura_auth::manager::SessionManager;
use kaltura_auth::source::SessionSource;
use kaltura_auth::{Session, SessionRequest};
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, WIDGET, is_same, seconds};

const USERS: usize = 20;
const TASKS: usize = 200;

fn name(number: usize) -> String {
    format!("user-{number}")
}

/// One manager for each user, all from one source.
fn managers(stage: &Stage) -> Vec<SessionManager> {
    let source: Arc<dyn SessionSource> = Arc::new(stage.source());
    (0..USERS)
        .map(|number| {
            let request = SessionRequest::new().user_id(name(number).as_str());
            let source = source.with_request(&request).expect("an app token takes wishes");
            SessionManager::new(source, stage.runtime.clone())
        })
        .collect()
}

/// Two hundred tasks ask at once, ten for each user.
fn all_ask(stage: &Stage, managers: &[SessionManager]) -> Vec<Arc<Session>> {
    let tasks = (0..TASKS).map(|task| managers[task % USERS].session());
    stage.run(join_all(tasks)).into_iter().map(Result::unwrap).collect()
}

#[test]
fn two_hundred_tasks_with_twenty_users_cost_one_login_for_each_user() {
    for spawning in [SpawnMode::Queue, SpawnMode::Decline] {
        for cache in [false, true] {
            let stage = Stage::new().with_spawn_mode(spawning).with_cache(cache);
            stage.wire.answer_after_polls(2);
            let managers = managers(&stage);
            let sessions = all_ask(&stage, &managers);
            assert_eq!(stage.wire.count_of(START), USERS);
            // All began before the first widget session was there.
            assert!(stage.wire.count_of(WIDGET) <= USERS);
            for (task, session) in sessions.iter().enumerate() {
                assert_eq!(session.user_id().unwrap().as_str(), name(task % USERS));
                assert!(is_same(session, &sessions[task % USERS]));
            }
            let different: HashSet<_> = sessions.iter().map(|session| session.ks().expose()).collect();
            assert_eq!(different.len(), USERS);
        }
    }
}

#[test]
fn once_one_has_logged_in_the_others_need_one_request_each() {
    let stage = Stage::new();
    let managers = managers(&stage);
    stage.run(managers[0].session()).unwrap();
    all_ask(&stage, &managers);
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, USERS));
    stage.pass(seconds(3590));
    all_ask(&stage, &managers);
    stage.runtime.run_until_idle();
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2 * USERS));
}

#[test]
fn who_goes_through_another_widget_has_a_widget_session_of_his_own() {
    let stage = Stage::new();
    let source = stage.source();
    let other = source.with_request(SessionRequest::new().widget_id("_1234567"));
    for source in [source.clone(), source, other.clone(), other] {
        stage.run(SessionManager::new(source, stage.runtime.clone()).session()).unwrap();
    }
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (2, 4));
}
