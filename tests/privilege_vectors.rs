//! Privileges are parsed and merged as by the server.

use kaltura_tests::{read, vectors};
use kaltura_types::{AppTokenId, Privileges, is_server_privilege};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    server_privileges: Vec<String>,
    parse: Vec<Parsed>,
    merge: Vec<Merged>,
}

#[derive(Deserialize)]
struct Parsed {
    input: String,
    parsed: Vec<Named>,
    rebuilt: String,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Named {
    name: String,
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merged {
    token_id: String,
    token_privileges: Option<String>,
    session_privileges: String,
    without_request: String,
    result: String,
}

fn privileges(text: Option<&str>) -> Privileges {
    text.map_or_else(Privileges::none, Privileges::parse)
}

#[test]
fn each_text_is_parsed_and_formatted_as_by_the_server() {
    let file: File = read(vectors::PRIVILEGES);
    for vector in file.parse {
        let parsed = Privileges::parse(&vector.input);
        let named: Vec<Named> = parsed
            .iter()
            .map(|privilege| Named { name: privilege.name().to_owned(), values: privilege.values().to_vec() })
            .collect();
        assert_eq!(named, vector.parsed, "{:?}", vector.input);
        assert_eq!(parsed.to_string(), vector.rebuilt, "{:?}", vector.input);
    }
}

#[test]
fn each_login_is_granted_the_privileges_of_the_server() {
    let file: File = read(vectors::PRIVILEGES);
    for vector in file.merge {
        let token = AppTokenId::new(vector.token_id);
        let on_token = privileges(vector.token_privileges.as_deref());
        let granted = |requested: &Privileges| {
            Privileges::for_app_token_session(&token, &on_token, requested).to_string()
        };
        let case = format!("{on_token}, requested {}", vector.session_privileges);
        assert_eq!(granted(&Privileges::none()), vector.without_request, "{case}");
        assert_eq!(granted(&Privileges::parse(&vector.session_privileges)), vector.result, "{case}");
    }
}

#[test]
fn all_privilege_names_of_the_server_are_known() {
    let file: File = read(vectors::PRIVILEGES);
    assert_eq!(file.server_privileges.len(), 33);
    for name in file.server_privileges {
        assert!(is_server_privilege(&name), "{name}");
    }
    for name in ["view", "widget", "appid", "genieid", "*", "all", "Sview", "SVIEW", ""] {
        assert!(!is_server_privilege(name), "{name}");
    }
}
