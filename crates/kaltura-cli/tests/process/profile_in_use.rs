//! Commands that take what they need from a profile.

use std::fs;

use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::Finished;
use crate::profile_scene::{Home, LOGIN, VALUE, holds_no_secret, server};

/// Adds a profile for this server.
fn add(home: &Home, server: &EmulatorProcess, name: &str, options: &[&str]) {
    let url = format!("--service-url={}", server.url());
    let add = home.profile(["add", name, &url]).arguments(LOGIN).arguments(options.iter().copied());
    add.run().ends_with(0);
}

fn user_of(finished: &Finished) -> String {
    finished.document()["userId"].as_str().unwrap().to_owned()
}

#[test]
fn a_login_needs_nothing_but_a_profile() {
    let (home, server) = (Home::new(), server());
    let url = format!("--service-url={}", server.url());
    home.add("work", [url.as_str()]);
    let finished = home.kaltura(["login", "--json"]).run().ends_with(0);
    let document = finished.document();
    assert_eq!(
        (document["partnerId"].as_i64(), document["expiresIn"].as_i64()),
        (Some(1_234_567), Some(3_600))
    );
    assert_eq!(document["userId"], "bob");
    assert!(document["privileges"].as_str().unwrap().contains("appid:importer"), "{document}");
    assert_eq!(document["serviceUrl"], server.url());
}

#[test]
fn an_option_goes_before_the_environment_and_that_before_the_profile() {
    let (home, server) = (Home::new(), server());
    let url = format!("--service-url={}", server.url());
    home.add("work", [url.as_str()]);
    let login = || home.kaltura(["login", "--json"]);
    assert_eq!(user_of(&login().run().ends_with(0)), "bob");
    assert_eq!(user_of(&login().env("KALTURA_USER", "carol").run().ends_with(0)), "carol");
    let all = login().env("KALTURA_USER", "carol").arguments(["--user=dave"]).run().ends_with(0);
    assert_eq!(user_of(&all), "dave");

    // The secret too.
    let (wrong, right) = (home.path("wrong"), home.path("right"));
    fs::write(&wrong, "00000000000000000000000000000000").unwrap();
    fs::write(&right, VALUE).unwrap();
    login().env("KALTURA_APP_TOKEN", "00000000000000000000000000000000").run().fails_with(3);
    login()
        .arguments(["--app-token-file", text_of(&wrong)])
        .env("KALTURA_APP_TOKEN", VALUE)
        .run()
        .fails_with(3);
    let given = login().arguments(["--app-token-file", text_of(&right)]);
    given.env("KALTURA_APP_TOKEN", "00000000000000000000000000000000").run().ends_with(0);
}

#[test]
fn which_profile_can_be_said_by_option_and_by_variable() {
    let (home, server) = (Home::new(), server());
    for name in ["first", "second", "third"] {
        add(&home, &server, name, &["--token-variable=TOKEN"]);
        home.profile(["add", name, "--user", name]).run().ends_with(0);
    }
    let login = |arguments: &[&str], variable: &str| {
        let login = home.kaltura(["login", "--json"]).arguments(arguments.iter().copied());
        user_of(&login.env("TOKEN", VALUE).env("KALTURA_PROFILE", variable).run().ends_with(0))
    };
    assert_eq!(login(&[], ""), "first");
    assert_eq!(login(&[], "second"), "second");
    assert_eq!(login(&["--profile=third"], "second"), "third");
    let finished = home.kaltura(["login", "--profile=fourth"]).run().fails_with(2);
    finished.saying("no profile 'fourth' found").saying("Profiles: first, second, third.");
}

#[cfg(unix)]
#[test]
fn a_command_gives_the_secret_of_a_login() {
    let (home, server) = (Home::new(), server());
    let value = home.path("value");
    fs::write(&value, format!("{VALUE}\n")).unwrap();
    let count = home.path("count");
    let command = format!("echo x >> '{}'; cat '{}'", text_of(&count), text_of(&value));
    add(&home, &server, "work", &["--token-command", &command]);
    let runs = || fs::read_to_string(&count).unwrap_or_default().lines().count();
    let kaltura = |arguments: &[&str]| {
        let path = std::env::var("PATH").unwrap_or_default();
        home.kaltura(arguments.iter().copied()).env("PATH", &path).run()
    };
    home.profile(["show"]).run().ends_with(0);
    assert_eq!(runs(), 0, "there was no login");

    let finished = kaltura(&["login"]).ends_with(0);
    holds_no_secret(&(finished.stdout + &finished.stderr));
    // What the login has put into the cache is there without it.
    let first = kaltura(&["ks"]).ends_with(0);
    assert!(first.stdout.starts_with("djJ8"), "{first:#?}");
    assert_eq!(runs(), 1);
    let fresh = kaltura(&["ks", "--fresh"]).ends_with(0);
    assert_ne!(fresh.stdout, first.stdout);
    assert_eq!(runs(), 2);

    fs::remove_file(&value).unwrap();
    assert_eq!(kaltura(&["ks"]).ends_with(0).stdout, fresh.stdout);
    let finished = kaltura(&["ks", "--fresh"]).fails_with(1);
    finished.saying("token_command of profile 'work' failed").saying("Run the command by itself");
}

#[test]
fn the_secret_of_one_token_is_not_tried_on_another() {
    let (home, server) = (Home::new(), server());
    add(&home, &server, "work", &["--token-variable=TOKEN"]);
    let login = home.kaltura(["login", "--app-token-id=0_other"]).env("TOKEN", VALUE);
    login.run().fails_with(2).saying("profile 'work' stores the one for a different app_token_id");
}

#[test]
fn the_admin_secret_of_a_profile_manages_app_tokens() {
    let (home, server) = (Home::new(), EmulatorProcess::start([]));
    let partner = server.greeting["partnerId"].to_string();
    home.profile(["add", "admin", "--service-url", server.url(), "--partner-id", &partner])
        .arguments(["--admin-secret-stdin", "--store=file"])
        .stdin(server.told("/adminSecret"))
        .run()
        .ends_with(0);
    let list = home.kaltura(["token", "list", "--json"]).run().ends_with(0).document();
    assert_eq!(list[0]["id"], server.told("/appToken/id"));
}

#[cfg(unix)]
#[test]
fn the_doctor_looks_at_what_is_kept_in_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.add("work", ["--service-url=http://127.0.0.1:9"]);
    let secret = crate::profile_scene::secret_file(&home.folder(), "app-token");
    let files = || {
        let answer = home.kaltura(["doctor", "--json"]).run().document();
        let checks = answer["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == "files").unwrap().clone()
    };
    assert_eq!(files()["verdict"], "ok");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let open = files();
    assert_eq!(open["verdict"], "warning");
    assert!(
        open["remedy"].as_str().unwrap().contains(&format!("chmod 600 '{}'", secret.display())),
        "{open}"
    );
}

#[test]
fn without_a_profile_nothing_is_made() {
    let home = Home::new();
    home.kaltura(["login"]).run().fails_with(2).saying("kaltura profile add");
    assert!(!home.folder().exists());
}
