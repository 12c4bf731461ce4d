//! The services of the API that the emulator has.

pub(super) mod app_token;
pub(super) mod media;
pub(super) mod session;
pub(super) mod system;
pub(super) mod user;
