//! `kaltura token list`.

use serde_json::{Value, json};

use crate::support::account::manage;
use crate::support::server::{ADMIN_SECRET, MINUTE, NOW, TestServer, VALUE, shown, token};

fn server() -> TestServer {
    let token = |id: &str, after: i64, mut changes: Value| {
        changes["createdAt"] = json!(NOW - 1_000 + after);
        token(id, VALUE, changes)
    };
    let open = json!({
        "sessionType": null, "sessionUserId": null, "sessionDuration": 0, "description": "a\u{1b}[2J\nb",
    });
    TestServer::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET] }],
        "users": [{ "id": "alice", "partnerId": 1_234_567 }, { "id": "bob", "partnerId": 1_234_567 }],
        "appTokens": [
            token("0_over", 2, json!({ "expiry": NOW - 86_400, "description": "old" })),
            token("0_fresh", 0, json!({ "expiry": NOW + 864_000, "sessionUserId": "bob" })),
            token("0_off", 1, json!({ "status": "disabled", "sessionType": 2 })),
            token("0_open", 3, open),
            token("0_gone", 4, json!({ "status": "deleted" })),
        ],
    }))
}

fn ids(server: &TestServer, options: &[&str]) -> Vec<String> {
    let list = manage(server, ["list"]).arguments(options).answer();
    list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_table_has_a_line_for_each_token() {
    let finished = manage(&server(), ["list"]).succeeds();
    assert_eq!(finished.stderr, "");
    let expected = format!(
        "\
ID       STATE     TYPE   USER   SESSIONS  EXPIRES                 DESCRIPTION
0_fresh  active    USER   bob    1 day     {}, in 10 days
0_off    disabled  ADMIN  alice  1 day     never
0_over   expired   USER   alice  1 day     {}, 1 day ago   old
0_open   active    any    any    0 s       never                   a [2J b
",
        shown(NOW + 864_000, "%Y-%m-%d"),
        shown(NOW - 86_400, "%Y-%m-%d"),
    );
    assert_eq!(finished.stdout, expected);
}

#[test]
fn the_columns_can_be_chosen() {
    let server = server();
    let list = |columns: &str| manage(&server, ["list", "--columns", columns]).run();
    let chosen = list("id,sessionUserId, expiry,,description").ends_with(0);
    assert_eq!(chosen.stderr, "");
    let expected = format!(
        "\
id       sessionUserId  expiry            description
0_fresh  bob            {}
0_off    alice
0_over   alice          {}  old
0_open                                    a [2J b
",
        shown(NOW + 864_000, MINUTE),
        shown(NOW - 86_400, MINUTE),
    );
    assert_eq!(chosen.stdout, expected);
    // The value is in none of them.
    let none =
        list("id,token").ends_with(0).saying("note: no object has token; they have id, partnerId, state,");
    assert!(!none.stdout.contains(VALUE), "{none:#?}");
    list(" ,").fails_with(2).saying("--columns names no column");
    let nothing = manage(&server, ["list", "0_nosuch", "--columns=id"]).fails(0);
    nothing.saying("note: no app tokens found");
    for form in ["--json", "--jq=."] {
        manage(&server, ["list", "--columns=id", form]).fails(2).saying("cannot be used with");
    }
}

#[test]
fn the_json_is_a_list_without_values() {
    let finished = manage(&server(), ["list", "0_fresh", "--json"]).succeeds();
    let document = finished.document();
    let updated = document[0]["updatedAt"].clone();
    let expected = json!([{
        "id": "0_fresh", "partnerId": 1_234_567, "state": "active", "description": null, "hashType": "SHA256",
        "sessionType": "USER", "sessionUserId": "bob", "sessionDuration": 86_400, "sessionPrivileges": "sview:*",
        "expiry": NOW + 864_000, "expiresIn": 864_000, "createdAt": NOW - 1_000, "updatedAt": updated,
    }]);
    assert_eq!(document, expected);
    assert!(!finished.stdout.contains(VALUE));
}

#[test]
fn each_filter_leaves_those_that_it_names() {
    let server = server();
    for (options, expected) in [
        (&[][..], &["0_fresh", "0_off", "0_over", "0_open"][..]),
        (&["0_open", "0_fresh", "0_gone", "0_nosuch"], &["0_fresh", "0_open"]),
        (&["--state=active"], &["0_fresh", "0_open"]),
        (&["--state=expired"], &["0_over"]),
        (&["--state=disabled"], &["0_off"]),
        (&["--user=bob"], &["0_fresh"]),
        (&["--user=unknown-user"], &[]),
        (&["--type=user"], &["0_fresh", "0_over"]),
        (&["--type=ADMIN"], &["0_off"]),
        (&["--type=any"], &["0_open"]),
        (&["--expires-within=9d"], &["0_over"]),
        (&["--expires-within=10d"], &["0_fresh", "0_over"]),
        (&["--expires-within=30d", "--state=active"], &["0_fresh"]),
        (&["--expires-within=0"], &["0_over"]),
    ] {
        assert_eq!(ids(&server, options), expected, "{options:?}");
    }
}

#[test]
fn where_there_is_none_that_is_said() {
    let server = server();
    let finished = manage(&server, ["list", "--user=unknown-user"]).succeeds();
    assert_eq!((&*finished.stdout, &*finished.stderr), ("", "note: no app tokens found\n"));
    let list = manage(&server, ["list", "--user=unknown-user", "--json"]).succeeds();
    assert_eq!((&*list.stdout, &*list.stderr), ("[]\n", ""));
}

#[test]
fn all_pages_are_listed() {
    let tokens: Vec<Value> = (0..1_001)
        .map(|n| token(&format!("0_{n:08}"), VALUE, json!({ "createdAt": NOW - 5_000 + n })))
        .collect();
    let server = TestServer::with_tokens(&json!(tokens));
    let listed = ids(&server, &[]);
    assert_eq!(listed.len(), 1_001);
    assert_eq!((&*listed[0], &*listed[1_000]), ("0_00000000", "0_00001000"));
}

#[test]
fn a_wrong_filter_is_a_usage_error() {
    let server = server();
    for (options, why) in [
        (["--state=deleted"], "possible values: active, expired, disabled"),
        (["--type=root"], "possible values: user, admin, any"),
        (["--expires-within=soon"], "not a duration"),
    ] {
        manage(&server, ["list"]).arguments(options).fails(2).saying(why);
    }
}
