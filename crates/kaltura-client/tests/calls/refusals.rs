//! What a client does when the server refuses its session (wire contract, section 7).

use kaltura_client::auth::ErrorKind as AuthErrorKind;
use kaltura_client::auth::manager::Phase;
use kaltura_client::types::{Ks, KsRefusal};
use kaltura_client::{CallOptions, ErrorKind};
use serde_json::Value;

use crate::scene::{Scene, ks, list};
use crate::server::Reply;

#[test]
fn a_session_that_is_over_is_replaced_and_the_call_sent_again() {
    // The last one is the KS itself, which the server could not read.
    for reason in ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", &ks(1)] {
        let scene = Scene::new([Reply::invalid_ks(reason)]);
        let answer = scene.call().unwrap();
        assert_eq!(answer["fine"], true);
        assert_eq!(scene.server.sessions(), [Some(ks(1)), Some(ks(2))], "{reason}");
        assert_eq!(scene.source.logins(), 2);
        let [first, second] = &scene.server.sent()[..] else { panic!("two requests") };
        assert_eq!(first.request.url(), second.request.url());
        assert_eq!(first.names(), second.names());
        assert!(scene.clock.slept().is_empty(), "it is sent again at once");
    }
}

#[test]
fn a_session_that_may_not_do_this_is_told_and_kept() {
    for (reason, refusal) in [
        ("EXCEEDED_RESTRICTED_IP", KsRefusal::AddressRestricted),
        ("EXCEEDED_RESTRICTED_URI", KsRefusal::UriRestricted),
        ("INVALID_PARTNER", KsRefusal::InvalidPartner),
        ("INVALID_USER", KsRefusal::InvalidUser),
    ] {
        let scene = Scene::new([Reply::invalid_ks(reason)]);
        assert_eq!(scene.call().unwrap_err().kind(), ErrorKind::KsRefused(refusal));
        assert_kept(&scene);
    }
    for (code, kind) in [
        ("USER_BLOCKED", ErrorKind::UserBlocked),
        ("SERVICE_FORBIDDEN", ErrorKind::Forbidden),
        ("SERVICE_FORBIDDEN_CONTENT_BLOCKED", ErrorKind::PartnerBlocked),
    ] {
        let scene = Scene::new([Reply::error(code)]);
        assert_eq!(scene.call().unwrap_err().kind(), kind);
        assert_kept(&scene);
    }
}

/// One request was made, and the next call uses the same session.
fn assert_kept(scene: &Scene) {
    assert_eq!(scene.server.sessions(), [Some(ks(1))]);
    assert_eq!(scene.client.status().phase, Phase::Fresh);
    scene.call().unwrap();
    assert_eq!(scene.server.sessions(), [Some(ks(1)), Some(ks(1))]);
    assert_eq!(scene.source.logins(), 1);
}

#[test]
fn used_up_actions_can_be_left_to_the_caller() {
    let used_up = || [Reply::invalid_ks("EXCEEDED_ACTIONS_LIMIT")];
    let scene = Scene::built(used_up(), |builder| builder.renew_when_actions_used_up(false));
    assert_eq!(scene.call().unwrap_err().kind(), ErrorKind::KsRefused(KsRefusal::ActionsUsedUp));
    assert_kept(&scene);
}

#[test]
fn a_call_is_sent_again_once() {
    let scene = Scene::new([Reply::invalid_ks("EXPIRED"), Reply::invalid_ks("EXPIRED")]);
    let error = scene.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert!(!error.is_retryable());
    assert_eq!(scene.server.sessions(), [Some(ks(1)), Some(ks(2))]);
    // Two sessions in a row died young: nobody logs in for a while.
    let error = scene.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::RevokedEarly));
    assert!(error.is_retryable());
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
}

