//! Without the feature `tracing` nothing is told.

use std::sync::Arc;

use kaltura_auth::ResponseMetadata;
use kaltura_auth::manager::Observer;

use crate::error::{Called, Error};

pub(crate) struct CallSpan;

impl CallSpan {
    pub(crate) const fn begin(_called: &Called) -> Self {
        Self
    }

    pub(crate) fn around<F>(&self, future: F) -> F {
        future
    }

    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) const fn answered(&self, _facts: Option<&ResponseMetadata>) {}

    pub(crate) const fn end(&self, _error: Option<&Error>) {}
}

pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
    observer
}
