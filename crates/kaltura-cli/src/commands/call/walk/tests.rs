//! Walks through servers with habits.

use serde_json::{Value, json};

use super::*;

/// A server with objects `(made, id)`, and its habits.
struct Server {
    objects: Vec<(i64, u32)>,
    /// It gives no more than this at a time.
    cut: usize,
    /// It gives no page that begins behind so many objects.
    most: usize,
    /// How it counts.
    total: fn(usize) -> Option<usize>,
    requests: u32,
}

impl Server {
    fn with(count: u32) -> Self {
        let objects = (0..count).map(|id| (1000 + i64::from(id / 3), id)).collect();
        Self { objects, cut: 500, most: usize::MAX, total: Some, requests: 0 }
    }

    /// The answer; nothing if the page is too far.
    fn answer(&mut self, asked: &Parameters) -> Option<Value> {
        self.requests += 1;
        let asked = Value::Object(asked.clone());
        let number = |path: &str| asked.pointer(path).and_then(Value::as_i64);
        let size = usize::try_from(number("/pager/pageSize").unwrap()).unwrap().min(self.cut);
        let offset = (usize::try_from(number("/pager/pageIndex").unwrap()).unwrap() - 1) * size;
        let from = number("/filter/createdAtGreaterThanOrEqual").unwrap_or(i64::MIN);
        let to = number("/filter/createdAtLessThanOrEqual").unwrap_or(i64::MAX);
        let mut found: Vec<_> =
            self.objects.iter().filter(|(made, _)| (from..=to).contains(made)).copied().collect();
        if asked.pointer("/filter/orderBy") == Some(&json!("-createdAt")) {
            found.sort_by_key(|(made, _)| std::cmp::Reverse(*made));
        }
        if offset >= self.most {
            return None;
        }
        let page = found.iter().skip(offset).take(size);
        let objects: Vec<Value> =
            page.map(|(made, id)| json!({ "id": id.to_string(), "createdAt": made })).collect();
        let mut answer = json!({ "objects": objects });
        if let Some(total) = (self.total)(found.len()) {
            answer["totalCount"] = total.into();
        }
        Some(answer)
    }
}

fn parameters(value: Value) -> Parameters {
    value.as_object().unwrap().clone()
}

/// The ids in the order in which they came; `None` if the server refused to go on.
fn walk(server: &mut Server, asked: Value, mut meanwhile: impl FnMut(&mut Server)) -> Option<Vec<u32>> {
    let mut walk = Walk::new(parameters(asked)).unwrap();
    let mut ids = Vec::new();
    while !walk.is_over() {
        assert!(server.requests < 200, "it does not end");
        match server.answer(&walk.parameters()) {
            Some(answer) => {
                let objects = walk.take(answer).unwrap();
                ids.extend(
                    objects.iter().map(|object| object["id"].as_str().unwrap().parse::<u32>().unwrap()),
                );
                meanwhile(server);
            }
            None if walk.go_on_by_time() => {}
            None => return None,
        }
    }
    assert_eq!(walk.listed(), ids.len() as u64);
    Some(ids)
}

fn all(count: u32) -> Vec<u32> {
    (0..count).collect()
}

#[test]
fn all_pages_are_walked_with_as_few_requests_as_can_be() {
    for (count, requests) in [(0, 1), (1, 1), (499, 1), (500, 2), (501, 2), (1000, 3), (1200, 3)] {
        let mut server = Server::with(count);
        assert_eq!(walk(&mut server, json!({}), |_| {}), Some(all(count)), "{count}");
        assert_eq!(server.requests, requests, "{count}");
    }
}

#[test]
fn a_server_that_cuts_pages_is_walked_through() {
    for (count, size) in [(250, 100), (300, 100), (1001, 30)] {
        let mut server = Server { cut: size, ..Server::with(count) };
        assert_eq!(walk(&mut server, json!({}), |_| {}), Some(all(count)), "{count} {size}");
    }
}

#[test]
fn a_count_that_is_wrong_or_missing_ends_nothing_early() {
    for total in [|_| None, |count| Some(count / 2), |count| Some(count * 2)] as [fn(usize) -> _; 3] {
        for count in [499, 500, 1000, 1203] {
            let mut server = Server { total, ..Server::with(count) };
            assert_eq!(walk(&mut server, json!({}), |_| {}), Some(all(count)), "{count}");
        }
    }
}

