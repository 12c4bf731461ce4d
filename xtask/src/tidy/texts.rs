//! What the text of a file must not have: citations of sections that do not exist, and traces of one machine.

use std::collections::BTreeSet;

use super::{TextFile, Violation};

/// Checks one file.
pub(super) fn check(file: &TextFile, sections: &Sections) -> Vec<Violation> {
    let mut violations = check_traces(file);
    if file.path.ends_with(".rs") || file.path.ends_with(".md") {
        for (line, section) in citations(&file.text) {
            if !sections.0.contains(&section) {
                let problem = format!("the wire contract has no section {section}");
                violations.push(Violation::at(&file.path, line, problem, "see docs/wire-contract.md"));
            }
        }
    }
    violations
}

/// The numbers of the headings of the wire contract, such as `3` and `4.9`.
#[derive(Debug)]
pub(super) struct Sections(BTreeSet<String>);

impl Sections {
    /// Reads the headings: `## 1. Request`, `### 4.9 appToken.startSession`.
    pub(super) fn parse(contract: &str) -> Self {
        let headings = contract.lines().filter(|line| line.starts_with('#'));
        let numbers = headings.filter_map(|line| number(line.trim_start_matches(['#', ' '])));
        Self(numbers.map(str::to_owned).collect())
    }
}

/// The sections that a text cites, with the line where each citation begins.
///
/// Recognised are `wire contract, section 4.9`, `sections 4.2, 4.9 and 7`, and `§4.9`, also across the lines of a
/// comment.
fn citations(text: &str) -> Vec<(usize, String)> {
    let joined = JoinedLines::new(text);
    let mut found = Vec::new();
    for (start, name) in joined.text.match_indices("wire contract") {
        let mut rest = joined.text[start + name.len()..].trim_start_matches([',', ' ']);
        let several = rest.starts_with("sections");
        for word in ["sections", "section", "§"] {
            rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
        }
        while let Some(section) = number(rest) {
            found.push((joined.line_of(start), section.to_owned()));
            let next = &rest[section.len()..];
            // After a single `section`, another number has another meaning: "section 3, 200 ms".
            let Some(next) = several.then(|| next.trim_start_matches([',', ' '])) else { break };
            rest = ["and ", "or ", "to "].iter().find_map(|word| next.strip_prefix(word)).unwrap_or(next);
        }
    }
    found
}

/// The section number at the start of a text: digits, and more digits after each dot.
fn number(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
}

/// A text as one line in lower case, without comment marks.
struct JoinedLines {
    text: String,
    /// Where each line begins in `text`.
    starts: Vec<usize>,
}

impl JoinedLines {
    fn new(text: &str) -> Self {
        let mut joined = Self { text: String::with_capacity(text.len()), starts: Vec::new() };
        for line in text.lines() {
            joined.starts.push(joined.text.len());
            let line = line.trim().trim_start_matches(['/', '!', '*', '>', '#']).trim_start();
            joined.text.push_str(&line.to_ascii_lowercase().replace("wire-contract", "wire contract"));
            joined.text.push(' ');
        }
        joined
    }

    /// The line, counted from 1, that contains the byte at `position`.
    fn line_of(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position)
    }
}

/// Prefixes of paths that exist on one machine only. In two halves, so that this file does not violate the rule.
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

/// The source of every package of the public registry in a lock file.
const PUBLIC_INDEX: &str = concat!("registry+https://github.com/rust-lang/crates", ".io-index");

