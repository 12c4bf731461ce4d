//! Colons in names, and the merging of parameters from several places.

use serde_json::Value;

use super::Parameters;
use super::form::MAX_DEPTH;

/// Nests `a:b=…` like `a[b]=…`, at every depth. `a:-` says that `a` is there and empty.
pub(super) fn group(parameters: Parameters) -> Parameters {
    let mut grouped = Parameters::new();
    for (name, value) in parameters {
        let mut value = match value {
            Value::Object(nested) => Value::Object(group(nested)),
            other => other,
        };
        let mut keys: Vec<&str> = name.split(':').collect();
        if keys.len() > MAX_DEPTH {
            keys = vec![&name];
        } else if keys.len() > 1 && keys.last() == Some(&"-") {
            keys.pop();
            value = Value::Object(Parameters::new());
        }
        insert(&mut grouped, &keys, value);
    }
    grouped
}

/// Stores a value under nested keys. Two objects become one; otherwise the later wins.
fn insert(parameters: &mut Parameters, keys: &[&str], value: Value) {
    match keys {
        [] => {}
        [last] => match (parameters.get_mut(*last), value) {
            (Some(Value::Object(present)), Value::Object(more)) => {
                for (name, value) in more {
                    insert(present, &[&name], value);
                }
            }
            (_, value) => {
                parameters.insert((*last).to_owned(), value);
            }
        },
        [first, rest @ ..] => {
            let place = parameters.entry(*first).or_insert(Value::Null);
            if !place.is_object() {
                *place = Value::Object(Parameters::new());
            }
            if let Value::Object(nested) = place {
                insert(nested, rest, value);
            }
        }
    }
}

/// Adds what is missing, at every depth; what is there stays.
pub(super) fn merge(parameters: &mut Parameters, more: Parameters) {
    for (name, value) in more {
        match (parameters.get_mut(&name), value) {
            (Some(Value::Object(present)), Value::Object(more)) => merge(present, more),
            (Some(_), _) => {}
            (None, value) => {
                parameters.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grouped(value: Value) -> Value {
        let Value::Object(parameters) = value else { panic!("parameters are an object") };
        Value::Object(group(parameters))
    }

    #[test]
    fn colons_nest_at_every_depth() {
        assert_eq!(
            grouped(json!({"1:service": "a", "1:filter:idIn": "x", "1": {"pager:pageSize": 2}, "f:-": ""})),
            json!({"1": {"service": "a", "filter": {"idIn": "x"}, "pager": {"pageSize": 2}}, "f": {}})
        );
    }

    #[test]
    fn a_name_of_colons_does_not_nest_without_end() {
        let name = ":".repeat(100_000);
        assert_eq!(grouped(json!({ name.as_str(): 1 })), json!({ name.as_str(): 1 }));
    }

    #[test]
    fn what_is_there_stays() {
        let mut parameters =
            Parameters::from_iter([("a".to_owned(), json!("1")), ("b".to_owned(), json!({"x": 1}))]);
        merge(
            &mut parameters,
            Parameters::from_iter([
                ("a".to_owned(), json!({"x": 2})),
                ("b".to_owned(), json!({"x": 2, "y": 2})),
            ]),
        );
        assert_eq!(Value::Object(parameters), json!({"a": "1", "b": {"x": 1, "y": 2}}));
    }
}
