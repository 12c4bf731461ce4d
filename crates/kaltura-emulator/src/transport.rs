//! The emulator as a transport: no network, no runtime, and no waiting.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use kaltura_auth::{
    BlockingTransport, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait,
};

use super::{Breakage, Emulator, Reply};

/// Whatever host a URL names, the emulator answers. Time does not pass: an answer that is slower than the
/// request's limit is a timeout at once, any other arrives at once.
#[cfg_attr(not(target_family = "wasm"), async_trait)]
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
impl Transport for Emulator {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.carry(&request)
    }
}

impl BlockingTransport for Emulator {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.carry(&request)
    }
}

impl Emulator {
    fn carry(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        let reply = self.respond(&to_http(request)?, IpAddr::V4(Ipv4Addr::LOCALHOST));
        deliver(reply, request)
    }
}

fn to_http(request: &WireRequest) -> Result<http::Request<Bytes>, TransportError> {
    let mut builder =
        http::Request::post(request.url()).header(http::header::CONTENT_TYPE, request.content_type());
    for (name, value) in request.headers() {
        builder = builder.header(name, value);
    }
    let body = Bytes::copy_from_slice(request.body());
    builder.body(body).map_err(|error| TransportError::new(TransportErrorKind::Build, error))
}

fn deliver(reply: Reply, request: &WireRequest) -> Result<WireResponse, TransportError> {
    if request.timeout().is_some_and(|limit| reply.delay > limit) {
        return Err(TransportError::new(
            TransportErrorKind::Timeout,
            "the emulator's answer takes longer than the request's time limit",
        ));
    }
    match reply.breakage {
        Some(Breakage::Reset) => {
            return Err(TransportError::new(TransportErrorKind::Io, "the emulator reset the connection"));
        }
        Some(Breakage::CutBody(_)) => {
            return Err(TransportError::new(TransportErrorKind::Io, "the emulator cut the answer's body"));
        }
        None => {}
    }
    let (head, body) = reply.response.into_parts();
    if u64::try_from(body.len()).unwrap_or(u64::MAX) > request.max_response_bytes() {
        return Err(TransportError::new(
            TransportErrorKind::TooLarge,
            "the emulator's answer is larger than the request allows",
        ));
    }
    let mut response = WireResponse::new(head.status.as_u16(), body.to_vec());
    for (name, value) in &head.headers {
        if let Ok(value) = value.to_str() {
            response = response.with_header(name.as_str(), value);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::emulator;
    use crate::{Fault, FaultRule};
    use kaltura_auth::ServiceUrl;
    use std::time::Duration;

    fn ping() -> WireRequest {
        WireRequest::json(&ServiceUrl::US, "system", "ping", serde_json::Map::new())
    }

    fn kind(fault: Fault, request: &WireRequest) -> Option<TransportErrorKind> {
        let emulator = emulator();
        emulator.inject(FaultRule::new(fault));
        emulator.carry(request).err().map(|error| error.kind())
    }

    #[test]
    fn an_answer_comes_through_with_its_headers() {
        let response = emulator().carry(&ping()).unwrap();
        assert_eq!((response.status(), response.body()), (200, &b"true"[..]));
        assert_eq!(response.server_time(), Some(emulator().clock().now()));
        assert_eq!(response.header("x-me"), Some("kaltura-emulator"));
    }

    #[test]
    fn what_breaks_is_an_error_of_its_kind() {
        let slow = || Fault::Slow(Duration::from_secs(2));
        let limited = |seconds| ping().with_timeout(Duration::from_secs(seconds));
        assert_eq!(kind(Fault::Reset, &ping()), Some(TransportErrorKind::Io));
        assert_eq!(kind(Fault::CutBody, &ping()), Some(TransportErrorKind::Io));
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
