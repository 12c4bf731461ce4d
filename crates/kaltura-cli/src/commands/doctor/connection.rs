//! The connection: whether an answer comes at all, through the same transport as that of a login.

mod fault;

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::{
    AppTokenFlow, AppTokenLogin, Error, FlowStep, Transport, TransportError, TransportErrorKind, WireResponse,
};
use kaltura_types::UnixTime;

use self::fault::Fault;
use super::check::{Finding, Outcome};
use super::way::Way;
use crate::error::{ExitCode, Failure};
use crate::time;

/// The first answer of the server, to the first request of the login.
pub(super) struct FirstAnswer {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) response: WireResponse,
    /// What the login makes of it.
    pub(super) judged: Result<(), Error>,
    /// By the clock of this machine.
    pub(super) asked_at: UnixTime,
    pub(super) answered_at: UnixTime,
}

impl FirstAnswer {
    /// What the clock of the server showed; if it does not tell, that of this machine.
    pub(super) fn server_time(&self) -> UnixTime {
        self.response.server_time().unwrap_or(self.answered_at)
    }
}

/// Sends the first request of the login.
pub(super) async fn look(
    transport: Result<Arc<dyn Transport>, Failure>,
    login: &AppTokenLogin,
    way: &Way,
    limit: Duration,
) -> Outcome<FirstAnswer> {
    let transport = match transport {
        Ok(transport) => transport,
        Err(failure) => {
            let remedy = "Check the certificates of this machine, and the proxies in its environment.";
            return Outcome::nothing(Finding::of(&failure).and_then(remedy));
        }
    };
    let FlowStep::Send(request, flow) = AppTokenFlow::start(login) else {
        return Outcome::nothing(Finding::skipped("the login needs no request"));
    };
    let asked_at = time::now();
    match transport.send(request).await {
        Ok(response) => {
            let judged = flow.receive(Ok(response.clone())).map(|_| ());
            let answered_at = time::now();
            let finding = Finding::ok(format!("{} answers{}", shown(way), way.by_proxy()));
            Outcome::found(finding, FirstAnswer { transport, response, judged, asked_at, answered_at })
        }
        Err(error) => Outcome::nothing(finding(&error, way, limit)),
    }
}

/// Where, and how safely.
fn shown(way: &Way) -> String {
    let host = if way.host.contains(':') { format!("[{}]", way.host) } else { way.host.clone() };
    let tls = if way.has_tls { "with TLS" } else { "without TLS" };
    format!("{host}:{}, {tls},", way.port)
}

fn finding(error: &TransportError, way: &Way, limit: Duration) -> Finding {
    let message = |what: &str, why: &str| {
        let why = if why.is_empty() || what.contains(why) { String::new() } else { format!(": {why}") };
        format!("{} does not answer{}: {what}{why}", shown(way), way.by_proxy())
    };
    let (class, what, remedy) = match error.kind() {
        TransportErrorKind::Timeout => (
            ExitCode::Network,
            format!("nothing came within {} s", limit.as_secs()),
            "Give it more time with --timeout. If it stays so, a firewall swallows the requests, or the server hangs.",
        ),
        TransportErrorKind::TooLarge => (
            ExitCode::Server,
            "its answer is larger than any of a login".to_owned(),
            "Check the service URL: what answers there is not the Kaltura API.",
        ),
        TransportErrorKind::Build => {
            (ExitCode::Usage, "no request can be made".to_owned(), "Check the service URL.")
        }
        _ => {
            let fault = match (Fault::of(error, way.proxy.is_some()), error.kind()) {
                // There was one: something was sent, or came.
                (Fault::Other, TransportErrorKind::Io) => Fault::Broken,
                (fault, _) => fault,
            };
            (ExitCode::Network, fault.what().to_owned(), fault.remedy())
        }
    };
    let why = match error.kind() {
        TransportErrorKind::Timeout | TransportErrorKind::TooLarge => String::new(),
        _ => fault::first_cause(error),
    };
    Finding::failed(class, message(&what, &why), remedy)
}
