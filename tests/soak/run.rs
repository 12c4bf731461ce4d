//! The run: server, stores, workers, disturbances, and the judgement at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kaltura_emulator::{AppTokenSeed, Emulator, FaultRule, RecordedCall};

use super::disturbance::{Disturbance, Random};
use super::judgement::{FailedCall, Incident, growth, leaks, most_logins, received_too_often, unexplained};
use super::processes::{Redis, Usage, Worker};
use super::{CALL_ID, Failure, uptime};

/// The workers: whether they share by Redis, and whether they have threads.
const WORKERS: [(bool, bool); 5] =
    [(true, false), (true, false), (false, false), (false, false), (false, true)];
/// Between two looks at the workers.
const LOOK: Duration = Duration::from_millis(100);
/// Without disturbances, at the end.
const QUIET: Duration = Duration::from_secs(10);

/// What the server has seen.
#[derive(Debug, Default)]
struct Received {
    /// How often, by the id of the call.
    calls: HashMap<String, u32>,
    logins: u64,
}

pub(crate) fn run(seconds: u64, seed: u64) -> Result<bool, Failure> {
    let mut run = Run::start(seed)?;
    let end = run.start + seconds * 1_000;
    while uptime()? < end {
        let disturbance = run.random.disturbance(WORKERS.len());
        run.disturb(disturbance)?;
        let pause = run.random.duration(800..=2_500);
        run.watch(pause)?;
    }
    let quiet_from = uptime()?;
    run.watch(QUIET)?;
    run.finish(quiet_from)
}

struct Run {
    random: Random,
    emulator: Emulator,
    _server: kaltura_emulator::server::Server,
    received: Arc<Mutex<Received>>,
    folder: tempfile::TempDir,
    redis: Redis,
    variables: BTreeMap<String, String>,
    workers: Vec<(Worker, Vec<Usage>)>,
    incidents: Vec<Incident>,
    failed: Vec<FailedCall>,
    start: u64,
}

impl Run {
    fn start(seed: u64) -> Result<Self, Failure> {
        let received = Arc::new(Mutex::new(Received::default()));
        let seen = Arc::clone(&received);
        let emulator = Emulator::builder().on_call(move |call| note(&seen, call)).build()?;
        let server = emulator.serve_blocking()?;
        let variables =
            server.access().variables().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let folder = tempfile::tempdir()?;
        let redis = Redis::start(folder.path())?;
        let mut run = Self {
            random: Random::new(seed),
            emulator,
            _server: server,
            received,
            folder,
            redis,
            variables,
            workers: Vec::new(),
            incidents: Vec::new(),
            failed: Vec::new(),
            start: uptime()?,
        };
        for index in 0..WORKERS.len() {
            let worker = run.start_worker(index)?;
            run.workers.push((worker, Vec::new()));
        }
        run.watch(Duration::from_secs(3))?;
        Ok(run)
    }

    fn start_worker(&self, index: usize) -> Result<Worker, Failure> {
        let (by_redis, threads) = WORKERS[index];
        let sessions = self.sessions();
        let store = if by_redis { self.redis.url() } else { format!("folder:{}", sessions.display()) };
        Worker::start(&self.variables, &store, threads)
    }

    fn sessions(&self) -> std::path::PathBuf {
        self.folder.path().join("sessions")
    }

    /// Lets something go wrong for a time.
    fn disturb(&mut self, disturbance: Disturbance) -> Result<(), Failure> {
        let lasts = self.random.duration(300..=2_000);
        let start = uptime()?;
        let token = self.emulator.app_token().clone();
        match &disturbance {
            Disturbance::Fault { fault, action, probability } => {
                let rule = FaultRule::new(fault.clone()).on(*action).probability(*probability);
                self.emulator.inject(rule);
                self.watch(lasts)?;
                self.emulator.clear_faults();
            }
            Disturbance::TokenDisabled => {
                self.emulator.disable_token(token.id())?;
                self.watch(lasts)?;
                self.emulator.enable_token(token.id())?;
            }
            Disturbance::TokenDeleted => {
                self.emulator.delete_token(token.id())?;
                self.watch(lasts)?;
                let seed =
                    AppTokenSeed::new().id(token.id().clone()).value(token.credentials().value().clone());
                self.emulator.add_app_token(seed.hash_type(token.hash_type()))?;
            }
            Disturbance::SessionsEnded => self.emulator.end_sessions(self.emulator.partner_id())?,
            Disturbance::RedisStopped => {
                self.redis.signal("STOP")?;
                self.watch(lasts)?;
                self.redis.signal("CONT")?;
            }
            Disturbance::RedisKilled => self.redis.restart()?,
            Disturbance::FilesDeleted => delete_files(&self.sessions())?,
            Disturbance::WorkerKilled(index) => {
                let (killed, _) = self.workers.remove(*index);
                self.take_failures(killed.lines())?;
                drop(killed);
                let worker = self.start_worker(*index)?;
                self.workers.insert(*index, (worker, Vec::new()));
            }
        }
        self.incidents.push(Incident { disturbance, start, end: uptime()? });
        Ok(())
    }

