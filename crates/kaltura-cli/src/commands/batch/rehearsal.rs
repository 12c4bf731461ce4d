//! A batch that is made ready and not sent.

use std::sync::{Arc, Mutex, PoisonError};

use kaltura_auth::{ServiceUrl, TransportError, TransportErrorKind, transport_fn};
use kaltura_client::CallOptions;
use kaltura_types::Ks;

use super::planned_call::{self, PlannedCall};
use crate::commands::call::{ShownRequest, without_login};
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::runtime;

#[derive(Debug, thiserror::Error)]
#[error("nothing is sent")]
struct NothingIsSent;

/// What would be sent, byte for byte but for the session: the client makes the request, and a transport keeps it.
pub(super) fn of(
    ui: &Ui,
    calls: &[PlannedCall],
    service_url: &ServiceUrl,
    with_session: bool,
) -> Result<ShownRequest, Failure> {
    let kept = Arc::new(Mutex::new(None));
    let keeper = Arc::clone(&kept);
    let transport = transport_fn(move |request| {
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        *keeper.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(ShownRequest::new(request.url().to_owned(), body));
        async { Err(TransportError::new(TransportErrorKind::Build, NothingIsSent)) }
    });
    let options = CallOptions::new();
    let options = if with_session { options.ks(Ks::new(ShownRequest::SESSION)) } else { options.anonymous() };
    let (batch, _) = planned_call::assemble(calls);
    let outcome = runtime::run(ui, async {
        let client =
            without_login(service_url, transport).retry(kaltura_client::RetryPolicy::never()).build();
        Ok(client.multirequest_with(batch, &options).await)
    })?;
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (kept, outcome) {
        (Some(shown), _) => Ok(shown),
        // A mistake in the batch.
        (None, Err(error)) => Err(error.into()),
        (None, Ok(_)) => Err(Failure::new(ExitCode::Usage, "there is no call, so nothing would be sent")),
    }
}
