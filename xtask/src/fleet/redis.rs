//! Redis or Valkey as child processes: a server, and a master with a replica and Sentinels.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::now;
use super::workers::signal;
use crate::Failure;

/// How long a server may take to start and to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The programs that are used.
#[derive(Debug)]
pub(crate) struct Programs {
    server: PathBuf,
    pub(super) version: String,
}

impl Programs {
    pub(crate) fn redis() -> Result<Self, Failure> {
        Self::of(Path::new("redis-server"))
            .map_err(|error| format!("{error} (package redis-server of Debian)").into())
    }

    pub(super) fn valkey(server: &Path) -> Result<Self, Failure> {
        Self::of(server)
    }

    fn of(server: &Path) -> Result<Self, Failure> {
        let output = Command::new(server).arg("--version").output();
        let output = output.map_err(|error| format!("could not run {}: {error}", server.display()))?;
        // `Redis server v=7.0.15 sha=…`.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split(" sha=").next().unwrap_or_default().trim().to_owned();
        Ok(Self { server: server.to_owned(), version })
    }
}

/// A clock that a file sets, for processes that libfaketime is preloaded into.
#[derive(Debug)]
pub(super) struct FakeClock {
    library: String,
    file: PathBuf,
    _directory: TempDir,
}

impl FakeClock {
    pub(super) fn new() -> Result<Self, Failure> {
        // `faketime` knows where its library is.
        let output = Command::new("faketime").args(["-f", "+0s", "printenv", "LD_PRELOAD"]).output();
        let output = output.map_err(|error| format!("could not run faketime: {error} (package faketime)"))?;
        let library = String::from_utf8(output.stdout)?.trim().to_owned();
        let directory = tempfile::tempdir()?;
        let clock = Self { library, file: directory.path().join("clock"), _directory: directory };
        clock.set("+0s")?;
        Ok(clock)
    }

    /// Sets the clock, such as to `-3600s` from now.
    pub(super) fn set(&self, offset: &str) -> Result<(), Failure> {
        Ok(fs::write(&self.file, offset)?)
    }

    /// The variables of a process whose clock is set by the file.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let file = self.file.to_string_lossy().into_owned();
        let mut variables = self.with("FAKETIME_TIMESTAMP_FILE", file);
        variables.push(("FAKETIME_NO_CACHE", "1".to_owned()));
        variables
    }

    /// The variables of a process whose clock is always so much ahead or behind.
    pub(super) fn fixed(&self, offset: &str) -> Vec<(&'static str, String)> {
        self.with("FAKETIME", offset.to_owned())
    }

    fn with(&self, name: &'static str, value: String) -> Vec<(&'static str, String)> {
        vec![
            // The allocator that redis-server is linked with reads the clock before the library is ready.
            ("LD_PRELOAD", format!("{}:libc.so.6", self.library)),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            (name, value),
        ]
    }
}

/// A server. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Server {
    program: PathBuf,
    options: Vec<OsString>,
    process: Option<Child>,
    port: u16,
    directory: TempDir,
}

impl Server {
    pub(crate) fn start(programs: &Programs, options: &[&str]) -> Result<Self, Failure> {
        let mut server = Self {
            program: programs.server.clone(),
            options: options.iter().map(OsString::from).collect(),
            process: None,
            port: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port(),
            directory: tempfile::tempdir()?,
        };
        server.restart(&[])?;
        Ok(server)
    }

    /// Starts it again, empty, at the same port.
    pub(super) fn restart(&mut self, variables: &[(&str, String)]) -> Result<(), Failure> {
        self.kill();
        let mut command = Command::new(&self.program);
        // A Sentinel writes to its configuration file, which must be the first argument.
        let (file, options): (Vec<_>, Vec<_>) =
            self.options.iter().partition(|option| option.to_string_lossy().ends_with(".conf"));
        command.args(file).args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.arg("--dir").arg(self.directory.path()).args(options);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        self.process = Some(process);
        let start = now();
        while self.command("PING").is_err() {
            if start.elapsed() > TIMEOUT {
                return Err(format!("{} does not start", self.program.display()).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends a command as a line. Returns the first line of the response and what has arrived with it.
    pub(crate) fn command(&self, line: &str) -> Result<String, Failure> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        (&stream).write_all(format!("{line}\r\n").as_bytes())?;
        let mut reader = BufReader::new(stream);
        let mut response = String::new();
        reader.read_line(&mut response)?;
        if let Some(error) = response.strip_prefix('-') {
            return Err(format!("{line}: {}", error.trim_end()).into());
        }
        if let Some(length) = response.strip_prefix('$').and_then(|length| length.trim_end().parse().ok()) {
            response.clear();
            reader.take(length).read_to_string(&mut response)?;
        }
        Ok(response.trim_end().to_owned())
    }

    pub(super) fn pause(&self) -> Result<(), Failure> {
        self.process.as_ref().map_or(Ok(()), |process| signal("STOP", process.id()))
    }

    pub(super) fn resume(&self) -> Result<(), Failure> {
        self.process.as_ref().map_or(Ok(()), |process| signal("CONT", process.id()))
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Both fail only for a process that has ended.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A master, its replica, and three Sentinels.
#[derive(Debug)]
pub(super) struct Sentinels {
    pub(super) master: Server,
    replica: Server,
    sentinels: Vec<Server>,
    _directory: TempDir,
}

impl Sentinels {
    pub(super) fn start(programs: &Programs) -> Result<Self, Failure> {
        let master = Server::start(programs, &["--repl-diskless-sync-delay", "0"])?;
        let replica = Server::start(programs, &["--replicaof", &format!("127.0.0.1 {}", master.port)])?;
        let directory = tempfile::tempdir()?;
        let mut sentinels = Vec::new();
        for number in 1..=3 {
            let file = directory.path().join(format!("sentinel-{number}.conf"));
            let text = format!(
                "sentinel monitor main 127.0.0.1 {} 2\nsentinel down-after-milliseconds main 500\n\
                 sentinel failover-timeout main 3000\n",
                master.port
            );
            fs::write(&file, text)?;
            sentinels.push(Server::start(programs, &[&file.to_string_lossy(), "--sentinel"])?);
        }
        let servers = Self { master, replica, sentinels, _directory: directory };
        servers.wait_until_ready()?;
        Ok(servers)
    }

    /// Until the replica has the data, and each Sentinel knows it and the other Sentinels.
    fn wait_until_ready(&self) -> Result<(), Failure> {
        let start = now();
        loop {
            let mut ready = self.replica.command("INFO replication")?.contains("master_link_status:up");
            for sentinel in &self.sentinels {
                let info = sentinel.command("INFO sentinel")?;
                ready &= info.contains("slaves=1,sentinels=3");
            }
            if ready {
                return Ok(());
            }
            if start.elapsed() > TIMEOUT {
                return Err("the Sentinels do not find each other".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn url(&self) -> String {
        let hosts: Vec<_> =
            self.sentinels.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}
