//! Running a target with random inputs, on a stable compiler.
//!
//! Inputs are changes of the seeds; coverage does not guide them, as it does under libFuzzer. An input that makes the
//! target panic, that takes too long, or with which the process takes too much memory is written to a file and ends the
//! process.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::Target;
use crate::mutation::mutated;

/// How long one input may take. It takes milliseconds; the machine may be busy.
pub const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How much memory the process may take, in bytes.
pub const MEMORY_LIMIT: usize = 2 << 30;

/// How often time and memory are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How targets are run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long each target is run.
    pub time: Duration,
    /// How long one input may take.
    pub time_limit: Duration,
    /// How much memory the process may take, in bytes.
    pub memory_limit: usize,
    /// Where the random inputs begin. The same seed makes the same inputs, on as many processors.
    pub seed: u64,
    /// The folder for inputs that break a promise.
    pub artifacts: PathBuf,
}

/// Why a target was ended.
#[derive(Debug)]
pub struct Finding {
    /// What happened.
    pub what: &'static str,
    /// The file with the input.
    pub input: PathBuf,
}

/// What one worker is doing.
#[derive(Default)]
struct Work {
    since: Option<Instant>,
    input: Vec<u8>,
}

/// Runs a target for a time. Returns how many inputs it took.
///
/// # Errors
///
/// [`Finding`] for the first input that breaks a promise. If the input never ends, its worker is left running.
#[expect(clippy::disallowed_methods, reason = "inputs are limited by the clock of the system")]
pub fn run(target: &Target, settings: &Settings) -> Result<u64, Finding> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let works: &'static [Mutex<Work>] = (0..workers).map(|_| Mutex::default()).collect::<Vec<_>>().leak();
    let done: &'static Done = Box::leak(Box::default());
    let seeds: &'static [Vec<u8>] = (target.seeds)().leak();
    let start = Instant::now();
    let started: Vec<_> = works
        .iter()
        .zip(settings.seed..)
        .map(|(work, seed)| {
            let target = *target;
            thread::spawn(move || fuzz(&target, seeds, Rng::with_seed(seed), work, done))
        })
        .collect();
    let outcome = loop {
        thread::sleep(CHECK_INTERVAL);
        if let Some(input) = done.failing.lock().unwrap_or_else(PoisonError::into_inner).take() {
            break Err(("a promise was broken", input));
        }
        let slow = works
            .iter()
            .map(|work| work.lock().unwrap_or_else(PoisonError::into_inner))
            .find(|work| work.since.is_some_and(|since| since.elapsed() > settings.time_limit));
        if let Some(work) = slow {
            break Err(("an input took too long", work.input.clone()));
        }
        if memory_stats::memory_stats().is_some_and(|memory| memory.physical_mem > settings.memory_limit) {
            let longest = works.iter().map(|work| work.lock().unwrap_or_else(PoisonError::into_inner));
            let longest = longest.max_by_key(|work| work.since.map(|since| since.elapsed()));
            break Err((
                "the process took too much memory",
                longest.map(|work| work.input.clone()).unwrap_or_default(),
            ));
        }
        if start.elapsed() > settings.time {
            break Ok(());
        }
    };
    done.stop.store(true, Ordering::Relaxed);
    match outcome {
        Ok(()) => {
            started.into_iter().for_each(|worker| drop(worker.join()));
            match done.failing.lock().unwrap_or_else(PoisonError::into_inner).take() {
                None => Ok(done.inputs.load(Ordering::Relaxed)),
                Some(input) => Err(keep(target, settings, "a promise was broken", &input)),
            }
        }
        Err((what, input)) => Err(keep(target, settings, what, &input)),
    }
}

/// What the workers have done.
#[derive(Default)]
struct Done {
    inputs: AtomicU64,
    failing: Mutex<Option<Vec<u8>>>,
    stop: AtomicBool,
}

