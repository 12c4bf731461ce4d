//! `cargo xtask wasm`: the npm package, built from `kaltura-wasm`; with `--test` installed and run in Node.js, in Deno
//! and in a page of another origin in a headless Chromium, against `kaltura emulate`.
//!
//! The JavaScript of the bindings is written by a tool in `xtask/wasm-bindgen`: a workspace of its own, so that no other
//! task waits for its build. It must have the version of `wasm-bindgen` in the lock file, which [`build_package`] checks.
//! It also compresses what `npm pack` has written once more, in the same format and 5 % smaller.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::Duration;

use cargo_metadata::MetadataCommand;

use crate::Failure;
use crate::clients::{Language, Script, install_node};
use crate::command::Command;
use crate::emulator::{EmulatorProcess, build_kaltura};
use crate::workspace::Workspace;

const CRATE: &str = "kaltura-wasm";

/// The files of the package that are not generated.
const SOURCES: &str = "crates/kaltura-wasm/npm";

/// The manifest of the tool that writes the bindings and compresses the tarball.
const TOOL: &str = "xtask/wasm-bindgen/Cargo.toml";

const TARGET: &str = "wasm32-unknown-unknown";

/// For size: panics without texts, which end the module in any case, `Debug` without fields, and hashes without unrolled
/// loops.
const RUSTFLAGS: [&str; 6] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=shallow",
    "--cfg",
    "sha2_backend_soft=\"compact\"",
];

/// The standard library is built with the same flags, from the component `rust-src`.
const STANDARD_LIBRARY: [&str; 2] = ["-Zbuild-std=std", "-Zbuild-std-features=optimize_for_size"];

/// The most that `npm install` has to download, in bytes.
const MAX_TARBALL: u64 = 166_000;

const TESTS: &str = "tests/wasm";

/// How long a script may print nothing.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The npm package.
#[derive(Debug)]
pub(crate) struct NpmPackage {
    /// What `npm pack` has written, such as `kaltura-wasm-0.1.0.tgz`.
    pub(crate) tarball: PathBuf,
    /// The folder in `snippets`, whose name depends on the version.
    snippets: String,
}

/// Builds the package. `false` if it is too large.
pub(crate) fn build(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let package = build_package(workspace, out)?;
    check_size(&package, out)
}

/// Builds the package, installs it and runs all tests. `false` if one failed.
pub(crate) fn test(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let package = build_package(workspace, out)?;
    let mut failed = Vec::new();
    if !check_size(&package, out)? {
        failed.push("size");
    }
    let root = &workspace.root;
    let tools = install_node(
        root,
        &root.join(TESTS).join("package.json"),
        &workspace.target.join("clients").join("wasm"),
        out,
    )?;
    let installed = install(workspace, &package, out)?;
    if !check_types(root, &installed, &tools, out)? {
        failed.push("types");
    }
    let kaltura = build_kaltura(root, "dev")?;
    let deno = tools.join("@deno/linux-x64-glibc/deno");
    let run = Run { workspace, package: &package, kaltura: &kaltura, tools: &tools, installed: &installed };
    let mut hosts = vec![
        Host { name: "Node.js", program: vec!["node"], script: "node.js" },
        Host { name: "Chromium", program: vec!["node"], script: "page.js" },
    ];
    if deno.exists() {
        let program = vec![utf8(&deno)?, "run", "--allow-all"];
        hosts.push(Host { name: "Deno", program, script: "node.js" });
    } else {
        writeln!(out, "skipped: Deno, whose package is for Linux on x86-64")?;
    }
    // They wait most of the time.
    let outcomes: Vec<_> = thread::scope(|scope| {
        let run = &run;
        let running: Vec<_> = hosts.iter().map(|host| scope.spawn(move || host.test(run))).collect();
        running
            .into_iter()
            .map(|host| host.join().unwrap_or_else(|_| Err("the test of a host panicked".to_owned())))
            .collect()
    });
    for (host, outcome) in hosts.iter().zip(outcomes) {
        let (output, passed) = outcome?;
        write!(out, "\n{}\n{output}", host.name)?;
        if !passed {
            failed.push(host.name);
        }
    }
    match failed.is_empty() {
        true => writeln!(out, "\nwasm: all tests passed")?,
        false => writeln!(out, "\nwasm: failed: {}", failed.join(", "))?,
    }
    Ok(failed.is_empty())
}

