//! The diagnosis of a login with an emulated server: which stage is blamed, and for what.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::time::Duration;

use kaltura_auth::runtime::Clock as _;
use kaltura_auth::source::FixedSession;
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, ErrorKind as LoginErrorKind, ServiceUrl, Session, SessionRequest,
    TransportError, TransportErrorKind, WireResponse, transport_fn,
};
use kaltura_client::diagnosis::{ConnectionFault, Diagnosis, Problem, Report, Severity, Stage};
use kaltura_client::{Client, ErrorKind, RetryPolicy};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, Fault, FaultRule, PartnerSeed};
use kaltura_ks::KsFields;
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AppTokenId, AppTokenValue, HashType, KsRefusal, Lifetime, PartnerId, Privileges, SessionType, UnixTime,
};

const PARTNER: PartnerId = PartnerId::new(1_234_567);
const NOW: i64 = 1_795_493_355;

struct Fixture {
    runtime: TestRuntime,
    emulator: Emulator,
}

impl Fixture {
    fn new(token: AppTokenSeed) -> Self {
        let emulator = Emulator::builder()
            .partner(PartnerSeed::new(PARTNER))
            .clock(Clock::frozen_at(UnixTime::from_seconds(NOW)))
            .random_seed(7)
            .app_token(token.id("0_importer"))
            .build()
            .unwrap();
        Self { runtime: TestRuntime::new(), emulator }
    }

    fn credentials(&self) -> AppTokenCredentials {
        self.emulator.app_token().credentials()
    }

    fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.credentials())
    }

    fn run(&self, diagnosis: &Diagnosis) -> Report {
        self.runtime.block_on(diagnosis.run(self.emulator.clone(), self.runtime.clone()))
    }

    /// The report of the usual login, whose first failure must be this one.
    #[track_caller]
    fn fails(&self, diagnosis: &Diagnosis, stage: Stage, problem: &Problem) -> Report {
        let report = self.run(diagnosis);
        let failed = report.first_failure().unwrap_or_else(|| panic!("{report}"));
        assert_eq!((failed.stage(), failed.problem()), (stage, Some(problem)), "{report}");
        check(&report);
        report
    }

    /// A client with an ADMIN session, which was signed by the local clock and lives for an hour.
    fn admin(&self) -> Client {
        let now = i64::try_from(self.runtime.unix_time().as_secs()).unwrap();
        let fields = KsFields::new(PARTNER, SessionType::Admin, UnixTime::from_seconds(now + 3_600));
        let ks = fields.sign_v2(self.emulator.admin_secret(), [7; 16]).unwrap();
        let source = FixedSession::new(Session::new(PARTNER, ks));
        Client::builder_with_source(ServiceUrl::US, source, self.emulator.clone(), self.runtime.clone())
            .retry(RetryPolicy::never())
            .build()
    }

    fn calls(&self) -> Vec<String> {
        self.emulator.calls().iter().map(|call| call.action().to_owned()).collect()
    }
}

/// What holds for each report: one finding for each stage, and a remedy exactly where something is wrong.
#[track_caller]
fn check(report: &Report) {
    let stages: Vec<Stage> = report.findings().iter().map(|finding| finding.stage()).collect();
    assert_eq!(stages, Stage::ALL, "{report}");
    for finding in report.findings() {
        let is_wrong = matches!(finding.severity(), Severity::Warning | Severity::Failed);
        assert_eq!(finding.remedy().is_some(), is_wrong, "{finding}");
        assert_eq!(finding.problem().is_some(), finding.severity() != Severity::Ok, "{finding}");
    }
    assert!(!format!("{report} {report:?}").contains("djJ8"), "{report}");
}

fn severities(report: &Report) -> Vec<Severity> {
    report.findings().iter().map(|finding| finding.severity()).collect()
}

