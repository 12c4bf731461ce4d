//! A server that gives the answers that it was told, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_client::auth::runtime::Runtime as _;
use kaltura_client::auth::{
    BlockingTransport, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
};
use serde_json::{Map, Value, json};

use crate::clock::HandClock;

/// A transport with a list of answers. A clone is the same one. When the list is over it answers `{"fine": true}`.
#[derive(Clone)]
pub(crate) struct Server {
    clock: HandClock,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    replies: VecDeque<Reply>,
    sent: Vec<Sent>,
}

/// What happens to one request.
#[derive(Clone)]
pub(crate) struct Reply {
    after: Duration,
    what: What,
}

#[derive(Clone)]
enum What {
    Answer(WireResponse),
    Fail(TransportError),
    /// The answer is an error that repeats all that was sent.
    Echo(fn(&Sent) -> WireResponse),
    Never,
}

/// One request, as the server saw it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) request: WireRequest,
    pub(crate) parameters: Map<String, Value>,
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
        Self::answer(WireResponse::new(status, body))
    }

    pub(crate) fn answer(response: WireResponse) -> Self {
        Self::of(What::Answer(response))
    }

    /// An error of the API without arguments.
    pub(crate) fn error(code: &str) -> Self {
        Self::json(error(code, &json!([])))
    }

    /// The server refuses the KS for this reason, in the words of the wire contract, section 7.
    pub(crate) fn invalid_ks(reason: &str) -> Self {
        Self::json(invalid_ks(reason))
    }

    pub(crate) fn fail(kind: TransportErrorKind) -> Self {
        Self::fail_with(TransportError::new(kind, "the test wants it so"))
    }

    pub(crate) fn fail_with(error: TransportError) -> Self {
        Self::of(What::Fail(error))
    }

    pub(crate) fn echo(answer: fn(&Sent) -> WireResponse) -> Self {
        Self::of(What::Echo(answer))
    }

    pub(crate) fn never() -> Self {
        Self::of(What::Never)
    }

    /// It takes so long.
    pub(crate) fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    fn of(what: What) -> Self {
        Self { after: Duration::ZERO, what }
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
    pub(crate) fn new(clock: &HandClock) -> Self {
        Self { clock: clock.clone(), shared: Arc::default() }
    }

    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().unwrap().replies.extend(replies);
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.shared.lock().unwrap().sent.clone()
    }

    /// The KS of each request so far.
    pub(crate) fn sessions(&self) -> Vec<Option<String>> {
        self.sent().iter().map(|sent| sent.ks().map(str::to_owned)).collect()
    }

    fn take(&self, request: WireRequest) -> (Reply, Sent) {
        let Value::Object(parameters) = serde_json::from_slice(request.body()).unwrap() else {
            panic!("the server reads objects only")
        };
        let sent = Sent { request, parameters };
        let mut shared = self.shared.lock().unwrap();
        shared.sent.push(sent.clone());
        let reply = shared.replies.pop_front();
        (reply.unwrap_or_else(|| Reply::json(json!({"fine": true}))), sent)
    }
}

impl What {
    fn outcome(self, sent: &Sent) -> Result<WireResponse, TransportError> {
        match self {
            Self::Answer(response) => Ok(response),
            Self::Fail(error) => Err(error),
            Self::Echo(answer) => Ok(answer(sent)),
            Self::Never => panic!("a thread would wait for ever"),
        }
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (reply, sent) = self.take(request);
        if !reply.after.is_zero() {
            self.clock.sleep(reply.after).await;
        }
        if matches!(reply.what, What::Never) {
            std::future::pending::<()>().await;
        }
        reply.what.outcome(&sent)
    }
}

/// A thread that waits lets the clock go on.
impl BlockingTransport for Server {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (reply, sent) = self.take(request);
        self.clock.advance(reply.after);
        reply.what.outcome(&sent)
    }
}
