//! `kaltura demo`.

use serde_json::Value;

use crate::support::invocation::{Finished, Kaltura};

/// Whether something stands in a text that looks like a secret: a KS, or 32 hex digits.
fn shows_a_secret(text: &str) -> bool {
    text.contains("djJ8") || text.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32)
}

fn demo(options: &[&str]) -> Finished {
    let finished = Kaltura::new(["demo"]).arguments(options).succeeds();
    assert_eq!(finished.stderr, "");
    assert!(!shows_a_secret(&finished.stdout), "{finished:#?}");
    finished
}

#[test]
fn each_run_shows_the_same_steps_with_new_sessions() {
    let (one, other) = (demo(&[]).stdout, demo(&[]).stdout);
    assert_ne!(one, other, "the second time there are other sessions");
    for text in [one, other] {
        for part in [
            "1. An administrator creates an app token\n",
            "→ session.startWidgetSession widgetId _",
            "→ appToken.startSession ks ",
            "tokenHash (64 hex digits)\n",
            "← totalCount 3\n",
            "✓ SHA512 ",
            "✓ SHA1 ",
            "✓ MD5 ",
            "← refused: INVALID_APP_TOKEN_HASH, Invalid application token hash\n",
            "hint: Check the token value",
            "kaltura emulate",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains('✗'), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_json_is_one_document_with_every_request() {
    let report = demo(&["--json"]).document();
    assert_eq!(report["ok"], true);
    assert!(report["serviceUrl"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
    let scenes = report["scenes"].as_array().unwrap();
    let exchanges: Vec<&Value> =
        scenes.iter().filter_map(|scene| scene["exchanges"].as_array()).flatten().collect();
    let hashes = |digits: u32| {
        let sent = format!("({digits} hex digits)");
        exchanges
            .iter()
            .filter(|one| one["sent"]["tokenHash"] == *sent && one["received"]["ks"].is_string())
            .count()
    };
    assert_eq!((hashes(32), hashes(40), hashes(64), hashes(128)), (1, 1, 1, 1));
    let listed =
        exchanges.iter().filter(|one| one["action"] == "media.list" && one["received"]["totalCount"] == 3);
    assert_eq!(listed.count(), 4);
    let error = &scenes.last().unwrap()["error"];
    assert_eq!(error["code"], "INVALID_APP_TOKEN_HASH");
    // The claims of the text: each login sends the hash of its own KS, and no value.
    for one in exchanges.iter().filter(|one| one["action"] == "appToken.startSession") {
        assert!(one["sent"]["ks"].is_string() && one["sent"].get("token").is_none(), "{one}");
    }
    let refused =
        exchanges.iter().find(|one| one["action"] == "media.list" && one["sent"].get("ks").is_none());
    assert_eq!(refused.unwrap()["received"]["code"], "SERVICE_FORBIDDEN");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("token value")));
}