#[expect(clippy::disallowed_methods, reason = "inputs are limited by the clock of the system")]
fn fuzz(target: &Target, seeds: &[Vec<u8>], mut random: Rng, work: &Mutex<Work>, done: &Done) {
    let mut first = seeds.iter();
    while !done.stop.load(Ordering::Relaxed) {
        let input = match first.next() {
            Some(seed) => seed.clone(),
            None => mutated(seeds, target.words, &mut random),
        };
        *work.lock().unwrap_or_else(PoisonError::into_inner) =
            Work { since: Some(Instant::now()), input: input.clone() };
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        work.lock().unwrap_or_else(PoisonError::into_inner).since = None;
        done.inputs.fetch_add(1, Ordering::Relaxed);
        if outcome.is_err() {
            done.failing.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(input);
            return;
        }
    }
}

fn keep(target: &Target, settings: &Settings, what: &'static str, input: &[u8]) -> Finding {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let folder = settings.artifacts.join(target.name);
    let path = folder.join(format!("input-{:016x}", hasher.finish()));
    if let Err(error) = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, input)) {
        println!("could not write {}: {error}; the input is {}", path.display(), hex::encode(input));
    }
    Finding { what, input: path }
}

/// Runs a target with the content of a file, or of each file of a folder.
///
/// # Errors
///
/// If a file cannot be read.
pub fn replay(target: &Target, path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            replay(target, &entry?.path())?;
        }
        return Ok(());
    }
    (target.run)(&fs::read(path)?);
    Ok(())
}

/// Writes the seeds of a target to a folder, and its words as a dictionary of libFuzzer to a file.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write_seeds(target: &Target, folder: &Path, dictionary: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:04}")), seed)?;
    }
    let escaped = |word: &&str| {
        let bytes: String = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        format!("\"{bytes}\"\n")
    };
    fs::write(dictionary, target.words.iter().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path) -> Settings {
        Settings {
            time: Duration::from_secs(60),
            time_limit: TIME_LIMIT,
            memory_limit: MEMORY_LIMIT,
            seed: 7,
            artifacts: folder.to_owned(),
        }
    }

    fn target(run: fn(&[u8])) -> Target {
        Target { name: "test", run, seeds: || vec![b"seed".to_vec()], words: &["word"] }
    }

    #[test]
    fn an_input_that_panics_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let panics = target(|data| assert!(!data.ends_with(b"word"), "found"));
        let finding = run(&panics, &settings(folder.path())).unwrap_err();
        assert_eq!(finding.what, "a promise was broken");
        assert!(fs::read(&finding.input).unwrap().ends_with(b"word"));
        assert!(panic::catch_unwind(|| replay(&panics, folder.path())).is_err());
    }

    #[test]
    fn an_input_that_never_ends_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let hangs = target(|data| {
            while data.starts_with(b"seed") {
                thread::sleep(Duration::from_secs(1));
            }
        });
        let settings = Settings { time_limit: Duration::from_millis(300), ..settings(folder.path()) };
        let finding = run(&hangs, &settings).unwrap_err();
        assert_eq!(
            (finding.what, fs::read(&finding.input).unwrap()),
            ("an input took too long", b"seed".to_vec())
        );
    }

    #[test]
    fn memory_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { memory_limit: 1, ..settings(folder.path()) };
        let finding = run(&target(|_| ()), &settings).unwrap_err();
        assert_eq!(finding.what, "the process took too much memory");
    }

    #[test]
    fn seeds_and_words_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let (corpus, dictionary) = (folder.path().join("corpus"), folder.path().join("dict"));
        write_seeds(&target(|_| ()), &corpus, &dictionary).unwrap();
        assert_eq!(fs::read(corpus.join("seed-0000")).unwrap(), b"seed");
        assert_eq!(fs::read_to_string(dictionary).unwrap(), "\"\\x77\\x6f\\x72\\x64\"\n");
    }
}
