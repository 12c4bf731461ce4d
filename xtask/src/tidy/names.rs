//! Where files are and how they are called.

use crate::tidy::finding::Finding;

/// All that the root of the repository has.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "tests",
    "xtask",
];

/// Names that say nothing, and so attract everything.
const EMPTY: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

pub(crate) fn check(path: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let top = path.split('/').next().unwrap_or(path);
    if !TOP.contains(&top) {
        let wrong = format!("`{top}` is new at the top of the repository");
        findings.push(Finding::new(
            path,
            wrong,
            "put it further down, or on the list in xtask/src/tidy/names.rs",
        ));
    }
    for name in path.split('/') {
        let stem = name.split('.').next().unwrap_or(name);
        if EMPTY.contains(&stem.to_ascii_lowercase().as_str()) {
            let wrong = format!("the name `{stem}` does not say what is inside");
            findings.push(Finding::new(
                path,
                wrong,
                "name the one idea that it holds; if there are two, split it",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::tidy::tests::said_of;

    #[test]
    fn the_top_of_the_repository_is_a_short_list() {
        assert_eq!(said_of("docs/plan.md", ""), "");
        assert!(said_of("notes.md", "").contains("`notes.md` is new at the top"));
        assert!(said_of("scripts/build.sh", "").contains("`scripts` is new at the top"));
    }

    #[test]
    fn names_that_say_nothing_are_refused_for_files_and_folders() {
        for path in
            ["crates/a/src/utils.rs", "tests/common/mod.rs", "crates/a/src/Helpers.rs", "docs/misc.md"]
        {
            assert!(said_of(path, "//! Doc.\n").contains("does not say what is inside"), "{path}");
        }
        assert_eq!(said_of("crates/a/src/commonwealth.rs", "//! Doc.\n"), "");
    }
}
