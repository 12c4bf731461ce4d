//! The clients against an emulated server, for as long as it takes: what happens to a session in a long life, and what
//! its callers are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_auth::manager::Phase;
use kaltura_auth::runtime::Clock as _;
use kaltura_auth::source::{PartnerSecretSource, SecretLogin};
use kaltura_auth::{
    AppTokenLogin, BlockingTransport, ErrorKind as AuthErrorKind, ServiceUrl, SessionRequest, Transport,
    TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
};
use kaltura_client::{BlockingClient, CallOptions, Client, Error, ErrorKind, RawAction, RetryPolicy};
use kaltura_emulator::{
    AppTokenSeed, Clock, Emulator, EmulatorBuilder, Fault, FaultRule, PartnerSeed, RateLimit,
};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{AppTokenId, KsRefusal, PartnerId, UnixTime};
use serde_json::Value;

const PARTNER: PartnerId = PartnerId::new(1_234_567);
const OTHER_PARTNER: PartnerId = PartnerId::new(7_654_321);

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// A server, and a client's time. Both clocks go together, unless the test moves the server's alone.
#[derive(Clone)]
struct Stage {
    runtime: TestRuntime,
    emulator: Arc<Mutex<Emulator>>,
    /// The server's clock is so much ahead.
    ahead: Arc<Mutex<Duration>>,
}

impl Stage {
    fn new() -> Self {
        Self::with(|emulator| emulator.app_token(AppTokenSeed::new().duration(3600)))
    }

    fn with(make: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let builder = Emulator::builder().partner(PartnerSeed::new(PARTNER).admin_secret("first"));
        let builder = builder.partner(PartnerSeed::new(OTHER_PARTNER)).random_seed(1);
        let start = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap());
        let emulator = make(builder.clock(Clock::frozen_at(start))).build().unwrap();
        let emulator = Arc::new(Mutex::new(emulator));
        Self { runtime: TestRuntime::new(), emulator, ahead: Arc::default() }
    }

    fn emulator(&self) -> Emulator {
        self.emulator.lock().unwrap().clone()
    }

    fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.emulator().app_token().credentials())
    }

    fn client(&self) -> Client {
        Client::builder(self.login(), self.clone(), self.runtime.clone()).build()
    }

    fn blocking_client(&self) -> BlockingClient {
        let runtime = self.runtime.clone();
        BlockingClient::builder(self.login(), self.clone(), self.runtime.clone())
            .sleep(move |wait| runtime.advance(wait))
            .build()
    }

    fn call(&self, client: &Client) -> Result<Value, Error> {
        self.runtime.block_on(client.call(&list()))
    }

    fn count(&self, action: &str) -> usize {
        self.emulator().calls().count(action)
    }

    fn id(&self) -> AppTokenId {
        self.emulator().app_token().id().clone()
    }

    fn carry(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let emulator = self.emulator();
        let now = self.runtime.unix_time() + *self.ahead.lock().unwrap();
        emulator.clock().set(UnixTime::from_seconds(i64::try_from(now.as_secs()).unwrap()));
        BlockingTransport::send(&emulator, request)
    }
}

#[async_trait]
impl Transport for Stage {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.carry(request)
    }
}

impl BlockingTransport for Stage {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.carry(request)
    }
}

fn list() -> RawAction {
    RawAction::new("media", "list")
}

#[test]
fn a_day_of_calls_need_a_login_each_hour_and_see_no_error() {
    for cache in [false, true] {
        let stage = Stage::new();
        stage.emulator().set_response_cache(cache);
        let (client, threads) = (stage.client(), stage.blocking_client());
        for _ in 0..24 * 60 {
            stage.call(&client).unwrap();
            threads.call(&list()).unwrap();
            stage.runtime.run_for(seconds(60));
        }
        let calls = stage.emulator().calls();
        assert!(calls.iter().all(|call| call.succeeded()));
        // Of each of the two clients.
        let logins = calls.count("appToken.startSession");
        assert!((48..=56).contains(&logins), "{logins}");
        assert!(calls.count("session.startWidgetSession") <= 4);
    }
}

#[test]
fn a_session_that_the_server_thinks_is_over_is_replaced_in_the_same_call() {
    let stage = Stage::new();
    let (client, threads) = (stage.client(), stage.blocking_client());
    stage.call(&client).unwrap();
    threads.call(&list()).unwrap();
    *stage.ahead.lock().unwrap() = seconds(4000);
    stage.call(&client).unwrap();
    threads.call(&list()).unwrap();
    assert_eq!((stage.count("media.list"), stage.count("appToken.startSession")), (6, 4));
}

