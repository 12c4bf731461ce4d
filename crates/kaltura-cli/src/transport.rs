//! What carries the requests of commands: with a log, and with a sign of life, where these are wanted.

use kaltura_auth::{Transport, TransportError, WireRequest, WireResponse, async_trait};
use kaltura_http::ReqwestTransport;
use tokio::time::Instant;

use crate::output::spinner;
use crate::request_log::RequestLog;

/// A transport over HTTP that tells what it does on standard error.
pub(crate) struct ToldTransport {
    http: ReqwestTransport,
}

impl ToldTransport {
    pub(crate) const fn over(http: ReqwestTransport) -> Self {
        Self { http }
    }
}

#[async_trait]
impl Transport for ToldTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let _waiting = spinner::waiting_for(&purpose(&request));
        let log = RequestLog::begin(&request);
        let begin = Instant::now();
        let outcome = self.http.send(request).await;
        if let Some(log) = log {
            log.end(&outcome, begin.elapsed());
        }
        outcome
    }
}

/// What a request is for, in the words of who waits for it.
fn purpose(request: &WireRequest) -> String {
    let host = request.url().split('/').nth(2).unwrap_or_default();
    match (request.service(), request.action()) {
        ("session", "startWidgetSession") | ("appToken", "startSession") => format!("logging in at {host}"),
        ("multirequest", _) => format!("making several calls at {host}"),
        (service, action) => format!("calling {service}.{action} at {host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose_of(service: &str, action: &str) -> String {
        purpose(&WireRequest::new("https://www.kaltura.com/api_v3/x?format=1", service, action, "{}"))
    }

    #[test]
    fn who_waits_reads_what_for() {
        assert_eq!(purpose_of("appToken", "startSession"), "logging in at www.kaltura.com");
        assert_eq!(purpose_of("session", "startWidgetSession"), "logging in at www.kaltura.com");
        assert_eq!(purpose_of("multirequest", "null"), "making several calls at www.kaltura.com");
        assert_eq!(purpose_of("media", "list"), "calling media.list at www.kaltura.com");
    }
}
