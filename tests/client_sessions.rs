//! The clients with an emulated server, in simulated time: when their sessions are replaced, and which errors their
//! callers get.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use kaltura_auth::manager::{Event, Phase, observer_fn};
use kaltura_auth::runtime::Clock as _;
use kaltura_auth::source::{PartnerSecretLogin, PartnerSecretSource};
use kaltura_auth::{
    AppTokenLogin, ErrorKind as AuthErrorKind, ServiceUrl, SessionRequest, Transport, TransportError,
    TransportErrorKind, WireRequest, WireResponse, async_trait, blocking::Transport as BlockingTransport,
    transport_fn,
};
use kaltura_client::{CallOptions, Client, Error, ErrorKind, RawAction, RetryPolicy};
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

/// An emulated server and the client's runtime. Their clocks advance together, plus `server_ahead`.
#[derive(Clone)]
struct Fixture {
    runtime: TestRuntime,
    emulator: Arc<Mutex<Emulator>>,
    /// How many seconds the server's clock is ahead of the client's.
    server_ahead: Arc<Mutex<i64>>,
}

impl Fixture {
    fn new() -> Self {
        Self::with(|emulator| emulator.app_token(AppTokenSeed::new().duration(3600)))
    }

    fn with(configure: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let builder = Emulator::builder().partner(PartnerSeed::new(PARTNER).admin_secret("first"));
        let builder = builder.partner(PartnerSeed::new(OTHER_PARTNER)).random_seed(1);
        let start = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap());
        let emulator = configure(builder.clock(Clock::frozen_at(start))).build().unwrap();
        let emulator = Arc::new(Mutex::new(emulator));
        Self { runtime: TestRuntime::new(), emulator, server_ahead: Arc::default() }
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

    fn blocking_client(&self) -> kaltura_client::blocking::Client {
        let runtime = self.runtime.clone();
        kaltura_client::blocking::Client::builder(self.login(), self.clone(), self.runtime.clone())
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

    /// Sets the server's clock and delivers the request.
    fn send_with_clock(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let emulator = self.emulator();
        let now = UnixTime::from_seconds(i64::try_from(self.runtime.unix_time().as_secs()).unwrap());
        emulator.clock().set(now.plus_seconds(*self.server_ahead.lock().unwrap()));
        BlockingTransport::send(&emulator, request)
    }
}

#[async_trait]
impl Transport for Fixture {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.send_with_clock(request)
    }
}

impl BlockingTransport for Fixture {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.send_with_clock(request)
    }
}

fn list() -> RawAction {
    RawAction::new("media", "list")
}

#[test]
fn day_of_calls_costs_one_login_an_hour_and_no_error() {
    for cache in [false, true] {
        let fixture = Fixture::new();
        fixture.emulator().set_response_cache(cache);
        let (client, blocking) = (fixture.client(), fixture.blocking_client());
        for _ in 0..24 * 60 {
            fixture.call(&client).unwrap();
            blocking.call(&list()).unwrap();
            fixture.runtime.run_for(seconds(60));
        }
        let calls = fixture.emulator().calls();
        assert!(calls.iter().all(|call| call.succeeded()));
        // For both clients together.
        let logins = calls.count("appToken.startSession");
        assert!((48..=56).contains(&logins), "{logins}");
        assert!(calls.count("session.startWidgetSession") <= 4);
    }
}

#[test]
fn session_expired_on_the_server_is_replaced_within_the_call() {
    let fixture = Fixture::new();
    let (client, blocking) = (fixture.client(), fixture.blocking_client());
    fixture.call(&client).unwrap();
    blocking.call(&list()).unwrap();
    *fixture.server_ahead.lock().unwrap() = 4000;
    fixture.call(&client).unwrap();
    blocking.call(&list()).unwrap();
    assert_eq!((fixture.count("media.list"), fixture.count("appToken.startSession")), (6, 4));
}

