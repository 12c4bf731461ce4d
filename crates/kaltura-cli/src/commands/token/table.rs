//! App tokens as a table for people.

use kaltura_types::{AppToken, UnixTime};

use super::shown::ShownToken;
use crate::{moment, output};

const HEAD: [&str; 7] = ["ID", "STATE", "TYPE", "USER", "SESSIONS", "EXPIRES", "DESCRIPTION"];

/// A line for each token, below a line that says what stands where.
pub(super) fn table(tokens: &[AppToken], now: UnixTime) -> String {
    let rows: Vec<Vec<String>> = tokens.iter().map(|token| row(&ShownToken::new(token, now))).collect();
    output::table(&HEAD.map(str::to_owned), &rows, None)
}

fn row(token: &ShownToken<'_>) -> Vec<String> {
    let expires = match (token.expiry, token.time_left()) {
        (Some(expiry), Some(left)) => format!("{}, {left}", moment::show_local_day(expiry)),
        _ => "never".to_owned(),
    };
    [
        token.id.as_str(),
        &token.state,
        token.session_type.as_deref().unwrap_or("any"),
        token.user(),
        &token.duration(),
        &expires,
        token.description.unwrap_or_default(),
    ]
    .map(str::to_owned)
    .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let tokens = [
            json!({ "id": "0_importer", "token": "t", "partnerId": 7, "status": 2, "sessionType": 2,
                    "sessionUserId": "日本jürgen\n", "sessionDuration": 3600, "expiry": 1_795_493_415,
                    "description": "nightly import" }),
            json!({ "id": "0_a", "token": "t", "partnerId": 7, "status": 1 }),
        ]
        .map(|token| serde_json::from_value(token).unwrap());
        let text = table(&tokens, UnixTime::from_seconds(1_795_493_355));
        let plain = anstream::adapter::strip_str(&text).to_string();
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(
            lines[0],
            "ID          STATE     TYPE   USER         SESSIONS         EXPIRES               DESCRIPTION"
        );
        assert_eq!(lines[1].split("  ").last(), Some("nightly import"));
        assert!(
            lines[1].starts_with("0_importer  active    ADMIN  日本jürgen   1 h              2026-11-2"),
            "{plain}"
        );
        assert!(lines[1].contains(", in 1 min  "), "{plain}");
        assert_eq!(lines[2], "0_a         disabled  any    any          over on arrival  never");
    }
}
