//! The published clients for Python and Node.js, and curl, beside the command and the library: each logs in with an app
//! token at the same emulator. Writes the results to the documentation.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::counts::{BenchProgram, output_of};
use super::load::PLOTS;
use super::plot;
use super::processes::{Environment, Program, Usage, ratio, rounds};
use super::statistics::Quartiles;
use crate::Failure;
use crate::clients::Clients;
use crate::workspace::Workspace;

const PYTHON: &str = include_str!("scripts/login.py");
const NODE: &str = include_str!("scripts/login.js");
const SHELL: &str = include_str!("scripts/login.sh");

/// How many logins one process makes, one after the other. The first one warms up and does not count.
const WARM_LOGINS: usize = 51;

/// The documentation, and the lines between which the table stands.
const DOCUMENT: &str = "docs/performance.md";
const BEGIN: &str = "<!-- begin: cargo xtask bench --peers -->\n";
const END: &str = "<!-- end -->\n";

/// The plots, from the documentation.
const PLOT_LINKS: &str = "\n![A login as a process](performance/login.svg)\n\n\
                          ![A further login](performance/warm-login.svg)\n";

pub(super) fn run(
    workspace: &Workspace,
    kaltura: &Path,
    program: &BenchProgram,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let clients = Clients::install(&workspace.root, &workspace.target.join("clients"), out)?;
    let environment = Environment::start(workspace, kaltura)?;
    let script = |name: &str, text: &str| -> Result<PathBuf, Failure> {
        let path = environment.home.join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let scripts = [script("login.py", PYTHON)?, script("login.js", NODE)?, script("login.sh", SHELL)?];
    let scripts = scripts.map(|path| path.to_string_lossy().into_owned());
    let node_modules = clients.node_modules();
    let command = |program: &Program| {
        let mut command = environment.command(program);
        command.env("NODE_PATH", &node_modules);
        command
    };
    let with = |name, path: &Path, arguments: &[&str]| Program::new(name, path, arguments);
    let all = |times: &str| {
        [
            with("kaltura-client for Node.js", Path::new("node"), &[&scripts[1], times]),
            with("KalturaApiClient for Python", clients.python(), &["-B", &scripts[0], times]),
            with("curl, jq and sha256sum", Path::new("bash"), &[&scripts[2], times]),
            with("kaltura-http (this library)", &program.path, &["logins", times]),
        ]
    };
    let mut processes = vec![with("kaltura login (this command)", kaltura, &["login"])];
    processes.extend(all("1"));
    let rounds = rounds(&processes, &|program| command(program))?;
    let mut warm = Vec::new();
    for program in all(&WARM_LOGINS.to_string()) {
        let printed = output_of(&mut command(&program))?;
        let times = printed.lines().skip(1).filter_map(|line| line.parse::<f64>().ok());
        warm.push((program.name, Quartiles::of(&times.map(|micros| micros / 1e3).collect::<Vec<_>>())));
    }
    environment.stop()?;

    let table = table(&processes, &rounds, &warm, &machine());
    out.write_all(table.as_bytes())?;
    let plots = workspace.root.join(PLOTS);
    fs::create_dir_all(&plots)?;
    let cpu = |index: usize| Quartiles::of(&rounds.iter().map(|round| round[index].cpu).collect::<Vec<_>>());
    let bars: Vec<_> =
        processes.iter().enumerate().map(|(index, program)| (program.name, cpu(index))).collect();
    fs::write(plots.join("login.svg"), plot::bars("A login as a process: CPU time in ms", &bars))?;
    fs::write(plots.join("warm-login.svg"), plot::bars("A further login: time in ms", &warm))?;
    let document = workspace.root.join(DOCUMENT);
    let text = fs::read_to_string(&document)?;
    let replaced =
        replace_table(&text, &table).ok_or_else(|| format!("{DOCUMENT} has no place for the table"))?;
    fs::write(document, replaced)?;
    Ok(true)
}

fn table(
    processes: &[Program],
    rounds: &[Vec<Usage>],
    warm: &[(&'static str, Quartiles)],
    machine: &str,
) -> String {
    let mut table = format!(
        "{machine}. Medians of {} rounds, with quartiles. In each round every program runs once.\n\n\
         | client | a login as a process: CPU, ms | to `kaltura login` | memory, MB | a further login: ms |\n\
         |---|---|---|---|---|\n",
        rounds.len()
    );
    for (index, program) in processes.iter().enumerate() {
        let of = |value: fn(&Usage) -> f64| {
            Quartiles::of(&rounds.iter().map(|round| value(&round[index])).collect::<Vec<_>>())
        };
        let (cpu, memory) = (of(|usage| usage.cpu), of(|usage| usage.memory).median);
        let warm = warm.iter().find(|(name, _)| *name == program.name);
        let warm = warm.map_or_else(|| "–".to_owned(), |(_, time)| time.to_string());
        let ratio = ratio(rounds, index, 0).median;
        table.push_str(&format!("| {} | {cpu} | {ratio:.1} | {memory:.1} | {warm} |\n", program.name));
    }
    table.push_str(PLOT_LINKS);
    table
}

/// The processor and its number of cores, as Linux names them.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, name)| name.trim()))
}

/// The document with another table; `None` if it has no place for it.
fn replace_table(document: &str, table: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_document_is_replaced() {
        let document = format!("a\n{BEGIN}old{END}b\n");
        let replaced = replace_table(&document, "| new |\n").unwrap();
        assert_eq!(replaced, format!("a\n{BEGIN}\n| new |\n\n{END}b\n"));
        assert_eq!(replace_table(&replaced, "| new |\n"), Some(replaced));
        assert_eq!(replace_table("a\nb\n", ""), None);
    }

    #[test]
    fn the_table_has_a_line_for_each_process() {
        let processes = ["x", "y"].map(|name| Program::new(name, Path::new(name), &[]));
        let usage = |cpu| Usage { cpu, memory: 7.0 };
        let rounds = [vec![usage(2.0), usage(20.0)], vec![usage(2.0), usage(20.0)]];
        let warm = [("y", Quartiles { lower: 1.0, median: 1.0, upper: 1.0 })];
        let table = table(&processes, &rounds, &warm, "a machine");
        assert!(table.contains("| x | 2.00 (2.00 to 2.00) | 1.0 | 7.0 | – |\n"), "{table}");
        assert!(
            table.ends_with(PLOT_LINKS)
                && table.contains("| y | 20.0 (20.0 to 20.0) | 10.0 | 7.0 | 1.00 (1.00 to 1.00) |\n"),
            "{table}"
        );
    }
}