/// What the tests of all hosts have in common.
struct Run<'a> {
    workspace: &'a Workspace,
    package: &'a NpmPackage,
    kaltura: &'a Path,
    tools: &'a Path,
    installed: &'a Path,
}

/// A program that runs JavaScript.
struct Host<'a> {
    name: &'static str,
    program: Vec<&'a str>,
    script: &'static str,
}

impl Host<'_> {
    /// Runs its script with an emulator of its own. Returns the output, and whether all checks passed.
    fn test(&self, run: &Run<'_>) -> Result<(String, bool), String> {
        let mut out = Vec::new();
        let passed = self.run_script(run, &mut out).map_err(|error| format!("{}: {error}", self.name))?;
        Ok((String::from_utf8_lossy(&out).into_owned(), passed))
    }

    fn run_script(&self, run: &Run<'_>, out: &mut dyn Write) -> Result<bool, Failure> {
        let emulator = EmulatorProcess::start_with_control(run.kaltura)?;
        let path = format!("{TESTS}/{}", self.script);
        let mut command = process::Command::new(self.program[0]);
        command
            .args(&self.program[1..])
            .arg(&path)
            .env("NODE_PATH", run.tools)
            .env("DENO_DIR", run.workspace.target.join("deno"))
            .env("DENO_NO_UPDATE_CHECK", "1")
            .env("KALTURA_WASM_INSTALLED", run.installed)
            .env("KALTURA_WASM_SNIPPETS", &run.package.snippets)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("no_proxy", "127.0.0.1,localhost")
            .envs(emulator.variables())
            .current_dir(&run.workspace.root);
        let outcome = Script { language: Language::Node, path }.run(&mut command, TIMEOUT, out)?;
        emulator.stop()?;
        writeln!(out, "{}: {}", self.name, outcome.report)?;
        if let Some(problem) = outcome.problem() {
            writeln!(out, "{}: {problem}", self.name)?;
            return Ok(false);
        }
        Ok(true)
    }
}

/// Says what has to be installed for the npm package, before anything is built.
pub(crate) fn check_tools(root: &Path) -> Result<(), Failure> {
    let sysroot = process::Command::new("rustc").args(["--print", "sysroot"]).current_dir(root).output()?;
    let sysroot = String::from_utf8(sysroot.stdout)?;
    let sources = Path::new(sysroot.trim_end()).join("lib/rustlib/src/rust/library");
    let has_npm = Command::parse("npm --version").succeeds(root);
    missing_tools(has_npm, sources.is_dir()).map_or(Ok(()), |missing| Err(missing.into()))
}

fn missing_tools(has_npm: bool, has_sources: bool) -> Option<String> {
    let missing = [
        (!has_npm).then_some("npm, which packs it"),
        (!has_sources).then_some(
            "the source of the standard library, which is built for size: `rustup component add rust-src`",
        ),
    ];
    let missing: Vec<&str> = missing.into_iter().flatten().collect();
    (!missing.is_empty()).then(|| format!("the npm package needs {}", missing.join(", and ")))
}

