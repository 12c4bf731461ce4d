//! What `--version` tells of the build.

use std::process::Command;

use crate::support::invocation::Kaltura;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn told(option: &str) -> String {
    let finished = Kaltura::new([option]).succeeds();
    assert_eq!(finished.stderr, "");
    finished.stdout
}

/// What git says in the folder of this crate, if it is in its own repository.
fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    let output = git.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}

#[test]
fn the_short_version_is_one_line() {
    assert_eq!(told("-V"), format!("kaltura {VERSION}\n"));
}

#[test]
fn the_long_version_tells_what_it_was_built_from() {
    let text = told("--version");
    let lines: Vec<&str> = text.lines().collect();
    let [version, target, compiler, tls, features] = lines[..] else { panic!("{text}") };
    let commit = version.strip_prefix(&format!("kaltura {VERSION}")).unwrap_or_else(|| panic!("{version}"));
    if git(&["rev-parse", "--show-prefix"]).as_deref() == Some("crates/kaltura-cli/") {
        // Not which one: a test that is run again after a commit need not be built again.
        let (name, date) = commit.trim_matches([' ', '(', ')']).split_once(' ').unwrap();
        assert_eq!(commit, format!(" ({name} {date})"));
        assert!(name.len() == 10 && name.chars().all(|c| c.is_ascii_hexdigit()), "{version}");
        let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
        assert_eq!(date.chars().map(shape).collect::<String>(), "0000-00-00");
        assert_eq!(git(&["show", "-s", "--format=%cs", name]).as_deref(), Some(date));
    } else {
        assert_eq!(commit, "");
    }
    assert!(target.starts_with("target: ") && target.contains(std::env::consts::ARCH), "{target}");
    assert!(compiler.starts_with("compiler: rustc 1."), "{compiler}");
    assert!(["TLS: rustls", "TLS: the system's library", "TLS: none"].contains(&tls), "{tls}");
    assert!(features.starts_with("features: "), "{features}");
    assert_eq!(cfg!(feature = "native-tls"), features.contains("native-tls"));
    assert_eq!(cfg!(feature = "rustls"), features.contains("rustls"));
}

#[test]
fn no_version_tells_of_the_machine_that_built_it() {
    let text = told("--version");
    assert!(!text.contains(['/', '\\']), "{text}");
    for name in ["USER", "HOME", "HOSTNAME"] {
        if let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) {
            assert!(!text.contains(&value), "{name} in {text}");
        }
    }
}
