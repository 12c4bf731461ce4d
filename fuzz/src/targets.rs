//! The targets, and their table.

pub mod answers;
pub mod command_line;
pub mod ks;
pub mod payload;
pub mod privileges;
pub mod redaction;
pub mod references;
pub mod request_forms;
pub mod settings;
pub mod stored;

use crate::seeds;

/// A function for any bytes, with inputs to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is also that of its file in `fuzz_targets`.
    pub name: &'static str,
    /// Panics if a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs to begin with, most of them from `tests/vectors`.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that the input is made of.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: [Target; 13] = [
    Target { name: "ks_open", run: ks::open, seeds: seeds::signed_fields, words: &ks::WORDS },
    Target { name: "ks_inspect", run: ks::inspect, seeds: seeds::ks, words: &ks::WORDS },
    Target { name: "payload", run: payload::decode, seeds: seeds::responses, words: &payload::WORDS },
    Target {
        name: "privileges",
        run: privileges::parse,
        seeds: seeds::privileges,
        words: &privileges::WORDS,
    },
    Target { name: "redaction", run: redaction::redact, seeds: seeds::redaction, words: &redaction::WORDS },
    Target {
        name: "request_forms",
        run: request_forms::read,
        seeds: seeds::requests,
        words: &request_forms::WORDS,
    },
    Target {
        name: "references",
        run: references::resolve,
        seeds: seeds::references,
        words: &references::WORDS,
    },
    Target { name: "answers", run: answers::receive, seeds: seeds::answers, words: &answers::WORDS },
    Target {
        name: "parameters",
        run: command_line::parameters,
        seeds: seeds::parameters,
        words: &command_line::WORDS,
    },
    Target {
        name: "profiles_file",
        run: command_line::profiles,
        seeds: seeds::profiles,
        words: &command_line::PROFILE_WORDS,
    },
    Target { name: "session_files", run: stored::files, seeds: seeds::session_files, words: &stored::WORDS },
    Target { name: "stored_records", run: stored::records, seeds: seeds::records, words: &stored::WORDS },
    Target { name: "settings", run: settings::parse, seeds: seeds::settings, words: &settings::WORDS },
];