/// Builds the folder `npm/package` in the build directory, and the tarball beside it.
pub(crate) fn build_package(workspace: &Workspace, out: &mut dyn Write) -> Result<NpmPackage, Failure> {
    let root = &workspace.root;
    check_tools(root)?;
    check_bindgen_version(root)?;
    let npm = workspace.target.join("npm");
    let folder = npm.join("package");
    remove_folder(&npm)?;
    fs::create_dir_all(&folder)?;

    let build = "cargo rustc --quiet --locked --package kaltura-wasm --lib --crate-type cdylib --features npm --profile npm";
    let rustflags = format!("target.{TARGET}.rustflags={RUSTFLAGS:?}");
    let options = ["--target", TARGET, "--config", &rustflags];
    let build: Vec<&str> = build.split(' ').chain(options).chain(STANDARD_LIBRARY).collect();
    // These options are unstable; rust-toolchain.toml fixes the compiler.
    run(out, root, &Command::new(&build).env("RUSTC_BOOTSTRAP", "1"))?;
    let module = workspace.target.join("wasm32-unknown-unknown/npm/kaltura_wasm.wasm");
    let target = utf8(&workspace.target)?;
    let tool = ["cargo", "run", "--quiet", "--locked", "--manifest-path", TOOL, "--target-dir", target, "--"];
    let bindgen = ["bindgen", utf8(&module)?, utf8(&folder)?, "kaltura_wasm"];
    run(out, root, &Command::new(&[&tool[..], &bindgen].concat()))?;

    let snippets = only_entry(&folder.join("snippets"))?;
    let bindings = folder.join("kaltura_wasm.js");
    let protected = protect(&fs::read_to_string(&bindings)?, &snippets)?;
    fs::write(bindings, without_comments(&protected))?;
    let host = folder.join("snippets").join(&snippets).join("js/host.js");
    fs::write(&host, without_comments(&fs::read_to_string(&host)?))?;
    let version = version(root)?;
    for entry in fs::read_dir(root.join(SOURCES))? {
        let path = entry?.path();
        let name = path.file_name().ok_or("a file without a name")?;
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = text.replace("snippets/HOST", &format!("snippets/{snippets}"));
        fs::write(
            folder.join(name),
            text.replace("\"version\": \"0.0.0\"", &format!("\"version\": \"{version}\"")),
        )?;
    }
    // Declarations of the raw exports of the module, which are no part of the API.
    fs::remove_file(folder.join("kaltura_wasm_bg.wasm.d.ts"))?;
    fs::copy(root.join("crates/kaltura-wasm/README.md"), folder.join("README.md"))?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root.join(licence), folder.join(licence))?;
    }
    run(
        out,
        root,
        &Command::new(&["npm", "pack", "--silent", "--pack-destination", utf8(&npm)?, utf8(&folder)?]),
    )?;
    let tarball = npm.join(format!("{CRATE}-{version}.tgz"));
    run(out, root, &Command::new(&[&tool[..], &["compress", utf8(&tarball)?]].concat()))?;
    Ok(NpmPackage { tarball, snippets })
}

/// JavaScript without the lines that are comments only. The declarations for TypeScript keep theirs.
fn without_comments(script: &str) -> String {
    let mut in_block = false;
    let mut kept = String::with_capacity(script.len());
    for line in script.lines() {
        let start = line.trim_start();
        in_block |= start.starts_with("/*");
        if !in_block && !start.starts_with("//") && !start.is_empty() {
            kept.push_str(line);
            kept.push('\n');
        }
        in_block &= !start.ends_with("*/");
    }
    kept
}

/// The bindings with exports that reject all promises after a trap; see `protect` in `host.js`.
fn protect(bindings: &str, snippets: &str) -> Result<String, Failure> {
    const EXPORTS: &str = "wasm = instance.exports;";
    if bindings.matches(EXPORTS).count() != 1 {
        return Err("the bindings take the exports of the module in another way: change `protect`".into());
    }
    let import = format!("import {{ protect }} from './snippets/{snippets}/js/host.js';\n");
    Ok(import + &bindings.replace(EXPORTS, "wasm = protect(instance.exports);"))
}

/// Writes the sizes. `false` if the package is too large.
fn check_size(package: &NpmPackage, out: &mut dyn Write) -> Result<bool, Failure> {
    let tarball = fs::metadata(&package.tarball)?.len();
    let module = package.tarball.with_file_name("package").join("kaltura_wasm_bg.wasm");
    let name = package.tarball.file_name().unwrap_or_default().to_string_lossy();
    writeln!(
        out,
        "{name}: {tarball} bytes, of at most {MAX_TARBALL}; the module: {} bytes",
        fs::metadata(module)?.len()
    )?;
    Ok(tarball <= MAX_TARBALL)
}

/// Installs the tarball into an empty folder, as a user does.
fn install(workspace: &Workspace, package: &NpmPackage, out: &mut dyn Write) -> Result<PathBuf, Failure> {
    let folder = workspace.target.join("npm").join("installed");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    let options = ["--offline", "--no-package-lock", "--no-audit", "--no-fund", "--silent"];
    let install = ["npm", "install", "--prefix", utf8(&folder)?, utf8(&package.tarball)?];
    run(out, &workspace.root, &Command::new(&[&install[..], &options].concat()))?;
    Ok(folder)
}

