//! Fuzz targets: what takes text from outside, called with any bytes, and what must then hold.
//!
//! A target is a function that takes bytes and panics if a promise is broken. The same functions run under libFuzzer
//! (`fuzz_targets`), under the random driver of this crate on a stable compiler (`cargo xtask fuzz`), and with the
//! inputs of a directory.

pub mod driver;
pub mod growth;
pub mod mutation;
pub mod seeds;
pub mod targets;

pub use targets::{TARGETS, Target};