    /// Waits, and notes meanwhile what the workers report and use.
    fn watch(&mut self, duration: Duration) -> Result<(), Failure> {
        let end = uptime()? + u64::try_from(duration.as_millis())?;
        while uptime()? < end {
            thread::sleep(LOOK);
            let mut lines = Vec::new();
            for (worker, samples) in &mut self.workers {
                lines.extend(worker.lines());
                samples.push(worker.usage()?);
            }
            self.take_failures(lines)?;
        }
        Ok(())
    }

    fn take_failures(&mut self, lines: Vec<String>) -> Result<(), Failure> {
        for line in lines {
            self.failed.push(serde_json::from_str(&line)?);
        }
        Ok(())
    }

    /// Ends the workers, and judges.
    fn finish(mut self, quiet_from: u64) -> Result<bool, Failure> {
        let logins_when_quiet = {
            let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            received.logins
        };
        let (mut started, mut succeeded) = (0, 0);
        let mut wrong = Vec::new();
        for (index, (worker, samples)) in std::mem::take(&mut self.workers).into_iter().enumerate() {
            wrong.extend(growth(&samples).map(|growth| format!("worker {index}: {growth}")));
            let (lines, counts) = worker.finish(Duration::from_secs(30))?;
            self.take_failures(lines)?;
            started += counts["started"].as_u64().unwrap_or_default();
            succeeded += counts["succeeded"].as_u64().unwrap_or_default();
        }
        let elapsed = (uptime()? - self.start) / 1_000;
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.extend(received_too_often(&received.calls));
        for call in unexplained(&self.failed, &self.incidents) {
            wrong.push(format!(
                "call {} failed without a cause, {} ms after the start: {} {}",
                call.id,
                call.failed.saturating_sub(self.start),
                call.kind,
                call.text
            ));
        }
        let late = self.failed.iter().filter(|call| call.started > quiet_from + 2_000).count();
        if late > 0 {
            wrong.push(format!("calls that failed although nothing was wrong any more: {late}"));
        }
        let secrets = [self.emulator.app_token().credentials().value().expose().to_owned()];
        let leaked: usize = self.failed.iter().map(|call| leaks(&call.text, &secrets)).sum();
        // A KS of version 2 starts with `v2|`, in Base64.
        let shown = self.failed.iter().filter(|call| call.text.contains("djJ8")).count();
        if leaked + shown > 0 {
            wrong.push(format!("errors with a secret: {}", leaked + shown));
        }
        let most = most_logins(elapsed, WORKERS.len() as u64, &self.incidents);
        let least = elapsed / u64::from(super::LIFETIME);
        if !(least..=most).contains(&received.logins) {
            wrong.push(format!("logins: {}, expected {least} to {most}", received.logins));
        }
        let mut out = std::io::stdout();
        let kinds: BTreeSet<&str> = self.failed.iter().map(|call| call.kind.as_str()).collect();
        writeln!(
            out,
            "{elapsed} s, incidents: {}, calls of the last workers: {started}, succeeded: {succeeded}, \
            different calls received: {}, logins: {logins_when_quiet} (at most {most})",
            self.incidents.len(),
            received.calls.len()
        )?;
        writeln!(out, "failed calls: {} {kinds:?}", self.failed.len())?;
        for problem in wrong.iter().take(20) {
            writeln!(out, "wrong: {problem}")?;
        }
        writeln!(out, "problems: {}", wrong.len())?;
        if started == 0 || self.failed.is_empty() {
            writeln!(out, "wrong: no call was made, or none failed: the run shows nothing")?;
            return Ok(false);
        }
        Ok(wrong.is_empty())
    }
}

fn note(received: &Mutex<Received>, call: &RecordedCall) {
    let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
    if call.action() == "appToken.startSession" {
        received.logins += 1;
    } else if let Some(id) = call.parameter(CALL_ID) {
        *received.calls.entry(id.to_owned()).or_default() += 1;
    }
}

/// Deletes the files of a folder, if it exists.
fn delete_files(folder: &Path) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        // A worker may have deleted it.
        let _ = fs::remove_file(entry?.path());
    }
    Ok(())
}