/// Compiles a program in TypeScript with the declarations of the installed package.
fn check_types(root: &Path, installed: &Path, tools: &Path, out: &mut dyn Write) -> Result<bool, Failure> {
    let folder = installed.join("types");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"type\": \"module\" }\n")?;
    for name in ["types.ts", "tsconfig.json"] {
        fs::copy(root.join(TESTS).join(name), folder.join(name))?;
    }
    let compiler = tools.join("typescript/bin/tsc");
    let command = Command::new(&["node", utf8(&compiler)?, "--project", utf8(&folder)?]);
    writeln!(out, "$ {command}")?;
    command.run(root)
}

/// The bindings and the tool have one format only if their versions are equal.
fn check_bindgen_version(root: &Path) -> Result<(), Failure> {
    let locked = |path: &str, name: &str| -> Result<String, Failure> {
        let lock = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        locked_version(&lock, name).ok_or_else(|| format!("{path} has no {name}").into())
    };
    let library = locked("Cargo.lock", "wasm-bindgen")?;
    let tool = locked("xtask/wasm-bindgen/Cargo.lock", "wasm-bindgen-cli-support")?;
    if library == tool {
        return Ok(());
    }
    Err(format!("Cargo.lock has wasm-bindgen {library}, but {TOOL} has {tool}: set the same version").into())
}

/// The version of a package in a lock file.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_owned())
}

/// The version of the crate.
fn version(root: &Path) -> Result<String, Failure> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let package = metadata.packages.iter().find(|package| package.name.as_str() == CRATE);
    Ok(package.ok_or_else(|| format!("the workspace has no {CRATE}"))?.version.to_string())
}

/// The name of the only entry of a folder.
fn only_entry(folder: &Path) -> Result<String, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names: Vec<_> =
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()?;
    match &names[..] {
        [name] => Ok(name.to_string_lossy().into_owned()),
        _ => Err(format!("{} has {} entries, not one", folder.display(), names.len()).into()),
    }
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn run(out: &mut dyn Write, root: &Path, command: &Command) -> Result<(), Failure> {
    writeln!(out, "$ {command}")?;
    if command.run(root)? { Ok(()) } else { Err(format!("`{command}` failed").into()) }
}

fn utf8(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_locked_package_is_read() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"a\"\nversion = \"4.5.6\"\n";
        assert_eq!(locked_version(lock, "a").as_deref(), Some("4.5.6"));
        assert_eq!(locked_version(lock, "a-b").as_deref(), Some("1.2.3"));
        assert_eq!(locked_version(lock, "b"), None);
    }

    #[test]
    fn the_tool_has_the_version_of_the_library() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        check_bindgen_version(root).unwrap();
    }

    #[test]
    fn the_exports_of_the_module_are_protected() {
        let protected = protect("let wasm;\nwasm = instance.exports;\n", "a-1").unwrap();
        assert_eq!(
            protected,
            "import { protect } from './snippets/a-1/js/host.js';\nlet wasm;\nwasm = protect(instance.exports);\n"
        );
        assert!(protect("let wasm;", "a-1").is_err());
    }

    #[test]
    fn each_missing_tool_is_named() {
        assert_eq!(missing_tools(true, true), None);
        assert_eq!(missing_tools(false, true).as_deref(), Some("the npm package needs npm, which packs it"));
        let both = missing_tools(false, false).unwrap();
        assert!(both.contains("npm") && both.ends_with("`rustup component add rust-src`"), "{both}");
    }

    #[test]
    fn only_lines_that_are_comments_are_left_out() {
        let script = "// a\n\n/** b */\nlet c = 'http://d'; // e\n  /**\n   * f\n   */\n  g(/* h */);\n";
        assert_eq!(without_comments(script), "let c = 'http://d'; // e\n  g(/* h */);\n");
    }

    #[test]
    fn a_folder_with_one_entry_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        assert!(only_entry(folder.path()).is_err());
        fs::write(folder.path().join("a"), "").unwrap();
        assert_eq!(only_entry(folder.path()).unwrap(), "a");
        fs::write(folder.path().join("b"), "").unwrap();
        assert!(only_entry(folder.path()).is_err());
    }
}
