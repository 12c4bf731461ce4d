//! The app-token service with an emulated server: tokens are added, listed, updated, rotated and deleted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, ErrorKind as AuthErrorKind, ServiceUrl, SessionRequest,
};
use kaltura_client::app_tokens::{AppTokens, RotatedToken, RotationError, RotationStep};
use kaltura_client::{Client, Error, ErrorKind, RawAction, RetryPolicy};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, Fault, FaultRule, PartnerSeed};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenOrder, AppTokenStatus, HashType, KsRefusal,
    Lifetime, Pager, PartnerId, Privileges, SessionType, UnixTime,
};

const PARTNER: PartnerId = PartnerId::new(1_234_567);
const NOW: i64 = 1_795_493_355;

/// A server with two tokens: that of the operator, and the one under test.
struct Fixture {
    runtime: TestRuntime,
    emulator: Emulator,
    id: AppTokenId,
}

impl Fixture {
    fn new() -> Self {
        Self::with(AppTokenSeed::new())
    }

    fn with(token: AppTokenSeed) -> Self {
        let clock = Clock::frozen_at(UnixTime::from_seconds(NOW));
        let builder = Emulator::builder().partner(PartnerSeed::new(PARTNER)).clock(clock).random_seed(7);
        let emulator = builder.app_token(AppTokenSeed::new().id("0_operator")).build().unwrap();
        let id = emulator.add_app_token(token).unwrap().id().clone();
        Self { runtime: TestRuntime::new(), emulator, id }
    }

    fn login(&self, token: AppTokenCredentials) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, token)
            .request(SessionRequest::new().session_type(SessionType::Admin))
    }

    fn client_with(&self, token: AppTokenCredentials) -> Client {
        Client::builder(self.login(token), self.emulator.clone(), self.runtime.clone()).build()
    }

    fn client(&self) -> Client {
        self.client_with(self.emulator.app_token().credentials())
    }

    fn tokens(&self) -> AppTokens {
        self.client().app_tokens()
    }

    fn blocking_tokens(&self) -> kaltura_client::blocking::AppTokens {
        let login = self.login(self.emulator.app_token().credentials());
        let builder =
            kaltura_client::blocking::Client::builder(login, self.emulator.clone(), self.runtime.clone());
        builder.retry(RetryPolicy::never()).build().app_tokens()
    }

    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn ids(&self) -> BTreeSet<AppTokenId> {
        self.run(self.tokens().list(AppTokenFilter::new()).map_ok(|token| token.id).try_collect()).unwrap()
    }

    /// The result of a call with these credentials.
    fn call_with(&self, credentials: &AppTokenCredentials) -> Result<(), Error> {
        let client = self.client_with(credentials.clone());
        self.run(client.call(&RawAction::new("media", "list"))).map(drop)
    }

    fn credentials(&self) -> AppTokenCredentials {
        AppTokenCredentials::from_app_token(&self.run(self.tokens().get(&self.id)).unwrap()).unwrap()
    }
}

#[test]
fn token_is_added_used_updated_and_deleted() {
    let fixture = Fixture::new();
    let tokens = fixture.tokens();
    let draft = AppTokenDraft::new()
        .description("nightly import")
        .session_user_id("importer")
        .session_type(SessionType::User)
        .session_duration(Lifetime::hours(1))
        .session_privileges(&Privileges::parse("list:*"))
        .expiry(UnixTime::from_seconds(NOW + 86_400));
    let token = fixture.run(tokens.add(draft)).unwrap();
    assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
    assert_eq!(token.status, AppTokenStatus::Active.into());
    assert_eq!(token.session_user_id.as_ref().unwrap().as_str(), "importer");
    assert_eq!(token.session_duration.unwrap().get(), 3600);
    let credentials = AppTokenCredentials::from_app_token(&token).unwrap();
    fixture.call_with(&credentials).unwrap();

    let changed = AppTokenDraft::new().description("import").never_expires();
    let changed = fixture.run(tokens.update(&token.id, changed)).unwrap();
    assert_eq!((changed.description.as_deref(), changed.expiry), (Some("import"), None));
    assert_eq!(changed.session_privileges.unwrap().to_string(), "list:*", "other fields are unchanged");
    assert_eq!(fixture.run(tokens.get(&token.id)).unwrap().token, token.token);

    fixture.run(tokens.delete(&token.id)).unwrap();
    assert_eq!(fixture.run(tokens.get(&token.id)).unwrap_err().kind(), ErrorKind::NotFound);
    let not_found = ErrorKind::NoSession(AuthErrorKind::TokenNotFound);
    assert_eq!(fixture.call_with(&credentials).unwrap_err().kind(), not_found);
}

