//! What is told with the feature `tracing`.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kaltura_auth::ResponseMetadata;
use kaltura_auth::manager::{Event, InvalidReason, Observer};
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span, debug, info, info_span, warn};

use crate::error::{Called, Error};

pub(crate) struct CallSpan {
    span: Span,
    tries: AtomicU32,
}

impl CallSpan {
    pub(crate) fn begin(called: &Called) -> Self {
        let span = info_span!(
            "kaltura.call",
            service = called.service(),
            action = called.action(),
            status = Empty,
            server = Empty,
            request_id = Empty,
            tries = Empty,
            error = Empty,
        );
        Self { span, tries: AtomicU32::new(0) }
    }

    pub(crate) fn around<F: Future>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.span.clone())
    }

    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// Something came back, or nothing did; there may be more tries.
    pub(crate) fn answered(&self, facts: Option<&ResponseMetadata>) {
        self.span.record("tries", self.tries.fetch_add(1, Ordering::Relaxed) + 1);
        if let Some(facts) = facts {
            self.span.record("status", facts.status());
            self.span.record("server", facts.server());
            self.span.record("request_id", facts.request_id());
        }
    }

    pub(crate) fn end(&self, error: Option<&Error>) {
        if let Some(error) = error {
            self.span.record("error", tracing::field::display(error.kind()));
        }
    }
}

/// Tells `tracing` what happens to the session, and then whoever else wants to know.
pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
    Some(Arc::new(move |event: &Event| {
        tell(event);
        if let Some(observer) = &observer {
            observer.observe(event);
        }
    }))
}

fn tell(event: &Event) {
    match event {
        Event::LoginStarted { renewal } => {
            debug!(target: "kaltura::session", renewal = *renewal, "a login began");
        }
        Event::LoginSucceeded { renewal, took, lifetime: life } => {
            let (took, life) = (milliseconds(*took), life.as_secs());
            info!(target: "kaltura::session", renewal = *renewal, took_ms = took, life_s = life, "logged in");
        }
        Event::LoginFailed { renewal, took, error } => {
            let took = milliseconds(*took);
            warn!(target: "kaltura::session", renewal = *renewal, took_ms = took, error = %error, "a login failed");
        }
        Event::Invalidated { reason, age } => {
            let reason = match reason {
                InvalidReason::LoggedOut => "logged out",
                _ => "expired",
            };
            info!(target: "kaltura::session", reason, age_s = age.as_secs(), "the server refused the session");
        }
        Event::ServedStale { remaining } => {
            debug!(target: "kaltura::session", remaining_s = remaining.as_secs(), "the session is near its end");
        }
        Event::BackoffStarted { duration, error } => {
            let duration = milliseconds(*duration);
            warn!(target: "kaltura::session", closed_for_ms = duration, error = %error, "no login for a while");
        }
        Event::TokenEnding { remaining } => {
            warn!(target: "kaltura::session", remaining_s = remaining.as_secs(), "the app token itself ends");
        }
        other => debug!(target: "kaltura::session", event = ?other, "something else happened"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
