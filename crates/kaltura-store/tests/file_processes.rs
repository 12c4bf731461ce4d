//! Many processes and one folder. Each process is this test program again, with a session manager whose source counts
//! its logins in a file.
#![cfg(test)]
#![cfg(all(unix, feature = "file"))]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kaltura_auth::blocking::{SessionManager, SessionSource};
use kaltura_auth::manager::{IssuedSession, Moment};
use kaltura_auth::runtime::{Clock, SystemClock};
use kaltura_auth::store::StoreKey;
use kaltura_auth::types::{Ks, Lifetime, PartnerId, UnixTime};
use kaltura_auth::{Error, Session};
use kaltura_store::file::FileStore;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Set in the processes: folder, time of a login, lifetime of its session, time to run, all in milliseconds.
const VARIABLE: &str = "KALTURA_STORE_TEST";

/// More than any of these needs on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(90);

#[expect(clippy::disallowed_methods, reason = "the processes run in real time")]
fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the processes run in real time")]
fn now() -> Instant {
    Instant::now()
}

/// Its sessions say in their KS when they die, in milliseconds of the wall clock.
struct Source {
    folder: PathBuf,
    latency: Duration,
    life: Duration,
}

impl SessionSource for Source {
    fn start(&self, clock: &dyn Clock) -> Result<IssuedSession, Error> {
        let sent = Moment::read(clock);
        let died_at = (unix_time() + self.life).as_millis();
        let mut logins =
            OpenOptions::new().append(true).create(true).open(self.folder.join("logins")).unwrap();
        writeln!(logins, "{}", std::process::id()).unwrap();
        std::thread::sleep(self.latency);
        let granted_at = UnixTime::from_seconds(1_000_000);
        let lifetime = Lifetime::seconds(u32::try_from(self.life.as_secs()).unwrap());
        let session = Session::new(PartnerId::new(7), Ks::new(format!("{died_at}")))
            .with_server_time(granted_at)
            .with_expiry(granted_at.plus_seconds(i64::from(lifetime.as_seconds())));
        Ok(IssuedSession::new(Arc::new(session), sent, Some(lifetime)))
    }

    fn store_key(&self) -> Result<Option<StoreKey>, Error> {
        Ok(Some(StoreKey::builder("test of processes").build()))
    }
}

/// Not a test: what the processes do. Each line is `ID` of a new session, or `DEAD`.
#[test]
fn process() {
    let Ok(given) = std::env::var(VARIABLE) else { return };
    let given: Vec<&str> = given.split('|').collect();
    let milliseconds = |index: usize| Duration::from_millis(given[index].parse().unwrap());
    let source = Source { folder: given[0].into(), latency: milliseconds(1), life: milliseconds(2) };
    let store = FileStore::new(source.folder.join("sessions"));
    let manager = SessionManager::builder(source, SystemClock::new()).store(store).build();
    let (started, mut last) = (now(), None);
    loop {
        let asked_at = unix_time().as_millis();
        let session = manager.session().unwrap();
        if session.ks().expose().parse::<u128>().unwrap() < asked_at {
            println!("DEAD");
        }
        if session.id() != last {
            last = session.id();
            println!("ID {:032x}", last.unwrap().to_bits());
        }
        if started.elapsed() >= milliseconds(3) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn start(&self, latency: u64, life: u64, run: u64) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["process", "--exact", "--nocapture"]).stdout(Stdio::piped());
        let folder = self.0.path().display();
        command.env(VARIABLE, format!("{folder}|{latency}|{life}|{run}")).spawn().unwrap()
    }

    /// How many logins were begun.
    fn logins(&self) -> usize {
        fs::read_to_string(self.0.path().join("logins")).unwrap_or_default().lines().count()
    }

    fn wait_for_logins(&self, count: usize) {
        let started = now();
        while self.logins() < count {
            assert!(started.elapsed() < LIMIT, "no login");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn files(&self, ending: &str) -> usize {
        let files = fs::read_dir(self.0.path().join("sessions")).unwrap();
        files.filter(|file| file.as_ref().unwrap().file_name().to_str().unwrap().ends_with(ending)).count()
    }
}

/// The ids of the sessions that a process had. It must end in time, and have had none that was dead.
fn ids(mut child: Child) -> Vec<String> {
    let started = now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("a process hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("DEAD"), "{text}");
    text.lines().filter_map(|line| Some(line.split_once("ID ")?.1.to_owned())).collect()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn of_many_that_start_at_once_one_logs_in() {
    let scene = Scene::new();
    let children: Vec<Child> = (0..30).map(|_| scene.start(500, 600_000, 0)).collect();
    let all: Vec<Vec<String>> = children.into_iter().map(ids).collect();
    assert!(all.iter().all(|ids| ids.len() == 1 && ids == &all[0]), "{all:?}");
    assert_eq!(scene.logins(), 1);
}

#[test]
fn a_renewal_is_one_login_for_all() {
    let scene = Scene::new();
    let children: Vec<Child> = (0..8).map(|_| scene.start(100, 5_000, 12_000)).collect();
    let all: Vec<Vec<String>> = children.into_iter().map(ids).collect();
    let mut sessions: Vec<&String> = all.iter().flatten().collect();
    sessions.sort_unstable();
    sessions.dedup();
    // One each 5 s for 12 s, and some for a machine that stalls for longer than a lease; without a store it is 24.
    assert!(scene.logins() >= 3 && scene.logins() < 8, "{}", scene.logins());
    assert!(sessions.len() <= scene.logins());
}

#[test]
fn a_holder_that_is_killed_costs_one_more_login_at_once() {
    let scene = Scene::new();
    let mut first = scene.start(60_000, 600_000, 0);
    scene.wait_for_logins(1);
    let others: Vec<Child> = (0..5).map(|_| scene.start(100, 600_000, 0)).collect();
    first.kill().unwrap();
    first.wait().unwrap();
    let started = now();
    others.into_iter().for_each(|child| drop(ids(child)));
    assert_eq!(scene.logins(), 2);
    assert!(started.elapsed() < Duration::from_secs(30), "it does not wait for the time of a login");
}

#[test]
fn a_holder_that_is_stopped_costs_one_more_login() {
    let scene = Scene::new();
    let first = scene.start(1_000, 600_000, 0);
    scene.wait_for_logins(1);
    signal(&first, Signal::STOP);
    let others: Vec<Child> = (0..5).map(|_| scene.start(100, 600_000, 0)).collect();
    let all: Vec<Vec<String>> = others.into_iter().map(ids).collect();
    assert!(all.iter().all(|ids| ids == &all[0]), "{all:?}");
    assert_eq!(scene.logins(), 2);
    // When it goes on, it keeps its own session, and harms none.
    signal(&first, Signal::CONT);
    assert_eq!(ids(first).len(), 1);
    assert_eq!(ids(scene.start(100, 600_000, 0)), all[0]);
    assert_eq!(scene.logins(), 2);
}

#[test]
fn whoever_is_killed_at_any_moment_leaves_a_session_that_is_good() {
    let scene = Scene::new();
    let started = now();
    for round in 0..60_u64 {
        // Sessions of two seconds, so that most rounds log in.
        let mut children: Vec<Child> = (0..3).map(|_| scene.start(20, 2_000, 10_000)).collect();
        std::thread::sleep(Duration::from_millis(7 * (round % 40)));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(started.elapsed() < LIMIT);
    }
    assert_eq!(ids(scene.start(20, 2_000, 0)).len(), 1);
    assert!(scene.files(".session") == 1 && scene.files(".lock") == 1);
}
