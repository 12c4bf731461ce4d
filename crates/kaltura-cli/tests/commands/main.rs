//! The command inside the test: what goes in by arguments, variables and standard input, and what comes out.
//!
//! What needs a process is in the target `process`. All servers run on loopback: an emulated one, and a raw one for odd
//! answers.
#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

mod batch;
mod cache_cleared;
mod call;
mod call_all;
mod call_refused;
mod call_session;
mod call_shown;
mod call_table;
mod command_line;
mod completion;
mod demo;
mod doctor;
mod documented_calls;
mod documented_examples;
mod empty_variables;
mod emulate;
mod env;
mod expectations;
mod granted;
mod hash;
mod inspect;
mod ks;
mod ks_cache;
mod login;
mod login_kept;
mod login_refused;
mod login_verify;
mod logout;
mod manual;
mod messages;
mod odd_answers;
mod other_owner;
mod profile_add;
mod profile_broken;
mod profile_file;
mod profile_in_use;
mod profile_remove;
mod profile_shown;
mod secret_options;
mod secrets;
mod selected;
mod sessions_forgotten;
mod sign;
mod status;
mod status_good;
mod status_verify;
mod token;
mod token_list;
mod token_rotate;
mod token_value;
#[cfg(unix)]
mod token_value_replaced;
mod upload;
mod verbose;
mod version;
