//! Privileges, against the rule in a few lines.

use kaltura_types::{AppTokenId, Privileges, is_server_privilege};

/// What privileges are made of.
pub const WORDS: [&str; 14] = [
    ",",
    ":",
    "/",
    "*",
    " ",
    "sview",
    "list:*",
    "edit:",
    "sessionid:",
    "apptoken:",
    "setrole:",
    "actionslimit:5",
    "iprestrict:",
    "urirestrict:/a|/b",
];

/// The bytes as two lists of privileges, one in each line.
pub fn parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    let (on_token, requested) = (Privileges::parse(one), Privileges::parse(other));
    assert_eq!(listed(&on_token), expected(one));
    assert_eq!(Privileges::parse(&on_token.to_string()), on_token);

    let mut merged = on_token.clone();
    merged.merge(&requested);
    assert_eq!(merged, Privileges::parse(&format!("{one},{other}")));
    assert!(on_token.missing_from(&on_token).is_empty());
    assert!(merged.iter().count() <= on_token.iter().count() + requested.iter().count());

    if let Ok(strict) = one.parse::<Privileges>() {
        assert!(strict.is_empty() || strict == on_token, "{one:?}");
        let json = serde_json::to_value(&strict).unwrap_or_default();
        assert_eq!(serde_json::from_value::<Privileges>(json).ok(), Some(strict));
    }

    let token = AppTokenId::new("0_abcdefgh");
    let granted = Privileges::for_app_token_session(&token, &on_token, &requested);
    assert!(granted.to_string().starts_with("sessionid:0_abcdefgh"));
    for privilege in requested.iter().filter(|privilege| is_server_privilege(privilege.name())) {
        let may = on_token.get(privilege.name()).is_some();
        let is_group = matches!(privilege.name(), "sessionid" | "apptoken");
        assert!(may || is_group || granted.get(privilege.name()).is_none(), "{one:?} {other:?}");
    }
    let _ = merged.warnings();
}

fn listed(privileges: &Privileges) -> Vec<(String, Vec<String>)> {
    privileges.iter().map(|one| (one.name().to_owned(), one.values().to_vec())).collect()
}

/// The parts of a repeated name are joined, in the place of the first.
fn expected(text: &str) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for item in text.split(',') {
        let (name, value) = item.split_once(':').unwrap_or((item, ""));
        let parts = value.split('/').filter(|_| !value.is_empty()).map(str::to_owned);
        match all.iter_mut().find(|(present, _)| present == name) {
            Some((_, values)) => values.extend(parts),
            None => all.push((name.to_owned(), parts.collect())),
        }
    }
    all
}
