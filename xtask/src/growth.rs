//! `cargo xtask growth`: tenfold input costs at most elevenfold, counted in instructions.
//!
//! The cases are in `fuzz/src/growth`. Valgrind executes them, so other work of the machine makes no difference. What an
//! empty input takes is subtracted; it may differ by an eighth from what does not depend on the length of an input, since
//! an empty one may be handled on another path. The longest input is compared with each shorter one: a list that doubles
//! its room costs more between some lengths than between others.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::Failure;
use crate::valgrind::{output_of, require_valgrind};
use crate::workspace::Workspace;

/// The function of the program that is called before and after each measured call. What is executed between counts, on
/// all threads.
const MARK: &str = "kaltura_fuzz::growth::mark*";

/// The most that ten times the input may cost.
const LIMIT: u64 = 11;

/// The part of the instructions for an empty input that is not counted as dependent on the length of another.
const EMPTY_DIFFERS_BY: u64 = 8;

/// Fewer instructions than this for the longer input are not compared: they do not depend on the input.
const LEAST: u64 = 20_000;

/// Counts the cases, or one of them. `false` if one grows faster than its input.
pub(crate) fn run(workspace: &Workspace, only: Option<&str>, out: &mut dyn Write) -> Result<bool, Failure> {
    require_valgrind()?;
    let program = crate::fuzz::build(workspace, "growth")?;
    let listed = output_of(Command::new(&program).arg("list"))?;
    let names: Vec<&str> =
        listed.lines().filter(|name| only.is_none_or(|only| name.starts_with(only))).collect();
    if names.is_empty() {
        return Err(format!("no such case; there are:\n{listed}").into());
    }
    let directory = workspace.target.join("growth");
    fs::create_dir_all(&directory)?;
    let counts = count_all(&program, &directory, &names)?;
    let mut success = true;
    for name in names {
        let counted = counts.get(name).map_or(&[][..], Vec::as_slice);
        let growth = Growth::of(counted).ok_or_else(|| format!("{name} was not counted"))?;
        success &= growth.is_linear();
        writeln!(out, "{} {name:<28}{growth}", if growth.is_linear() { " " } else { "!" })?;
    }
    Ok(success)
}

/// The instructions of each call, by the name of its case: pairs of the length of the input and the count.
type Counts = BTreeMap<String, Vec<(u64, u64)>>;

fn count_all(program: &Path, directory: &Path, names: &[&str]) -> Result<Counts, Failure> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(names.len());
    let count = |first: usize| {
        let mine: Vec<&str> = names.iter().skip(first).step_by(threads).copied().collect();
        count(program, &directory.join(format!("{first}.callgrind")), &mine)
            .map_err(|failure| failure.to_string())
    };
    let counted = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || count(first))).collect();
        running.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut counts = Counts::new();
    for part in counted {
        counts.extend(part.map_err(|_| "a thread that counts panicked")??);
    }
    Ok(counts)
}

fn count(program: &Path, profile: &Path, names: &[&str]) -> Result<Counts, Failure> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet", "--combine-dumps=yes"]);
    command.arg(format!("--dump-before={MARK}")).arg(format!("--callgrind-out-file={}", profile.display()));
    command.arg(program).arg("run").args(names);
    let printed = output_of(&mut command)?;
    let counts = read_profile(&fs::read_to_string(profile)?);
    read_counts(&printed, &counts, names.len())
}

/// The instructions of each measured call, in a profile with several parts: every second one, since the others are what
/// is executed before, between and after the calls.
fn read_profile(profile: &str) -> Vec<u64> {
    let totals = profile.lines().filter_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    totals.skip(1).step_by(2).collect()
}

