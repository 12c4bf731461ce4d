//! Filters that would match everything.

use kaltura_client::multirequest::InvalidMultirequest;
use kaltura_client::types::{AppTokenFilter, ListAppTokens};
use kaltura_client::{CallError, ErrorKind, Multirequest, RawAction};
use serde_json::{Value, json};

use crate::fixture::{BlockingFixture, Fixture};

fn raw(filter: Value) -> RawAction {
    RawAction::new("media", "list").param("filter", filter)
}

fn nothing() -> ListAppTokens {
    ListAppTokens::new().filter(AppTokenFilter::new().ids([]))
}

#[test]
fn a_typed_filter_with_an_empty_list_returns_an_empty_page_without_a_request() {
    use futures_util::StreamExt as _;
    let (fixture, blocking) = (Fixture::new([]), BlockingFixture::new([]));
    let list = fixture.clock.run(fixture.client.call(&nothing())).unwrap();
    assert_eq!((list.total_count, list.objects.len()), (0, 0));
    assert_eq!(blocking.client.call(&nothing()).unwrap().objects.len(), 0);
    let filter = || AppTokenFilter::new().ids([]);
    let listed: Vec<_> = fixture.clock.run(fixture.client.app_tokens().list(filter()).collect());
    assert!(listed.is_empty());
    assert_eq!(blocking.client.app_tokens().list(filter()).count(), 0);
    assert!(fixture.server.sent().is_empty() && blocking.server.sent().is_empty());
    assert_eq!((fixture.source.logins(), blocking.source.logins()), (0, 0));
}

#[test]
fn an_empty_member_of_a_raw_filter_is_an_error() {
    let (fixture, blocking) = (Fixture::new([]), BlockingFixture::new([]));
    for empty in [json!(""), json!(null), json!([])] {
        for member in ["idIn", "statusEqual"] {
            let action = raw(json!({ member: empty }));
            let expected = CallError::EmptyFilterMember { member: format!("filter.{member}") };
            for error in [
                fixture.clock.run(fixture.client.call(&action)).unwrap_err(),
                blocking.client.call(&action).unwrap_err(),
            ] {
                assert_eq!((error.kind(), error.call_error()), (ErrorKind::InvalidCall, Some(&expected)));
            }
        }
    }
    assert!(fixture.server.sent().is_empty() && blocking.server.sent().is_empty());
}

#[test]
fn an_empty_member_in_a_multirequest_is_an_error() {
    let fixture = Fixture::new([]);
    let send = |second: Multirequest| fixture.clock.run(fixture.client.multirequest(second));
    let mut batch = Multirequest::new();
    batch.add(RawAction::new("a", "b"));
    batch.add(raw(json!({ "idIn": "" })));
    let mut typed = Multirequest::new();
    typed.add(RawAction::new("a", "b"));
    typed.add(nothing());
    for batch in [batch, typed] {
        let error = send(batch).unwrap_err();
        let invalid = InvalidMultirequest::EmptyFilterMember { number: 2, member: "filter.idIn".to_owned() };
        assert_eq!(error.call_error(), Some(&CallError::Multirequest(invalid)));
    }
    assert!(fixture.server.sent().is_empty());
}

#[test]
fn an_empty_member_can_be_allowed() {
    let fixture = Fixture::new([]);
    let action = raw(json!({ "idIn": "" })).allow_unfiltered();
    fixture.clock.run(fixture.client.call(&action)).unwrap();
    let mut batch = Multirequest::new();
    let first = batch.add(action);
    // A reference is set in place of the empty text.
    batch.add(raw(json!({ "idIn": "" })).refer("filter.idIn", first.reference("id")));
    let _ = fixture.clock.run(fixture.client.multirequest(batch));
    let sent = fixture.server.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].parameters["filter"], json!({ "idIn": "" }));
}
