//! Many commands that want the same session: one logs in, and what becomes of it is for all of them.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::program::Running;
use crate::support::cache_files::cache_files;
use crate::support::home::{Home, holds_no_secret};
use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, VALUE, server, text_of, token};

/// A home whose profile takes the token's value from a command, which leaves a line in the file `runs` first.
fn home(url: &str, command: &str) -> Home {
    let home = Home::with_profiles("");
    let runs = home.path("runs");
    fs::write(&runs, "").unwrap();
    let entries = format!(
        "default_profile = 'a'\n[profiles.a]\nservice_url = '{url}'\npartner_id = 1234567\n\
         app_token_id = '0_importer'\nhash_type = 'SHA256'\n\
         token_command = \"echo x >> '{}'; {command}\"\n",
        text_of(&runs),
    );
    fs::write(home.file(), entries).unwrap();
    home
}

fn runs(home: &Home) -> usize {
    fs::read_to_string(home.path("runs")).unwrap().lines().count()
}

fn kaltura(home: &Home, arguments: &[&str]) -> Kaltura {
    home.kaltura(arguments).with_path()
}

fn start(home: &Home, count: usize) -> Vec<Running> {
    (0..count).map(|_| kaltura(home, &["ks", "--timeout=1s"]).start()).collect()
}

/// `--timeout` is for the requests: it takes longer until the command has printed the value.
#[test]
fn a_slow_login_is_waited_for() {
    let server = server();
    let home = home(server.url(), &format!("sleep 4; echo {VALUE}"));
    let running = start(&home, 6);
    thread::sleep(Duration::from_secs(1));
    let late = kaltura(&home, &["ks"]).start();
    let finished: Vec<_> = running.into_iter().chain([late]).map(|one| one.wait().ends_with(0)).collect();
    assert!(finished.iter().all(|one| one.stdout == finished[0].stdout), "{finished:#?}");
    assert_eq!(runs(&home), 1);
    assert_eq!(server.calls(), ["session.startWidgetSession", "appToken.startSession"]);
    let told =
        finished.iter().filter(|one| one.stderr.contains("waiting for another kaltura process")).count();
    assert_eq!(told, 6, "{finished:#?}");
}

#[cfg(target_os = "linux")]
mod failed {
    use super::*;
    use crate::support::invocation::Finished;
    use crate::support::odd_server::OddServer;
    use crate::support::server::ADMIN_SECRET;

    const BEFORE: &str = "another kaltura process, which this one waited for, could not log in:";

