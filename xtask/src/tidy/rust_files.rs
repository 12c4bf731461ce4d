//! The rules for Rust files.

use crate::tidy::finding::Finding;
use crate::tidy::layers::layer;
use crate::tidy::repository::TextFile;
use crate::tidy::rust_code::{code_only, find_word, inside_brackets, line_of};

const LONGEST: usize = 500;

/// Macros that are for an afternoon, not for a commit.
const UNFINISHED: &[&str] = &["dbg!", "todo!", "unimplemented!"];

pub(crate) fn check(file: &TextFile) -> Vec<Finding> {
    if !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let code = code_only(&file.text);
    let mut findings = Vec::new();
    findings.extend(module_doc(file));
    findings.extend(length(file));
    findings.extend(unfinished(file, &code));
    findings.extend(unexplained_relaxations(file, &code));
    findings.extend(out_of_layer(file, &code));
    findings
}

fn module_doc(file: &TextFile) -> Option<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let said = first.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty());
    (!said).then(|| Finding::new(&file.path, "no module doc", "begin with `//!` and what the file is for"))
}

fn length(file: &TextFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    let wrong = format!("{lines} lines are too many, {LONGEST} is the most");
    (lines > LONGEST).then(|| Finding::new(&file.path, wrong, "split it: one idea a file"))
}

fn unfinished(file: &TextFile, code: &str) -> Vec<Finding> {
    let found = UNFINISHED.iter().flat_map(|name| find_word(code, name).map(move |(_, line)| (line, name)));
    found
        .map(|(line, name)| Finding::at(&file.path, line, format!("`{name}` is left"), "finish the code"))
        .collect()
}

/// A lint that is relaxed without saying why.
fn unexplained_relaxations(file: &TextFile, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (start, mark) in code.match_indices("#[").chain(code.match_indices("#![")) {
        let opening = start + mark.len() - 1;
        let attribute = inside_brackets(&code[opening..]);
        for word in ["allow", "expect"] {
            for (at, _) in find_word(attribute, word) {
                let list = attribute[at + word.len()..].trim_start();
                if list.starts_with('(') && find_word(inside_brackets(list), "reason").next().is_none() {
                    let line = line_of(code, opening + 1 + at);
                    let wrong = format!("`{word}` without a reason");
                    let remedy = "repair what the lint says, or add `reason = \"…\"`";
                    findings.push(Finding::at(&file.path, line, wrong, remedy));
                }
            }
        }
    }
    findings
}

/// What the dependencies do not show: a layer that takes time or input from the standard library.
fn out_of_layer(file: &TextFile, code: &str) -> Vec<Finding> {
    let Some((name, place)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once('/')) else {
        return Vec::new();
    };
    let Some(layer) = layer(name).filter(|_| place.starts_with("src/") && !place.ends_with("tests.rs"))
    else {
        return Vec::new();
    };
    // Tests stand at the end of a file, and may read what they want.
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let found =
        layer.never_writes.iter().flat_map(|word| find_word(code, word).map(move |(_, line)| (line, word)));
    found
        .map(|(line, word)| {
            let wrong = format!("`{word}` has no place in {name}");
            Finding::at(
                &file.path,
                line,
                wrong,
                "let the caller hand it in, or move the code to a layer that may",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tidy::tests::said_of;

    const PATH: &str = "crates/kaltura-http/src/a.rs";

    fn said(code: &str) -> String {
        said_of(PATH, &format!("//! Doc.\n\n{code}\n"))
    }

    #[test]
    fn a_file_begins_with_its_purpose() {
        for text in ["", "use std::fmt;\n", "//!\nfn main() {}\n", "\n//! Late.\n"] {
            assert!(said_of(PATH, text).contains("no module doc"), "{text:?}");
        }
        assert_eq!(said_of(PATH, "//! What it is for.\n"), "");
    }

    #[test]
    fn a_file_has_at_most_500_lines() {
        let lines = |count: usize| format!("//! Doc.\n{}", "\n".repeat(count - 1));
        assert_eq!(said_of(PATH, &lines(500)), "");
        assert!(said_of(PATH, &lines(501)).contains("501 lines are too many"));
    }

    #[test]
    fn nothing_is_left_unfinished() {
        for name in ["todo!", "unimplemented!", "dbg!"] {
            let found = said(&format!("fn f() {{\n    {name}()\n}}"));
            assert!(found.contains(&format!("a.rs:4: `{name}` is left")), "{found}");
        }
        assert_eq!(said("// todo!() is refused\nlet text = \"dbg!\"; my_dbg!();"), "");
    }

    #[test]
    fn a_relaxed_lint_has_a_reason() {
        for code in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "#[expect(\n    dead_code,\n)]",
            "#[cfg_attr(test, allow(dead_code))]",
            "#[allow(dead_code, unused)] // reason = \"none\"",
        ] {
            assert!(said(code).contains("without a reason"), "{code}");
        }
        for code in [
            "#[expect(dead_code, reason = \"(kept)\")]",
            "#[cfg_attr(test, allow(dead_code, reason = \"kept\"))]",
            "#[derive(Debug)] value.expect(\"there\"); allow(1);",
        ] {
            assert_eq!(said(code), "", "{code}");
        }
    }

    #[test]
    fn a_layer_takes_nothing_from_around_it() {
        let said = |name: &str, code: &str| {
            said_of(&format!("crates/{name}/src/a.rs"), &format!("//! Doc.\n{code}\n"))
        };
        for code in
            ["use std::time::Instant;", "async fn f() {}", "use std::fs;", "std::net::TcpStream::connect(a)"]
        {
            let found = said("kaltura-types", code);
            assert!(found.contains("has no place in kaltura-types"), "{code}: {found}");
        }
        for name in ["kaltura-ks", "kaltura-auth", "kaltura-client"] {
            let found = said(name, "let now = SystemTime::now();");
            assert!(found.contains(&format!("a.rs:2: `SystemTime::now` has no place in {name}")), "{found}");
            assert_eq!(said(name, "fn f(at: SystemTime) {}\n#[cfg(test)]\nmod tests { use std::fs; }"), "");
        }
        assert_eq!(said("kaltura-http", "let now = SystemTime::now();"), "");
    }
}
