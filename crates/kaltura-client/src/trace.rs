//! Spans and events for `tracing` (feature `tracing`); without the feature, nothing.
//! What is told, the docs of the crate list.

#[cfg(feature = "tracing")]
mod spans;
#[cfg(not(feature = "tracing"))]
mod without;

#[cfg(feature = "tracing")]
pub(crate) use self::spans::{CallSpan, observer};
#[cfg(not(feature = "tracing"))]
pub(crate) use self::without::{CallSpan, observer};
