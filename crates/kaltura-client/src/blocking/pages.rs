//! All pages of a list, without async.

use std::{fmt, vec};

use kaltura_types::ListAction;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Client;
use crate::error::Error;
use crate::options::CallOptions;
use crate::pages::{Listing, PageReader, pages_methods};

/// The pages of a list, as an iterator of `Result<Vec<T>, Error>`. See [`Client::pages`].
///
/// No page is empty. The iterator ends after the last page, or after the first error.
#[must_use = "nothing is requested until the iterator is used"]
pub struct Pages<T = Value> {
    client: Client,
    reader: PageReader<T>,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(super) fn new(client: Client, action: &impl ListAction<Object = T>) -> Self {
        Self { client, reader: PageReader::new(action) }
    }

    pages_methods!();

    /// The objects of the pages, as an iterator of `Result<T, Error>`.
    pub fn objects(self) -> Objects<T> {
        Objects { pages: self, page: Vec::new().into_iter() }
    }
}

impl<T: DeserializeOwned> Iterator for Pages<T> {
    type Item = Result<Vec<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (action, options) = match self.reader.next_request().transpose()? {
                Ok(request) => request,
                Err(error) => return Some(Err(error)),
            };
            if let Some(page) = self.reader.take(self.client.call_with(&action, &options)) {
                return Some(page);
            }
        }
    }
}

/// The objects of a list, as an iterator of `Result<T, Error>`. See [`Pages::objects`].
#[must_use = "nothing is requested until the iterator is used"]
pub struct Objects<T = Value> {
    pages: Pages<T>,
    page: vec::IntoIter<T>,
}

impl<T> Objects<T> {
    /// The pages that the objects come from, to ask for their number and whether they are complete.
    pub const fn pages(&self) -> &Pages<T> {
        &self.pages
    }
}

impl<T: DeserializeOwned> Iterator for Objects<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(object) = self.page.next() {
                return Some(Ok(object));
            }
            match self.pages.next()? {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
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