#[test]
fn blocking_service_has_the_same_operations() {
    let fixture = Fixture::new();
    let tokens = fixture.blocking_tokens();
    let token = tokens.add(AppTokenDraft::new().description("one")).unwrap();
    assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
    tokens.verify(&token).unwrap();
    let changed = tokens.update(&token.id, AppTokenDraft::new().description("two")).unwrap();
    assert_eq!(changed.description.as_deref(), Some("two"));
    assert_eq!(tokens.get(&token.id).unwrap().description.as_deref(), Some("two"));
    let listed: Vec<AppTokenId> = tokens.list(AppTokenFilter::new()).map(|token| token.unwrap().id).collect();
    assert!(listed.contains(&token.id) && listed.len() == 3);
    assert_eq!(tokens.page(AppTokenFilter::new(), Pager::page(1)).unwrap().total_count, 3);
    let rotated = tokens.rotate(&token.id).unwrap();
    fixture.call_with(rotated.credentials()).unwrap();
    tokens.end_all_sessions_of_token(&rotated.token().id).unwrap();
    assert!(fixture.call_with(rotated.credentials()).is_err());
    tokens.delete(rotated.old_id()).unwrap();
    assert_eq!(tokens.get(&token.id).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn user_session_is_forbidden_to_use_the_service() {
    let fixture = Fixture::with(AppTokenSeed::new().session_type(SessionType::User));
    let tokens = fixture.client_with(fixture.credentials()).app_tokens();
    let id = &fixture.id;
    let kinds = [
        fixture.run(tokens.add(AppTokenDraft::new())).unwrap_err().kind(),
        fixture.run(tokens.get(id)).unwrap_err().kind(),
        fixture.run(tokens.update(id, AppTokenDraft::new())).unwrap_err().kind(),
        fixture.run(tokens.delete(id)).unwrap_err().kind(),
        fixture.run(tokens.list(AppTokenFilter::new()).next()).unwrap().unwrap_err().kind(),
        fixture.run(tokens.rotate(id)).unwrap_err().error().kind(),
        fixture.run(tokens.end_all_sessions_of_token(id)).unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Forbidden; 7]);
}

/// Adds tokens, three per second of the server's clock.
fn add_many(fixture: &Fixture, count: usize) {
    for number in 0..count {
        fixture.emulator.add_app_token(AppTokenSeed::new()).unwrap();
        if number % 3 == 0 {
            fixture.emulator.clock().advance(std::time::Duration::from_secs(1));
        }
    }
}

#[test]
fn list_streams_all_pages() {
    let fixture = Fixture::new();
    add_many(&fixture, 1200);
    let all: Vec<AppToken> = fixture.run(fixture.tokens().list(AppTokenFilter::new()).try_collect()).unwrap();
    assert_eq!(all.len(), 1202);
    let ids: BTreeSet<&AppTokenId> = all.iter().map(|token| &token.id).collect();
    assert_eq!(ids.len(), 1202);
    assert!(all.is_sorted_by_key(|token| token.created_at));
    assert_eq!(fixture.emulator.calls().count("appToken.list"), 3);
    let blocking: Vec<AppTokenId> =
        fixture.blocking_tokens().list(AppTokenFilter::new()).map(|token| token.unwrap().id).collect();
    assert_eq!(blocking, all.into_iter().map(|token| token.id).collect::<Vec<_>>());
}

#[test]
fn page_is_requested_when_it_is_needed() {
    let fixture = Fixture::new();
    add_many(&fixture, 1200);
    let mut tokens = fixture.tokens().list(AppTokenFilter::new());
    fixture.run(async {
        while tokens.next().await.is_some_and(|token| token.unwrap().id.as_str() != "0_operator") {}
    });
    assert_eq!(fixture.emulator.calls().count("appToken.list"), 1);
}

#[test]
fn deleting_while_listing_skips_no_token() {
    let fixture = Fixture::new();
    add_many(&fixture, 1200);
    let tokens = fixture.tokens();
    fixture.run(async {
        let mut all = tokens.list(AppTokenFilter::new());
        while let Some(token) = all.try_next().await.unwrap() {
            if token.id.as_str() != "0_operator" {
                tokens.delete(&token.id).await.unwrap();
            }
        }
    });
    assert_eq!(fixture.ids().into_iter().collect::<Vec<_>>(), [AppTokenId::new("0_operator")]);
}

#[test]
fn list_can_be_filtered_and_read_page_by_page() {
    let fixture = Fixture::new();
    add_many(&fixture, 69);
    let tokens = fixture.tokens();
    let importer = fixture.run(tokens.add(AppTokenDraft::new().session_user_id("importer"))).unwrap();
    let of_importer = || AppTokenFilter::new().session_user_id("importer");
    let found: Vec<AppToken> = fixture.run(tokens.list(of_importer()).try_collect()).unwrap();
    assert_eq!(found.iter().map(|token| &token.id).collect::<Vec<_>>(), [&importer.id]);
    let unmatched: Vec<AppToken> =
        fixture.run(tokens.list(AppTokenFilter::new().session_user_id("other")).try_collect()).unwrap();
    assert!(unmatched.is_empty());

    let newest = || AppTokenFilter::new().order_by(AppTokenOrder::NewestFirst);
    let page = |number| fixture.run(tokens.page(newest(), Pager::page(number).with_size(50))).unwrap();
    let (first, second, beyond) = (page(1), page(2), page(3));
    assert_eq!((first.total_count, first.objects.len(), second.objects.len()), (72, 50, 22));
    assert!(beyond.objects.is_empty() && first.objects[0].created_at > second.objects[0].created_at);
}

#[test]
fn rotated_token_has_the_same_settings_and_both_work_until_the_old_one_is_deleted() {
    let settings = AppTokenSeed::new()
        .hash_type(HashType::Md5)
        .session_type(SessionType::User)
        .user("importer")
        .duration(1800)
        .privileges("list:*,sview:*")
        .expiry(UnixTime::from_seconds(NOW + 9999))
        .description("nightly");
    for cache in [false, true] {
        let fixture = Fixture::with(settings.clone());
        fixture.emulator.set_response_cache(cache);
        let (tokens, old) = (fixture.tokens(), fixture.credentials());
        let rotated: RotatedToken = fixture.run(tokens.rotate(&fixture.id)).unwrap();
        let (before, after) = (fixture.run(tokens.get(&fixture.id)).unwrap(), rotated.token());
        assert_ne!((&before.id, &before.token), (&after.id, &after.token));
        let settings_of = |token: &AppToken| {
            let privileges = token.session_privileges.as_ref().unwrap().to_string();
            let (user, session_type) = (token.session_user_id.clone(), token.session_type.clone());
            (
                token.hash_type.clone(),
                session_type,
                user,
                token.session_duration,
                privileges,
                token.expiry,
                token.description.clone(),
            )
        };
        assert_eq!(settings_of(&before), settings_of(after));
        assert_eq!(rotated.session().user_id().unwrap().as_str(), "importer");

        fixture.call_with(&old).unwrap();
        fixture.call_with(rotated.credentials()).unwrap();
        assert!(!format!("{rotated:?}").contains(after.token.expose()));
        fixture.run(tokens.delete(rotated.old_id())).unwrap();
        assert!(fixture.call_with(&old).is_err());
        fixture.call_with(rotated.credentials()).unwrap();
    }
}

#[test]
fn failed_rotation_keeps_the_old_token_and_returns_the_new_one() {
    use RotationStep::{Create, Read, Verify};
    let unavailable = |action: &str| FaultRule::new(Fault::Status(503)).on(action);
    let cases = [
        (unavailable("appToken.get"), Read, false),
        (unavailable("appToken.add").before_the_action(), Create, false),
        (FaultRule::new(Fault::Reset).on("appToken.add"), Create, false),
        (unavailable("session.startWidgetSession").calls(2..=9), Verify, true),
        (unavailable("appToken.startSession").calls(2..=9), Verify, true),
        (
            FaultRule::new(Fault::PlainString("x".to_owned())).on("session.startWidgetSession").calls(3..=9),
            Verify,
            true,
        ),
    ];
    for (number, (rule, step, has_new_token)) in cases.into_iter().enumerate() {
        for blocking in [false, true] {
            let fixture = Fixture::new();
            let old = fixture.emulator.add_app_token(AppTokenSeed::new().id("0_old")).unwrap();
            let (tokens, threads) = (fixture.tokens(), fixture.blocking_tokens());
            fixture.emulator.inject(rule.clone());
            let failed: RotationError = if blocking {
                threads.rotate(old.id()).unwrap_err()
            } else {
                fixture.run(tokens.rotate(old.id())).unwrap_err()
            };
            assert_eq!(
                (failed.step(), failed.new_token().is_some()),
                (step, has_new_token),
                "{number} {blocking}"
            );
            assert!(std::error::Error::source(&failed).is_some());
            assert!(failed.to_string().contains("0_old was not rotated"), "{failed}");

            // After the fault is removed, the old token works, and the new one too if it was added.
            fixture.emulator.clear_faults();
            fixture.call_with(&old.credentials()).unwrap();
            if let Some(new_token) = failed.new_token() {
                let session = fixture.run(fixture.tokens().verify(new_token)).unwrap();
                assert_eq!(session.partner_id(), PARTNER);
                assert!(!format!("{failed} {failed:?}").contains(new_token.token.expose()));
            }
        }
    }
}

#[test]
fn unknown_token_is_not_rotated() {
    let fixture = Fixture::new();
    let before = fixture.ids();
    let failed = fixture.run(fixture.tokens().rotate(&AppTokenId::new("0_nosuch01"))).unwrap_err();
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::Read, ErrorKind::NotFound));
    let report = failed.report().to_string();
    let said =
        "the app token 0_nosuch01 was not rotated: reading the old token failed: appToken.get failed: ";
    assert!(report.starts_with(said), "{report}");
    assert!(report.ends_with(&format!("(hint: {})", failed.error().hint())), "{report}");
    assert_eq!(fixture.ids(), before);
}

