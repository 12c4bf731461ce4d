//! `kaltura emulate`: serves an emulated Kaltura until it is told to stop.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kaltura_testing::emulator::{BuildError, Clock, Emulator, Seed};
use kaltura_testing::server::{Server, ServerError};
use kaltura_types::{AppTokenId, HashType, PartnerId, UnixTime, redact};
use serde::Serialize;

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::signals::Signals;
use crate::{output, runtime};

/// How often the record of calls is cleared, which is of use to tests in the same process only.
const FORGETTING: Duration = Duration::from_secs(5);
/// The last second of the year 9999.
const LATEST: i64 = 253_402_300_799;

const EXAMPLES: &str = "\
The first line on standard output is one JSON object, everything else goes to standard
error:
  {\"url\":\"http://127.0.0.1:41327\",\"partnerId\":…,\"adminSecret\":\"…\",\"userSecret\":\"…\",
   \"appToken\":{\"id\":\"0_…\",\"token\":\"…\",\"hashType\":\"SHA256\"}}

It tells of the first partner, and of that partner's first app token that is active, has
SHA256 and no end of its own; else of the first that is active. Where there is none, it is
made. Without --seed there is one partner with random secrets, its default widget, one app
token and three videos.

Examples:
  kaltura emulate --listen 127.0.0.1:8080
  kaltura emulate --seed seed.json --at 1795493350 --freeze

It is stopped by Ctrl-C or SIGTERM, and then ends with exit code 0.";

/// Serve an emulated Kaltura to test against
///
/// It checks real hashes, signs real sessions, and answers with the real codes and messages. All is kept in
/// memory, and gone when it stops.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct EmulateCommand {
    /// Where to listen; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Begin with the partners, widgets and app tokens of this JSON file
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Start the server's clock at this Unix time
    #[arg(long, value_name = "UNIX_SECONDS", value_parser = clap::value_parser!(i64).range(0..=LATEST))]
    at: Option<i64>,

    /// Stop the server's clock at its start
    #[arg(long)]
    freeze: bool,

    /// Listen also where other machines can reach it: there is no TLS, and nobody is asked who he is
    #[arg(long)]
    allow_remote: bool,
}

impl EmulateCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let emulator = self.emulator()?;
        runtime::run(async {
            // Before anybody can know of the server: who reads the first line may stop it at once.
            let mut signals = Signals::listen()?;
            let server = self.serve(emulator).await?;
            output::json_to_stdout(&Greeting::of(&server))?;
            output::to_stderr(&format!(
                "Serving an emulated Kaltura at {}. Stop it with Ctrl-C.\n",
                server.url()
            ));
            if !self.listen.ip().to_canonical().is_loopback() {
                output::note("other machines can reach it, and whoever reaches it can use it");
            }
            serve_until_stopped(server, &mut signals).await;
            Ok(())
        })
    }

    fn emulator(&self) -> Result<Emulator, Failure> {
        let clock = Clock::new();
        if self.freeze {
            clock.freeze();
        }
        if let Some(seconds) = self.at {
            clock.set(UnixTime::from_seconds(seconds));
        }
        let mut builder = Emulator::builder().clock(clock);
        if let Some(path) = &self.seed {
            builder = builder.seed(read_seed(path)?);
        }
        builder.build().map_err(|error| match (&error, &self.seed) {
            (BuildError::UnknownPartner(_), Some(path)) => unusable_seed(path, &error),
            _ => Failure::new(ExitCode::Local, "the emulator can not be made").caused_by(&error),
        })
    }

    async fn serve(&self, emulator: Emulator) -> Result<Server, Failure> {
        let mut builder = Server::builder(emulator).address(self.listen);
        if self.allow_remote {
            builder = builder.allow_remote();
        }
        builder.bind().await.map_err(|error| match error {
            ServerError::NotLoopback(address) => {
                Failure::usage(format!("other machines could reach the emulator at {address}"))
                    .with_hint("Listen at 127.0.0.1, or say --allow-remote if that is meant.")
            }
            ServerError::Listen { address, source } => {
                Failure::new(ExitCode::Network, format!("can not listen at {address}"))
                    .caused_by(&source)
                    .with_hint("Take another address or port; with port 0 one that is free is found.")
            }
            error => Failure::new(ExitCode::Local, "the server can not be started").caused_by(&error),
        })
    }
}

async fn serve_until_stopped(server: Server, signals: &mut Signals) {
    let mut forgetting = tokio::time::interval(FORGETTING);
    loop {
        tokio::select! {
            _ = signals.next() => break,
            _ = forgetting.tick() => server.emulator().forget_calls(),
        }
    }
    // Answers under way are finished, unless somebody is in a hurry.
    let _ = signals.unless_stopped(server.shutdown()).await;
}

fn read_seed(path: &Path) -> Result<Seed, Failure> {
    let json = fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("can not read the seed {}", path.display())).caused_by(&error)
    })?;
    Seed::from_json(&json).map_err(|error| unusable_seed(path, &error))
}

fn unusable_seed(path: &Path, error: &dyn std::error::Error) -> Failure {
    // The message may quote a value that stands in the wrong place.
    let reason = redact(&error.to_string(), &[]).into_owned();
    Failure::usage(format!("can not use the seed {}: {reason}", path.display()))
}

/// The first line of output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Greeting<'a> {
    url: &'a str,
    partner_id: PartnerId,
    admin_secret: &'a str,
    user_secret: &'a str,
    app_token: GreetingToken<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GreetingToken<'a> {
    id: &'a AppTokenId,
    token: &'a str,
    hash_type: HashType,
}

impl<'a> Greeting<'a> {
    fn of(server: &'a Server) -> Self {
        let emulator = server.emulator();
        let token = emulator.app_token();
        Self {
            url: server.url().as_str(),
            partner_id: emulator.partner_id(),
            admin_secret: emulator.admin_secret().expose(),
            user_secret: emulator.user_secret().expose(),
            app_token: GreetingToken {
                id: token.id(),
                token: token.value().expose(),
                hash_type: token.hash_type(),
            },
        }
    }
}

/// Reads an address with a port; `localhost` is 127.0.0.1.
fn parse_address(text: &str) -> Result<SocketAddr, InvalidAddress> {
    match text.strip_prefix("localhost:") {
        Some(port) => port.parse().map(|port| (Ipv4Addr::LOCALHOST, port).into()).map_err(|_| InvalidAddress),
        None => text.parse().map_err(|_| InvalidAddress),
    }
}

/// A text that is no address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an address and a port, like 127.0.0.1:8080 or [::1]:8080")]
struct InvalidAddress;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(parse_address("localhost:80"), Ok(([127, 0, 0, 1], 80).into()));
        assert_eq!(parse_address("[::1]:0").unwrap().port(), 0);
        for text in ["", "8080", "127.0.0.1", "localhost", "localhost:", "example.com:80", "127.0.0.1:70000"]
        {
            assert_eq!(parse_address(text), Err(InvalidAddress), "{text}");
        }
    }
}
