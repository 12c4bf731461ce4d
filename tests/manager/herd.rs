//! Ten thousand ask at once.

use kaltura_auth::{ErrorKind, TransportErrorKind};
use kaltura_testing::mock::Latch;
use kaltura_testing::runtime::SpawnMode;

use super::stage::{START, Stage, WIDGET, at_once, is_same, seconds};
use super::wire::Part;

const HERD: usize = 10_000;

/// Runtimes that run the login, and runtimes that leave it to those who wait; a server with and without a cache.
fn stages() -> impl Iterator<Item = Stage> {
    [SpawnMode::Queue, SpawnMode::Inline, SpawnMode::Drop, SpawnMode::Decline].into_iter().flat_map(
        |spawning| [false, true].map(|cache| Stage::new().with_spawn_mode(spawning).with_cache(cache)),
    )
}

#[test]
fn ten_thousand_cold_callers_cost_two_requests_and_share_one_session() {
    for stage in stages() {
        for action in [WIDGET, START] {
            let (before, gate) = (stage.wire.count(), Latch::new());
            stage.wire.play(action, Part::WaitFor(gate.clone()));
            let answers = stage.herd(&stage.manager(), HERD, &gate);
            assert_eq!(answers.len(), HERD);
            let first = answers[0].as_ref().unwrap();
            assert!(answers.iter().all(|answer| is_same(answer.as_ref().unwrap(), first)));
            assert_eq!(stage.wire.count() - before, 2);
        }
    }
}

#[test]
fn ten_thousand_who_find_a_broken_server_cost_one_attempt_and_share_one_error() {
    for stage in stages() {
        let (manager, gate) = (stage.manager(), Latch::new());
        stage.wire.play(START, Part::BreakAfter(gate.clone()));
        for answer in stage.herd(&manager, HERD, &gate) {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::Transport(TransportErrorKind::Io));
        }
        assert_eq!(stage.wire.count(), 2);

        // Within the gate: the same error, and no request.
        for _ in 0..HERD {
            let error = at_once(manager.session()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport(TransportErrorKind::Io));
        }
        assert_eq!(stage.wire.count(), 2);
        assert!(manager.status().next_try.unwrap() <= seconds(1));

        // The gate is open again: one more login, for which the widget session is still good.
        stage.pass(seconds(1));
        let gate = Latch::new();
        stage.wire.play(START, Part::WaitFor(gate.clone()));
        assert!(stage.herd(&manager, HERD, &gate).iter().all(Result::is_ok));
        assert_eq!(stage.wire.count(), 3);
    }
}

#[test]
fn ten_thousand_who_are_refused_cost_one_attempt_and_share_one_error() {
    for stage in stages() {
        stage.emulator.disable_token(stage.emulator.app_token().id()).unwrap();
        let (manager, gate) = (stage.manager(), Latch::new());
        stage.wire.play(START, Part::WaitFor(gate.clone()));
        for answer in stage.herd(&manager, HERD, &gate) {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::TokenNotActive);
        }
        assert_eq!(stage.wire.count(), 2);
        stage.pass(seconds(29));
        assert_eq!(at_once(manager.session()).unwrap_err().kind(), ErrorKind::TokenNotActive);
        assert_eq!(stage.wire.count(), 2);
    }
}
