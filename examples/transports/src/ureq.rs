//! A blocking transport on ureq.

use std::time::Duration;

use kaltura::blocking::Transport;
use kaltura::{TransportError, TransportErrorKind, WireRequest, WireResponse};
use ureq::Agent;

/// A transport for programs that use ureq anyway.
#[derive(Clone, Debug)]
pub struct UreqTransport(Agent);

impl UreqTransport {
    /// A transport with an agent of its own, since the contract needs some settings: a status is no error, and
    /// redirects are not followed.
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)));
        Self(config.build().into())
    }
}

impl Default for UreqTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let converted = http::Request::try_from(&request)?.map(|_| request.body());
        let configured = self.0.configure_request(converted).timeout_global(request.timeout()).build();
        let (parts, mut body) = self.0.run(configured).map_err(convert_error)?.into_parts();
        let body = body.with_config().limit(request.max_response_bytes()).read_to_vec();
        let body = body.map_err(convert_error)?;
        Ok(http::Response::from_parts(parts, body.into()).into())
    }
}

/// `Connect` says that the request was not sent, so that the client may send it again.
fn convert_error(error: ureq::Error) -> TransportError {
    let kind = match &error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => TransportErrorKind::Connect,
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => TransportErrorKind::Connect,
        ureq::Error::Timeout(_) => TransportErrorKind::Timeout,
        ureq::Error::BodyExceedsLimit(_) => TransportErrorKind::TooLarge,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            TransportErrorKind::Connect
        }
        ureq::Error::Io(_) | ureq::Error::Protocol(_) => TransportErrorKind::Io,
        _ => TransportErrorKind::Other,
    };
    TransportError::new(kind, error)
}

#[cfg(test)]
mod tests {
    use kaltura::testing::conformance;

    use super::*;

    #[test]
    fn it_keeps_the_contract() {
        conformance::check_blocking(&UreqTransport::new()).assert_passed();
    }
}