#[test]
fn a_login_that_works_has_no_problems_and_costs_three_requests() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let report = fixture.run(&Diagnosis::new(fixture.login()));
    check(&report);
    assert_eq!(report.severity(), Severity::Ok, "{report}");
    assert!(report.first_failure().is_none());
    assert_eq!(report.finding(Stage::TokenState).unwrap().problem(), Some(&Problem::NoAdmin));
    assert_eq!(report.finding(Stage::Action).unwrap().problem(), Some(&Problem::NoAction));
    let login = ["session.startWidgetSession", "appToken.startSession", "session.startWidgetSession"];
    assert_eq!(fixture.calls(), login);

    fixture.emulator.forget_calls();
    let all = Diagnosis::new(fixture.login())
        .detect_hash_type()
        .admin(fixture.admin())
        .action("media.list".parse().unwrap());
    let report = fixture.run(&all);
    assert_eq!(severities(&report), [Severity::Ok; 9], "{report}");
    assert_eq!(fixture.calls(), [login[0], login[1], "appToken.get", login[2], "media.list"]);
}

#[test]
fn findings_are_passed_on_as_they_are_made() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let (diagnosis, mut seen) = (Diagnosis::new(fixture.login()), Vec::new());
    let run = diagnosis.run_with(fixture.emulator.clone(), fixture.runtime.clone(), |finding| {
        seen.push((finding.stage(), fixture.emulator.calls().len()));
    });
    let report = fixture.runtime.block_on(run);
    assert_eq!(seen.len(), report.findings().len());
    assert_eq!(seen[..4].iter().map(|(_, calls)| *calls).collect::<Vec<_>>(), [1; 4]);
    assert_eq!(seen[4], (Stage::Login, 2));
}

#[test]
fn each_refusal_of_a_token_is_blamed_on_the_login() {
    let expired = AppTokenSeed::new().expiry(UnixTime::from_seconds(NOW - 60));
    for (token, kind) in [
        (AppTokenSeed::new().duration(0), LoginErrorKind::ExpiredOnArrival),
        (expired, LoginErrorKind::TokenExpired),
    ] {
        let fixture = Fixture::new(token);
        let report =
            fixture.fails(&Diagnosis::new(fixture.login()), Stage::Login, &Problem::LoginRefused(kind));
        let failed = Problem::StageFailed(Stage::Login);
        assert_eq!(report.finding(Stage::Session).unwrap().problem(), Some(&failed));
        assert_eq!(report.finding(Stage::Login).unwrap().error().unwrap().kind(), ErrorKind::NoSession(kind));
    }
    let fixture = Fixture::new(AppTokenSeed::new());
    fixture.emulator.disable_token(&AppTokenId::new("0_importer")).unwrap();
    let refused = Problem::LoginRefused(LoginErrorKind::TokenNotActive);
    let diagnosis = Diagnosis::new(fixture.login()).admin(fixture.admin());
    let report = fixture.fails(&diagnosis, Stage::Login, &refused);
    // The token's state does not depend on the login.
    let state = report.finding(Stage::TokenState).unwrap();
    assert!(matches!(state.problem(), Some(Problem::TokenNotActive(_))), "{state}");
}

#[test]
fn an_unknown_partner_is_blamed_on_the_widget_session() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let other = AppTokenCredentials::new(PartnerId::new(7), "0_importer", "x", HashType::Sha256);
    let diagnosis = Diagnosis::new(AppTokenLogin::new(ServiceUrl::US, other));
    let unknown = Problem::LoginRefused(LoginErrorKind::UnknownWidget);
    let report = fixture.fails(&diagnosis, Stage::WidgetSession, &unknown);
    assert_eq!(fixture.calls().len(), 1, "{report}");
}

