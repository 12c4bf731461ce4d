//! What the tests of both targets have in common: a command line that runs inside the test, servers, and homes.
//!
//! Nothing here reads or changes the environment, the current directory or the streams of the process that runs the
//! tests. What that process cannot give to a command as a value is for the target `process`: signals, terminals,
//! programs that are run, `TZ`, proxies, the keyring.
#![allow(dead_code, reason = "each target uses a part of it")]

pub(crate) mod account;
pub(crate) mod cache_files;
pub(crate) mod doctor;
pub(crate) mod home;
pub(crate) mod invocation;
pub(crate) mod odd_server;
pub(crate) mod server;
