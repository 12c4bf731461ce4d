//! What the server has made of what was asked, where that differs; and what is wrong with what it has.

use kaltura_types::{AppToken, Privileges};

use super::settings::{Asked, Expiry};
use crate::time;

/// Where the token is not what was asked.
pub(super) fn differences(asked: &Asked, token: &AppToken) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is_same: bool, stored: String, wanted: String| {
        if !is_same {
            found.push(format!("the server made {what} {stored} instead of {wanted}"));
        }
    };
    match (asked.expiry, token.expiry) {
        (Expiry::At(wanted), stored) => compare(
            "the end of the token",
            stored == Some(wanted),
            stored.map_or_else(|| "never".to_owned(), time::show_time),
            time::show_time(wanted),
        ),
        (Expiry::Never, Some(stored)) => {
            compare("the end of the token", false, time::show_time(stored), "never".to_owned());
        }
        _ => {}
    }
    if let Some(wanted) = asked.session_duration {
        let stored = token.session_duration.map_or(0, kaltura_types::app_token::Seconds::get);
        let wanted = i64::from(wanted.as_seconds());
        let show = |seconds: i64| time::show_duration(u64::try_from(seconds).unwrap_or(0));
        compare("the duration of its sessions", stored == wanted, show(stored), show(wanted));
    }
    if let Some(wanted) = asked.session_type {
        let stored = token.session_type.as_ref();
        let is_same = stored.and_then(|stored| stored.known()) == Some(&wanted);
        let stored = stored.map_or_else(|| "open".to_owned(), ToString::to_string);
        compare("the type of its sessions", is_same, stored, wanted.to_string());
    }
    if let Some(wanted) = &asked.user {
        let stored = token.session_user_id.as_ref().map_or("open", |user| user.as_str());
        compare("the user of its sessions", stored == wanted, stored.to_owned(), wanted.clone());
    }
    if let Some(wanted) = &asked.privileges {
        let stored = token.session_privileges.clone().unwrap_or_else(Privileges::none);
        compare("its privileges", stored == *wanted, stored.to_string(), wanted.to_string());
    }
    if let Some(wanted) = asked.hash_type {
        let stored = token.hash_type.as_ref();
        let is_same = stored.and_then(|stored| stored.known()) == Some(&wanted);
        let stored = stored.map_or_else(|| "SHA1".to_owned(), ToString::to_string);
        compare("its hash type", is_same, stored, wanted.to_string());
    }
    found
}

/// What makes a token that is there useless.
pub(super) fn defects(token: &AppToken) -> Vec<String> {
    match token.session_duration {
        Some(duration) if duration.get() > 0 => Vec::new(),
        _ => vec![
            "its sessions are over on arrival: give it a --session-duration by `kaltura token update`"
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{HashType, Lifetime, SessionType, UnixTime};
    use serde_json::{Value, json};

    use super::*;

    fn token(changes: &Value) -> AppToken {
        let mut token = json!({
            "id": "0_a", "token": "t", "partnerId": 7, "status": 2, "expiry": 1_800_000_000, "sessionType": 0,
            "sessionUserId": "importer", "sessionDuration": 3600, "sessionPrivileges": "list:*,sview:*",
            "hashType": "SHA256",
        });
        for (name, value) in changes.as_object().unwrap() {
            token[name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    fn asked() -> Asked {
        Asked {
            user: Some("importer".to_owned()),
            session_type: Some(SessionType::User),
            privileges: Some(Privileges::parse("list:*,sview:*")),
            session_duration: Some(Lifetime::hours(1)),
            expiry: Expiry::At(UnixTime::from_seconds(1_800_000_000)),
            hash_type: Some(HashType::Sha256),
            description: None,
        }
    }

    #[test]
    fn what_was_asked_and_is_there_is_not_worth_a_word() {
        assert_eq!(differences(&asked(), &token(&json!({}))), Vec::<String>::new());
        assert_eq!(differences(&Asked::default(), &token(&json!({}))), Vec::<String>::new());
        let never = Asked::default().never_expiring();
        assert_eq!(differences(&never, &token(&json!({ "expiry": null }))), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_told() {
        for (changes, words) in [
            (json!({ "expiry": null }), "the end of the token never instead of"),
            (json!({ "sessionDuration": 60 }), "the duration of its sessions 1 min instead of 1 h"),
            (json!({ "sessionType": 2 }), "the type of its sessions ADMIN instead of USER"),
            (json!({ "sessionUserId": null }), "the user of its sessions open instead of importer"),
            (json!({ "sessionPrivileges": "list:*" }), "its privileges list:* instead of list:*,sview:*"),
            (json!({ "hashType": "SHA1" }), "its hash type SHA1 instead of SHA256"),
        ] {
            let found = differences(&asked(), &token(&changes));
            assert!(found.len() == 1 && found[0].contains(words), "{changes} {found:?}");
        }
        let never = Asked::default().never_expiring();
        assert_eq!(differences(&never, &token(&json!({}))).len(), 1);
    }

    #[test]
    fn a_token_whose_sessions_are_dead_is_told() {
        assert!(defects(&token(&json!({}))).is_empty());
        for duration in [json!(0), json!(-1), Value::Null] {
            assert_eq!(defects(&token(&json!({ "sessionDuration": duration }))).len(), 1);
        }
    }
}
