//! The classes and functions of the npm package, without which this crate has a Rust API only.
//!
//! Each export reads its arguments at once and returns a promise; nothing is borrowed while that is pending. Arguments
//! are taken as any value and checked: the bindings would convert a number of the wrong type or half a character to
//! something else.

#[cfg(target_family = "wasm")]
mod client;
#[cfg(target_family = "wasm")]
mod failure;
#[cfg(target_family = "wasm")]
mod limits;
mod numbers;
mod options;
#[cfg(target_family = "wasm")]
mod session;

#[cfg(target_family = "wasm")]
pub use client::{KalturaClient, login_once};
#[cfg(target_family = "wasm")]
pub use session::Session;

/// The types of options and errors, which no Rust type describes.
#[cfg(target_family = "wasm")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("npm/types.ts");
