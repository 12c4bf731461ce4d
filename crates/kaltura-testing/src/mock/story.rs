//! What is told when a request does not fit, or does not come.

use super::call::Call;
use super::script::Expected;

/// Why a request is not an expected one; empty if it is another action altogether.
pub(super) type Refusal = Vec<String>;

/// A request came that fits no expectation whose turn it is.
pub(super) fn unexpected(number: usize, call: &Call, refusals: &[(&Expected, Refusal)]) -> String {
    let mut story = format!(
        "the mock transport got a request that it did not expect\n\ncame, as number {number}:\n{}\n",
        indented(&call.to_string())
    );
    if refusals.is_empty() {
        story.push_str("\nexpected: nothing more\n");
    }
    for (expected, reasons) in refusals {
        story.push_str(&format!(
            "\nexpected ({}, at {}):\n    {expected}\n",
            expected.count(),
            expected.place()
        ));
        for reason in reasons {
            story.push_str(&format!("but {reason}\n"));
        }
    }
    story
}

/// A request came after the script had already been left.
pub(super) fn came_after_a_failure(failure: &str) -> String {
    format!("the mock transport answers nothing more, because of an earlier request:\n{failure}")
}

/// Requests that must come did not.
pub(super) fn missing(missing: &[&Expected], came: usize) -> String {
    let mut story = format!("the mock transport waited in vain; {came} requests came in all\n");
    for expected in missing {
        story.push_str(&format!(
            "\nexpected ({}, at {}):\n    {expected}\n",
            expected.count(),
            expected.place()
        ));
    }
    story
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
