//! `kaltura emulate`: serves an emulated Kaltura until it is told to stop, or while a program runs.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kaltura_emulator::server::{ReadyFile, Server, ServerError};
use kaltura_emulator::{
    BuildError, Clock, Emulator, EmulatorBuilder, FaultRule, LatencyRange, RateLimit, Seed, Stub,
};
use kaltura_types::UnixTime;
use tokio::process::Command;

use super::exec::not_run;
use crate::config::SecretVariable;
use crate::error::{ExitCode, Failure};
use crate::files::without_bom;
use crate::output::{Ui, Verbosity};
use crate::profile::Profile;
use crate::redaction::{repeatable, repeatable_path};
use crate::signals::{Signals, run_program};
use crate::{http, signals, time};

/// How often the calls are forgotten, if no client can ask for them.
const FORGETTING: Duration = Duration::from_secs(5);

/// What follows the options in `--help`.
const EXAMPLES: &str = include_str!("emulate/help.txt");

/// Serve an emulated Kaltura to test against
///
/// It checks real hashes, signs real sessions, and responds with the real codes and messages. Everything is kept
/// in memory, and lost when it stops.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EmulateCommand {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Start with the partners, widgets, app tokens and videos of this JSON file
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Print the complete seed, with its secrets, and exit
    #[arg(long, conflicts_with_all = ["ready_file", "program"])]
    print_seed: bool,

    /// Write the first line of output to this file once the server listens; it is removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    /// Start the server's clock at this Unix time
    #[arg(long, value_name = "UNIX_SECONDS", value_parser = clap::value_parser!(i64).range(0..=time::LATEST))]
    at: Option<i64>,

    /// Freeze the server's clock at its start
    #[arg(long)]
    freeze: bool,

    /// Respond as with the server's caches on: shared widget sessions for 10 minutes, repeated errors for 2
    #[arg(long)]
    response_cache: bool,

    /// Allow this many calls in this many seconds, and respond ACTION_BLOCKED beyond (repeatable)
    #[arg(long, value_name = "SERVICE.ACTION:CALLS/SECONDS[@PARAMETER]")]
    rate_limit: Vec<RateLimit>,

    /// Inject a fault (repeatable), such as status:503@media.list
    #[arg(long, value_name = "FAULT[@SERVICE.ACTION][#CALL][%PERCENT]")]
    fault: Vec<FaultRule>,

    /// Respond to an action with a JSON file (repeatable); SESSION is any, admin or none
    #[arg(long, value_name = "SERVICE.ACTION[@SESSION]=FILE", value_parser = parse_stub)]
    stub: Vec<Stub>,

    /// Delay each response by a time from this range, in milliseconds
    #[arg(long, value_name = "LEAST-MOST")]
    latency: Option<LatencyRange>,

    /// Seed for random values: faults, ids, secrets
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<u64>,

    /// Accept commands over HTTP at /_emulator, from every program on this machine
    #[arg(long)]
    control: bool,

    /// Accept commands only with the token that the first line of output then contains
    #[arg(long)]
    control_token: bool,

    /// Accept commands of web pages of this origin, with the token (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    control_origin: Vec<String>,

    /// Serve a page for people, whose address is in the first line of output: calls, objects, clock, faults, tools
    #[arg(long)]
    ui: bool,

    /// Listen on addresses that other machines can reach: no TLS and no authentication
    #[arg(long)]
    allow_remote: bool,

    /// A program and its arguments to run with the server
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

impl EmulateCommand {
    pub(crate) fn run(self, ui: &Ui) -> Result<(), Failure> {
        let emulator = self.emulator(ui)?;
        if self.print_seed {
            return ui.print_json(emulator.seed());
        }
        let status = signals::run(ui, async {
            // Before a client can know of the server: it may stop it at once.
            let mut signals = Signals::listen(ui)?;
            let server = self.serve(emulator).await?;
            let _ready = self.ready_file.as_deref().map(|path| ready_file(path, &server)).transpose()?;
            if let Some(url) = server.ui_url() {
                ui.aside(&format!("The page of the emulator: {url}"));
            }
            if let Some((program, arguments)) = self.program.split_first() {
                let mut command = Command::new(program);
                // A session or a profile would be of another server.
                command.args(arguments).env_remove(SecretVariable::KS).env_remove(Profile::VARIABLE);
                let code = run_program(ui, command.envs(server.access().variables()), &mut signals).await;
                server.shutdown().await;
                return code.map(Some).map_err(|error| not_run(program, &error));
            }
            ui.print_json(&server.access())?;
            ui.aside(&format!("Serving an emulated Kaltura at {}. Stop it with Ctrl-C.", server.url()));
            if !self.listen.ip().to_canonical().is_loopback() {
                ui.note("other machines can reach the emulator and use it");
            }
            serve_until_stopped(server, self.has_control() || self.ui, &mut signals).await;
            Ok(None)
        })?;
        match status {
            None | Some(0) => Ok(()),
            Some(code) => Err(Failure::program_ended(code)),
        }
    }

    const fn has_control(&self) -> bool {
        self.control || self.control_token || !self.control_origin.is_empty()
    }

