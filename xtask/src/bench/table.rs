//! The counts as a table, and the file of checked-in counts.

use std::fmt;
use std::fs;
use std::path::Path;

use super::counts::{Count, Counts};
use crate::Failure;

/// How much more than the checked-in count is allowed, in percent.
const TOLERANCE: u64 = 5;

/// What a case measures, and the aim.
struct Row {
    case: &'static str,
    title: &'static str,
    target: Target,
    /// Whether its count is the same on each machine. That of TLS depends on the system's certificates.
    is_stable: bool,
}

#[derive(Clone, Copy)]
enum Target {
    /// At most so many instructions for one of the baseline.
    Ratio(f64),
    Instructions(u64),
    None,
}

const fn row(case: &'static str, title: &'static str, target: Target) -> Row {
    Row { case, title, target, is_stable: true }
}

const ROWS: [Row; 13] = [
    row("call-small", "call, 130 bytes into a Value / serialise + parse", Target::Ratio(1.25)),
    row("call-50kb", "call, 50 kB into a struct / serialise + parse", Target::Ratio(1.05)),
    row("login-loopback", "login over loopback / two POSTs of reqwest", Target::Ratio(1.08)),
    row("login-flow", "login without a transport", Target::None),
    row("login-emulator", "login with the emulator in process", Target::Instructions(150_000)),
    row("transport-build", "build a transport / a client of reqwest", Target::Ratio(0.1)),
    Row {
        is_stable: false,
        ..row("transport-https", "the same with the first https request", Target::Ratio(0.6))
    },
    row("session-cached", "cached session / clone + clocks", Target::Ratio(1.05)),
    row("session-blocking", "cached session, blocking / clone + clocks", Target::Ratio(1.05)),
    row("token-hash", "token hash / digest + hex", Target::Ratio(1.02)),
    row("ks-open", "open a KS / AES, SHA-1, Base64", Target::Ratio(1.3)),
    row("ks-claims", "the same, and read its claims", Target::None),
    row("ks-sign", "sign a KS / AES, SHA-1, Base64", Target::Ratio(1.3)),
];

fn find_row(case: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.case == case)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(count: u64, of: u64) -> f64 {
    count as f64 / of as f64
}

/// Today's counts, with those of the baselines, and of another commit.
pub(super) struct Table<'a> {
    pub(super) subjects: &'a Counts,
    pub(super) baselines: &'a Counts,
    pub(super) other: Option<&'a Counts>,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other = if self.other.is_some() { "| other commit " } else { "" };
        writeln!(f, "| what | instructions {other}| allocations | baseline | ratio | target | met |")?;
        writeln!(f, "|---|---{}|---|---|---|---|---|", if other.is_empty() { "" } else { "|---" })?;
        for row in &ROWS {
            let Some(subject) = self.subjects.get(row.case) else { continue };
            write!(f, "| {} | {} ", row.title, subject.instructions)?;
            if let Some(other) = self.other {
                match other.get(row.case) {
                    Some(count) => write!(f, "| {} ", count.instructions)?,
                    None => write!(f, "| – ")?,
                }
            }
            write!(f, "| {} ", subject.allocations)?;
            let baseline = self.baselines.get(row.case).map(|count| count.instructions);
            let ratio = baseline.map(|baseline| ratio(subject.instructions, baseline));
            match (baseline, ratio) {
                (Some(baseline), Some(ratio)) => write!(f, "| {baseline} | {ratio:.3} ")?,
                _ => write!(f, "| – | – ")?,
            }
            let (target, is_met) = match row.target {
                Target::Ratio(target) => (format!("≤ {target}"), ratio.map(|ratio| ratio <= target)),
                Target::Instructions(target) => (format!("≤ {target}"), Some(subject.instructions <= target)),
                Target::None => ("–".to_owned(), None),
            };
            let is_met = is_met.map_or("–", |is_met| if is_met { "yes" } else { "no" });
            writeln!(f, "| {target} | {is_met} |")?;
        }
        Ok(())
    }
}

/// The file of checked-in counts.
#[derive(Debug, PartialEq)]
pub(super) struct Figures {
    subjects: Counts,
    baselines: Counts,
}

const HEADER: &str = "\
# The instructions and allocations of one operation, and of its baseline. `cargo xtask bench --check` compares the
# former with today's; `--save` writes them. Baselines change in commits of their own, with `--save-baselines`.
#
# case instructions allocations baseline-instructions baseline-allocations
";