#[test]
fn the_size_of_pages_is_the_one_that_was_given() {
    for size in [json!(7), json!("7")] {
        let walk = Walk::new(parameters(json!({ "pager": { "pageSize": size }, "a": 1 }))).unwrap();
        assert_eq!(
            Value::Object(walk.parameters()),
            json!({ "pager": { "pageSize": 7, "pageIndex": 1 }, "a": 1 })
        );
    }
    let mut server = Server::with(20);
    assert_eq!(walk(&mut server, json!({ "pager": { "pageSize": 7 } }), |_| {}), Some(all(20)));
    assert_eq!(server.requests, 3);
}

#[test]
fn a_pager_that_leaves_nothing_to_walk_is_refused() {
    for pager in [json!({ "pageIndex": 2 }), json!({ "pageSize": 0 }), json!({ "pageSize": "x" }), json!(5)] {
        assert!(Walk::new(parameters(json!({ "pager": pager }))).is_err(), "{pager}");
    }
}

#[test]
fn nothing_is_listed_twice_when_pages_shift() {
    let mut server = Server::with(1200);
    let ids = walk(&mut server, json!({}), |server| server.objects.insert(0, (1, 9000 + server.requests)));
    assert_eq!(ids, Some(all(1200)));
}

#[test]
fn a_page_that_repeats_ends_the_walk() {
    let mut walk = Walk::new(Parameters::new()).unwrap();
    let page = json!({ "totalCount": 900, "objects": [{ "id": "a" }, { "id": "a" }, { "name": "no id" }] });
    assert_eq!(walk.take(page.clone()).unwrap().len(), 3);
    assert!(!walk.is_over());
    assert_eq!(walk.take(page).unwrap().len(), 0);
    assert!(walk.is_over());
    assert_eq!((walk.listed(), walk.total()), (3, Some(900)));
}

#[test]
fn where_the_server_counts_no_further_it_goes_on_by_time() {
    for (order, expected) in [("+createdAt", all(3500)), ("-createdAt", newest_first(3500))] {
        let mut server = Server { most: 1000, ..Server::with(3500) };
        let ids = walk(&mut server, json!({ "filter": { "orderBy": order } }), |_| {});
        assert_eq!(ids, Some(expected), "{order}");
    }
    let mut server = Server { most: 1000, ..Server::with(3500) };
    assert_eq!(walk(&mut server, json!({}), |_| {}), None);
    // More of one second than the server counts: there is no way on.
    let mut server = Server { most: 1000, ..Server::with(3500) };
    server.objects.iter_mut().for_each(|(made, _)| *made = 5);
    assert_eq!(walk(&mut server, json!({ "filter": { "orderBy": "+createdAt" } }), |_| {}), None);
}

#[test]
fn a_second_may_be_longer_than_a_page() {
    let mut server = Server { most: 2000, ..Server::with(5000) };
    server.objects.iter_mut().for_each(|(made, id)| *made = i64::from(*id / 1300));
    let ids = walk(&mut server, json!({ "filter": { "orderBy": "+createdAt" } }), |_| {});
    assert_eq!(ids, Some(all(5000)));
}

#[test]
fn pages_that_are_too_large_become_smaller() {
    for size in [500, 333, 7] {
        let mut server = Server::with(1000);
        let mut walk = Walk::new(parameters(json!({ "pager": { "pageSize": size } }))).unwrap();
        let mut ids = 0;
        for step in 0.. {
            if walk.is_over() {
                break;
            }
            // Every now and then one does not fit.
            if step % 3 == 1 && walk.parameters()["pager"]["pageSize"].as_u64() > Some(5) {
                assert!(walk.take_smaller_pages());
            }
            for object in walk.take(server.answer(&walk.parameters()).unwrap()).unwrap() {
                assert_eq!(object["id"], ids.to_string(), "{size}");
                ids += 1;
            }
        }
        assert_eq!(ids, 1000, "{size}");
    }
    let mut walk = Walk::new(parameters(json!({ "pager": { "pageSize": 2 } }))).unwrap();
    assert!(walk.take_smaller_pages() && !walk.take_smaller_pages());
}

/// Of one second, the server gives the older one first.
fn newest_first(count: u32) -> Vec<u32> {
    let mut ids = all(count);
    ids.sort_by_key(|id| std::cmp::Reverse(id / 3));
    ids
}

#[test]
fn what_is_no_list_is_given_back() {
    let mut walk = Walk::new(Parameters::new()).unwrap();
    assert_eq!(walk.take(json!({ "id": "0_a" })), Err(json!({ "id": "0_a" })));
}
