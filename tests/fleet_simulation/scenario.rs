//! What happens to a fleet, and what is measured.

use std::time::Duration;

use kaltura_auth::manager::{SessionManager, SessionManagerBuilder};
use kaltura_auth::runtime::Runtime as _;
use kaltura_auth::source::AppTokenSource;
use kaltura_auth::types::{HashType, PartnerId};
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
use kaltura_testing::runtime::TestRuntime;

use super::server::{LIFETIME, Server, next_seed};
use super::store::RemoteStore;

/// The renewals that are counted in normal operation.
const RENEWALS: u64 = 3;

/// The outage begins before the first process renews, and lasts until after all sessions have ended.
const OUTAGE_STARTS: u64 = LIFETIME - 400;
const OUTAGE_ENDS: u64 = OUTAGE_STARTS + 600;

/// How long after the outage is measured.
const AFTER_OUTAGE: u64 = 150;

/// What the server and the network do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Every request is answered.
    Normal,
    /// For ten minutes around the end of the sessions, connections are refused.
    Outage,
}

/// What was measured in one run.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) processes: usize,
    pub(crate) shared: bool,
    pub(crate) scenario: Scenario,
    /// For one renewal of all processes, or to recover from the outage.
    pub(crate) logins: f64,
    /// The most requests in one second: of the renewals, or after the outage.
    pub(crate) peak: u32,
    /// The most connections that were refused in one second of the outage.
    pub(crate) peak_refused: u32,
    /// The most requests in one second of the start of all processes at once.
    pub(crate) peak_start: u32,
    /// The time after the outage until all have a session.
    pub(crate) recovered_after: Option<u64>,
    /// Requests to the store for each process, in one renewal or over the outage.
    pub(crate) store_requests: f64,
    /// The requests in each second from a minute before the end of the outage.
    pub(crate) around_the_end: Vec<u32>,
}

impl Measured {
    pub(crate) fn run(processes: usize, shared: bool, scenario: Scenario) -> Self {
        let fleet = Fleet::start(processes, shared);
        match scenario {
            Scenario::Normal => fleet.measure_renewals(),
            Scenario::Outage => fleet.measure_outage(),
        }
    }
}

struct Fleet {
    runtime: TestRuntime,
    server: Server,
    store: RemoteStore,
    shared: bool,
    managers: Vec<SessionManager>,
}

impl Fleet {
    /// Starts all processes at once. Each calls its manager about once a second, as a busy service does, and keeps its
    /// session fresh.
    fn start(processes: usize, shared: bool) -> Self {
        let runtime = TestRuntime::new().with_seed(next_seed());
        let (server, store) = (Server::new(&runtime), RemoteStore::new(&runtime));
        let token = "3f786850e387550fdab836ed7e6dc881";
        let token = AppTokenCredentials::new(PartnerId::new(7), "0_7jh3eu10", token, HashType::Sha256);
        let login = AppTokenLogin::new(ServiceUrl::US, token);
        let managers: Vec<SessionManager> = (0..processes)
            .map(|_| {
                let source = AppTokenSource::new(login.clone(), server.clone());
                let builder = SessionManager::builder(source, runtime.clone());
                let share = |builder: SessionManagerBuilder| builder.store(store.clone());
                let manager = if shared { share(builder) } else { builder }.build();
                let _spawned = runtime.spawn(Box::pin(manager.run_refresh_loop()));
                manager
            })
            .collect();
        runtime.run_for(Duration::from_secs(30));
        Self { runtime, server, store, shared, managers }
    }

    /// Runs until this second since the start.
    fn run_until(&self, second: u64) {
        let now = (kaltura_auth::runtime::Clock::unix_time(&self.runtime) - TestRuntime::START).as_secs();
        self.runtime.run_for(Duration::from_secs(second.saturating_sub(now)));
    }

    fn measure_renewals(self) -> Measured {
        let (logins, _) = (self.server.logins(), self.store.take_requests());
        let before = self.server.by_second();
        self.run_until(LIFETIME * RENEWALS);
        let renewed = self.server.logins() - logins;
        let by_second = self.server.by_second();
        let store_requests = self.store.take_requests();
        let renewals = RENEWALS as f64;
        Measured {
            logins: renewed as f64 / renewals,
            peak: peak(&by_second[before.len()..]),
            store_requests: store_requests as f64 / renewals / self.managers.len() as f64,
            ..self.nothing(Scenario::Normal, peak(&before))
        }
    }

    fn measure_outage(self) -> Measured {
        let start = peak(&self.server.by_second());
        self.run_until(OUTAGE_STARTS);
        let (logins, _) = (self.server.logins(), self.store.take_requests());
        self.server.set_out(true);
        self.run_until(OUTAGE_ENDS);
        self.server.set_out(false);
        let mut recovered_after = None;
        for second in 1..=AFTER_OUTAGE {
            self.run_until(OUTAGE_ENDS + second);
            if recovered_after.is_none() && self.managers.iter().all(|manager| manager.fresh().is_some()) {
                recovered_after = Some(second);
            }
        }
        let mut by_second = self.server.by_second();
        let end = |second: u64| usize::try_from(second).unwrap_or(usize::MAX);
        by_second.resize(end(OUTAGE_ENDS + AFTER_OUTAGE) + 1, 0);
        Measured {
            logins: (self.server.logins() - logins) as f64,
            peak: peak(&by_second[end(OUTAGE_ENDS)..]),
            peak_refused: peak(&by_second[end(OUTAGE_STARTS)..end(OUTAGE_ENDS)]),
            recovered_after,
            store_requests: self.store.take_requests() as f64 / self.managers.len() as f64,
            around_the_end: by_second[end(OUTAGE_ENDS - 60)..end(OUTAGE_ENDS + 90)].to_vec(),
            ..self.nothing(Scenario::Outage, start)
        }
    }

    fn nothing(&self, scenario: Scenario, peak_start: u32) -> Measured {
        Measured {
            processes: self.managers.len(),
            shared: self.shared,
            scenario,
            logins: 0.0,
            peak: 0,
            peak_refused: 0,
            peak_start,
            recovered_after: None,
            store_requests: 0.0,
            around_the_end: Vec::new(),
        }
    }
}

fn peak(by_second: &[u32]) -> u32 {
    by_second.iter().copied().max().unwrap_or(0)
}
