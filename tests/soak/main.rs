//! The processes of `cargo xtask soak`: many tasks in several processes call an emulated server with sessions of a few
//! seconds that they share, while faults strike at random.
//!
//! At the end, every failed call is explained by a fault that was active, no output has a secret, memory and
//! descriptors have not grown, and the server has seen as many requests as the model allows.

mod disturbance;
mod judgement;
mod processes;
mod run;
mod worker;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

/// Why the run could not be made.
type Failure = Box<dyn Error + Send + Sync>;

/// A parameter of each call that the server ignores: which call it is.
const CALL_ID: &str = "callId";

/// How long a session lives, in seconds.
const LIFETIME: u32 = 8;
/// The limits of each worker. Short ones, so that a fault has ended for a caller soon after it has ended.
const REQUEST_TIMEOUT_MS: u64 = 3_000;
const MAX_BACKOFF_MS: u64 = 500;
/// How often a call is sent, at most: three attempts, and once more after a refused KS in each.
const MAX_SENT: u32 = 6;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["run", seconds, seed] => match (seconds.parse(), seed.parse()) {
            (Ok(seconds), Ok(seed)) => run::run(seconds, seed),
            _ => Err("SECONDS and SEED are numbers".into()),
        },
        ["worker"] => worker::run().map(|()| true),
        _ => Err("usage: soak run SECONDS SEED | soak worker".into()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The time since the machine was started, in milliseconds: the same for all processes.
fn uptime() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/uptime")?;
    let (seconds, rest) = text.split_once('.').ok_or("/proc/uptime has no seconds")?;
    let hundredths: u64 = rest.split(' ').next().unwrap_or_default().parse()?;
    Ok(seconds.parse::<u64>()? * 1_000 + hundredths * 10)
}
