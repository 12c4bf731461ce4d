//! A transport that remembers what went over it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
use kaltura_http::ReqwestTransport;
use serde_json::Value;

/// HTTP, remembered.
pub(super) struct Traced {
    http: ReqwestTransport,
    exchanges: Mutex<Vec<Recorded>>,
}

/// A request that was answered. It holds secrets, and wipes them when it is gone.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) request: WireRequest,
    pub(super) response: WireResponse,
}

impl Traced {
    pub(super) const fn over(http: ReqwestTransport) -> Self {
        Self { http, exchanges: Mutex::new(Vec::new()) }
    }

    /// How many requests were answered so far.
    pub(super) fn count(&self) -> usize {
        self.recorded().len()
    }

    /// What was exchanged since there were so many.
    pub(super) fn since(&self, count: usize) -> Vec<Recorded> {
        self.recorded().get(count..).unwrap_or_default().to_vec()
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        // Nothing panics while it holds this lock.
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Traced {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let response = self.http.send(request.clone()).await?;
        self.recorded().push(Recorded { request, response: response.clone() });
        Ok(response)
    }
}

impl Recorded {
    /// Service and action, such as `media.list`.
    pub(super) fn action(&self) -> String {
        format!("{}.{}", self.request.service(), self.request.action())
    }

    /// A parameter as it was sent.
    pub(super) fn parameter(&self, name: &str) -> Option<Value> {
        serde_json::from_slice::<Value>(self.request.body()).ok()?.get(name).cloned()
    }

    /// Whether a text stands anywhere in what was sent.
    pub(super) fn sent_anywhere(&self, text: &str) -> bool {
        let body = String::from_utf8_lossy(self.request.body());
        let headers =
            || self.request.headers().any(|(name, value)| name.contains(text) || value.contains(text));
        body.contains(text) || self.request.url().contains(text) || headers()
    }
}
