//! Every section of the wire contract that a text cites must exist.

use std::collections::BTreeSet;

use crate::tidy::finding::Finding;
use crate::tidy::repository::TextFile;

/// The numbers of the headings of the wire contract, such as `3` and `4.9`.
#[derive(Debug)]
pub(crate) struct Sections(BTreeSet<String>);

impl Sections {
    /// Reads the headings: `## 1. Request`, `### 4.9 appToken.startSession`.
    pub(crate) fn parse(contract: &str) -> Self {
        let headings = contract.lines().filter(|line| line.starts_with('#'));
        Self(
            headings
                .filter_map(|line| number(line.trim_start_matches(['#', ' '])).map(str::to_owned))
                .collect(),
        )
    }
}

pub(crate) fn check(file: &TextFile, sections: &Sections) -> Vec<Finding> {
    if !(file.path.ends_with(".rs") || file.path.ends_with(".md")) {
        return Vec::new();
    }
    let cited = citations(&file.text).into_iter().filter(|(_, section)| !sections.0.contains(section));
    cited
        .map(|(line, section)| {
            let wrong = format!("the wire contract has no section {section}");
            Finding::at(&file.path, line, wrong, "look up the number in docs/wire-contract.md")
        })
        .collect()
}

/// The sections that a text cites, with the line where the citation begins.
///
/// Understood are `wire contract, section 4.9`, `sections 4.2, 4.9 and 7`, and `§4.9`, also across the
/// lines of a comment.
fn citations(text: &str) -> Vec<(usize, String)> {
    let flowing = Flowing::new(text);
    let mut found = Vec::new();
    for (start, name) in flowing.text.match_indices("wire contract") {
        let mut rest = flowing.text[start + name.len()..].trim_start_matches([',', ' ']);
        let several = rest.starts_with("sections");
        for word in ["sections", "section", "§"] {
            rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
        }
        while let Some(section) = number(rest) {
            found.push((flowing.line_of(start), section.to_owned()));
            let next = &rest[section.len()..];
            // After one `section`, another number is something else: "section 3, 200 ms".
            let Some(next) = several.then(|| next.trim_start_matches([',', ' '])) else { break };
            rest = ["and ", "or ", "to "].iter().find_map(|word| next.strip_prefix(word)).unwrap_or(next);
        }
    }
    found
}

/// The number that a text begins with: digits, and more digits after each dot.
fn number(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
}

/// A text as one line of lower case, without the marks of comments.
struct Flowing {
    text: String,
    /// Where each line begins in it.
    starts: Vec<usize>,
}

impl Flowing {
    fn new(text: &str) -> Self {
        let mut flowing = Self { text: String::with_capacity(text.len()), starts: Vec::new() };
        for line in text.lines() {
            flowing.starts.push(flowing.text.len());
            let line = line.trim().trim_start_matches(['/', '!', '*', '>', '#']).trim_start();
            flowing.text.push_str(&line.to_ascii_lowercase().replace("wire-contract", "wire contract"));
            flowing.text.push(' ');
        }
        flowing
    }

    /// The line, counted from 1, that has the byte at `position`.
    fn line_of(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said_of;

    fn cited(text: &str) -> Vec<String> {
        citations(text).into_iter().map(|(_, section)| section).collect()
    }

    #[test]
    fn a_section_that_does_not_exist_is_found() {
        let said = said_of("crates/a/src/a.rs", "//! Doc.\n\n/// Sent once (wire contract, section 8).\n");
        assert!(said.contains("crates/a/src/a.rs:3: the wire contract has no section 8"), "{said}");
        assert_eq!(said_of("crates/a/src/a.rs", "//! Doc (wire contract, sections 3 and 4.9).\n"), "");
        assert!(said_of("README.md", "Wire contract, section 5.\n").contains("no section 5"));
    }

    #[test]
    fn all_ways_to_cite_are_read() {
        assert_eq!(cited("(wire contract, section 4.9)."), ["4.9"]);
        assert_eq!(cited("Wire contract, sections 4.2, 4.9 and 7."), ["4.2", "4.9", "7"]);
        assert_eq!(cited("wire-contract §6.5; wire contract 1.3"), ["6.5", "1.3"]);
        assert_eq!(cited("    /// so it is (wire contract,\n    /// section 3, 200 ms)"), ["3"]);
        assert_eq!(cited("the wire\n//! contract, section 2.1"), ["2.1"]);
    }

    #[test]
    fn a_citation_is_placed_where_it_begins() {
        assert_eq!(citations("a\n\n// b (wire contract,\n// section 8)\n"), [(3, "8".to_owned())]);
    }

    #[test]
    fn other_mentions_are_no_citations() {
        assert_eq!(cited("the wire contract says so; 3 times"), Vec::<String>::new());
        assert_eq!(cited("docs/wire-contract.md, section N"), Vec::<String>::new());
    }
}