    fn emulator(&self, ui: &Ui) -> Result<Emulator, Failure> {
        let clock = Clock::new();
        if self.freeze {
            clock.freeze();
        }
        if let Some(seconds) = self.at {
            clock.set(UnixTime::from_seconds(seconds));
        }
        let mut builder = Emulator::builder().clock(clock).response_cache(self.response_cache);
        let noted = ui.clone();
        builder = builder.on_notice(move |notice| noted.note(&notice.to_string()));
        if let Some(number) = self.random_seed {
            builder = builder.random_seed(number);
        }
        if let Some(range) = self.latency {
            builder = builder.latency(range.into());
        }
        let verbosity = ui.verbosity;
        if verbosity >= Verbosity::Requests {
            let with_parameters = verbosity >= Verbosity::Bodies;
            let ui = ui.clone();
            builder = builder.on_call(move |call| {
                let line = if with_parameters { format!("{call:#}") } else { call.to_string() };
                http::write_line(&ui, &line);
            });
        }
        builder = self.rate_limit.iter().cloned().fold(builder, EmulatorBuilder::rate_limit);
        builder = self.fault.iter().cloned().fold(builder, EmulatorBuilder::fault);
        builder = self.stub.iter().cloned().fold(builder, EmulatorBuilder::stub);
        if let Some(path) = &self.seed {
            builder = builder.seed(read_seed(path)?);
        }
        builder.build().map_err(|error| match (&error, &self.seed) {
            (BuildError::UnknownPartner(_), Some(path)) => unusable_seed(path, &error),
            _ => Failure::new(ExitCode::Local, "the emulator cannot be created").caused_by(&error),
        })
    }

    async fn serve(&self, emulator: Emulator) -> Result<Server, Failure> {
        let mut builder = Server::builder(emulator).address(self.listen);
        if self.allow_remote {
            builder = builder.allow_remote();
        }
        if self.has_control() {
            builder = builder.take_commands();
        }
        if self.control_token {
            builder = builder.control_token();
        }
        if self.ui {
            builder = builder.ui();
        }
        builder = self
            .control_origin
            .iter()
            .cloned()
            .fold(builder, |builder, origin| builder.control_origin(origin));
        builder.bind().await.map_err(|error| match error {
            ServerError::NotLoopback(address) => {
                Failure::usage(format!("other machines could reach the emulator at {address}"))
                    .with_hint("Listen on 127.0.0.1, or pass --allow-remote.")
            }
            ServerError::InvalidOrigin(_) => Failure::usage(error.to_string()),
            ServerError::Listen { address, source } => {
                Failure::new(ExitCode::Network, format!("cannot listen on {address}"))
                    .caused_by(&source)
                    .with_hint("Choose another address or port; port 0 picks a free one.")
            }
            error => Failure::new(ExitCode::Local, "the server cannot be started").caused_by(&error),
        })
    }
}

async fn serve_until_stopped(server: Server, keeps_calls: bool, signals: &mut Signals) {
    let mut forgetting = tokio::time::interval(FORGETTING);
    loop {
        tokio::select! {
            _ = signals.next() => break,
            _ = forgetting.tick(), if !keeps_calls => server.emulator().forget_calls(),
        }
    }
    // Running requests are finished, unless a second signal comes.
    let _ = signals.unless_stopped(server.shutdown()).await;
}

fn ready_file(path: &Path, server: &Server) -> Result<ReadyFile, Failure> {
    server.write_ready_file(path).map_err(|error| {
        let message = format!("the ready file {} cannot be written", repeatable_path(path));
        Failure::new(ExitCode::Local, message).caused_by(&error)
    })
}

fn read_seed(path: &Path) -> Result<Seed, Failure> {
    let json = fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read the seed {}", repeatable_path(path))).caused_by(&error)
    })?;
    Seed::from_json(&without_bom(json)).map_err(|error| unusable_seed(path, &error))
}

fn unusable_seed(path: &Path, error: &dyn std::error::Error) -> Failure {
    // The message may contain the name of a member, and that may be a secret in the wrong place.
    let reason = repeatable(&error.to_string()).into_owned();
    Failure::usage(format!("cannot use the seed {}: {reason}", path.display()))
}

/// Reads an address with a port; `localhost` is 127.0.0.1.
fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    text.parse().map_err(|_| "write an address and a port, like 127.0.0.1:8080 or [::1]:8080")
}

/// Reads a stub, and the file with its result.
fn parse_stub(text: &str) -> Result<Stub, String> {
    let (action, path) =
        text.split_once('=').ok_or("write an action and a file, like media.add=entry.json")?;
    let (action, session) = action.split_once('@').unwrap_or((action, "any"));
    let session = session.parse().map_err(|error: kaltura_emulator::InvalidStub| error.to_string())?;
    let path = Path::new(path);
    let json = fs::read_to_string(path)
        .map_err(|error| format!("the file {} cannot be read: {error}", repeatable_path(path)))?;
    Ok(Stub::new(action, &without_bom(json)).map_err(|error| error.to_string())?.requires(session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(parse_address("localhost:80"), Ok(([127, 0, 0, 1], 80).into()));
        assert_eq!(parse_address("[::1]:0").unwrap().port(), 0);
        for text in ["", "8080", "127.0.0.1", "localhost", "localhost:", "example.com:80", "127.0.0.1:70000"]
        {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }
}
