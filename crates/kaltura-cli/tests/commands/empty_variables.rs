//! Variables that are set, but empty, as CI systems set them for secrets that they do not have.

use crate::support::home::Home;
use crate::support::server::{ADMIN_SECRET, TestServer, server_for_any_user};

const SECRETS: [&str; 3] = ["KALTURA_APP_TOKEN", "KALTURA_ADMIN_SECRET", "KALTURA_KS"];
const SETTINGS: [&str; 12] = [
    "KALTURA_PROFILE",
    "KALTURA_SERVICE_URL",
    "KALTURA_REGION",
    "KALTURA_PARTNER_ID",
    "KALTURA_APP_TOKEN_ID",
    "KALTURA_APP_TOKEN_HASH_TYPE",
    "KALTURA_USER",
    "KALTURA_SESSION_TYPE",
    "KALTURA_LIFETIME",
    "KALTURA_PRIVILEGES",
    "KALTURA_WIDGET_ID",
    "COLUMNS",
];

/// A home with a profile for all that there is.
fn home(server: &TestServer) -> Home {
    let home = Home::new();
    home.add("work", [&*format!("--service-url={}", server.url())]);
    let add = home.profile(["add", "work", "--admin-secret-stdin", "--store=file"]);
    add.stdin(ADMIN_SECRET).succeeds();
    home
}

#[test]
fn the_profile_stands_behind_an_empty_variable() {
    let server = server_for_any_user();
    let home = home(&server);
    for line in [
        &["login", "--json"][..],
        &["ks", "--fresh"],
        &["call", "media.list"],
        &["token", "list"],
        &["sign", "--partner-id=1234567"],
        &["status"],
        &["profile", "show"],
    ] {
        for variable in SECRETS.into_iter().chain(SETTINGS) {
            home.kaltura(line).env(variable, "").succeeds();
        }
        let all = SECRETS.into_iter().chain(SETTINGS);
        let kaltura = all.fold(home.kaltura(line), |kaltura, name| kaltura.env(name, ""));
        kaltura.succeeds();
    }
}

#[test]
fn where_nothing_is_set_the_empty_variable_is_named() {
    let home = Home::with_profiles(
        "[profiles.mine]\npartner_id = 1\napp_token_id = '0_a'\nhash_type = 'MD5'\ntoken_variable = 'MINE'\n",
    );
    let token = ["--partner-id=1", "--app-token-id=0_a", "--hash-type=MD5"];
    for (line, options, variable, why) in [
        (&["login"][..], &token[..], "KALTURA_APP_TOKEN", "the app token value is missing: "),
        (&["login"], &token[1..], "KALTURA_PARTNER_ID", "--partner-id, the app token value are missing: "),
        (
            &["ks"],
            &token[..1],
            "KALTURA_APP_TOKEN_ID",
            "--app-token-id, --hash-type, the app token value are missing: ",
        ),
        (&["ks"], &token[..2], "KALTURA_APP_TOKEN_HASH_TYPE", "--hash-type is missing: "),
        (&["inspect"], &[], "KALTURA_KS", "the KS is missing: "),
        (&["call", "media.list"], &[], "KALTURA_KS", ""),
        (&["token", "list"], &[], "KALTURA_ADMIN_SECRET", "or an ADMIN session: "),
        (&["token", "list"], &[], "KALTURA_KS", "or an ADMIN session: "),
        (&["sign"], &token[..1], "KALTURA_ADMIN_SECRET", "the admin secret is missing: "),
        (
            &["profile", "show"],
            &[],
            "KALTURA_PROFILE",
            "no profile is selected, and there is no default profile: ",
        ),
        (&["login", "--profile=mine"], &[], "MINE", "profile 'mine' reads it from MINE, which "),
    ] {
        let kaltura = home.kaltura(line).arguments(options);
        let name = if variable == "MINE" { "" } else { variable };
        let told = format!("{why}{name}{}is set, but empty", if name.is_empty() { "" } else { " " });
        kaltura.env(variable, "").fails(2).saying(&told);
    }
    let status = home.kaltura(["status"]).env("KALTURA_APP_TOKEN", "").run();
    assert!(status.stdout.contains("KALTURA_APP_TOKEN is set, but empty"), "{status:#?}");
}
