//! What a script tells about its checks, as TAP: `ok - what`, `not ok - what`, and at the end `1..N`.

use std::fmt;

/// What has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    passed: u64,
    failed: u64,
    /// How many there are in all, as the last line says.
    planned: Option<u64>,
}

impl Report {
    /// Reads one line. Lines of other forms are for people.
    pub(crate) fn read(&mut self, line: &str) {
        if line.starts_with("ok - ") {
            self.passed += 1;
        } else if line.starts_with("not ok - ") {
            self.failed += 1;
        } else if let Some(count) = line.strip_prefix("1..") {
            self.planned = count.parse().ok();
        }
    }

    /// Adds what another script told.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn trouble(&self) -> Option<String> {
        let told = self.passed + self.failed;
        match (self.planned, self.failed) {
            (None, _) => Some(format!("broken off after {told} checks")),
            (Some(planned), _) if planned != told => Some(format!("{planned} checks were made, {told} told")),
            (Some(0), _) => Some("no checks".to_owned()),
            (_, 0) => None,
            (_, failed) => Some(format!("{failed} of {told} checks failed")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        let mut report = Report::default();
        text.lines().for_each(|line| report.read(line));
        report
    }

    #[test]
    fn checks_are_counted_and_remarks_are_not() {
        let mut report = report("ok - a\n# ok - b\nok\nnot ok - c\n# got 1\nwarning\n1..2\n");
        assert_eq!(report.to_string(), "1 passed, 1 failed");
        report.add(&report.clone());
        assert_eq!(report.to_string(), "2 passed, 2 failed");
    }

    #[test]
    fn a_report_is_well_only_if_it_is_whole_and_nothing_failed() {
        assert_eq!(report("ok - a\nok - b\n1..2").trouble(), None);
        for (text, trouble) in [
            ("", "broken off after 0 checks"),
            ("ok - a\nok - b", "broken off after 2 checks"),
            ("ok - a\n1..x", "broken off after 1 checks"),
            ("ok - a\n1..2", "2 checks were made, 1 told"),
            ("1..0", "no checks"),
            ("ok - a\nnot ok - b\n1..2", "1 of 2 checks failed"),
        ] {
            assert_eq!(report(text).trouble().as_deref(), Some(trouble), "{text}");
        }
    }
}
