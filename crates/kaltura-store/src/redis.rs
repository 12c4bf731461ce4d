//! Sessions in Redis or Valkey, shared by machines.
//!
//! | to | use |
//! |---|---|
//! | share sessions | [`RedisStore`], with a [`RedisUrl`] |
//! | trust a certificate, log in to Sentinels | [`RedisStoreBuilder`] |

mod builder;
mod commands;
mod connect;
mod error;
mod link;
mod store;
mod thread;
mod url;

pub use self::builder::{InvalidRedisStore, RedisStoreBuilder};
pub use self::store::RedisStore;
pub use self::url::{InvalidRedisUrl, RedisUrl};
