//! The table of the simulation, in the document.

use std::error::Error;
use std::fmt::Write as _;

use super::scenario::{Measured, Scenario};

const START: &str = "<!-- simulation: start -->\n";
const END: &str = "<!-- simulation: end -->";

/// The document with this table between its two markers.
pub(crate) fn replace(document: &str, table: &str) -> Result<String, Box<dyn Error>> {
    let missing = || "the document has no place for the table";
    let (before, rest) = document.split_once(START).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{START}\n{table}\n{END}{after}"))
}

/// The table.
pub(crate) fn draw(all: &[Measured]) -> String {
    let mut table = String::from(
        "| processes | store | start at once, requests/s | logins for a renewal | requests/s in it | \
         refused/s in the outage | logins after it | requests/s after it | all recovered after |\n\
         |---:|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for shared in [false, true] {
        for normal in all.iter().filter(|one| one.shared == shared && one.scenario == Scenario::Normal) {
            let outage = all.iter().find(|one| {
                one.scenario == Scenario::Outage && one.shared == shared && one.processes == normal.processes
            });
            let Some(outage) = outage else { continue };
            let store = if shared { "yes" } else { "no" };
            let recovered =
                outage.recovered_after.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds} s"));
            let _ = writeln!(
                table,
                "| {} | {store} | {} | {} | {} | {} | {} | {} | {recovered} |",
                grouped(normal.processes as u64),
                grouped(u64::from(normal.peak_start)),
                grouped(normal.logins.round() as u64),
                grouped(u64::from(normal.peak)),
                grouped(u64::from(outage.peak_refused)),
                grouped(outage.logins as u64),
                grouped(u64::from(outage.peak)),
            );
        }
    }
    let largest = |scenario| all.iter().rfind(|one| one.shared && one.scenario == scenario);
    if let (Some(normal), Some(outage)) = (largest(Scenario::Normal), largest(Scenario::Outage)) {
        let _ = write!(
            table,
            "\nRequests to the store, for each of {} processes: {:.1} for a renewal, {:.0} over the outage.\n",
            grouped(normal.processes as u64),
            normal.store_requests,
            outage.store_requests
        );
    }
    table
}

/// A number with a space between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
