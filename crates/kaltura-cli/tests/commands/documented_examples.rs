//! What the documents suggest to type: a shell keeps it, and others can see it while it runs.

use crate::support::invocation::{Kaltura, commands};

/// The README of the project.
const README: &str = include_str!("../../../../README.md");

/// Whether a line to type has a secret in it, or a place for one.
fn holds_a_secret(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let option = |name: &str| {
        words
            .iter()
            .any(|word| *word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
    };
    let parameter = |name: &str| {
        words.iter().any(|word| {
            word.strip_prefix(name).is_some_and(|value| {
                !value.starts_with('@') && !value.starts_with("\"$(") && !value.starts_with('$')
            })
        })
    };
    ["--app-token", "--ks", "--admin-secret", "--token", "--secret"].into_iter().any(option)
        || [
            "ks=",
            "token=",
            "secret=",
            "password=",
            "KALTURA_APP_TOKEN=",
            "KALTURA_ADMIN_SECRET=",
            "KALTURA_KS=",
        ]
        .into_iter()
        .any(|name| parameter(name) || parameter(&format!("\"{name}")))
        || words.iter().any(|word| word.contains("djJ8"))
}

#[test]
fn what_is_told_apart() {
    for line in [
        "kaltura login --app-token abc",
        "kaltura call user.login password=abc",
        "KALTURA_KS=djJ8abc my-import",
        "export KALTURA_APP_TOKEN=abc",
        "curl -d ks=abc https://www.kaltura.com",
    ] {
        assert!(holds_a_secret(line), "{line}");
    }
    for line in [
        "kaltura login --app-token-file token.txt --app-token-id 0_a",
        "kaltura call user.login password=@file",
        "KALTURA_KS=\"$(kaltura ks)\" my-import",
        "curl -d ks=\"$(kaltura ks)\" https://www.kaltura.com",
    ] {
        assert!(!holds_a_secret(line), "{line}");
    }
}

#[test]
fn no_example_puts_a_secret_where_others_see_it() {
    let commands = commands();
    for name in ["login", "call", "ks", "inspect"] {
        assert!(commands.iter().any(|command| command == &[name]), "{commands:?}");
    }
    assert!(commands.iter().any(|command| command == &["token", "add"]), "{commands:?}");
    let mut lines = 0;
    for command in &commands {
        let help = Kaltura::new(&command[..]).arguments(["--help"]).succeeds();
        for line in help.stdout.lines().filter(|line| line.trim_start().starts_with("kaltura ")) {
            assert!(!holds_a_secret(line), "{command:?}: {line}");
            lines += 1;
        }
        // Examples that begin with something else, such as a password manager.
        let examples = help.stdout.split("Examples:").nth(1).unwrap_or_default();
        for line in examples.lines() {
            assert!(!holds_a_secret(line), "{command:?}: {line}");
        }
    }
    assert!(lines > 30, "{lines}");
    let shell = README.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    for line in shell.flat_map(str::lines) {
        assert!(!holds_a_secret(line), "README: {line}");
    }
}
