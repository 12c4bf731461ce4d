//! The dependencies: `docs/dependencies.md` has a row with the reason for each, and no crate has a build script, which
//! would run with the rights of everyone who builds it.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use crate::workspace::{Member, Workspace};

/// The document, relative to the root.
pub(super) const DOCUMENT: &str = "docs/dependencies.md";

pub(super) fn check(workspace: &Workspace, document: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in workspace.members.iter().filter(|member| member.build_script) {
        let problem = "the crate has a build script";
        violations.push(Violation::in_file(&member.manifest, problem, "do without it"));
    }
    let used = dependents(&workspace.members);
    let mut described = BTreeMap::new();
    for (index, line) in document.lines().enumerate() {
        let Some((name, users, reason)) = row(line) else { continue };
        let at = |problem: String, remedy: &str| Violation::at(DOCUMENT, index + 1, problem, remedy);
        match used.get(name) {
            None => violations.push(at(format!("no crate depends on {name}"), "delete the row")),
            Some(expected) if *expected != users => {
                violations.push(at(format!("{name} is used by {expected}"), "say so"));
            }
            Some(_) if reason.is_empty() => {
                violations.push(at(format!("{name} has no reason"), "say what it is for, and why this one"));
            }
            Some(_) => {}
        }
        if described.insert(name, index).is_some() {
            violations.push(at(format!("{name} has two rows"), "delete one"));
        }
    }
    for (name, users) in used.iter().filter(|(name, _)| !described.contains_key(**name)) {
        let problem = format!("{name}, used by {users}, has no row");
        violations.push(Violation::in_file(DOCUMENT, problem, "say what it is for, and why this one"));
    }
    violations
}

/// Name, users and reason of a row of the table.
fn row(line: &str) -> Option<(&str, &str, &str)> {
    let cells: Vec<&str> =
        line.strip_prefix("| `")?.strip_suffix('|')?.splitn(3, '|').map(str::trim).collect();
    match cells[..] {
        [name, users, reason] => Some((name.strip_suffix('`')?, users, reason)),
        _ => None,
    }
}

/// Who depends on each crate from outside: published crates without their common prefix, then `tests` and `tools`.
fn dependents(members: &[Member]) -> BTreeMap<&str, String> {
    let mut users: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for member in members {
        for dependency in member.dependencies.iter().filter(|dependency| !dependency.local) {
            let (crates, others) = users.entry(&dependency.name).or_default();
            if dependency.dev || member.name == "kaltura-tests" {
                others.insert("tests");
            } else if member.published {
                crates.insert(member.name.strip_prefix("kaltura-").unwrap_or(&member.name));
            } else {
                others.insert("tools");
            }
        }
    }
    let names = |(crates, others): (BTreeSet<&str>, BTreeSet<&str>)| {
        crates.into_iter().chain(others).collect::<Vec<&str>>().join(", ")
    };
    users.into_iter().map(|(name, users)| (name, names(users))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn member(name: &str, published: bool, dependencies: &[(&str, bool)]) -> Member {
        let dependency =
            |&(name, dev): &(&str, bool)| Dependency { name: name.to_owned(), dev, local: name == "local" };
        Member {
            name: name.to_owned(),
            manifest: format!("{name}/Cargo.toml"),
            published,
            library: true,
            build_script: name == "kaltura-built",
            features: Vec::new(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn check_document(document: &str) -> Vec<String> {
        let members = vec![
            member("kaltura-auth", true, &[("hex", false), ("serde", false), ("local", false)]),
            member("kaltura-built", true, &[]),
            member("kaltura-store", true, &[("serde", false), ("tempfile", true)]),
            member("xtask", false, &[("serde", false)]),
        ];
        let workspace = Workspace { root: "/".into(), target: "/".into(), members };
        check(&workspace, document).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_dependency_has_its_row_and_no_crate_a_build_script() {
        let build_script = "kaltura-built/Cargo.toml: the crate has a build script; do without it";
        let document = "| crate | used by | reason |\n|---|---|---|\n| `hex` | auth | the token hash |\n\
                        | `serde` | auth, store, tools | objects |\n| `tempfile` | tests | folders |\n";
        assert_eq!(check_document(document), [build_script]);

        let document = "| `hex` | auth | |\n| `serde` | auth | a |\n| `serde` | auth, store, tools | a |\n\
                        | `gone` | auth | a |\n";
        assert_eq!(
            check_document(document)[1..],
            [
                "docs/dependencies.md:1: hex has no reason; say what it is for, and why this one",
                "docs/dependencies.md:2: serde is used by auth, store, tools; say so",
                "docs/dependencies.md:3: serde has two rows; delete one",
                "docs/dependencies.md:4: no crate depends on gone; delete the row",
                "docs/dependencies.md: tempfile, used by tests, has no row; say what it is for, and why this one",
            ]
        );
    }
}
