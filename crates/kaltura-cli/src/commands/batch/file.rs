//! The file with the calls.

use std::path::Path;

use serde_json::Value;

use super::planned_call::PlannedCall;
use crate::commands::call::{read_file, read_text};
use crate::error::Failure;
use crate::output::Ui;

/// Reads the calls of a file; `-` is standard input. No error quotes what stands there: it may be a secret.
pub(super) fn read(ui: &Ui, path: &Path) -> Result<Vec<PlannedCall>, Failure> {
    if path.as_os_str() != "-" {
        return calls(&read_file(path)?, &format!("the file {}", path.display()));
    }
    if ui.stdin_is_terminal() {
        let hint = "Name a file, or pipe them in, as in: kaltura batch - < calls.json";
        return Err(Failure::usage("the calls on standard input are missing").with_hint(hint));
    }
    calls(&read_text(&mut *ui.stdin(), "standard input")?, "standard input")
}

fn calls(text: &str, place: &str) -> Result<Vec<PlannedCall>, Failure> {
    let no_list = |why: String| {
        Failure::usage(format!("{place} {why}")).with_hint(
            "It holds calls like [{\"call\": \"media.get\", \"params\": {\"entryId\": \"0_a1b2c3d4\"}}].",
        )
    };
    let list: Value = serde_json::from_str(text)
        .map_err(|error| no_list(format!("is not JSON: line {}, column {}", error.line(), error.column())))?;
    let Value::Array(list) = list else { return Err(no_list("is not a JSON list of calls".to_owned())) };
    let planned = (1..).zip(list).map(|(number, call)| {
        PlannedCall::read(call, number)
            .map_err(|mistake| no_list(format!("has a mistake in call {number}: {mistake}")))
    });
    planned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_and_not_quoted() {
        for (text, why) in [
            ("", "it is not JSON: line 1, column 0"),
            ("[\n  hush]", "it is not JSON: line 2, column 3"),
            ("{\"call\": \"hush.hush\"}", "it is not a JSON list of calls"),
            ("[\"hush\"]", "call 1: it is no object"),
            ("[{\"call\": \"a.b\"}, {}]", "call 2: its name is missing"),
            ("[{\"call\": \"hush\"}]", "call 1: write service and action with a dot between them"),
            ("[{\"call\": 5}]", "call 1: its name is missing"),
            ("[{\"call\": \"a.b\", \"params\": [\"hush\"]}]", "call 1: params is no object"),
            ("[{\"call\": \"a.b\", \"parms\": {}}]", "call 1: parms is neither call nor params"),
        ] {
            let failure = calls(text, "it").err().unwrap();
            assert!(failure.to_string().contains(why), "{text}: {failure}");
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
        assert_eq!(calls("[{\"call\": \"a.b\"}]", "it").unwrap().len(), 1);
        assert_eq!(calls("[]", "it").unwrap().len(), 0);
    }
}
