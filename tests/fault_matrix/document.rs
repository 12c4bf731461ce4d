//! The document of the outcomes, `docs/fault-matrix.md`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::{env, fs};

use crate::faults::Fault;
use crate::steps::Step;
use crate::{Pair, Row};

/// The names of the tables: what stands in the comments around each.
pub(crate) const RESPONSES: &str = "responses";
pub(crate) const CONNECTIONS: &str = "connections";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/fault-matrix.md")
}

/// Compares the outcomes with the document, or writes them if `UPDATE_FAULT_MATRIX` is set.
pub(crate) fn compare(name: &str, faults: &[Fault], rows: &[Row]) -> Result<(), String> {
    /// The tables are written by tests that may run at the same time.
    static FILE: Mutex<()> = Mutex::new(());
    let _writing = FILE.lock().unwrap();
    let document = fs::read_to_string(path()).map_err(|error| format!("docs/fault-matrix.md: {error}"))?;
    let (begin, end) = (format!("<!-- begin: {name} -->\n"), format!("<!-- end: {name} -->"));
    let parts = document
        .split_once(&begin)
        .and_then(|(before, rest)| rest.split_once(&end).map(|(table, after)| (before, table, after)));
    let (before, found, after) = parts.ok_or_else(|| format!("docs/fault-matrix.md has no table {name}"))?;
    let table = table(faults, rows);
    if env::var_os("UPDATE_FAULT_MATRIX").is_some() {
        return fs::write(path(), format!("{before}{begin}{table}{end}{after}"))
            .map_err(|error| error.to_string());
    }
    let differences: Vec<String> = found
        .lines()
        .filter(|line| !table.lines().any(|new| new == *line))
        .map(|line| format!("-{line}"))
        .chain(
            table
                .lines()
                .filter(|line| !found.lines().any(|old| old == *line))
                .map(|line| format!("+{line}")),
        )
        .collect();
    if found == table {
        return Ok(());
    }
    Err(format!(
        "docs/fault-matrix.md differs; if this is meant, write it with UPDATE_FAULT_MATRIX=1\n{}",
        differences.join("\n")
    ))
}

fn table(faults: &[Fault], rows: &[Row]) -> String {
    let mut table = "\n| fault |".to_owned();
    Step::ALL.iter().for_each(|step| {
        let _ = write!(table, " {} |", step.name());
    });
    table += "\n|---|";
    table += &"---|".repeat(Step::ALL.len());
    table.push('\n');
    // Faults with the same outcomes share a row.
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for (fault, row) in faults.iter().zip(rows) {
        let cells: String = row.iter().map(|cell| format!(" {} |", shown_cell(cell.as_ref()))).collect();
        match lines.iter_mut().find(|(same, _)| *same == cells) {
            Some((_, names)) => names.push(&fault.name),
            None => lines.push((cells, vec![&fault.name])),
        }
    }
    for (cells, names) in lines {
        let _ = writeln!(table, "| {} |{cells}", names.join("<br>").replace('|', "\\|"));
    }
    table.push('\n');
    table
}

/// The outcome of a fault that happens once, and of one that lasts, if that is another one.
fn shown_cell(cell: Option<&[Pair; 2]>) -> String {
    let Some([once, lasting]) = cell else { return "–".to_owned() };
    let (once, lasting) = (shown(once), shown(lasting));
    if once == lasting { once } else { format!("{once}; {lasting}") }
}

/// One outcome, or two where the async and the blocking client differ.
fn shown(pair: &Pair) -> String {
    let Pair { asynchronous, blocking } = pair;
    if asynchronous == blocking {
        asynchronous.to_string()
    } else {
        format!("async {asynchronous}, blocking {blocking}")
    }
}