#[test]
fn ended_session_is_replaced_within_the_call() {
    let fixture = Fixture::new();
    let (partner, secret) = (fixture.emulator().partner_id(), fixture.emulator().admin_secret().clone());
    let source =
        PartnerSecretSource::new(PartnerSecretLogin::admin(ServiceUrl::US, partner, secret), fixture.clone());
    let client =
        Client::builder_with_source(ServiceUrl::US, source, fixture.clone(), fixture.runtime.clone()).build();
    fixture.call(&client).unwrap();
    let session = fixture.runtime.block_on(client.session()).unwrap();
    fixture.emulator().end_session(session.ks()).unwrap();
    fixture.call(&client).unwrap();
    assert_eq!((fixture.count("media.list"), fixture.count("session.start")), (3, 2));
}

#[test]
fn ended_app_token_group_is_an_error_for_every_call() {
    let fixture = Fixture::new();
    let (client, blocking) = (fixture.client(), fixture.blocking_client());
    fixture.call(&client).unwrap();
    let session = fixture.runtime.block_on(client.session()).unwrap();
    blocking.call(&list()).unwrap();
    fixture.emulator().end_session(session.ks()).unwrap();
    for _ in 0..20 {
        for error in [fixture.call(&client).unwrap_err(), blocking.call(&list()).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded));
            assert!(error.hint().contains("Create a new token"), "{}", error.hint());
        }
    }
    // Two logins for each client, and none for the later calls.
    assert_eq!(fixture.count("appToken.startSession"), 4);
}

#[test]
fn deleted_token_is_reported() {
    let fixture = Fixture::new();
    let (client, blocking) = (fixture.client(), fixture.blocking_client());
    fixture.call(&client).unwrap();
    blocking.call(&list()).unwrap();
    fixture.emulator().delete_token(&fixture.id()).unwrap();
    for _ in 0..5 {
        for error in [fixture.call(&client).unwrap_err(), blocking.call(&list()).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotFound));
        }
    }
}

#[test]
fn disabled_token_is_reported_after_its_session_expired_and_works_again_when_enabled() {
    let fixture = Fixture::new();
    let client = fixture.client();
    fixture.call(&client).unwrap();
    fixture.emulator().disable_token(&fixture.id()).unwrap();
    fixture.runtime.run_for(seconds(3590));
    fixture.call(&client).unwrap();
    fixture.runtime.run_for(seconds(20));
    let error = fixture.call(&client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenNotActive));
    fixture.emulator().enable_token(&fixture.id()).unwrap();
    fixture.runtime.run_for(seconds(16 * 60));
    fixture.call(&client).unwrap();
}

#[test]
fn expired_token_is_reported() {
    let end = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap() + 1000);
    let fixture =
        Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().duration(3600).expiry(end)));
    let client = fixture.client();
    for _ in 0..99 {
        fixture.call(&client).unwrap();
        fixture.runtime.run_for(seconds(10));
    }
    fixture.runtime.run_for(seconds(20));
    let error = fixture.call(&client).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::TokenExpired));
    assert_eq!(client.status().phase, Phase::None);
}

#[test]
fn session_is_replaced_when_its_actions_limit_is_reached() {
    let few = AppTokenSeed::new().privileges("actionslimit:3");
    let fixture = Fixture::with(|emulator| emulator.app_token(few));
    let client = fixture.client();
    for _ in 0..10 {
        fixture.call(&client).unwrap();
        fixture.runtime.run_for(seconds(30));
    }
    assert_eq!(fixture.count("appToken.startSession"), 4);
}

#[test]
fn blocked_user_or_partner_is_reported_and_the_session_is_kept() {
    let fixture = Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().user("importer")));
    let client = fixture.client();
    fixture.call(&client).unwrap();
    fixture.emulator().block_user(&"importer".into());
    assert_eq!(fixture.call(&client).unwrap_err().kind(), ErrorKind::UserBlocked);
    fixture.emulator().unblock_user(&"importer".into());
    fixture.emulator().block_partner();
    assert_eq!(fixture.call(&client).unwrap_err().kind(), ErrorKind::PartnerBlocked);
    fixture.emulator().unblock_partner();
    fixture.call(&client).unwrap();
    assert_eq!(fixture.count("appToken.startSession"), 1);
}

