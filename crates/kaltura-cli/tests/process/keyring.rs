//! Secrets in the keyring of the system: that of GNOME, on a D-Bus and in a home of its own, so that the one of the user who
//! runs the tests is never touched.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::home::{ADMIN_VALUE, holds_no_secret};
use crate::support::invocation::Finished;
use crate::support::server::{TestServer, VALUE, server_for_any_user, text_of, token};

/// What runs before each script: `unlock` opens the keyring, `add` adds a profile for the server.
const BEGINNING: &str = r#"
set -u
exec 2>"$HOME/stderr"
unlock() {
    printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
}
add() {
    kaltura profile add "$1" --service-url "$SERVER" --partner-id 1234567 --app-token-id 0_importer \
        --hash-type SHA256 --app-token-file "$VALUE_FILE" "${@:2}"
}
"#;

/// A home for which a keyring can be had.
struct Desktop(tempfile::TempDir);

impl Desktop {
    /// Nothing, and a line about it, where there is no keyring.
    fn new(server: &str) -> Option<Self> {
        for program in ["dbus-run-session", "gnome-keyring-daemon"] {
            let found = Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
            if !found {
                eprintln!("skipped: there is no {program} here");
                return None;
            }
        }
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.path("run")).unwrap();
        std::fs::write(home.path("value"), VALUE).unwrap();
        std::fs::write(home.path("secret"), ADMIN_VALUE).unwrap();
        std::fs::write(home.path("server"), server).unwrap();
        Some(home)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Runs a script of bash in a session of its own.
    fn run(&self, script: &str) -> Finished {
        let program = Path::new(env!("CARGO_BIN_EXE_kaltura"));
        let path = format!("{}:{}", text_of(program.parent().unwrap()), std::env::var("PATH").unwrap());
        let output = Command::new("timeout")
            .args(["180", "dbus-run-session", "--", "bash", "-c", &format!("{BEGINNING}{script}")])
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.0.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("SERVER", std::fs::read_to_string(self.path("server")).unwrap())
            .env("VALUE_FILE", self.path("value"))
            .env("SECRET_FILE", self.path("secret"))
            .output()
            .unwrap();
        // What the D-Bus and the keyring say of themselves is not in it.
        let stderr = std::fs::read_to_string(self.path("stderr")).unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        Finished { code: output.status.code(), stdout, stderr }
    }

    /// Whether some file of the home but the given ones has one of the secrets in it.
    fn has_a_secret_in_a_file(&self) -> bool {
        let found = Command::new("grep")
            .args(["--recursive", "--quiet", "--binary-files=text", "-e", VALUE, "-e", ADMIN_VALUE])
            .args(["--exclude=value", "--exclude=secret", text_of(self.0.path())])
            .status()
            .unwrap();
        found.success()
    }
}

#[test]
fn a_secret_is_kept_used_and_forgotten() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    let first = home.run(
        "unlock
        add work && kaltura profile show work && kaltura login && kaltura ks --json",
    );
    let first = first.ends_with(0);
    holds_no_secret(&first.stdout.replace("\"ks\":\"djJ8", ""));
    assert!(first.stdout.contains("Created profile 'work', which is now the default"), "{first:#?}");
    assert_eq!(first.stdout.matches("  app token    system keyring\n").count(), 2, "{first:#?}");
    assert!(first.stdout.contains("Logged in to http://127.0.0.1"), "{first:#?}");
    assert_eq!(first.stderr, "");
    assert!(!home.has_a_secret_in_a_file());
    let config = std::fs::read_to_string(home.path(".config/kaltura/config.toml")).unwrap();
    assert!(config.contains("token_store = \"keyring\"\n"), "{config}");
    assert!(!home.path(".config/kaltura/secrets").exists());

    // It is there in the next session too, until the profile goes.
    let second = home.run(
        "unlock
        kaltura login --ks-only && kaltura profile remove work --yes --json",
    );
    let second = second.ends_with(0);
    let lines: Vec<&str> = second.stdout.lines().collect();
    assert!(lines[0].starts_with("djJ8"), "{second:#?}");
    let removed: serde_json::Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(removed["forgottenSecrets"], json!(["appToken"]));
}

#[test]
fn what_is_removed_is_not_in_the_keyring_any_more() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    let finished = home.run(
        "unlock
        config=$HOME/.config/kaltura/config.toml
        add work >/dev/null && cp $config $HOME/kept && kaltura profile remove work --yes >/dev/null
        cp $HOME/kept $config
        kaltura profile show --json
        kaltura login",
    );
    let finished = finished.ends_with(2);
    let shown: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(shown["appToken"], json!({ "place": "keyring", "isThere": false }));
    let finished = finished.saying("profile 'work' stores it in the system keyring, but it is not there");
    finished.saying("kaltura profile add work --app-token-stdin");
}

#[test]
fn a_secret_that_moves_leaves_the_keyring() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    let finished = home.run(
        "unlock
        add work >/dev/null && cp $HOME/.config/kaltura/config.toml $HOME/kept
        add work --store=file >/dev/null && kaltura login >/dev/null && echo from the file
        cp $HOME/kept $HOME/.config/kaltura/config.toml
        kaltura profile show",
    );
    let finished = finished.ends_with(0);
    assert!(finished.stdout.starts_with("from the file\n"), "{finished:#?}");
    assert!(finished.stdout.contains("system keyring (missing)\n"), "{finished:#?}");
}

