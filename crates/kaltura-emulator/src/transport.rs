//! How a response reaches the client, and the emulator as a transport without a network.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use kaltura_auth::{
    Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
    blocking::Transport as BlockingTransport,
};

use crate::backend::upload::AwaitedChunks;
use crate::emulator::Emulator;
use crate::faults::Fault;
use crate::request::ApiRequest;

/// A response, and what happens to it on its way to the client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The whole response.
    pub response: http::Response<Bytes>,
    /// How long the response is delayed.
    pub delay: Duration,
    /// How the connection breaks, if it does.
    pub breakage: Option<Breakage>,
    pub(crate) pending: Option<PendingUpload>,
    /// The faults that were injected into it.
    pub(crate) faults: Vec<Fault>,
}

/// The final chunk of an upload, whose response is delayed because chunks before it are missing.
#[derive(Clone)]
pub(crate) struct PendingUpload {
    pub(crate) emulator: Emulator,
    pub(crate) chunks: AwaitedChunks,
    pub(crate) request: ApiRequest,
}

impl fmt::Debug for PendingUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingUpload").field("end", &self.chunks.end).finish_non_exhaustive()
    }
}

/// What is wrong with a connection, besides the content of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// It is reset before the first byte of the response.
    Reset,
    /// It ends after this many bytes of the body, fewer than the response has.
    CutBody(usize),
    /// It is reset after this many bytes of the body, fewer than the response has.
    ResetBody(usize),
    /// It is reset after the whole response, so that it cannot be used for another request.
    ResetAfter,
    /// The body arrives in pieces, the last one after this time.
    SlowBody(Duration),
    /// After the body, spaces follow without an end.
    EndlessBody,
    /// The header `Content-Length` has this value. If it is too large, the connection ends after the body; if it is too
    /// small, the rest of the body follows the response.
    WrongLength(u64),
}

impl Reply {
    pub(crate) const fn whole(response: http::Response<Bytes>) -> Self {
        Self { response, delay: Duration::ZERO, breakage: None, pending: None, faults: Vec::new() }
    }

    /// The response in place of the delayed one, if the reason of the delay is gone: the chunks for which an upload
    /// waited have arrived (wire contract, section 10.3). A caller that waits can ask now and then.
    #[must_use]
    pub fn early_response(&self) -> Option<http::Response<Bytes>> {
        let pending = self.pending.as_ref()?;
        pending.emulator.finish_upload(pending)
    }

    /// Whether the delay may end early.
    #[cfg(feature = "server")]
    pub(crate) const fn may_be_early(&self) -> bool {
        self.pending.is_some()
    }
}

/// The emulator responds for every host. No time passes: a response whose delay exceeds the request's timeout is a
/// timeout error at once, any other response arrives at once.
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl Transport for Emulator {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.transmit(&request)
    }
}

impl BlockingTransport for Emulator {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.transmit(&request)
    }
}

impl Emulator {
    fn transmit(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        let reply = self.respond(&http::Request::try_from(request)?, IpAddr::V4(Ipv4Addr::LOCALHOST));
        deliver(reply, request)
    }
}

fn deliver(reply: Reply, request: &WireRequest) -> Result<WireResponse, TransportError> {
    let body_time = match reply.breakage {
        Some(Breakage::SlowBody(time)) => time,
        _ => Duration::ZERO,
    };
    if request.timeout().is_some_and(|limit| reply.delay.saturating_add(body_time) > limit) {
        return Err(TransportError::new(
            TransportErrorKind::Timeout,
            "the emulator's response takes longer than the request's time limit",
        ));
    }
    let (head, mut body) = reply.response.into_parts();
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    match reply.breakage {
        Some(Breakage::Reset | Breakage::ResetBody(_)) => {
            return Err(TransportError::new(TransportErrorKind::Io, "the emulator reset the connection"));
        }
        Some(Breakage::CutBody(_)) => {
            return Err(TransportError::new(TransportErrorKind::Io, "the emulator cut the response's body"));
        }
        Some(Breakage::WrongLength(declared)) if declared > length => {
            return Err(TransportError::new(TransportErrorKind::Io, "the emulator's response is too short"));
        }
        Some(Breakage::EndlessBody) => {
            return Err(TransportError::new(
                TransportErrorKind::TooLarge,
                "the emulator's response has no end",
            ));
        }
        Some(Breakage::WrongLength(declared)) => {
            body.truncate(usize::try_from(declared).unwrap_or(usize::MAX));
        }
        Some(Breakage::ResetAfter | Breakage::SlowBody(_)) | None => {}
    }
    if u64::try_from(body.len()).unwrap_or(u64::MAX) > request.max_response_bytes() {
        return Err(TransportError::new(
            TransportErrorKind::TooLarge,
            "the emulator's response is larger than the request allows",
        ));
    }
    Ok(http::Response::from_parts(head, body).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FaultRule;
    use crate::test_client::emulator;
    use kaltura_auth::ServiceUrl;

    fn ping() -> WireRequest {
        WireRequest::json(&ServiceUrl::US, "system", "ping", serde_json::Map::new())
    }

    fn kind(fault: Fault, request: &WireRequest) -> Option<TransportErrorKind> {
        let emulator = emulator();
        emulator.inject(FaultRule::new(fault));
        emulator.transmit(request).err().map(|error| error.kind())
    }

    #[test]
    fn a_response_arrives_with_its_headers() {
        let response = emulator().transmit(&ping()).unwrap();
        assert_eq!((response.status(), response.body()), (200, &b"true"[..]));
        assert_eq!(response.server_time(), Some(emulator().clock().now()));
        assert_eq!(response.header("x-me"), Some("kaltura-emulator"));
    }

    #[test]
    fn each_fault_is_a_transport_error_of_its_kind() {
        let slow = || Fault::Slow(Duration::from_secs(2));
        let limited = |seconds| ping().with_timeout(Duration::from_secs(seconds));
        assert_eq!(kind(Fault::Reset, &ping()), Some(TransportErrorKind::Io));
        assert_eq!(kind(Fault::CutBody, &ping()), Some(TransportErrorKind::Io));
        assert_eq!(kind(Fault::ResetBody, &ping()), Some(TransportErrorKind::Io));
        assert_eq!(kind(Fault::ResetAfter, &ping()), None);
        assert_eq!(kind(Fault::WrongLength(1), &ping()), Some(TransportErrorKind::Io));
        assert_eq!(kind(Fault::WrongLength(-1), &ping()), None);
        assert_eq!(kind(Fault::EndlessBody, &ping()), Some(TransportErrorKind::TooLarge));
        let slow_body = || Fault::SlowBody(Duration::from_secs(2));
        assert_eq!(kind(slow_body(), &limited(1)), Some(TransportErrorKind::Timeout));
        assert_eq!(kind(slow_body(), &limited(2)), None);
        assert_eq!(kind(slow(), &limited(1)), Some(TransportErrorKind::Timeout));
        assert_eq!(kind(slow(), &limited(2)), None);
        assert_eq!(kind(slow(), &ping()), None);
        let small = ping().with_max_response_bytes(3);
        assert_eq!(kind(Fault::Status(200), &small), None);
        assert_eq!(kind(Fault::Xml, &small), Some(TransportErrorKind::TooLarge));
        let no_url = WireRequest::new("not a URL", "system", "ping", "");
        assert_eq!(kind(Fault::EmptyBody, &no_url), Some(TransportErrorKind::Build));
    }
}
