//! A list as a table: one object a line.

use kaltura_types::UnixTime;
use serde_json::Value;

use crate::error::Failure;
use crate::output::{self, Ui};
use crate::redaction::is_secret;
use crate::time;

/// The width of a table where the width of the terminal is unknown.
const DEFAULT_WIDTH: usize = 100;
/// Wider columns are not chosen: sentences, URLs.
const MAX_COLUMN: usize = 40;
/// These are the same for all objects of a list.
const CONSTANT: [&str; 2] = ["partnerId", "objectType"];
/// These come first, and are always chosen.
const FIRST: [&str; 2] = ["id", "name"];
/// Ten years: a smaller number is a duration, not a time (wire contract, section 1.3).
const MIN_TIME: i64 = 315_360_000;
/// The year 5138: a larger number is not in seconds.
const MAX_TIME: i64 = 99_999_999_999;

/// What is requested of a table.
pub(in crate::commands) struct TableOptions {
    /// The columns; `None` for those that fit.
    pub(super) columns: Option<Vec<String>>,
    /// The width of the terminal, if it is known.
    pub(super) width: Option<usize>,
    /// Whether an option asks for a table. Otherwise it is only the default.
    pub(super) is_requested: bool,
}

impl TableOptions {
    /// A table with these columns. Blanks around their names, and empty names, are ignored.
    pub(in crate::commands) fn with_columns(names: &[String], width: Option<usize>) -> Result<Self, Failure> {
        let names = names.iter().map(|name| name.trim().to_owned());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(Failure::usage("--columns names no column")
                .with_hint("Use, for example: --columns id,createdAt"));
        }
        Ok(Self { columns: Some(names), width, is_requested: true })
    }
}

/// Prints objects as a table.
pub(in crate::commands) fn print(ui: &Ui, objects: &[Value], options: &TableOptions) -> Result<(), Failure> {
    if objects.is_empty() {
        ui.note("the list is empty");
        return Ok(());
    }
    let (names, omitted) = match &options.columns {
        Some(names) => {
            note_unknown(ui, objects, names);
            (names.clone(), Vec::new())
        }
        None => choose_columns(objects, options.width.unwrap_or(DEFAULT_WIDTH)),
    };
    let row = |object: &Value| {
        names.iter().map(|name| cell(name, object.get(name).unwrap_or(&Value::Null))).collect()
    };
    let rows: Vec<Vec<String>> = objects.iter().map(row).collect();
    let is_id = |name: &String| name == "id" || name.ends_with("Id");
    ui.print(&output::table_cut_in(&names, &rows, options.width, |column| !is_id(&names[column])))?;
    if !omitted.is_empty() {
        ui.note(&format!("columns that do not fit: {} (use --columns)", omitted.join(", ")));
    }
    Ok(())
}

/// Notes columns that no object has. They may be right: a member that is null is not sent.
fn note_unknown(ui: &Ui, objects: &[Value], names: &[String]) {
    let known = member_names(objects);
    for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
        ui.note(&format!("no object has {name}; they have {}", known.join(", ")));
    }
}

