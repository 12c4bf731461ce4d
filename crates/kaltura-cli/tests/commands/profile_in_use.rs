//! Commands that take what they need from a profile.

use std::fs;

use serde_json::json;

use crate::support::home::Home;
use crate::support::invocation::Finished;
use crate::support::server::{TestServer, VALUE, server_for_any_user, text_of};

/// A home with a profile for this server.
fn home_of(server: &TestServer) -> Home {
    let home = Home::new();
    home.add("work", ["--service-url", server.url()]);
    home
}

fn user_of(finished: &Finished) -> String {
    finished.document()["userId"].as_str().unwrap().to_owned()
}

#[test]
fn a_login_needs_nothing_but_a_profile() {
    let server = server_for_any_user();
    let home = home_of(&server);
    let document = home.kaltura(["login"]).answer();
    assert_eq!((&document["partnerId"], &document["expiresIn"]), (&json!(1_234_567), &json!(3_600)));
    assert_eq!(document["userId"], "bob");
    assert!(document["privileges"].as_str().unwrap().contains("appid:importer"), "{document}");
    assert_eq!(document["serviceUrl"], server.url());
}

#[test]
fn an_option_goes_before_the_environment_and_that_before_the_profile() {
    let server = server_for_any_user();
    let home = home_of(&server);
    let login = || home.kaltura(["login", "--json"]);
    assert_eq!(user_of(&login().succeeds()), "bob");
    assert_eq!(user_of(&login().env("KALTURA_USER", "carol").succeeds()), "carol");
    let all = login().env("KALTURA_USER", "carol").arguments(["--user=dave"]).succeeds();
    assert_eq!(user_of(&all), "dave");

    // The secret too.
    let (wrong, right) = (home.path("wrong"), home.path("right"));
    fs::write(&wrong, "00000000000000000000000000000000").unwrap();
    fs::write(&right, VALUE).unwrap();
    login().env("KALTURA_APP_TOKEN", "00000000000000000000000000000000").fails(3);
    login().arguments(["--app-token-file", text_of(&wrong)]).env("KALTURA_APP_TOKEN", VALUE).fails(3);
    let given = login().arguments(["--app-token-file", text_of(&right)]);
    given.env("KALTURA_APP_TOKEN", "00000000000000000000000000000000").succeeds();
}

#[test]
fn which_profile_can_be_said_by_option_and_by_variable() {
    let (home, server) = (Home::new(), server_for_any_user());
    for name in ["first", "second", "third"] {
        home.add(name, ["--service-url", server.url()]);
        home.profile(["add", name, "--user", name, "--token-variable=TOKEN"]).succeeds();
    }
    let login = |arguments: &[&str], variable: &str| {
        let login = home.kaltura(["login", "--json"]).arguments(arguments);
        user_of(&login.env("TOKEN", VALUE).env("KALTURA_PROFILE", variable).succeeds())
    };
    assert_eq!(login(&[], ""), "first");
    assert_eq!(login(&[], "second"), "second");
    assert_eq!(login(&["--profile=third"], "second"), "third");
    let finished = home.kaltura(["login", "--profile=fourth"]).fails(2);
    finished.saying("no profile 'fourth' found").saying("Profiles: first, second, third.");
}

#[test]
fn the_admin_secret_of_a_profile_manages_app_tokens() {
    let (home, server) = (Home::new(), TestServer::new());
    home.profile(["add", "admin", "--service-url", server.url(), "--partner-id", &server.partner()])
        .arguments(["--admin-secret-stdin", "--store=file"])
        .stdin(server.told("/adminSecret"))
        .succeeds();
    let list = home.kaltura(["token", "list"]).answer();
    assert_eq!(list[0]["id"], server.told("/appToken/id"));
}

#[cfg(unix)]
#[test]
fn the_doctor_looks_at_what_is_kept_in_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.add("work", ["--service-url=http://127.0.0.1:9"]);
    let secret = home.secret("app-token");
    let files = || home.kaltura(["doctor", "--json"]).run().check("files");
    assert_eq!(files()["verdict"], "ok");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let open = files();
    assert_eq!(open["verdict"], "warning");
    let remedy = format!("chmod 600 '{}'", secret.display());
    assert!(open["remedy"].as_str().unwrap().contains(&remedy), "{open}");
}
