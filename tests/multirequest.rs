//! Several calls in one request, against an emulated server: references, sessions, and what the server makes of both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::time::Duration;

use kaltura_auth::manager::Phase;
use kaltura_auth::{
    AppTokenLogin, BlockingTransport as _, ServiceUrl, SessionRequest, WireRequest, WireResponse,
};
use kaltura_client::multirequest::{BatchMistake, Handle, VoidReason};
use kaltura_client::{
    BlockingClient, CallError, Client, Error, ErrorKind, Multirequest, RawAction, Subrequest,
};
use kaltura_emulator::{AppTokenSeed, Clock, Emulator, Fault, FaultRule, PartnerSeed};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenId, AppTokenList, DeleteAppToken, GetAppToken, GetSession,
    HashType, KsRefusal, ListAppTokens, PartnerId, SessionType, StartSession, StartWidgetSession, UnixTime,
    UpdateAppToken, WidgetId,
};
use serde_json::{Value, json};

const PARTNER: PartnerId = PartnerId::new(1_234_567);

struct Stage {
    runtime: TestRuntime,
    emulator: Emulator,
}

impl Stage {
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

    /// A request as somebody makes it who knows of no dangers.
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
fn a_token_is_made_and_got_by_reference_in_one_request() {
    for cache in [false, true] {
        let stage = Stage::new();
        stage.emulator.set_response_cache(cache);
        let client = stage.client();
        let mut batch = Multirequest::new();
        let made = batch.add(AddAppToken::new(AppTokenDraft::new().hash_type(HashType::Sha512)));
        let got = batch.add(RawAction::new("appToken", "get").refer("id", made.reference("id")));
        let draft = AppTokenDraft::new().description("changed");
        let change = UpdateAppToken::new(AppTokenId::new("-"), draft);
        let changed = batch.add(Subrequest::new(change).refer("id", made.reference("id")));
        let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();

        let made: AppToken = results.take(made).unwrap();
        let got: Value = results.take(got).unwrap();
        let changed: AppToken = results.take(changed).unwrap();
        assert_eq!((got["id"].as_str(), got["hashType"].as_str()), (Some(made.id.as_str()), Some("SHA512")));
        assert_eq!((changed.id, changed.description.as_deref()), (made.id, Some("changed")));
        assert!(results.void_references().is_empty());
    }
}

#[test]
fn references_lead_into_lists_and_into_members_of_parameters() {
    let stage = Stage::new();
    let second = stage.emulator.add_app_token(AppTokenSeed::new().id("0_second01")).unwrap();
    let client = stage.client();
    let mut batch = Multirequest::new();
    let all = batch.add(ListAppTokens::new());
    let item = |index| all.reference("objects").item(index).member("id");
    let by_item = batch.add(RawAction::new("appToken", "get").refer("id", item(1)).nocache());
    let every = all.reference("objects").each().member("id");
    let by_each = batch.add(Subrequest::new(ListAppTokens::new()).refer("filter.idIn", every));
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.take(by_item).unwrap()["id"], second.id().as_str());
    let both: AppTokenList = results.take(by_each).unwrap();
    assert_eq!(both.objects.len(), 2);
    let sent = stage.emulator.calls();
    assert_eq!(sent.last("appToken.get").unwrap().parameter("id"), Some("0_second01"));
}

#[test]
fn a_session_that_the_batch_starts_serves_its_later_calls() {
    let stage = Stage::new();
    let client = stage.client();
    let mut batch = Multirequest::new();
    let start = StartSession::admin(PARTNER, stage.emulator.admin_secret().clone()).user_id("operator");
    let started = batch.add(Subrequest::new(start).anonymous());
    let whoami = batch.add(Subrequest::new(GetSession::own()).refer("ks", started.whole()));
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.take(whoami).unwrap().user_id.unwrap().as_str(), "operator");
    assert_eq!(stage.emulator.calls().len(), 2, "the client did not log in for that");
}

