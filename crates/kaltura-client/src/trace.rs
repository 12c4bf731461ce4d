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

    use kaltura_auth::manager::{Event, InvalidReason, Observer, observer_fn};
    use kaltura_auth::{ResponseMetadata, ServiceUrl, SessionIdentity};
    use kaltura_types::{PartnerId, UserId};
    use tracing::field::{Empty, display};
    use tracing::instrument::Instrumented;
    use tracing::{Instrument as _, Span, debug, info, info_span, warn};

    use crate::error::{ActionName, Error};

    /// The span of one call, with all its attempts.
    pub(crate) struct CallSpan {
        span: Span,
        attempts: AtomicU32,
    }

    impl CallSpan {
        pub(crate) fn new(name: &ActionName, identity: &SessionIdentity) -> Self {
            let span = info_span!(
                "kaltura.call",
                service = name.service(),
                action = name.action(),
                service_url = identity.service_url().map(ServiceUrl::as_str),
                partner_id = identity.partner_id().map(PartnerId::get),
                app_token_id = identity.app_token_id().map(display),
                user_id = identity.user_id().map(UserId::as_str),
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

        /// Records an attempt, with the metadata of the response if there was one. They are computed only if the
        /// span is enabled.
        pub(crate) fn record_attempt(&self, metadata: Option<impl FnOnce() -> ResponseMetadata>) {
            if self.span.is_disabled() {
                return;
            }
            self.span.record("attempts", self.attempts.fetch_add(1, Ordering::Relaxed) + 1);
            if let Some(metadata) = metadata.map(|metadata| metadata()) {
                self.span.record("status", metadata.status());
                self.span.record("server", metadata.server());
                self.span.record("request_id", metadata.request_id());
            }
        }

        pub(crate) fn end(&self, error: Option<&Error>) {
            if let Some(error) = error {
                self.span.record("error", display(error.kind()));
            }
        }
    }

    /// An observer that logs session events, and passes them on to `observer`.
    pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
        Some(Arc::new(observer_fn(move |event, identity| {
            log(event, identity);
            if let Some(observer) = &observer {
                observer.observe(event, identity);
            }
        })))
    }

    /// A record of a session event, with the identity of the session.
    macro_rules! session_event {
        ($level:ident, $identity:ident, $($fields:tt)+) => {
            $level!(
                target: "kaltura::session",
                service_url = $identity.service_url().map(ServiceUrl::as_str),
                partner_id = $identity.partner_id().map(PartnerId::get),
                app_token_id = $identity.app_token_id().map(display),
                user_id = $identity.user_id().map(UserId::as_str),
                $($fields)+
            )
        };
    }

    fn log(event: &Event, identity: &SessionIdentity) {
        match event {
            Event::LoginStarted { renewal } => {
                session_event!(debug, identity, renewal = *renewal, "login started");
            }
            Event::LoginSucceeded { renewal, took, lifetime: life } => {
                let (took, life) = (milliseconds(*took), life.as_secs());
                session_event!(
                    info,
                    identity,
                    renewal = *renewal,
                    took_ms = took,
                    life_s = life,
                    "logged in"
                );
            }
            Event::Adopted { renewal, remaining } => {
                let remaining = remaining.as_secs();
                session_event!(
                    info,
                    identity,
                    renewal = *renewal,
                    remaining_s = remaining,
                    "session of another process adopted"
                );
            }
            Event::StoreTrouble { error } => {
                session_event!(warn, identity, error = %error, "session store failed");
            }
            Event::LoginFailed { renewal, took, error } => {
                let took = milliseconds(*took);
                session_event!(warn, identity, renewal = *renewal, took_ms = took, error = %error, "login failed");
            }
            Event::Invalidated { reason, age } => {
                let reason = match reason {
                    InvalidReason::LoggedOut => "logged out",
                    _ => "expired",
                };
                session_event!(
                    info,
                    identity,
                    reason,
                    age_s = age.as_secs(),
                    "session refused by the server"
                );
            }
            Event::ServedStale { remaining } => {
                session_event!(debug, identity, remaining_s = remaining.as_secs(), "session expires soon");
            }
            Event::BackoffStarted { duration, error } => {
                let backoff = milliseconds(*duration);
                session_event!(warn, identity, backoff_ms = backoff, error = %error, "login backoff started");
            }
            Event::TokenEnding { remaining } => {
                session_event!(warn, identity, remaining_s = remaining.as_secs(), "app token expires soon");
            }
            other => session_event!(debug, identity, event = ?other, "other session event"),
        }
    }

    fn milliseconds(duration: Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::sync::Arc;

    use kaltura_auth::manager::Observer;
    use kaltura_auth::{ResponseMetadata, SessionIdentity};

    use crate::error::{ActionName, Error};

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) const fn new(_name: &ActionName, _identity: &SessionIdentity) -> Self {
            Self
        }

        pub(crate) fn instrument<F>(&self, future: F) -> F {
            future
        }

        pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
            work()
        }

        pub(crate) fn record_attempt(&self, _metadata: Option<impl FnOnce() -> ResponseMetadata>) {}

        pub(crate) const fn end(&self, _error: Option<&Error>) {}
    }

    pub(crate) fn observer(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
        observer
    }
}
