//! The configuration: environment variables, the folders of the command, and settings.

mod env;
mod names;
pub(crate) mod paths;
mod settings;

pub use self::env::Environment;
pub(crate) use self::names::{SecretVariable, Setting};
pub(crate) use self::settings::{Found, Origin, Settings};
