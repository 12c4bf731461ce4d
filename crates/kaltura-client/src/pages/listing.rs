//! The position in a list. Pure: yields the requests and takes the responses.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use kaltura_auth::TransportErrorKind;
use kaltura_types::{ListAction, Parameters, Scalar};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{ActionName, CallError, Error, ErrorKind};
use crate::raw_action::RawAction;

/// The largest page of the server. A larger page size is reduced to it.
const MAX_PAGE_SIZE: u64 = 500;

const DEFAULT_MAX_OBJECTS: u64 = 10_000_000;

/// The end of the code with which the server refuses a page beyond 10 000 objects,
/// `QUERY_EXCEEDED_MAX_MATCHES_ALLOWED`.
const TOO_FAR: &str = "EXCEEDED_MAX_MATCHES_ALLOWED";

/// The position in a list, while all of its pages are read. Pure: it sends nothing.
///
/// [`Pages`](crate::Pages) drives it. Use it directly for another way to send requests.
///
/// - If the filter of the action has the order `+createdAt` or `-createdAt`, pages are selected by the creation time of
///   the last object. Any number of objects can be listed, and objects that are created or deleted meanwhile do not
///   shift the others: each object that exists from start to end is listed exactly once. Only within one second, if it
///   has more objects than a page, pages are selected by their number.
/// - Otherwise, pages are selected by their number. If objects are created or deleted meanwhile, pages shift: no object
///   is listed twice, but some may be missed. Most lists have at most 10 000 objects then; for a longer one the server's
///   error `QUERY_EXCEEDED_MAX_MATCHES_ALLOWED` is returned.
///
/// The list ends with a page that is not full, if the server's count agrees, or with an empty one. The page size is
/// that of the action's pager, otherwise 500; it is halved if a page is larger than a response may be.
///
/// ```
/// use kaltura_client::{Listing, RawAction};
/// use serde_json::json;
///
/// let mut listing = Listing::new(&RawAction::new("media", "list"))?;
/// let mut ids = Vec::new();
/// while let Some(action) = listing.next_request() {
///     // … send the action …
/// #   let _ = action;
///     let response = Ok(json!({ "totalCount": 2, "objects": [{ "id": "0_a" }, { "id": "0_b" }] }));
///     ids.extend(listing.take(response)?.into_iter().map(|object| object["id"].clone()));
/// }
/// assert_eq!(ids, ["0_a", "0_b"]);
/// assert!(listing.is_complete());
/// # Ok::<(), kaltura_client::Error>(())
/// ```
pub struct Listing {
    name: ActionName,
    parameters: Parameters,
    allows_unfiltered: bool,
    max_objects: u64,
    size: u64,
    order: Option<Order>,

    /// The creation time that the current window of the list begins with; `None` for the whole list.
    since: Option<i64>,
    /// The number of the next page in this window.
    page: u64,
    /// How many objects of this window are before the next page.
    rows: u64,
    /// How many objects this window has by the server's count.
    rows_total: Option<u64>,

    /// The largest page so far: the server may send fewer objects than requested.
    largest: u64,
    /// What was listed, as hashes.
    seen: HashSet<u64>,
    hashes: RandomState,
    total: Option<u64>,
    listed: u64,
    is_over: bool,
}

/// The order of a list by creation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    OldestFirst,
    NewestFirst,
}

impl Listing {
    /// The beginning of the list of an action.
    ///
    /// # Errors
    ///
    /// [`CallError::Pager`] if the action's pager is invalid, or starts at another page than the first.
    pub fn new(action: &impl ListAction) -> Result<Self, Error> {
        let name = ActionName::new(action.service(), action.action());
        let mut parameters = action.parameters();
        let size = page_size(&mut parameters)
            .map_err(|invalid| Error::call(name.clone(), CallError::Pager(invalid)))?;
        let order = match parameters.get("filter").and_then(|filter| filter.get("orderBy")?.as_str()) {
            Some("+createdAt") => Some(Order::OldestFirst),
            Some("-createdAt") => Some(Order::NewestFirst),
            _ => None,
        };
        let is_over = action.known_result().is_some();
        Ok(Self {
            name,
            parameters,
            allows_unfiltered: action.allows_unfiltered(),
            max_objects: DEFAULT_MAX_OBJECTS,
            size,
            order,
            since: None,
            page: 1,
            rows: 0,
            rows_total: None,
            largest: 0,
            seen: HashSet::new(),
            hashes: RandomState::new(),
            total: is_over.then_some(0),
            listed: 0,
            is_over,
        })
    }

    /// Limits the number of objects, for a server that never ends a list. The default is 10 million.
    #[must_use]
    pub const fn max_objects(mut self, max: u64) -> Self {
        self.max_objects = max;
        self
    }

