//! The command `kaltura`: building it, and running `kaltura emulate` as a child process.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Duration;

use cargo_metadata::Message;
use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::command::Command;
use crate::http::{Request, Response};
use crate::process::Process;

/// Builds `kaltura` with a profile of cargo. Returns the path of the executable.
pub(crate) fn build_kaltura(root: &Path, profile: &str) -> Result<PathBuf, Failure> {
    build_binary(root, "kaltura-cli", &["--bin=kaltura", "--profile", profile])
}

/// Builds the only binary of a package. Returns the path of the executable.
pub(crate) fn build_binary(root: &Path, package: &str, options: &[&str]) -> Result<PathBuf, Failure> {
    let build =
        ["cargo", "build", "--quiet", "--message-format=json-render-diagnostics", "--package", package];
    let command = Command::new(&[&build[..], options].concat());
    let mut executable = None;
    let success = command.run_with_lines(root, &mut io::sink(), &mut |line| {
        if let Some(path) = executable_of(line) {
            executable = Some(path);
        }
    })?;
    match executable {
        Some(path) if success => Ok(path),
        _ => Err(format!("`{command}` failed").into()),
    }
}

/// The executable that a message of cargo names.
pub(crate) fn executable_of(message: &str) -> Option<PathBuf> {
    match serde_json::from_str(message) {
        Ok(Message::CompilerArtifact(artifact)) => artifact.executable.map(PathBuf::from),
        _ => None,
    }
}

/// How long the emulator may take to start and to stop. It needs a few milliseconds.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The path of the control commands.
const CONTROL: &str = "/_emulator";

/// Runs a command that gets SIGTERM when standard input ends: the emulator stops even if this process is killed.
/// `exec` keeps the process id, so that its exit code arrives here.
const UNTIL_INPUT_ENDS: &str =
    "exec 3<&0; (cat <&3; kill -TERM $$) >/dev/null 2>&1 & exec \"$@\" 3<&- </dev/null";

/// Whether the server caches responses.
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

/// A running `kaltura emulate`.
pub(crate) struct EmulatorProcess {
    process: Process,
    access: Access,
    cache: ResponseCache,
}

/// What a client needs to know: the first line that `kaltura emulate` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    url: String,
    partner_id: i64,
    admin_secret: String,
    user_secret: String,
    app_token: AppToken,
    ui: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppToken {
    id: String,
    token: String,
    hash_type: String,
}

/// `kaltura emulate` with options, as a command that ends with this process.
fn emulate(kaltura: &Path, options: &[&str]) -> process::Command {
    let mut command = process::Command::new("sh");
    command.args(["-c", UNTIL_INPUT_ENDS, "sh"]).arg(kaltura).arg("emulate").args(options);
    command
}

impl EmulatorProcess {
    /// Starts it and waits until it serves.
    pub(crate) fn start(kaltura: &Path, cache: ResponseCache) -> Result<Self, Failure> {
        let options: &[&str] = if cache == ResponseCache::On { &["--response-cache"] } else { &[] };
        Self::start_command(&mut emulate(kaltura, options), cache)
    }

    /// Starts it with its page for people.
    pub(crate) fn start_with_page(kaltura: &Path) -> Result<Self, Failure> {
        Self::start_command(&mut emulate(kaltura, &["--ui"]), ResponseCache::Off)
    }

    /// Starts it with its control commands.
    pub(crate) fn start_with_control(kaltura: &Path) -> Result<Self, Failure> {
        Self::start_command(&mut emulate(kaltura, &["--control"]), ResponseCache::Off)
    }

    /// Sends control commands: one, or an array of them. Returns the answer.
    pub(crate) fn control(&self, commands: &Value) -> Result<Value, Failure> {
        let response = Request::post(&commands.to_string()).send(&self.access.url, CONTROL)?;
        Self::control_answer(&response)
    }

    /// The number of calls of an action, such as `media.list`, since the start or the last `forgetCalls`.
    pub(crate) fn count(&self, action: &str) -> Result<usize, Failure> {
        Ok(self.calls(action)?.len())
    }

    /// The calls of an action, with their parameters.
    pub(crate) fn calls(&self, action: &str) -> Result<Vec<Value>, Failure> {
        let mut answer = Self::control_answer(&Request::get().send(&self.access.url, CONTROL)?)?;
        let calls = answer["calls"].as_array_mut().map(std::mem::take).unwrap_or_default();
        Ok(calls.into_iter().filter(|call| call["action"] == action).collect())
    }

