//! What happens to the fleet, and what must hold.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use super::redis::{FakeClock, Programs, Sentinels, Server};
use super::table::{Limits, Table};
use super::workers::Fleet;
use super::{Size, now};
use crate::Failure;

const SECOND: Duration = Duration::from_secs(1);
/// A login with a new widget session: two requests of 300 ms.
const LOGIN: Duration = Duration::from_millis(600);
/// What a process may wait longer than the one that logs in: its longest poll.
const POLL: Duration = Duration::from_millis(200);
/// How long a lease holds when its holder dies.
const LEASE: Duration = Duration::from_secs(2);

/// Runs the scenarios, one after the other, on one fleet.
pub(super) struct Scenarios<'a> {
    fleet: Fleet,
    redis: Server,
    programs: &'a Programs,
    size: Size,
    table: Table,
    out: &'a mut dyn Write,
}

impl<'a> Scenarios<'a> {
    pub(super) fn new(
        fleet: Fleet,
        programs: &'a Programs,
        size: Size,
        out: &'a mut dyn Write,
    ) -> Result<Self, Failure> {
        let redis = Server::start(programs, &["--maxmemory-policy", "noeviction"])?;
        Ok(Self { fleet, redis, programs, size, table: Table::default(), out })
    }

    pub(super) fn into_table(self) -> Table {
        self.table
    }

    pub(super) fn run_short(&mut self) -> Result<(), Failure> {
        self.all_start_cold()?;
        self.renewals_in_peace(1)?;
        self.holder_is_killed()?;
        self.all_sessions_end()
    }

    pub(super) fn run_all(&mut self) -> Result<(), Failure> {
        self.all_start_cold()?;
        self.renewals_in_peace(2)?;
        self.all_sessions_end()?;
        self.holder_is_killed()?;
        self.holder_is_stopped()?;
        self.server_is_emptied()?;
        self.server_stalls("server stalls for 2.5 s over a renewal", Duration::from_millis(2_500), 1)?;
        let each = self.processes();
        self.server_stalls("server stopped for 4 s over a renewal", SECOND * 4, each)?;
        self.server_is_gone()?;
        self.server_is_full()?;
        self.clock_of_the_server_is_set()?;
        self.clocks_of_the_processes_differ()?;
        self.sentinel_fails_over()
    }

    fn processes(&self) -> u64 {
        self.size.processes as u64
    }

    /// The age of a session half a second before it is renewed.
    fn age_before_window(&self) -> Duration {
        self.size.lifetime - self.size.lifetime / 8 - SECOND / 2
    }

    /// Begins a scenario when the last session has this age. What happened before does not count.
    fn begin_at_age(&mut self, age: Duration) -> Result<(), Failure> {
        self.begin_between(age, age + SECOND / 2)
    }

    fn begin_between(&mut self, from: Duration, to: Duration) -> Result<(), Failure> {
        let start = now();
        loop {
            match self.fleet.age()? {
                Some(age) if age >= from && age <= to => break,
                Some(age) if age < from => sleep((from - age).min(SECOND)),
                _ => sleep(Duration::from_millis(20)),
            }
            if start.elapsed() > self.size.lifetime * 4 {
                return Err("no session is renewed".into());
            }
        }
        self.fleet.report().map(drop)
    }

    /// Begins a scenario soon after a renewal, when it is over.
    fn begin(&mut self) -> Result<(), Failure> {
        self.begin_between(SECOND, self.size.lifetime / 2)
    }

    fn wait_for_login(&self) -> Result<usize, Failure> {
        self.fleet.wait_for_login(self.size.lifetime * 2)
    }

    /// Ends a scenario.
    fn end(&mut self, name: &'static str, limits: Limits) -> Result<(), Failure> {
        let seen = self.fleet.report()?;
        let row = self.table.add(name, limits, seen);
        writeln!(self.out, "{row}")?;
        Ok(())
    }

    fn all_start_cold(&mut self) -> Result<(), Failure> {
        let store = self.redis.url();
        self.fleet.start_workers(&store, &[])?;
        self.fleet.forget_counts()?;
        self.fleet.go()?;
        sleep(SECOND * 3);
        let limits = Limits { min_logins: 1, max_logins: 1, dead: 0, wait: LOGIN + POLL };
        self.end("all start cold at once", limits)
    }

    fn renewals_in_peace(&mut self, renewals: u32) -> Result<(), Failure> {
        self.begin()?;
        sleep(self.size.lifetime * renewals);
        let renewals = u64::from(renewals);
        // They are due after nine tenths of a life.
        let limits = Limits { min_logins: renewals, max_logins: renewals + 1, dead: 0, wait: Duration::ZERO };
        self.end("renewals in peace", limits)
    }

    /// The first call of each process shows that its session has ended.
    fn all_sessions_end(&mut self) -> Result<(), Failure> {
        // A session that ends before half of its life counts as revoked early.
        self.begin_at_age(self.size.lifetime * 6 / 10)?;
        self.fleet.end_sessions()?;
        sleep(SECOND * 2);
        let limits = Limits { min_logins: 1, max_logins: 1, dead: self.processes(), wait: LOGIN + POLL };
        self.end("all sessions end at the server at once", limits)
    }

