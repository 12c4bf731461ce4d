//! App tokens as a service, against an emulated server: made, listed, changed, replaced, and shut.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, ErrorKind as AuthErrorKind, ServiceUrl, SessionRequest,
};
use kaltura_client::app_tokens::{AppTokens, BlockingAppTokens, RotatedToken, RotationError, RotationStep};
use kaltura_client::{BlockingClient, Client, Error, ErrorKind, RawAction, RetryPolicy};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, Fault, FaultRule, PartnerSeed};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenOrder, AppTokenStatus, HashType, KsRefusal,
    Lifetime, Pager, PartnerId, Privileges, SessionType, UnixTime,
};

const PARTNER: PartnerId = PartnerId::new(1_234_567);
const NOW: i64 = 1_795_493_355;

/// A server with two tokens: the operator's, and the one that this is about.
struct Stage {
    runtime: TestRuntime,
    emulator: Emulator,
    id: AppTokenId,
}

impl Stage {
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

    fn client_of(&self, token: AppTokenCredentials) -> Client {
        Client::builder(self.login(token), self.emulator.clone(), self.runtime.clone()).build()
    }

    fn client(&self) -> Client {
        self.client_of(self.emulator.app_token().credentials())
    }

    fn tokens(&self) -> AppTokens {
        self.client().app_tokens()
    }

    fn blocking_tokens(&self) -> BlockingAppTokens {
        let login = self.login(self.emulator.app_token().credentials());
        let builder = BlockingClient::builder(login, self.emulator.clone(), self.runtime.clone());
        builder.retry(RetryPolicy::never()).build().app_tokens()
    }

    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn ids(&self) -> BTreeSet<AppTokenId> {
        self.run(self.tokens().list(AppTokenFilter::new()).map_ok(|token| token.id).try_collect()).unwrap()
    }

    /// What comes of a call with this token.
    fn use_of(&self, credentials: &AppTokenCredentials) -> Result<(), Error> {
        let client = self.client_of(credentials.clone());
        self.run(client.call(&RawAction::new("media", "list"))).map(drop)
    }

    fn credentials(&self) -> AppTokenCredentials {
        AppTokenCredentials::of(&self.run(self.tokens().get(&self.id)).unwrap()).unwrap()
    }
}

#[test]
fn a_token_is_made_used_changed_and_deleted() {
    let stage = Stage::new();
    let tokens = stage.tokens();
    let draft = AppTokenDraft::new()
        .description("nightly import")
        .session_user_id("importer")
        .session_type(SessionType::User)
        .session_duration(Lifetime::hours(1))
        .session_privileges(&Privileges::parse("list:*"))
        .expiry(UnixTime::from_seconds(NOW + 86_400));
    let token = stage.run(tokens.add(draft)).unwrap();
    assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
    assert_eq!(token.status, AppTokenStatus::Active.into());
    assert_eq!(token.session_user_id.as_ref().unwrap().as_str(), "importer");
    assert_eq!(token.session_duration.unwrap().get(), 3600);
    let credentials = AppTokenCredentials::of(&token).unwrap();
    stage.use_of(&credentials).unwrap();

    let changed = AppTokenDraft::new().description("import").never_expires();
    let changed = stage.run(tokens.update(&token.id, changed)).unwrap();
    assert_eq!((changed.description.as_deref(), changed.expiry), (Some("import"), None));
    assert_eq!(changed.session_privileges.unwrap().to_string(), "list:*", "the rest stays");
    assert_eq!(stage.run(tokens.get(&token.id)).unwrap().token, token.token);

    stage.run(tokens.delete(&token.id)).unwrap();
    assert_eq!(stage.run(tokens.get(&token.id)).unwrap_err().kind(), ErrorKind::NotFound);
    let gone = ErrorKind::NoSession(AuthErrorKind::TokenNotFound);
    assert_eq!(stage.use_of(&credentials).unwrap_err().kind(), gone);
}

