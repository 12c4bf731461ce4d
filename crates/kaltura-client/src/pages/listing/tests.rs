//! Listings of servers with different behaviours.

use kaltura_auth::{ResponseMetadata, TransportError, WireResponse};
use kaltura_types::{Action as _, AppTokenFilter, ListAppTokens, Pager, payload};
use serde_json::{Value, json};

use super::*;

/// A server with the objects `(created_at, id)`.
struct Server {
    objects: Vec<(i64, u32)>,
    /// The largest page that it sends.
    max_page: usize,
    /// It refuses pages that begin after so many objects.
    max_matches: usize,
    /// How it counts.
    total: fn(usize) -> Option<usize>,
    ignores_times: bool,
    requests: u32,
}

impl Server {
    /// Three objects in each second.
    fn with(count: u32) -> Self {
        let objects = (0..count).map(|id| (1000 + i64::from(id / 3), id)).collect();
        let (max_page, max_matches) = (500, usize::MAX);
        Self { objects, max_page, max_matches, total: Some, ignores_times: false, requests: 0 }
    }

    fn all_in_seconds_of(count: u32, per_second: u32) -> Self {
        let objects = (0..count).map(|id| (i64::from(1000 + id / per_second), id)).collect();
        Self { objects, ..Self::with(0) }
    }

    fn respond(&mut self, action: &RawAction) -> Result<Value, Error> {
        self.requests += 1;
        let parameters = Value::Object(action.parameters());
        let number = |path: &str| parameters.pointer(path).and_then(Value::as_i64);
        let size = usize::try_from(number("/pager/pageSize").unwrap()).unwrap().min(self.max_page);
        let offset = (usize::try_from(number("/pager/pageIndex").unwrap()).unwrap() - 1) * size;
        let bound = |name: &str| number(&format!("/filter/{name}")).filter(|_| !self.ignores_times);
        let from = bound("createdAtGreaterThanOrEqual").unwrap_or(i64::MIN);
        let to = bound("createdAtLessThanOrEqual").unwrap_or(i64::MAX);
        let mut found: Vec<_> =
            self.objects.iter().filter(|(created, _)| (from..=to).contains(created)).copied().collect();
        if parameters.pointer("/filter/orderBy") == Some(&json!("-createdAt")) {
            found.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
        }
        if offset >= self.max_matches {
            return Err(refusal("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED"));
        }
        let page = found.iter().skip(offset).take(size);
        let objects: Vec<Value> =
            page.map(|(created, id)| json!({ "id": id.to_string(), "createdAt": created })).collect();
        let mut response = json!({ "objects": objects });
        if let Some(total) = (self.total)(found.len()) {
            response["totalCount"] = total.into();
        }
        Ok(response)
    }
}

fn refusal(code: &str) -> Error {
    let error = json!({ "code": code, "message": "m", "objectType": "KalturaAPIException" });
    let error = payload::decode_value::<()>(error).unwrap_err();
    let metadata = ResponseMetadata::from_response(&WireResponse::new(200, ""), &[]);
    Error::response(ActionName::new("some", "list"), error, &metadata, &[], &[])
}

fn too_large() -> Error {
    let error = TransportError::new(TransportErrorKind::TooLarge, "test");
    Error::transport(ActionName::new("some", "list"), error)
}

fn action(parameters: Value) -> RawAction {
    let Value::Object(parameters) = parameters else { panic!("an object") };
    RawAction::new("some", "list").params(parameters)
}

fn listing(parameters: Value) -> Listing {
    Listing::new(&action(parameters)).unwrap()
}

fn ids(objects: &[Value]) -> impl Iterator<Item = u32> {
    objects.iter().map(|object| object["id"].as_str().unwrap().parse().unwrap())
}

