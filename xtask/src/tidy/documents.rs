//! The Markdown files: each link to a file or a section of the repository leads somewhere, a link to a Rust file whose
//! text is the name of a function leads to that function, and the documents that are part of a crate's documentation
//! equal those in `docs/`.
//!
//! So a document that names the test behind each of its statements cannot name one that was renamed or deleted.
//!
//! `cargo package` follows no path out of the crate, so `kaltura-types` has copies.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{TextFile, Violation};

/// The directory of the copies.
const COPIES: &str = "crates/kaltura-types/";

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let paths: BTreeMap<&str, &str> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let documents: BTreeMap<&str, Document<'_>> = files
        .iter()
        .filter(|file| file.path.ends_with(".md"))
        .map(|file| (file.path.as_str(), Document::read(&file.text)))
        .collect();
    let mut violations = Vec::new();
    for (path, document) in &documents {
        match path.strip_prefix(COPIES).and_then(|name| documents.get(format!("docs/{name}").as_str())) {
            Some(original) if original.text != document.text => {
                let problem = "differs from the document of the same name in docs";
                violations.push(Violation::in_file(path, problem, "copy that one"));
            }
            Some(_) => {}
            None => violations.extend(check_links(path, document, &documents, &paths)),
        }
    }
    violations
}

fn check_links(
    path: &str,
    document: &Document<'_>,
    documents: &BTreeMap<&str, Document<'_>>,
    paths: &BTreeMap<&str, &str>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for Link { line, destination, function } in &document.links {
        let (target, anchor) = destination.split_once('#').unwrap_or((destination, ""));
        let target = if target.is_empty() { path.to_owned() } else { resolve(path, target) };
        let directory = format!("{}/", target.trim_end_matches('/'));
        if let (Some(text), Some(function)) = (paths.get(target.as_str()), function)
            && target.ends_with(".rs")
        {
            if !defines(text, function) {
                let problem = format!("{target} has no function {function}");
                violations.push(Violation::at(path, *line, problem, "name the function that is meant"));
            }
        } else if !paths.contains_key(target.as_str())
            && !paths.keys().any(|path| path.starts_with(&directory))
        {
            let problem = format!("the link leads to {target}, which does not exist");
            violations.push(Violation::at(path, *line, problem, "correct the link"));
        } else if !anchor.is_empty()
            && documents.get(target.as_str()).is_some_and(|document| !document.anchors.contains(anchor))
        {
            let problem = format!("{target} has no section #{anchor}");
            violations.push(Violation::at(path, *line, problem, "correct the link"));
        }
    }
    violations
}

/// `true` if the Rust file has a function of this name.
fn defines(text: &str, function: &str) -> bool {
    let definition = format!("fn {function}");
    text.match_indices(&definition).any(|(at, _)| text[at + definition.len()..].starts_with(['(', '<']))
}

/// The path to which a relative link leads.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

struct Document<'a> {
    text: &'a str,
    anchors: BTreeSet<String>,
    /// The links within the repository.
    links: Vec<Link>,
}

struct Link {
    line: usize,
    destination: String,
    /// Its text, if that is code and nothing else.
    function: Option<String>,
}

impl<'a> Document<'a> {
    fn read(text: &'a str) -> Self {
        let mut anchors = BTreeSet::new();
        let mut links: Vec<Link> = Vec::new();
        // Where the text of the last link starts.
        let mut link_text = 0;
        let mut heading: Option<String> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some(slug) = heading.take().map(|heading| slug(&heading)) {
                        // A heading that stands there twice gets a number, as on GitHub.
                        let unique = (1..).map(|number| format!("{slug}-{number}"));
                        let free =
                            std::iter::once(slug.clone()).chain(unique).find(|slug| !anchors.contains(slug));
                        anchors.extend(free);
                    }
                }
                Event::Text(piece) | Event::Code(piece) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&piece);
                    }
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    if let Some(link) = links.last_mut()
                        && range.start == link_text
                        && text[range.clone()].starts_with('`')
                        && text[range.end..].starts_with("](")
                        && piece.chars().all(is_name)
                    {
                        link.function = Some(piece.into_string());
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. })
                    if !dest_url.contains(':') =>
                {
                    let line = text[..range.start].matches('\n').count() + 1;
                    links.push(Link { line, destination: dest_url.into_string(), function: None });
                    link_text = range.start + 1;
                }
                _ => {}
            }
        }
        Self { text, anchors, links }
    }
}

/// The anchor of a heading, as on GitHub.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_texts(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        check(&files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_lead_to_files_and_sections() {
        let guide = "# Guide\n\n## The `KS`, twice: why?\n\n## A\n\n## A\n[own](#guide) [twice](#a-1)\n";
        let readme = "[1](docs/guide.md#the-ks-twice-why) [2](docs) [3](https://example.org/x.md#y)\n\n\
                      `[4](not/a/link.md)` <mailto:a@example.org>\n";
        assert_eq!(check_texts(&[("README.md", readme), ("docs/guide.md", guide)]), [""; 0]);

        let readme = "[a](docs/guid.md)\n\n| x |\n|---|\n| [b](docs/guide.md#b) |\n";
        assert_eq!(
            check_texts(&[("README.md", readme), ("docs/guide.md", "# A\n[up](../x.png)\n")]),
            [
                "README.md:1: the link leads to docs/guid.md, which does not exist; correct the link",
                "README.md:5: docs/guide.md has no section #b; correct the link",
                "docs/guide.md:2: the link leads to x.png, which does not exist; correct the link",
            ]
        );
    }

    #[test]
    fn a_link_that_is_named_like_a_function_leads_to_it() {
        let check = |link: &str| {
            check_texts(&[("docs/a.md", link), ("tests/b.rs", "async fn it_works() {}\nfn any<T>() {}\n")])
        };
        assert_eq!(
            check(
                "[`it_works`](../tests/b.rs) [`any`](../tests/b.rs) [`b.rs`](../tests/b.rs) [`it`, all](../tests/b.rs)"
            ),
            [""; 0]
        );
        for gone in ["it_work", "works"] {
            assert_eq!(
                check(&format!("# A\n\n| [`it_works`](../tests/b.rs) [`{gone}`](../tests/b.rs) |\n")),
                [format!("docs/a.md:3: tests/b.rs has no function {gone}; name the function that is meant")]
            );
        }
    }

    #[test]
    fn a_copy_equals_its_original() {
        let copy =
            |text| check_texts(&[("docs/errors.md", "# E\n"), ("crates/kaltura-types/errors.md", text)]);
        assert_eq!(copy("# E\n"), [""; 0]);
        assert_eq!(
            copy("# F\n"),
            [
                "crates/kaltura-types/errors.md: differs from the document of the same name in docs; copy that one"
            ]
        );
    }
}
