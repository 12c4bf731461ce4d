//! The simulated server: it answers both steps of a login, counts requests by second, and can be out of service.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaltura_auth::runtime::{Clock as _, Runtime as _};
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait};
use kaltura_testing::runtime::TestRuntime;

/// The lifetime of a session, in seconds.
pub(crate) const LIFETIME: u64 = 3_600;

/// How long a request takes.
const LATENCY: Duration = Duration::from_millis(300);

/// Requests in each second, and logins, since the start.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    runtime: TestRuntime,
    start: Duration,
    is_out: AtomicBool,
    logins: AtomicUsize,
    issued: AtomicUsize,
    by_second: Mutex<Vec<u32>>,
}

impl Server {
    pub(crate) fn new(runtime: &TestRuntime) -> Self {
        Self(Arc::new(Inner {
            runtime: runtime.clone(),
            start: runtime.monotonic(),
            is_out: AtomicBool::new(false),
            logins: AtomicUsize::new(0),
            issued: AtomicUsize::new(0),
            by_second: Mutex::default(),
        }))
    }

    /// Refuses every connection, or no longer does.
    pub(crate) fn set_out(&self, is_out: bool) {
        self.0.is_out.store(is_out, Ordering::Relaxed);
    }

    /// The sessions that were started.
    pub(crate) fn logins(&self) -> usize {
        self.0.logins.load(Ordering::Relaxed)
    }

    /// The requests in each second since the start, those that were refused included.
    pub(crate) fn by_second(&self) -> Vec<u32> {
        self.0.by_second.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self) {
        let second = (self.0.runtime.monotonic() - self.0.start).as_secs();
        let second = usize::try_from(second).unwrap_or(usize::MAX);
        let mut by_second = self.0.by_second.lock().unwrap_or_else(PoisonError::into_inner);
        if by_second.len() <= second {
            by_second.resize(second + 1, 0);
        }
        by_second[second] += 1;
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.count();
        if self.0.is_out.load(Ordering::Relaxed) {
            return Err(TransportError::new(TransportErrorKind::Connect, "connection refused"));
        }
        self.0.runtime.sleep(LATENCY).await;
        let number = self.0.issued.fetch_add(1, Ordering::Relaxed);
        let now = self.0.runtime.unix_time();
        let expiry = now.as_secs() + LIFETIME;
        let body = if request.action() == "startSession" {
            self.0.logins.fetch_add(1, Ordering::Relaxed);
            format!(
                r#"{{"ks":"djJ8N3x{number:08}","sessionType":0,"partnerId":7,"userId":"","expiry":{expiry},"privileges":"","objectType":"KalturaSessionInfo"}}"#
            )
        } else {
            format!(
                r#"{{"partnerId":7,"ks":"djJ8N3w{number:08}","userId":0,"objectType":"KalturaStartWidgetSessionResponse"}}"#
            )
        };
        let time = format!("1, {}", now.as_secs());
        Ok(WireResponse::new(200, body).with_header("x-kaltura-session", time))
    }
}

thread_local! {
    static NEXT_SEED: Cell<u64> = const { Cell::new(1) };
}

/// Another seed for each run.
pub(crate) fn next_seed() -> u64 {
    NEXT_SEED.with(|next| next.replace(next.get() + 1))
}