/// The ids in the order in which they were listed, and whether they are complete.
fn list_while(
    server: &mut Server,
    parameters: Value,
    mut after_each_page: impl FnMut(&mut Server),
) -> Result<Vec<u32>, Error> {
    let mut listing = listing(parameters);
    let mut listed = Vec::new();
    while let Some(action) = listing.next_request() {
        assert!(server.requests < 1000, "it does not end");
        let objects = listing.take(server.respond(&action))?;
        listed.extend(ids(&objects));
        after_each_page(server);
    }
    assert_eq!(listing.listed(), listed.len() as u64);
    Ok(listed)
}

fn list(server: &mut Server, parameters: Value) -> Result<Vec<u32>, Error> {
    list_while(server, parameters, |_| {})
}

fn by_time(order: &str) -> Value {
    json!({ "filter": { "orderBy": order } })
}

fn all(count: u32) -> Vec<u32> {
    (0..count).collect()
}

/// Of one second, the server lists the older object first.
fn newest_first(count: u32) -> Vec<u32> {
    let mut ids = all(count);
    ids.sort_by_key(|id| std::cmp::Reverse(id / 3));
    ids
}

#[test]
fn all_pages_are_listed_with_as_few_requests_as_possible() {
    for (count, requests) in [(0, 1), (1, 1), (499, 1), (500, 2), (501, 2), (1000, 3), (1200, 3)] {
        for parameters in [json!({}), by_time("+createdAt")] {
            let mut server = Server::with(count);
            assert_eq!(list(&mut server, parameters).unwrap(), all(count), "{count}");
            assert_eq!(server.requests, requests, "{count}");
        }
    }
}

#[test]
fn pages_may_be_smaller_than_requested() {
    for (count, max_page) in [(250, 100), (300, 100), (1001, 30), (20, 1)] {
        for parameters in [json!({}), by_time("+createdAt")] {
            let mut server = Server { max_page, ..Server::with(count) };
            assert_eq!(list(&mut server, parameters).unwrap(), all(count), "{count} {max_page}");
        }
    }
}

#[test]
fn a_wrong_or_missing_count_ends_nothing_early() {
    for total in [|_| None, |count| Some(count / 2), |count| Some(count * 2)] as [fn(usize) -> _; 3] {
        for (count, max_page) in [(499, 500), (500, 500), (1000, 500), (1203, 500), (350, 100)] {
            for parameters in [json!({}), by_time("+createdAt")] {
                let mut server = Server { total, max_page, ..Server::with(count) };
                assert_eq!(list(&mut server, parameters).unwrap(), all(count), "{count} {max_page}");
            }
        }
    }
}

#[test]
fn the_page_size_is_that_of_the_pager() {
    for size in [json!(7), json!("7")] {
        let listing = listing(json!({ "pager": { "pageSize": size }, "a": 1 }));
        assert_eq!(
            Value::Object(listing.next_request().unwrap().parameters()),
            json!({ "pager": { "pageSize": 7, "pageIndex": 1 }, "a": 1 })
        );
    }
    let mut server = Server::with(20);
    assert_eq!(list(&mut server, json!({ "pager": { "pageSize": 7 } })).unwrap(), all(20));
    assert_eq!(server.requests, 3);
}

#[test]
fn an_invalid_pager_is_refused() {
    for (pager, expected) in [
        (json!({ "pageIndex": 2 }), InvalidPager::HasPageIndex),
        (json!({ "pageSize": 0 }), InvalidPager::InvalidPageSize),
        (json!({ "pageSize": "x" }), InvalidPager::InvalidPageSize),
        (json!(5), InvalidPager::NotAnObject),
    ] {
        let error = Listing::new(&action(json!({ "pager": pager }))).unwrap_err();
        assert_eq!(error.call_error(), Some(&CallError::Pager(expected)));
    }
    assert!(Listing::new(&ListAppTokens::new().pager(Pager::page(1).with_size(20))).is_ok());
}

#[test]
fn nothing_is_listed_twice_when_pages_shift() {
    let mut server = Server::with(1200);
    let insert = |server: &mut Server| server.objects.insert(0, (1, 9000 + server.requests));
    assert_eq!(list_while(&mut server, json!({}), insert).unwrap(), all(1200));
}

