//! `cargo xtask ci`: every check of the continuous integration, in order.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::command::Command;
use crate::readme::ReadmeCommands;
use crate::workspace::{Member, Workspace};

/// Runs the steps until one fails. `false` if one did.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let root = &workspace.root;
    let readme = ReadmeCommands::read(root)?;
    let cargo_deny = Command::parse("cargo deny --version").succeeds(root);
    let mut counts = TestCounts::default();
    let success =
        run_steps(&steps(&readme, &workspace.members, cargo_deny), out, &mut |check, out| match check {
            Check::Run(command) => command.run(root),
            Check::Test(command) => command.run_with_lines(root, out, &mut |line| counts.read(line)),
            Check::Tidy => crate::tidy::run(workspace, out),
            Check::Readme => crate::readme::run(workspace, out),
            Check::Api => crate::api::check(workspace, out),
            Check::Bench => crate::bench::check(workspace, out),
            Check::Packages => crate::packages::run(workspace, out),
            Check::Examples => crate::examples::run(workspace, out),
            Check::Clients => crate::clients::run(workspace, out),
            Check::Fleet => crate::fleet::run_short(workspace, out),
            Check::Soak => crate::soak::run(workspace, crate::soak::SHORT, out),
            Check::Page => crate::page::run(workspace, out),
            Check::Fuzz => crate::fuzz::run(workspace, &crate::fuzz::Options::short(), out),
            Check::Growth => crate::growth::run(workspace, None, out),
            Check::Wasm => crate::wasm::test(workspace, out),
            Check::Skip(_) => Ok(true),
        })?;
    writeln!(out, "tests: {counts}")?;
    Ok(success)
}

/// A part of the run with a heading.
#[derive(Debug)]
struct Step {
    title: &'static str,
    checks: Vec<Check>,
}

#[derive(Debug, PartialEq, Eq)]
enum Check {
    Run(Command),
    /// Like `Run`; its tests are counted.
    Test(Command),
    Tidy,
    Readme,
    Api,
    Bench,
    Packages,
    Examples,
    Clients,
    Fleet,
    Soak,
    Page,
    Fuzz,
    Growth,
    Wasm,
    /// Not run, with the reason.
    Skip(&'static str),
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(command) | Self::Test(command) => write!(f, "$ {command}"),
            Self::Tidy => f.write_str("$ cargo xtask tidy"),
            Self::Readme => f.write_str("$ cargo xtask readme"),
            Self::Api => f.write_str("$ cargo xtask api --check"),
            Self::Bench => f.write_str("$ cargo xtask bench --check"),
            Self::Packages => f.write_str("$ cargo xtask packages"),
            Self::Examples => f.write_str("$ cargo xtask examples"),
            Self::Clients => f.write_str("$ cargo xtask clients"),
            Self::Fleet => f.write_str("$ cargo xtask fleet --short"),
            Self::Soak => write!(f, "$ cargo xtask soak --minutes {}", crate::soak::SHORT.0),
            Self::Page => f.write_str("$ cargo xtask page"),
            Self::Fuzz => write!(f, "$ cargo xtask fuzz --plain --seed {}", crate::fuzz::SEED),
            Self::Growth => f.write_str("$ cargo xtask growth"),
            Self::Wasm => f.write_str("$ cargo xtask wasm --test"),
            Self::Skip(reason) => write!(f, "skipped: {reason}"),
        }
    }
}

/// The crates that must build where there is no operating system.
const WASM: [&str; 5] = ["kaltura-types", "kaltura-ks", "kaltura-auth", "kaltura-client", "kaltura-emulator"];

const GETRANDOM_BACKEND: &str = "--cfg getrandom_backend=\"custom\"";

/// The tests of `cargo xtask dist`, whose crates the other tasks do not need.
const ARCHIVES: &str = "cargo test --package xtask --features dist dist";

/// The TLS features of `kaltura-http`, of which a user selects one.
const TLS: [&str; 3] = ["rustls", "native-tls", "rustls-no-provider"];

