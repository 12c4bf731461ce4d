//! The language that `man` reads: text, and what is to be seen of it as it is typed.

use std::fmt::Write as _;

/// A page under way.
#[derive(Debug, Default)]
pub(super) struct Roff {
    page: String,
    /// Whether a section or a part of one has just begun, so that no space is wanted before what comes.
    is_begin: bool,
}

impl Roff {
    /// What each page begins with. The date may be empty. No word is broken, since many are to be typed.
    pub(super) fn title(name: &str, date: &str, version: &str) -> Self {
        let name = escaped(&name.to_uppercase());
        let page =
            format!(".TH \"{name}\" \"1\" \"{date}\" \"kaltura {version}\" \"Kaltura Manual\"\n.nh\n.ad l\n");
        Self { page, is_begin: false }
    }

    /// Begins a section.
    pub(super) fn section(&mut self, name: &str) {
        let _ = writeln!(self.page, ".SH \"{name}\"");
        self.is_begin = true;
    }

    /// Begins a part of a section.
    pub(super) fn part(&mut self, name: &str) {
        let _ = writeln!(self.page, ".SS \"{}\"", escaped(name));
        self.is_begin = true;
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.apart();
        self.line(&with_code(text));
    }

    /// A line that is marked up already, and goes on.
    pub(super) fn line(&mut self, line: &str) {
        self.is_begin = false;
        // Text that begins like a request is text all the same.
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        let _ = writeln!(self.page, "{guard}{line}");
    }

    /// A term that is marked up already, and what there is to say of it.
    pub(super) fn item(&mut self, term: &str, text: &str) {
        self.page.push_str(".TP\n");
        self.line(term);
        self.line(&with_code(text));
    }

    /// Lines as they are typed or printed.
    pub(super) fn verbatim<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        self.apart();
        self.page.push_str(".RS 4\n.nf\n");
        for line in lines {
            self.line(&escaped(line));
        }
        self.page.push_str(".fi\n.RE\n");
    }

    /// Leaves a space, unless something has just begun.
    fn apart(&mut self) {
        if !self.is_begin {
            self.page.push_str(".PP\n");
        }
    }

    pub(super) fn finish(self) -> String {
        self.page
    }
}

pub(super) fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

pub(super) fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// What stands between backticks is bold, without them.
fn with_code(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return escaped(text);
    }
    let parts = text.split('`').enumerate();
    parts.map(|(place, part)| if place % 2 == 1 { bold(part) } else { escaped(part) }).collect()
}

/// The same characters, none of which means anything else or is made a prettier one, so that it can be copied.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => safe.push_str("\\(rs"),
            '-' => safe.push_str("\\-"),
            '\'' => safe.push_str("\\(aq"),
            '"' => safe.push_str("\\(dq"),
            '`' => safe.push_str("\\(ga"),
            '^' => safe.push_str("\\(ha"),
            '~' => safe.push_str("\\(ti"),
            c if c.is_ascii() => safe.push(c),
            c => {
                let _ = write!(safe, "\\[u{:04X}]", u32::from(c));
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_comes_out_as_it_is() {
        assert_eq!(
            escaped(r#"-a '~/x' "y" \ `z` ^ …"#),
            r"\-a \(aq\(ti/x\(aq \(dqy\(dq \(rs \(gaz\(ga \(ha \[u2026]"
        );
    }

    #[test]
    fn no_line_of_text_is_a_request() {
        let mut page = Roff::default();
        page.verbatim([".profile", "x"]);
        page.paragraph(".x `kaltura ks` y");
        assert_eq!(
            page.finish(),
            ".PP\n.RS 4\n.nf\n\\&.profile\nx\n.fi\n.RE\n.PP\n\\&.x \\fBkaltura ks\\fR y\n"
        );
    }

    #[test]
    fn a_backtick_alone_is_a_backtick() {
        assert_eq!(with_code("a ` b"), "a \\(ga b");
    }
}
