//! Many callers at once without a session, and calls at a constant rate while the session is renewed.

use std::fs;
use std::io::Write;
use std::process::Command;

use super::counts::{BenchProgram, output_of};
use super::plot;
use super::statistics::quantile;
use crate::Failure;
use crate::workspace::Workspace;

const CALLERS: usize = 10_000;
const SECONDS: u32 = 90;

/// The directory of the plots, from the root of the repository.
pub(super) const PLOTS: &str = "docs/performance";

pub(super) fn run(
    workspace: &Workspace,
    program: &BenchProgram,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let plots = workspace.root.join(PLOTS);
    fs::create_dir_all(&plots)?;
    let is_single = herd(program, &plots.join("herd.svg"), out)?;
    renewal(program, &plots.join("renewal.svg"), out)?;
    Ok(is_single)
}

/// `false` if the callers did not share one login.
fn herd(program: &BenchProgram, plot: &std::path::Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let printed = output_of(Command::new(&program.path).args(["herd", &CALLERS.to_string()]))?;
    let mut lines = printed.lines().filter_map(|line| line.parse::<f64>().ok());
    let requests = lines.next().unwrap_or_default();
    let mut waits: Vec<f64> = lines.map(|micros| micros / 1e3).collect();
    waits.sort_by(f64::total_cmp);
    let at = |part| quantile(&waits, part, 1000);
    writeln!(
        out,
        "{CALLERS} callers without a session: {requests} requests at the server; waited {:.1} ms (median), {:.1} ms \
         (99.9 %), {:.1} ms (longest)",
        at(500),
        at(999),
        at(1000)
    )?;
    // A thousand points show the distribution as well as ten thousand.
    let parts = (0_u32..=1000).map(|part| (f64::from(part) / 10.0, at(part as usize))).collect::<Vec<_>>();
    let title = format!("{CALLERS} callers at once, one login of 100 ms: how long each waits");
    fs::write(plot, plot::points(&title, ["% of the callers", "ms"], &parts, &[]))?;
    Ok(requests == 2.0)
}

fn renewal(program: &BenchProgram, plot: &std::path::Path, out: &mut dyn Write) -> Result<(), Failure> {
    let printed = output_of(Command::new(&program.path).args(["renewal", &SECONDS.to_string()]))?;
    let (calls, logins) = read_renewal(&printed);
    let mut times: Vec<f64> = calls.iter().map(|call| call.1).collect();
    times.sort_by(f64::total_cmp);
    let at = |part| quantile(&times, part, 1000);
    writeln!(
        out,
        "{} calls in {SECONDS} s with {} renewals of 100 ms: {:.2} ms (median), {:.2} ms (99 %), {:.2} ms (99.9 %), \
         {:.2} ms (longest)",
        calls.len(),
        logins.len().saturating_sub(1),
        at(500),
        at(990),
        at(999),
        at(1000)
    )?;
    let title = "Calls at a constant rate; a dashed line is a login of 100 ms: no call waits for a renewal";
    fs::write(plot, plot::points(title, ["s", "ms"], &calls, &logins))?;
    Ok(())
}

/// The calls as seconds since the start and milliseconds, and the seconds of the logins.
fn read_renewal(printed: &str) -> (Vec<(f64, f64)>, Vec<f64>) {
    let (mut calls, mut logins) = (Vec::new(), Vec::new());
    for line in printed.lines() {
        let Some((first, second)) = line.split_once(' ') else { continue };
        match (first.parse::<f64>(), second.parse::<f64>()) {
            (Ok(at), Ok(took)) => calls.push((at / 1e3, took / 1e3)),
            (Err(_), Ok(at)) if first == "login" => logins.push(at / 1e3),
            _ => {}
        }
    }
    (calls, logins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_logins_are_read() {
        let (calls, logins) = read_renewal("login 3\n5 1500\nlogin 9000\n7 250\n");
        assert_eq!(calls, [(0.005, 1.5), (0.007, 0.25)]);
        assert_eq!(logins, [0.003, 9.0]);
    }
}
