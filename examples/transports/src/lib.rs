//! Transports of one's own, each in a file to copy. Each passes the conformance suite of `kaltura::testing`.

pub mod hyper;
pub mod tower;
pub mod ureq;