fn check_traces(file: &TextFile) -> Vec<Violation> {
    let lock_file = file.path.rsplit('/').next() == Some("Cargo.lock");
    let mut violations = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut report = |problem: String, remedy| {
            violations.push(Violation::at(&file.path, number, problem, remedy));
        };
        if let Some(path) = PATHS.iter().find(|path| has_path(line, path)) {
            report(
                format!("`{path}` is a path of one machine"),
                "use a path from the root of the repository, or a temporary directory",
            );
        }
        if lock_file {
            let source = line.strip_prefix("source = ").map(|source| source.trim_matches('"'));
            if source.is_some_and(|source| source != PUBLIC_INDEX) {
                report(
                    "a package that is not from the public registry".to_owned(),
                    "lock the dependencies without a mirror and without git dependencies",
                );
            }
        } else if let Some(host) = REGISTRIES.iter().find(|host| line.to_ascii_lowercase().contains(**host)) {
            report(
                format!("`{host}` names a package registry"),
                "leave the registry to the configuration of the user's tools",
            );
        }
    }
    violations
}

/// Whether a line has an absolute path with this prefix.
fn has_path(line: &str, prefix: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    line.match_indices(prefix).any(|(start, found)| {
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        !before.is_some_and(|c| in_name(c) || matches!(c, '/' | '}' | ')')) && !after.is_some_and(in_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(path: &str, text: &str) -> String {
        let sections = Sections::parse("# Contract\n## 3. Errors\n### 4.9 appToken.startSession\n");
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&file, &sections).iter().map(ToString::to_string).collect()
    }

    fn cited(text: &str) -> Vec<String> {
        citations(text).into_iter().map(|(_, section)| section).collect()
    }

    #[test]
    fn a_cited_section_must_exist() {
        let found =
            violations("crates/a/src/a.rs", "//! Doc.\n\n/// Sent once (wire contract, section 8).\n");
        assert!(found.contains("crates/a/src/a.rs:3: the wire contract has no section 8"), "{found}");
        assert_eq!(violations("crates/a/src/a.rs", "//! Doc (wire contract, sections 3 and 4.9).\n"), "");
        assert!(violations("README.md", "Wire contract, section 5.\n").contains("no section 5"));
    }

    #[test]
    fn all_forms_of_a_citation_are_recognised() {
        assert_eq!(cited("(wire contract, section 4.9)."), ["4.9"]);
        assert_eq!(cited("Wire contract, sections 4.2, 4.9 and 7."), ["4.2", "4.9", "7"]);
        assert_eq!(cited("wire-contract §6.5; wire contract 1.3"), ["6.5", "1.3"]);
        assert_eq!(cited("    /// as it is (wire contract,\n    /// section 3, 200 ms)"), ["3"]);
        assert_eq!(cited("the wire\n//! contract, section 2.1"), ["2.1"]);
        assert_eq!(citations("a\n\n// b (wire contract,\n// section 8)\n"), [(3, "8".to_owned())]);
    }

    #[test]
    fn other_mentions_are_not_citations() {
        assert_eq!(cited("the wire contract says so; 3 times"), Vec::<String>::new());
        assert_eq!(cited("docs/wire-contract.md, section N"), Vec::<String>::new());
    }

    #[test]
    fn paths_of_one_machine_are_reported() {
        for path in PATHS {
            for line in [format!("see {path}/me/notes"), format!("let p = \"{path}\";"), format!("{path}/x")]
            {
                assert!(violations("docs/a.md", &line).contains("a path of one machine"), "{line}");
            }
            for line in
                [format!("https://example.com{path}/a"), format!("crates{path}"), format!("{path}ing")]
            {
                assert_eq!(violations("docs/a.md", &line), "", "{line}");
            }
        }
    }

    #[test]
    fn registries_are_reported() {
        for host in REGISTRIES {
            let line = format!("see https://{}/x", host.to_ascii_uppercase());
            assert!(violations("docs/a.md", &line).contains("names a package registry"), "{line}");
        }
    }

    #[test]
    fn lock_files_name_the_public_registry_only() {
        for path in ["Cargo.lock", "fuzz/Cargo.lock"] {
            assert_eq!(violations(path, &format!("source = \"{PUBLIC_INDEX}\"\n")), "");
            let mirror = violations(path, "source = \"sparse+https://mirror.example.com/\"\n");
            assert!(
                mirror.contains("Cargo.lock:1: a package that is not from the public registry"),
                "{mirror}"
            );
        }
    }
}
