//! App tokens as a table for people.

use kaltura_types::{AppToken, UnixTime};

use super::shown::ShownToken;
use crate::moment;
use crate::output::{one_line, style};

const HEAD: [&str; 7] = ["ID", "STATE", "TYPE", "USER", "SESSIONS", "EXPIRES", "DESCRIPTION"];

/// A line for each token, below a line that says what stands where.
pub(super) fn table(tokens: &[AppToken], now: UnixTime) -> String {
    let rows: Vec<[String; 7]> = tokens.iter().map(|token| row(&ShownToken::new(token, now))).collect();
    let mut widths = HEAD.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head = line(&HEAD.map(str::to_owned), &widths);
    let mut text = format!("{}{head}{:#}\n", style::QUIET, style::QUIET);
    for row in &rows {
        text += &line(row, &widths);
        text.push('\n');
    }
    text
}

fn row(token: &ShownToken<'_>) -> [String; 7] {
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
    .map(|cell| one_line(cell).into_owned())
}

/// The cells with blanks between them; the last one is not filled up.
fn line(cells: &[String; 7], widths: &[usize; 7]) -> String {
    let filled: Vec<String> =
        cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
    filled.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let tokens = [
            json!({ "id": "0_importer", "token": "t", "partnerId": 7, "status": 2, "sessionType": 2,
                    "sessionUserId": "jürgen\n", "sessionDuration": 3600, "expiry": 1_795_493_415,
                    "description": "nightly import" }),
            json!({ "id": "0_a", "token": "t", "partnerId": 7, "status": 1 }),
        ]
        .map(|token| serde_json::from_value(token).unwrap());
        let text = table(&tokens, UnixTime::from_seconds(1_795_493_355));
        let plain = anstream::adapter::strip_str(&text).to_string();
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(
            lines[0],
            "ID          STATE     TYPE   USER     SESSIONS         EXPIRES               DESCRIPTION"
        );
        assert_eq!(lines[1].split("  ").last(), Some("nightly import"));
        assert!(
            lines[1].starts_with("0_importer  active    ADMIN  jürgen   1 h              2026-11-2"),
            "{plain}"
        );
        assert!(lines[1].contains(", in 1 min  "), "{plain}");
        assert_eq!(lines[2], "0_a         disabled  any    any      over on arrival  never");
    }
}
