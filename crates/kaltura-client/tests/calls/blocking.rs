//! The blocking client behaves like the async one.

use std::time::Duration;

use kaltura_client::auth::ErrorKind as AuthErrorKind;
use kaltura_client::auth::TransportErrorKind::{Connect, Io, Timeout};
use kaltura_client::auth::manager::Phase;
use kaltura_client::types::KsRefusal;
use kaltura_client::{CallError, CallOptions, ErrorKind, Multirequest};
use serde_json::{Value, json};

use crate::fixture::{BlockingFixture, add, ks, list};
use crate::server::{Reply, error, invalid_ks};

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn an_invalid_session_is_replaced_and_the_call_is_sent_again_once() {
    for reason in ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", &ks(1)] {
        let fixture = BlockingFixture::new([Reply::invalid_ks(reason)]);
        fixture.client.call(&list()).unwrap();
        assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(2))], "{reason}");
    }
    let fixture = BlockingFixture::new([Reply::invalid_ks("EXPIRED"), Reply::invalid_ks("EXPIRED")]);
    let error = fixture.client.call(&list()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert_eq!(fixture.server.sent().len(), 2);
}

#[test]
fn a_restricted_session_is_reported_and_kept() {
    for reason in ["EXCEEDED_RESTRICTED_IP", "EXCEEDED_RESTRICTED_URI", "INVALID_PARTNER", "INVALID_USER"] {
        let fixture = BlockingFixture::new([Reply::invalid_ks(reason)]);
        let error = fixture.client.call(&list()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::KsRefused(_)), "{error}");
        assert_eq!(fixture.client.status().phase, Phase::Fresh);
        assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (1, 1));
    }
}

#[test]
fn an_entry_of_another_user_is_no_invalid_session() {
    let args = json!({"KSID": "", "ERR_CODE": "-4", "ERR_DESC": "INVALID_TYPE"});
    let fixture = BlockingFixture::new([Reply::json(error("INVALID_KS", &args))]);
    let refused = fixture.client.call_with(&add(), &CallOptions::new().repeatable(true)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotOwner);
    fixture.client.call(&list()).unwrap();
    assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(1))]);
    assert_eq!(fixture.source.logins(), 1);
}

#[test]
fn an_ended_token_group_is_reported() {
    let fixture = BlockingFixture::new([Reply::invalid_ks("LOGOUT"), Reply::invalid_ks("LOGOUT")]);
    for _ in 0..2 {
        let error = fixture.client.call(&list()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
    }
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
}

#[test]
fn the_thread_sleeps_between_attempts() {
    let fixture = BlockingFixture::new(vec![Reply::fail(Connect); 3]);
    fixture.client.call(&list()).unwrap();
    let slept: Vec<_> = fixture.slept.lock().unwrap().iter().map(|wait| wait.as_millis()).collect();
    assert_eq!(slept.len(), 3);
    for (slept, longest) in slept.into_iter().zip([250, 500, 1000]) {
        assert!((longest - 1..=longest).contains(&slept), "{slept} of {longest}");
    }
}

#[test]
fn a_call_that_may_have_been_executed_is_repeated_only_if_repeatable() {
    for kind in [Io, Timeout] {
        let fixture = BlockingFixture::new([Reply::fail(kind)]);
        assert_eq!(fixture.client.call(&add()).unwrap_err().kind(), ErrorKind::Transport(kind));
        for (action, options) in [(list(), CallOptions::new()), (add(), CallOptions::new().repeatable(true))]
        {
            let fixture = BlockingFixture::new([Reply::fail(kind)]);
            fixture.client.call_with(&action, &options).unwrap();
            assert_eq!(fixture.server.sent().len(), 2);
        }
    }
}

#[test]
fn a_timeout_includes_all_attempts_and_is_detected_after_a_login() {
    let options = CallOptions::new().timeout(seconds(10)).repeatable(true);
    let broken = || Reply::raw(503, "<html>").after(seconds(3));
    let fixture = BlockingFixture::new(vec![broken(); 9]);
    assert_eq!(fixture.client.call_with(&list(), &options).unwrap_err().kind(), ErrorKind::Unavailable);
    let timeouts: Vec<_> =
        fixture.server.sent().iter().map(|sent| sent.request.timeout().unwrap().as_secs()).collect();
    // Whole seconds: the waits of 250 ms and 500 ms round down.
    assert_eq!(timeouts, [10, 6, 3]);

    let fixture = BlockingFixture::with_source(|source| source.login_duration(seconds(20)));
    let error = fixture.client.call_with(&list(), &options).unwrap_err();
    assert_eq!(error.call_error(), Some(&CallError::TimedOut { timeout: seconds(10) }));
    // The session of the login is kept.
    assert_eq!(fixture.server.sent().len(), 0);
    fixture.client.call_with(&list(), &options).unwrap();
    assert_eq!(fixture.source.logins(), 1);
}

#[test]
fn calls_of_many_threads_share_one_login() {
    let fixture = BlockingFixture::new([]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let client = fixture.client.clone();
            scope.spawn(move || (0..64).for_each(|_| drop(client.call(&list()).unwrap())));
        }
    });
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (1, 1024));
}

#[test]
fn a_multirequest_is_sent_again_if_all_of_its_calls_were_refused() {
    let refused = json!([invalid_ks("EXPIRED"), invalid_ks("EXPIRED")]);
    let fixture = BlockingFixture::new([Reply::json(refused), Reply::json(json!([1, 2]))]);
    let mut batch = Multirequest::new();
    let (one, two) = (batch.add(list()), batch.add(list()));
    let mut results = fixture.client.multirequest(batch).unwrap();
    assert_eq!((results.take(one).unwrap(), results.take(two).unwrap()), (Value::from(1), Value::from(2)));
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
    assert!(fixture.client.multirequest(Multirequest::new()).unwrap().is_empty());
    assert_eq!(fixture.server.sent().len(), 2);
}

#[test]
fn verify_session_sends_the_session_past_the_cache() {
    let widget = || Reply::json(json!({"partnerId": 1_234_567, "ks": "djJ8", "userId": 0}));
    let fixture = BlockingFixture::new([widget()]);
    fixture.client.verify_session().unwrap();
    let sent = fixture.server.sent();
    assert_eq!(sent[0].names(), ["clientTag", "format", "ks", "nocache", "widgetId"]);
    assert_eq!((sent[0].ks(), &sent[0].parameters["widgetId"]), (Some(ks(1).as_str()), &json!("_1234567")));
}