#[test]
fn by_time_nothing_is_missed_when_others_are_created_or_deleted() {
    let mut server = Server::with(1700);
    let change = |server: &mut Server| {
        server.objects.drain(..100);
        let next = server.objects.last().unwrap().1 + 1;
        if next < 1703 {
            server.objects.push((9_999_999, next));
        }
    };
    assert_eq!(list_while(&mut server, by_time("+createdAt"), change).unwrap(), all(1703));
}

#[test]
fn ten_thousand_objects_are_listed_by_number_and_more_by_time() {
    for count in [999, 1000] {
        let mut server = Server { max_matches: 1000, ..Server::with(count) };
        assert_eq!(list(&mut server, json!({})).unwrap(), all(count));
    }
    for count in [1000, 1001, 3500] {
        for (order, expected) in [("+createdAt", all(count)), ("-createdAt", newest_first(count))] {
            let mut server = Server { max_matches: 1000, ..Server::with(count) };
            assert_eq!(list(&mut server, by_time(order)).unwrap(), expected, "{order} {count}");
        }
        let mut server = Server { max_matches: 1000, ..Server::with(count) };
        assert_eq!(list(&mut server, json!({})).is_ok(), count == 1000);
    }
}

#[test]
fn one_second_may_have_more_objects_than_a_page() {
    for (count, per_second) in [(1700, 800), (1200, 5000), (5000, 1300), (1500, 500), (1501, 499)] {
        let mut server = Server { max_matches: 2000, ..Server::all_in_seconds_of(count, per_second) };
        assert_eq!(list(&mut server, by_time("+createdAt")).unwrap(), all(count), "{count} {per_second}");
    }
    // More objects of one second than the server lists: the rest cannot be requested.
    let mut server = Server { max_matches: 1000, ..Server::all_in_seconds_of(3500, 5000) };
    assert_eq!(list(&mut server, by_time("+createdAt")).unwrap_err().kind(), ErrorKind::Refused);
}

#[test]
fn a_server_that_ignores_times_is_listed_by_number() {
    let mut server = Server { ignores_times: true, ..Server::with(1200) };
    assert_eq!(list(&mut server, by_time("+createdAt")).unwrap(), all(1200));
    assert_eq!(server.requests, 4);
}

/// The server sends the same page for each request; the error is that of the listing.
fn repeat(page: &Value, parameters: Value) -> (Listing, Option<Error>) {
    let mut listing = listing(parameters);
    for _ in 0..10 {
        if listing.next_request().is_none() {
            return (listing, None);
        }
        if let Err(error) = listing.take(Ok(page.clone())) {
            return (listing, Some(error));
        }
    }
    panic!("it does not end")
}

#[test]
fn a_repeated_page_is_an_error_unless_everything_was_listed() {
    let objects = json!([{ "id": "a" }, { "id": "a" }, { "name": "no id" }]);
    for (total, is_complete) in [(json!(900), false), (json!(null), false), (json!(3), true)] {
        let page = json!({ "totalCount": total, "objects": objects });
        let (listing, error) = repeat(&page, json!({ "pager": { "pageSize": 3 } }));
        assert_eq!(listing.listed(), 3);
        assert_eq!(error.is_none(), is_complete);
        if let Some(error) = error {
            let expected = CallError::IncompleteList { listed: 3, total: total.as_u64() };
            assert_eq!(error.call_error(), Some(&expected));
            assert!(listing.next_request().is_none());
        }
    }
}

#[test]
fn a_repeated_page_of_one_second_ends() {
    let objects: Vec<Value> = (0..500).map(|id| json!({ "id": id, "createdAt": 1000 })).collect();
    let (listing, error) = repeat(&json!({ "totalCount": 900, "objects": objects }), by_time("+createdAt"));
    assert_eq!((listing.listed(), listing.total()), (500, Some(900)));
    let error = error.unwrap();
    assert_eq!(error.call_error(), Some(&CallError::IncompleteList { listed: 500, total: Some(900) }));
}

