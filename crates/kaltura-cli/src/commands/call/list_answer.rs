//! Answers that are lists: `{"totalCount": 3, "objects": [...]}`.

use serde_json::Value;

/// A list, as it is in an answer.
#[derive(Debug, PartialEq)]
pub(super) struct ListAnswer {
    pub(super) objects: Vec<Value>,
    /// How many there are on all pages, if the server says so.
    pub(super) total: Option<u64>,
}

impl ListAnswer {
    /// Takes an answer for a list; gives it back if it is none.
    pub(super) fn take(mut answer: Value) -> Result<Self, Value> {
        let total = answer.get("totalCount").and_then(count);
        match answer.get_mut("objects").map(Value::take) {
            Some(Value::Array(objects)) => Ok(Self { objects, total }),
            // A list that is null is not sent (wire contract, section 2.2).
            None | Some(Value::Null) if total.is_some() => Ok(Self { objects: Vec::new(), total }),
            Some(other) => {
                answer["objects"] = other;
                Err(answer)
            }
            None => Err(answer),
        }
    }
}

/// The server writes numbers as numbers or as texts.
pub(super) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_told_from_other_answers() {
        let list = |answer| ListAnswer::take(answer).map(|list| (list.objects.len(), list.total));
        assert_eq!(list(json!({ "totalCount": 3, "objects": [1, 2] })), Ok((2, Some(3))));
        assert_eq!(list(json!({ "totalCount": "3", "objects": [] })), Ok((0, Some(3))));
        assert_eq!(list(json!({ "objects": [1] })), Ok((1, None)));
        assert_eq!(
            list(json!({ "totalCount": 0, "objectType": "KalturaUserListResponse" })),
            Ok((0, Some(0)))
        );
        for other in [
            json!(null),
            json!(true),
            json!([1]),
            json!("objects"),
            json!({ "id": "0_a" }),
            json!({ "totalCount": 1, "objects": { "a": 1 } }),
            json!({ "objects": null, "id": 1 }),
        ] {
            assert_eq!(list(other.clone()), Err(other));
        }
    }
}