#[test]
fn each_call_has_its_own_session_and_one_may_have_none() {
    let stage = Stage::new();
    let client = stage.client();
    let partner = stage.emulator.partner_id();
    let start = StartSession::admin(partner, stage.emulator.admin_secret().clone()).user_id("operator");
    let operator = stage.runtime.block_on(client.call(&start)).unwrap().into_ks();
    let mut batch = Multirequest::new();
    let own = batch.add(GetSession::own());
    let other = batch.add(Subrequest::new(GetSession::own()).ks(operator));
    let none = batch.add(Subrequest::new(GetSession::own()).anonymous());
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    let user = |info: kaltura_types::SessionInfo| info.user_id.map(|user| user.as_str().to_owned());
    assert_ne!(user(results.take(own).unwrap()).as_deref(), Some("operator"));
    assert_eq!(user(results.take(other).unwrap()).as_deref(), Some("operator"));
    assert_eq!(results.take(none).unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(client.status().phase, Phase::Fresh);
}

#[test]
fn a_reference_to_a_failed_result_is_an_empty_text_and_the_later_call_runs_all_the_same() {
    let stage = Stage::new();
    let client = stage.client();
    let mut batch = Multirequest::new();
    let failed = batch.add(missing());
    // Whoever thinks that this lists one token lists all of them.
    let list =
        batch.add(Subrequest::new(ListAppTokens::new()).refer("filter.idEqual", failed.reference("id")));
    let user = Subrequest::new(ListAppTokens::new()).refer("ks", failed.reference("ks"));
    let without = batch.add(user);
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();

    let void: Vec<_> =
        results.void_references().iter().map(|void| (void.number(), void.place(), void.reason())).collect();
    assert_eq!(void, [(2, "filter.idEqual", VoidReason::Failed), (3, "ks", VoidReason::Failed)]);
    assert_eq!(results.take(failed).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(results.take(list).is_ok(), "it was carried out");
    assert_eq!(results.take(without).unwrap_err().kind(), ErrorKind::Forbidden, "an empty ks is none");
    assert_eq!(stage.emulator.calls().count("appToken.list"), 2);
}

#[test]
fn a_text_of_a_stranger_does_not_get_at_a_result() {
    let stage = Stage::new();
    let client = stage.client();
    let description = "{1:result:token}";
    let draft = || AppTokenDraft::new().description(description);
    let own = stage.emulator.app_token();

    // This is what the server does with it.
    let calls = [
        json!({"service": "appToken", "action": "get", "id": own.id().as_str()}),
        json!({"service": "appToken", "action": "add", "appToken": {"description": description}}),
    ];
    let answer: Value = serde_json::from_slice(stage.send_raw(&client, &calls).body()).unwrap();
    assert_eq!(answer[1]["description"], own.value().expose(), "the secret became a description");

    stage.emulator.forget_calls();
    let mut batch = Multirequest::new();
    batch.add(get(own.id()));
    batch.add(AddAppToken::new(draft()));
    let error = stage.runtime.block_on(client.multirequest(batch)).unwrap_err();
    let mistake = BatchMistake::ReadsAsReference { number: 2, parameter: "appToken".to_owned() };
    assert_eq!(error.call_error(), Some(&CallError::Batch(mistake)));
    assert!(stage.emulator.calls().is_empty());
    // By itself it is a text like any other.
    let made = stage.runtime.block_on(client.call(&AddAppToken::new(draft()))).unwrap();
    assert_eq!(made.description.as_deref(), Some(description));
}

#[test]
fn a_reference_that_would_bring_the_whole_down_is_not_sent() {
    let stage = Stage::new();
    let client = stage.client();
    let calls = [
        json!({"service": "appToken", "action": "get", "id": "0_nosuch01"}),
        json!({"service": "appToken", "action": "get", "id": "{1:result:message}"}),
    ];
    assert_eq!(stage.send_raw(&client, &calls).status(), 500);
    let mut batch = Multirequest::new();
    let first = batch.add(missing());
    batch.add(RawAction::new("appToken", "get").refer("id", first.reference("message")));
    let error = stage.runtime.block_on(client.multirequest(batch)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
}

#[test]
fn an_error_does_not_stop_the_rest_and_there_may_be_many() {
    let stage = Stage::new();
    let client = stage.client();
    let mut batch = Multirequest::new();
    let handles: Vec<Handle<AppToken>> = (0..60)
        .map(|number| {
            batch.add(if number % 3 == 0 { missing() } else { get(stage.emulator.app_token().id()) })
        })
        .collect();
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    assert_eq!(results.failures().count(), 20);
    for (number, handle) in handles.into_iter().enumerate() {
        assert_eq!(results.take(handle).is_err(), number % 3 == 0, "{number}");
    }
}

#[test]
fn a_batch_whose_session_is_over_is_sent_again_as_a_whole() {
    let stage = Stage::with(AppTokenSeed::new().duration(3600));
    let client = stage.client();
    stage.runtime.block_on(client.prefetch()).unwrap();
    stage.emulator.clock().advance(Duration::from_secs(4000));
    let mut batch = Multirequest::new();
    let made = batch.add(AddAppToken::new(AppTokenDraft::new()));
    let got = batch.add(RawAction::new("appToken", "get").refer("id", made.reference("id")));
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    assert!(results.take(made).is_ok() && results.take(got).is_ok());
    assert!(results.void_references().is_empty(), "those of the second time count");
    let calls = stage.emulator.calls();
    assert_eq!(calls.of("appToken.add").filter(|call| call.succeeded()).count(), 1);
    assert_eq!(calls.count("appToken.startSession"), 2);
}

#[test]
fn a_batch_that_uses_up_the_actions_of_its_session_is_not_done_twice() {
    let stage = Stage::with(AppTokenSeed::new().privileges("actionslimit:3"));
    let client = stage.client();
    let mut batch = Multirequest::new();
    let handles: Vec<Handle<AppToken>> =
        (0..5).map(|_| batch.add(AddAppToken::new(AppTokenDraft::new()))).collect();
    let mut results = stage.runtime.block_on(client.multirequest(batch)).unwrap();
    let outcomes: Vec<Result<AppToken, Error>> =
        handles.into_iter().map(|handle| results.take(handle)).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    let used_up = ErrorKind::KsRefused(KsRefusal::ActionsUsedUp);
    assert!(outcomes[3..].iter().all(|outcome| outcome.as_ref().unwrap_err().kind() == used_up));
    assert_eq!(stage.emulator.calls().count("appToken.add"), 5);
    // The next call has another session.
    stage.runtime.block_on(client.call(&get(stage.emulator.app_token().id()))).unwrap();
    assert_eq!(stage.emulator.calls().count("appToken.startSession"), 2);
}

#[test]
fn what_may_have_been_done_is_not_sent_again() {
    let stage = Stage::new();
    let client = stage.client();
    stage.runtime.block_on(client.prefetch()).unwrap();
    stage.emulator.inject(FaultRule::new(Fault::Reset).on("multirequest"));
    let mut batch = Multirequest::new();
    batch.add(AddAppToken::new(AppTokenDraft::new()));
    batch.add(DeleteAppToken::new(AppTokenId::new("0_nosuch01")));
    let error = stage.runtime.block_on(client.multirequest(batch)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error}");
    assert_eq!(stage.emulator.calls().count("appToken.add"), 1);
}

#[test]
fn threads_have_it_too() {
    let stage = Stage::new();
    let client =
        BlockingClient::builder(stage.login(), stage.emulator.clone(), stage.runtime.clone()).build();
    let mut batch = Multirequest::new();
    let widget = StartWidgetSession::new(WidgetId::default_of(PARTNER));
    let widget = batch.add(Subrequest::new(widget).anonymous());
    let made = batch.add(AddAppToken::new(AppTokenDraft::new()));
    let got = batch.add(RawAction::new("appToken", "get").refer("id", made.reference("id")));
    let refused = batch.add(RawAction::new("appToken", "list").refer("ks", widget.reference("ks")));
    let mut results = client.multirequest(batch).unwrap();
    let made = results.take(made).unwrap();
    assert_eq!(results.take(got).unwrap()["id"], made.id.as_str());
    assert_eq!(results.take(widget).unwrap().partner_id, PARTNER);
    assert_eq!(results.take(refused).unwrap_err().kind(), ErrorKind::Forbidden);
    stage.emulator.clock().advance(Duration::from_secs(90_000));
    let mut batch = Multirequest::new();
    let list = batch.add(ListAppTokens::new());
    let list = client.multirequest(batch).unwrap().take(list).unwrap();
    assert_eq!(list.total_count, 2);
}