#[test]
fn threads_have_it_too() {
    let stage = Stage::new();
    let tokens = stage.blocking_tokens();
    let token = tokens.add(AppTokenDraft::new().description("one")).unwrap();
    assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
    tokens.prove(&token).unwrap();
    let changed = tokens.update(&token.id, AppTokenDraft::new().description("two")).unwrap();
    assert_eq!(changed.description.as_deref(), Some("two"));
    assert_eq!(tokens.get(&token.id).unwrap().description.as_deref(), Some("two"));
    let listed: Vec<AppTokenId> = tokens.list(AppTokenFilter::new()).map(|token| token.unwrap().id).collect();
    assert!(listed.contains(&token.id) && listed.len() == 3);
    assert_eq!(tokens.page(AppTokenFilter::new(), Pager::page(1)).unwrap().total_count, 3);
    let rotated = tokens.rotate(&token.id).unwrap();
    stage.use_of(rotated.credentials()).unwrap();
    tokens.end_all_sessions_of_token(&rotated.token().id).unwrap();
    assert!(stage.use_of(rotated.credentials()).is_err());
    tokens.delete(rotated.old_id()).unwrap();
    assert_eq!(tokens.get(&token.id).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn who_is_no_administrator_may_do_nothing_of_it() {
    let stage = Stage::with(AppTokenSeed::new().session_type(SessionType::User));
    let tokens = stage.client_of(stage.credentials()).app_tokens();
    let id = &stage.id;
    let kinds = [
        stage.run(tokens.add(AppTokenDraft::new())).unwrap_err().kind(),
        stage.run(tokens.get(id)).unwrap_err().kind(),
        stage.run(tokens.update(id, AppTokenDraft::new())).unwrap_err().kind(),
        stage.run(tokens.delete(id)).unwrap_err().kind(),
        stage.run(tokens.list(AppTokenFilter::new()).next()).unwrap().unwrap_err().kind(),
        stage.run(tokens.rotate(id)).unwrap_err().error().kind(),
        stage.run(tokens.end_all_sessions_of_token(id)).unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Forbidden; 7]);
}

/// Adds tokens, three in each second.
fn add_many(stage: &Stage, count: usize) {
    for number in 0..count {
        stage.emulator.add_app_token(AppTokenSeed::new()).unwrap();
        if number % 3 == 0 {
            stage.emulator.clock().advance(std::time::Duration::from_secs(1));
        }
    }
}

#[test]
fn all_pages_come_as_one_stream() {
    let stage = Stage::new();
    add_many(&stage, 1200);
    let all: Vec<AppToken> = stage.run(stage.tokens().list(AppTokenFilter::new()).try_collect()).unwrap();
    assert_eq!(all.len(), 1202);
    let ids: BTreeSet<&AppTokenId> = all.iter().map(|token| &token.id).collect();
    assert_eq!(ids.len(), 1202);
    assert!(all.is_sorted_by_key(|token| token.created_at));
    assert_eq!(stage.emulator.calls().count("appToken.list"), 3);
    let blocking: Vec<AppTokenId> =
        stage.blocking_tokens().list(AppTokenFilter::new()).map(|token| token.unwrap().id).collect();
    assert_eq!(blocking, all.into_iter().map(|token| token.id).collect::<Vec<_>>());
}

#[test]
fn a_page_is_asked_for_when_it_is_needed() {
    let stage = Stage::new();
    add_many(&stage, 1200);
    let mut tokens = stage.tokens().list(AppTokenFilter::new());
    stage.run(async {
        while tokens.next().await.is_some_and(|token| token.unwrap().id.as_str() != "0_operator") {}
    });
    assert_eq!(stage.emulator.calls().count("appToken.list"), 1);
}

#[test]
fn who_deletes_while_he_lists_misses_none() {
    let stage = Stage::new();
    add_many(&stage, 1200);
    let tokens = stage.tokens();
    stage.run(async {
        let mut all = tokens.list(AppTokenFilter::new());
        while let Some(token) = all.try_next().await.unwrap() {
            if token.id.as_str() != "0_operator" {
                tokens.delete(&token.id).await.unwrap();
            }
        }
    });
    assert_eq!(stage.ids().into_iter().collect::<Vec<_>>(), [AppTokenId::new("0_operator")]);
}

#[test]
fn a_list_may_be_of_some_tokens_and_a_page_at_a_time() {
    let stage = Stage::new();
    add_many(&stage, 69);
    let tokens = stage.tokens();
    let importer = stage.run(tokens.add(AppTokenDraft::new().session_user_id("importer"))).unwrap();
    let of_importer = || AppTokenFilter::new().session_user_id("importer");
    let found: Vec<AppToken> = stage.run(tokens.list(of_importer()).try_collect()).unwrap();
    assert_eq!(found.iter().map(|token| &token.id).collect::<Vec<_>>(), [&importer.id]);
    let nobody: Vec<AppToken> =
        stage.run(tokens.list(AppTokenFilter::new().session_user_id("nobody")).try_collect()).unwrap();
    assert!(nobody.is_empty());

    let newest = || AppTokenFilter::new().order_by(AppTokenOrder::NewestFirst);
    let page = |number| stage.run(tokens.page(newest(), Pager::page(number).with_size(50))).unwrap();
    let (first, second, beyond) = (page(1), page(2), page(3));
    assert_eq!((first.total_count, first.objects.len(), second.objects.len()), (72, 50, 22));
    assert!(beyond.objects.is_empty() && first.objects[0].created_at > second.objects[0].created_at);
}

#[test]
fn a_twin_has_the_settings_of_the_old_one_and_both_work_until_the_old_one_is_deleted() {
    let settings = AppTokenSeed::new()
        .hash_type(HashType::Md5)
        .session_type(SessionType::User)
        .user("importer")
        .duration(1800)
        .privileges("list:*,sview:*")
        .expiry(UnixTime::from_seconds(NOW + 9999))
        .description("nightly");
    for cache in [false, true] {
        let stage = Stage::with(settings.clone());
        stage.emulator.set_response_cache(cache);
        let (tokens, old) = (stage.tokens(), stage.credentials());
        let rotated: RotatedToken = stage.run(tokens.rotate(&stage.id)).unwrap();
        let (before, after) = (stage.run(tokens.get(&stage.id)).unwrap(), rotated.token());
        assert_ne!((&before.id, &before.token), (&after.id, &after.token));
        let all = |token: &AppToken| {
            let privileges = token.session_privileges.as_ref().unwrap().to_string();
            let (user, kind) = (token.session_user_id.clone(), token.session_type.clone());
            (
                token.hash_type.clone(),
                kind,
                user,
                token.session_duration,
                privileges,
                token.expiry,
                token.description.clone(),
            )
        };
        assert_eq!(all(&before), all(after));
        assert_eq!(rotated.session().user_id().unwrap().as_str(), "importer");

        stage.use_of(&old).unwrap();
        stage.use_of(rotated.credentials()).unwrap();
        assert!(!format!("{rotated:?}").contains(after.token.expose()));
        stage.run(tokens.delete(rotated.old_id())).unwrap();
        assert!(stage.use_of(&old).is_err());
        stage.use_of(rotated.credentials()).unwrap();
    }
}

#[test]
fn a_step_that_fails_loses_nothing() {
    use RotationStep::{MakeTwin, ProveTwin, ReadOld};
    let lost = |action: &str| FaultRule::new(Fault::Status(503)).on(action);
    let cases = [
        (lost("appToken.get"), ReadOld, false),
        (lost("appToken.add").before_the_action(), MakeTwin, false),
        (FaultRule::new(Fault::Reset).on("appToken.add"), MakeTwin, false),
        (lost("session.startWidgetSession").calls(2..=9), ProveTwin, true),
        (lost("appToken.startSession").calls(2..=9), ProveTwin, true),
        (
            FaultRule::new(Fault::PlainString("x".to_owned())).on("session.startWidgetSession").calls(3..=9),
            ProveTwin,
            true,
        ),
    ];
    for (number, (rule, step, has_twin)) in cases.into_iter().enumerate() {
        for blocking in [false, true] {
            let stage = Stage::new();
            let old = stage.emulator.add_app_token(AppTokenSeed::new().id("0_old")).unwrap();
            let (tokens, threads) = (stage.tokens(), stage.blocking_tokens());
            stage.emulator.inject(rule.clone());
            let failed: RotationError = if blocking {
                threads.rotate(old.id()).unwrap_err()
            } else {
                stage.run(tokens.rotate(old.id())).unwrap_err()
            };
            assert_eq!((failed.step(), failed.twin().is_some()), (step, has_twin), "{number} {blocking}");
            assert!(std::error::Error::source(&failed).is_some());
            assert!(failed.to_string().contains("0_old was not rotated"), "{failed}");

            // When the trouble is over, the old one works, and so does the twin, if there is one.
            stage.emulator.clear_faults();
            stage.use_of(&old.credentials()).unwrap();
            if let Some(twin) = failed.twin() {
                let session = stage.run(stage.tokens().prove(twin)).unwrap();
                assert_eq!(session.partner_id(), PARTNER);
                assert!(!format!("{failed} {failed:?}").contains(twin.token.expose()));
            }
        }
    }
}

#[test]
fn a_token_that_is_not_there_is_not_rotated() {
    let stage = Stage::new();
    let before = stage.ids();
    let failed = stage.run(stage.tokens().rotate(&AppTokenId::new("0_nosuch01"))).unwrap_err();
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::ReadOld, ErrorKind::NotFound));
    assert_eq!(stage.ids(), before);
}

