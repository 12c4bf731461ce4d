//! What a client does if the server refuses its session (wire contract, section 7).

use kaltura_client::auth::ErrorKind as AuthErrorKind;
use kaltura_client::auth::manager::Phase;
use kaltura_client::types::{Ks, KsRefusal};
use kaltura_client::{CallOptions, ErrorKind, Multirequest, RawAction, RetryPolicy};
use serde_json::{Value, json};

use crate::fixture::{Fixture, ks, list};
use crate::server::{Reply, error};

#[test]
fn an_invalid_session_is_replaced_and_the_call_is_sent_again() {
    // The last reason is the KS itself: the server could not read it.
    for reason in ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", &ks(1)] {
        let fixture = Fixture::new([Reply::invalid_ks(reason)]);
        let result = fixture.call().unwrap();
        assert_eq!(result["fine"], true);
        assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(2))], "{reason}");
        assert_eq!(fixture.source.logins(), 2);
        let [first, second] = &fixture.server.sent()[..] else { panic!("two requests") };
        assert_eq!(first.request.url(), second.request.url());
        assert_eq!(first.names(), second.names());
        assert!(fixture.clock.slept().is_empty(), "it is sent again at once");
    }
}

#[test]
fn a_restricted_session_is_reported_and_kept() {
    for (reason, refusal) in [
        ("EXCEEDED_RESTRICTED_IP", KsRefusal::IpRestricted),
        ("EXCEEDED_RESTRICTED_URI", KsRefusal::UriRestricted),
        ("INVALID_PARTNER", KsRefusal::InvalidPartner),
        ("INVALID_USER", KsRefusal::InvalidUser),
    ] {
        let fixture = Fixture::new([Reply::invalid_ks(reason)]);
        assert_eq!(fixture.call().unwrap_err().kind(), ErrorKind::KsRefused(refusal));
        assert_kept(&fixture);
    }
    for (code, kind) in [
        ("USER_BLOCKED", ErrorKind::UserBlocked),
        ("SERVICE_FORBIDDEN", ErrorKind::Forbidden),
        ("SERVICE_FORBIDDEN_CONTENT_BLOCKED", ErrorKind::PartnerBlocked),
    ] {
        let fixture = Fixture::new([Reply::error(code)]);
        assert_eq!(fixture.call().unwrap_err().kind(), kind);
        assert_kept(&fixture);
    }
}

/// `INVALID_KS` that says that the entry belongs to another user (wire contract, section 7).
fn not_owner() -> Value {
    error("INVALID_KS", &json!({"KSID": "", "ERR_CODE": "-4", "ERR_DESC": "INVALID_TYPE"}))
}

#[test]
fn an_entry_of_another_user_is_no_invalid_session() {
    for args in [
        json!({"KSID": "", "ERR_CODE": "-4", "ERR_DESC": "INVALID_TYPE"}),
        json!({"KSID": "", "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"}),
        json!({"ERR_CODE": "-4"}),
        json!({"ERR_DESC": "INVALID_TYPE"}),
    ] {
        let fixture = Fixture::new([Reply::json(error("INVALID_KS", &args))]);
        let update = RawAction::new("media", "update").param("entryId", "0_a");
        let repeatable = CallOptions::new().repeatable(true);
        let outcome = fixture.clock.run(fixture.client.call_with(&update, &repeatable));
        let refused = outcome.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotOwner, "{args}");
        assert!(
            !refused.is_retryable() && refused.hint().contains("edit:*") && refused.hint().contains("ADMIN")
        );
        assert_eq!(refused.to_string(), "media.update failed: the entry belongs to another user");
        assert_kept(&fixture);
    }
}

#[test]
fn an_entry_of_another_user_in_a_multirequest_is_no_invalid_session() {
    for results in [json!([not_owner(), not_owner()]), json!([{"id": "0_a"}, not_owner()])] {
        let fixture = Fixture::new([Reply::json(results)]);
        let mut batch = Multirequest::new();
        let handles = [batch.add(list()), batch.add(list())];
        let results =
            fixture.clock.run(fixture.client.multirequest_with(batch, &CallOptions::new().repeatable(true)));
        let mut results = results.unwrap();
        let [_, second] = handles;
        assert_eq!(results.take(second).unwrap_err().kind(), ErrorKind::NotOwner);
        assert_eq!(fixture.server.sent().len(), 1);
        assert_eq!(fixture.client.status().phase, Phase::Fresh);
        assert_eq!(fixture.source.logins(), 1);
    }
}

/// One request was sent, and the next call uses the same session.
fn assert_kept(fixture: &Fixture) {
    assert_eq!(fixture.server.sessions(), [Some(ks(1))]);
    assert_eq!(fixture.client.status().phase, Phase::Fresh);
    fixture.call().unwrap();
    assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(1))]);
    assert_eq!(fixture.source.logins(), 1);
}

