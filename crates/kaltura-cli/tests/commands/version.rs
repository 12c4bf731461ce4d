//! What `--version` tells of the build.

use crate::support::invocation::Kaltura;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn told(option: &str) -> String {
    let finished = Kaltura::new([option]).succeeds();
    assert_eq!(finished.stderr, "");
    finished.stdout
}

#[test]
fn the_short_version_is_one_line() {
    assert_eq!(told("-V"), format!("kaltura {VERSION}\n"));
}

#[test]
fn the_long_version_tells_what_it_was_built_from() {
    let text = told("--version");
    let lines: Vec<&str> = text.lines().collect();
    let [version, target, tls, features] = lines[..] else { panic!("{text}") };
    let commit = option_env!("KALTURA_COMMIT").map(|commit| format!(" ({commit})")).unwrap_or_default();
    assert_eq!(version, format!("kaltura {VERSION}{commit}"));
    assert_eq!(target, format!("target: {}-{}", std::env::consts::ARCH, std::env::consts::OS));
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