#[test]
fn a_twin_may_differ_where_the_old_one_is_at_its_end() {
    let stage = Stage::with(AppTokenSeed::new().expiry(UnixTime::from_seconds(NOW - 10)));
    let tokens = stage.tokens();
    let failed = stage.run(tokens.rotate(&stage.id)).unwrap_err();
    let expired = ErrorKind::NoSession(AuthErrorKind::TokenExpired);
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::ProveTwin, expired));

    let changes = AppTokenDraft::new().never_expires().description("for good");
    let rotated = stage.run(tokens.rotate_with(&stage.id, changes)).unwrap();
    let token = rotated.token();
    assert_eq!((token.expiry, token.description.as_deref()), (None, Some("for good")));
    stage.use_of(rotated.credentials()).unwrap();

    let later = AppTokenDraft::new().expiry(UnixTime::from_seconds(NOW + 500));
    let threads = stage.blocking_tokens();
    assert_eq!(
        threads.rotate_with(&stage.id, later).unwrap().token().expiry,
        Some(UnixTime::from_seconds(NOW + 500))
    );

    let zero = AppTokenDraft::new().expiry(UnixTime::from_seconds(0));
    let failed = stage.run(tokens.rotate_with(&stage.id, zero)).unwrap_err();
    assert_eq!((failed.step(), failed.error().kind()), (RotationStep::MakeTwin, ErrorKind::InvalidCall));
}

