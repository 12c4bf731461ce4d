//! Runs cases of `growth`, one measured call for each length: see `cargo xtask growth`.

use std::process::ExitCode;

use kaltura_fuzz::growth::{cases, measured};

/// With `list`, prints the names. With `run` and names, prints the name and the length of each call before it is made,
/// with length 0 first.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("list", [])) => cases().iter().for_each(|case| println!("{}", case.name)),
        Some(("run", names)) => {
            for case in cases().iter().filter(|case| names.iter().any(|name| name == case.name)) {
                // What is made only once, such as tables, is made now.
                measured((case.prepare)(0));
                for length in [0].iter().chain(case.lengths) {
                    let work = (case.prepare)(*length);
                    println!("{} {length}", case.name);
                    measured(work);
                }
            }
        }
        _ => {
            eprintln!("usage: growth list | growth run NAME...");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