/// All steps. The README's test command is the first and its demo the last.
fn steps(readme: &ReadmeCommands, members: &[Member], cargo_deny: bool) -> Vec<Step> {
    let run = |line: &str| Check::Run(Command::parse(line));
    let docs = Command::parse("cargo doc --workspace --no-deps --all-features");
    let deny = if cargo_deny {
        run("cargo deny check --hide-inclusion-graph bans licenses sources")
    } else {
        Check::Skip("cargo-deny is not installed (cargo install cargo-deny --locked)")
    };
    let bench = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        Check::Bench
    } else {
        Check::Skip("the checked-in instruction counts are those of Linux on x86-64")
    };
    let interleavings = "cargo test -p kaltura-auth --lib --target-dir target/shuttle interleavings";
    let interleavings = Command::parse(interleavings).env("RUSTFLAGS", "--cfg shuttle");
    let step = |title, checks| Step { title, checks };
    vec![
        step("tests", vec![Check::Test(readme.test.clone())]),
        step("formatting", vec![run("cargo fmt --all --check")]),
        step("clippy", vec![run("cargo clippy --workspace --all-targets --all-features -- -D warnings")]),
        step("docs", vec![Check::Run(docs.env("RUSTDOCFLAGS", "-D warnings"))]),
        step("public items", vec![Check::Api]),
        step("tidy", vec![Check::Tidy]),
        step("wasm", wasm(members)),
        step("interleavings", vec![Check::Test(interleavings)]),
        step("features", features(members)),
        step("readme", vec![Check::Readme]),
        step("packages", vec![Check::Packages, Check::Test(Command::parse(ARCHIVES))]),
        step("licences, bans, sources", vec![deny]),
        step("instructions", vec![bench]),
        step("fuzz targets", fuzz()),
        step("growth", vec![Check::Growth]),
        step("clients in other languages", vec![Check::Clients]),
        step("fleet", vec![Check::Fleet]),
        step("soak", vec![Check::Soak]),
        step("page of the emulator", vec![Check::Page]),
        step("npm package", vec![Check::Wasm]),
        step("examples", vec![Check::Examples]),
        step("demo", vec![Check::Run(readme.demo.clone())]),
    ]
}

/// One crate at a time: a feature that one crate enables must not help another. `kaltura-wasm` is empty elsewhere, so its
/// warnings are those of this target.
fn wasm(members: &[Member]) -> Vec<Check> {
    let present = WASM.iter().filter(|name| members.iter().any(|member| member.name == **name));
    let check = "cargo check --target wasm32-unknown-unknown --no-default-features -p";
    let command = |name: &&str| {
        let command = Command::parse(&format!("{check} {name}"));
        // Its random bytes come from `getrandom`, for which the program selects a backend on this target.
        if *name == "kaltura-emulator" { command.env("RUSTFLAGS", GETRANDOM_BACKEND) } else { command }
    };
    let bindings = members.iter().filter(|member| member.name == "kaltura-wasm").flat_map(|_| {
        let target = "--target wasm32-unknown-unknown -p kaltura-wasm";
        let doc = Command::parse(&format!("cargo doc --no-deps --all-features {target}"));
        [
            Check::Run(Command::parse(&format!("cargo clippy --no-deps {target} -- -D warnings"))),
            Check::Run(Command::parse(&format!(
                "cargo clippy --no-deps --all-features {target} -- -D warnings"
            ))),
            Check::Run(doc.env("RUSTDOCFLAGS", "-D warnings")),
            // The part that reads options has no JavaScript in it.
            Check::Test(Command::parse("cargo test -p kaltura-wasm --all-features")),
        ]
    });
    present.map(command).map(Check::Run).chain(bindings).collect()
}

/// Each published crate without features and with each feature alone, and `kaltura-http` with the features that meet
/// in its code: each TLS feature and `blocking`, `client` and `blocking`. The tests of `kaltura-http` depend on TLS, so they
/// also run without it, with that of the system, and with the provider of the program. One crate at a time: no crate may
/// rely on features that its neighbours enable.
fn features(members: &[Member]) -> Vec<Check> {
    let mut lines = Vec::new();
    for member in members.iter().filter(|member| member.published) {
        let check = format!("cargo check --no-default-features -p {}", member.name);
        for feature in member.features.iter().filter(|feature| *feature != "default") {
            lines.push(format!("{check} --features {feature}"));
        }
        if member.name == "kaltura-http" {
            lines.extend(TLS.map(|tls| format!("{check} --features {tls},blocking")));
            lines.push(format!("{check} --features client,blocking"));
        }
        lines.push(check);
    }
    let checks = lines.iter().map(|line| Check::Run(Command::parse(line)));
    let tests = members.iter().filter(|member| member.name == "kaltura-http").flat_map(|_| {
        let test = "cargo test -p kaltura-http --no-default-features --features";
        ["blocking", "native-tls,blocking", "rustls-no-provider,blocking"]
            .map(|features| format!("{test} {features}"))
    });
    checks.chain(tests.map(|line| Check::Test(Command::parse(&line)))).collect()
}

