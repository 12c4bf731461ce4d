//! Parameters in the path: `/api_v3/service/S/action/A/name/value…`.

use percent_encoding::percent_decode_str;

use super::Parameters;
use super::form::into_text;

/// Reads the pairs; `None` if the path is not the API's.
pub(super) fn read(path: &str) -> Option<Parameters> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    // `/api/…` is an alias.
    if !matches!(segments.next(), Some("api_v3" | "api")) {
        return None;
    }
    let mut segments = segments
        .map(|segment| into_text(percent_decode_str(segment).collect()))
        .filter(|segment| !matches!(segment.as_str(), "api_v3" | "index.php" | ""));
    let mut parameters = Parameters::new();
    while let Some(name) = segments.next() {
        if name == "0" {
            break;
        }
        let value = segments.next().unwrap_or_default();
        parameters.entry(name).or_insert_with(|| value.into());
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn pairs_are_read_and_fillers_dropped() {
        for (path, parameters) in [
            ("/api_v3/", json!({})),
            (
                "/api_v3/index.php/service/session/action/start",
                json!({"service": "session", "action": "start"}),
            ),
            ("/api/service/session", json!({"service": "session"})),
            ("/api_v3/service/a/service/b/x/1/", json!({"service": "a", "x": "1"})),
            ("/api_v3/a//b/c/index.php/d", json!({"a": "b", "c": "d"})),
            ("/api_v3/a/1/0/x/b/2", json!({"a": "1"})),
            ("/api_v3/a/1%2F2/b", json!({"a": "1/2", "b": ""})),
        ] {
            assert_eq!(read(path).map(Value::Object), Some(parameters), "{path}");
        }
    }

    #[test]
    fn other_paths_are_not_the_apis() {
        for path in ["/", "/nothing", "/API_V3/service/x", "/apiv3"] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
