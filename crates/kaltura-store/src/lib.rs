//! Stores for Kaltura sessions, so that many processes share one login.
//!
//! | feature | module | shared by |
//! |---|---|---|
//! | `file` | `file` | the processes of one user on one machine |
//! | `redis` | `redis` | all machines that reach one Redis or Valkey |
//!
//! A store holds sessions, never the app token. Who can read a store can use the sessions in it.

#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "redis")]
pub mod redis;
