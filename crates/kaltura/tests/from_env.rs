//! A login from the environment of the process. A test cannot change its own environment, so it starts itself again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

use std::env;
use std::process::{Command, Output};

use kaltura::{AppTokenCredentials, AppTokenLogin, HashType, PartnerId, ServiceUrl, SessionRequest};

const CHILD: &str = "KALTURA_TEST_CHILD";

/// Runs a test of this file in a process with these variables only.
fn run(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env::current_exe().unwrap());
    child.env_clear().env(CHILD, "1").envs(variables.iter().copied());
    child.args(["--exact", test, "--nocapture"]).output().unwrap()
}

#[test]
fn child_reads_a_login() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let token = AppTokenCredentials::new(PartnerId::new(7), "0_a", "value", HashType::Sha256);
    let expected = AppTokenLogin::new(ServiceUrl::EU, token).request(SessionRequest::new().user_id("me"));
    assert_eq!(kaltura::from_env(), Ok(expected));
}

#[test]
fn the_variables_of_the_process_are_read() {
    let mut variables = vec![
        ("KALTURA_PARTNER_ID", "7"),
        ("KALTURA_APP_TOKEN_ID", "0_a"),
        ("KALTURA_APP_TOKEN", "value"),
        ("KALTURA_APP_TOKEN_HASH_TYPE", "sha256"),
        ("KALTURA_REGION", "eu"),
        ("KALTURA_USER", "me"),
    ];
    let all = run("child_reads_a_login", &variables);
    assert!(all.status.success(), "{}", String::from_utf8_lossy(&all.stderr));
    variables.retain(|(name, _)| *name != "KALTURA_PARTNER_ID");
    let less = run("child_reads_a_login", &variables);
    assert!(!less.status.success());
    let shown = String::from_utf8_lossy(&less.stderr);
    assert!(shown.contains("KALTURA_PARTNER_ID") && !shown.contains("KALTURA_APP_TOKEN\""), "{shown}");
}
