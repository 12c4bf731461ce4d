//! Real servers for the tests: `redis-server` on a free port of loopback, with nothing saved, killed with the test.

use std::env;
use std::fmt;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kaltura_store::redis::{RedisStore, RedisUrl};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Set in CI: there a missing program is a failure.
const REQUIRED: &str = "KALTURA_CI_REQUIRE_REDIS";
/// How long a server may take to start. It needs a few milliseconds.
const START: Duration = Duration::from_secs(60);

/// Whether a program is installed. If it is not, the test is skipped, with a line that says so.
pub(crate) fn is_installed(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&paths).any(|path| path.join(program).is_file()) {
        return true;
    }
    let test = thread::current().name().unwrap_or_default().to_owned();
    assert!(env::var_os(REQUIRED).is_none(), "{program} is not installed, and {REQUIRED} is set");
    eprintln!("skipped: {test}: {program} is not installed");
    false
}

/// Starts a server with these options, or returns from the test if there is no `redis-server`.
macro_rules! server_or_skip {
    ($($option:expr),* $(,)?) => {{
        if !$crate::server::is_installed("redis-server") {
            return;
        }
        $crate::server::Server::start(&[$($option),*])
    }};
}
pub(crate) use server_or_skip;

/// A running server. Dropping it kills the process.
pub(crate) struct Server {
    process: Option<Child>,
    port: u16,
    options: Vec<String>,
    variables: Vec<(&'static str, String)>,
    directory: TempDir,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_with_variables(options, &[])
    }

    pub(crate) fn start_with_variables(options: &[&str], variables: &[(&'static str, String)]) -> Self {
        let mut server = Self {
            process: None,
            port: 0,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            variables: variables.to_vec(),
            directory: tempfile::tempdir().unwrap(),
        };
        // Another process may take the port before the server does.
        while !server.try_start(free_port()) {}
        server
    }

    fn try_start(&mut self, port: u16) -> bool {
        let mut command = Command::new("redis-server");
        // A Sentinel writes to its configuration file, which must be the first argument.
        let is_sentinel = self.options.first().is_some_and(|option| option.ends_with(".conf"));
        command.args(self.options.iter().take(usize::from(is_sentinel)));
        let is_tls = self.options.iter().any(|option| option == "--tls-cert-file");
        command.args([if is_tls { "--tls-port" } else { "--port" }, &port.to_string()]);
        command.args(["--bind", "127.0.0.1", "--save", "", "--dir"]).arg(self.directory.path());
        command.args(self.options.iter().skip(usize::from(is_sentinel)));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let mut process = command.stdout(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if process.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(start.elapsed() < START, "redis-server does not start");
            thread::sleep(Duration::from_millis(5));
        }
        // It may be another server at this port.
        thread::sleep(Duration::from_millis(5));
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        self.port = port;
        self.process = Some(process);
        true
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the server.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The URL without credentials.
    pub(crate) fn url(&self) -> RedisUrl {
        format!("redis://127.0.0.1:{}", self.port).parse().unwrap()
    }

    pub(crate) fn store(&self) -> RedisStore {
        RedisStore::new(self.url()).unwrap()
    }

    /// The store of a user with this password.
    pub(crate) fn store_of(&self, user: &str, password: &str) -> RedisStore {
        let url = format!("redis://{user}:{password}@127.0.0.1:{}", self.port);
        RedisStore::new(url.parse().unwrap()).unwrap()
    }

    /// Sends a command as the default user, such as `CONFIG SET maxmemory 1`.
    pub(crate) fn command<T: redis::FromRedisValue>(&self, line: &str) -> T {
        self.words(&line.split(' ').collect::<Vec<_>>())
    }

    /// As `command`, with words that may contain spaces.
    pub(crate) fn words<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let mut connection = client.get_connection().unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut connection).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it again, at the same port.
    pub(crate) fn restart(&mut self) {
        self.kill();
        assert!(self.try_start(self.port), "the port was taken meanwhile");
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().unwrap();
        kill_process(Pid::from_child(process), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port).finish_non_exhaustive()
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