#[test]
fn restriction_of_a_session_is_reported_and_the_session_is_kept() {
    for (privilege, refusal) in [
        ("iprestrict:192.0.2.1", KsRefusal::IpRestricted),
        ("urirestrict:/api_v3/service/baseEntry/*", KsRefusal::UriRestricted),
    ] {
        let fixture = Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().privileges(privilege)));
        let client = fixture.client();
        for _ in 0..3 {
            assert_eq!(fixture.call(&client).unwrap_err().kind(), ErrorKind::KsRefused(refusal));
        }
        assert_eq!(fixture.count("appToken.startSession"), 1);
        assert_eq!(client.status().phase, Phase::Fresh);
    }
}

/// Replaces the server by one whose partner has a new admin secret, so that it cannot open any earlier KS.
fn rotate_the_secret(fixture: &Fixture) {
    let before = fixture.emulator();
    let token =
        AppTokenSeed::new().id(before.app_token().id().clone()).value(before.app_token().value().clone());
    let partner = PartnerSeed::new(PARTNER).admin_secret("second");
    let builder = Emulator::builder().partner(partner).app_token(token).clock(before.clock());
    *fixture.emulator.lock().unwrap() = builder.build().unwrap();
}

#[test]
fn app_token_survives_a_change_of_the_partner_secret() {
    let fixture = Fixture::new();
    let (client, blocking) = (fixture.client(), fixture.blocking_client());
    fixture.call(&client).unwrap();
    blocking.call(&list()).unwrap();
    rotate_the_secret(&fixture);
    fixture.call(&client).unwrap();
    blocking.call(&list()).unwrap();
}

#[test]
fn login_with_the_old_partner_secret_is_an_error() {
    let fixture = Fixture::new();
    let (partner, secret) = (fixture.emulator().partner_id(), fixture.emulator().admin_secret().clone());
    let source =
        PartnerSecretSource::new(PartnerSecretLogin::admin(ServiceUrl::US, partner, secret), fixture.clone());
    let client =
        Client::builder_with_source(ServiceUrl::US, source, fixture.clone(), fixture.runtime.clone()).build();
    fixture.call(&client).unwrap();
    rotate_the_secret(&fixture);
    for _ in 0..5 {
        let error = fixture.call(&client).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSession(AuthErrorKind::InvalidSecret));
    }
    assert_eq!((fixture.count("media.list"), fixture.count("session.start")), (1, 1));
}