/// Each case is called once before its first call is printed.
fn read_counts(printed: &str, counts: &[u64], cases: usize) -> Result<Counts, Failure> {
    let calls: Vec<(&str, u64)> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, length)| Some((name, length.parse().ok()?)))
        .collect();
    if counts.len() < calls.len() + cases {
        return Err(format!("valgrind counted {} calls of {}", counts.len(), calls.len() + cases).into());
    }
    let mut read = Counts::new();
    let mut counts = counts.iter();
    for (name, length) in calls {
        if length == 0 {
            counts.next();
        }
        let count = counts.next().ok_or("valgrind counted too few calls")?;
        read.entry(name.to_owned()).or_default().push((length, *count));
    }
    Ok(read)
}

/// What a function takes for inputs of growing length.
#[derive(Debug, PartialEq)]
struct Growth {
    /// The instructions for the empty input.
    empty: u64,
    /// Lengths and instructions, less those for the empty input.
    counts: Vec<(u64, u64)>,
}

impl Growth {
    /// `None` without the empty input and two others.
    fn of(counted: &[(u64, u64)]) -> Option<Self> {
        let &[(0, empty), ref rest @ ..] = counted else { return None };
        let counts = rest.iter().map(|(length, count)| (*length, count.saturating_sub(empty))).collect();
        (rest.len() > 1).then_some(Self { empty, counts })
    }

    fn factors(&self) -> impl Iterator<Item = f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        self.counts.windows(2).map(|pair| match pair {
            [(_, shorter), (_, longer)] if *longer >= LEAST => *longer as f64 / (*shorter).max(1) as f64,
            _ => 0.0,
        })
    }

    fn is_linear(&self) -> bool {
        let Some((&(_, longest), shorter)) = self.counts.split_last() else { return true };
        longest < LEAST
            || shorter.iter().rev().zip(1..).all(|((_, count), steps)| {
                longest <= LIMIT.pow(steps) * (count + self.empty / EMPTY_DIFFERS_BY)
            })
    }
}

impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (length, count) = self.counts.last().copied().unwrap_or_default();
        write!(f, "{length:>9}: {count:>12} instructions, tenfold:")?;
        self.factors().try_for_each(|factor| write!(f, " {factor:5.2}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_belong_to_calls() {
        let parts = [0, 9, 0, 10, 0, 110, 0, 1010, 0, 9, 0, 20, 0, 21, 0];
        let profile: String = parts.iter().map(|total| format!("part: 1\ntotals: {total}\n")).collect();
        let printed = "a 0\na 5\na 50\nb 0\nb 5\n";
        let counts = read_counts(printed, &read_profile(&profile), 2).unwrap();
        assert_eq!(counts["a"], [(0, 10), (5, 110), (50, 1010)]);
        assert_eq!(counts["b"], [(0, 20), (5, 21)]);
        assert!(read_counts(printed, &[1, 2, 3], 2).is_err());
    }

    #[test]
    fn more_than_elevenfold_is_not_linear() {
        let growth = |counts: &[u64]| {
            let lengths = [0, 10, 100, 1000];
            Growth::of(&lengths.into_iter().zip(counts.iter().copied()).collect::<Vec<_>>())
        };
        assert!(growth(&[500, 50_500, 500_500, 5_000_500]).unwrap().is_linear());
        assert!(!growth(&[500, 50_500, 500_500, 5_600_500]).unwrap().is_linear());
        assert!(!growth(&[500, 50_500, 606_500]).unwrap().is_linear());
        assert!(growth(&[500, 50_500, 606_500, 6_000_500]).unwrap().is_linear());
        assert!(!growth(&[500, 50_500, 600_500, 6_100_500]).unwrap().is_linear());
        // The empty input took the longer way.
        assert!(growth(&[280_000, 315_000, 980_000, 7_180_000]).unwrap().is_linear());
        assert!(!growth(&[280_000, 315_000, 1_280_000, 11_480_000]).unwrap().is_linear());
        // So few instructions do not depend on the input.
        assert!(growth(&[500, 510, 19_000]).unwrap().is_linear());
        assert_eq!(growth(&[500, 510]), None);
    }
}
