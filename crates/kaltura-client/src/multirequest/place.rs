//! Places in the parameters of a call, such as `filter.idEqual`.

use kaltura_types::Parameters;
use serde_json::Value;

/// Puts a text at a place, instead of what is there. Objects on the way are made where there are none; false if the
/// way leads through something else, or is none.
pub(super) fn put(parameters: &mut Parameters, place: &str, text: String) -> bool {
    let mut names = place.split('.');
    let Some(last) = names.next_back().filter(|last| !last.is_empty()) else { return false };
    let mut members = parameters;
    for name in names {
        let inner = members.entry(name).or_insert_with(|| Value::Object(Parameters::new()));
        match inner {
            Value::Object(inner) if !name.is_empty() => members = inner,
            _ => return false,
        }
    }
    members.insert(last.to_owned(), text.into());
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_may_be_deep_and_what_is_there_goes() {
        let mut parameters = Parameters::new();
        for place in ["id", "filter.idEqual", "filter.deep.er", "id"] {
            assert!(put(&mut parameters, place, place.to_owned()));
        }
        let expected =
            json!({"id": "id", "filter": {"idEqual": "filter.idEqual", "deep": {"er": "filter.deep.er"}}});
        assert_eq!(Value::Object(parameters), expected);
    }

    #[test]
    fn a_way_through_a_text_leads_nowhere() {
        let mut parameters = Parameters::new();
        parameters.insert("id".to_owned(), "x".into());
        for place in ["id.x", "", "a.", ".a", "."] {
            assert!(!put(&mut parameters, place, String::new()), "{place}");
        }
    }
}
