//! `kaltura emulate` as a process beside us, which ends when we do.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::Failure;
use crate::clients::process::Process;

/// How long it may take to begin and to end. It needs a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a command that is told to terminate when standard input ends: even if we are killed, the emulator does
/// not stay behind. The process keeps its id, and so its exit code comes to us.
const UNTIL_INPUT_ENDS: &str =
    "exec 3<&0; (cat <&3; kill -TERM $$) >/dev/null 2>&1 & exec \"$@\" 3<&- </dev/null";

/// Whether the server keeps answers and gives them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseCache {
    Off,
    On,
}

impl fmt::Display for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
        })
    }
}

pub(crate) struct Emulator {
    process: Process,
    access: Access,
    cache: ResponseCache,
}

/// What a client must know, as the first line of `kaltura emulate` tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    url: String,
    partner_id: i64,
    admin_secret: String,
    user_secret: String,
    app_token: AppToken,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppToken {
    id: String,
    token: String,
    hash_type: String,
}

impl Emulator {
    /// Starts it, and waits until it serves.
    pub(crate) fn start(kaltura: &Path, cache: ResponseCache) -> Result<Self, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_INPUT_ENDS, "sh"]).arg(kaltura).arg("emulate");
        if cache == ResponseCache::On {
            command.arg("--response-cache");
        }
        Self::start_by(&mut command, cache)
    }

    fn start_by(command: &mut Command, cache: ResponseCache) -> Result<Self, Failure> {
        let started = Process::start(command.stdin(Stdio::piped()).stderr(Stdio::piped()));
        let process = started.map_err(|error| format!("could not start the emulator: {error}"))?;
        let trouble = match process.next_line(PATIENCE) {
            Ok(Some(line)) => match serde_json::from_str(&line) {
                Ok(access) => return Ok(Self { process, access, cache }),
                Err(error) => format!("the first line of the emulator is not understood: {error}"),
            },
            Ok(None) => "the emulator ended at once".to_owned(),
            Err(_) => "the emulator says nothing".to_owned(),
        };
        Err(format!("{trouble}\n{}", process.last_words()).into())
    }

    /// What a script must know of it, as its environment.
    pub(crate) fn variables(&self) -> [(&'static str, String); 8] {
        let Access { url, partner_id, admin_secret, user_secret, app_token } = &self.access;
        [
            ("KALTURA_SERVICE_URL", url.clone()),
            ("KALTURA_PARTNER_ID", partner_id.to_string()),
            ("KALTURA_ADMIN_SECRET", admin_secret.clone()),
            ("KALTURA_USER_SECRET", user_secret.clone()),
            ("KALTURA_APP_TOKEN_ID", app_token.id.clone()),
            ("KALTURA_APP_TOKEN", app_token.token.clone()),
            ("KALTURA_APP_TOKEN_HASH_TYPE", app_token.hash_type.clone()),
            ("KALTURA_RESPONSE_CACHE", self.cache.to_string()),
        ]
    }

    /// Has it terminate, and checks that it does so with exit code 0.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        drop(self.process.take_input());
        match self.process.next_line(PATIENCE) {
            Ok(None) => {}
            Ok(Some(line)) => return Err(format!("the emulator prints a second line: {line}").into()),
            Err(_) => return Err("the emulator does not stop on SIGTERM".into()),
        }
        let status = self.process.ended()?;
        if status.success() {
            return Ok(());
        }
        Err(format!("the emulator did not stop well: {status}\n{}", self.process.last_words()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: &str = r#"{"url":"http://127.0.0.1:1","partnerId":101,"adminSecret":"a","userSecret":"u",
        "appToken":{"id":"0_x","token":"t","hashType":"SHA256"}}"#;

    /// A shell in place of the emulator.
    fn start(script: &str) -> Result<Emulator, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_INPUT_ENDS, "sh", "sh", "-c", script, &GREETING.replace('\n', " ")]);
        Emulator::start_by(&mut command, ResponseCache::Off)
    }

    fn trouble<T>(result: Result<T, Failure>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn the_first_line_says_what_a_client_must_know() {
        let emulator = start("trap 'exit 0' TERM; echo \"$0\"; while :; do sleep 0.1; done").unwrap();
        let variables = emulator.variables().map(|(name, value)| format!("{name}={value}"));
        assert_eq!(
            variables.join(" "),
            "KALTURA_SERVICE_URL=http://127.0.0.1:1 KALTURA_PARTNER_ID=101 KALTURA_ADMIN_SECRET=a \
             KALTURA_USER_SECRET=u KALTURA_APP_TOKEN_ID=0_x KALTURA_APP_TOKEN=t \
             KALTURA_APP_TOKEN_HASH_TYPE=SHA256 KALTURA_RESPONSE_CACHE=off"
        );
        emulator.stop().unwrap();
    }

    #[test]
    fn the_end_must_be_a_good_one() {
        let emulator =
            start("trap 'echo oh no >&2; exit 3' TERM; echo \"$0\"; while :; do sleep 0.1; done").unwrap();
        let trouble = trouble(emulator.stop());
        assert!(trouble.contains("did not stop well") && trouble.ends_with("oh no"), "{trouble}");
    }

    #[test]
    fn a_start_that_fails_is_told_with_its_reason() {
        let ended = trouble(start("echo no port >&2; exit 1"));
        assert_eq!(ended, "the emulator ended at once\nno port");
        let strange = trouble(start("echo '{}'; echo a reason >&2; exec sleep 20"));
        assert!(strange.starts_with("the first line of the emulator is not understood"), "{strange}");
    }
}
