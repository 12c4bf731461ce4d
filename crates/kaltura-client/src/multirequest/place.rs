//! Places in the parameters of a call, such as `filter.idEqual`.

use kaltura_types::Parameters;
use serde_json::Value;

/// Puts a text at a place, instead of what is there. Objects on the way are made where there are none, and a number
/// leads to an item of a list that is there; false if the way leads through something else, or is none.
pub(super) fn put(parameters: &mut Parameters, place: &str, text: String) -> bool {
    if place.split('.').any(str::is_empty) {
        return false;
    }
    let mut names = place.split('.');
    let Some(first) = names.next() else { return false };
    let mut here = parameters.entry(first).or_insert(Value::Null);
    for name in names {
        if here.is_null() {
            *here = Value::Object(Parameters::new());
        }
        let next = match here {
            Value::Object(members) => Some(members.entry(name).or_insert(Value::Null)),
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return false };
        here = next;
    }
    *here = text.into();
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
    fn a_number_leads_into_a_list() {
        let Value::Object(mut parameters) = json!({"list": [{"a": 1}, "b"], "map": {"0": "c"}}) else {
            panic!("an object")
        };
        for place in ["list.0.id", "list.1", "map.0"] {
            assert!(put(&mut parameters, place, place.to_owned()), "{place}");
        }
        for place in ["list.2", "list.x", "list.-1", "list.0.a.b"] {
            assert!(!put(&mut parameters, place, String::new()), "{place}");
        }
        let expected = json!({"list": [{"a": 1, "id": "list.0.id"}, "list.1"], "map": {"0": "map.0"}});
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
