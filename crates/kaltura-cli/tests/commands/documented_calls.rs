//! The calls that the help texts suggest, tried against the emulator.

use serde_json::{Value, json};

use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, VALUE, seed, text_of, token};

fn help(command: &str) -> String {
    Kaltura::new([command, "--help"]).succeeds().stdout
}

/// The words of each example of a command that stands in its help, as a shell would read them.
fn examples(command: &str) -> Vec<Vec<String>> {
    let help = help(command);
    let beginning = format!("kaltura {command} ");
    let lines = help.lines().filter_map(|line| line.trim_start().strip_prefix(&beginning));
    let before_a_file = lines.map(|line| line.split(" > ").next().unwrap());
    let words =
        before_a_file.map(|line| line.split_whitespace().map(|word| word.replace('\'', "")).collect());
    words.collect()
}

/// A server with the entry that the examples name.
fn server() -> TestServer {
    let mut seed = seed(&json!([token("0_importer", VALUE, json!({}))]));
    seed["entries"] =
        json!([{ "id": "0_a1b2c3d4", "partnerId": 1_234_567, "userId": "alice", "name": "intro" }]);
    TestServer::with_seed(&seed)
}

fn is_download_url(text: &str) -> bool {
    text.starts_with("https://") && text.contains("/entryId/0_a1b2c3d4/")
}

#[test]
fn the_examples_of_calls_are_answered() {
    let server = server();
    let examples = examples("call");
    assert!(examples.len() >= 8, "{examples:?}");
    for words in &examples {
        let finished = server.call(&words[..]).succeeds();
        assert!(!["", "null\n"].contains(&finished.stdout.as_str()), "{words:?}: {finished:#?}");
        if words.iter().any(|word| word == ".downloadUrl") {
            assert!(is_download_url(&finished.stdout), "{finished:#?}");
        }
    }
}

#[test]
fn the_examples_of_batches_are_answered() {
    let server = server();
    let help = help("batch");
    let (start, end) = (help.find("  [\n").unwrap(), help.find("\n  ]\n").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.json");
    std::fs::write(&file, &help[start..end + "\n  ]".len()]).unwrap();
    let examples = examples("batch");
    assert!(examples.len() >= 3, "{examples:?}");
    for words in &examples {
        let words = words.iter().map(|word| if word == "calls.json" { text_of(&file) } else { word });
        let words: Vec<&str> = std::iter::once("batch").chain(words).collect();
        let finished = server.kaltura(&words[..]).succeeds();
        if words.contains(&".[1].downloadUrl") {
            assert!(is_download_url(&finished.stdout), "{finished:#?}");
        }
    }
}

#[test]
fn the_emulator_has_the_actions_that_its_help_names() {
    let server = server();
    let help = help("emulate");
    let list = help.split("It has these actions").nth(1).unwrap();
    let rows = list.lines().skip(1).map_while(|line| line.strip_prefix("  "));
    let mut tried = 0;
    for row in rows {
        let (service, actions) = row.split_once(' ').unwrap();
        for action in actions.trim_start().split(", ") {
            let call = server.call(["--anonymous", "--json", &format!("{service}.{action}")]).run();
            if call.code != Some(0) {
                let code = call.error()["code"].clone();
                let is_known = code != Value::Null && !code.as_str().unwrap().contains("NOT_EXISTS");
                assert!(is_known, "{service}.{action}: {call:#?}");
            }
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}