#[test]
fn rotation_can_change_the_expiry() {
    let fixture = Fixture::with(AppTokenSeed::new().expiry(UnixTime::from_seconds(NOW - 10)));
    let tokens = fixture.tokens();
    let failed = fixture.run(tokens.rotate(&fixture.id)).unwrap_err();
    let expired = ErrorKind::NoSession(AuthErrorKind::TokenExpired);
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::Verify, expired));

    let changes = AppTokenDraft::new().never_expires().description("permanent");
    let rotated = fixture.run(tokens.rotate_with(&fixture.id, changes)).unwrap();
    let token = rotated.token();
    assert_eq!((token.expiry, token.description.as_deref()), (None, Some("permanent")));
    fixture.call_with(rotated.credentials()).unwrap();

    let later = AppTokenDraft::new().expiry(UnixTime::from_seconds(NOW + 500));
    let threads = fixture.blocking_tokens();
    assert_eq!(
        threads.rotate_with(&fixture.id, later).unwrap().token().expiry,
        Some(UnixTime::from_seconds(NOW + 500))
    );

    let zero = AppTokenDraft::new().expiry(UnixTime::from_seconds(0));
    let failed = fixture.run(tokens.rotate_with(&fixture.id, zero)).unwrap_err();
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::Create, ErrorKind::InvalidCall));
}