#[test]
fn other_hash_types_are_tried_only_when_requested() {
    let fixture = Fixture::new(AppTokenSeed::new().hash_type(HashType::Sha512));
    let wrong = fixture.credentials().with_hash_type(HashType::Sha256);
    let login = AppTokenLogin::new(ServiceUrl::US, wrong);
    let refused = Problem::LoginRefused(LoginErrorKind::InvalidTokenHash);
    fixture.fails(&Diagnosis::new(login.clone()), Stage::Login, &refused);
    assert_eq!(fixture.calls().len(), 2);

    fixture.emulator.forget_calls();
    let detects = Diagnosis::new(login.clone()).detect_hash_type();
    let other = Problem::OtherHashType { accepted: HashType::Sha512 };
    let report = fixture.fails(&detects, Stage::Login, &other);
    let stages_after = &severities(&report)[6..8];
    assert_eq!(stages_after, [Severity::Ok; 2], "the accepted session is used: {report}");
    let calls = fixture.calls();
    assert_eq!(calls.iter().filter(|call| *call == "appToken.startSession").count(), 3, "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "session.startWidgetSession").count(), 2, "{calls:?}");

    let report = fixture.run(&Diagnosis::new(login).hash_type_unknown());
    let detected = Problem::HashTypeDetected { accepted: HashType::Sha512 };
    assert_eq!(report.finding(Stage::Login).unwrap().problem(), Some(&detected));
    assert_eq!(report.severity(), Severity::Warning);

    let value = AppTokenValue::new("F".repeat(32));
    let wrong = AppTokenCredentials::new(PARTNER, "0_importer", value, HashType::Sha256);
    let detects = Diagnosis::new(AppTokenLogin::new(ServiceUrl::US, wrong)).detect_hash_type();
    let report = fixture.fails(&detects, Stage::Login, &Problem::NoHashTypeAccepted);
    let remedy = report.finding(Stage::Login).unwrap().remedy().unwrap();
    assert!(remedy.contains("the token value is wrong") && remedy.contains("uppercase"), "{remedy}");
}

#[test]
fn a_clock_that_is_ahead_is_not_blamed_on_the_token() {
    let fixture = Fixture::new(AppTokenSeed::new().duration(3_600));
    fixture.runtime.set_unix_time(Duration::from_secs((NOW + 30 * 86_400).unsigned_abs()));
    let report = fixture.run(&Diagnosis::new(fixture.login()).action("media.list".parse().unwrap()));
    let skew = Problem::ClockSkew { ahead_seconds: 30 * 86_400 };
    assert_eq!(report.finding(Stage::Clock).unwrap().problem(), Some(&skew));
    assert_eq!(report.severity(), Severity::Warning, "{report}");
    assert_eq!(report.finding(Stage::Session).unwrap().severity(), Severity::Ok, "{report}");
    assert_eq!(report.finding(Stage::Action).unwrap().severity(), Severity::Ok, "{report}");

    // A session that is signed by this clock is refused, and the clock is named.
    fixture.runtime.set_unix_time(Duration::from_secs((NOW - 30 * 86_400).unsigned_abs()));
    let report = fixture.run(&Diagnosis::new(fixture.login()).admin(fixture.admin()));
    let state = report.finding(Stage::TokenState).unwrap();
    assert_eq!(
        state.problem(),
        Some(&Problem::TokenUnreadable(ErrorKind::KsRefused(KsRefusal::Expired))),
        "{state}"
    );
    assert!(state.remedy().unwrap().contains("clock is 30 days behind the server's"), "{state}");
}

#[test]
fn an_adjusted_session_is_a_warning() {
    let fixture = Fixture::new(AppTokenSeed::new().user("alice").session_type(SessionType::User));
    let request = SessionRequest::new()
        .user_id("bob")
        .session_type(SessionType::Admin)
        .lifetime(Lifetime::hours(90 * 24))
        .privileges(Privileges::parse("edit:*"));
    let report = fixture.run(&Diagnosis::new(fixture.login().request(request)));
    let grant = report.finding(Stage::Grant).unwrap();
    assert!(matches!(grant.problem(), Some(Problem::Adjusted(all)) if all.len() == 4), "{grant}");
    for text in ["limited the session to 1 day (90 days requested)", "alice instead of bob", "not granted"] {
        assert!(grant.message().contains(text), "{grant}");
    }
    assert_eq!(grant.remedy().unwrap().matches("fixed user or type").count(), 1, "{grant}");
}

#[test]
fn a_session_that_the_server_refuses_is_found_out() {
    let with = |privileges: &str| Fixture::new(AppTokenSeed::new().privileges(privileges));
    let fixture = with("iprestrict:10.0.0.1");
    let restricted = ErrorKind::KsRefused(KsRefusal::IpRestricted);
    fixture.fails(&Diagnosis::new(fixture.login()), Stage::Session, &Problem::SessionRefused(restricted));

    let fixture = with("urirestrict:/api_v3/service/media/*");
    let report = fixture.run(&Diagnosis::new(fixture.login()).action("media.list".parse().unwrap()));
    assert_eq!(report.finding(Stage::Session).unwrap().problem(), Some(&Problem::RestrictedToPaths));
    assert_eq!(report.finding(Stage::Action).unwrap().severity(), Severity::Ok, "{report}");

    let fixture = with("");
    let session = fixture.runtime.block_on(fixture.login().run(&fixture.emulator)).unwrap();
    fixture.emulator.end_session(session.ks()).unwrap();
    fixture.emulator.forget_calls();
    let ended = ErrorKind::NoSession(LoginErrorKind::TokenGroupEnded);
    fixture.fails(&Diagnosis::new(fixture.login()), Stage::Session, &Problem::SessionRefused(ended));
    let calls = fixture.calls();
    assert_eq!(calls.iter().filter(|call| *call == "appToken.startSession").count(), 1, "{calls:?}");
}

#[test]
fn an_action_is_allowed_or_not() {
    let fixture = Fixture::new(AppTokenSeed::new().session_type(SessionType::User));
    let with = |fixture: &Fixture, action: &str| {
        fixture.run(&Diagnosis::new(fixture.login()).action(action.parse().unwrap()))
    };
    for action in ["appToken.list", "appToken.get"] {
        let report = with(&fixture, action);
        let finding = report.finding(Stage::Action).unwrap();
        assert_eq!(finding.problem(), Some(&Problem::ActionForbidden));
        assert_eq!(finding.message(), format!("the session is not allowed to call {action}"));
    }
    let report = with(&fixture, "nosuch.list");
    assert_eq!(report.finding(Stage::Action).unwrap().problem(), Some(&Problem::NoSuchAction));

    let admin = Fixture::new(AppTokenSeed::new().session_type(SessionType::Admin));
    let report = with(&admin, "appToken.get");
    assert_eq!(
        report.finding(Stage::Action).unwrap().message(),
        "appToken.get is allowed: the server answered APP_TOKEN_ID_NOT_FOUND for an id that does not exist"
    );
    assert_eq!(admin.calls()[3..], ["appToken.get", "appToken.get"]);
}

#[test]
fn an_error_without_an_id_in_the_call_speaks_of_no_id() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let refusal =
        r#"{"code":"ENTRY_ID_NOT_FOUND","message":"","objectType":"KalturaAPIException","args":[]}"#;
    let emulator = fixture.emulator.clone();
    let transport = transport_fn(move |request: kaltura_auth::WireRequest| {
        let emulator = emulator.clone();
        async move {
            use kaltura_auth::Transport as _;
            match request.service() {
                "flavorAsset" => Ok(WireResponse::new(200, refusal)),
                _ => emulator.send(request).await,
            }
        }
    });
    let diagnosis = Diagnosis::new(fixture.login()).action("flavorAsset.list".parse().unwrap());
    let report = fixture.runtime.block_on(diagnosis.run(transport, fixture.runtime.clone()));
    assert_eq!(
        report.finding(Stage::Action).unwrap().message(),
        "flavorAsset.list is allowed: the server answered ENTRY_ID_NOT_FOUND"
    );
}

