//! The command as a process: what goes in by arguments, environment and standard input, and what comes out.
//!
//! All servers here run on loopback: the command's own emulator, and a raw one for odd answers.
#![cfg(test)]

mod command_line;
mod demo;
mod emulate;
mod emulate_modes;
mod emulator_process;
mod invocation;
mod login;
mod login_refused;
mod login_without_answer;
mod odd_server;
mod secrets;
mod token_value;
