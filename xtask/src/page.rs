//! `cargo xtask page`: the page of `kaltura emulate --ui` in a headless Chromium.
//!
//! The script in `tests/page` does what a person does and what another page must not be able to do. It also runs the
//! sources for curl, Python and Node.js that the page shows; those for Rust are built and run here, as a user's
//! package.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::clients::{Language, Script, install_node};
use crate::emulator::{EmulatorProcess, build_kaltura};
use crate::readme::run_sources;
use crate::workspace::Workspace;

const SCRIPT: &str = "tests/page/page.js";
const VERSIONS: &str = "tests/page/package.json";

/// How long the script may print nothing.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What the sources for Rust depend on.
const DEPENDENCIES: &str = "[dependencies]\nkaltura = \"0.1\"\nserde_json = \"1\"\n\
                            tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }";

/// The sources for Rust that the script writes: one for each step of the login, one for all, and one with all options.
const SOURCES: [&str; 6] = ["step1", "step2", "step3", "step4", "step5", "step6"];

/// Runs the script. `false` if a check failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let root = &workspace.root;
    let kaltura = build_kaltura(root, "dev")?;
    let modules =
        install_node(root, &root.join(VERSIONS), &workspace.target.join("clients").join("page"), out)?;
    let folder = workspace.target.join("page");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fs::create_dir_all(&folder)?;

    let emulator = EmulatorProcess::start_with_page(&kaltura)?;
    let script = Script { language: Language::Node, path: SCRIPT.to_owned() };
    let mut command = Command::new("node");
    command
        .arg(SCRIPT)
        .env("NODE_PATH", modules)
        .env("KALTURA_PAGE", emulator.page().ok_or("the first line of the emulator has no page")?)
        .env("KALTURA_PAGE_FOLDER", &folder)
        .envs(emulator.variables())
        .current_dir(root)
        .stdin(Stdio::null());
    let outcome = script.run(&mut command, TIMEOUT, out)?;
    let mut problems: Vec<String> = outcome.problem().into_iter().collect();
    if problems.is_empty() && !run_sources(workspace, DEPENDENCIES, sources(&folder)?, out)? {
        problems.push("a source for Rust fails".to_owned());
    }
    emulator.stop()?;
    writeln!(out, "\npage: {}", outcome.report)?;
    for problem in &problems {
        writeln!(out, "failed: {problem}")?;
    }
    Ok(problems.is_empty())
}

fn sources(folder: &Path) -> Result<Vec<String>, Failure> {
    let read = |name: &&str| {
        let path = folder.join(name).with_extension("rs");
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
    };
    SOURCES.iter().map(read).collect()
}