#[test]
fn a_session_that_somebody_ended_is_replaced() {
    let stage = Stage::new();
    let (partner, secret) = (stage.emulator().partner_id(), stage.emulator().admin_secret().clone());
    let source = PartnerSecretSource::new(SecretLogin::admin(ServiceUrl::US, partner, secret), stage.clone());
    let client =
        Client::builder_with_source(ServiceUrl::US, source, stage.clone(), stage.runtime.clone()).build();
    stage.call(&client).unwrap();
    let session = stage.runtime.block_on(client.session()).unwrap();
    stage.emulator().end_session(session.ks()).unwrap();
    stage.call(&client).unwrap();
    assert_eq!((stage.count("media.list"), stage.count("session.start")), (3, 2));
}

#[test]
fn an_app_token_whose_sessions_somebody_ended_is_ended_for_good() {
    let stage = Stage::new();
    let (client, threads) = (stage.client(), stage.blocking_client());
    stage.call(&client).unwrap();
    let session = stage.runtime.block_on(client.session()).unwrap();
    threads.call(&list()).unwrap();
    stage.emulator().end_session(session.ks()).unwrap();
    for _ in 0..20 {
        for error in [stage.call(&client).unwrap_err(), threads.call(&list()).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
            assert!(error.hint().contains("Make a new token"), "{}", error.hint());
        }
    }
    // Two logins each, and no more for all the others who call.
    assert_eq!(stage.count("appToken.startSession"), 4);
}

#[test]
fn a_token_that_is_deleted_is_told() {
    let stage = Stage::new();
    let (client, threads) = (stage.client(), stage.blocking_client());
    stage.call(&client).unwrap();
    threads.call(&list()).unwrap();
    stage.emulator().delete_token(&stage.id()).unwrap();
    for _ in 0..5 {
        for error in [stage.call(&client).unwrap_err(), threads.call(&list()).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotFound));
        }
    }
}

#[test]
fn a_token_that_is_disabled_is_told_when_its_session_is_over_and_heals() {
    let stage = Stage::new();
    let client = stage.client();
    stage.call(&client).unwrap();
    stage.emulator().disable_token(&stage.id()).unwrap();
    stage.runtime.run_for(seconds(3590));
    stage.call(&client).unwrap();
    stage.runtime.run_for(seconds(20));
    let error = stage.call(&client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotActive));
    stage.emulator().enable_token(&stage.id()).unwrap();
    stage.runtime.run_for(seconds(16 * 60));
    stage.call(&client).unwrap();
}

#[test]
fn a_token_that_is_past_its_end_is_told() {
    let end = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap() + 1000);
    let stage = Stage::with(|emulator| emulator.app_token(AppTokenSeed::new().duration(3600).expiry(end)));
    let client = stage.client();
    for _ in 0..99 {
        stage.call(&client).unwrap();
        stage.runtime.run_for(seconds(10));
    }
    stage.runtime.run_for(seconds(20));
    let error = stage.call(&client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenExpired));
    assert_eq!(client.status().phase, Phase::None);
}

#[test]
fn a_session_with_few_actions_is_replaced_when_they_are_used_up() {
    let few = AppTokenSeed::new().privileges("actionslimit:3");
    let stage = Stage::with(|emulator| emulator.app_token(few));
    let client = stage.client();
    for _ in 0..10 {
        stage.call(&client).unwrap();
        stage.runtime.run_for(seconds(30));
    }
    assert_eq!(stage.count("appToken.startSession"), 4);
}

#[test]
fn a_blocked_user_and_a_blocked_partner_are_told_and_the_session_is_kept() {
    let stage = Stage::with(|emulator| emulator.app_token(AppTokenSeed::new().user("importer")));
    let client = stage.client();
    stage.call(&client).unwrap();
    stage.emulator().block_user(&"importer".into());
    assert_eq!(stage.call(&client).unwrap_err().kind(), ErrorKind::UserBlocked);
    stage.emulator().unblock_user(&"importer".into());
    stage.emulator().block_partner();
    assert_eq!(stage.call(&client).unwrap_err().kind(), ErrorKind::PartnerBlocked);
    stage.emulator().unblock_partner();
    stage.call(&client).unwrap();
    assert_eq!(stage.count("appToken.startSession"), 1);
}

