//! Standard output that is discarded, full, or not read to its end; files that would block; and little memory.

use std::process::Command;

use serde_json::json;

use crate::program::PROGRAM;
use crate::support::cache_files::cache_file;
use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer};
use crate::support::server::server;

#[test]
fn output_without_a_reader_ends_it_quietly() {
    for line in [&["--help"][..], &["demo"], &["demo", "--json"], &["emulate"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(Kaltura::new(line).run_with_stdout(writer).ends_with(141).stderr, "", "{line:?}");
    }
    #[cfg(unix)]
    {
        let server = OddServer::answering(odd_server::json(&json!(1)));
        let call = ["call", "a.b", "--anonymous", "--service-url", &server.url, "--jq=repeat(.)"];
        let mut running = Kaltura::new(call).start();
        drop(running.child.stdout.take());
        assert_eq!(running.wait().ends_with(141).stderr, "");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    for line in [&["--version"][..], &["demo"]] {
        let full = std::fs::File::create("/dev/full").unwrap();
        Kaltura::new(line).run_with_stdout(full).ends_with(1).saying("cannot write to standard output");
    }
}

/// Other programs open it for reading and writing: `subprocess.DEVNULL` of Python, and the runtime of Rust in the place of
/// a stream that was closed. The two cannot be told apart, so that a closed standard output is no failure.
#[cfg(unix)]
#[test]
fn an_answer_can_be_discarded() {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    Kaltura::new(["--version"]).run_with_stdout(null).ends_with(0);
    let null = std::fs::File::options().write(true).open("/dev/null").unwrap();
    Kaltura::new(["--version"]).run_with_stdout(null).ends_with(0);
}

/// A FIFO would block who opens it, and a symbolic link may lead anywhere.
#[cfg(unix)]
#[test]
fn a_fifo_is_not_waited_for() {
    let make = |command: &str, path: &std::path::Path| {
        let script = format!("{command} '{}'", path.display());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    };
    let server = server();
    server.ks([]);
    for ending in [".session", ".lock"] {
        let path = cache_file(server.cache.path(), ending);
        for command in ["mkfifo", "ln -s /dev/zero"] {
            std::fs::remove_file(&path).unwrap();
            make(command, &path);
            server.kaltura(["ks", "--fresh"]).run_process().ends_with(0).saying("is not a regular file");
        }
        std::fs::remove_file(&path).unwrap();
        server.ks([]);
    }
    // Completion reads no pipe in the place of the file of profiles.
    let home = Home::with_profiles("");
    std::fs::remove_file(home.file()).unwrap();
    make("mkfifo", &home.file());
    let line = home.kaltura(["completions", "bash", "--line"]).stdin("kaltura\0profile\0show\0w\0");
    line.run_process().ends_with(0).writes("", "");
}

/// Addresses may be limited where memory is not, as in some batch systems.
#[cfg(target_os = "linux")]
#[test]
fn a_filter_makes_do_with_few_addresses() {
    let script = "ulimit -v 600000 && exec \"$0\" profile list --jq '.profiles | length'";
    let home = Home::with_profiles("[profiles.a]\npartner_id = 7\n");
    let mut shell = Command::new("sh");
    shell.args(["-c", script, PROGRAM]).env_clear().env("KALTURA_CONFIG_DIR", home.folder());
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n", "{output:?}");
}

/// A slow reader does not cost a filter its time.
#[test]
fn the_time_to_write_does_not_count() {
    let server = OddServer::answering(odd_server::json(&json!(1)));
    let filter = "--jq=range(40) | \"x\" * 70000";
    let call = ["call", "a.b", "--anonymous", "--service-url", &server.url, filter, "--jq-timeout=2s"];
    let mut running = Kaltura::new(call).start();
    let mut stdout = running.child.stdout.take().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut text).unwrap();
    assert_eq!(text.len(), 40 * 70_001);
    running.wait().ends_with(0);
}
