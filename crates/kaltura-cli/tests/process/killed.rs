//! Processes that are killed at any moment: what they write is there as it was, or as it was to become.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::support::home::{ADMIN_VALUE, Home};
use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, VALUE, server, token};

/// The moment of each kill follows the moment at which the session is written: later after one that came too early,
/// earlier after one that came too late.
#[test]
fn a_session_stays_readable() {
    let server = server();
    let mut last = server.ks([]);
    let (mut moment, mut step) = (Duration::ZERO, Duration::from_millis(8));
    let (mut killed_before, mut killed_after) = (0, 0);
    while killed_before.min(killed_after) < 20 {
        server.kaltura(["ks", "--fresh"]).start().kill_after(moment);
        let kept = server.kaltura(["ks"]).answer();
        assert_eq!((&kept["fromCache"], &kept["warnings"]), (&json!(true), &json!([])), "{moment:?}");
        let ks = kept["ks"].as_str().unwrap();
        if ks == last {
            killed_before += 1;
            moment += step;
        } else {
            ks.clone_into(&mut last);
            killed_after += 1;
            step = Duration::from_micros(500);
            moment = moment.saturating_sub(step);
        }
    }
}

/// Kills the process that `change` returns after an ever longer time, until so many of them finish. `is_done` looks at
/// what is there afterwards.
fn kill_each(most: usize, change: impl Fn(u64) -> Kaltura, is_done: impl Fn(u64) -> bool) {
    let (mut killed, mut finished) = (0, 0);
    for round in 0.. {
        change(round).start().kill_after(Duration::from_micros(round * 250));
        *(if is_done(round) { &mut finished } else { &mut killed }) += 1;
        if finished == most {
            break;
        }
    }
    assert!(killed > 0);
}

#[test]
fn the_file_of_profiles_stays_readable() {
    let home = Home::new();
    home.add("work", []);
    let lifetime = |round: u64| format!("{}h", round + 2);
    let change = |round| home.profile(["add", "work", "--lifetime", &lifetime(round)]);
    kill_each(20, change, |round| {
        let document = home.profile(["show"]).answer();
        assert_eq!(document["appTokenId"], "0_importer", "{round}");
        document["lifetime"] == lifetime(round)
    });
    home.add("work", []);
    assert!(!home.folder().join("config.toml.new").exists());
}

/// The id and the value of an app token change at once.
#[test]
fn a_profile_has_the_old_token_or_the_new_one() {
    const TOKENS: [(&str, &str); 2] = [("0_importer", VALUE), ("0_other", ADMIN_VALUE)];
    let server = TestServer::with_tokens(&json!(TOKENS.map(|(id, value)| token(
        id,
        value,
        json!({ "sessionUserId": null })
    ))));
    let home = Home::new();
    home.add("work", ["--service-url", server.url()]);
    let id = || home.profile(["show"]).answer()["appTokenId"].as_str().unwrap().to_owned();
    let wanted = std::cell::Cell::new(TOKENS[1]);
    let change = |_| {
        let (id, value) = if id() == TOKENS[0].0 { TOKENS[1] } else { TOKENS[0] };
        wanted.set((id, value));
        let add = home.profile(["add", "work", "--app-token-id", id, "--app-token-stdin", "--store=file"]);
        add.stdin(value)
    };
    kill_each(10, change, |round| {
        let shown = home.profile(["show"]).answer();
        let value = fs::read_to_string(shown["appToken"]["file"].as_str().unwrap()).unwrap();
        let pair = (shown["appTokenId"].as_str().unwrap(), value.trim_end());
        assert!(TOKENS.contains(&pair), "{round}: {}", home.text());
        if round % 8 == 0 {
            home.kaltura(["login"]).succeeds();
        }
        pair == wanted.get()
    });
    // A killed change may leave the value of the token that it was about.
    assert!(home.secrets().len() <= 2);
    home.kaltura(["login"]).succeeds();
}
