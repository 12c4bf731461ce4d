//! Sessions that come from somewhere else than one app token: credentials that change, a partner's secret, a KS that
//! was given.

use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{InvalidReason, SessionManager};
use kaltura_auth::source::{CredentialsSource, FixedSession, PartnerSecretSource, SecretLogin};
use kaltura_auth::{AppTokenCredentials, Error, ErrorKind, ServiceUrl, Session, async_trait};
use kaltura_emulator::AppTokenSeed;
use kaltura_types::{AdminSecret, Ks, Lifetime, PartnerId, SessionType};

use super::stage::{START, Stage, WIDGET, at_once, is_same, seconds, unix_start};

/// A vault whose content a test replaces. Nothing in it means that it is closed.
#[derive(Clone)]
struct Vault(Arc<Mutex<Option<AppTokenCredentials>>>);

impl Vault {
    fn with(credentials: AppTokenCredentials) -> Self {
        Self(Arc::new(Mutex::new(Some(credentials))))
    }

    fn put(&self, credentials: Option<AppTokenCredentials>) {
        *self.0.lock().unwrap() = credentials;
    }
}

#[async_trait]
impl CredentialsSource for Vault {
    async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        let content = self.0.lock().unwrap().clone();
        content.ok_or_else(|| Error::source("the vault is closed", true))
    }
}

fn from_vault(stage: &Stage, vault: &Vault) -> SessionManager {
    SessionManager::new(stage.source().with_credentials_from(vault.clone()), stage.runtime.clone())
}

#[test]
fn a_token_that_is_rotated_in_a_vault_is_taken_at_the_next_login() {
    let stage = Stage::new();
    let vault = Vault::with(stage.emulator.app_token().credentials());
    let manager = from_vault(&stage, &vault);
    stage.run(manager.session()).unwrap();

    let twin = stage.emulator.add_app_token(AppTokenSeed::new().duration(3600)).unwrap();
    vault.put(Some(twin.credentials()));
    stage.pass(seconds(3550));
    stage.run(manager.session()).unwrap();
    stage.runtime.run_until_idle();
    assert_eq!((stage.wire.count_of(WIDGET), stage.wire.count_of(START)), (1, 2));
    assert_eq!(stage.wire.sent()[2].parameters()["id"], twin.id().as_str());

    // Nobody needs the old one any more.
    stage.emulator.delete_token(stage.emulator.app_token().id()).unwrap();
    stage.pass(seconds(3550));
    let session = at_once(manager.session()).unwrap();
    stage.runtime.run_until_idle();
    assert!(!is_same(&at_once(manager.session()).unwrap(), &session));
}

#[test]
fn a_vault_that_is_closed_is_an_error_like_any_other() {
    let stage = Stage::new();
    let vault = Vault::with(stage.emulator.app_token().credentials());
    let manager = from_vault(&stage, &vault);
    vault.put(None);
    for _ in 0..10 {
        let error = stage.run(manager.session()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SourceUnavailable);
    }
    assert_eq!(stage.wire.count(), 0);
    vault.put(Some(stage.emulator.app_token().credentials()));
    stage.pass(seconds(1));
    assert!(stage.run(manager.session()).is_ok());
}

fn with_secret(stage: &Stage, secret: AdminSecret) -> SessionManager {
    let login = SecretLogin::admin(ServiceUrl::US, stage.emulator.partner_id(), secret)
        .user_id("operator")
        .lifetime(Lifetime::hours(1));
    SessionManager::new(PartnerSecretSource::new(login, stage.transport()), stage.runtime.clone())
}

#[test]
fn a_partners_secret_gives_sessions_with_one_request_each() {
    let stage = Stage::new();
    let manager = with_secret(&stage, stage.emulator.admin_secret().clone());
    let session = stage.run(manager.session()).unwrap();
    assert_eq!(session.session_type(), Some(&SessionType::Admin.into()));
    assert_eq!(session.user_id().unwrap().as_str(), "operator");
    assert_eq!(manager.status().remaining, Some(seconds(3600)));
    stage.pass(seconds(3550));
    assert!(is_same(&at_once(manager.session()).unwrap(), &session));
    stage.runtime.run_until_idle();
    assert!(!is_same(&at_once(manager.session()).unwrap(), &session));
    assert_eq!((stage.wire.count(), stage.wire.count_of("session.start")), (2, 2));
}

#[test]
fn a_wrong_secret_is_told_once_and_not_tried_again_and_again() {
    let stage = Stage::new();
    let manager = with_secret(&stage, AdminSecret::new("another"));
    for _ in 0..20 {
        assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::InvalidSecret);
        stage.pass(seconds(1));
    }
    assert_eq!(stage.wire.count(), 1);
}

/// A session of an hour that was granted at the start.
fn given() -> Session {
    Session::new(PartnerId::new(7), Ks::new("djJ8N3w"))
        .with_server_time(unix_start())
        .with_expiry(unix_start().plus_seconds(3600))
}

#[test]
fn a_ks_that_was_given_is_used_to_its_end_and_no_longer() {
    let stage = Stage::new();
    stage.pass(seconds(1800));
    let manager = SessionManager::new(FixedSession::new(given()), stage.runtime.clone());
    let session = stage.run(manager.session()).unwrap();
    assert_eq!(manager.status().remaining, Some(seconds(1800)), "it was granted half an hour ago");
    stage.pass(seconds(1799));
    for _ in 0..10 {
        assert!(is_same(&at_once(manager.session()).unwrap(), &session));
        stage.runtime.run_until_idle();
    }
    stage.pass(seconds(1));
    assert_eq!(stage.run(manager.session()).unwrap_err().kind(), ErrorKind::ExpiredOnArrival);
}

#[test]
fn a_ks_that_was_given_and_is_refused_is_an_error_soon() {
    let stage = Stage::new();
    let manager = SessionManager::new(FixedSession::new(given()), stage.runtime.clone());
    let refused = (0..10).take_while(|_| match stage.run(manager.session()) {
        Ok(session) => manager.invalidate(&session, InvalidReason::LoggedOut),
        Err(error) => error.kind() != ErrorKind::TokenGroupEnded,
    });
    assert_eq!(refused.count(), 2);
}