/// The names of all members, in the order in which they come.
fn member_names(objects: &[Value]) -> Vec<&str> {
    let mut names = Vec::new();
    for name in objects.iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// The columns that say most in this width, and those that do not fit. First id and name, then what most objects have
/// and is short: what differs between them before what is the same in all. Secrets are never chosen.
fn choose_columns(objects: &[Value], width: usize) -> (Vec<String>, Vec<String>) {
    let mut candidates: Vec<(&str, usize)> = member_names(objects)
        .into_iter()
        .filter_map(|name| Some((name, column_width(objects, name)?)))
        .filter(|(name, _)| !CONSTANT.contains(name) && !holds_secrets(objects, name))
        .collect();
    // A stable sort: otherwise they keep their order.
    candidates.sort_by_key(|(name, _)| {
        let place = FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
        (place, !differs(objects, name))
    });
    let (mut chosen, mut omitted): (Vec<String>, Vec<String>) = Default::default();
    let mut used = 0;
    for (name, column) in candidates {
        let gap = if chosen.is_empty() { 0 } else { output::TABLE_GAP };
        let column = column.min(MAX_COLUMN);
        if FIRST.contains(&name) || used + gap + column <= width {
            used += gap + column;
            chosen.push(name.to_owned());
        } else {
            omitted.push(name.to_owned());
        }
    }
    if chosen.is_empty() {
        // Objects of nothing but long texts and lists.
        let first = member_names(objects).into_iter().find(|name| !holds_secrets(objects, name));
        chosen.extend(first.map(str::to_owned));
    }
    (chosen, omitted)
}

fn holds_secrets(objects: &[Value], name: &str) -> bool {
    objects.iter().filter_map(|object| object.get(name)).any(|value| is_secret(name, value))
}

fn differs(objects: &[Value], name: &str) -> bool {
    objects.windows(2).any(|pair| pair[0].get(name) != pair[1].get(name))
}

/// The width of the column of this member; `None` if it is not chosen.
fn column_width(objects: &[Value], name: &str) -> Option<usize> {
    let mut filled = 0;
    let mut widest = output::columns(name);
    for value in objects.iter().filter_map(|object| object.get(name)) {
        if value.is_object() || value.is_array() {
            return None;
        }
        let width = output::columns(&cell(name, value));
        filled += usize::from(width > 0);
        widest = widest.max(width);
    }
    let is_common = filled * 2 > objects.len();
    (FIRST.contains(&name) || is_common && widest <= MAX_COLUMN).then_some(widest)
}

/// A member of an object as text; a Unix time in local time.
fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64().filter(|_| is_time_name(name)) {
            Some(seconds @ MIN_TIME..=MAX_TIME) => time::show_minute(UnixTime::from_seconds(seconds)),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The API calls times `createdAt`, `startDate`, `lastLoginTime`, `expiry` and so on.
fn is_time_name(name: &str) -> bool {
    name == "expiry" || ["At", "Date", "Time"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn objects() -> Vec<Value> {
        let entry = |number: u32| {
            json!({
                "mediaType": 1, "duration": number, "id": format!("0_{number:08}"), "name": "Lecture",
                "partnerId": 7, "thumbnailUrl": "x".repeat(50), "createdAt": 1_795_493_355 + number, "tags": "",
                "list": [1], "token": "hush", "objectType": "KalturaMediaEntry",
            })
        };
        let mut objects: Vec<Value> = (0..4).map(entry).collect();
        objects[0]["rare"] = json!(1);
        objects
    }

    #[test]
    fn the_columns_that_say_most_come_first_and_others_as_they_fit() {
        let objects = objects();
        let strings = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (width, chosen, omitted) in [
            (200, &["id", "name", "duration", "createdAt", "mediaType"][..], &[][..]),
            (40, &["id", "name", "duration", "mediaType"], &["createdAt"]),
            (1, &["id", "name"], &["duration", "createdAt", "mediaType"]),
        ] {
            assert_eq!(choose_columns(&objects, width), (strings(chosen), strings(omitted)), "{width}");
        }
    }

    #[test]
    fn secrets_are_not_chosen_and_something_always_is() {
        for (object, chosen) in [
            (
                json!({ "refreshToken": "hush", "otp": 5, "privateKey": "hush", "useToken": true }),
                &["useToken"][..],
            ),
            (json!({ "token": "hush", "list": [1] }), &["list"]),
            (json!({ "token": "hush" }), &[]),
            (json!({ "a": [1], "b": 1, "objectType": "x" }), &["b"]),
            (json!({ "a": [1], "b": {} }), &["a"]),
            (json!("text"), &[]),
        ] {
            assert_eq!(choose_columns(std::slice::from_ref(&object), 80).0, chosen, "{object}");
        }
    }

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
            assert_eq!(cell(name, &value), expected, "{name}");
        }
        for name in ["createdAt", "startDate", "lastLoginTime", "expiry"] {
            assert!(cell(name, &json!(1_795_493_355)).starts_with("2026-11-2"), "{name}");
        }
    }
}
