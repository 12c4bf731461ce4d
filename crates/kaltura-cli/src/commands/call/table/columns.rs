//! Which members of the objects become columns.

use serde_json::Value;

use super::cell;
use crate::output;
use crate::redaction::is_secret;

/// How wide a table is where nobody knows how wide it may be.
pub(super) const USUAL_WIDTH: usize = 100;
/// What is wider is left to those who ask for it: texts of several sentences, URLs.
const WIDEST: usize = 40;
/// These say the same of all objects of a list.
const SAME_FOR_ALL: [&str; 2] = ["partnerId", "objectType"];
/// These come first.
const FIRST: [&str; 2] = ["id", "name"];

/// The names of all members, in the order in which they come.
pub(super) fn names(objects: &[Value]) -> Vec<&str> {
    let mut names = Vec::new();
    for object in objects.iter().filter_map(Value::as_object) {
        for name in object.keys().map(String::as_str) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The columns that tell most in this width: id and name, then what most objects have and is short, and of that what
/// tells them apart before what is the same in all. Secrets are left to those who ask for them.
pub(super) fn choose(objects: &[Value], width: usize) -> Vec<String> {
    let mut candidates: Vec<(&str, usize)> = names(objects)
        .into_iter()
        .filter_map(|name| Some((name, room(objects, name)?)))
        .filter(|(name, _)| !SAME_FOR_ALL.contains(name) && !holds_secrets(objects, name))
        .collect();
    // Stable: otherwise they stay in their order.
    candidates.sort_by_key(|(name, _)| {
        let place = FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
        (place, !tells_apart(objects, name))
    });
    let mut chosen: Vec<String> = Vec::new();
    let mut taken = 0;
    for (name, room) in candidates {
        let is_first = FIRST.contains(&name);
        let gap = if chosen.is_empty() { 0 } else { output::TABLE_GAP };
        let room = room.min(WIDEST);
        if is_first || taken + gap + room <= width {
            taken += gap + room;
            chosen.push(name.to_owned());
        }
    }
    if chosen.is_empty() {
        // Objects of nothing but long texts and lists.
        let shown = names(objects).into_iter().find(|name| !holds_secrets(objects, name));
        chosen.extend(shown.map(str::to_owned));
    }
    chosen
}

fn holds_secrets(objects: &[Value], name: &str) -> bool {
    objects.iter().filter_map(|object| object.get(name)).any(|value| is_secret(name, value))
}

fn tells_apart(objects: &[Value], name: &str) -> bool {
    objects.windows(2).any(|pair| pair[0].get(name) != pair[1].get(name))
}

/// How wide a column of this member is; nothing if it makes none.
fn room(objects: &[Value], name: &str) -> Option<usize> {
    let mut filled = 0;
    let mut widest = output::columns(name);
    for value in objects.iter().filter_map(|object| object.get(name)) {
        if value.is_object() || value.is_array() {
            return None;
        }
        let width = output::columns(&cell::shown(name, value));
        filled += usize::from(width > 0);
        widest = widest.max(width);
    }
    let is_usual = filled * 2 > objects.len();
    (FIRST.contains(&name) || is_usual && widest <= WIDEST).then_some(widest)
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
    fn what_tells_most_comes_first_and_the_rest_as_it_fits() {
        let objects = objects();
        assert_eq!(choose(&objects, 200), ["id", "name", "duration", "createdAt", "mediaType"]);
        // What does not fit is passed over for what does.
        assert_eq!(choose(&objects, 40), ["id", "name", "duration", "mediaType"]);
        assert_eq!(choose(&objects, 1), ["id", "name"]);
    }

    #[test]
    fn secrets_are_left_out() {
        let object = json!({ "refreshToken": "hush", "otp": 5, "privateKey": "hush", "useToken": true });
        assert_eq!(choose(&[object], 200), ["useToken"]);
        assert_eq!(choose(&[json!({ "token": "hush", "list": [1] })], 200), ["list"]);
        assert_eq!(choose(&[json!({ "token": "hush" })], 200), Vec::<String>::new());
    }

    #[test]
    fn there_is_always_a_column() {
        assert_eq!(choose(&[json!({ "a": [1], "b": 1, "objectType": "x" })], 80), ["b"]);
        assert_eq!(choose(&[json!({ "a": [1], "b": {} })], 80), ["a"]);
        assert_eq!(choose(&[json!("text")], 80), Vec::<String>::new());
    }
}
