//! A profile that takes the value of its app token from a command of the shell.

use std::fs;

use serde_json::json;

use crate::support::home::{Home, LOGIN, holds_no_secret};
use crate::support::server::{VALUE, server_for_any_user, text_of};

#[test]
fn it_is_run_for_a_login_alone() {
    let (home, server) = (Home::new(), server_for_any_user());
    let (value, count) = (home.path("value"), home.path("count"));
    fs::write(&value, format!("{VALUE}\n")).unwrap();
    let command = format!("echo x >> '{}'; cat '{}'", text_of(&count), text_of(&value));
    let add = home.profile(["add", "work", "--service-url", server.url(), "--token-command", &command]);
    add.arguments(LOGIN).succeeds();
    let runs = || fs::read_to_string(&count).unwrap_or_default().lines().count();
    let run = |line: &[&str]| home.kaltura(line).with_path().run_process();
    home.profile(["show"]).succeeds();
    assert_eq!(runs(), 0, "there was no login");

    let finished = run(&["login"]).ends_with(0);
    holds_no_secret(&(finished.stdout + &finished.stderr));
    // What the login has put into the cache is there without it.
    let first = run(&["ks"]).ends_with(0);
    assert!(first.stdout.starts_with("djJ8") && runs() == 1, "{first:#?}");
    let fresh = run(&["ks", "--fresh"]).ends_with(0);
    assert!(fresh.stdout != first.stdout && runs() == 2, "{fresh:#?}");

    fs::remove_file(&value).unwrap();
    run(&["ks"]).ends_with(0).writes_answer(&fresh.stdout);
    let finished = run(&["ks", "--fresh"]).fails_with(1);
    finished.saying("token_command of profile 'work' failed").saying("Run the command by itself");
}

#[test]
fn status_tells_of_the_profile_and_runs_no_command() {
    let (server, home) = (server_for_any_user(), Home::new());
    let marker = home.path("run");
    let entries = format!(
        "[profiles.work]\nservice_url = '{url}'\npartner_id = 1234567\napp_token_id = '0_importer'\n\
         hash_type = 'SHA256'\ntoken_command = 'touch {}; echo {VALUE}'\n",
        marker.display(),
        url = server.url(),
    );
    fs::create_dir(home.folder()).unwrap();
    fs::write(home.file(), &entries).unwrap();
    let named =
        home.kaltura(["status", "--profile=work", "--region=eu"]).run().ends_with(3).hides(&["touch"]);
    for line in [
        "Profile work (option --profile)",
        "  service URL https://api.eu.kaltura.com (option --region)",
        "  hash type   SHA256 (profile work)",
        "  token value token_command of profile work: it is that of another service_url",
        "No valid session, and no token value for a login.",
    ] {
        assert!(named.stdout.lines().any(|shown| shown == line), "{line} is not in {named:#?}");
    }
    let by_variable = home.kaltura(["status"]).env("KALTURA_PROFILE", "work").run().ends_with(3).stdout;
    let begin =
        format!("Profile work (variable KALTURA_PROFILE)\n  service URL {} (profile work)\n", server.url());
    assert!(by_variable.starts_with(&begin), "{by_variable}");
    assert!(!marker.exists());

    fs::write(home.file(), format!("default_profile = 'work'\n{entries}")).unwrap();
    home.kaltura(["login"]).with_path().run_process().ends_with(0);
    assert!(marker.exists());
    let good = home.kaltura(["status"]).answer();
    assert_eq!(good["profile"], json!({ "name": "work", "origin": "default" }));
    assert_eq!(good["sessions"][0]["current"], true);
    // The value of this token is not that of another one.
    let other = home.kaltura(["status", "--json", "--app-token-id=0_other"]).run().ends_with(3).document();
    let origin = "token_command of profile work";
    let expected = json!({ "origin": origin, "problem": "it is that of another app_token_id" });
    assert_eq!(other["appToken"], expected);
}