#[test]
fn concurrent_tasks_of_many_users_share_one_widget_session() {
    for cache in [false, true] {
        let fixture = Fixture::new();
        fixture.emulator().set_response_cache(cache);
        let client = fixture.client();
        fixture.runtime.block_on(client.prefetch()).unwrap();
        let tasks = (0..200).map(|task| {
            let user = SessionRequest::new().user_id(format!("user-{}", task % 20));
            let client = client.login_as(user).unwrap();
            async move { client.call(&list()).await }
        });
        let results = fixture.runtime.block_on(futures_util::future::join_all(tasks));
        assert!(results.iter().all(Result::is_ok));
        let calls = fixture.emulator().calls();
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
fn call_for_another_partner_is_refused() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let call_for = |partner| {
        let options = CallOptions::new().partner(partner);
        fixture.runtime.block_on(client.call_with(&list(), &options)).map_err(|error| error.kind())
    };
    assert!(call_for(PARTNER).is_ok());
    assert_eq!(call_for(OTHER_PARTNER), Err(ErrorKind::Forbidden));
    assert_eq!(call_for(PartnerId::new(99)), Err(ErrorKind::PartnerBlocked));
    assert_eq!(client.status().phase, Phase::Fresh);
}

#[test]
fn anonymous_call_sends_no_ks_and_is_forbidden() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let options = CallOptions::new().anonymous();
    let error = fixture.runtime.block_on(client.call_with(&list(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(!fixture.emulator().calls().last("media.list").unwrap().had_ks());
    assert_eq!(fixture.emulator().calls().len(), 1);
}

#[test]
fn failed_call_is_repeated_only_if_it_is_repeatable() {
    let once = CallOptions::new().repeatable(false);
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
        let fixture = Fixture::new();
        let (client, blocking) = (fixture.client(), fixture.blocking_client());
        let inject = || fixture.emulator().inject(FaultRule::new(fault.clone()).on("media.list").nth(1));
        inject();
        let failed = fixture.runtime.block_on(client.call_with(&list(), &once));
        assert_eq!(failed.unwrap_err().kind(), kind, "{fault:?}");
        inject();
        assert_eq!(blocking.call_with(&list(), &once).unwrap_err().kind(), kind, "{fault:?}");
        inject();
        assert_eq!(blocking.call(&list()).is_ok(), kind != ErrorKind::NotKaltura, "{fault:?}");
        inject();
        assert_eq!(fixture.call(&client).is_ok(), kind != ErrorKind::NotKaltura, "{fault:?}");
    }
}

#[test]
fn rate_limited_call_waits_and_is_retried() {
    let fixture = Fixture::new();
    fixture.emulator().set_rate_limits([RateLimit::new("media.list", 1, seconds(3))]);
    let patient = RetryPolicy::default().max_attempts(50).backoff(seconds(1), seconds(2));
    let builder = Client::builder(fixture.login(), fixture.clone(), fixture.runtime.clone());
    let client = builder.retry(patient).build();
    let start = fixture.runtime.monotonic();
    for _ in 0..4 {
        fixture.call(&client).unwrap();
    }
    assert!((8..30).contains(&(fixture.runtime.monotonic() - start).as_secs()));
    assert!(fixture.emulator().calls().of("media.list").any(|call| !call.succeeded()));

    fixture.emulator().set_rate_limits([RateLimit::new("media.list", 0, seconds(3600))]);
    let blocking = fixture.blocking_client();
    assert_eq!(blocking.call(&list()).unwrap_err().kind(), ErrorKind::RateLimited);
}

#[test]
fn verify_session_asks_the_server_past_its_cache() {
    for cache in [false, true] {
        let fixture = Fixture::new();
        fixture.emulator().set_response_cache(cache);
        let (client, blocking) = (fixture.client(), fixture.blocking_client());
        for _ in 0..3 {
            fixture.runtime.block_on(client.verify_session()).unwrap();
            blocking.verify_session().unwrap();
        }
        let verifications = fixture.emulator().calls();
        let verifications: Vec<_> =
            verifications.of("session.startWidgetSession").filter(|call| call.had_ks()).collect();
        assert_eq!(verifications.len(), 6);
        assert!(
            verifications
                .iter()
                .all(|verification| !verification.was_cached() && verification.has_parameter("nocache"))
        );

        let session = fixture.runtime.block_on(client.session()).unwrap();
        fixture.emulator().end_session(session.ks()).unwrap();
        let ended = ErrorKind::NoSession(AuthErrorKind::TokenGroupEnded);
        assert_eq!(fixture.runtime.block_on(client.verify_session()).unwrap_err().kind(), ended);
        assert_eq!(blocking.verify_session().unwrap_err().kind(), ended);
    }
}

#[test]
fn verify_session_reports_a_blocked_user_and_an_unknown_role() {
    let fixture = Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().user("importer")));
    let client = fixture.client();
    fixture.emulator().block_user(&"importer".into());
    let verify =
        |client: &Client| fixture.runtime.block_on(client.verify_session()).map_err(|error| error.kind());
    assert_eq!(verify(&client), Err(ErrorKind::UserBlocked));
    fixture.emulator().unblock_user(&"importer".into());
    assert_eq!(verify(&client), Ok(()));
    let fixture =
        Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().privileges("setrole:NO_SUCH")));
    let kind = fixture.runtime.block_on(fixture.client().verify_session()).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::UnknownRole);
}

const START_WIDGET_SESSION: &str = "session.startWidgetSession";
const START_SESSION: &str = "appToken.startSession";

