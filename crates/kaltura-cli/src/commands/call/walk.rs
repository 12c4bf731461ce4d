//! All pages of a list, one after the other. Pure: it says what to ask, and is given the answers.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use kaltura_types::Parameters;
use serde_json::{Value, json};

use super::list_answer::{ListAnswer, count};
use crate::failure::Failure;

/// The largest page that the server gives; what is asked beyond it is cut.
const LARGEST_PAGE: u64 = 500;

/// Where a walk through all pages stands.
///
/// It counts pages. Where the server refuses to count further (it does at 10 000 objects of a list that it searches),
/// the walk goes on from the time of the last object, if the list is ordered by that.
pub(super) struct Walk {
    parameters: Parameters,
    size: u64,
    page: u64,
    order: Option<Order>,
    /// How many objects came since the walk last began to count pages.
    rows: u64,
    /// The largest page so far: the server may give less than is asked.
    largest: u64,
    /// The time that the list is asked from.
    since: Option<i64>,
    last_time: Option<i64>,
    /// What was there already: pages shift when something is added in the middle of a walk.
    seen: HashSet<u64>,
    hashes: RandomState,
    total: Option<u64>,
    listed: u64,
    is_over: bool,
}

/// A list by the time when its objects were made.
#[derive(Clone, Copy)]
enum Order {
    OldestFirst,
    NewestFirst,
}

impl Walk {
    /// A walk through the pages of a call with these parameters.
    pub(super) fn new(mut parameters: Parameters) -> Result<Self, Failure> {
        let pager = parameters.entry("pager").or_insert_with(|| json!({}));
        let Some(pager) = pager.as_object_mut() else {
            return Err(Failure::usage("pager is no object, and --all has to turn its pages"));
        };
        if pager.contains_key("pageIndex") {
            let message = "--all walks through all pages, so that there is no pager.pageIndex to be given";
            return Err(Failure::usage(message));
        }
        let size = match pager.get("pageSize").map(count) {
            None => LARGEST_PAGE,
            Some(Some(size)) if size > 0 => size,
            Some(_) => return Err(Failure::usage("with --all, pager.pageSize is a number above 0")),
        };
        let order = match parameters.get("filter").and_then(|filter| filter.get("orderBy")) {
            Some(Value::String(order)) if order == "+createdAt" => Some(Order::OldestFirst),
            Some(Value::String(order)) if order == "-createdAt" => Some(Order::NewestFirst),
            _ => None,
        };
        Ok(Self {
            parameters,
            size,
            page: 1,
            order,
            rows: 0,
            largest: 0,
            since: None,
            last_time: None,
            seen: HashSet::new(),
            hashes: RandomState::new(),
            total: None,
            listed: 0,
            is_over: false,
        })
    }

    /// What to ask next.
    pub(super) fn parameters(&self) -> Parameters {
        let mut parameters = self.parameters.clone();
        parameters["pager"]["pageSize"] = self.size.into();
        parameters["pager"]["pageIndex"] = self.page.into();
        if let (Some(since), Some(order)) = (self.since, self.order) {
            let bound = match order {
                Order::OldestFirst => "createdAtGreaterThanOrEqual",
                Order::NewestFirst => "createdAtLessThanOrEqual",
            };
            parameters["filter"][bound] = since.into();
        }
        parameters
    }

    /// Takes an answer, and gives the objects that were not there yet. What is no list is given back.
    pub(super) fn take(&mut self, answer: Value) -> Result<Vec<Value>, Value> {
        let list = ListAnswer::take(answer)?;
        if self.since.is_none() {
            self.total = list.total;
        }
        let length = list.objects.len() as u64;
        self.rows += length;
        let times = || list.objects.iter().filter_map(|object| object.get("createdAt")?.as_i64());
        self.last_time = times().next_back().or(self.last_time);
        let all_of_one_second = self.since.is_some() && times().all(|time| Some(time) == self.since);
        let is_full = length >= self.size || self.page > 1 && length >= self.largest;
        // The number of all may be an estimate, and objects come and go: it does not end a walk in full pages.
        let is_through = list.total.is_some_and(|total| self.rows >= total) && !is_full;
        self.largest = self.largest.max(length);
        self.page += 1;

        let fresh: Vec<Value> = list.objects.into_iter().filter(|object| self.is_fresh(object)).collect();
        // A page of nothing new is one that the server gives again, whatever page is asked for.
        let repeats = fresh.is_empty() && !all_of_one_second;
        self.is_over = length == 0 || is_through || repeats;
        self.listed += fresh.len() as u64;
        // What is twice in one page is meant.
        for object in &fresh {
            let name = self.name(object);
            self.seen.insert(name);
        }
        Ok(fresh)
    }

    /// Goes on from the time of the last object, where the server refuses to count further; false if it can not.
    pub(super) fn go_on_by_time(&mut self) -> bool {
        let goes_on = self.order.is_some() && self.last_time.is_some() && self.last_time != self.since;
        if goes_on {
            self.since = self.last_time;
            self.page = 1;
            self.rows = 0;
        }
        goes_on
    }

    /// Goes on with pages of half the size, where one is more than can be taken; false if it can not be less.
    pub(super) const fn take_smaller_pages(&mut self) -> bool {
        if self.size < 2 {
            return false;
        }
        self.size /= 2;
        // Where pages do not meet, some objects come again, and are passed over.
        self.page = self.rows / self.size + 1;
        true
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many objects were given.
    pub(super) const fn listed(&self) -> u64 {
        self.listed
    }

    /// How many there are by the server's count.
    pub(super) const fn total(&self) -> Option<u64> {
        self.total
    }

    fn is_fresh(&self, object: &Value) -> bool {
        !self.seen.contains(&self.name(object))
    }

    /// What tells an object from the others: its id, or else all of it.
    fn name(&self, object: &Value) -> u64 {
        match object.get("id") {
            Some(id) => {
                let id = (id, object.get("objectType"), object.get("partnerId"));
                self.hashes.hash_one(id)
            }
            None => self.hashes.hash_one(object),
        }
    }
}

#[cfg(test)]
mod tests;
