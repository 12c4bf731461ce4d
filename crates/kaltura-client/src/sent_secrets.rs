//! Which of the texts that are sent are secrets, so that an answer that echoes them is cleaned.

use kaltura_types::{Parameters, is_secret_name};
use serde_json::Value;

/// The texts of all parameters and members that are named like secrets, at any depth.
pub(crate) fn sent_secrets(parameters: &Parameters) -> impl Iterator<Item = &str> {
    let mut found = Vec::new();
    gather(parameters, &mut found);
    found.into_iter()
}

fn gather<'a>(members: &'a Parameters, found: &mut Vec<&'a str>) {
    for (name, value) in members {
        match value {
            Value::String(text) if is_secret_name(name) => found.push(text),
            Value::Array(list) => list.iter().for_each(|item| match item {
                Value::String(text) if is_secret_name(name) => found.push(text),
                Value::Object(members) => gather(members, found),
                _ => {}
            }),
            Value::Object(members) => gather(members, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_known_by_their_names_at_any_depth() {
        let parameters = json!({
            "ks": "a", "Secret": "b", "id": "0_x", "appToken": { "description": "d", "token": "c" },
            "users": [{ "newPassword": "e", "screenName": "s" }], "tokens": ["f", "g"], "session": 7,
            "user": { "hashKey": "h", "otp": "i", "api_key": "j" },
        });
        let Value::Object(parameters) = parameters else { panic!("an object") };
        let mut found: Vec<&str> = sent_secrets(&parameters).collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c", "e", "f", "g", "h", "i", "j"]);
    }
}