#[test]
fn a_user_session_without_entries_is_told_what_it_needs_to_list_all() {
    for (token, is_told) in [
        (AppTokenSeed::new().session_type(SessionType::User), true),
        (AppTokenSeed::new().session_type(SessionType::Admin), false),
        (AppTokenSeed::new().privileges("list:*"), false),
    ] {
        let fixture = Fixture::new(token);
        let report = fixture.run(&Diagnosis::new(fixture.login()).action("media.list".parse().unwrap()));
        let message = report.finding(Stage::Action).unwrap().message();
        assert_eq!(message.contains("the app token needs list:*"), is_told, "{message}");
    }
}

#[test]
fn a_server_that_is_not_kaltura_is_named_with_its_status() {
    for (fault, text) in [
        (Fault::HtmlPage(200), "an HTML page"),
        (Fault::HtmlPage(503), "HTTP 503"),
        (Fault::Status(502), "HTTP 502"),
        (Fault::Xml, "XML"),
    ] {
        let fixture = Fixture::new(AppTokenSeed::new());
        fixture.emulator.inject(FaultRule::new(fault));
        let report = fixture.fails(&Diagnosis::new(fixture.login()), Stage::Api, &Problem::NotKaltura);
        assert!(report.finding(Stage::Api).unwrap().message().contains(text), "{report}");
        assert_eq!(report.finding(Stage::Connection).unwrap().severity(), Severity::Ok);
        assert_eq!(fixture.calls().len(), 1);
    }
    let fixture = Fixture::new(AppTokenSeed::new());
    let redirects = transport_fn(|_| async {
        Ok(WireResponse::new(302, "").with_header("Location", "https://user:hush@example.com/login?ks=hush"))
    });
    let diagnosis = Diagnosis::new(fixture.login());
    let report = fixture.runtime.block_on(diagnosis.run(redirects, fixture.runtime.clone()));
    let api = report.finding(Stage::Api).unwrap();
    assert!(api.remedy().unwrap().ends_with("It leads to https://example.com/login."), "{api}");
    assert!(!format!("{report} {report:?}").contains("hush"));
}

