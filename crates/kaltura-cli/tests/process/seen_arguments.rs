//! What every process of the machine can read: the arguments of the command, and of all that it starts.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use crate::program::Running;
use crate::support::home::Home;
use crate::support::invocation::Kaltura;
use crate::support::odd_server::OddServer;
use crate::support::server::{ADMIN_SECRET, TestServer, text_of, token};

const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
const PAUSE: Duration = Duration::from_millis(5);

/// A thread that reads the arguments of a process and of those below it, again and again.
struct Observer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<String>>,
}

impl Observer {
    fn of(running: &Running) -> Self {
        let (stop, root) = (Arc::new(AtomicBool::new(false)), running.child.id());
        let is_over = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            loop {
                seen.extend(tree(root).into_iter().filter_map(arguments));
                if is_over.load(Ordering::SeqCst) {
                    return seen;
                }
                thread::sleep(PAUSE);
            }
        });
        Self { stop, thread }
    }

    /// Sees to it that all of this was seen, and none of the secrets.
    #[track_caller]
    fn saw(self, expected: &[&str], secrets: &[&str]) {
        self.stop.store(true, Ordering::SeqCst);
        let seen = self.thread.join().unwrap();
        for text in expected {
            assert!(seen.iter().any(|arguments| arguments.contains(text)), "{text:?} is not in {seen:#?}");
        }
        for secret in secrets {
            assert!(
                !secret.is_empty() && !seen.iter().any(|arguments| arguments.contains(secret)),
                "{seen:#?}"
            );
        }
    }
}

/// A process, and those that it and they have started.
fn tree(root: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name in front of it may hold anything.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect();
    let mut tree = vec![root];
    let mut place = 0;
    while let Some(&parent) = tree.get(place) {
        tree.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(id, _)| *id));
        place += 1;
    }
    tree
}

fn arguments(id: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..4_000 {
        if is_so() {
            // The observer shall have a look too.
            thread::sleep(20 * PAUSE);
            return;
        }
        thread::sleep(PAUSE);
    }
    panic!("it does not come to that");
}

#[test]
fn a_login_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, VALUE).unwrap();
    for way in [&["--app-token-stdin"][..], &["--app-token-file", text_of(&file)], &[]] {
        let server = OddServer::silent();
        let login = Kaltura::new(["login", "--service-url", &server.url, "--partner-id", "1234567"])
            .arguments(["--app-token-id", "0_importer", "--hash-type", "SHA1"])
            .arguments(way);
        let login = if way.is_empty() { login.env("KALTURA_APP_TOKEN", VALUE) } else { login.stdin(VALUE) };
        let running = login.start();
        let observer = Observer::of(&running);
        server.requests.recv_timeout(Duration::from_secs(20)).unwrap();
        observer.saw(&["kaltura login --service-url"], &[VALUE]);
    }
}

#[test]
fn an_admin_secret_is_neither_sent_nor_shown() {
    let server = OddServer::silent();
    let list = Kaltura::new(["token", "list", "--service-url", &server.url, "--partner-id=1234567"]);
    let running = list.arguments(["--admin-secret-stdin"]).stdin(ADMIN_SECRET).start();
    let observer = Observer::of(&running);
    let request = server.requests.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(request.contains("djJ8") && !request.contains(ADMIN_SECRET), "{request}");
    observer.saw(&["kaltura token list"], &[ADMIN_SECRET]);
}

#[test]
fn a_program_of_exec_shows_no_secret() {
    let server = TestServer::with_tokens(&json!([token("0_importer", VALUE, json!({}))]));
    let cache = tempfile::tempdir().unwrap();
    let mark = cache.path().join("mark");
    let script = format!("echo x > '{}'; sleep 2; true", mark.display());
    // By a login, and from the cache.
    for _ in 0..2 {
        let exec = server.cached(cache.path(), ["exec", "--", "sh", "-c", &script]);
        let running = exec.with_path().start();
        let observer = Observer::of(&running);
        wait_until(|| mark.exists());
        fs::remove_file(&mark).unwrap();
        let ks = server.cached(cache.path(), ["ks"]).succeeds().stdout;
        observer.saw(&["sh -c echo x", "sleep 2"], &[VALUE, ks.trim_end(), "djJ8"]);
    }
}

#[test]
fn a_command_of_the_profile_shows_no_secret() {
    let server = TestServer::with_tokens(&json!([token("0_importer", VALUE, json!({}))]));
    let home = Home::new();
    let (kept, mark) = (home.path("kept"), home.path("mark"));
    fs::write(&kept, VALUE).unwrap();
    fs::create_dir(home.folder()).unwrap();
    let entries = format!(
        "default_profile = 'a'\n[profiles.a]\nservice_url = '{}'\npartner_id = 1234567\n\
         app_token_id = '0_importer'\nhash_type = 'SHA256'\n\
         token_command = \"cat '{}'; echo x > '{}'; sleep 0.5\"\n",
        server.url(),
        kept.display(),
        mark.display()
    );
    fs::write(home.file(), entries).unwrap();
    let running = home.kaltura(["ks"]).with_path().start();
    let observer = Observer::of(&running);
    wait_until(|| mark.exists());
    let ks = running.wait().ends_with(0).stdout;
    observer.saw(&["kaltura ks", "sh -c cat", "sleep 0.5"], &[VALUE, ks.trim_end(), "djJ8"]);
}

#[test]
fn a_profile_that_is_added_shows_no_secret() {
    for (option, secret) in [("--app-token-stdin", VALUE), ("--admin-secret-stdin", ADMIN_SECRET)] {
        let home = Home::new();
        home.add("work", []);
        let lock = home.folder().join("config.lock");
        let held = File::open(&lock).unwrap();
        held.lock().unwrap();
        let running = home.profile(["add", "work", "--store=file", option]).stdin(secret).start();
        let observer = Observer::of(&running);
        // It has read the secret, or is about to, and waits for the lock.
        let opened = format!("/proc/{}/fd", running.child.id());
        wait_until(|| {
            fs::read_dir(&opened).is_ok_and(|mut files| {
                files.any(|file| file.is_ok_and(|file| fs::read_link(file.path()).is_ok_and(|it| it == lock)))
            })
        });
        drop(held);
        running.wait().ends_with(0);
        observer.saw(&["kaltura profile add work"], &[secret]);
    }
}
