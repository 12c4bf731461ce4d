//! What programs do with the crate `kaltura`, each in a module with its tests. The tests run on the emulator.

pub mod configuration;
pub mod errors;
pub mod hyper_transport;
pub mod import;
pub mod ureq_transport;
pub mod web;

#[cfg(test)]
mod fixture;
