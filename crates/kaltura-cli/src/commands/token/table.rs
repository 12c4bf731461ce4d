//! App tokens as a table for people.

use kaltura_types::{AppToken, UnixTime};

use super::shown::ShownToken;
use crate::{output, time};

/// What stands where. The number says when a column is left out for want of room: the highest is the first to go,
/// and 0 stays.
const COLUMNS: [(&str, usize); 7] =
    [("ID", 0), ("STATE", 2), ("TYPE", 5), ("USER", 4), ("SESSIONS", 6), ("EXPIRES", 1), ("DESCRIPTION", 3)];
const DESCRIPTION: &str = "DESCRIPTION";
/// How much of a description must have room.
const LEAST_OF_DESCRIPTION: usize = 12;

/// A line for each token, below a line that says what stands where. Where it would be wider than `width`, the
/// descriptions are cut, and columns left out.
pub(super) fn table(tokens: &[AppToken], now: UnixTime, width: Option<usize>) -> String {
    let rows: Vec<[String; 7]> = tokens.iter().map(|token| row(&ShownToken::new(token, now))).collect();
    let places = places_for(&rows, width);
    let heading: Vec<String> = places.iter().map(|place| COLUMNS[*place].0.to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect();
    output::table_cut_in(&heading, &rows, width, |column| heading[column] == DESCRIPTION)
}

/// The columns that there is room for.
fn places_for(rows: &[[String; 7]], width: Option<usize>) -> Vec<usize> {
    let needed = |place: &usize| {
        let name = COLUMNS[*place].0;
        let cells = rows.iter().map(|row| output::columns(&row[*place]));
        let widest = cells.max().unwrap_or(0);
        let shown = if name == DESCRIPTION { widest.min(LEAST_OF_DESCRIPTION) } else { widest };
        shown.max(name.len()) + output::TABLE_GAP
    };
    let mut places: Vec<usize> = (0..COLUMNS.len()).collect();
    for least in (1..COLUMNS.len()).rev() {
        let needed: usize = places.iter().map(needed).sum();
        if width.is_none_or(|width| needed <= width + output::TABLE_GAP) {
            break;
        }
        places.retain(|place| COLUMNS[*place].1 < least);
    }
    places
}

fn row(token: &ShownToken<'_>) -> [String; 7] {
    let expires = match (token.expiry, token.time_left(time::show_duration_roughly)) {
        (Some(expiry), Some(left)) => format!("{}, {left}", time::show_day(expiry)),
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
        let text = table(&tokens, UnixTime::from_seconds(1_795_493_355), None);
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
