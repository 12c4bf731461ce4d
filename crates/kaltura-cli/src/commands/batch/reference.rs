//! References to earlier results: `{"$result": "1.objects.0.id"}`.

use kaltura_client::multirequest::{Handle, Reference};
use kaltura_types::Parameters;
use serde_json::Value;

/// The name that makes an object a reference.
const MARK: &str = "$result";
/// What leads to all items of a list, as the API calls it.
const ALL: &str = "_all";

/// A reference, and where in the parameters it stands.
#[derive(Debug, PartialEq)]
pub(super) struct PlacedReference {
    place: Vec<String>,
    of: usize,
    path: Vec<String>,
}

/// What is wrong with a reference. It quotes names only.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum ReferenceMistake {
    #[error("{0} has more members beside $result")]
    NotAlone(String),
    #[error("$result in {0} is no text like \"1.objects.0.id\"")]
    Unreadable(String),
    #[error("$result in {0} is of no earlier call; they are counted from 1")]
    NotEarlier(String),
    #[error("there is a dot in a name on the way to {0}, behind which there can be no $result")]
    Dot(String),
}

impl PlacedReference {
    /// The call that is referred to, from 1 on.
    pub(super) const fn of(&self) -> usize {
        self.of
    }

    /// Where in the parameters it stands, with dots.
    pub(super) fn place(&self) -> String {
        self.place.join(".")
    }

    /// The same on the result of that call.
    pub(super) fn to(&self, earlier: &Handle<Value>) -> Reference {
        self.path.iter().fold(earlier.whole(), |reference, step| match step.parse() {
            Ok(index) => reference.item(index),
            Err(_) if step == ALL => reference.each(),
            Err(_) => reference.member(step),
        })
    }
}

/// Takes the references out of the parameters of the call of this number. A null is left in the place of each.
pub(super) fn take_out(
    parameters: &mut Parameters,
    number: usize,
) -> Result<Vec<PlacedReference>, ReferenceMistake> {
    let mut found = Vec::new();
    for (name, value) in parameters {
        search(value, &mut vec![name.clone()], number, &mut found)?;
    }
    Ok(found)
}

fn search(
    value: &mut Value,
    place: &mut Vec<String>,
    number: usize,
    found: &mut Vec<PlacedReference>,
) -> Result<(), ReferenceMistake> {
    match value {
        Value::Object(members) if members.contains_key(MARK) => {
            found.push(read(members, place, number)?);
            *value = Value::Null;
        }
        Value::Object(members) => {
            for (name, member) in members {
                place.push(name.clone());
                search(member, place, number, found)?;
                place.pop();
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter_mut().enumerate() {
                place.push(index.to_string());
                search(item, place, number, found)?;
                place.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

fn read(members: &Parameters, place: &[String], number: usize) -> Result<PlacedReference, ReferenceMistake> {
    let shown = || place.join(".");
    if members.len() > 1 {
        return Err(ReferenceMistake::NotAlone(shown()));
    }
    if place.iter().any(|name| name.contains('.')) {
        return Err(ReferenceMistake::Dot(shown()));
    }
    let text = members.get(MARK).and_then(Value::as_str);
    let mut steps = text.ok_or_else(|| ReferenceMistake::Unreadable(shown()))?.split('.').map(str::to_owned);
    let of = steps.next().and_then(|of| of.parse::<usize>().ok());
    let of = of.ok_or_else(|| ReferenceMistake::Unreadable(shown()))?;
    let path: Vec<String> = steps.collect();
    if path.iter().any(String::is_empty) {
        return Err(ReferenceMistake::Unreadable(shown()));
    }
    if !(1..number).contains(&of) {
        return Err(ReferenceMistake::NotEarlier(shown()));
    }
    Ok(PlacedReference { place: place.to_vec(), of, path })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(parameters: Value) -> Result<(Value, Vec<PlacedReference>), ReferenceMistake> {
        let Value::Object(mut parameters) = parameters else { panic!("an object") };
        let references = take_out(&mut parameters, 3)?;
        Ok((Value::Object(parameters), references))
    }

    #[test]
    fn references_are_found_at_any_depth() {
        let (left, found) = taken(json!({
            "a": { "$result": "1" }, "b": { "c": [1, { "$result": "2.objects._all.id" }] }, "d": "$result",
        }))
        .unwrap();
        assert_eq!(left, json!({ "a": null, "b": { "c": [1, null] }, "d": "$result" }));
        let places: Vec<_> = found.iter().map(|one| (one.place(), one.of(), one.path.join("/"))).collect();
        let expected = [("a", 1, ""), ("b.c.1", 2, "objects/_all/id")];
        assert_eq!(places, expected.map(|(place, of, path)| (place.to_owned(), of, path.to_owned())));
    }

    #[test]
    fn what_is_no_reference_is_told() {
        let at = |mistake: fn(String) -> ReferenceMistake, place: &str| mistake(place.to_owned());
        use ReferenceMistake as Mistake;
        for (parameters, mistake) in [
            (json!({ "a": { "$result": "1", "b": 1 } }), at(Mistake::NotAlone, "a")),
            (json!({ "a": { "$result": 1 } }), at(Mistake::Unreadable, "a")),
            (json!({ "a": { "$result": "" } }), at(Mistake::Unreadable, "a")),
            (json!({ "a": { "$result": "objects.0" } }), at(Mistake::Unreadable, "a")),
            (json!({ "a": { "$result": "1..id" } }), at(Mistake::Unreadable, "a")),
            (json!({ "a": { "$result": "0.id" } }), at(Mistake::NotEarlier, "a")),
            (json!({ "a": [{ "$result": "3.id" }] }), at(Mistake::NotEarlier, "a.0")),
            (json!({ "a.b": { "c": { "$result": "1" } } }), at(Mistake::Dot, "a.b.c")),
        ] {
            assert_eq!(taken(parameters.clone()).unwrap_err(), mistake, "{parameters}");
        }
    }
}