#[test]
fn an_ended_token_is_told_as_such_to_this_call_and_the_next() {
    let scene = Scene::new([Reply::invalid_ks("LOGOUT"), Reply::invalid_ks("LOGOUT")]);
    for _ in 0..2 {
        let error = scene.call().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
        assert!(error.hint().contains("session.end"), "{}", error.hint());
        assert!(error.session_error().is_some() && !error.is_retryable());
        assert_eq!((error.service(), error.action()), ("media", "list"));
    }
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (2, 2));
}

#[test]
fn the_streak_of_dead_sessions_is_counted_across_calls() {
    // Each call gets through after its second try; but the sessions go on dying.
    let dies = || [Reply::invalid_ks("LOGOUT"), Reply::json(true)];
    let scene = Scene::new(dies());
    scene.call().unwrap();
    scene.server.reply([Reply::invalid_ks("LOGOUT")]);
    let error = scene.call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
    assert_eq!((scene.server.sent().len(), scene.source.logins()), (3, 2));
}

#[test]
fn one_who_ends_it_once_does_no_harm() {
    let scene = Scene::new([Reply::invalid_ks("LOGOUT")]);
    scene.call().unwrap();
    scene.clock.advance(std::time::Duration::from_secs(61));
    scene.server.reply([Reply::invalid_ks("LOGOUT")]);
    scene.call().unwrap();
    assert_eq!(scene.source.logins(), 3);
}

#[test]
fn many_who_are_refused_together_share_one_login() {
    // All are on their way before the first answer comes.
    let late = Reply::invalid_ks("EXPIRED").after(std::time::Duration::from_secs(1));
    let scene = Scene::new(vec![late; 50]);
    let action = list();
    let calls = (0..50).map(|_| scene.client.call(&action));
    let answers: Vec<Result<Value, _>> = scene.clock.run(futures_util::future::join_all(calls));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(scene.source.logins(), 2);
    let sessions = scene.server.sessions();
    assert_eq!(sessions.iter().filter(|sent| **sent == Some(ks(1))).count(), 50);
    assert_eq!(sessions.iter().filter(|sent| **sent == Some(ks(2))).count(), 50);
}

#[test]
fn a_late_refusal_of_an_old_session_does_not_drop_the_new_one() {
    let late = std::time::Duration::from_secs(5);
    let scene = Scene::new([Reply::invalid_ks("EXPIRED").after(late), Reply::invalid_ks("EXPIRED")]);
    let action = list();
    let both = futures_util::future::join(scene.client.call(&action), scene.client.call(&action));
    let (slow, quick) = scene.clock.run(both);
    assert!(slow.is_ok() && quick.is_ok());
    assert_eq!(scene.server.sessions(), [Some(ks(1)), Some(ks(1)), Some(ks(2)), Some(ks(2))]);
    assert_eq!(scene.source.logins(), 2);
}

#[test]
fn a_ks_of_the_callers_own_is_the_callers_matter() {
    let scene = Scene::new(vec![Reply::invalid_ks("EXPIRED"); 2]);
    let error = scene.clock.run(scene.client.call(&list().param("ks", "mine"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    let options = CallOptions::new().ks(Ks::new("mine"));
    let error = scene.clock.run(scene.client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KsRefused(KsRefusal::Expired));
    assert_eq!(scene.server.sessions(), [Some("mine".to_owned()), Some("mine".to_owned())]);
    assert_eq!(scene.source.logins(), 0);
}

#[test]
fn a_login_that_fails_is_the_error_of_all_who_call_and_of_none_a_second_time() {
    let scene = Scene::new([]);
    scene.source.fail(kaltura_client::auth::Error::from_source("the vault is closed", true));
    let action = list();
    let calls = (0..20).map(|_| scene.client.call(&action));
    for outcome in scene.clock.run(futures_util::future::join_all(calls)) {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NoSession(AuthErrorKind::SourceUnavailable));
    }
    assert_eq!(scene.call().unwrap_err().kind(), ErrorKind::NoSession(AuthErrorKind::SourceUnavailable));
    assert_eq!((scene.source.logins(), scene.server.sent().len()), (1, 0));
}
