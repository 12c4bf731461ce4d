//! The wire contract: the protocol of the services, as measured on a real server. Documentation only.
//!
#![doc = include_str!("../wire-contract.md")]
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the document marks its sources as `[X]`, which rustdoc takes for links"
)]