#[test]
fn a_list_without_end_is_limited() {
    let mut listing = listing(json!({})).max_objects(5000);
    let mut next = 0;
    let error = loop {
        assert!(listing.next_request().is_some());
        let objects: Vec<Value> = (next..next + 500).map(|id| json!({ "id": id })).collect();
        next += 500;
        if let Err(error) = listing.take(Ok(json!({ "objects": objects }))) {
            break error;
        }
    };
    assert_eq!(error.call_error(), Some(&CallError::ListTooLong { max: 5000 }));
    assert_eq!(next, 5500);
}

#[test]
fn pages_that_are_too_large_are_halved() {
    for (size, max_page) in [(500, 500), (333, 500), (7, 500), (500, 70)] {
        let mut server = Server { max_page, ..Server::with(1000) };
        let mut listing = listing(json!({ "pager": { "pageSize": size } }));
        let mut listed = Vec::new();
        let mut step = 0;
        while let Some(action) = listing.next_request() {
            step += 1;
            let fits = step % 3 != 1 || action.parameters()["pager"]["pageSize"].as_u64() <= Some(5);
            let response = if fits { server.respond(&action) } else { Err(too_large()) };
            listed.extend(ids(&listing.take(response).unwrap()));
        }
        assert_eq!(listed, all(1000), "{size}");
    }
    let mut listing = listing(json!({ "pager": { "pageSize": 2 } }));
    assert!(listing.take(Err(too_large())).is_ok() && listing.take(Err(too_large())).is_err());
}

#[test]
fn an_error_changes_no_position() {
    let mut listing = listing(json!({ "pager": { "pageSize": 1 } }));
    listing.take(Ok(json!({ "objects": [{ "id": 1 }] }))).unwrap();
    let before = listing.next_request().unwrap().parameters();
    assert!(listing.take(Err(refusal("SERVICE_FORBIDDEN"))).is_err());
    assert_eq!(listing.next_request().unwrap().parameters(), before);
    assert!(!listing.is_complete());
}

#[test]
fn a_filter_for_nothing_needs_no_request() {
    let listing = Listing::new(&ListAppTokens::new().filter(AppTokenFilter::new().ids([]))).unwrap();
    assert!(listing.next_request().is_none() && listing.is_complete());
}

#[test]
fn lists_are_distinguished_from_other_results() {
    let list = |response| List::from_response(response).map(|list| (list.objects.len(), list.total_count));
    assert_eq!(list(json!({ "totalCount": 3, "objects": [1, 2] })), Ok((2, Some(3))));
    assert_eq!(list(json!({ "totalCount": "3", "objects": [] })), Ok((0, Some(3))));
    assert_eq!(list(json!({ "objects": [1] })), Ok((1, None)));
    assert_eq!(list(json!({ "totalCount": 0, "objectType": "KalturaUserListResponse" })), Ok((0, Some(0))));
    for other in [
        json!(null),
        json!(true),
        json!([1]),
        json!("objects"),
        json!({ "id": "0_a" }),
        json!({ "totalCount": 1, "objects": { "a": 1 } }),
        json!({ "objects": null, "id": 1 }),
    ] {
        assert_eq!(list(other.clone()), Err(other.clone()));
        let error = listing(json!({})).take(Ok(other)).unwrap_err();
        assert_eq!(error.call_error(), Some(&CallError::NotAList));
    }
}

#[test]
fn a_typed_list_reads_both_forms_of_the_count() {
    for json in
        [r#"{"totalCount": 2, "objects": ["a", "b"]}"#, r#"{"totalCount": "2", "objects": ["a", "b"]}"#]
    {
        let list: List<String> = serde_json::from_str(json).unwrap();
        assert_eq!((list.total_count, list.objects.len()), (Some(2), 2));
    }
    assert_eq!(serde_json::from_str::<List>(r#"{"totalCount": 0}"#).unwrap().objects.len(), 0);
}
