//! Ten thousand ask at once.

use futures_util::future::join_all;
use kaltura_auth::ErrorKind;
use kaltura_testing::runtime::Spawning;

use super::stage::{START, Stage, WIDGET, is_same, seconds};
use super::wire::Part;

const HERD: usize = 10_000;

/// Runtimes that run the login, and runtimes that leave it to those who wait; a server with and without a cache.
fn stages() -> impl Iterator<Item = Stage> {
    [Spawning::Keep, Spawning::Inline, Spawning::Drop, Spawning::Decline].into_iter().flat_map(|spawning| {
        [false, true].map(|cache| Stage::new().with_spawning(spawning).with_cache(cache))
    })
}

#[test]
fn ten_thousand_cold_callers_cost_two_requests_and_share_one_session() {
    for stage in stages() {
        stage.wire.answer_after_polls(2);
        let manager = stage.manager();
        let answers = stage.run(join_all((0..HERD).map(|_| manager.session())));
        assert_eq!(answers.len(), HERD);
        let first = answers[0].as_ref().unwrap();
        assert!(answers.iter().all(|answer| is_same(answer.as_ref().unwrap(), first)));
        assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 1));
    }
}

#[test]
fn ten_thousand_who_find_a_broken_server_cost_one_attempt_and_share_one_error() {
    for stage in stages() {
        stage.wire.answer_after_polls(2);
        stage.wire.play(START, Part::Break);
        let manager = stage.manager();
        let answers = stage.run(join_all((0..HERD).map(|_| manager.session())));
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().is_retryable()));
        assert_eq!(stage.wire.count(), 2);

        // Within the gate: the same error, and no request.
        let answers = stage.run(join_all((0..HERD).map(|_| manager.session())));
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(stage.wire.count(), 2);
        assert!(manager.status().next_try.unwrap() <= seconds(1));

        // The gate is open again: one more login, for which the widget session is still good.
        stage.pass(seconds(1));
        let answers = stage.run(join_all((0..HERD).map(|_| manager.session())));
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(stage.wire.count(), 3);
    }
}

#[test]
fn ten_thousand_who_are_refused_cost_one_attempt_and_share_one_error() {
    for stage in stages() {
        stage.emulator.disable_token(stage.emulator.app_token().id()).unwrap();
        let manager = stage.manager();
        let answers = stage.run(join_all((0..HERD).map(|_| manager.session())));
        for answer in answers {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::TokenNotActive);
        }
        assert_eq!(stage.wire.count(), 2);
        stage.pass(seconds(29));
        assert!(stage.run(manager.session()).is_err());
        assert_eq!(stage.wire.count(), 2);
    }
}