#[test]
fn renewal_on_the_actions_limit_can_be_disabled() {
    let used_up = || [Reply::invalid_ks("EXCEEDED_ACTIONS_LIMIT")];
    let fixture = Fixture::with_builder(used_up(), |builder| builder.renew_on_actions_limit(false));
    assert_eq!(fixture.call().unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::ActionsLimitExceeded));
    assert_kept(&fixture);
}

#[test]
fn a_call_is_sent_again_once() {
    let fixture = Fixture::new([Reply::invalid_ks("EXPIRED"), Reply::invalid_ks("EXPIRED")]);
    let error = fixture.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert!(!error.is_retryable());
    assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(2))]);
    // Two sessions in a row were revoked early: the backoff starts.
    let error = fixture.clock.run(fixture.client.session()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::RevokedEarly));
    assert!(error.is_retryable());
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
    // A call waits for its end.
    fixture.call().unwrap();
    assert!((500..=1000).contains(&fixture.clock.now().as_millis()));
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (3, 3));
}

#[test]
fn an_ended_token_group_is_reported_to_this_call_and_the_next() {
    let fixture = Fixture::new([Reply::invalid_ks("LOGOUT"), Reply::invalid_ks("LOGOUT")]);
    for _ in 0..2 {
        let error = fixture.call().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
        assert!(error.hint().contains("session.end"), "{}", error.hint());
        assert!(error.session_error().is_some() && !error.is_retryable());
        assert_eq!((error.service(), error.action()), ("media", "list"));
    }
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (2, 2));
}

#[test]
fn sessions_that_are_revoked_early_are_counted_across_calls() {
    // Each call succeeds at its second attempt, but the sessions are revoked again.
    let revoked = || [Reply::invalid_ks("LOGOUT"), Reply::json(true)];
    let fixture = Fixture::new(revoked());
    fixture.call().unwrap();
    fixture.server.reply([Reply::invalid_ks("LOGOUT")]);
    let error = fixture.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
    assert_eq!((fixture.server.sent().len(), fixture.source.logins()), (3, 2));
}

#[test]
fn a_single_logout_starts_no_backoff() {
    let fixture = Fixture::new([Reply::invalid_ks("LOGOUT")]);
    fixture.call().unwrap();
    fixture.clock.advance(std::time::Duration::from_secs(61));
    fixture.server.reply([Reply::invalid_ks("LOGOUT")]);
    fixture.call().unwrap();
    assert_eq!(fixture.source.logins(), 3);
}

#[test]
fn calls_that_are_refused_together_share_one_login() {
    // All requests are sent before the first response arrives.
    let late = Reply::invalid_ks("EXPIRED").after(std::time::Duration::from_secs(1));
    let fixture = Fixture::new(vec![late; 50]);
    let action = list();
    let calls = (0..50).map(|_| fixture.client.call(&action));
    let results: Vec<Result<Value, _>> = fixture.clock.run(futures_util::future::join_all(calls));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(fixture.source.logins(), 2);
    let sessions = fixture.server.sessions();
    assert_eq!(sessions.iter().filter(|sent| **sent == Some(ks(1))).count(), 50);
    assert_eq!(sessions.iter().filter(|sent| **sent == Some(ks(2))).count(), 50);
}

#[test]
fn a_late_refusal_of_an_old_session_does_not_drop_the_new_one() {
    let late = std::time::Duration::from_secs(5);
    let fixture = Fixture::new([Reply::invalid_ks("EXPIRED").after(late), Reply::invalid_ks("EXPIRED")]);
    let action = list();
    let both = futures_util::future::join(fixture.client.call(&action), fixture.client.call(&action));
    let (slow, quick) = fixture.clock.run(both);
    assert!(slow.is_ok() && quick.is_ok());
    assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(1)), Some(ks(2)), Some(ks(2))]);
    assert_eq!(fixture.source.logins(), 2);
}

#[test]
fn a_ks_of_the_caller_is_not_replaced() {
    let fixture = Fixture::new(vec![Reply::invalid_ks("EXPIRED"); 2]);
    let error = fixture.clock.run(fixture.client.call(&list().param("ks", "mine"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    let options = CallOptions::new().ks(Ks::new("mine"));
    let error = fixture.clock.run(fixture.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert_eq!(fixture.server.sessions(), [Some("mine".to_owned()), Some("mine".to_owned())]);
    assert_eq!(fixture.source.logins(), 0);
}

#[test]
fn without_retries_a_failed_login_is_the_error_of_all_calls_and_is_not_repeated() {
    let fixture = Fixture::with_builder([], |builder| builder.retry(RetryPolicy::never()));
    fixture.source.fail(kaltura_client::auth::Error::from_source("the vault is unavailable", true));
    let action = list();
    let calls = (0..20).map(|_| fixture.client.call(&action));
    for outcome in fixture.clock.run(futures_util::future::join_all(calls)) {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NoSession(AuthErrorKind::SourceUnavailable));
    }
    assert_eq!(fixture.call().unwrap_err().kind(), ErrorKind::NoSession(AuthErrorKind::SourceUnavailable));
    assert_eq!((fixture.source.logins(), fixture.server.sent().len()), (1, 0));
}
