//! Sessions in Redis or Valkey, shared by machines.

mod connect;
mod error;
mod url;

pub use self::error::RedisError;
pub use self::url::{InvalidRedisUrl, RedisUrl};
