//! Runs the fuzz targets with random inputs: see `cargo xtask fuzz`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use kaltura_fuzz::driver::{self, MEMORY_LIMIT, Settings, TIME_LIMIT};
use kaltura_fuzz::{TARGETS, Target};

const USAGE: &str = "\
usage: kaltura-fuzz list
       kaltura-fuzz run SECONDS ARTIFACTS [--seed NUMBER] [TARGET...]
       kaltura-fuzz replay TARGET FILE...
       kaltura-fuzz seeds TARGET FOLDER DICTIONARY";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["list"] => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(())
        }
        ["run", seconds, artifacts, "--seed", seed, ref names @ ..] => {
            run(seconds, artifacts, seed.parse().ok(), names)
        }
        ["run", seconds, artifacts, ref names @ ..] => run(seconds, artifacts, None, names),
        ["replay", name, ref files @ ..] => replay(name, files),
        ["seeds", name, folder, dictionary] => seeds(name, folder, dictionary),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Result<&'static Target, String> {
    let names = || TARGETS.map(|target| target.name).join(", ");
    TARGETS.iter().find(|target| target.name == name).ok_or_else(|| format!("no target {name}: {}", names()))
}

/// The time is shared by the targets.
#[expect(clippy::disallowed_methods, reason = "without a seed, each run has other inputs")]
fn run(seconds: &str, artifacts: &str, seed: Option<u64>, names: &[&str]) -> Result<(), String> {
    let seconds: f64 = seconds.parse().map_err(|_| USAGE.to_owned())?;
    let targets = match names {
        [] => TARGETS.iter().collect(),
        names => names.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?,
    };
    let time = Duration::try_from_secs_f64(seconds / targets.len() as f64).map_err(|_| USAGE.to_owned())?;
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = seed.unwrap_or_else(|| now().as_secs());
    println!("random seed {seed}");
    let settings = Settings {
        time,
        time_limit: TIME_LIMIT,
        memory_limit: MEMORY_LIMIT,
        seed,
        artifacts: PathBuf::from(artifacts),
    };
    for target in targets {
        let inputs = driver::run(target, &settings).map_err(|finding| {
            let path = finding.input.display();
            format!(
                "{}: {}; the input is in {path}\nrepeat it: cargo xtask fuzz --replay {} {path}",
                target.name, finding.what, target.name
            )
        })?;
        println!("{:>9} inputs  {}", inputs, target.name);
    }
    Ok(())
}

fn replay(name: &str, files: &[&str]) -> Result<(), String> {
    let target = find(name)?;
    for file in files {
        driver::replay(target, Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    println!("{name}: {} without a finding", files.join(" "));
    Ok(())
}

fn seeds(name: &str, folder: &str, dictionary: &str) -> Result<(), String> {
    driver::write_seeds(find(name)?, Path::new(folder), Path::new(dictionary))
        .map_err(|error| error.to_string())
}