#[test]
fn no_connection_is_named_by_its_cause() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let refuses = transport_fn(|_| async {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        Err(TransportError::new(TransportErrorKind::Connect, refused))
    });
    let diagnosis = Diagnosis::new(fixture.login());
    let report = fixture.runtime.block_on(diagnosis.run(refuses, fixture.runtime.clone()));
    check(&report);
    let connection = report.finding(Stage::Connection).unwrap();
    assert_eq!(connection.problem(), Some(&Problem::Connection(ConnectionFault::Refused)));
    let error = connection.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Transport(TransportErrorKind::Connect));
    assert_eq!(severities(&report)[1..], [Severity::Skipped; 8], "{report}");
}

#[test]
fn a_lost_connection_is_tried_again_once() {
    let fixture = Fixture::new(AppTokenSeed::new());
    fixture.emulator.inject(FaultRule::new(Fault::Reset).nth(1));
    let report = fixture.run(&Diagnosis::new(fixture.login()));
    assert_eq!(report.severity(), Severity::Ok, "{report}");
}

#[test]
fn without_credentials_the_server_and_the_account_are_checked() {
    let fixture = Fixture::new(AppTokenSeed::new());
    let report = fixture.run(&Diagnosis::of_server(ServiceUrl::US));
    check(&report);
    assert_eq!(report.finding(Stage::Api).unwrap().severity(), Severity::Ok, "{report}");
    assert_eq!(report.finding(Stage::WidgetSession).unwrap().problem(), Some(&Problem::NoPartnerId));

    let account = Diagnosis::of_server(ServiceUrl::US)
        .partner_id(PARTNER)
        .app_token_id("0_importer")
        .admin(fixture.admin());
    let report = fixture.run(&account);
    check(&report);
    assert_eq!(report.finding(Stage::WidgetSession).unwrap().severity(), Severity::Ok, "{report}");
    assert_eq!(report.finding(Stage::Login).unwrap().problem(), Some(&Problem::NoCredentials));
    assert_eq!(report.finding(Stage::TokenState).unwrap().severity(), Severity::Ok, "{report}");

    let missing = Diagnosis::of_server(ServiceUrl::US)
        .partner_id(PARTNER)
        .app_token_id("0_nosuch00")
        .admin(fixture.admin());
    let report = fixture.run(&missing);
    assert_eq!(report.finding(Stage::TokenState).unwrap().problem(), Some(&Problem::TokenNotFound));
}