    fn holder_is_killed(&mut self) -> Result<(), Failure> {
        self.begin()?;
        let holder = self.wait_for_login()?;
        self.fleet.kill(holder);
        let store = self.redis.url();
        self.fleet.replace_worker(&store)?;
        self.after_the_holder("holder of the lease killed")
    }

    fn holder_is_stopped(&mut self) -> Result<(), Failure> {
        self.begin()?;
        let holder = self.wait_for_login()?;
        self.fleet.stop(holder)?;
        sleep(SECOND * 6);
        self.fleet.resume(holder)?;
        self.after_the_holder("holder of the lease stopped for 6 s")
    }

    fn after_the_holder(&mut self, name: &'static str) -> Result<(), Failure> {
        sleep(LEASE + LOGIN + SECOND);
        // The login of the holder may have reached the server.
        self.end(name, Limits { min_logins: 1, max_logins: 2, dead: 0, wait: LEASE + LOGIN })
    }

    fn server_is_emptied(&mut self) -> Result<(), Failure> {
        self.begin()?;
        self.redis.command("FLUSHALL")?;
        self.wait_for_login()?;
        self.redis.command("FLUSHALL")?;
        sleep(SECOND * 3);
        self.end(
            "FLUSHALL before and during a renewal",
            Limits { min_logins: 1, max_logins: 2, dead: 0, wait: LOGIN },
        )
    }

    fn server_stalls(&mut self, name: &'static str, time: Duration, max_logins: u64) -> Result<(), Failure> {
        self.begin_at_age(self.age_before_window())?;
        self.redis.pause()?;
        sleep(time);
        self.redis.resume()?;
        sleep(SECOND * 3);
        let wait = if max_logins == 1 { time + LOGIN } else { SECOND + LOGIN };
        self.end(name, Limits { min_logins: 1, max_logins, dead: 0, wait })
    }

    fn server_is_gone(&mut self) -> Result<(), Failure> {
        self.begin_at_age(self.age_before_window() - SECOND)?;
        self.redis.kill();
        sleep(SECOND * 8);
        self.redis.restart(&[])?;
        sleep(SECOND * 2);
        let limits = Limits { min_logins: 1, max_logins: self.processes(), dead: 0, wait: SECOND + LOGIN };
        self.end("server gone for 8 s over a renewal, back empty", limits)
    }

    fn server_is_full(&mut self) -> Result<(), Failure> {
        self.begin_at_age(self.age_before_window())?;
        self.redis.command("CONFIG SET maxmemory 1")?;
        sleep(self.size.lifetime / 10 + SECOND * 3);
        self.redis.command("CONFIG SET maxmemory 0")?;
        let limits = Limits { min_logins: 1, max_logins: self.processes(), dead: 0, wait: SECOND + LOGIN };
        self.end("server out of memory over a renewal", limits)
    }

    fn clock_of_the_server_is_set(&mut self) -> Result<(), Failure> {
        let clock = FakeClock::new()?;
        self.begin()?;
        self.redis.restart(&clock.variables())?;
        self.wait_for_login()?;
        for (name, offset) in
            [("clock of the server set 1 h back", "-3600s"), ("clock of the server set 3 h ahead", "+7200s")]
        {
            self.begin()?;
            clock.set(offset)?;
            self.wait_for_login()?;
            sleep(SECOND * 2);
            self.end(name, Limits { min_logins: 1, max_logins: 1, dead: 0, wait: Duration::ZERO })?;
        }
        self.redis.restart(&[])
    }

    fn clocks_of_the_processes_differ(&mut self) -> Result<(), Failure> {
        let clock = FakeClock::new()?;
        self.redis.command("FLUSHALL")?;
        let store = self.redis.url();
        let clocks = ["+7200s", "-7200s"].map(|offset| clock.fixed(offset));
        self.fleet.start_workers(&store, &[&clocks[..], &[Vec::new()]].concat())?;
        self.fleet.forget_counts()?;
        self.fleet.go()?;
        sleep(self.size.lifetime * 3 / 2);
        let limits = Limits { min_logins: 2, max_logins: 2, dead: 0, wait: LOGIN + POLL };
        self.end("clocks of the processes 2 h ahead, 2 h behind: start and a renewal", limits)
    }

    fn sentinel_fails_over(&mut self) -> Result<(), Failure> {
        let mut servers = Sentinels::start(self.programs)?;
        self.fleet.start_workers(&servers.url(), &[])?;
        self.fleet.go()?;
        self.begin_at_age(self.age_before_window())?;
        servers.master.kill();
        sleep(self.size.lifetime / 10 + SECOND * 5);
        let limits = Limits { min_logins: 1, max_logins: 2, dead: 0, wait: SECOND * 3 };
        self.end("Sentinel failover over a renewal", limits)
    }
}