    /// Waits until each of these sleeps until the next time that it asks, or is the one that they wait for.
    fn wait_for_those_who_wait(running: &[Running]) {
        // `nanosleep`, `clock_nanosleep`; and `wait4`, `waitid`, `poll`, `epoll_wait` while a command runs.
        const SLEEPS: [&str; 10] = ["35", "230", "101", "115", "61", "247", "7", "232", "260", "95"];
        let waits = |one: &Running| {
            let call = fs::read_to_string(format!("/proc/{}/syscall", one.child.id())).unwrap_or_default();
            SLEEPS.contains(&call.split(' ').next().unwrap_or_default())
        };
        for _ in 0..2_000 {
            if running.iter().all(waits) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("not all of them wait");
    }

    /// A home whose command waits until the file `go` is there, and then does this.
    fn home_that_waits(url: &str, then: &str) -> Home {
        let home = home(url, "WAIT");
        let go = home.path("go");
        let wait = format!("while [ ! -e '{}' ]; do sleep 0.02; done; {then}", go.display());
        fs::write(home.file(), home.text().replace("WAIT", &wait)).unwrap();
        home
    }

    /// How many were told of the failure of another one.
    fn told(finished: &[Finished]) -> usize {
        let words = |one: &Finished| one.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        finished.iter().filter(|one| words(one).contains(BEFORE)).count()
    }

    /// Starts these commands, lets the first of them fail when all others wait for it, and sees how they end.
    fn all_at_once(home: &Home, commands: &[&[&str]], code: i32) -> Vec<Finished> {
        let running: Vec<Running> =
            commands.iter().map(|arguments| kaltura(home, arguments).start()).collect();
        wait_for_those_who_wait(&running);
        fs::write(home.path("go"), "").unwrap();
        running.into_iter().map(|one| one.wait().fails_with(code)).collect()
    }

    fn files(home: &Home, ending: &str) -> usize {
        cache_files(&home.path("cache"), ending).len()
    }

    /// A cancelled question, for example.
    #[test]
    fn a_command_that_fails_is_run_once() {
        let server = server();
        let home = home_that_waits(server.url(), "exit 7");
        let commands: [&[&str]; 5] = [
            &["ks"],
            &["ks", "--fresh"],
            &["ks", "--min-validity=1h", "--json"],
            &["env"],
            &["call", "media.list"],
        ];
        let finished = all_at_once(&home, &commands, 1);
        assert_eq!((runs(&home), told(&finished)), (1, 4), "{finished:#?}");
        let is_first = |one: &&Finished| one.stderr.contains("failed: exit status: 7");
        assert_eq!(finished.iter().filter(is_first).count(), 1, "{finished:#?}");
        assert!(server.calls().is_empty());

        // A later process tries it again.
        let later = kaltura(&home, &["ks"]).run_process().fails_with(1);
        assert_eq!((runs(&home), told(&[later])), (2, 0));
        // What is told of one value says nothing of another; it goes with a logout.
        assert_eq!(files(&home, ".backoff"), 1);
        kaltura(&home, &["ks"]).env("KALTURA_APP_TOKEN", VALUE).succeeds();
        assert_eq!((files(&home, ".backoff"), files(&home, ".session")), (1, 1));
        kaltura(&home, &["ks", "--fresh"]).run_process().fails_with(1);
        assert_eq!(files(&home, ".backoff"), 1);
        kaltura(&home, &["logout"]).succeeds();
        assert_eq!((files(&home, ".backoff"), files(&home, ".session")), (0, 0));
    }

    #[test]
    fn a_server_that_does_not_answer_is_waited_for_once() {
        let server = OddServer::silent();
        let home = home_that_waits(&server.url, &format!("echo {VALUE}"));
        let finished = all_at_once(&home, &[&["ks", "--timeout=2s"][..]; 5], 6);
        assert_eq!((runs(&home), told(&finished)), (1, 4), "{finished:#?}");
        assert_eq!(server.requests.try_iter().count(), 1);
    }

    #[test]
    fn what_the_server_refuses_is_sent_once() {
        let server = TestServer::with_tokens(&json!([token("0_importer", ADMIN_SECRET, json!({}))]));
        let home = home_that_waits(server.url(), &format!("echo {VALUE}"));
        let finished = all_at_once(&home, &[&["ks", "--json"][..]; 5], 3);
        let errors: Vec<_> = finished.iter().map(Finished::error).collect();
        for error in &errors {
            assert_eq!(
                (&error["code"], &error["class"]),
                (&json!("INVALID_APP_TOKEN_HASH"), &json!("authentication"))
            );
            assert_eq!(error["serviceUrl"], server.url());
        }
        let shared =
            errors.iter().filter(|error| error["message"].as_str().unwrap().starts_with(BEFORE)).count();
        assert_eq!((runs(&home), shared), (1, 4));
        let sent = server.calls();
        assert_eq!(sent, ["session.startWidgetSession", "appToken.startSession INVALID_APP_TOKEN_HASH"]);
        // Nothing of a secret is kept.
        for file in cache_files(&home.path("cache"), "") {
            holds_no_secret(&fs::read_to_string(file).unwrap());
        }
    }

    /// Another value may be the right one, another limit long enough.
    #[test]
    fn another_value_or_limit_is_tried() {
        let server = server();
        let home = home_that_waits(server.url(), "exit 7");
        let first = kaltura(&home, &["ks"]).start();
        while runs(&home) == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        // It does not even wait.
        kaltura(&home, &["ks"]).env("KALTURA_APP_TOKEN", VALUE).succeeds();
        fs::write(home.path("go"), "").unwrap();
        assert_eq!((first.wait().code, runs(&home)), (Some(1), 1));

        // The value of a variable may be another one in each process.
        let [wrong, right] = [ADMIN_SECRET, VALUE];
        server.apply(json!({ "setLatency": [700, 700] }));
        let ks = |value: &str| kaltura(&home, &["ks", "--user=bob"]).env("KALTURA_APP_TOKEN", value).start();
        let first = ks(wrong);
        wait_for_those_who_wait(std::slice::from_ref(&first));
        let codes = [first, ks(right)].map(|one| one.wait().code);
        assert_eq!(codes, [Some(3), Some(0)]);
    }

    /// Being told to stop is for the one who is told.
    #[test]
    fn a_waiting_process_logs_in_when_the_other_is_stopped() {
        let server = server();
        let home = home_that_waits(server.url(), &format!("echo {VALUE}"));
        for signal in ["TERM", "KILL"] {
            let before = runs(&home);
            let first = kaltura(&home, &["ks"]).start();
            while runs(&home) == before {
                thread::sleep(Duration::from_millis(10));
            }
            let running: Vec<Running> = (0..3).map(|_| kaltura(&home, &["ks"]).start()).collect();
            wait_for_those_who_wait(&running);
            first.signal(signal);
            fs::write(home.path("go"), "").unwrap();
            drop(first);
            for one in running {
                one.wait().ends_with(0);
            }
            assert_eq!(runs(&home) - before, 2);
            kaltura(&home, &["logout"]).succeeds();
            fs::remove_file(home.path("go")).unwrap();
        }
    }
}
