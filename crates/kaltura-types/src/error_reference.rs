//! The error reference: each code of the API with its class, its causes and what to do. Documentation only.
//!
#![doc = include_str!("../errors.md")]
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the document links to others of its directory in the repository"
)]
