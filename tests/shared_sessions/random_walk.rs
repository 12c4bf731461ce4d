//! Random faults in random order: no process ever gets an expired session, waits for ever, or stays without a session
//! when everything works again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaltura_auth::runtime::{Clock as _, Runtime as _};
use kaltura_testing::runtime::TestRuntime;

use super::fixture::{Fleet, LIFETIME, Process, StoreBehavior, all_same, milliseconds, seconds};

const WALKS: u64 = 25;
const STEPS: usize = 120;
const PROCESSES: usize = 4;

/// The longest that a caller waits: the login timeout, and what the store may take before and after.
const LONGEST_WAIT: Duration = Duration::from_secs(35);

struct Walk {
    fleet: Fleet,
    processes: Vec<Process>,
    random: TestRuntime,
    log: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let fleet = Fleet::new();
        let processes = (0..PROCESSES).map(|_| start(&fleet)).collect();
        Self { fleet, processes, random: TestRuntime::new().with_seed(seed), log: Vec::new() }
    }

    fn below(&self, limit: u64) -> u64 {
        self.random.random() % limit
    }

    fn any(&self) -> usize {
        usize::try_from(self.below(PROCESSES as u64)).unwrap()
    }

    fn step(&mut self) {
        let number = self.any();
        let process = &self.processes[number];
        match self.below(20) {
            0..8 => self.request(number),
            8 => {
                let behavior = match self.below(5) {
                    0 => StoreBehavior::IsDown,
                    1 => StoreBehavior::IsMute,
                    2 => StoreBehavior::IsFull,
                    _ => StoreBehavior::Works,
                };
                self.note(format!("store {behavior:?}"));
                self.fleet.store.set(behavior);
            }
            9 => {
                let is_down = self.below(3) == 0;
                self.note(format!("network of {number} down: {is_down}"));
                self.processes[number].network.is_down.store(is_down, Ordering::Relaxed);
            }
            10 => {
                let id = self.fleet.credentials().id().clone();
                if self.below(3) == 0 {
                    self.note("token disabled".to_owned());
                    self.fleet.emulator.disable_token(&id).unwrap();
                } else {
                    self.fleet.emulator.enable_token(&id).unwrap();
                }
            }
            11 => {
                if let Some(session) = process.manager.fresh() {
                    process.refuse(&session);
                    self.note(format!("refused to {number}"));
                }
            }
            12 => {
                let offset = [0, 7_200, -7_200][usize::try_from(self.below(3)).unwrap()];
                process.runtime.set_wall_offset(offset);
                self.note(format!("wall clock of {number}: {offset}"));
            }
            13 => {
                let offset = [0, 3_600, 7_200][usize::try_from(self.below(3)).unwrap()];
                self.fleet.store.set_clock_offset(offset);
                self.note(format!("clock of the store: {offset}"));
            }
            14 => {
                let _unfinished = process.spawn_session();
                self.fleet.advance(milliseconds(self.below(700)));
                self.processes[number].runtime.kill();
                self.processes[number] = start(&self.fleet);
                self.note(format!("killed {number}"));
            }
            15 => {
                let extra = [0, 0, 3_000, 12_000][usize::try_from(self.below(4)).unwrap()];
                process.network.extra_latency.store(extra, Ordering::Relaxed);
                self.note(format!("latency of {number}: {extra}"));
            }
            16 => self.fleet.store.fail_publishes(usize::try_from(self.below(4)).unwrap()),
            17 => {
                let before = self.fleet.elapsed();
                let results = self.fleet.all_want_a_session(&self.processes);
                assert!(self.fleet.elapsed() - before <= LONGEST_WAIT, "{:#?}", self.log);
                for session in results.into_iter().flatten() {
                    self.assert_valid(session.expires_at().unwrap().as_seconds());
                }
            }
            _ => {
                let pause = [0, 1, 60, 900][usize::try_from(self.below(4)).unwrap()];
                self.fleet.advance(milliseconds(self.below(2_000)) + seconds(pause));
            }
        }
    }

    fn note(&mut self, what: String) {
        self.log.push(format!("{:?}: {what}", self.fleet.elapsed()));
    }

    fn request(&mut self, number: usize) {
        let before = self.fleet.elapsed();
        let result = self.fleet.run(self.processes[number].manager.session());
        let waited = self.fleet.elapsed() - before;
        self.note(format!("session of {number}: {} after {waited:?}", result.is_ok()));
        assert!(waited <= LONGEST_WAIT, "{:#?}", self.log);
        if let Ok(session) = result {
            self.assert_valid(session.expires_at().unwrap().as_seconds());
        }
    }

    /// By the true time.
    fn assert_valid(&self, expiry: i64) {
        let now = i64::try_from(self.fleet.runtime.unix_time().as_secs()).unwrap();
        assert!(expiry > now, "expired {} s ago: {:#?}", now - expiry, self.log);
    }

    /// Everything works again; after the longest backoff, all share a session.
    fn recover(&mut self) {
        self.fleet.store.set(StoreBehavior::Works);
        self.fleet.store.fail_publishes(0);
        self.fleet.emulator.enable_token(self.fleet.credentials().id()).unwrap();
        for process in &self.processes {
            process.network.is_down.store(false, Ordering::Relaxed);
            process.network.extra_latency.store(0, Ordering::Relaxed);
            process.runtime.set_wall_offset(0);
        }
        self.fleet.advance(seconds(1_000 + LIFETIME));
        self.fleet.all_get_a_session(&self.processes);
        // Those that hold a session of their own share the next one.
        for _ in 0..60 {
            self.fleet.advance(seconds(120));
            self.fleet.all_get_a_session(&self.processes);
        }
        let sessions = self.fleet.all_get_a_session(&self.processes);
        let renewed = self.fleet.logins();
        self.fleet.advance(seconds(LIFETIME * 3));
        assert!(all_same(&sessions), "{:#?}", self.log);
        let renewals = self.fleet.logins() - renewed;
        assert!(renewals <= 4, "{renewals} logins in three hours: {:#?}", self.log);
    }
}

/// A process that keeps its session fresh.
fn start(fleet: &Fleet) -> Process {
    let process = fleet.process();
    process.runtime.spawn(Box::pin(process.manager.run_refresh_loop())).unwrap();
    process
}

#[test]
fn random_faults_never_cost_more_than_logins() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..STEPS {
            walk.step();
        }
        walk.recover();
    }
}
