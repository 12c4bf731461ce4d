//! Transports of one's own, each in a file to copy, and a runtime for async clients on them. Each transport passes the
//! conformance suite of `kaltura::testing`.

pub mod hyper;
pub mod runtime;
pub mod tower;
pub mod ureq;
