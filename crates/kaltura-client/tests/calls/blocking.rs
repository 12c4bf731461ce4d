//! The blocking client does as the async one.

use std::time::Duration;

use kaltura_client::auth::ErrorKind as AuthErrorKind;
use kaltura_client::auth::TransportErrorKind::{Connect, Io, Timeout};
use kaltura_client::auth::manager::Phase;
use kaltura_client::types::KsRefusal;
use kaltura_client::{CallError, CallOptions, ErrorKind, Multirequest};
use serde_json::{Value, json};

use crate::scene::{BlockingScene, ks, list};
use crate::server::{Reply, invalid_ks};

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn a_session_that_is_over_is_replaced_and_the_call_sent_again_once() {
    for reason in ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", &ks(1)] {
        let scene = BlockingScene::new([Reply::invalid_ks(reason)]);
        scene.client.call(&list()).unwrap();
        assert_eq!(scene.server.sessions(), [Some(ks(1)), Some(ks(2))], "{reason}");
    }
    let scene = BlockingScene::new([Reply::invalid_ks("EXPIRED"), Reply::invalid_ks("EXPIRED")]);
    let error = scene.client.call(&list()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert_eq!(scene.server.sent().len(), 2);
}

#[test]
fn a_session_that_may_not_do_this_is_told_and_kept() {
    for reason in ["EXCEEDED_RESTRICTED_IP", "EXCEEDED_RESTRICTED_URI", "INVALID_PARTNER", "INVALID_USER"] {
        let scene = BlockingScene::new([Reply::invalid_ks(reason)]);
        let error = scene.client.call(&list()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::KsRefused(_)), "{error}");
        assert_eq!(scene.client.status().phase, Phase::Fresh);
        assert_eq!((scene.server.sent().len(), scene.source.logins()), (1, 1));
    }
}

#[test]
fn an_ended_token_is_told_as_such() {
    let scene = BlockingScene::new([Reply::invalid_ks("LOGOUT"), Reply::invalid_ks("LOGOUT")]);
    for _ in 0..2 {
        let error = scene.client.call(&list()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
    }
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
}

#[test]
fn waits_are_slept_as_the_policy_says() {
    let scene = BlockingScene::new(vec![Reply::fail(Connect); 3]);
    scene.client.call(&list()).unwrap();
    let slept: Vec<_> = scene.slept.lock().unwrap().iter().map(|wait| wait.as_millis()).collect();
    assert_eq!(slept.len(), 3);
    for (slept, width) in slept.into_iter().zip([250, 500, 1000]) {
        assert!((width - 1..=width).contains(&slept), "{slept} of {width}");
    }
}

#[test]
fn what_may_have_been_done_is_not_repeated_unless_it_is_marked() {
    for kind in [Io, Timeout] {
        let scene = BlockingScene::new([Reply::fail(kind)]);
        assert_eq!(scene.client.call(&list()).unwrap_err().kind(), ErrorKind::Transport(kind));
        let scene = BlockingScene::new([Reply::fail(kind)]);
        scene.client.call_with(&list(), &CallOptions::new().repeatable()).unwrap();
        assert_eq!(scene.server.sent().len(), 2);
    }
}

#[test]
fn a_limit_is_for_all_tries_together_and_is_noticed_after_a_login() {
    let options = CallOptions::new().timeout(seconds(10)).repeatable();
    let broken = || Reply::raw(503, "<html>").after(seconds(3));
    let scene = BlockingScene::new(vec![broken(); 9]);
    assert_eq!(scene.client.call_with(&list(), &options).unwrap_err().kind(), ErrorKind::Unavailable);
    let limits: Vec<_> =
        scene.server.sent().iter().map(|sent| sent.request.timeout().unwrap().as_secs()).collect();
    // The waits of up to 250 ms, 500 ms and 1 s are cut off here.
    assert_eq!(limits, [10, 6, 3]);

    let scene = BlockingScene::built([], |source| source.taking(seconds(20)), |builder| builder);
    let error = scene.client.call_with(&list(), &options).unwrap_err();
    assert_eq!(error.call_error(), Some(&CallError::TimedOut { limit: seconds(10) }));
    // The login was not in vain.
    assert_eq!(scene.server.sent().len(), 0);
    scene.client.call_with(&list(), &options).unwrap();
    assert_eq!(scene.source.logins(), 1);
}

#[test]
fn a_thousand_calls_of_many_threads_share_one_login() {
    let scene = BlockingScene::new([]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let client = scene.client.clone();
            scope.spawn(move || (0..64).for_each(|_| drop(client.call(&list()).unwrap())));
        }
    });
    assert_eq!((scene.source.logins(), scene.server.sent().len()), (1, 1024));
}

#[test]
fn a_multirequest_is_sent_again_as_a_whole_if_all_of_it_was_refused() {
    let refused = json!([invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let scene = BlockingScene::new([Reply::json(refused), Reply::json(json!([1, 2]))]);
    let mut batch = Multirequest::new();
    let (one, two) = (batch.add(list()), batch.add(list()));
    let mut results = scene.client.multirequest(batch).unwrap();
    assert_eq!((results.take(one).unwrap(), results.take(two).unwrap()), (Value::from(1), Value::from(2)));
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
    assert!(scene.client.multirequest(Multirequest::new()).unwrap().is_empty());
    assert_eq!(scene.server.sent().len(), 2);
}

#[test]
fn the_session_is_shown_to_the_server() {
    let widget = || Reply::json(json!({"partnerId": 1_234_567, "ks": "djJ8", "userId": 0}));
    let scene = BlockingScene::new([widget()]);
    scene.client.verify_session().unwrap();
    let sent = scene.server.sent();
    assert_eq!(sent[0].names(), ["clientTag", "format", "ks", "nocache", "widgetId"]);
    assert_eq!((sent[0].ks(), &sent[0].parameters["widgetId"]), (Some(ks(1).as_str()), &json!("_1234567")));
}
