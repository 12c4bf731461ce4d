//! The settings of a program, and its errors: a TOML file without secrets, environment variables, one error type by
//! thiserror, and anyhow where the type does not matter.
//!
//! ```sh
//! cargo test -p settings
//! ```

pub mod configuration;
pub mod errors;

#[cfg(test)]
mod fixture;
