//! The pages of a list, over both clients.

use std::time::Duration;

use futures_util::StreamExt as _;
use kaltura_client::auth::TransportErrorKind;
use kaltura_client::{CallError, CallOptions, Error, ErrorKind, List, RawAction};
use serde_json::{Value, json};

use crate::fixture::{BlockingFixture, Fixture, list};
use crate::server::Reply;

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Entry {
    id: u64,
}

fn page(ids: std::ops::Range<u64>, total: u64) -> Reply {
    let objects: Vec<Value> = ids.map(|id| json!({ "id": id })).collect();
    Reply::json(json!({ "totalCount": total, "objects": objects }))
}

fn small_pages() -> RawAction {
    list().param("pager", json!({ "pageSize": 2 }))
}

/// The pages of both clients, as the ids of their objects.
fn both(replies: &[Reply]) -> [Vec<Result<Vec<u64>, ErrorKind>>; 2] {
    let (fixture, blocking) =
        (Fixture::new(replies.iter().cloned()), BlockingFixture::new(replies.iter().cloned()));
    let typed = small_pages().output::<List<Entry>>();
    let ids = |page: Result<Vec<Entry>, Error>| {
        page.map(|page| page.iter().map(|entry| entry.id).collect()).map_err(|error| error.kind())
    };
    let pages = fixture.clock.run(fixture.client.pages(&typed).map(ids).collect());
    let outcome = [pages, blocking.client.pages(typed).map(ids).collect()];
    let sent = |server: &crate::server::Server| {
        server.sent().iter().map(|sent| sent.parameters["pager"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(sent(&fixture.server), sent(&blocking.server));
    outcome
}

#[test]
fn the_pages_of_a_list_come_one_after_the_other() {
    for pages in both(&[page(0..2, 5), page(2..4, 5), page(4..5, 5)]) {
        assert_eq!(pages, [Ok(vec![0, 1]), Ok(vec![2, 3]), Ok(vec![4])]);
    }
    for pages in both(&[page(0..0, 0)]) {
        assert_eq!(pages, []);
    }
}

#[test]
fn the_last_element_is_the_first_error() {
    for pages in both(&[page(0..2, 5), Reply::error("SERVICE_FORBIDDEN"), page(2..4, 5)]) {
        assert_eq!(pages, [Ok(vec![0, 1]), Err(ErrorKind::Forbidden)]);
    }
    for pages in both(&[Reply::json(json!({ "id": 1 }))]) {
        assert_eq!(pages, [Err(ErrorKind::NotKaltura)]);
    }
    // The server repeats a page.
    for pages in both(&[page(0..2, 5), page(0..2, 5), page(2..4, 5)]) {
        assert_eq!(pages, [Ok(vec![0, 1]), Err(ErrorKind::NotKaltura)]);
    }
    // An object is not an entry.
    for pages in both(&[page(0..2, 5), Reply::json(json!({ "objects": [{ "id": "text" }] })), page(2..4, 5)])
    {
        assert_eq!(pages, [Ok(vec![0, 1]), Err(ErrorKind::NotKaltura)]);
    }
}

#[test]
fn a_later_page_is_requested_again_after_a_broken_connection() {
    let broken = || Reply::fail(TransportErrorKind::Io);
    for pages in both(&[page(0..2, 3), broken(), page(2..3, 3)]) {
        assert_eq!(pages, [Ok(vec![0, 1]), Ok(vec![2])]);
    }
}

#[test]
fn a_page_that_is_too_large_is_requested_in_halves() {
    for pages in
        both(&[page(0..2, 4), Reply::fail(TransportErrorKind::TooLarge), page(2..3, 4), page(3..4, 4)])
    {
        assert_eq!(pages[..2], [Ok(vec![0, 1]), Ok(vec![2])]);
    }
}

#[test]
fn an_invalid_pager_is_an_error_without_a_request() {
    let (fixture, blocking) = (Fixture::new([]), BlockingFixture::new([]));
    let action = list().param("pager", json!({ "pageIndex": 3 }));
    let errors: Vec<_> = fixture.clock.run(fixture.client.pages(&action).collect());
    let blocking_errors: Vec<_> = blocking.client.pages(&action).collect();
    for errors in [errors, blocking_errors] {
        assert!(matches!(&errors[..], [Err(error)] if error.kind() == ErrorKind::InvalidCall));
    }
    assert!(fixture.server.sent().is_empty() && blocking.server.sent().is_empty());
}

#[test]
fn objects_come_with_their_count() {
    let replies = || [page(0..2, 4), page(2..3, 4), page(3..3, 4)];
    let (fixture, blocking) = (Fixture::new(replies()), BlockingFixture::new(replies()));
    let options = || CallOptions::new().timeout(Duration::from_secs(1)).nocache();
    let mut objects = fixture.client.pages(small_pages()).options(options()).objects();
    assert_eq!((objects.pages().total(), objects.pages().listed()), (None, 0));
    let ids = fixture.clock.run(async {
        let mut ids = Vec::new();
        while let Some(object) = objects.next().await {
            ids.push(object.unwrap()["id"].as_u64().unwrap());
            assert!(!objects.pages().is_complete());
        }
        ids
    });
    assert_eq!(ids, [0, 1, 2]);
    assert_eq!((objects.pages().total(), objects.pages().listed()), (Some(4), 3));
    assert!(!objects.pages().is_complete());
    assert_eq!(fixture.server.sent()[0].parameters["nocache"], 1);

    let objects = blocking.client.pages(small_pages()).objects();
    assert_eq!(objects.map(|object| object.unwrap()["id"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_list_without_end_is_an_error() {
    let replies: Vec<Reply> = (0..20).map(|n| page(2 * n..2 * n + 2, 1_000_000)).collect();
    let fixture = Fixture::new(replies);
    let objects = fixture.client.pages(small_pages()).max_objects(10).objects();
    let objects: Vec<_> = fixture.clock.run(objects.collect());
    assert_eq!(objects.len(), 11);
    let error = objects[10].as_ref().unwrap_err();
    assert_eq!(error.call_error(), Some(&CallError::ListTooLong { max: 10 }));
}