#[test]
fn both_secrets_of_all_profiles_have_their_own_place() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    let finished = home.run(
        "unlock
        add work --admin-secret-file $SECRET_FILE >/dev/null
        kaltura profile add admin --partner-id 1234567 --admin-secret-file $VALUE_FILE >/dev/null
        KALTURA_CONFIG_DIR=$HOME/other add work --admin-secret-file $VALUE_FILE >/dev/null
        kaltura login >/dev/null && kaltura profile show && kaltura profile show admin
        kaltura profile remove admin --yes; KALTURA_CONFIG_DIR=$HOME/other kaltura profile remove work --yes
        kaltura profile show && kaltura login",
    );
    let finished = finished.ends_with(0);
    assert_eq!(finished.stdout.matches("  app token    system keyring\n").count(), 2, "{finished:#?}");
    assert_eq!(finished.stdout.matches("  admin secret system keyring\n").count(), 3, "{finished:#?}");
    assert_eq!(finished.stderr, "");
    assert!(!home.has_a_secret_in_a_file());
}

#[test]
fn the_admin_secret_in_it_manages_app_tokens() {
    let server = TestServer::new();
    let Some(home) = Desktop::new(server.url()) else { return };
    std::fs::write(home.path("secret"), server.told("/adminSecret")).unwrap();
    let partner = server.greeting["partnerId"].to_string();
    let finished = home.run(&format!(
        "unlock
        kaltura profile add admin --service-url $SERVER --partner-id {partner} \
            --admin-secret-file $SECRET_FILE --store keyring >/dev/null && kaltura token list --json"
    ));
    let list = finished.ends_with(0).document();
    assert_eq!(list[0]["id"], server.told("/appToken/id"));
}

#[test]
fn without_it_there_is_an_error_that_says_what_to_do() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    home.run("unlock; add work >/dev/null && kaltura ks >/dev/null").ends_with(0);

    // A session from the cache needs no keyring, and neither do commands that need no secret.
    let cached = home.run("DBUS_SESSION_BUS_ADDRESS=unix:path=/nosuch kaltura ks").ends_with(0);
    assert!(cached.stdout.starts_with("djJ8"), "{cached:#?}");
    home.run("DBUS_SESSION_BUS_ADDRESS=unix:path=/nosuch kaltura profile list").ends_with(0);

    let absent = home.run("DBUS_SESSION_BUS_ADDRESS=unix:path=/nosuch kaltura login").fails_with(1);
    let absent = absent.saying("cannot read the app token value of profile 'work' from the system keyring");
    absent.saying("no system keyring available").saying("the keyring belongs to the desktop session");
    let shown =
        home.run("DBUS_SESSION_BUS_ADDRESS=unix:path=/nosuch kaltura profile show --json").ends_with(0);
    let trouble = shown.document()["appToken"]["trouble"].as_str().unwrap().to_owned();
    assert!(trouble.contains("no system keyring available"), "{trouble}");
}

#[test]
fn a_keyring_that_stays_locked_is_told() {
    let server = server_for_any_user();
    let Some(home) = Desktop::new(server.url()) else { return };
    home.run("unlock; add work >/dev/null").ends_with(0);
    // It runs, and no user is there to type the password.
    let start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1\n";
    let locked = home.run(&format!("{start} kaltura login")).fails_with(1);
    let locked = locked.saying("cannot read the app token value of profile 'work' from the system keyring");
    locked.saying("the system keyring is locked").saying("Unlock the keyring and try again.");
    home.run(&format!("{start} add work --store=keyring")).fails_with(1).saying("Unlock the keyring");
    let in_a_file = home.run(&format!("{start} add work")).ends_with(0);
    in_a_file.saying("is stored in clear text in the file").saying("the system keyring is locked");
}

/// Killed at any moment, the profile logs in by the old token or by the new one.
#[test]
fn a_change_to_another_token_that_is_killed_breaks_nothing() {
    let tokens = json!([token("0_importer", VALUE, json!({})), token("0_second", ADMIN_VALUE, json!({}))]);
    let server = TestServer::with_tokens(&tokens);
    let Some(home) = Desktop::new(server.url()) else { return };
    let finished = home.run(
        r#"unlock
        config=$HOME/.config/kaltura/config.toml
        add work --store=keyring >/dev/null
        change() {
            id=0_second file=$SECRET_FILE
            grep -q 0_second $config && id=0_importer file=$VALUE_FILE
            "$@" kaltura profile add work --app-token-id $id --app-token-file $file --store=keyring >/dev/null
        }
        # How long it takes in microseconds. Secrets are kept in the last part of that: it is killed ever later until
        # it finishes, and then earlier again.
        begun=${EPOCHREALTIME/./}
        change env
        lifetime=$((${EPOCHREALTIME/./} - begun)) finished=0 killed=0
        for round in $(seq 200); do
            [ $finished -ge 6 ] && [ $killed -ge 24 ] && break
            seconds=$(printf '%d.%06d' $((lifetime / 1000000)) $((lifetime % 1000000)))
            if change timeout --foreground --signal=KILL $seconds; then
                finished=$((finished + 1)) lifetime=$((lifetime * 80 / 100))
            else
                killed=$((killed + 1)) lifetime=$((lifetime * 106 / 100))
            fi
            kaltura login >/dev/null || { cat $config; exit 9; }
        done
        [ $finished -ge 6 ] && [ $killed -ge 24 ] && echo both happened"#,
    );
    let finished = finished.ends_with(0);
    assert_eq!(finished.stdout, "both happened\n", "{finished:#?}");
    assert_eq!(finished.stderr, "");
}
