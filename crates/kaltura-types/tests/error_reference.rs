//! The error reference names each code of this crate once, with the class that the code has.

use std::collections::BTreeSet;

use kaltura_types::ErrorCode;

const REFERENCE: &str = include_str!("../errors.md");

/// Each section of a code: the code, and the class that its text begins with; empty if it does not.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFERENCE.split("\n### ").skip(1).filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        let class = text.trim_start().strip_prefix("Class `").and_then(|text| text.split('`').next());
        Some((code, class.unwrap_or_default()))
    })
}

#[test]
fn each_code_has_a_section_with_its_class() {
    let mut documented = BTreeSet::new();
    for (code, class) in sections() {
        assert!(documented.insert(code), "{code} has two sections");
        assert_eq!(format!("{:?}", ErrorCode::from(code).class()), class, "{code}");
    }
    let known: BTreeSet<_> = ErrorCode::KNOWN.iter().map(ErrorCode::as_str).collect();
    assert_eq!(documented, known);
}

#[test]
fn retryable_codes_are_those_of_a_busy_or_failing_server() {
    use kaltura_types::ErrorClass::{RateLimited, ServerFailure};
    for section in REFERENCE.split("\n### ").skip(1) {
        let code = section.lines().next().unwrap();
        let retryable = matches!(ErrorCode::from(code).class(), RateLimited | ServerFailure);
        if retryable {
            assert!(section.contains("`, retryable. "), "{code}");
        } else {
            assert!(!section.contains("`, retryable. "), "{code}");
        }
    }
}
