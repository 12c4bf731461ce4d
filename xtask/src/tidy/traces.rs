//! Traces of the machine that a file was written on: absolute paths, and hosts that serve packages.
//!
//! The patterns are written in two halves, so that this file does not break its own rules.

use crate::tidy::finding::Finding;
use crate::tidy::repository::TextFile;

/// Beginnings of paths that exist on one machine only.
const PATHS: &[&str] = &[
    concat!("/ho", "me"),
    concat!("/ro", "ot"),
    concat!("/t", "mp"),
    concat!("/Us", "ers"),
    concat!("/wo", "rk"),
    concat!("C:\\Us", "ers"),
];

/// Hosts of package registries, and words in the names of their mirrors.
const REGISTRIES: &[&str] = &[
    concat!("artif", "actory"),
    concat!("crates", ".io"),
    concat!("deb.deb", "ian.org"),
    concat!("npm", "js.org"),
    concat!("proxy.go", "lang.org"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("static.rust", "-lang.org"),
    concat!("yarn", "pkg.com"),
];

/// What cargo writes into its lock file for every package of the public registry.
const PUBLIC_INDEX: &str = concat!("registry+https://github.com/rust-lang/crates", ".io-index");

pub(crate) fn check(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(found) = PATHS.iter().find(|path| has_path(line, path)) {
            let wrong = format!("`{found}` is a path of one machine");
            let remedy = "write it from the root of the repository, or ask for a temporary directory";
            findings.push(Finding::at(&file.path, number, wrong, remedy));
        }
        if file.path == "Cargo.lock" {
            findings.extend(lock_source(file, number, line));
        } else if let Some(found) = REGISTRIES.iter().find(|host| line.to_ascii_lowercase().contains(*host)) {
            let wrong = format!("`{found}` names a package registry");
            findings.push(Finding::at(
                &file.path,
                number,
                wrong,
                "leave it to the configuration of the user's tools",
            ));
        }
    }
    findings
}

fn lock_source(file: &TextFile, number: usize, line: &str) -> Option<Finding> {
    let source = line.strip_prefix("source = ")?.trim_matches('"');
    let remedy = "lock the dependencies anew without a mirror or a git dependency";
    (source != PUBLIC_INDEX)
        .then(|| Finding::at(&file.path, number, "a package from elsewhere than the public registry", remedy))
}

/// Whether `path` stands in `line` as the beginning of an absolute path.
fn has_path(line: &str, path: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    line.match_indices(path).any(|(start, found)| {
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        !before.is_some_and(|c| in_name(c) || matches!(c, '/' | '}' | ')')) && !after.is_some_and(in_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said_of;

    #[test]
    fn paths_of_one_machine_are_refused() {
        for path in PATHS {
            for line in [format!("see {path}/me/notes"), format!("let p = \"{path}\";"), format!("{path}/x")]
            {
                assert!(said_of("docs/a.md", &line).contains("a path of one machine"), "{line}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_such_a_path_is_let_through() {
        for path in PATHS {
            for line in
                [format!("https://example.com{path}/a"), format!("crates{path}"), format!("{path}ing")]
            {
                assert_eq!(said_of("docs/a.md", &line), "", "{line}");
            }
        }
    }

    #[test]
    fn registries_are_not_named() {
        for host in REGISTRIES {
            let line = format!("see https://{}/x", host.to_ascii_uppercase());
            assert!(said_of("docs/a.md", &line).contains("names a package registry"), "{line}");
        }
    }

    #[test]
    fn the_lock_file_names_the_public_registry_only() {
        assert_eq!(said_of("Cargo.lock", &format!("source = \"{PUBLIC_INDEX}\"\n")), "");
        let mirror = said_of("Cargo.lock", "source = \"sparse+https://mirror.example.com/\"\n");
        assert!(mirror.contains("Cargo.lock:1: a package from elsewhere"), "{mirror}");
    }
}
