//! The memory of a client that has logged many users in.

use std::io::Write;
use std::process::Command;

use super::counts::{BenchProgram, output_of};
use crate::Failure;

/// Enough for the resident memory to tell.
const SESSIONS: u64 = 10_000;
/// Under valgrind, which is slow and exact.
const COUNTED_SESSIONS: u64 = 1_000;
/// The aim for one session besides the text of its KS, in bytes.
const TARGET: u64 = 2_000;

pub(super) fn run(program: &BenchProgram, out: &mut dyn Write) -> Result<(), Failure> {
    let printed = output_of(Command::new(&program.path).args(["sessions", &SESSIONS.to_string()]))?;
    let numbers: Vec<u64> = printed.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [before, after, ks] = numbers[..] else { return Err(format!("not three numbers: {printed}").into()) };
    let resident = (after.saturating_sub(before) / SESSIONS).saturating_sub(ks);
    let (some, none) = (heap_at_end(program, COUNTED_SESSIONS)?, heap_at_end(program, 0)?);
    let heap = (some.saturating_sub(none) / COUNTED_SESSIONS).saturating_sub(ks);
    writeln!(
        out,
        "\nmemory of a session of `login_as`, besides its KS of {ks} bytes: {heap} bytes of heap,"
    )?;
    writeln!(out, "{resident} bytes of resident memory with {SESSIONS} sessions; target ≤ {TARGET}")?;
    Ok(())
}

/// The bytes that are allocated when the program ends, while it holds so many sessions.
fn heap_at_end(program: &BenchProgram, sessions: u64) -> Result<u64, Failure> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=dhat", "--dhat-out-file=/dev/null"]).arg(&program.path);
    let output = command.args(["sessions", &sessions.to_string()]).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    bytes_at_end(&report).ok_or_else(|| format!("no `At t-end` in the report of valgrind:\n{report}").into())
}

fn bytes_at_end(report: &str) -> Option<u64> {
    let (_, rest) = report.split_once("At t-end:")?;
    let number: String = rest.split(" bytes").next()?.chars().filter(char::is_ascii_digit).collect();
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_valgrind_is_read() {
        let report = "==7== Total:     9,999,999 bytes in 100 blocks\n==7== At t-gmax: 1,000 bytes in 5 blocks\n\
                      ==7== At t-end:  1,234,567 bytes in 321 blocks\n==7== Reads: 5 bytes\n";
        assert_eq!(bytes_at_end(report), Some(1_234_567));
        assert_eq!(bytes_at_end("nothing"), None);
    }
}
