//! All pages of a list.
//!
//! [`Client::pages`](crate::Client::pages) and [`blocking::Client::pages`](crate::blocking::Client::pages) request them
//! one after the other. [`Listing`] is the pure part: it yields the requests and takes the responses.

mod listing;

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use kaltura_auth::runtime::BoxFuture;
use kaltura_types::{ListAction, payload};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::listing::{InvalidPager, List, Listing};

use crate::client::Client;
use crate::error::{ActionName, Error};
use crate::options::CallOptions;
use crate::raw_action::RawAction;

/// The pages of a list, as a stream of `Result<Vec<T>, Error>`. See [`Client::pages`].
///
/// No page is empty. The stream ends after the last page, or after the first error.
#[must_use = "nothing is requested until the stream is polled"]
pub struct Pages<T = Value> {
    client: Client,
    reader: PageReader<T>,
    request: Option<BoxFuture<'static, Result<Value, Error>>>,
}

/// The methods of both kinds of pages, which have a field `reader`.
macro_rules! pages_methods {
    () => {
        /// Sets the options of each call, such as a timeout, which is then that of one page.
        pub fn options(mut self, options: CallOptions) -> Self {
            self.reader.options = options;
            self
        }

        /// Limits the number of objects, for a server that never ends a list: one more is an error. The default is
        /// 10 million.
        pub fn max_objects(mut self, max: u64) -> Self {
            self.reader.set_max_objects(max);
            self
        }

        /// How many objects there are by the server's count; `None` before the first page, and if the server does not
        /// say. The count may be an estimate, and changes when objects are created or deleted.
        #[must_use]
        pub fn total(&self) -> Option<u64> {
            self.reader.listing.as_ref()?.total()
        }

        /// How many objects were listed so far.
        #[must_use]
        pub fn listed(&self) -> u64 {
            self.reader.listing.as_ref().map_or(0, Listing::listed)
        }

        /// Whether the list was read to its end, and has at least as many objects as the server counted. `false` may
        /// also mean that objects were deleted during the listing.
        #[must_use]
        pub fn is_complete(&self) -> bool {
            self.reader.listing.as_ref().is_some_and(Listing::is_complete)
        }
    };
}
pub(crate) use pages_methods;

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn new(client: Client, action: &impl ListAction<Object = T>) -> Self {
        Self { client, reader: PageReader::new(action), request: None }
    }

    pages_methods!();

    /// The objects of the pages, as a stream of `Result<T, Error>`.
    pub fn objects(self) -> Objects<T> {
        Objects { pages: self, page: VecDeque::new() }
    }
}

// Nothing in it is pinned: the future is in a box.
impl<T> Unpin for Pages<T> {}

impl<T: DeserializeOwned> Stream for Pages<T> {
    type Item = Result<Vec<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { client, reader, request } = &mut *self;
        loop {
            if request.is_none() {
                let client = client.clone();
                match reader.next_request() {
                    Ok(Some((action, options))) => {
                        *request = Some(Box::pin(async move { client.call_with(&action, &options).await }));
                    }
                    Ok(None) => return Poll::Ready(None),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            if let Some(response) = request {
                let response = ready!(response.as_mut().poll(cx));
                *request = None;
                if let Some(page) = reader.take(response) {
                    return Poll::Ready(Some(page));
                }
            }
        }
    }
}

/// The objects of a list, as a stream of `Result<T, Error>`. See [`Pages::objects`].
#[must_use = "nothing is requested until the stream is polled"]
pub struct Objects<T = Value> {
    pages: Pages<T>,
    page: VecDeque<T>,
}

impl<T> Objects<T> {
    /// The pages that the objects come from, to ask for their number and whether they are complete.
    pub const fn pages(&self) -> &Pages<T> {
        &self.pages
    }
}

impl<T> Unpin for Objects<T> {}

impl<T: DeserializeOwned> Stream for Objects<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(object) = self.page.pop_front() {
                return Poll::Ready(Some(Ok(object)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(cx)) {
                Some(Ok(page)) => self.page = page.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// What the async and the blocking pages share: a listing with typed objects, which ends with the first error.
pub(crate) struct PageReader<T> {
    name: ActionName,
    pub(crate) options: CallOptions,
    pub(crate) listing: Option<Listing>,
    /// An error that is returned before anything is requested.
    error: Option<Error>,
    has_responded: bool,
    has_ended: bool,
    object: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> PageReader<T> {
    pub(crate) fn new(action: &impl ListAction<Object = T>) -> Self {
        let (listing, error) = match Listing::new(action) {
            Ok(listing) => (Some(listing), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            name: ActionName::new(action.service(), action.action()),
            options: CallOptions::new(),
            listing,
            error,
            has_responded: false,
            has_ended: false,
            object: PhantomData,
        }
    }

    pub(crate) fn set_max_objects(&mut self, max: u64) {
        self.listing = self.listing.take().map(|listing| listing.max_objects(max));
    }

    /// The request of the next page; `None` after the last one.
    pub(crate) fn next_request(&mut self) -> Result<Option<(RawAction, CallOptions)>, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let action = self.listing.as_ref().filter(|_| !self.has_ended).and_then(Listing::next_request);
        // An action that has returned a list can be repeated.
        let options = self.options.clone();
        let options = if self.has_responded { options.repeatable(true) } else { options };
        Ok(action.map(|action| (action, options)))
    }

    /// The next page; `None` if another request is needed for it.
    pub(crate) fn take(&mut self, response: Result<Value, Error>) -> Option<Result<Vec<T>, Error>> {
        let page = self.listing.as_mut()?.take(response).and_then(|objects| {
            let objects = objects.into_iter().map(payload::decode_value);
            objects.collect::<Result<Vec<T>, _>>().map_err(|error| Error::object(self.name.clone(), error))
        });
        self.has_responded |= page.is_ok();
        self.has_ended = page.is_err();
        match page {
            Ok(objects) if objects.is_empty() => None,
            page => Some(page),
        }
    }
}

impl<T> fmt::Debug for PageReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("action", &self.name).field("listing", &self.listing).finish()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reader.fmt(f)
    }
}

impl<T> fmt::Debug for Objects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.pages).finish()
    }
}
