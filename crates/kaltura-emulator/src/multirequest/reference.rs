//! `{N:result:path}`: a part of an earlier answer in a later request.

use serde_json::Value;

use crate::answer::{Answer, Failure};
use crate::request::Parameters;

/// Replaces the references in all texts of a request.
pub(crate) fn replace(request: &mut Parameters, answers: &[Answer]) -> Result<(), Failure> {
    request.values_mut().try_for_each(|value| replace_in(value, answers))
}

fn replace_in(value: &mut Value, answers: &[Answer]) -> Result<(), Failure> {
    match value {
        Value::String(text) => {
            if let Some(replaced) = resolve(text, answers)? {
                *text = replaced;
            }
            Ok(())
        }
        Value::Array(list) => list.iter_mut().try_for_each(|item| replace_in(item, answers)),
        Value::Object(fields) => replace(fields, answers),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// The text with its reference replaced; `None` if there is none, or none to an answer that is there.
///
/// The reference reaches to the last brace: two in one text are read as one, with a path that leads nowhere.
fn resolve(text: &str, answers: &[Answer]) -> Result<Option<String>, Failure> {
    for (start, _) in text.match_indices('{') {
        let Some(end) = text.rfind('}').filter(|end| *end > start) else { break };
        let Some((number, path)) = read(&text[start + 1..end]) else { continue };
        let Some(answer) = number.checked_sub(1).and_then(|index| answers.get(index)) else {
            return Ok(None);
        };
        let value = follow(answer, path)?;
        return Ok(Some(format!("{}{value}{}", &text[..start], &text[end + 1..])));
    }
    Ok(None)
}

/// Reads `N:result` or `N:result:path`.
fn read(reference: &str) -> Option<(usize, &str)> {
    let (number, path) = reference.split_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let path = path.strip_prefix("result")?;
    if !is_number || !(path.is_empty() || path.starts_with([':', '}'])) {
        return None;
    }
    Some((number.parse().ok()?, path.strip_prefix(':').unwrap_or(path)))
}

/// Walks along properties and indexes. What is not there is empty.
fn follow(answer: &Answer, path: &str) -> Result<String, Failure> {
    if path.is_empty() {
        return Ok(match answer {
            Answer::Text(text) => text.clone(),
            Answer::Int(number) => number.to_string(),
            Answer::Bool(true) => "1".to_owned(),
            _ => String::new(),
        });
    }
    let (step, rest) = path.split_once(':').unwrap_or((path, ""));
    match answer {
        // PHP fails at a protected property of the error.
        Answer::Error(_) if matches!(step, "code" | "message") => Err(Failure::Fatal),
        Answer::Object(object) => {
            object.property(step).map_or(Ok(String::new()), |value| follow(value, rest))
        }
        Answer::List(list) if step == "_all" => {
            let texts: Result<Vec<String>, Failure> = list.iter().map(|item| follow(item, rest)).collect();
            Ok(texts?.join(","))
        }
        Answer::List(list) => {
            let item = step.parse::<usize>().ok().and_then(|index| list.get(index));
            item.map_or(Ok(String::new()), |item| follow(item, rest))
        }
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Object;
    use kaltura_types::api_error::ApiException;

    fn answers() -> Vec<Answer> {
        let item = |id: &str| Answer::from(Object::new("Item").with("id", id));
        let list = Object::new("List").with("objects", vec![item("a"), item("b")]).with("totalCount", 2);
        vec!["text".into(), list.into(), Answer::Error(ApiException::missing_ks()), Answer::Null]
    }

    #[test]
    fn paths_lead_into_answers() {
        for (text, replaced) in [
            ("{1:result}", Some("text")),
            ("x{1:result}y", Some("xtexty")),
            ("{2:result:objects:1:id}", Some("b")),
            ("{2:result:objects:_all:id}", Some("a,b")),
            ("{2:result:totalCount}", Some("2")),
            ("{2:result:objects:9:id}", Some("")),
            ("{2:result:nosuch}", Some("")),
            ("{3:result:ks}", Some("")),
            ("{4:result:ks}", Some("")),
            ("{5:result:ks}", None),
            ("{0:result}", None),
            ("{1:results}", None),
            ("{a:result}", None),
            ("{1:result", None),
            ("{1:result} {1:result}", Some("")),
            ("{{1:result}", Some("{text")),
            ("plain", None),
        ] {
            assert_eq!(resolve(text, &answers()).unwrap().as_deref(), replaced, "{text}");
        }
    }

    #[test]
    fn a_protected_property_is_fatal() {
        assert_eq!(resolve("{3:result:code}", &answers()), Err(Failure::Fatal));
        assert_eq!(resolve("{3:result:message}", &answers()), Err(Failure::Fatal));
    }
}
