//! The command as a process: what goes in by arguments, environment and standard input, and what comes out.
//!
//! All servers here run on loopback: the command's own emulator, and a raw one for odd answers.
#![cfg(test)]

mod batch;
mod cache_cleared;
mod cache_files;
mod call;
mod call_all;
mod call_refused;
mod call_session;
mod call_shown;
mod call_table;
mod colours;
mod command_line;
mod completion;
#[cfg(target_os = "linux")]
mod completion_in_shells;
mod control;
mod demo;
mod doctor;
mod doctor_scene;
#[cfg(target_os = "linux")]
mod doctor_tls;
mod documented_calls;
mod documented_examples;
mod empty_variables;
mod emulate;
mod emulate_modes;
mod emulate_program;
mod emulate_ui;
mod emulator_process;
mod expectations;
#[cfg(unix)]
mod foreign_owner;
mod granted;
mod hash;
mod in_process;
mod inspect;
mod invocation;
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
mod ks;
mod ks_cache;
mod ks_for_others;
#[cfg(all(unix, feature = "redis"))]
mod ks_redis;
#[cfg(unix)]
mod ks_waiting;
mod login;
mod login_kept;
mod login_refused;
mod login_verify;
mod login_without_answer;
mod logout;
mod manual;
mod messages;
mod notes;
mod odd_server;
mod other_owner;
mod profile_add;
#[cfg(unix)]
mod profile_asked;
mod profile_broken;
mod profile_file;
mod profile_in_use;
mod profile_remove;
mod profile_scene;
mod profile_shown;
mod profile_switch;
mod secrets;
#[cfg(target_os = "linux")]
mod seen_arguments;
mod selected;
mod sessions_forgotten;
mod sign;
#[cfg(unix)]
mod spinner;
mod status;
mod status_good;
mod status_verify;
#[cfg(unix)]
mod stopped;
#[cfg(unix)]
mod terminal;
mod token;
mod token_account;
mod token_list;
mod token_rotate;
mod token_value;
#[cfg(unix)]
mod token_value_asked;
#[cfg(unix)]
mod token_value_replaced;
mod upload;
mod verbose;
mod version;