#[test]
fn a_token_that_makes_dead_sessions_gets_a_twin_that_makes_live_ones() {
    let stage = Stage::with(AppTokenSeed::new().duration(0));
    let dead = stage.run(stage.tokens().get(&stage.id)).unwrap();
    let error = stage.run(stage.tokens().prove(&dead)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::ExpiredOnArrival));
    let rotated = stage.run(stage.tokens().rotate(&stage.id)).unwrap();
    stage.use_of(rotated.credentials()).unwrap();
}

#[test]
fn ending_all_sessions_of_a_token_ends_those_to_come_too_and_no_others() {
    for cache in [false, true] {
        let stage = Stage::new();
        stage.emulator.set_response_cache(cache);
        let (tokens, credentials) = (stage.tokens(), stage.credentials());
        let user = stage.client_of(credentials.clone());
        let media = RawAction::new("media", "list");
        stage.run(user.call(&media)).unwrap();
        let token = stage.run(tokens.get(&stage.id)).unwrap();
        stage.run(tokens.prove(&token)).unwrap();

        stage.run(tokens.end_all_sessions_of_token(&stage.id)).unwrap();
        let ended = ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded);
        assert_eq!(stage.run(user.call(&media)).unwrap_err().kind(), ended);
        assert_eq!(stage.use_of(&credentials).unwrap_err().kind(), ended, "a new one is dead as well");
        let refused = ErrorKind::KsRefused(KsRefusal::LoggedOut);
        assert_eq!(stage.run(tokens.prove(&token)).unwrap_err().kind(), refused);
        // The operator goes on, and may say it again.
        stage.run(tokens.end_all_sessions_of_token(&stage.id)).unwrap();
        stage.blocking_tokens().end_all_sessions_of_token(&stage.id).unwrap();
        let rotated = stage.run(tokens.rotate(&stage.id)).unwrap();
        stage.use_of(rotated.credentials()).unwrap();
    }
}

#[test]
fn a_token_that_starts_no_sessions_can_not_end_them() {
    let stage = Stage::new();
    stage.emulator.disable_token(&stage.id).unwrap();
    let error = stage.run(stage.tokens().end_all_sessions_of_token(&stage.id)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotActive));
}

#[test]
fn a_session_of_a_disabled_user_is_no_proof() {
    let stage = Stage::with(AppTokenSeed::new().user("importer"));
    stage.emulator.block_user(&"importer".into());
    let token = stage.run(stage.tokens().get(&stage.id)).unwrap();
    assert_eq!(stage.run(stage.tokens().prove(&token)).unwrap_err().kind(), ErrorKind::UserBlocked);
    let failed = stage.run(stage.tokens().rotate(&stage.id)).unwrap_err();
    assert_eq!((failed.step(), failed.twin().is_some()), (RotationStep::ProveTwin, true));
}