#[test]
fn one_unavailable_login_delays_ten_thousand_calls_and_fails_none() {
    // The first login, the backoff, and the second login, which reuses the widget session if there is one.
    for (faulty, widget_sessions, sessions) in [(START_WIDGET_SESSION, 2, 1), (START_SESSION, 1, 2)] {
        let fixture = Fixture::new();
        fixture.emulator().inject(FaultRule::new(Fault::Status(503)).on(faulty).times(1));
        // Only the logins are emulated: the other calls are many.
        let server = fixture.clone();
        let transport = transport_fn(move |request: WireRequest| {
            let response = match request.action() {
                "list" => Ok(WireResponse::new(200, "1")),
                _ => server.send_with_clock(request),
            };
            async { response }
        });
        let client = Client::builder(fixture.login(), transport, fixture.runtime.clone()).build();
        let (list, start) = (list(), fixture.runtime.monotonic());
        let calls = join_all((0..10_000).map(|_| client.call(&list)));
        assert!(fixture.runtime.block_on(calls).iter().all(Result::is_ok));
        let logins = (fixture.count(START_WIDGET_SESSION), fixture.count(START_SESSION));
        assert_eq!(logins, (widget_sessions, sessions));
        let delay = fixture.runtime.monotonic() - start;
        assert!((Duration::from_millis(500)..=seconds(1)).contains(&delay), "{delay:?}");
    }
}

#[test]
fn reset_login_is_sent_again_on_a_fresh_connection_without_a_delay() {
    for faulty in [START_WIDGET_SESSION, START_SESSION] {
        let fixture = Fixture::new();
        fixture.emulator().inject(FaultRule::new(Fault::Reset).on(faulty).times(1));
        let start = fixture.runtime.monotonic();
        fixture.call(&fixture.client()).unwrap();
        assert_eq!(fixture.runtime.monotonic(), start);
    }
}

#[test]
fn with_faults_at_one_login_in_ten_no_call_fails_that_has_time() {
    let fixture = Fixture::with(|emulator| emulator.app_token(AppTokenSeed::new().duration(10)));
    for (action, fault) in [
        (START_SESSION, Fault::Status(503)),
        (START_WIDGET_SESSION, Fault::Status(502)),
        (START_SESSION, Fault::Reset),
    ] {
        fixture.emulator().inject(FaultRule::new(fault).on(action).probability(0.1));
    }
    let failed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&failed);
    let observer = observer_fn(move |event, _| {
        if matches!(event, Event::LoginFailed { .. }) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let builder = Client::builder(fixture.login(), fixture.clone(), fixture.runtime.clone());
    let (client, blocking, list) = (builder.observer(observer).build(), fixture.blocking_client(), list());
    for round in 0..500 {
        let calls = join_all((0..5).map(|_| client.call(&list)));
        for result in fixture.runtime.block_on(calls) {
            assert!(result.is_ok(), "round {round}: {result:?}");
        }
        assert!(blocking.call(&list).is_ok(), "round {round}");
        fixture.runtime.run_for(seconds(15));
    }
    let failed = failed.load(Ordering::SeqCst);
    assert!(failed > 30, "only {failed} logins failed");
}

#[test]
fn login_and_verification_work_with_a_clock_that_is_a_day_wrong() {
    for ahead in [-86_400, 86_400] {
        let fixture = Fixture::new();
        *fixture.server_ahead.lock().unwrap() = ahead;
        let (client, blocking) = (fixture.client(), fixture.blocking_client());
        for _ in 0..3 {
            fixture.runtime.block_on(client.verify_session()).unwrap();
            blocking.verify_session().unwrap();
            fixture.call(&client).unwrap();
            fixture.runtime.run_for(seconds(1200));
        }
        assert_eq!(fixture.count(START_SESSION), 2, "one for each client");
    }
}

#[test]
fn sessions_of_one_call_each_work_but_do_not_cause_a_login_storm() {
    let limited = |emulator: EmulatorBuilder| {
        emulator.app_token(AppTokenSeed::new().duration(3600).privileges("actionslimit:1"))
    };
    let (fixture, twin) = (Fixture::with(limited), Fixture::with(limited));
    let (client, blocking) = (fixture.client(), twin.blocking_client());
    for _ in 0..4 {
        fixture.call(&client).unwrap();
        blocking.call(&list()).unwrap();
    }
    for fixture in [&fixture, &twin] {
        let took = fixture.runtime.monotonic() - TestRuntime::new().monotonic();
        assert!(took >= Duration::from_millis(1500), "two backoffs of up to 1 s and up to 2 s: {took:?}");
        assert_eq!(fixture.count(START_SESSION), 4);
    }
}
