//! What the workspace states once is not stated again.

use crate::tidy::finding::Finding;
use crate::tidy::toml_entries::{Entry, entries, value};

/// Keys of `[package]` that every crate takes from the workspace.
const SHARED: &[&str] = &["edition", "license", "rust-version"];

/// Checks the manifest of one crate.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let entries = entries(text);
    let mut findings = Vec::new();
    for key in SHARED {
        if !inherits(&entries, "package", key) {
            let wrong = format!("`{key}` is not taken from the workspace");
            findings.push(Finding::new(path, wrong, format!("write `{key}.workspace = true` in [package]")));
        }
    }
    if value(&entries, "lints", "workspace") != Some("true") {
        let remedy = "write `workspace = true` in [lints]";
        findings.push(Finding::new(path, "the lints are not taken from the workspace", remedy));
    }
    findings.extend(own_versions(path, &entries));
    findings
}

/// Dependencies that a crate states itself.
fn own_versions(path: &str, all: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in all {
        // `[dependencies]`, `[target.'…'.dev-dependencies]`: an entry is a crate, or one key of a crate.
        // `[dependencies.name]`: the table is the crate.
        let (name, shared) = if entry.table.ends_with("dependencies") {
            let name = entry.key.split('.').next().unwrap_or(&entry.key);
            (name, inherits(all, &entry.table, name))
        } else if let Some((_, name)) = entry.table.split_once("dependencies.") {
            (name, value(all, &entry.table, "workspace") == Some("true"))
        } else {
            continue;
        };
        if !shared {
            let wrong = format!("the version of {name} is not taken from the workspace");
            let remedy = "state it in [workspace.dependencies] and write `workspace = true` here";
            findings.push(Finding::at(path, entry.line, wrong, remedy));
        }
    }
    findings
}

/// Whether a key of a table is `workspace = true`, in one of the two ways to write it.
fn inherits(entries: &[Entry], table: &str, key: &str) -> bool {
    value(entries, table, &format!("{key}.workspace")) == Some("true")
        || value(entries, table, key).is_some_and(inherits_inline)
}

fn inherits_inline(value: &str) -> bool {
    let packed: String = value.split_whitespace().collect();
    packed.contains("{workspace=true") || packed.contains(",workspace=true")
}

/// Checks that the oldest Rust that we promise is the one that clippy looks for.
pub(crate) fn check_msrv(workspace: &str, clippy: &str) -> Vec<Finding> {
    let (workspace, clippy) = (entries(workspace), entries(clippy));
    let stated = value(&workspace, "workspace.package", "rust-version");
    let checked = value(&clippy, "", "msrv");
    if stated.is_some() && stated == checked {
        return Vec::new();
    }
    let wrong = format!(
        "msrv is {}, but rust-version in Cargo.toml is {}",
        checked.unwrap_or("missing"),
        stated.unwrap_or("missing")
    );
    vec![Finding::new("clippy.toml", wrong, "make them equal")]
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nedition.workspace = true\nlicense = { workspace = true }\n\
                        rust-version.workspace = true\n[dependencies]\nserde.workspace = true\n\
                        http = { features = [\n\"std\"], workspace = true }\n[lints]\nworkspace = true\n";

    fn said_of(text: &str) -> String {
        check("a/Cargo.toml", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_shared_is_taken_from_the_workspace() {
        assert_eq!(said_of(GOOD), "");
        for (from, to, wrong) in [
            ("edition.workspace = true", "edition = \"2024\"", "`edition` is not"),
            ("license = { workspace = true }", "license = \"MIT\"", "`license` is not"),
            ("rust-version.workspace = true\n", "", "`rust-version` is not"),
            ("[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = \"allow\"", "the lints are not"),
        ] {
            let said = said_of(&GOOD.replace(from, to));
            assert!(said.contains(wrong), "{wrong}: {said}");
        }
    }

    #[test]
    fn versions_are_stated_in_the_workspace() {
        for lines in [
            "[dependencies]\nbytes = \"1\"\n",
            "[dev-dependencies]\nbytes = { version = \"1\" }\n",
            "[target.'cfg(unix)'.build-dependencies]\nbytes.version = \"1\"\n",
            "[dependencies.bytes]\nversion = \"1\"\n",
        ] {
            let said = said_of(&format!("{GOOD}{lines}"));
            assert!(said.contains("the version of bytes is not taken from the workspace"), "{lines}: {said}");
        }
        for lines in [
            "[dependencies.bytes]\nworkspace = true\noptional = true\n",
            "[dev-dependencies]\nbytes.workspace = true\nbytes.features = [\"std\"]\n",
        ] {
            assert_eq!(said_of(&format!("{GOOD}{lines}")), "", "{lines}");
        }
    }

    #[test]
    fn clippy_looks_for_the_oldest_rust_that_is_promised() {
        let manifest = "[workspace.package]\nrust-version = \"1.89\"\n";
        assert_eq!(check_msrv(manifest, "msrv = \"1.89\"\n"), []);
        let differ = check_msrv(manifest, "msrv = \"1.90\"\n");
        assert!(
            differ[0].to_string().contains("msrv is 1.90, but rust-version in Cargo.toml is 1.89"),
            "{differ:?}"
        );
        assert_eq!(check_msrv("", "").len(), 1);
    }
}
