//! A value as it stands in a table.

use kaltura_types::UnixTime;
use serde_json::Value;

use crate::time;

/// Ten years: what is less is a duration and no point in time (wire contract, section 1.3).
const LEAST_TIME: i64 = 315_360_000;
/// The year 5138: what is more is not in seconds.
const MOST_TIME: i64 = 99_999_999_999;

/// A member of an object, for people: Unix times by the clock on the wall.
pub(super) fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64().filter(|_| is_named_like_a_time(name)) {
            Some(seconds @ LEAST_TIME..=MOST_TIME) => time::show_minute(UnixTime::from_seconds(seconds)),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The API calls its times `createdAt`, `startDate`, `lastLoginTime`, `expiry` and so on.
fn is_named_like_a_time(name: &str) -> bool {
    name == "expiry" || ["At", "Date", "Time"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_as_people_write_them() {
        for (name, value, expected) in [
            ("name", json!("a b"), "a b"),
            ("plays", json!(0), "0"),
            ("rank", json!(1.5), "1.5"),
            ("isDefault", json!(true), "true"),
            ("tags", json!(null), ""),
            ("list", json!(["a", 1]), "[\"a\",1]"),
            ("duration", json!(1_795_493_355), "1795493355"),
            ("createdAt", json!(30), "30"),
            ("createdAt", json!(-1), "-1"),
            ("createdAt", json!("soon"), "soon"),
            ("endTime", json!(1_795_493_355_000_i64), "1795493355000"),
        ] {
            assert_eq!(shown(name, &value), expected, "{name}");
        }
        for name in ["createdAt", "startDate", "lastLoginTime", "expiry"] {
            assert!(shown(name, &json!(1_795_493_355)).starts_with("2026-11-2"), "{name}");
        }
    }
}
