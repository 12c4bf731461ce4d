//! The table of typed actions in the documentation of `kaltura-client` is that of the code.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// An action as `service.action`, its type, and its output.
type Row = (String, String, String);

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

/// The Rust files of a directory and of those in it.
fn sources(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// What follows `start` in a text, up to `end`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no `{start}` in\n{text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no `{end}` in\n{rest}")).0
}

/// The implementations of `Action` in these crates, which have their names as literals.
fn implemented() -> BTreeSet<Row> {
    let mut files = Vec::new();
    for name in ["kaltura-types", "kaltura-client"] {
        sources(&crates().join(name).join("src"), &mut files);
    }
    let mut rows = BTreeSet::new();
    for file in &files {
        // `RawAction` has type parameters, and is not found.
        for implementation in file.split("\nimpl Action for ").skip(1) {
            let name = implementation.split_whitespace().next().unwrap();
            let output = between(implementation, "type Output = ", ";");
            let literal = |function: &str| between(between(implementation, function, "}"), "\"", "\"");
            let action = format!("{}.{}", literal("fn service("), literal("fn action("));
            rows.insert((action, name.to_owned(), output.to_owned()));
        }
    }
    rows
}

/// The rows of the table.
fn documented() -> BTreeSet<Row> {
    let text = fs::read_to_string(crates().join("kaltura-client/src/lib.rs")).unwrap();
    let table = between(&text, "//! | action | type | output |\n//! |---|---|---|\n", "//!\n");
    let row = |line: &str| {
        let mut cells = line.trim_start_matches("//! | ").trim_end_matches(" |").split(" | ").map(|cell| {
            // A link: [`Name`](types::Name).
            cell.split("](").next().unwrap().trim_matches(['[', '`']).to_owned()
        });
        let mut next = || cells.next().unwrap();
        (next(), next(), next())
    };
    table.lines().map(row).collect()
}

#[test]
fn the_table_lists_every_typed_action() {
    let implemented = implemented();
    assert!(implemented.len() >= 11, "{implemented:?}");
    assert_eq!(documented(), implemented);
}
