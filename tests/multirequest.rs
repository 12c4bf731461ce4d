//! Multirequests with an emulated server: references between calls, sessions, and failures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::time::Duration;

use kaltura_auth::manager::Phase;
use kaltura_auth::{
    AppTokenLogin, ServiceUrl, SessionRequest, WireRequest, WireResponse, blocking::Transport as _,
};
use kaltura_client::multirequest::{Handle, InvalidMultirequest, UnresolvedReason};
use kaltura_client::{CallError, Client, ErrorKind, Multirequest, RawAction, Subrequest};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, Fault, FaultRule, PartnerSeed};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenId, AppTokenList, DeleteAppToken, GetAppToken, GetSession,
    HashType, ListAppTokens, PartnerId, SessionType, StartSession, StartWidgetSession, UnixTime,
    UpdateAppToken, WidgetId,
};
use serde_json::{Value, json};

const PARTNER: PartnerId = PartnerId::new(1_234_567);

struct Fixture {
    runtime: TestRuntime,
    emulator: Emulator,
}

impl Fixture {
    fn new() -> Self {
        Self::with(AppTokenSeed::new())
    }

    fn with(token: AppTokenSeed) -> Self {
        let start = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap());
        let builder = Emulator::builder().partner(PartnerSeed::new(PARTNER)).app_token(token);
        let emulator = builder.clock(Clock::frozen_at(start)).random_seed(1).build().unwrap();
        Self { runtime: TestRuntime::new(), emulator }
    }

    fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(ServiceUrl::US, self.emulator.app_token().credentials())
            .request(SessionRequest::new().session_type(SessionType::Admin))
    }

    fn client(&self) -> Client {
        Client::builder(self.login(), self.emulator.clone(), self.runtime.clone()).build()
    }

    /// Sends a multirequest without the checks of the client.
    fn send_raw(&self, client: &Client, calls: &[Value]) -> WireResponse {
        let session = self.runtime.block_on(client.session()).unwrap();
        let mut body = json!({"format": 1, "ks": session.ks().expose()});
        for (number, call) in (1..).zip(calls) {
            body[i32::to_string(&number)] = call.clone();
        }
        let url = ServiceUrl::US.multirequest_url();
        self.emulator.send(WireRequest::new(url, "multirequest", "null", body.to_string())).unwrap()
    }
}

fn get(id: &AppTokenId) -> GetAppToken {
    GetAppToken::new(id.clone())
}

fn missing() -> GetAppToken {
    GetAppToken::new(AppTokenId::new("0_nosuch01"))
}

#[test]
fn token_is_added_and_read_by_reference_in_one_request() {
    for cache in [false, true] {
        let fixture = Fixture::new();
        fixture.emulator.set_response_cache(cache);
        let client = fixture.client();
        let mut batch = Multirequest::new();
        let added = batch.add(AddAppToken::new(AppTokenDraft::new().hash_type(HashType::Sha512)));
        let read = batch.add(RawAction::new("appToken", "get").refer("id", added.reference("id")));
        let draft = AppTokenDraft::new().description("updated");
        let update = UpdateAppToken::new(AppTokenId::new("-"), draft);
        let updated = batch.add(Subrequest::new(update).refer("id", added.reference("id")));
        let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();

        let added: AppToken = results.take(added).unwrap();
        let read: Value = results.take(read).unwrap();
        let updated: AppToken = results.take(updated).unwrap();
        assert_eq!(
            (read["id"].as_str(), read["hashType"].as_str()),
            (Some(added.id.as_str()), Some("SHA512"))
        );
        assert_eq!((updated.id, updated.description.as_deref()), (added.id, Some("updated")));
        assert!(results.unresolved_references().is_empty());
    }
}

#[test]
fn reference_can_read_list_items_and_set_members_of_parameters() {
    let fixture = Fixture::new();
    let second = fixture.emulator.add_app_token(AppTokenSeed::new().id("0_second01")).unwrap();
    let client = fixture.client();
    let mut batch = Multirequest::new();
    let all = batch.add(ListAppTokens::new());
    let item = |index| all.reference("objects").item(index).member("id");
    let by_item = batch.add(RawAction::new("appToken", "get").refer("id", item(1)).nocache());
    let every = all.reference("objects").each().member("id");
    let by_each = batch.add(Subrequest::new(ListAppTokens::new()).refer("filter.idIn", every));
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.take(by_item).unwrap()["id"], second.id().as_str());
    let both: AppTokenList = results.take(by_each).unwrap();
    assert_eq!(both.objects.len(), 2);
    let sent = fixture.emulator.calls();
    assert_eq!(sent.last("appToken.get").unwrap().parameter("id"), Some("0_second01"));
}

