//! An emulated server inside the test, and commands that use it.

use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kaltura_emulator::server::Server;
use kaltura_emulator::{Clock, Command, Emulator, EmulatorBuilder};
use kaltura_types::UnixTime;
use serde_json::{Value, json};

use super::invocation::{Kaltura, Words};

/// The time that the clock of a test's server shows: 2026-11-24 04:09:15 UTC.
pub(crate) const NOW: i64 = 1_795_493_355;
pub(crate) const ADMIN_SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";
pub(crate) const USER_SECRET: &str = "f9e8d7c6b5a493827160f5e4d3c2b1a0";
/// The value of the app token of most tests.
pub(crate) const VALUE: &str = "0123456789abcdef0123456789abcdef";
/// A KS of the account 1234567 that another server has signed.
pub(crate) const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

/// The same with a wrong signature.
pub(crate) const FORGED_KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRtIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

/// What a client must know of a server, and a folder in which logins keep their sessions.
pub(crate) struct Access {
    /// What `kaltura emulate` tells in its first line.
    pub(crate) greeting: Value,
    pub(crate) cache: tempfile::TempDir,
}

impl Access {
    pub(crate) fn new(greeting: Value) -> Self {
        Self { greeting, cache: tempfile::tempdir().unwrap() }
    }

    /// A member of the greeting, such as `/appToken/id`.
    pub(crate) fn told(&self, place: &str) -> &str {
        self.greeting.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("no {place}"))
    }

    pub(crate) fn url(&self) -> &str {
        self.told("/url")
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    pub(crate) fn partner(&self) -> String {
        self.greeting["partnerId"].to_string()
    }

    /// A login with the token of the greeting, whose value is in the environment.
    pub(crate) fn login(&self, options: impl Words) -> Kaltura {
        self.kaltura(["login"]).arguments(options)
    }

    /// The same without the token's value.
    pub(crate) fn login_without_value(&self, options: impl Words) -> Kaltura {
        self.login(options).without("KALTURA_APP_TOKEN")
    }

    /// A command that takes its session from the cache in this folder, with the token of the greeting.
    pub(crate) fn cached(&self, folder: &Path, arguments: impl Words) -> Kaltura {
        Kaltura::new(arguments)
            .env("KALTURA_CACHE_DIR", folder)
            .env("KALTURA_APP_TOKEN", self.told("/appToken/token"))
            .env("KALTURA_SERVICE_URL", self.url())
            .env("KALTURA_PARTNER_ID", self.partner())
            .env("KALTURA_APP_TOKEN_ID", self.told("/appToken/id"))
            .env("KALTURA_APP_TOKEN_HASH_TYPE", self.told("/appToken/hashType"))
    }

    /// A command with the cache of the server.
    pub(crate) fn kaltura(&self, arguments: impl Words) -> Kaltura {
        self.cached(self.cache.path(), arguments)
    }

    /// A call with the token of the greeting. All calls of a test share a cache.
    pub(crate) fn call(&self, arguments: impl Words) -> Kaltura {
        self.kaltura(["call"]).arguments(arguments)
    }

    /// The KS that `kaltura ks` prints.
    #[track_caller]
    pub(crate) fn ks(&self, options: impl Words) -> String {
        self.kaltura(["ks"]).arguments(options).succeeds().line().to_owned()
    }
}

/// A running server. Dropping it ends it.
pub(crate) struct TestServer {
    access: Access,
    server: Server,
}

impl Deref for TestServer {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl TestServer {
    /// A server as `kaltura emulate` starts it, with an account and a token of its own making.
    pub(crate) fn new() -> Self {
        Self::start(Emulator::builder())
    }

    pub(crate) fn start(builder: EmulatorBuilder) -> Self {
        let server = builder.build().unwrap().serve_blocking().unwrap();
        let greeting = serde_json::to_value(server.access()).unwrap();
        Self { access: Access::new(greeting), server }
    }

    /// A server with these app tokens of partner 1234567, and a clock that stands still.
    pub(crate) fn with_tokens(tokens: &Value) -> Self {
        Self::with_seed(&seed(tokens))
    }

    /// A server with the usual token, which differs by these changes.
    pub(crate) fn with_token(changes: Value) -> Self {
        Self::with_tokens(&json!([token("0_importer", VALUE, changes)]))
    }

