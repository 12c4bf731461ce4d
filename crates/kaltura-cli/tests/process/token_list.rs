//! `kaltura token list`.

use serde_json::{Value, json};

use crate::emulator_process::{ADMIN_SECRET, EmulatorProcess, token};
use crate::token_account::{VALUE, manage, now};

fn server() -> EmulatorProcess {
    let token = |id: &str, after: i64, mut changes: Value| {
        changes["createdAt"] = json!(now() - 1_000 + after);
        token(id, VALUE, changes)
    };
    let open = json!({
        "sessionType": null, "sessionUserId": null, "sessionDuration": 0, "description": "a\u{1b}[2J\nb",
    });
    EmulatorProcess::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET] }],
        "users": [{ "id": "alice", "partnerId": 1_234_567 }, { "id": "bob", "partnerId": 1_234_567 }],
        "appTokens": [
            token("0_over", 2, json!({ "expiry": now() - 86_400, "description": "old" })),
            token("0_fresh", 0, json!({ "expiry": now() + 864_000, "sessionUserId": "bob" })),
            token("0_off", 1, json!({ "status": "disabled", "sessionType": 2 })),
            token("0_open", 3, open),
            token("0_gone", 4, json!({ "status": "deleted" })),
        ],
    }))
}

fn ids(server: &EmulatorProcess, options: &[&str]) -> Vec<String> {
    let list = manage(server, ["list", "--json"]).arguments(options.iter().copied()).run().ends_with(0);
    assert_eq!(list.stderr, "");
    let list = list.document();
    list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_table_has_a_line_for_each_token() {
    let finished = manage(&server(), ["list"]).run().ends_with(0);
    assert_eq!(finished.stderr, "");
    let expected = "\
ID       STATE     TYPE   USER   SESSIONS  EXPIRES                 DESCRIPTION
0_fresh  active    USER   bob    1 day     2026-12-04, in 10 days
0_off    disabled  ADMIN  alice  1 day     never
0_over   expired   USER   alice  1 day     2026-11-23, 1 day ago   old
0_open   active    any    any    0 s       never                   a [2J b
";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn the_table_fits_the_terminal() {
    let tokens = json!([
        token(
            "0_7jh3eu10",
            VALUE,
            json!({
                "expiry": now() + 90 * 86_400 - 60, "sessionUserId": "nightly-import", "createdAt": now() - 9,
                "description": "The import of each night, from the archive",
            })
        ),
        token("0_7jh3eu11", VALUE, json!({ "expiry": now() + 100_000, "createdAt": now() - 8 })),
    ]);
    let server = EmulatorProcess::with_seed(&json!({
        "partners": [{ "id": 1_234_567, "adminSecrets": [ADMIN_SECRET] }],
        "users": [{ "id": "nightly-import", "partnerId": 1_234_567 }, { "id": "alice", "partnerId": 1_234_567 }],
        "appTokens": tokens,
    }));
    for (columns, expected) in [
        (
            "100",
            "\
ID          STATE   TYPE  USER            SESSIONS  EXPIRES                   DESCRIPTION
0_7jh3eu10  active  USER  nightly-import  1 day     2027-02-22, in 89 days    The import of each ni…
0_7jh3eu11  active  USER  alice           1 day     2026-11-25, in 1 day 3 h
",
        ),
        (
            "72",
            "\
ID          STATE   EXPIRES                   DESCRIPTION
0_7jh3eu10  active  2027-02-22, in 89 days    The import of each night,…
0_7jh3eu11  active  2026-11-25, in 1 day 3 h
",
        ),
        (
            "40",
            "\
ID          EXPIRES
0_7jh3eu10  2027-02-22, in 89 days
0_7jh3eu11  2026-11-25, in 1 day 3 h
",
        ),
    ] {
        let list = manage(&server, ["list"]).env("COLUMNS", columns).run().ends_with(0);
        assert_eq!(list.stdout, expected, "{columns}");
        match columns {
            "100" => assert_eq!(list.stderr, ""),
            _ => {
                let note = list.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(note.contains("columns not shown for lack of width: "), "{note}");
            }
        }
        let width: usize = columns.parse().unwrap();
        for line in list.stdout.lines() {
            assert!(line.chars().count() <= width, "{columns}: {line}");
        }
    }
}

#[test]
fn the_columns_can_be_chosen() {
    let server = server();
    let list = |columns: &str| manage(&server, ["list", "--columns", columns]).run();
    let chosen = list("id,sessionUserId, expiry,,description").ends_with(0);
    assert_eq!(chosen.stderr, "");
    let expected = "\
id       sessionUserId  expiry            description
0_fresh  bob            2026-12-04 04:09
0_off    alice
0_over   alice          2026-11-23 04:09  old
0_open                                    a [2J b
";
    assert_eq!(chosen.stdout, expected);
    // In a narrow terminal descriptions are cut, and ids are not.
    let narrow =
        manage(&server, ["list", "--columns", "description,sessionUserId,id"]).env("COLUMNS", "20").run();
    let narrow = narrow.ends_with(0);
    for id in ["0_fresh", "0_off", "0_over", "0_open", "sessionUserId", "alice"] {
        assert!(narrow.stdout.contains(id), "{narrow:#?}");
    }
    // The value is in none of them.
    let none =
        list("id,token").ends_with(0).saying("note: no object has token; they have id, partnerId, state,");
    assert!(!none.stdout.contains(VALUE), "{none:#?}");
    list(" ,").fails_with(2).saying("--columns names no column");
    let nothing = manage(&server, ["list", "0_nosuch", "--columns=id"]).run().fails_with(0);
    nothing.saying("note: no app tokens found");
    for form in ["--json", "--jq=."] {
        manage(&server, ["list", "--columns=id", form]).run().fails_with(2).saying("cannot be used with");
    }
}

#[test]
fn the_json_is_a_list_without_values() {
    let finished = manage(&server(), ["list", "0_fresh", "--json"]).run().ends_with(0);
    let document = finished.document();
    let updated = document[0]["updatedAt"].clone();
    let expected = json!([{
        "id": "0_fresh", "partnerId": 1_234_567, "state": "active", "description": null, "hashType": "SHA256",
        "sessionType": "USER", "sessionUserId": "bob", "sessionDuration": 86_400, "sessionPrivileges": "sview:*",
        "expiry": now() + 864_000, "expiresIn": 864_000, "createdAt": now() - 1_000, "updatedAt": updated,
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
        (&["--user=nobody-knows"], &[]),
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
    let finished = manage(&server, ["list", "--user=nobody-knows"]).run().ends_with(0);
    assert_eq!((&*finished.stdout, &*finished.stderr), ("", "note: no app tokens found\n"));
    let list = manage(&server, ["list", "--user=nobody-knows", "--json"]).run().ends_with(0);
    assert_eq!((&*list.stdout, &*list.stderr), ("[]\n", ""));
}

#[test]
fn all_pages_are_listed() {
    let tokens: Vec<Value> = (0..1_001)
        .map(|n| token(&format!("0_{n:08}"), VALUE, json!({ "createdAt": now() - 5_000 + n })))
        .collect();
    let server = EmulatorProcess::with_tokens(json!(tokens));
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
        manage(&server, ["list"]).arguments(options).run().fails_with(2).saying(why);
    }
}
