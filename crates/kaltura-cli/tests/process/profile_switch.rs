//! A profile that changes to another app token: its id and its value change at once, whatever happens meanwhile.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::emulator_process::{EmulatorProcess, token};
use crate::invocation::Kaltura;
use crate::profile_scene::{ADMIN_VALUE, Home, VALUE};

/// An app token, and its value.
type Token = (&'static str, &'static str);

const ONE: Token = ("0_importer", VALUE);
const OTHER: Token = ("0_other", ADMIN_VALUE);

/// A server with both tokens, and a home whose profile has the first one.
fn scene() -> (EmulatorProcess, Home) {
    let open = json!({ "sessionUserId": null });
    let tokens = json!([token(ONE.0, ONE.1, open.clone()), token(OTHER.0, OTHER.1, open)]);
    let (server, home) = (EmulatorProcess::with_tokens(tokens), Home::new());
    home.add("work", ["--service-url", server.url()]);
    (server, home)
}

fn change_to(home: &Home, (id, value): Token) -> Kaltura {
    home.profile(["add", "work", "--app-token-id", id, "--app-token-stdin", "--store=file"]).stdin(value)
}

/// The id in the profile, and what is in the file that it names.
fn token_of(home: &Home) -> (String, String) {
    let text = home.text();
    let entry = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.unwrap().trim_end_matches('"').to_owned()
    };
    let shown = home.profile(["show", "--json"]).run_in_process().ends_with(0).document();
    let file = shown["appToken"]["file"].as_str().unwrap().to_owned();
    (entry("app_token_id"), fs::read_to_string(file).unwrap())
}

fn kept(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.folder().join("secrets")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn who_is_killed_at_any_moment_leaves_the_old_token_or_the_new_one() {
    let (_server, home) = scene();
    let (mut killed, mut finished) = (0_u64, 0);
    // Each process has a little longer, until it is sure that some were killed at the right moment.
    for round in 0_u64.. {
        let (before, _) = token_of(&home);
        let wanted = if before == ONE.0 { OTHER } else { ONE };
        let mut running = change_to(&home, wanted).start();
        thread::sleep(Duration::from_micros(round * 250));
        running.child.kill().unwrap();
        running.child.wait().unwrap();

        let (id, value) = token_of(&home);
        let whole = [ONE, OTHER].map(|(id, value)| (id.to_owned(), format!("{value}\n")));
        assert!(whole.contains(&(id.clone(), value)), "{round}: {}", home.text());
        if round % 8 == 0 {
            home.profile(["show"]).run().ends_with(0);
            home.kaltura(["login"]).run().ends_with(0);
        }
        *(if id == wanted.0 { &mut finished } else { &mut killed }) += 1;
        if finished == 10 {
            break;
        }
    }
    assert!(killed > 0);
    // A killed change may leave the value of the token that it was about.
    assert!(kept(&home).len() <= 2);
    home.kaltura(["login"]).run().ends_with(0);
}

/// What is written is told only when it can be written as a whole.
#[cfg(unix)]
#[test]
fn a_change_that_fails_leaves_the_old_token() {
    let (_server, home) = scene();
    // The file with the profiles is a link to where nothing can be written, once it has been read.
    let elsewhere = home.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(home.file(), elsewhere.join("config.toml")).unwrap();
    fs::create_dir_all(elsewhere.join("config.toml.new/inside")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("config.toml"), home.file()).unwrap();
    let text = home.text();

    change_to(&home, OTHER).run().fails_with(1).saying("cannot write the profiles to");
    assert_eq!((home.text(), kept(&home).len()), (text.clone(), 1));
    home.kaltura(["login"]).run().ends_with(0);
}