impl Figures {
    pub(super) fn new(subjects: &Counts, baselines: Counts) -> Self {
        Self { subjects: subjects.clone(), baselines }
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).ok_or_else(|| format!("{} is invalid", path.display()).into())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut figures = Self { subjects: Counts::new(), baselines: Counts::new() };
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (case, numbers) = words.split_first()?;
            let numbers = numbers.iter().map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>()?;
            let count = |numbers: &[u64]| Count { instructions: numbers[0], allocations: numbers[1] };
            if !matches!(numbers.len(), 2 | 4) {
                return None;
            }
            figures.subjects.insert((*case).to_owned(), count(&numbers));
            if let Some(baseline) = numbers.get(2..4) {
                figures.baselines.insert((*case).to_owned(), count(baseline));
            }
        }
        Some(figures)
    }

    pub(super) fn into_baselines(self) -> Counts {
        self.baselines
    }

    /// What is wrong with today's counts, one line for each problem.
    pub(super) fn compare(&self, measured: &Counts) -> Vec<String> {
        let mut problems = Vec::new();
        for (case, count) in measured {
            let Some(expected) = self.subjects.get(case) else {
                problems.push(format!("{case} has no checked-in count: run `cargo xtask bench --save`"));
                continue;
            };
            if !find_row(case).is_some_and(|row| row.is_stable) {
                continue;
            }
            for (what, count, expected) in [
                ("instructions", count.instructions, expected.instructions),
                ("allocations", count.allocations, expected.allocations),
            ] {
                // One allocation more may be rounding.
                let limit = expected + (expected * TOLERANCE / 100).max(1);
                if count > limit {
                    problems.push(format!(
                        "{case} takes {count} {what}, more than {TOLERANCE} % over the checked-in {expected}"
                    ));
                }
            }
        }
        let missing = self.subjects.keys().filter(|case| !measured.contains_key(*case));
        problems.extend(missing.map(|case| format!("{case} was not measured: remove it from the file")));
        problems
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (case, count) in &self.subjects {
            write!(f, "{case:16} {:>9} {:>5}", count.instructions, count.allocations)?;
            match self.baselines.get(case) {
                Some(count) => writeln!(f, " {:>9} {:>5}", count.instructions, count.allocations)?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// Today's counts beside the checked-in ones.
pub(super) struct Comparison<'a> {
    pub(super) figures: &'a Figures,
    pub(super) measured: &'a Counts,
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:16} {:>12} {:>12} {:>8} {:>12}",
            "case", "instructions", "checked in", "change", "/ baseline"
        )?;
        for (case, count) in self.measured {
            let expected = self.figures.subjects.get(case).map_or(0, |expected| expected.instructions);
            let change = (ratio(count.instructions, expected) - 1.0) * 100.0;
            write!(f, "{case:16} {:>12} {expected:>12} {change:>+7.1}%", count.instructions)?;
            match self.figures.baselines.get(case) {
                Some(baseline) => writeln!(f, " {:>12.3}", ratio(count.instructions, baseline.instructions))?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, u64, u64)]) -> Counts {
        let count = |&(name, instructions, allocations): &(&str, u64, u64)| {
            (name.to_owned(), Count { instructions, allocations })
        };
        of.iter().map(count).collect()
    }

    fn figures() -> Figures {
        let subjects = counts(&[("call-small", 1000, 20), ("login-flow", 500, 3), ("transport-https", 9, 9)]);
        Figures { subjects, baselines: counts(&[("call-small", 900, 10)]) }
    }

    #[test]
    fn figures_are_read_as_they_are_written() {
        assert_eq!(Figures::parse(&figures().to_string()), Some(figures()));
        for text in ["call-small", "call-small 1", "call-small 1 2 3", "call-small x 1"] {
            assert_eq!(Figures::parse(text), None, "{text}");
        }
    }

    #[test]
    fn five_percent_more_is_allowed() {
        let with = |instructions, allocations| {
            figures().compare(&counts(&[
                ("call-small", instructions, allocations),
                ("login-flow", 500, 3),
                ("transport-https", 90, 90),
            ]))
        };
        assert!(with(1050, 21).is_empty() && with(1, 1).is_empty());
        assert_eq!(
            with(1051, 20),
            ["call-small takes 1051 instructions, more than 5 % over the checked-in 1000"]
        );
        assert_eq!(with(1000, 22), ["call-small takes 22 allocations, more than 5 % over the checked-in 20"]);
    }

    #[test]
    fn each_case_is_compared() {
        let problems = figures().compare(&counts(&[("call-small", 1, 1), ("new", 1, 1)]));
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].starts_with("new has no checked-in count"));
        assert!(problems[1].starts_with("login-flow was not measured"));
    }

    #[test]
    fn the_table_has_ratio_and_target() {
        let (subjects, baselines) = (counts(&[("call-small", 1000, 20)]), counts(&[("call-small", 500, 10)]));
        let table =
            Table { subjects: &subjects, baselines: &baselines, other: Some(&counts(&[])) }.to_string();
        assert!(table.ends_with("| 1000 | – | 20 | 500 | 2.000 | ≤ 1.25 | no |\n"), "{table}");
        let table = Table { subjects: &subjects, baselines: &subjects, other: None }.to_string();
        assert!(table.ends_with("| 1000 | 20 | 1000 | 1.000 | ≤ 1.25 | yes |\n"), "{table}");
    }
}
