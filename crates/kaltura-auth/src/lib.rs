//! stub
mod maybe_send;
pub mod service_url;
pub mod transport;
pub mod wire;
pub use async_trait::async_trait;
pub use maybe_send::{MaybeSend, MaybeSync};
pub use service_url::{InvalidServiceUrl, Region, ServiceUrl, UnknownRegion};
pub use transport::*;
pub use wire::{WireRequest, WireResponse};