    /// The request of the next page; `None` after the last one.
    #[must_use]
    pub fn next_request(&self) -> Option<RawAction> {
        if self.is_over {
            return None;
        }
        let mut parameters = self.parameters.clone();
        set_member(&mut parameters, "pager", "pageSize", self.size);
        set_member(&mut parameters, "pager", "pageIndex", self.page);
        if let (Some(since), Some(order)) = (self.since, self.order) {
            let bound = match order {
                Order::OldestFirst => "createdAtGreaterThanOrEqual",
                Order::NewestFirst => "createdAtLessThanOrEqual",
            };
            set_member(&mut parameters, "filter", bound, since);
        }
        let action = RawAction::new(self.name.service(), self.name.action()).params(parameters);
        Some(if self.allows_unfiltered { action.allow_unfiltered() } else { action })
    }

    /// Takes the response, and returns the objects that were not listed before. They may be none, though the list goes
    /// on.
    ///
    /// # Errors
    ///
    /// The error of the call, unless the listing can go on without that page. The position is unchanged, so that the
    /// same request can be sent again. Or [`CallError`]: [`NotAList`](CallError::NotAList),
    /// [`IncompleteList`](CallError::IncompleteList), [`ListTooLong`](CallError::ListTooLong); the listing ends then.
    pub fn take(&mut self, response: Result<Value, Error>) -> Result<Vec<Value>, Error> {
        match response {
            Ok(response) => self.take_page(response).map_err(|error| {
                self.is_over = true;
                Error::call(self.name.clone(), error)
            }),
            // The list has exactly as many objects as the server lists by page number.
            Err(error) if is_too_far(&error) && self.rows_total.is_some_and(|total| self.rows >= total) => {
                self.is_over = true;
                Ok(Vec::new())
            }
            Err(error) if is_too_large(&error) && self.size > 1 => {
                self.halve_pages();
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    fn take_page(&mut self, response: Value) -> Result<Vec<Value>, CallError> {
        let list = List::<Value>::from_response(response).map_err(|_| CallError::NotAList)?;
        if self.since.is_none() {
            self.total = list.total_count;
        }
        let length = list.objects.len() as u64;
        let times: Vec<i64> = list.objects.iter().filter_map(created_at).collect();
        let is_one_second = times.iter().all(|time| Some(*time) == self.since);
        let is_full = length >= self.size || self.listed > 0 && length >= self.largest;
        self.rows += length;
        self.rows_total = list.total_count;
        self.largest = self.largest.max(length);

        let is_new = |object: &Value| !self.seen.contains(&self.identity(object));
        let new: Vec<Value> = list.objects.into_iter().filter(is_new).collect();
        self.listed += new.len() as u64;
        if self.listed > self.max_objects {
            return Err(CallError::ListTooLong { max: self.max_objects });
        }
        // Equal objects within one page are intended, so they are compared with earlier pages only.
        let identities: Vec<u64> = new.iter().map(|object| self.identity(object)).collect();
        self.seen.extend(identities);

        // The first page of a window begins with objects of the second that the page before ended with.
        let repeats = length > 0 && new.is_empty() && (!is_one_second || self.rows > self.listed);
        // The count may be an estimate, and objects come and go: it does not end a list with full pages.
        let is_through = self.rows_total.is_some_and(|total| self.rows >= total) && !is_full;
        if length == 0 || is_through {
            self.is_over = true;
        } else if repeats {
            self.go_on_after_repetition()?;
        } else {
            self.go_on(times.last().copied());
        }
        Ok(new)
    }

    /// Selects the next page: by the time of the last object if it has one of its own, otherwise by number.
    fn go_on(&mut self, last_time: Option<i64>) {
        let moves = match (self.order, last_time, self.since) {
            (None, ..) | (_, None, _) => false,
            (Some(_), Some(_), None) => true,
            (Some(Order::OldestFirst), Some(last), Some(since)) => last > since,
            (Some(Order::NewestFirst), Some(last), Some(since)) => last < since,
        };
        if moves {
            self.since = last_time;
            self.page = 1;
            self.rows = 0;
            self.rows_total = None;
        } else {
            self.page += 1;
        }
    }

    fn halve_pages(&mut self) {
        let sent = if self.largest == 0 { self.size } else { self.size.min(self.largest) };
        self.size = (sent / 2).max(1);
        // If the new pages are not aligned with the old ones, some objects are received again, and skipped.
        let full_pages = self.rows / self.size;
        self.page = full_pages + 1;
        self.rows = full_pages * self.size;
    }

    /// The server has sent a page again.
    fn go_on_after_repetition(&mut self) -> Result<(), CallError> {
        if self.since.take().is_some() && self.page == 1 {
            // It ignores the creation time in the filter: this was the first page of the whole list.
            self.order = None;
            self.page = 2;
            return Ok(());
        }
        if self.total.is_some_and(|total| self.listed >= total) {
            self.is_over = true;
            return Ok(());
        }
        Err(CallError::IncompleteList { listed: self.listed, total: self.total })
    }

    /// How many objects there are by the server's count, which may be an estimate; `None` before the first page, and if
    /// the server does not say.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many objects were listed.
    #[must_use]
    pub const fn listed(&self) -> u64 {
        self.listed
    }

    /// Whether the list was read to its end, and has at least as many objects as the server counted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_over && self.total.is_none_or(|total| self.listed >= total)
    }

    /// What distinguishes an object from the others: its id, or else all of it.
    fn identity(&self, object: &Value) -> u64 {
        match object.get("id") {
            Some(id) => self.hashes.hash_one((id, object.get("objectType"), object.get("partnerId"))),
            None => self.hashes.hash_one(object),
        }
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("action", &format_args!("{}", self.name))
            .field("since", &self.since)
            .field("page", &self.page)
            .field("listed", &self.listed)
            .field("total", &self.total)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

/// Why a pager cannot be used to read all pages. Pages are then not requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPager {
    /// The parameter `pager` is not an object.
    #[error("the pager is not an object")]
    NotAnObject,
    /// The pager starts at another page than the first.
    #[error("the pager has a page number, but all pages are requested")]
    HasPageIndex,
    /// The page size is not a number above zero.
    #[error("the page size is not a number above 0")]
    InvalidPageSize,
}

/// Checks the pager, and returns the page size. Afterwards, there is a pager, and it is an object.
fn page_size(parameters: &mut Parameters) -> Result<u64, InvalidPager> {
    let Value::Object(pager) = parameters.entry("pager").or_insert_with(|| Map::new().into()) else {
        return Err(InvalidPager::NotAnObject);
    };
    if pager.get("pageIndex").is_some_and(|index| count(index) != Some(1)) {
        return Err(InvalidPager::HasPageIndex);
    }
    match pager.get("pageSize").map(count) {
        None => Ok(MAX_PAGE_SIZE),
        Some(Some(size)) if size > 0 => Ok(size),
        Some(_) => Err(InvalidPager::InvalidPageSize),
    }
}

/// Sets a member of a parameter that is an object.
fn set_member(parameters: &mut Parameters, object: &str, name: &str, value: impl Into<Value>) {
    if let Some(Value::Object(members)) = parameters.get_mut(object) {
        members.insert(name.to_owned(), value.into());
    }
}

fn is_too_far(error: &Error) -> bool {
    error.api_error().is_some_and(|error| error.code().as_str().ends_with(TOO_FAR))
}

fn is_too_large(error: &Error) -> bool {
    error.kind() == ErrorKind::Transport(TransportErrorKind::TooLarge)
}

fn created_at(object: &Value) -> Option<i64> {
    match object.get("createdAt")? {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

/// The server sends numbers as numbers or as texts.
fn count(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

/// A page of any list: the result of an action such as `media.list`.
///
/// ```
/// # use kaltura_client::{Client, Error, List, RawAction};
/// #[derive(serde::Deserialize)]
/// struct Entry { id: String }
///
/// # async fn example(client: &Client) -> Result<(), Error> {
/// let media: List<Entry> = client.call(&RawAction::new("media", "list").output()).await?;
/// println!("{} of {:?}", media.objects.len(), media.total_count);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
#[non_exhaustive]
pub struct List<T = Value> {
    /// How many objects are on all pages, if the server says so. It may be an estimate.
    #[serde(default, deserialize_with = "total_count")]
    pub total_count: Option<u64>,
    /// The objects of this page. The server omits the member in some empty lists.
    #[serde(default = "Vec::new")]
    pub objects: Vec<T>,
}

fn total_count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let scalar = Option::<Scalar>::deserialize(deserializer)?;
    Ok(scalar.and_then(|scalar| scalar.into_string().parse().ok()))
}

impl List {
    /// Reads a response as a list.
    ///
    /// # Errors
    ///
    /// The response, unchanged, if it is not a list.
    pub fn from_response(mut response: Value) -> Result<Self, Value> {
        let total_count = response.get("totalCount").and_then(count);
        match response.get_mut("objects").map(Value::take) {
            Some(Value::Array(objects)) => Ok(Self { total_count, objects }),
            // A list that is null is not sent (wire contract, section 2.2).
            None | Some(Value::Null) if total_count.is_some() => {
                Ok(Self { total_count, objects: Vec::new() })
            }
            Some(other) => {
                response["objects"] = other;
                Err(response)
            }
            None => Err(response),
        }
    }
}

impl ListAction for RawAction {
    type Object = Value;
}

impl<T: DeserializeOwned> ListAction for RawAction<List<T>> {
    type Object = T;
}

#[cfg(test)]
mod tests;
