//! Notes on standard error: lines for people, and with `--json` documents for programs, whichever command it is.

use std::fs;

use serde_json::{Value, json};

use crate::cache_files::cache_file;
use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Finished;

fn server() -> EmulatorProcess {
    let value = "0123456789abcdef0123456789abcdef";
    EmulatorProcess::with_tokens(json!([token("0_importer", value, json!({}))]))
}

fn run(server: &EmulatorProcess, line: &[&str]) -> Finished {
    server.cached(server.cache.path(), line.iter().copied()).run().ends_with(0)
}

/// The notes, each of which is a document in a line.
fn documents(finished: &Finished) -> Vec<String> {
    let note = |line: &str| {
        let document: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{finished:#?}"));
        assert_eq!(document.as_object().map(serde_json::Map::len), Some(1), "{document}");
        document["note"].as_str().unwrap().to_owned()
    };
    finished.stderr.lines().map(note).collect()
}

#[test]
fn of_a_cache_that_is_broken() {
    let server = server();
    let mut lines = vec![&["env"][..], &["call", "media.list"]];
    if cfg!(unix) {
        lines.push(&["exec", "--", "/bin/echo", "x"]);
    }
    run(&server, &["ks"]);
    for line in lines {
        fs::write(cache_file(server.cache.path(), ".session"), "{").unwrap();
        let program = run(&server, &[&["--json"], line].concat());
        let [note] = &documents(&program)[..] else { panic!("{program:#?}") };
        assert!(
            note.ends_with("is not a valid record of this version; the next login replaces it"),
            "{note}"
        );
        fs::write(cache_file(server.cache.path(), ".session"), "{").unwrap();
        let person = run(&server, line);
        assert!(person.stderr.starts_with("note: session store:"), "{person:#?}");
        fs::write(cache_file(server.cache.path(), ".session"), "{").unwrap();
        assert_eq!(run(&server, &[&["--json", "--quiet"], line].concat()).stderr, "");
    }
}

#[test]
fn of_what_was_granted_differently() {
    let server = server();
    for _ in 0..2 {
        let program = run(&server, &["env", "--json", "--user=bob"]);
        assert_eq!(documents(&program), ["the session is for user alice instead of bob"]);
        assert!(program.document()["KALTURA_KS"].is_string());
    }
}

#[cfg(unix)]
#[test]
fn of_the_emulator() {
    let server = EmulatorProcess::start(["--json", "--listen=0.0.0.0:0", "--allow-remote"]);
    let url = server.url().to_owned();
    server.running.signal("TERM");
    let finished = server.wait().ends_with(0);
    let expected = [
        format!("Serving an emulated Kaltura at {url}. Stop it with Ctrl-C."),
        "other machines can reach the emulator and use it".to_owned(),
    ];
    assert_eq!(documents(&finished), expected);
}
