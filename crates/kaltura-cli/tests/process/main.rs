//! The command as a process: signals, terminals, locks between processes, programs that it runs, and what a process has
//! that cannot be given to it as a value.
//!
//! All else is in the target `commands`. All servers run on loopback.
#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod at_a_terminal;
#[cfg(target_os = "linux")]
mod completion_in_shells;
#[cfg(target_os = "linux")]
mod doctor_tls;
mod emulate;
mod emulator;
mod environment;
mod exec;
#[cfg(unix)]
mod foreign_owner;
mod herds;
#[cfg(unix)]
mod interrupted;
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
mod killed;
#[cfg(all(unix, feature = "redis"))]
mod ks_redis;
#[cfg(unix)]
mod ks_waiting;
#[cfg(unix)]
mod profile_asked;
mod program;
#[cfg(target_os = "linux")]
mod seen_arguments;
mod shells;
#[cfg(unix)]
mod spinner;
#[cfg(unix)]
mod stopped;
mod streams;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod token_command;
#[cfg(unix)]
mod token_value_asked;
