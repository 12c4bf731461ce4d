#![doc = include_str!("../wire-contract.md")]
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the document marks its sources as `[X]`, which rustdoc takes for links"
)]
