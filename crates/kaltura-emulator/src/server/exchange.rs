//! One request and its answer.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use super::breakage::{AnswerBody, Breaker, Broken};
use crate::{Breakage, Reply};

/// How long a client may take to send the body of a request.
const BODY_TIME: Duration = Duration::from_secs(60);

/// Who answers a request of the client with this address.
pub(super) type Respond = dyn Fn(&Request<Bytes>, IpAddr) -> Reply + Send + Sync;

/// Takes requests to who answers them, and carries the answers back.
pub(super) struct Exchanges {
    respond: Box<Respond>,
    max_request_bytes: usize,
}

impl Exchanges {
    pub(super) const fn new(respond: Box<Respond>, max_request_bytes: usize) -> Self {
        Self { respond, max_request_bytes }
    }

    /// Answers a request, or breaks the connection that it came by.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        client: IpAddr,
        breaker: &Breaker,
    ) -> Result<Response<AnswerBody>, Broken> {
        let (head, body) = request.into_parts();
        let body = match self.read(body).await? {
            Ok(body) => body,
            Err(status) => return Ok(refusal(status)),
        };
        let reply = (self.respond)(&Request::from_parts(head, body), client);
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }

        let (head, body) = reply.response.into_parts();
        let body = match reply.breakage {
            None => AnswerBody::whole(body),
            Some(Breakage::CutBody(length)) if !body.is_empty() => AnswerBody::cut(body, length, breaker),
            // There is nothing to cut.
            Some(Breakage::Reset | Breakage::CutBody(_)) => return Err(breaker.reset()),
        };
        Ok(Response::from_parts(head, body))
    }

    /// The body, or the status that says why it is not taken.
    async fn read(&self, body: Incoming) -> Result<Result<Bytes, StatusCode>, Broken> {
        let declared = body.size_hint().lower();
        if declared > self.max_request_bytes as u64 {
            return Ok(Err(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let reading = Limited::new(body, self.max_request_bytes).collect();
        match tokio::time::timeout(BODY_TIME, reading).await {
            Ok(Ok(body)) => Ok(Ok(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)),
            Ok(Err(_)) => Err(Broken),
            Err(_) => Ok(Err(StatusCode::REQUEST_TIMEOUT)),
        }
    }
}

/// A part of the request is still on its way, so the connection can not be used again.
fn refusal(status: StatusCode) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
