//! Spans and events for `tracing`. Without the feature `tracing` they do nothing. The crate documentation lists their
//! fields.

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::{CallSpan, observer};
#[cfg(feature = "tracing")]
pub(crate) use self::enabled::{CallSpan, observer};

#[cfg(feature = "tracing")]
mod enabled {
    use std::future::Future;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use kaltura_auth::ResponseMetadata;
    use kaltura_auth::manager::{Event, InvalidReason, Observer};
    use tracing::field::Empty;
    use tracing::instrument::Instrumented;
    use tracing::{Instrument as _, Span, debug, info, info_span, warn};

    use crate::error::{ActionName, Error};

    /// The span of one call, with all its attempts.
    pub(crate) struct CallSpan {
        span: Span,
        attempts: AtomicU32,
    }

    impl CallSpan {
        pub(crate) fn new(name: &ActionName) -> Self {
            let span = info_span!(
                "kaltura.call",
                service = name.service(),
                action = name.action(),
                status = Empty,
                server = Empty,
                request_id = Empty,
                attempts = Empty,
                error = Empty,
            );
            Self { span, attempts: AtomicU32::new(0) }
        }

        pub(crate) fn instrument<F: Future>(&self, future: F) -> Instrumented<F> {
            future.instrument(self.span.clone())
        }

        pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
            self.span.in_scope(work)
        }

        /// Records an attempt, with the metadata of the response if there was one.
        pub(crate) fn record_attempt(&self, metadata: Option<&ResponseMetadata>) {
            self.span.record("attempts", self.attempts.fetch_add(1, Ordering::Relaxed) + 1);
            if let Some(metadata) = metadata {
                self.span.record("status", metadata.status());
                self.span.record("server", metadata.server());
                self.span.record("request_id", metadata.request_id());
            }
        }

        pub(crate) fn end(&self, error: Option<&Error>) {
            if let Some(error) = error {
                self.span.record("error", tracing::field::display(error.kind()));
            }
        }
    }

    /// An observer that logs session events, and passes them on to `observer`.
    pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
        Some(Arc::new(move |event: &Event| {
            log(event);
            if let Some(observer) = &observer {
                observer.observe(event);
            }
        }))
    }

    fn log(event: &Event) {
        match event {
            Event::LoginStarted { renewal } => {
                debug!(target: "kaltura::session", renewal = *renewal, "login started");
            }
            Event::LoginSucceeded { renewal, took, lifetime: life } => {
                let (took, life) = (milliseconds(*took), life.as_secs());
                info!(target: "kaltura::session", renewal = *renewal, took_ms = took, life_s = life, "logged in");
            }
            Event::LoginFailed { renewal, took, error } => {
                let took = milliseconds(*took);
                warn!(target: "kaltura::session", renewal = *renewal, took_ms = took, error = %error, "login failed");
            }
            Event::Invalidated { reason, age } => {
                let reason = match reason {
                    InvalidReason::LoggedOut => "logged out",
                    _ => "expired",
                };
                info!(target: "kaltura::session", reason, age_s = age.as_secs(), "session refused by the server");
            }
            Event::ServedStale { remaining } => {
                debug!(target: "kaltura::session", remaining_s = remaining.as_secs(), "session expires soon");
            }
            Event::BackoffStarted { duration, error } => {
                let backoff = milliseconds(*duration);
                warn!(target: "kaltura::session", backoff_ms = backoff, error = %error, "login backoff started");
            }
            Event::TokenEnding { remaining } => {
                warn!(target: "kaltura::session", remaining_s = remaining.as_secs(), "app token expires soon");
            }
            other => debug!(target: "kaltura::session", event = ?other, "other session event"),
        }
    }

    fn milliseconds(duration: Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::sync::Arc;

    use kaltura_auth::ResponseMetadata;
    use kaltura_auth::manager::Observer;

    use crate::error::{ActionName, Error};

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) const fn new(_name: &ActionName) -> Self {
            Self
        }

        pub(crate) fn instrument<F>(&self, future: F) -> F {
            future
        }

        pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
            work()
        }

        pub(crate) const fn record_attempt(&self, _metadata: Option<&ResponseMetadata>) {}

        pub(crate) const fn end(&self, _error: Option<&Error>) {}
    }

    pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
        observer
    }
}
