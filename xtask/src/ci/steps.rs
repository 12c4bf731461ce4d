//! What is checked, and in which order.

use std::fmt;

use crate::ci::readme::Readme;
use crate::command::Command;
use crate::tidy::Member;

/// A part of the run with a heading of its own.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) chores: Vec<Chore>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Run(Command),
    /// Like `Run`, and its tests are counted.
    Test(Command),
    Tidy,
    Clients,
    /// Not done, for this reason.
    Skip(&'static str),
}

impl fmt::Display for Chore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(command) | Self::Test(command) => write!(f, "$ {command}"),
            Self::Tidy => f.write_str("$ cargo xtask tidy"),
            Self::Clients => f.write_str("$ cargo xtask clients"),
            Self::Skip(reason) => write!(f, "skipped: {reason}"),
        }
    }
}

/// The crates that must work where there is no operating system.
const CORE: [&str; 3] = ["kaltura-types", "kaltura-ks", "kaltura-auth"];

/// The ways to TLS of `kaltura-http`, of which a user takes one.
const TLS: [&str; 3] = ["rustls", "native-tls", "rustls-no-provider"];

/// All steps. The README's test command comes first and its demo last.
pub(crate) fn all(readme: &Readme, members: &[Member], cargo_deny: bool) -> Vec<Step> {
    let clippy = "cargo clippy --workspace --all-targets --all-features -- -D warnings";
    let docs = run("cargo doc --workspace --no-deps --all-features").with("RUSTDOCFLAGS", "-D warnings");
    let deny = if cargo_deny {
        Chore::Run(run("cargo deny check --hide-inclusion-graph bans licenses sources"))
    } else {
        Chore::Skip("cargo-deny is not installed (cargo install cargo-deny --locked)")
    };
    let interleavings = "cargo test -p kaltura-auth --lib --target-dir target/shuttle interleavings";
    let interleavings = run(interleavings).with("RUSTFLAGS", "--cfg shuttle");
    let step = |title, chores| Step { title, chores };
    vec![
        step("tests", vec![Chore::Test(readme.test.clone())]),
        step("formatting", vec![Chore::Run(run("cargo fmt --all --check"))]),
        step("clippy", vec![Chore::Run(run(clippy))]),
        step("docs", vec![Chore::Run(docs)]),
        step("tidy", vec![Chore::Tidy]),
        step("wasm", CORE.map(on_wasm).map(Chore::Run).into()),
        step("interleavings", vec![Chore::Test(interleavings)]),
        step("features", features(members).into_iter().map(Chore::Run).collect()),
        step("licences, bans, sources", vec![deny]),
        step("clients in other languages", vec![Chore::Clients]),
        step("demo", vec![Chore::Run(readme.demo.clone())]),
    ]
}

/// Each crate alone: what one crate of the core switches on must not help another.
fn on_wasm(name: &str) -> Command {
    run(&format!("cargo check --target wasm32-unknown-unknown --no-default-features -p {name}"))
}

/// Each published crate with no feature and with each one alone, and `kaltura-http` with each way to TLS on
/// the blocking side too. Crates are checked alone, so that none lives on the features of its neighbours.
fn features(members: &[Member]) -> Vec<Command> {
    let bare = |name: &str| format!("cargo check --no-default-features -p {name}");
    let mut commands = Vec::new();
    for member in members.iter().filter(|member| member.published) {
        commands.push(run(&bare(&member.name)));
        for feature in member.features.iter().filter(|feature| *feature != "default") {
            commands.push(run(&format!("{} --features {feature}", bare(&member.name))));
        }
    }
    commands.extend(TLS.map(|tls| run(&format!("{} --features {tls},blocking", bare("kaltura-http")))));
    commands
}

/// A command from a line whose words have no blanks in them.
fn run(line: &str) -> Command {
    Command::new(&line.split(' ').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(cargo_deny: bool) -> Vec<Step> {
        let readme = Readme { test: run("cargo test --as-in-readme"), demo: run("cargo run demo") };
        let member = |name: &str, published, features: &[&str]| Member {
            name: name.to_owned(),
            manifest: String::new(),
            published,
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            dependencies: Vec::new(),
        };
        let members = [
            member("kaltura-http", true, &["blocking", "default", "rustls"]),
            member("kaltura-tests", false, &["slow"]),
        ];
        all(&readme, &members, cargo_deny)
    }

    fn said(title: &str, cargo_deny: bool) -> Vec<String> {
        let steps = steps(cargo_deny);
        let step = steps.iter().find(|step| step.title == title).unwrap();
        step.chores.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_commands_of_the_readme_are_the_first_and_the_last() {
        let steps = steps(false);
        assert_eq!(steps.first().unwrap().chores, [Chore::Test(run("cargo test --as-in-readme"))]);
        assert_eq!(steps.last().unwrap().chores, [Chore::Run(run("cargo run demo"))]);
    }

    #[test]
    fn warnings_are_errors() {
        assert!(said("clippy", false)[0].ends_with("-- -D warnings"));
        assert!(said("docs", false)[0].starts_with("$ RUSTDOCFLAGS='-D warnings' cargo doc"));
        assert!(said("formatting", false)[0].ends_with("--check"));
    }

    #[test]
    fn the_core_is_checked_for_wasm_one_crate_at_a_time() {
        let said = said("wasm", false);
        assert_eq!(said.len(), CORE.len());
        for (line, name) in said.iter().zip(CORE) {
            assert!(line.contains("wasm32-unknown-unknown --no-default-features"), "{line}");
            assert!(line.ends_with(&format!("-p {name}")), "{line}");
        }
    }

    #[test]
    fn features_are_checked_alone_and_every_way_to_tls_with_the_blocking_side() {
        let http = "$ cargo check --no-default-features -p kaltura-http";
        let lines = ["", " --features blocking", " --features rustls", " --features rustls,blocking"];
        let more = [" --features native-tls,blocking", " --features rustls-no-provider,blocking"];
        let expected: Vec<_> = lines.iter().chain(&more).map(|rest| format!("{http}{rest}")).collect();
        assert_eq!(said("features", false), expected);
    }

    #[test]
    fn the_clients_in_other_languages_are_tried() {
        assert_eq!(said("clients in other languages", false), ["$ cargo xtask clients"]);
    }

    #[test]
    fn cargo_deny_is_used_if_it_is_there() {
        assert!(said("licences, bans, sources", true)[0].starts_with("$ cargo deny"));
        assert!(
            said("licences, bans, sources", false)[0].starts_with("skipped: cargo-deny is not installed")
        );
    }
}
