//! The processes of `cargo xtask fleet`: the emulated server, and a worker that shares its session through Redis.
//!
//! Both obey lines on standard input, and end with it. Answers are lines of JSON on standard output.

mod server;
mod worker;

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

/// A parameter of each call that the server ignores: when it was sent.
const SENT_AT: &str = "sentAt";

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("server") => server::run(),
        Some("worker") => worker::run(),
        _ => Err("usage: fleet server|worker".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The lines of standard input. The channel closes with it.
fn commands() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn say(line: &str) {
    // Without a reader, standard input ends too.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The time since the machine was started, in milliseconds. It is the same for all processes, whatever their clocks show.
fn uptime() -> Result<u64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/uptime")?;
    let (seconds, rest) = text.split_once('.').ok_or("/proc/uptime has no seconds")?;
    let hundredths: u64 = rest.split(' ').next().unwrap_or_default().parse()?;
    Ok(seconds.parse::<u64>()? * 1_000 + hundredths * 10)
}