#[test]
fn session_started_in_the_batch_serves_later_calls() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let mut batch = Multirequest::new();
    let start = StartSession::admin(PARTNER, fixture.emulator.admin_secret().clone()).user_id("operator");
    let started = batch.add(Subrequest::new(start).anonymous());
    let whoami = batch.add(Subrequest::new(GetSession::current()).refer("ks", started.whole()));
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.take(whoami).unwrap().user_id.unwrap().as_str(), "operator");
    assert_eq!(fixture.emulator.calls().len(), 2, "the client did not log in");
}

#[test]
fn call_can_have_its_own_session_or_none() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let partner = fixture.emulator.partner_id();
    let start = StartSession::admin(partner, fixture.emulator.admin_secret().clone()).user_id("operator");
    let operator = fixture.runtime.block_on(client.call(&start)).unwrap().into_ks();
    let mut batch = Multirequest::new();
    let own = batch.add(GetSession::current());
    let other = batch.add(Subrequest::new(GetSession::current()).ks(operator));
    let none = batch.add(Subrequest::new(GetSession::current()).anonymous());
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
    let user = |info: kaltura_types::SessionInfo| info.user_id.map(|user| user.as_str().to_owned());
    assert_ne!(user(results.take(own).unwrap()).as_deref(), Some("operator"));
    assert_eq!(user(results.take(other).unwrap()).as_deref(), Some("operator"));
    assert_eq!(results.take(none).unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(client.status().phase, Phase::Fresh);
}

#[test]
fn reference_to_a_failed_result_is_empty_and_the_later_call_still_runs() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let mut batch = Multirequest::new();
    let failed = batch.add(missing());
    // With an empty filter this lists all tokens instead of one.
    let list =
        batch.add(Subrequest::new(ListAppTokens::new()).refer("filter.idEqual", failed.reference("id")));
    let user = Subrequest::new(ListAppTokens::new()).refer("ks", failed.reference("ks"));
    let without = batch.add(user);
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();

    let void: Vec<_> = results
        .unresolved_references()
        .iter()
        .map(|void| (void.number(), void.target(), void.reason()))
        .collect();
    assert_eq!(
        void,
        [(2, "filter.idEqual", UnresolvedReason::CallFailed), (3, "ks", UnresolvedReason::CallFailed)]
    );
    assert_eq!(results.take(failed).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(results.take(list).is_ok(), "the call was executed");
    assert_eq!(
        results.take(without).unwrap_err().kind(),
        ErrorKind::Forbidden,
        "an empty `ks` means no session"
    );
    assert_eq!(fixture.emulator.calls().count("appToken.list"), 2);
}

#[test]
fn parameter_that_reads_as_a_reference_is_rejected() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let description = "{1:result:token}";
    let draft = || AppTokenDraft::new().description(description);
    let own = fixture.emulator.app_token();

    // The server resolves the text as a reference.
    let calls = [
        json!({"service": "appToken", "action": "get", "id": own.id().as_str()}),
        json!({"service": "appToken", "action": "add", "appToken": {"description": description}}),
    ];
    let response: Value = serde_json::from_slice(fixture.send_raw(&client, &calls).body()).unwrap();
    assert_eq!(response[1]["description"], own.value().expose(), "the token value became the description");

    fixture.emulator.forget_calls();
    let mut batch = Multirequest::new();
    batch.add(get(own.id()));
    batch.add(AddAppToken::new(draft()));
    let error = fixture.runtime.block_on(client.multirequest(batch)).unwrap_err();
    let mistake = InvalidMultirequest::ReferenceInjection { number: 2, parameter: "appToken".to_owned() };
    assert_eq!(error.call_error(), Some(&CallError::Multirequest(mistake)));
    assert!(fixture.emulator.calls().is_empty());
    // In a single call it is ordinary text.
    let added = fixture.runtime.block_on(client.call(&AddAppToken::new(draft()))).unwrap();
    assert_eq!(added.description.as_deref(), Some(description));
}

#[test]
fn reference_that_would_fail_the_whole_request_is_rejected() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let calls = [
        json!({"service": "appToken", "action": "get", "id": "0_nosuch01"}),
        json!({"service": "appToken", "action": "get", "id": "{1:result:message}"}),
    ];
    assert_eq!(fixture.send_raw(&client, &calls).status(), 500);
    let mut batch = Multirequest::new();
    let first = batch.add(missing());
    batch.add(RawAction::new("appToken", "get").refer("id", first.reference("message")));
    let error = fixture.runtime.block_on(client.multirequest(batch)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
}

