//! Ten thousand concurrent callers share one login.

use kaltura_auth::{ErrorKind, TransportErrorKind};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::SpawnMode;

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, ready_now, seconds};
use super::network::Behavior;

const CALLERS: usize = 10_000;

/// Runtimes that run the login, and runtimes that leave it to the callers; a server with and without a cache.
fn fixtures() -> impl Iterator<Item = Fixture> {
    [SpawnMode::Queue, SpawnMode::Inline, SpawnMode::Drop, SpawnMode::Decline].into_iter().flat_map(
        |spawning| [false, true].map(|cache| Fixture::new().with_spawn_mode(spawning).with_cache(cache)),
    )
}

#[test]
fn first_login_costs_two_requests_and_all_callers_share_the_session() {
    for fixture in fixtures() {
        for action in [START_WIDGET_SESSION, START_SESSION] {
            let (before, gate) = (fixture.network.count(), Latch::new());
            fixture.network.on_next(action, Behavior::WaitFor(gate.clone()));
            let results = fixture.share_login(&fixture.manager(), CALLERS, &gate);
            assert_eq!(results.len(), CALLERS);
            let first = results[0].as_ref().unwrap();
            assert!(results.iter().all(|result| is_same(result.as_ref().unwrap(), first)));
            assert_eq!(fixture.network.count() - before, 2);
        }
    }
}

#[test]
fn refused_connection_costs_one_attempt_and_all_callers_share_the_error() {
    for fixture in fixtures() {
        let (manager, gate) = (fixture.manager(), Latch::new());
        fixture.network.on_next(START_SESSION, Behavior::RefuseAfter(gate.clone()));
        for result in fixture.share_login(&manager, CALLERS, &gate) {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Transport(TransportErrorKind::Connect));
        }
        assert_eq!(fixture.network.count(), 2);

        // During the backoff: the same error, and no request.
        for _ in 0..CALLERS {
            let error = ready_now(manager.session()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport(TransportErrorKind::Connect));
        }
        assert_eq!(fixture.network.count(), 2);
        assert!(manager.status().next_try.unwrap() <= seconds(1));

        // After the backoff: one more login, which reuses the widget session.
        fixture.advance(seconds(1));
        let gate = Latch::new();
        fixture.network.on_next(START_SESSION, Behavior::WaitFor(gate.clone()));
        assert!(fixture.share_login(&manager, CALLERS, &gate).iter().all(Result::is_ok));
        assert_eq!(fixture.network.count(), 3);
    }
}

#[test]
fn refusal_costs_one_attempt_and_all_callers_share_the_error() {
    for fixture in fixtures() {
        fixture.emulator.disable_token(fixture.emulator.app_token().id()).unwrap();
        let (manager, gate) = (fixture.manager(), Latch::new());
        fixture.network.on_next(START_SESSION, Behavior::WaitFor(gate.clone()));
        for result in fixture.share_login(&manager, CALLERS, &gate) {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TokenNotActive);
        }
        assert_eq!(fixture.network.count(), 2);
        fixture.advance(seconds(29));
        assert_eq!(ready_now(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
        assert_eq!(fixture.network.count(), 2);
    }
}

#[test]
fn lost_connection_is_replaced_within_the_login() {
    for fixture in fixtures() {
        let manager = fixture.manager();
        fixture.network.on_next(START_WIDGET_SESSION, Behavior::Reset);
        fixture.network.on_next(START_SESSION, Behavior::Reset);
        assert!(fixture.run(manager.session()).is_ok());
        let fresh: Vec<bool> =
            fixture.network.sent().iter().map(|sent| sent.request.fresh_connection()).collect();
        assert_eq!(fresh, [false, true, false, true]);
        assert_eq!(fixture.blocking_manager().session().unwrap().partner_id().get(), 1_234_567);
    }
}
