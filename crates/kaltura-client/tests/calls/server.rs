//! A scripted server that records its requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_client::auth::runtime::Runtime as _;
use kaltura_client::auth::{
    Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
    blocking::Transport as BlockingTransport,
};
use serde_json::{Map, Value, json};

use crate::clock::ManualClock;
use crate::form;

/// A transport with a list of replies. Clones share it. After the last reply it responds with `{"fine": true}`.
#[derive(Clone)]
pub(crate) struct Server {
    clock: ManualClock,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    replies: VecDeque<Reply>,
    sent: Vec<Sent>,
}

/// The reply to one request.
#[derive(Clone)]
pub(crate) struct Reply {
    delay: Duration,
    kind: ReplyKind,
}

#[derive(Clone)]
enum ReplyKind {
    Respond(WireResponse),
    Fail(TransportError),
    /// A response made from the request, for example one that repeats it.
    Echo(fn(&Sent) -> WireResponse),
    Never,
}

/// A request that the server received.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) request: WireRequest,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) files: Vec<form::File>,
}

impl Sent {
    pub(crate) fn ks(&self) -> Option<&str> {
        self.parameters.get("ks").map(|ks| ks.as_str().unwrap())
    }

    pub(crate) fn body(&self) -> String {
        String::from_utf8(self.request.body().to_vec()).unwrap()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

impl Reply {
    pub(crate) fn json(body: impl Into<Value>) -> Self {
        Self::raw(200, &body.into().to_string())
    }

    pub(crate) fn raw(status: u16, body: &str) -> Self {
        Self::response(WireResponse::new(status, body))
    }

    pub(crate) fn response(response: WireResponse) -> Self {
        Self::new(ReplyKind::Respond(response))
    }

    /// An API error without arguments.
    pub(crate) fn error(code: &str) -> Self {
        Self::json(error(code, &json!([])))
    }

    /// The server refuses the KS for this reason (wire contract, section 7).
    pub(crate) fn invalid_ks(reason: &str) -> Self {
        Self::json(invalid_ks(reason))
    }

    pub(crate) fn fail(kind: TransportErrorKind) -> Self {
        Self::fail_with(TransportError::new(kind, "set by the test"))
    }

    pub(crate) fn fail_with(error: TransportError) -> Self {
        Self::new(ReplyKind::Fail(error))
    }

    pub(crate) fn echo(response: fn(&Sent) -> WireResponse) -> Self {
        Self::new(ReplyKind::Echo(response))
    }

    pub(crate) fn never() -> Self {
        Self::new(ReplyKind::Never)
    }

    /// Sends the reply after this time.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn new(kind: ReplyKind) -> Self {
        Self { delay: Duration::ZERO, kind }
    }
}

pub(crate) fn error(code: &str, args: &Value) -> Value {
    json!({"code": code, "message": format!("it is {code}"), "objectType": "KalturaAPIException", "args": args})
}

pub(crate) fn invalid_ks(reason: &str) -> Value {
    let args = json!({"KSID": reason, "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"});
    let message = format!("Invalid KS \"{reason}\", Error \"-1,INVALID_STR\"");
    json!({"code": "INVALID_KS", "message": message, "objectType": "KalturaAPIException", "args": args})
}

impl Server {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        Self { clock: clock.clone(), shared: Arc::default() }
    }

    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().unwrap().replies.extend(replies);
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.shared.lock().unwrap().sent.clone()
    }

    /// The KS of each request.
    pub(crate) fn sessions(&self) -> Vec<Option<String>> {
        self.sent().iter().map(|sent| sent.ks().map(str::to_owned)).collect()
    }

    fn take(&self, request: WireRequest) -> (Reply, Sent) {
        let (parameters, files) = if request.content_type() == "application/json" {
            (serde_json::from_slice(request.body()).unwrap(), Vec::new())
        } else {
            form::read(&request)
        };
        let sent = Sent { request, parameters, files };
        let mut shared = self.shared.lock().unwrap();
        shared.sent.push(sent.clone());
        let reply = shared.replies.pop_front();
        (reply.unwrap_or_else(|| Reply::json(json!({"fine": true}))), sent)
    }
}

impl ReplyKind {
    fn outcome(self, sent: &Sent) -> Result<WireResponse, TransportError> {
        match self {
            Self::Respond(response) => Ok(response),
            Self::Fail(error) => Err(error),
            Self::Echo(response) => Ok(response(sent)),
            Self::Never => panic!("the thread would block forever"),
        }
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (reply, sent) = self.take(request);
        if !reply.delay.is_zero() {
            self.clock.sleep(reply.delay).await;
        }
        if matches!(reply.kind, ReplyKind::Never) {
            std::future::pending::<()>().await;
        }
        reply.kind.outcome(&sent)
    }
}

/// A blocked thread advances the clock.
impl BlockingTransport for Server {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (reply, sent) = self.take(request);
        self.clock.advance(reply.delay);
        reply.kind.outcome(&sent)
    }
}