/// The fuzz targets, a workspace of its own, which shares the build directory. A short run, with random inputs.
fn fuzz() -> Vec<Check> {
    let manifest = "--manifest-path fuzz/Cargo.toml";
    let clippy = format!("cargo clippy {manifest} --locked --target-dir target --all-targets -- -D warnings");
    let test = format!("cargo test {manifest} --release --lib --target-dir target");
    vec![
        Check::Run(Command::parse(&format!("cargo fmt {manifest} --check"))),
        Check::Run(Command::parse(&clippy)),
        Check::Test(Command::parse(&test)),
        Check::Fuzz,
    ]
}

type Perform<'a> = dyn FnMut(&Check, &mut dyn Write) -> Result<bool, Failure> + 'a;

fn run_steps(steps: &[Step], out: &mut dyn Write, perform: &mut Perform<'_>) -> Result<bool, Failure> {
    let mut times = Vec::new();
    for (number, step) in (1..).zip(steps) {
        writeln!(out, "\n=== {number}/{}: {}", steps.len(), step.title)?;
        let start = now();
        for check in &step.checks {
            writeln!(out, "{check}")?;
            if !perform(check, out)? {
                writeln!(out, "\n=== failed in {}: {check}", step.title)?;
                return Ok(false);
            }
        }
        let time = start.elapsed();
        writeln!(out, "--- {}: {:.1} s", step.title, time.as_secs_f64())?;
        times.push((step.title, time));
    }
    writeln!(out, "\n=== all checks passed")?;
    for (title, time) in &times {
        writeln!(out, "{:>8.1} s  {title}", time.as_secs_f64())?;
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    writeln!(out, "{:>8.1} s  total", total.as_secs_f64())?;
    Ok(true)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the duration of a step is measured with the clock of the system"
)]
fn now() -> Instant {
    Instant::now()
}

/// The numbers of tests, summed over the summary lines of all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct TestCounts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl TestCounts {
    /// Reads one line of output. Only summary lines count:
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for (number, name) in counts.split("; ").filter_map(|count| count.split_once(' ')) {
            let sum = match name {
                "passed" => &mut self.passed,
                "failed" => &mut self.failed,
                "ignored" => &mut self.ignored,
                _ => continue,
            };
            *sum += number.parse().unwrap_or(0);
        }
    }
}