#[test]
fn failed_calls_do_not_stop_the_others() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let mut batch = Multirequest::new();
    let handles: Vec<Handle<AppToken>> = (0..60)
        .map(|number| {
            batch.add(if number % 3 == 0 { missing() } else { get(fixture.emulator.app_token().id()) })
        })
        .collect();
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.failures().count(), 20);
    for (number, handle) in handles.into_iter().enumerate() {
        assert_eq!(results.take(handle).is_err(), number % 3 == 0, "{number}");
    }
}

#[test]
fn batch_with_an_expired_session_is_sent_again_as_a_whole() {
    let fixture = Fixture::with(AppTokenSeed::new().duration(3600));
    let client = fixture.client();
    fixture.runtime.block_on(client.prefetch()).unwrap();
    fixture.emulator.clock().advance(Duration::from_secs(4000));
    let mut batch = Multirequest::new();
    let added = batch.add(AddAppToken::new(AppTokenDraft::new()));
    let read = batch.add(RawAction::new("appToken", "get").refer("id", added.reference("id")));
    let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
    assert!(results.take(added).is_ok() && results.take(read).is_ok());
    assert!(results.unresolved_references().is_empty(), "only the second response counts");
    let calls = fixture.emulator.calls();
    assert_eq!(calls.of("appToken.add").filter(|call| call.succeeded()).count(), 1);
    assert_eq!(calls.count("appToken.startSession"), 2);
}

#[test]
fn batch_is_one_action_of_the_actions_limit() {
    let fixture = Fixture::with(AppTokenSeed::new().privileges("actionslimit:1"));
    let client = fixture.client();
    let add_five = || {
        let mut batch = Multirequest::new();
        let handles: Vec<Handle<AppToken>> =
            (0..5).map(|_| batch.add(AddAppToken::new(AppTokenDraft::new()))).collect();
        let mut results = fixture.runtime.block_on(client.multirequest(batch)).unwrap();
        assert!(handles.into_iter().all(|handle| results.take(handle).is_ok()));
    };
    add_five();
    assert_eq!(fixture.emulator.calls().count("appToken.startSession"), 1);
    // The session has no action left: the whole batch is refused, and sent again with a new session.
    add_five();
    let calls = fixture.emulator.calls();
    assert_eq!(calls.count("appToken.startSession"), 2);
    assert_eq!(calls.of("appToken.add").filter(|call| call.succeeded()).count(), 10);
    assert_eq!(calls.count("appToken.add"), 15);
}

#[test]
fn batch_that_may_have_been_executed_is_not_sent_again() {
    let fixture = Fixture::new();
    let client = fixture.client();
    fixture.runtime.block_on(client.prefetch()).unwrap();
    fixture.emulator.inject(FaultRule::new(Fault::Reset).on("multirequest"));
    let mut batch = Multirequest::new();
    batch.add(AddAppToken::new(AppTokenDraft::new()));
    batch.add(DeleteAppToken::new(AppTokenId::new("0_nosuch01")));
    let error = fixture.runtime.block_on(client.multirequest(batch)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error}");
    assert_eq!(fixture.emulator.calls().count("appToken.add"), 1);
}

#[test]
fn blocking_client_has_multirequests() {
    let fixture = Fixture::new();
    let client = kaltura_client::blocking::Client::builder(
        fixture.login(),
        fixture.emulator.clone(),
        fixture.runtime.clone(),
    )
    .build();
    let mut batch = Multirequest::new();
    let widget = StartWidgetSession::new(WidgetId::default_for(PARTNER));
    let widget = batch.add(Subrequest::new(widget).anonymous());
    let added = batch.add(AddAppToken::new(AppTokenDraft::new()));
    let read = batch.add(RawAction::new("appToken", "get").refer("id", added.reference("id")));
    let refused = batch.add(RawAction::new("appToken", "list").refer("ks", widget.reference("ks")));
    let mut results = client.multirequest(batch).unwrap();
    let added = results.take(added).unwrap();
    assert_eq!(results.take(read).unwrap()["id"], added.id.as_str());
    assert_eq!(results.take(widget).unwrap().partner_id, PARTNER);
    assert_eq!(results.take(refused).unwrap_err().kind(), ErrorKind::Forbidden);
    fixture.emulator.clock().advance(Duration::from_secs(90_000));
    let mut batch = Multirequest::new();
    let list = batch.add(ListAppTokens::new());
    let list = client.multirequest(batch).unwrap().take(list).unwrap();
    assert_eq!(list.total_count, 2);
}
