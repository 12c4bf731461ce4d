//! `kaltura emulate`: serves an emulated Kaltura until it is told to stop.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use kaltura_emulator::server::{Server, ServerError};
use kaltura_emulator::{BuildError, Clock, Emulator, EmulatorBuilder, FaultRule, RateLimit, Seed};
use kaltura_types::{AppTokenId, HashType, PartnerId, UnixTime};
use serde::Serialize;

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::secret_likeness::{repeatable, repeatable_path};
use crate::signals::Signals;
use crate::{output, runtime};

/// How often the record of calls is cleared, where nobody can ask for it.
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
token and three videos, 0_sample01 to 0_sample03.

It has these actions, also several in one request, with answers in all formats:
  session    start, startWidgetSession, get, end, impersonate, impersonateByKs
  appToken   startSession, add, get, list, update, delete
  user       get, delete
  system     ping, getTime
  media      get, list
  baseEntry  get, list
Lists of videos heed filters by id, time, status and type, orders by time, and the pager; other
filters, such as nameLike, let everything through.

Faults: status:503, html:502, xml, string:TEXT, cut, truncate, empty, reset, slow:1500
(milliseconds), content-type:text/html, echo, skew:-300 (seconds). Behind one may stand the
action, which calls of it (#2, #1-3), and with which probability (%10).

With --control, POST /_emulator takes commands as JSON, one or a list: \"clearFaults\",
\"forgetCalls\", or an object like {\"advanceClock\":3600}. The others: setClock, freezeClock,
skewDate, injectFault, setLatency, setRateLimits, setResponseCache, keepAnonymousPartner,
disableToken, enableToken, deleteToken, endSession, blockPartner, blockUser, unblockUser.
GET /_emulator tells the server's time and the calls so far.

Examples:
  kaltura emulate --listen 127.0.0.1:8080
  kaltura emulate --seed seed.json --at 1795493350 --freeze
  kaltura emulate --response-cache --rate-limit appToken.startSession:3/10@id
  kaltura emulate --fault status:503@appToken.startSession#2 --latency 20-80

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

    /// Answer as with the server's caches on: shared widget sessions for 10 minutes, repeated errors for 2
    #[arg(long)]
    response_cache: bool,

    /// Allow so many calls in so many seconds, and answer ACTION_BLOCKED beyond (repeatable)
    #[arg(long, value_name = "SERVICE.ACTION:CALLS/SECONDS[@PARAMETER]")]
    rate_limit: Vec<RateLimit>,

    /// Let something go wrong (repeatable), such as status:503@media.list
    #[arg(long, value_name = "FAULT[@SERVICE.ACTION][#CALL][%PERCENT]")]
    fault: Vec<FaultRule>,

    /// Let each answer take a time from this range, in milliseconds
    #[arg(long, value_name = "LEAST-MOST", value_parser = parse_latency)]
    latency: Option<Latency>,

    /// Draw what is left to chance from this number: faults, ids, secrets
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<u64>,

    /// Take commands over HTTP at /_emulator. Whoever reaches the server can then change it
    #[arg(long)]
    control: bool,

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
            output::aside(&format!("Serving an emulated Kaltura at {}. Stop it with Ctrl-C.", server.url()));
            if !self.listen.ip().to_canonical().is_loopback() {
                output::note("other machines can reach it, and whoever reaches it can use it");
            }
            serve_until_stopped(server, self.control, &mut signals).await;
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
        let mut builder = Emulator::builder().clock(clock).response_cache(self.response_cache);
        builder = builder.on_notice(|notice| output::note(&notice.to_string()));
        if let Some(number) = self.random_seed {
            builder = builder.random_seed(number);
        }
        if let Some(Latency(range)) = &self.latency {
            builder = builder.latency(range.clone());
        }
        builder = self.rate_limit.iter().cloned().fold(builder, EmulatorBuilder::rate_limit);
        builder = self.fault.iter().cloned().fold(builder, EmulatorBuilder::fault);
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
        if self.control {
            builder = builder.take_commands();
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

async fn serve_until_stopped(server: Server, calls_are_asked_for: bool, signals: &mut Signals) {
    let mut forgetting = tokio::time::interval(FORGETTING);
    loop {
        tokio::select! {
            _ = signals.next() => break,
            _ = forgetting.tick(), if !calls_are_asked_for => server.emulator().forget_calls(),
        }
    }
    // Answers under way are finished, unless somebody is in a hurry.
    let _ = signals.unless_stopped(server.shutdown()).await;
}

fn read_seed(path: &Path) -> Result<Seed, Failure> {
    let json = fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("can not read the seed {}", repeatable_path(path))).caused_by(&error)
    })?;
    Seed::from_json(&json).map_err(|error| unusable_seed(path, &error))
}

fn unusable_seed(path: &Path, error: &dyn std::error::Error) -> Failure {
    // The message may quote a value that stands in the wrong place.
    let reason = repeatable(&error.to_string()).into_owned();
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

/// How long answers take.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Latency(RangeInclusive<Duration>);

/// Reads a range of milliseconds, or one number for both ends.
fn parse_latency(text: &str) -> Result<Latency, InvalidLatency> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let milliseconds = |text: &str| text.parse().map(Duration::from_millis).map_err(|_| InvalidLatency);
    let (least, most) = (milliseconds(least)?, milliseconds(most)?);
    if least <= most { Ok(Latency(least..=most)) } else { Err(InvalidLatency) }
}

/// A text that is no range of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write milliseconds, like 20-80 or 50")]
struct InvalidLatency;

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

    #[test]
    fn a_latency_is_a_range_of_milliseconds() {
        let milliseconds = Duration::from_millis;
        assert_eq!(parse_latency("20-80"), Ok(Latency(milliseconds(20)..=milliseconds(80))));
        assert_eq!(parse_latency("50"), Ok(Latency(milliseconds(50)..=milliseconds(50))));
        for text in ["", "80-20", "-5", "5-", "1s"] {
            assert_eq!(parse_latency(text), Err(InvalidLatency), "{text}");
        }
    }
}