impl fmt::Display for TestCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, ignored } = self;
        write!(f, "{passed} passed, {failed} failed, {ignored} ignored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_steps(cargo_deny: bool) -> Vec<Step> {
        let command = Command::parse;
        let readme =
            ReadmeCommands { test: command("cargo test --from-readme"), demo: command("cargo run demo") };
        let member = |name: &str, published, features: &[&str]| Member {
            name: name.to_owned(),
            manifest: String::new(),
            published,
            library: true,
            build_script: false,
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            dependencies: Vec::new(),
        };
        let members = [
            member("kaltura-http", true, &["blocking", "default", "rustls"]),
            member("kaltura-emulator", true, &[]),
            member("kaltura-tests", false, &["slow"]),
            member("kaltura-types", true, &[]),
            member("kaltura-wasm", true, &[]),
        ];
        steps(&readme, &members, cargo_deny)
    }

    fn checks(title: &str, cargo_deny: bool) -> Vec<String> {
        let steps = all_steps(cargo_deny);
        let step = steps.iter().find(|step| step.title == title).unwrap();
        step.checks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_commands_of_the_readme_are_first_and_last() {
        let steps = all_steps(false);
        assert_eq!(steps[0].checks, [Check::Test(Command::parse("cargo test --from-readme"))]);
        assert_eq!(steps.last().unwrap().checks, [Check::Run(Command::parse("cargo run demo"))]);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn instructions_are_compared() {
        assert_eq!(checks("instructions", false), ["$ cargo xtask bench --check"]);
    }

    #[test]
    fn warnings_are_errors() {
        assert!(checks("clippy", false)[0].ends_with("-- -D warnings"));
        assert!(checks("docs", false)[0].starts_with("$ RUSTDOCFLAGS='-D warnings' cargo doc"));
        assert!(checks("formatting", false)[0].ends_with("--check"));
    }

    #[test]
    fn present_core_crates_are_checked_for_wasm() {
        let check = "cargo check --target wasm32-unknown-unknown --no-default-features -p";
        let types = format!("$ {check} kaltura-types");
        let emulator = format!("$ RUSTFLAGS='--cfg getrandom_backend=\"custom\"' {check} kaltura-emulator");
        let checks = checks("wasm", false);
        assert_eq!(checks[..2], [types, emulator]);
        assert!(checks[2..].iter().all(|check| check.contains(" -p kaltura-wasm")));
        assert_eq!(checks.iter().filter(|check| check.ends_with("-D warnings")).count(), 2);
    }

    #[test]
    fn features_are_checked_alone_and_tls_with_blocking() {
        let http = "$ cargo check --no-default-features -p kaltura-http";
        let combinations = ["blocking", "rustls", "rustls,blocking", "native-tls,blocking"];
        let mut expected: Vec<_> =
            combinations.iter().map(|features| format!("{http} --features {features}")).collect();
        expected.push(format!("{http} --features rustls-no-provider,blocking"));
        expected.push(format!("{http} --features client,blocking"));
        expected.push(http.to_owned());
        expected.push("$ cargo check --no-default-features -p kaltura-emulator".to_owned());
        expected.push("$ cargo check --no-default-features -p kaltura-types".to_owned());
        expected.push("$ cargo check --no-default-features -p kaltura-wasm".to_owned());
        let test = "$ cargo test -p kaltura-http --no-default-features --features";
        expected.push(format!("{test} blocking"));
        expected.push(format!("{test} native-tls,blocking"));
        expected.push(format!("{test} rustls-no-provider,blocking"));
        assert_eq!(checks("features", false), expected);
    }

    #[test]
    fn cargo_deny_is_optional() {
        let title = "licences, bans, sources";
        assert!(checks(title, true)[0].starts_with("$ cargo deny"));
        assert!(checks(title, false)[0].starts_with("skipped: cargo-deny is not installed"));
    }

    /// Runs steps in which the check `Skip("bad")` fails. Returns the outcome, what ran, and what was written.
    fn outcome(steps: &[Step]) -> (bool, Vec<String>, String) {
        let (mut ran, mut out) = (Vec::new(), Vec::new());
        let success = run_steps(steps, &mut out, &mut |check, _| {
            ran.push(check.to_string());
            Ok(*check != Check::Skip("bad"))
        });
        (success.unwrap(), ran, String::from_utf8(out).unwrap())
    }

    fn step(title: &'static str, checks: &[&'static str]) -> Step {
        Step { title, checks: checks.iter().map(|name| Check::Skip(name)).collect() }
    }

    #[test]
    fn all_steps_run_in_order_and_their_times_are_printed() {
        let (success, ran, output) = outcome(&[step("one", &["a", "b"]), step("two", &["c"])]);
        assert!(success);
        assert_eq!(ran, ["skipped: a", "skipped: b", "skipped: c"]);
        assert!(output.contains("=== 1/2: one\nskipped: a\nskipped: b\n--- one: 0.0 s\n"), "{output}");
        let end = "=== all checks passed\n     0.0 s  one\n     0.0 s  two\n     0.0 s  total\n";
        assert!(output.ends_with(end), "{output}");
    }

    #[test]
    fn the_first_failure_stops_the_run_and_is_named() {
        let (success, ran, output) = outcome(&[step("one", &["a", "bad", "c"]), step("two", &["d"])]);
        assert!(!success);
        assert_eq!(ran, ["skipped: a", "skipped: bad"]);
        assert!(output.ends_with("=== failed in one: skipped: bad\n"), "{output}");
    }

    #[test]
    fn summary_lines_are_summed() {
        let mut counts = TestCounts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test a_test ... ok",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s",
        ] {
            counts.read(line);
        }
        assert_eq!(counts.to_string(), "15 passed, 2 failed, 1 ignored");
    }
}
