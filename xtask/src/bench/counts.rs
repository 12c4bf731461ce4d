//! The program `kaltura-benches`, and counting its instructions and allocations with valgrind.
//!
//! Valgrind executes the program on a processor of its own, so other work of the machine makes no difference. What
//! does: the compiler and the versions of the crates, which the repository fixes, and the instruction set, which the
//! dispatch in `memchr` and the C library uses. Valgrind offers AVX2 where the processor has it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::{env, fs};

use super::statistics::Quartiles;
use crate::Failure;
use crate::emulator::build_binary;
pub(super) use crate::valgrind::output_of;
use crate::valgrind::require_valgrind;

/// The function of the program whose instructions count.
const MEASURED: &str = "kaltura_benches::measured*";

/// The functions of the C library that allocate.
const ALLOCATORS: [&str; 6] = ["malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Subject,
    /// The least that a program without these crates would do.
    Baseline,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Baseline => "baseline",
        }
    }
}

/// What one operation takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Count {
    pub(super) instructions: u64,
    pub(super) allocations: u64,
}

/// Counts by the name of the case.
pub(super) type Counts = BTreeMap<String, Count>;

pub(super) struct BenchProgram {
    pub(super) path: PathBuf,
    /// A directory for the files of valgrind.
    directory: PathBuf,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    times: u64,
    has_baseline: bool,
}

impl BenchProgram {
    pub(super) fn build(root: &Path, target: &Path) -> Result<Self, Failure> {
        let path = build_binary(root, "kaltura-benches", &["--release", "--features=run"])?;
        Self::open(path, target)
    }

    pub(super) fn open(path: PathBuf, target: &Path) -> Result<Self, Failure> {
        require_valgrind()?;
        let directory = target.join("bench");
        fs::create_dir_all(&directory)?;
        let listed = output_of(Command::new(&path).arg("list"))?;
        let cases = listed.lines().map(Case::read).collect::<Option<_>>();
        let cases = cases.ok_or_else(|| format!("the list of cases is invalid:\n{listed}"))?;
        Ok(Self { path, directory, cases })
    }

    /// Counts all cases that have this side, on all processors.
    pub(super) fn count_all(&self, side: Side) -> Result<Counts, Failure> {
        let cases: Vec<&Case> =
            self.cases.iter().filter(|case| side == Side::Subject || case.has_baseline).collect();
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let count = |first: usize| {
            let mine = cases.iter().skip(first).step_by(threads);
            let counted = mine.map(|case| Ok((case.name.clone(), self.count(case, side)?)));
            counted.collect::<Result<Vec<_>, Failure>>().map_err(|failure| failure.to_string())
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

    fn count(&self, case: &Case, side: Side) -> Result<Count, Failure> {
        let profile = self.directory.join(format!("{}.{}.callgrind", case.name, side.name()));
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet", "--compress-strings=no", "--compress-pos=no"]);
        command.arg(format!("--toggle-collect={MEASURED}"));
        command.arg(format!("--callgrind-out-file={}", profile.display()));
        command.arg(&self.path).args(["count", &case.name, side.name()]);
        // A variable that is read is searched among all, and some select which certificates are read.
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        output_of(&mut command)?;
        let total = read_profile(&fs::read_to_string(&profile)?)
            .ok_or_else(|| format!("valgrind counted nothing in {MEASURED} of {}", case.name))?;
        Ok(Count {
            instructions: total.instructions / case.times,
            allocations: total.allocations / case.times,
        })
    }

    /// Prints the cost of a cached session on two threads, in time: instructions do not show it.
    pub(super) fn run_threads(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let printed = output_of(Command::new(&self.path).arg("threads"))?;
        let ratios: Vec<f64> = printed.lines().filter_map(|line| line.parse().ok()).collect();
        let (ratio, rounds) = (Quartiles::of(&ratios), ratios.len());
        writeln!(out, "\ncached session on two threads, time / lower bound, {rounds} rounds: {ratio}")?;
        Ok(())
    }
}

impl Case {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (name, times, has_baseline) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            name: name.to_owned(),
            times: times.parse().ok().filter(|times| *times > 0)?,
            has_baseline: has_baseline.parse().ok()?,
        })
    }
}

/// The instructions, and the calls of functions that allocate, in a profile of callgrind. `None` if it has none.
fn read_profile(profile: &str) -> Option<Count> {
    let (mut instructions, mut allocations) = (None, 0);
    let mut called = "";
    for line in profile.lines() {
        if let Some(total) = line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")) {
            instructions = total.trim().parse().ok();
        } else if let Some(function) = line.strip_prefix("cfn=") {
            called = function;
        } else if let Some(calls) = line.strip_prefix("calls=")
            && ALLOCATORS.contains(&called)
        {
            allocations += calls.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Count { instructions: instructions.filter(|count| *count > 0)?, allocations })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_and_allocations_are_read_from_a_profile() {
        let profile = "events: Ir\nsummary: 700\n\nfn=a::b\n0 5\ncfn=malloc\ncalls=3 0\n0 60\ncfn=free\n\
                       calls=2 0\n0 40\ncfn=realloc\ncalls=1 0\n0 9\n\ntotals: 700\n";
        assert_eq!(read_profile(profile), Some(Count { instructions: 700, allocations: 4 }));
        assert_eq!(read_profile("summary: 0\n"), None);
        assert_eq!(read_profile(""), None);
    }

    #[test]
    fn the_list_of_cases_is_read() {
        let case = Case::read("call-small 50 true").unwrap();
        assert_eq!((case.name.as_str(), case.times, case.has_baseline), ("call-small", 50, true));
        for line in ["", "a", "a 0 true", "a 1", "a 1 maybe"] {
            assert!(Case::read(line).is_none(), "{line}");
        }
    }
}
