//! Which app tokens to list, in which order, page by page (wire contract, section 4.7).

use serde_json::{Map, Value, json};

use super::AppTokenStatus;
use crate::{AppTokenId, UnixTime, UserId};

/// Which app tokens to list. Deleted ones never are.
///
/// The filters by hash type and by session type that the guides name do not exist on the server.
#[derive(Clone, Debug, Default)]
#[must_use = "a filter does nothing until it is sent"]
pub struct AppTokenFilter {
    members: Map<String, Value>,
}

impl AppTokenFilter {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these.
    pub fn ids<'a>(self, ids: impl IntoIterator<Item = &'a AppTokenId>) -> Self {
        let ids: Vec<&str> = ids.into_iter().map(AppTokenId::as_str).collect();
        self.with("idIn", ids.join(","))
    }

    /// Only those of this status.
    pub fn status(self, status: AppTokenStatus) -> Self {
        self.with("statusEqual", status.number())
    }

    /// Only those whose sessions are of this user.
    pub fn session_user_id(self, user: impl Into<UserId>) -> Self {
        self.with("sessionUserIdEqual", user.into().as_str())
    }

    /// Only those made at this time or later.
    pub fn created_since(self, time: UnixTime) -> Self {
        self.with("createdAtGreaterThanOrEqual", time.as_seconds())
    }

    /// Only those made at this time or earlier.
    pub fn created_until(self, time: UnixTime) -> Self {
        self.with("createdAtLessThanOrEqual", time.as_seconds())
    }

    /// Only those changed at this time or later.
    pub fn updated_since(self, time: UnixTime) -> Self {
        self.with("updatedAtGreaterThanOrEqual", time.as_seconds())
    }

    /// Only those changed at this time or earlier.
    pub fn updated_until(self, time: UnixTime) -> Self {
        self.with("updatedAtLessThanOrEqual", time.as_seconds())
    }

    /// In this order. The server has none of its own.
    pub fn order_by(self, order: AppTokenOrder) -> Self {
        self.with("orderBy", order.as_str())
    }

    pub(super) fn object(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("objectType".to_owned(), "KalturaAppTokenFilter".into());
        Value::Object(members)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

/// How a list of app tokens is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppTokenOrder {
    /// The oldest first.
    OldestFirst,
    /// The newest first.
    NewestFirst,
    /// The one first that was not changed for the longest time.
    LeastRecentlyUpdatedFirst,
    /// The one first that was changed last.
    MostRecentlyUpdatedFirst,
}

impl AppTokenOrder {
    const fn as_str(self) -> &'static str {
        match self {
            Self::OldestFirst => "+createdAt",
            Self::NewestFirst => "-createdAt",
            Self::LeastRecentlyUpdatedFirst => "+updatedAt",
            Self::MostRecentlyUpdatedFirst => "-updatedAt",
        }
    }
}

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a pager does nothing until it is sent"]
pub struct Pager {
    index: u32,
    size: u32,
}

impl Pager {
    /// The largest page that the server gives.
    pub const MAX_SIZE: u32 = 500;

    /// The page of this number, from 1 on, of 30 members.
    pub const fn page(index: u32) -> Self {
        Self { index: if index == 0 { 1 } else { index }, size: 30 }
    }

    /// The same page number with pages of another size, 1 to [`Pager::MAX_SIZE`]; what lies outside is
    /// brought inside, since the server takes `0` for "all in one".
    pub const fn with_size(self, size: u32) -> Self {
        let size = match size {
            0 => 1,
            size if size > Self::MAX_SIZE => Self::MAX_SIZE,
            size => size,
        };
        Self { index: self.index, size }
    }

    pub(super) fn object(self) -> Value {
        json!({"pageIndex": self.index, "pageSize": self.size, "objectType": "KalturaFilterPager"})
    }
}
