//! Exit codes: why a command failed, for the shell.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The class of a failure. Its number is the exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// Something on this machine: a file that can not be written, no thread to be had.
    Local,
    /// The command line, an environment variable or a file that was given is wrong, or asks for what can not be.
    Usage,
    /// The server does not accept who logs in: the app token, its proof, the session. Or a KS is not signed
    /// with the secret that was given, so that the account's server would not accept it.
    Authentication,
    /// The server knows who asks, and says no.
    Permission,
    /// What was asked for does not exist: an app token id, a widget, a role, or any object that a call names.
    NotFound,
    /// No complete answer arrived, or an address can not be listened at.
    Network,
    /// The server failed, asks to wait, or is not the Kaltura API.
    Server,
    /// The program that was to be run is there, and can not be executed. The number is that of shells.
    ProgramNotExecuted,
    /// There is no such program as the one that was to be run. The number is that of shells.
    ProgramNotFound,
    /// Nobody reads the output any more. The number is that of a process that `SIGPIPE` has ended.
    BrokenPipe,
    /// The terminal is gone. The number is that of a process that `SIGHUP` has ended.
    HungUp,
    /// Stopped by Ctrl-C. The number is that of a process that `SIGINT` has ended.
    Interrupted,
    /// Stopped by `SIGTERM`. The number is that of a process that `SIGTERM` has ended.
    Terminated,
    /// The --jq filter ended with this exit code, by `halt` or `halt_error`.
    Filter(u8),
}

/// The exit codes, as `kaltura --help` tells them.
pub(crate) const HELP: &str = "\
Exit codes:
    0  it worked
    1  something on this machine went wrong
    2  the command line, the environment or a given file is wrong
    3  authentication: the app token, the session or its signature is not accepted
    4  permission: the server knows who asks, and says no
    5  not found: there is no such app token, widget, role or other object
    6  network: no complete answer arrived, or an address is taken
    7  server: it failed, asks to wait, or is not the Kaltura API
  126  exec: the program can not be executed
  127  exec: there is no such program
  130  interrupted by Ctrl-C; 143 by SIGTERM; 129 by SIGHUP; 141 if nobody reads the output

With --jq, halt_error and halt set the exit code as in jq: 5 for halt_error, or the one they name.";

impl ExitCode {
    const ALL: [Self; 13] = [
        Self::Local,
        Self::Usage,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::Network,
        Self::Server,
        Self::ProgramNotExecuted,
        Self::ProgramNotFound,
        Self::BrokenPipe,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Local => 1,
            Self::Usage => 2,
            Self::Authentication => 3,
            Self::Permission => 4,
            Self::NotFound => 5,
            Self::Network => 6,
            Self::Server => 7,
            Self::ProgramNotExecuted => 126,
            Self::ProgramNotFound => 127,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
            Self::Terminated => 143,
            Self::Filter(code) => code,
        }
    }

    /// The name in the report for programs.
    const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Usage => "usage",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "notFound",
            Self::Network => "network",
            Self::Server => "server",
            Self::ProgramNotExecuted => "programNotExecuted",
            Self::ProgramNotFound => "programNotFound",
            Self::BrokenPipe => "brokenPipe",
            Self::HungUp => "hungUp",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::Filter(_) => "filter",
        }
    }
}

impl Serialize for ExitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ExitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let class = Self::ALL.into_iter().find(|class| class.name() == name);
        class.ok_or_else(|| D::Error::custom("there is no such class"))
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_own_number_and_the_help_tells_it() {
        let mut numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        for number in &numbers {
            assert!(HELP.split_whitespace().any(|word| word == number.to_string()), "{number}");
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ExitCode::ALL.len());
    }
}
