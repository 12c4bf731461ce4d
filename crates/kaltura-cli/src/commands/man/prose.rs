//! What stands behind the options in the help of a command, as sections of a page.
//!
//! The texts follow rules, so that nothing has to be written twice: paragraphs are apart by an empty line; what is
//! indented is not filled up; `Examples:` begins the examples, which go on as long as paragraphs are indented; and
//! what is said of JSON and of the exit code begins with the same words everywhere.

use super::roff::{Roff, bold};

/// The sections.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prose {
    /// What belongs to no other section.
    pub(super) description: Vec<Block>,
    pub(super) examples: Vec<Block>,
    pub(super) json: Vec<Block>,
    pub(super) exit_status: Vec<Block>,
}

/// A part of a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(String),
    /// Terms, and what is said of them.
    Items(Vec<(String, String)>),
    /// Lines as they are.
    Lines(Vec<String>),
}

const OF_JSON: &str = "With --json the answer ";
const OF_EXIT_CODE: &str = "The exit code is ";
/// What a page does not say: it lists them itself.
const POINTERS: [(&str, &str); 2] =
    [(": `kaltura --help` lists the exit codes.", "."), ("`kaltura --help` lists the exit codes.", "")];

impl Prose {
    /// Reads such a text.
    pub(super) fn read(text: &str) -> Self {
        let mut prose = Self::default();
        let mut is_example = false;
        for chunk in text.split("\n\n") {
            let mut lines: Vec<&str> = chunk.lines().collect();
            if matches!(lines.first(), Some(&"Examples:" | &"Example:")) {
                is_example = true;
                lines.remove(0);
            } else {
                is_example &= chunk.starts_with(' ');
            }
            if is_example {
                prose.examples.extend(examples(&lines));
                continue;
            }
            for block in blocks(&lines) {
                prose.sort_in(block);
            }
        }
        prose
    }

    fn sort_in(&mut self, block: Block) {
        let Block::Paragraph(text) = block else { return self.description.push(block) };
        let text = POINTERS.iter().fold(text, |text, (pointer, instead)| text.replace(pointer, instead));
        for part in parts(text.trim()) {
            let section = if part.starts_with(OF_JSON) {
                &mut self.json
            } else if part.starts_with(OF_EXIT_CODE) {
                &mut self.exit_status
            } else {
                &mut self.description
            };
            section.push(Block::Paragraph(part.to_owned()));
        }
    }
}

/// A paragraph, cut before the sentences that begin another section.
fn parts(text: &str) -> Vec<&str> {
    let ends = [OF_JSON, OF_EXIT_CODE].into_iter().filter_map(|words| text.find(&format!(". {words}")));
    let mut ends: Vec<usize> = ends.map(|end| end + 1).collect();
    ends.sort_unstable();
    ends.push(text.len());
    let mut begin = 0;
    let mut parts = Vec::new();
    for end in ends {
        parts.push(text[begin..end].trim());
        begin = end;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Lines that are not indented are one paragraph; those that are, a list or lines as they are.
fn blocks(lines: &[&str]) -> Vec<Block> {
    let chunks = lines.chunk_by(|one, next| one.starts_with(' ') == next.starts_with(' '));
    chunks
        .map(|chunk| {
            if !chunk[0].starts_with(' ') {
                return Block::Paragraph(chunk.join(" "));
            }
            let rows: Option<Vec<(String, String)>> = chunk.iter().map(|line| row(line)).collect();
            rows.map_or_else(|| as_lines(chunk), Block::Items)
        })
        .collect()
}

/// `  term   text`.
fn row(line: &str) -> Option<(String, String)> {
    let (term, text) = line.trim_start().split_once("  ")?;
    Some((term.to_owned(), text.trim_start().to_owned()))
}

/// What is said of an example is indented by two blanks, the example by more. Without a word, by two.
fn examples(lines: &[&str]) -> Vec<Block> {
    let is_deep = |line: &str| line.starts_with("    ");
    let chunks: Vec<&[&str]> = lines.chunk_by(|one, next| is_deep(one) == is_deep(next)).collect();
    let mut blocks = Vec::new();
    for (place, chunk) in chunks.iter().enumerate() {
        let is_said = !is_deep(chunk[0]) && place + 1 < chunks.len();
        blocks.push(if is_said {
            Block::Paragraph(chunk.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
        } else {
            as_lines(chunk)
        });
    }
    blocks
}

/// Lines without what all of them are indented by.
fn as_lines(lines: &[&str]) -> Block {
    let indent = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    Block::Lines(lines.iter().map(|line| line[indent..].to_owned()).collect())
}

/// Writes blocks, the first of which may begin a section.
pub(super) fn write(page: &mut Roff, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Paragraph(text) => page.paragraph(text),
            Block::Items(items) => {
                for (term, text) in items {
                    page.item(&bold(term), text);
                }
            }
            Block::Lines(lines) => page.verbatim(lines.iter().map(String::as_str)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(text.to_owned())
    }

    fn lines(lines: &[&str]) -> Block {
        Block::Lines(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn each_paragraph_finds_its_section() {
        let prose = Prose::read(
            "What there is:\n  one    the first\n  two    the second\nMore of it.\n\nExamples:\n  It is\n  good:\n    \
             kaltura a \\\n        --b\n\n  Other:\n    kaltura c\n\nBehind\nthem. The exit code is 0, or not: \
             `kaltura --help` lists the exit codes.\n\nWith --json the answer has a. `kaltura --help` lists the\nexit \
             codes.",
        );
        let items = [("one", "the first"), ("two", "the second")];
        let items = items.map(|(term, text)| (term.to_owned(), text.to_owned())).into();
        assert_eq!(
            prose,
            Prose {
                description: vec![
                    paragraph("What there is:"),
                    Block::Items(items),
                    paragraph("More of it."),
                    paragraph("Behind them."),
                ],
                examples: vec![
                    paragraph("It is good:"),
                    lines(&["kaltura a \\", "    --b"]),
                    paragraph("Other:"),
                    lines(&["kaltura c"]),
                ],
                json: vec![paragraph("With --json the answer has a.")],
                exit_status: vec![paragraph("The exit code is 0, or not.")],
            }
        );
    }

    #[test]
    fn examples_may_stand_without_a_word() {
        let prose = Prose::read("Example:\n  kaltura a\n  kaltura b");
        assert_eq!(prose, Prose { examples: vec![lines(&["kaltura a", "kaltura b"])], ..Prose::default() });
    }
}