#[test]
fn token_with_expired_sessions_is_rotated_to_a_working_one() {
    let fixture = Fixture::with(AppTokenSeed::new().duration(0));
    let token = fixture.run(fixture.tokens().get(&fixture.id)).unwrap();
    let error = fixture.run(fixture.tokens().verify(&token)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::ExpiredOnArrival));
    let rotated = fixture.run(fixture.tokens().rotate(&fixture.id)).unwrap();
    fixture.call_with(rotated.credentials()).unwrap();
}

#[test]
fn ending_all_sessions_of_a_token_ends_future_ones_too_and_no_others() {
    for cache in [false, true] {
        let fixture = Fixture::new();
        fixture.emulator.set_response_cache(cache);
        let (tokens, credentials) = (fixture.tokens(), fixture.credentials());
        let user = fixture.client_with(credentials.clone());
        let media = RawAction::new("media", "list");
        fixture.run(user.call(&media)).unwrap();
        let token = fixture.run(tokens.get(&fixture.id)).unwrap();
        fixture.run(tokens.verify(&token)).unwrap();

        fixture.run(tokens.end_all_sessions_of_token(&fixture.id)).unwrap();
        let ended = ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded);
        assert_eq!(fixture.run(user.call(&media)).unwrap_err().kind(), ended);
        assert_eq!(fixture.call_with(&credentials).unwrap_err().kind(), ended, "a new session is ended too");
        let refused = ErrorKind::KsRefused(KsRefusal::LoggedOut);
        assert_eq!(fixture.run(tokens.verify(&token)).unwrap_err().kind(), refused);
        // The session of the operator still works, and ending twice is no error.
        fixture.run(tokens.end_all_sessions_of_token(&fixture.id)).unwrap();
        fixture.blocking_tokens().end_all_sessions_of_token(&fixture.id).unwrap();
        let rotated = fixture.run(tokens.rotate(&fixture.id)).unwrap();
        fixture.call_with(rotated.credentials()).unwrap();
    }
}

#[test]
fn sessions_of_a_disabled_token_cannot_be_ended() {
    let fixture = Fixture::new();
    fixture.emulator.disable_token(&fixture.id).unwrap();
    let error = fixture.run(fixture.tokens().end_all_sessions_of_token(&fixture.id)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotActive));
}

#[test]
fn token_of_a_blocked_user_fails_verification() {
    let fixture = Fixture::with(AppTokenSeed::new().user("importer"));
    fixture.emulator.block_user(&"importer".into());
    let token = fixture.run(fixture.tokens().get(&fixture.id)).unwrap();
    assert_eq!(fixture.run(fixture.tokens().verify(&token)).unwrap_err().kind(), ErrorKind::UserBlocked);
    let failed = fixture.run(fixture.tokens().rotate(&fixture.id)).unwrap_err();
    assert_eq!((failed.step(), failed.new_token().is_some()), (RotationStep::Verify, true));
}