#[test]
fn restrictions_of_a_session_are_told_and_the_session_is_kept() {
    for (privilege, refusal) in [
        ("iprestrict:192.0.2.1", KsRefusal::AddressRestricted),
        ("urirestrict:/api_v3/service/baseEntry/*", KsRefusal::UriRestricted),
    ] {
        let stage = Stage::with(|emulator| emulator.app_token(AppTokenSeed::new().privileges(privilege)));
        let client = stage.client();
        for _ in 0..3 {
            assert_eq!(stage.call(&client).unwrap_err().kind(), ErrorKind::KsRefused(refusal));
        }
        assert_eq!(stage.count("appToken.startSession"), 1);
        assert_eq!(client.status().phase, Phase::Fresh);
    }
}

/// The same server, whose partner has another admin secret now: no KS of before can be read.
fn rotate_the_secret(stage: &Stage) {
    let before = stage.emulator();
    let token =
        AppTokenSeed::new().id(before.app_token().id().clone()).value(before.app_token().value().clone());
    let partner = PartnerSeed::new(PARTNER).admin_secret("second");
    let builder = Emulator::builder().partner(partner).app_token(token).clock(before.clock());
    *stage.emulator.lock().unwrap() = builder.build().unwrap();
}

#[test]
fn an_app_token_outlives_the_partners_secret() {
    let stage = Stage::new();
    let (client, threads) = (stage.client(), stage.blocking_client());
    stage.call(&client).unwrap();
    threads.call(&list()).unwrap();
    rotate_the_secret(&stage);
    stage.call(&client).unwrap();
    threads.call(&list()).unwrap();
}

#[test]
fn who_logs_in_with_the_partners_old_secret_is_told_so() {
    let stage = Stage::new();
    let (partner, secret) = (stage.emulator().partner_id(), stage.emulator().admin_secret().clone());
    let source = PartnerSecretSource::new(SecretLogin::admin(ServiceUrl::US, partner, secret), stage.clone());
    let client =
        Client::builder_with_source(ServiceUrl::US, source, stage.clone(), stage.runtime.clone()).build();
    stage.call(&client).unwrap();
    rotate_the_secret(&stage);
    for _ in 0..5 {
        let error = stage.call(&client).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::InvalidSecret));
    }
    assert_eq!((stage.count("media.list"), stage.count("session.start")), (1, 1));
}

#[test]
fn two_hundred_tasks_of_twenty_users_share_one_widget_session() {
    for cache in [false, true] {
        let stage = Stage::new();
        stage.emulator().set_response_cache(cache);
        let client = stage.client();
        stage.runtime.block_on(client.prefetch()).unwrap();
        let tasks = (0..200).map(|task| {
            let user = SessionRequest::new().user_id(format!("user-{}", task % 20));
            let client = client.login_as(user).unwrap();
            async move { client.call(&list()).await }
        });
        let answers = stage.runtime.block_on(futures_util::future::join_all(tasks));
        assert!(answers.iter().all(Result::is_ok));
        let calls = stage.emulator().calls();
        assert_eq!(calls.count("session.startWidgetSession"), 1);
        assert_eq!(calls.count("appToken.startSession"), 1 + 20);
        let users: BTreeSet<_> =
            calls.of("appToken.startSession").filter_map(|call| call.parameter("userId")).collect();
        let sessions: BTreeSet<_> =
            calls.of("media.list").map(|call| format!("{:?}", call.ks_fingerprint())).collect();
        assert_eq!((users.len(), sessions.len()), (20, 20));
    }
}

#[test]
fn another_partner_is_served_if_the_session_may_act_for_it() {
    let stage = Stage::new();
    let client = stage.client();
    let acting_for = |partner| {
        let options = CallOptions::new().partner(partner);
        stage.runtime.block_on(client.call_with(&list(), &options)).map_err(|error| error.kind())
    };
    assert!(acting_for(PARTNER).is_ok());
    assert_eq!(acting_for(OTHER_PARTNER), Err(ErrorKind::Forbidden));
    assert_eq!(acting_for(PartnerId::new(99)), Err(ErrorKind::PartnerBlocked));
    assert_eq!(client.status().phase, Phase::Fresh);
}