    fn control_answer(response: &Response) -> Result<Value, Failure> {
        if response.status == 200 {
            return Ok(serde_json::from_str(&response.body)?);
        }
        Err(format!("the emulator refuses a command: {} {}", response.status, response.body).into())
    }

    /// The address of its page.
    pub(crate) fn page(&self) -> Option<&str> {
        self.access.ui.as_deref()
    }

    fn start_command(command: &mut process::Command, cache: ResponseCache) -> Result<Self, Failure> {
        let started = Process::start(command.stdin(Stdio::piped()).stderr(Stdio::piped()));
        let process = started.map_err(|error| format!("could not start the emulator: {error}"))?;
        let problem = match process.next_line(TIMEOUT) {
            Ok(Some(line)) => match serde_json::from_str(&line) {
                Ok(access) => return Ok(Self { process, access, cache }),
                Err(error) => format!("the first line of the emulator is invalid: {error}"),
            },
            Ok(None) => "the emulator ended immediately".to_owned(),
            Err(_) => "the emulator printed nothing".to_owned(),
        };
        Err(format!("{problem}\n{}", process.kill_and_read_stderr()).into())
    }

    /// What a script needs to know of it, as environment variables.
    pub(crate) fn variables(&self) -> [(&'static str, String); 8] {
        let Access { url, partner_id, admin_secret, user_secret, app_token, .. } = &self.access;
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

    /// Stops it, and checks that it exits with code 0.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        self.process.close_stdin();
        match self.process.next_line(TIMEOUT) {
            Ok(None) => {}
            Ok(Some(line)) => return Err(format!("the emulator printed a second line: {line}").into()),
            Err(_) => return Err("the emulator does not stop on SIGTERM".into()),
        }
        let status = self.process.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(format!("the emulator failed: {status}\n{}", self.process.kill_and_read_stderr()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(kind: &str, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"a","manifest_path":"a/Cargo.toml","target":
            {{"kind":["{kind}"],"crate_types":["{kind}"],"name":"a","src_path":"a/main.rs","edition":"2024",
            "doctest":false,"test":true}},"profile":{{"opt_level":"0","debuginfo":1,"debug_assertions":true,
            "overflow_checks":true,"test":false}},"features":[],"filenames":[],"executable":{executable},
            "fresh":true}}"#
        )
    }

    #[test]
    fn the_executable_is_found_in_the_messages() {
        assert_eq!(executable_of(&artifact("bin", r#""out/a""#)), Some(PathBuf::from("out/a")));
        assert_eq!(executable_of(&artifact("lib", "null")), None);
        for other in [r#"{"reason":"build-finished","success":true}"#, "no JSON", ""] {
            assert_eq!(executable_of(other), None, "{other}");
        }
    }

    const FIRST_LINE: &str = r#"{"url":"http://127.0.0.1:1","partnerId":101,"adminSecret":"a","userSecret":"u",
        "appToken":{"id":"0_x","token":"t","hashType":"SHA256"}}"#;

    /// A shell script in place of the emulator. Its `$0` is the first line.
    fn start(script: &str) -> Result<EmulatorProcess, Failure> {
        let mut command = process::Command::new("sh");
        command.args(["-c", UNTIL_INPUT_ENDS, "sh", "sh", "-c", script, &FIRST_LINE.replace('\n', " ")]);
        EmulatorProcess::start_command(&mut command, ResponseCache::Off)
    }

    fn error<T>(result: Result<T, Failure>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn the_first_line_becomes_variables() {
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
    fn a_failing_exit_code_is_an_error() {
        let emulator =
            start("trap 'echo oh no >&2; exit 3' TERM; echo \"$0\"; while :; do sleep 0.1; done").unwrap();
        let error = error(emulator.stop());
        assert!(error.starts_with("the emulator failed: ") && error.ends_with("oh no"), "{error}");
    }

    #[test]
    fn a_failed_start_is_reported_with_its_reason() {
        let ended = error(start("echo no port >&2; exit 1"));
        assert_eq!(ended, "the emulator ended immediately\nno port");
        let invalid = error(start("echo '{}'; echo a reason >&2; exec sleep 20"));
        assert!(invalid.starts_with("the first line of the emulator is invalid"), "{invalid}");
    }
}
