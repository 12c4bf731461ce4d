//! What stands between a client and the server: it counts requests, collects secrets, and changes responses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kaltura_auth::blocking::Transport as BlockingTransport;
use kaltura_auth::runtime::Clock;
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait};
use kaltura_emulator::Emulator;
use kaltura_http::{ReqwestTransport, blocking};
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::UnixTime;
use serde_json::Value;

use crate::leaks::Leaks;

/// The largest response over sockets.
const MAX_RESPONSE_BYTES: u64 = 256 << 10;

/// Changes a response.
pub(crate) type Change = Arc<dyn Fn(&WireRequest, WireResponse) -> WireResponse + Send + Sync>;

/// How requests reach the server.
pub(crate) enum Carrier {
    /// The emulator, whose clock follows that of the runtime.
    InProcess(Emulator, TestRuntime),
    Socket(ReqwestTransport),
    BlockingSocket(blocking::ReqwestTransport),
}

pub(crate) struct Network {
    carrier: Carrier,
    state: Mutex<State>,
    requests: AtomicUsize,
}

#[derive(Default)]
struct State {
    change: Option<ChangeRule>,
    leaks: Leaks,
    counts_fresh_connections: bool,
}

/// Which calls of an action get another response.
struct ChangeRule {
    action: &'static str,
    calls: std::ops::RangeInclusive<u64>,
    seen: u64,
    change: Change,
}

impl Network {
    pub(crate) fn new(carrier: Carrier) -> Arc<Self> {
        let state = State { counts_fresh_connections: true, ..State::default() };
        Arc::new(Self { carrier, state: Mutex::new(state), requests: AtomicUsize::new(0) })
    }

    pub(crate) fn change(&self, action: &'static str, calls: std::ops::RangeInclusive<u64>, change: Change) {
        self.state.lock().unwrap().change = Some(ChangeRule { action, calls, seen: 0, change });
    }

    pub(crate) fn restore(&self) {
        self.state.lock().unwrap().change = None;
    }

    /// After a response that leaves the connection unusable, it is chance whether the client notices it in time, or
    /// sends the next request again on a fresh connection. The latter is then not counted.
    pub(crate) fn ignore_fresh_connections(&self) {
        self.state.lock().unwrap().counts_fresh_connections = false;
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn leaks<T>(&self, use_leaks: impl FnOnce(&mut Leaks) -> T) -> T {
        use_leaks(&mut self.state.lock().unwrap().leaks)
    }

    fn before(&self, request: &WireRequest) {
        let mut state = self.state.lock().unwrap();
        if state.counts_fresh_connections || !request.fresh_connection() {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        collect_secrets(request.body(), &mut state.leaks);
        if let Carrier::InProcess(emulator, runtime) = &self.carrier {
            let now = TestRuntime::START + runtime.monotonic();
            emulator.clock().set(UnixTime::from_seconds(i64::try_from(now.as_secs()).unwrap()));
        }
    }

    fn after(
        &self,
        request: &WireRequest,
        result: Result<WireResponse, TransportError>,
    ) -> Result<WireResponse, TransportError> {
        let mut response = result?;
        let mut state = self.state.lock().unwrap();
        collect_secrets(response.body(), &mut state.leaks);
        let name = action(request);
        if let Some(rule) = state.change.as_mut().filter(|rule| rule.action == name) {
            rule.seen += 1;
            if rule.calls.contains(&rule.seen) {
                response = (rule.change)(request, response);
                collect_secrets(response.body(), &mut state.leaks);
            }
        }
        if response.body().len() as u64 > request.max_response_bytes() {
            return Err(TransportError::new(TransportErrorKind::TooLarge, "larger than the request allows"));
        }
        Ok(response)
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.before(&request);
        let result = match &self.carrier {
            Carrier::InProcess(emulator, _) => BlockingTransport::send(emulator, request.clone()),
            Carrier::Socket(transport) => transport.send(limited(&request)).await,
            Carrier::BlockingSocket(_) => unreachable!("an async client has an async transport"),
        };
        self.after(&request, result)
    }
}

impl BlockingTransport for Network {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.before(&request);
        let result = match &self.carrier {
            Carrier::InProcess(emulator, _) => BlockingTransport::send(emulator, request.clone()),
            Carrier::BlockingSocket(transport) => transport.send(limited(&request)),
            Carrier::Socket(_) => unreachable!("a blocking client has a blocking transport"),
        };
        self.after(&request, result)
    }
}

/// With a size limit that is reached long before the timeout, also on a busy machine.
fn limited(request: &WireRequest) -> WireRequest {
    let limit = request.max_response_bytes().min(MAX_RESPONSE_BYTES);
    request.clone().with_max_response_bytes(limit)
}

/// The name of an action, as the emulator's fault rules spell it.
fn action(request: &WireRequest) -> String {
    match request.service() {
        "multirequest" => "multirequest".to_owned(),
        service => format!("{service}.{}", request.action()),
    }
}

/// The values of all members that are secrets.
pub(crate) fn secrets_of(body: &[u8]) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if ["ks", "tokenHash", "token"].contains(&name.as_str()) => {
                            found.push(text.clone());
                        }
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice(body) {
        collect(&value, &mut found);
    }
    found
}

fn collect_secrets(body: &[u8], leaks: &mut Leaks) {
    for secret in secrets_of(body) {
        leaks.add_secret(&secret);
    }
}

/// The same response with another body.
pub(crate) fn with_body(response: &WireResponse, body: impl Into<Vec<u8>>) -> WireResponse {
    let headers =
        ["date", "retry-after", "location", "content-type", "x-kaltura", "x-kaltura-session", "x-me"];
    headers.into_iter().fold(WireResponse::new(response.status(), body), |changed, name| {
        match response.header(name) {
            Some(value) => changed.with_header(name, value),
            None => changed,
        }
    })
}