#[test]
fn a_call_without_a_session_is_forbidden_what_needs_one() {
    let stage = Stage::new();
    let client = stage.client();
    let options = CallOptions::new().anonymous();
    let error = stage.runtime.block_on(client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(!stage.emulator().calls().last("media.list").unwrap().had_ks());
    assert_eq!(stage.emulator().calls().len(), 1);
}

#[test]
fn what_goes_wrong_on_the_way_is_repeated_only_if_that_is_safe() {
    for (fault, kind) in [
        (Fault::Status(503), ErrorKind::Unavailable),
        (Fault::HtmlPage(502), ErrorKind::Unavailable),
        (Fault::EmptyBody, ErrorKind::Unavailable),
        (Fault::TruncatedBody, ErrorKind::Unavailable),
        (Fault::Reset, ErrorKind::Transport(TransportErrorKind::Io)),
        (Fault::CutBody, ErrorKind::Transport(TransportErrorKind::Io)),
        (Fault::Slow(seconds(61)), ErrorKind::Transport(TransportErrorKind::Timeout)),
        (Fault::Xml, ErrorKind::NotKaltura),
        (Fault::HtmlPage(200), ErrorKind::NotKaltura),
    ] {
        let stage = Stage::new();
        let (client, threads) = (stage.client(), stage.blocking_client());
        let inject = || stage.emulator().inject(FaultRule::new(fault.clone()).on("media.list").nth(1));
        inject();
        assert_eq!(stage.call(&client).unwrap_err().kind(), kind, "{fault:?}");
        inject();
        assert_eq!(threads.call(&list()).unwrap_err().kind(), kind, "{fault:?}");
        inject();
        let options = CallOptions::new().repeatable();
        let again = stage.runtime.block_on(client.call_with(&list(), &options));
        assert_eq!(again.is_ok(), kind != ErrorKind::NotKaltura, "{fault:?}");
    }
}

#[test]
fn a_rate_limit_is_waited_for() {
    let stage = Stage::new();
    stage.emulator().set_rate_limits([RateLimit::new("media.list", 1, seconds(3))]);
    let patient = RetryPolicy::default().tries(50).waits(seconds(1), seconds(2));
    let builder = Client::builder(stage.login(), stage.clone(), stage.runtime.clone());
    let client = builder.retry(patient).build();
    let begun = stage.runtime.monotonic();
    for _ in 0..4 {
        stage.call(&client).unwrap();
    }
    assert!((8..30).contains(&(stage.runtime.monotonic() - begun).as_secs()));
    assert!(stage.emulator().calls().of("media.list").any(|call| !call.succeeded()));

    stage.emulator().set_rate_limits([RateLimit::new("media.list", 0, seconds(3600))]);
    let threads = stage.blocking_client();
    assert_eq!(threads.call(&list()).unwrap_err().kind(), ErrorKind::RateLimited);
}

#[test]
fn the_server_is_asked_whether_it_accepts_the_session() {
    for cache in [false, true] {
        let stage = Stage::new();
        stage.emulator().set_response_cache(cache);
        let (client, threads) = (stage.client(), stage.blocking_client());
        for _ in 0..3 {
            stage.runtime.block_on(client.verify_session()).unwrap();
            threads.verify_session().unwrap();
        }
        let proofs = stage.emulator().calls();
        let proofs: Vec<_> = proofs.of("session.startWidgetSession").filter(|call| call.had_ks()).collect();
        assert_eq!(proofs.len(), 6);
        assert!(proofs.iter().all(|proof| !proof.was_cached() && proof.has_parameter("nocache")));

        let session = stage.runtime.block_on(client.session()).unwrap();
        stage.emulator().end_session(session.ks()).unwrap();
        let ended = ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded);
        assert_eq!(stage.runtime.block_on(client.verify_session()).unwrap_err().kind(), ended);
        assert_eq!(threads.verify_session().unwrap_err().kind(), ended);
    }
}

#[test]
fn a_session_may_be_refused_for_its_user_or_its_role() {
    let stage = Stage::with(|emulator| emulator.app_token(AppTokenSeed::new().user("importer")));
    let client = stage.client();
    stage.emulator().block_user(&"importer".into());
    let verify =
        |client: &Client| stage.runtime.block_on(client.verify_session()).map_err(|error| error.kind());
    assert_eq!(verify(&client), Err(ErrorKind::UserBlocked));
    stage.emulator().unblock_user(&"importer".into());
    assert_eq!(verify(&client), Ok(()));
    let stage = Stage::with(|emulator| emulator.app_token(AppTokenSeed::new().privileges("setrole:NO_SUCH")));
    let kind = stage.runtime.block_on(stage.client().verify_session()).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::UnknownRole);
}