    /// A server from a seed, with a clock that stands still.
    pub(crate) fn with_seed(seed: &Value) -> Self {
        let clock = Clock::frozen_at(UnixTime::from_seconds(NOW));
        Self::start(Emulator::builder().clock(clock).seed_json(&seed.to_string()).unwrap())
    }

    /// A server from a seed, with a clock that is right.
    pub(crate) fn with_seed_at_this_time(seed: &Value) -> Self {
        Self::start(Emulator::builder().seed_json(&seed.to_string()).unwrap())
    }

    /// The same as a new one, with a fault such as `reset@appToken.add`.
    pub(crate) fn with_fault(fault: &str) -> Self {
        Self::start(Emulator::builder().fault(fault.parse().unwrap()))
    }

    /// Ends the server. What it told, and the cache, stay.
    pub(crate) fn stop(self) -> Access {
        self.access
    }

    /// Does something to the server, such as `{"advanceClock": 60}`.
    #[track_caller]
    pub(crate) fn apply(&self, command: impl Into<Value>) {
        let command: Command = serde_json::from_value(command.into()).unwrap();
        self.server.emulator().apply(command).unwrap();
    }

    /// The actions that were called and not forgotten, in order, such as `media.list`. A refused one has the code of
    /// its error behind it. Names are as in the documents of the API.
    pub(crate) fn calls_so_far(&self) -> Vec<String> {
        let calls = self.server.emulator().calls();
        let called = |call: &kaltura_emulator::RecordedCall| match call.error() {
            Some(error) => format!("{} {error}", call.action()),
            None => call.action().to_owned(),
        };
        calls.iter().map(called).collect()
    }

    /// The same, which are then forgotten.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.calls_so_far();
        self.server.emulator().forget_calls();
        calls
    }

    /// How many calls of an action there were, which are then forgotten.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.calls().iter().filter(|call| *call == action).count()
    }

    /// Waits until there were so many calls that begin with this.
    #[track_caller]
    pub(crate) fn wait_for(&self, call: &str, count: usize) {
        for _ in 0..3_000 {
            if self.calls_so_far().iter().filter(|one| one.starts_with(call)).count() >= count {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{call} was not called {count} times: {:?}", self.calls_so_far());
    }
}

/// A server with the usual token: of type USER, for alice, for a day.
pub(crate) fn server() -> TestServer {
    TestServer::with_token(json!({}))
}

/// A server whose token leaves the user to the caller.
pub(crate) fn server_for_any_user() -> TestServer {
    TestServer::with_token(json!({ "sessionUserId": null }))
}

/// A seed with two accounts, one of which is blocked, and these app tokens.
pub(crate) fn seed(tokens: &Value) -> Value {
    json!({
        "partners": [
            {
                "id": 1_234_567, "adminSecrets": [ADMIN_SECRET], "userSecret": USER_SECRET,
                "ksMaxExpiry": 86_400,
            },
            { "id": 3_333_333, "status": "blocked" },
        ],
        "widgets": [
            { "id": "_1234567", "partnerId": 1_234_567 },
            { "id": "_3333333", "partnerId": 3_333_333 },
        ],
        "appTokens": tokens,
    })
}

/// An app token of partner 1234567 with SHA256, whose sessions are a day long and of type USER.
pub(crate) fn token(id: &str, value: &str, changes: Value) -> Value {
    let mut token = json!({
        "id": id, "partnerId": 1_234_567, "token": value, "hashType": "SHA256", "sessionType": 0,
        "sessionUserId": "alice", "sessionDuration": 86_400, "sessionPrivileges": "sview:*",
    });
    let Value::Object(changes) = changes else { panic!("{changes} is no object") };
    token.as_object_mut().unwrap().extend(changes);
    token
}

pub(crate) fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How commands show a point in time, and where there is little room.
pub(crate) const SECOND: &str = "%Y-%m-%d %H:%M:%S %Z";
pub(crate) const MINUTE: &str = "%Y-%m-%d %H:%M";

/// A point in time in the time zone of this machine.
pub(crate) fn shown(seconds: i64, format: &str) -> String {
    let time = Timestamp::from_second(seconds).unwrap().to_zoned_datetime(TimeZone::system());
    time.strftime(format).to_string()
}
