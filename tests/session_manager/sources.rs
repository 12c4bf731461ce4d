//! Session sources other than a fixed app token: credentials that change, a partner secret, a given KS.

use std::sync::{Arc, Mutex};

use kaltura_auth::manager::{InvalidReason, SessionManager};
use kaltura_auth::source::{CredentialsSource, FixedSession, PartnerSecretLogin, PartnerSecretSource};
use kaltura_auth::{AppTokenCredentials, Error, ErrorKind, ServiceUrl, Session, async_trait};
use kaltura_emulator::AppTokenSeed;
use kaltura_types::{AdminSecret, Ks, Lifetime, PartnerId, SessionType};

use super::fixture::{Fixture, START_SESSION, START_WIDGET_SESSION, is_same, ready_now, seconds, start_time};

/// A credentials source whose content a test replaces. `None`: it is unavailable.
#[derive(Clone)]
struct Vault(Arc<Mutex<Option<AppTokenCredentials>>>);

impl Vault {
    fn with(credentials: AppTokenCredentials) -> Self {
        Self(Arc::new(Mutex::new(Some(credentials))))
    }

    fn set(&self, credentials: Option<AppTokenCredentials>) {
        *self.0.lock().unwrap() = credentials;
    }
}

#[async_trait]
impl CredentialsSource for Vault {
    async fn credentials(&self) -> Result<AppTokenCredentials, Error> {
        let credentials = self.0.lock().unwrap().clone();
        credentials.ok_or_else(|| Error::from_source("the vault is unavailable", true))
    }
}

fn manager_with_vault(fixture: &Fixture, vault: &Vault) -> SessionManager {
    SessionManager::new(fixture.source().with_credentials_from(vault.clone()), fixture.runtime.clone())
}

#[test]
fn rotated_credentials_are_used_at_the_next_login() {
    let fixture = Fixture::new();
    let vault = Vault::with(fixture.emulator.app_token().credentials());
    let manager = manager_with_vault(&fixture, &vault);
    fixture.run(manager.session()).unwrap();

    let new_token = fixture.emulator.add_app_token(AppTokenSeed::new().duration(3600)).unwrap();
    vault.set(Some(new_token.credentials()));
    fixture.advance(seconds(3550));
    fixture.run(manager.session()).unwrap();
    fixture.runtime.run_until_idle();
    assert_eq!(
        (fixture.network.count_of(START_WIDGET_SESSION), fixture.network.count_of(START_SESSION)),
        (1, 2)
    );
    assert_eq!(fixture.network.sent()[2].parameters()["id"], new_token.id().as_str());

    // The old token is no longer needed.
    fixture.emulator.delete_token(fixture.emulator.app_token().id()).unwrap();
    fixture.advance(seconds(3550));
    let session = ready_now(manager.session()).unwrap();
    fixture.runtime.run_until_idle();
    assert!(!is_same(&ready_now(manager.session()).unwrap(), &session));
}

#[test]
fn unavailable_credentials_are_an_error_with_a_backoff() {
    let fixture = Fixture::new();
    let vault = Vault::with(fixture.emulator.app_token().credentials());
    let manager = manager_with_vault(&fixture, &vault);
    vault.set(None);
    for _ in 0..10 {
        let error = fixture.run(manager.session()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SourceUnavailable);
    }
    assert_eq!(fixture.network.count(), 0);
    vault.set(Some(fixture.emulator.app_token().credentials()));
    fixture.advance(seconds(1));
    assert!(fixture.run(manager.session()).is_ok());
}

fn manager_with_secret(fixture: &Fixture, secret: AdminSecret) -> SessionManager {
    let login = PartnerSecretLogin::admin(ServiceUrl::US, fixture.emulator.partner_id(), secret)
        .user_id("operator")
        .lifetime(Lifetime::hours(1));
    SessionManager::new(PartnerSecretSource::new(login, fixture.transport()), fixture.runtime.clone())
}

#[test]
fn partner_secret_costs_one_request_for_each_session() {
    let fixture = Fixture::new();
    let manager = manager_with_secret(&fixture, fixture.emulator.admin_secret().clone());
    let session = fixture.run(manager.session()).unwrap();
    assert_eq!(session.session_type(), Some(&SessionType::Admin.into()));
    assert_eq!(session.user_id().unwrap().as_str(), "operator");
    assert_eq!(manager.status().remaining, Some(seconds(3600)));
    fixture.advance(seconds(3550));
    assert!(is_same(&ready_now(manager.session()).unwrap(), &session));
    fixture.runtime.run_until_idle();
    assert!(!is_same(&ready_now(manager.session()).unwrap(), &session));
    assert_eq!((fixture.network.count(), fixture.network.count_of("session.start")), (2, 2));
}

#[test]
fn wrong_secret_is_not_retried_during_the_backoff() {
    let fixture = Fixture::new();
    let manager = manager_with_secret(&fixture, AdminSecret::new("another"));
    for _ in 0..20 {
        assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::InvalidSecret);
        fixture.advance(seconds(1));
    }
    assert_eq!(fixture.network.count(), 1);
}

/// A session of one hour, granted when the clocks start.
fn given_session() -> Session {
    Session::new(PartnerId::new(7), Ks::new("djJ8N3w"))
        .with_server_time(start_time())
        .with_expiry(start_time().plus_seconds(3600))
}

#[test]
fn given_ks_is_used_until_its_expiry() {
    let fixture = Fixture::new();
    fixture.advance(seconds(1800));
    let manager = SessionManager::new(FixedSession::new(given_session()), fixture.runtime.clone());
    let session = fixture.run(manager.session()).unwrap();
    assert_eq!(manager.status().remaining, Some(seconds(1800)), "it was granted half an hour ago");
    fixture.advance(seconds(1799));
    for _ in 0..10 {
        assert!(is_same(&ready_now(manager.session()).unwrap(), &session));
        fixture.runtime.run_until_idle();
    }
    fixture.advance(seconds(1));
    assert_eq!(fixture.run(manager.session()).unwrap_err().kind(), ErrorKind::ExpiredOnArrival);
}

#[test]
fn invalidated_given_ks_is_soon_an_error() {
    let fixture = Fixture::new();
    let manager = SessionManager::new(FixedSession::new(given_session()), fixture.runtime.clone());
    let invalidated = (0..10).take_while(|_| match fixture.run(manager.session()) {
        Ok(session) => manager.invalidate(&session, InvalidReason::LoggedOut),
        Err(error) => error.kind() != ErrorKind::TokenGroupEnded,
    });
    assert_eq!(invalidated.count(), 2);
}
