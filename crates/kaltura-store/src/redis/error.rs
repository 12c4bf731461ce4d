//! Why the server did not do what it was asked.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::store::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError as ClientError, ServerErrorKind};

use super::url::RedisUrl;

/// Why a command to Redis or Valkey failed.
///
/// The texts of the server are not part of it: some repeat what was sent, such as a password.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("cannot connect")]
    Connect(#[source] Arc<io::Error>),
    #[error("no Sentinel knows the master: check its name and the addresses of the Sentinels")]
    MasterNotFound,
    #[error(
        "the Sentinel names a server at another machine, to which redis:// would send sessions unencrypted: \
         use rediss+sentinel://, or allow it explicitly"
    )]
    PlaintextMaster,
    #[error("the connection was lost")]
    Disconnected(#[source] Option<Arc<io::Error>>),
    #[error("no response within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the user or the password was refused (WRONGPASS or NOAUTH)")]
    Credentials,
    #[error(
        "the user has no right for a command or key (NOPERM): the documentation of RedisStore lists the rights"
    )]
    Permission,
    #[error("the server is a read-only replica (READONLY): use the address of the master, or Sentinel")]
    ReadOnly,
    #[error("the server is out of memory (OOM): raise maxmemory, or set an eviction policy")]
    OutOfMemory,
    /// The server is starting or busy, or cannot write to its disk.
    #[error("the server is not ready ({code})")]
    NotReady { code: &'static str },
    #[error("the server does not know RESP3: Redis 6 or later, or Valkey, is needed")]
    TooOld,
    #[error("the server belongs to a Redis cluster, which is not supported")]
    Cluster,
    #[error("the server reported an error ({code})")]
    Rejected { code: String },
    #[error("a value of another form: the keys kaltura:1:* are used by another program")]
    UnexpectedReply,
    /// The thread that talks to the server could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] Arc<io::Error>),
    /// The thread has ended, which it does only with the store.
    #[error("the thread of the store has ended")]
    ThreadEnded,
}

impl CommandError {
    /// Whether another server may be the master now, or the connection is unusable.
    pub(super) const fn needs_new_connection(&self) -> bool {
        matches!(self, Self::Disconnected(_) | Self::TimedOut(_) | Self::ReadOnly)
            || matches!(self, Self::NotReady { code } if matches!(code.as_bytes(), b"MASTERDOWN"))
    }

    /// Whether the command has had no effect, or can be sent again without harm, on a new connection.
    pub(super) const fn is_worth_a_second_try(&self) -> bool {
        matches!(self, Self::Disconnected(_) | Self::ReadOnly)
    }

    /// Whether the Sentinels may name another server soon.
    pub(super) const fn may_end_with_a_failover(&self) -> bool {
        matches!(
            self,
            Self::Connect(_)
                | Self::MasterNotFound
                | Self::Disconnected(_)
                | Self::ReadOnly
                | Self::NotReady { .. }
        )
    }
}

impl CommandError {
    /// The error for the callers of the store. `address` is its URL without the password.
    pub(super) fn into_store_error(self, address: &RedisUrl) -> StoreError {
        let kind = match &self {
            Self::Connect(_)
            | Self::MasterNotFound
            | Self::Disconnected(_)
            | Self::ReadOnly
            | Self::NotReady { .. } => StoreErrorKind::Unavailable,
            Self::TimedOut(_) => StoreErrorKind::TimedOut,
            Self::PlaintextMaster | Self::Credentials | Self::Permission => StoreErrorKind::Denied,
            Self::OutOfMemory => StoreErrorKind::Full,
            Self::UnexpectedReply => StoreErrorKind::Corrupt,
            Self::TooOld | Self::Cluster | Self::Rejected { .. } | Self::Thread(_) | Self::ThreadEnded => {
                StoreErrorKind::Other
            }
        };
        let error = StoreError::new(kind, format!("{address}: {self}"));
        match self {
            Self::Connect(cause) | Self::Thread(cause) | Self::Disconnected(Some(cause)) => {
                error.with_source(cause)
            }
            _ => error,
        }
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        match error.kind() {
            ErrorKind::Io => Self::Disconnected(io_source(&error)),
            ErrorKind::AuthenticationFailed => Self::Credentials,
            ErrorKind::RESP3NotSupported => Self::TooOld,
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::UnexpectedReply,
            ErrorKind::Server(kind) => Self::from_server(kind, error.detail().unwrap_or_default()),
            _ => Self::from_code(error.code().unwrap_or("ERR")),
        }
    }
}

impl CommandError {
    fn from_server(kind: ServerErrorKind, detail: &str) -> Self {
        match kind {
            ServerErrorKind::BusyLoading => Self::NotReady { code: "LOADING" },
            ServerErrorKind::MasterDown => Self::NotReady { code: "MASTERDOWN" },
            ServerErrorKind::TryAgain => Self::NotReady { code: "TRYAGAIN" },
            ServerErrorKind::ReadOnly => Self::ReadOnly,
            ServerErrorKind::NoPerm => Self::Permission,
            ServerErrorKind::Moved
            | ServerErrorKind::Ask
            | ServerErrorKind::CrossSlot
            | ServerErrorKind::ClusterDown => Self::Cluster,
            // Redis 6 reports an error inside of a script as ERR, with the error's own code in the text.
            ServerErrorKind::ResponseError => {
                nested_code(detail).map_or_else(|| Self::from_code("ERR"), Self::from_code)
            }
            _ => Self::from_code("ERR"),
        }
    }

    fn from_code(code: &str) -> Self {
        match code {
            "WRONGPASS" | "NOAUTH" => Self::Credentials,
            "NOPERM" => Self::Permission,
            "OOM" => Self::OutOfMemory,
            "READONLY" => Self::ReadOnly,
            "LOADING" => Self::NotReady { code: "LOADING" },
            "MASTERDOWN" => Self::NotReady { code: "MASTERDOWN" },
            "WRONGTYPE" => Self::UnexpectedReply,
            "BUSY" => Self::NotReady { code: "BUSY" },
            "MISCONF" => Self::NotReady { code: "MISCONF" },
            "NOREPLICAS" => Self::NotReady { code: "NOREPLICAS" },
            "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" => Self::Cluster,
            code if is_code(code) => Self::Rejected { code: code.to_owned() },
            _ => Self::Rejected { code: "ERR".to_owned() },
        }
    }
}

/// The codes of servers are short words in upper case. Anything else could be a part of what was sent.
fn is_code(text: &str) -> bool {
    (2..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn nested_code(detail: &str) -> Option<&str> {
    let codes = ["OOM", "READONLY", "MISCONF", "NOREPLICAS", "NOPERM", "MASTERDOWN"];
    if detail.contains("can't run this command") || detail.contains("can't access") {
        return Some("NOPERM");
    }
    let words = detail.split(|c: char| !c.is_ascii_uppercase());
    words.into_iter().find(|word| codes.contains(word))
}

/// The error of the system, without the client's own text.
fn io_source(error: &ClientError) -> Option<Arc<io::Error>> {
    let source =
        std::error::Error::source(error)?.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>()?;
    Some(Arc::new(io::Error::from(source.downcast_ref::<io::Error>()?.kind())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_error(line: &str) -> CommandError {
        let reply = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        CommandError::from(reply.extract_error().unwrap_err())
    }

    #[test]
    fn the_code_of_the_server_decides() {
        for (line, expected) in [
            ("LOADING Redis is loading the dataset in memory", "not ready (LOADING)"),
            ("MASTERDOWN Link with MASTER is down", "not ready (MASTERDOWN)"),
            ("BUSY Redis is busy running a script.", "not ready (BUSY)"),
            ("MISCONF Redis is configured to save", "not ready (MISCONF)"),
            ("READONLY You can't write against a read only replica.", "READONLY"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
            ("NOPERM this user has no permissions to run the 'eval' command", "NOPERM"),
            ("WRONGPASS invalid username-password pair", "WRONGPASS"),
            ("NOAUTH Authentication required.", "NOAUTH"),
            ("MOVED 1 10.0.0.1:1", "cluster"),
            ("ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed", "OOM"),
            ("ERR Error running script: @user_script: 1: -READONLY You can't write", "READONLY"),
            ("ERR unknown command `HELLO`, with args beginning with: `hush`", "error (ERR)"),
            ("SECRETLIKE hush", "error (SECRETLIKE)"),
            ("Hush hush", "error (ERR)"),
        ] {
            let text = server_error(line).to_string();
            assert!(text.contains(expected), "{line}: {text}");
            assert!(!text.contains("ush"), "{text}");
        }
    }

    #[test]
    fn a_lost_connection_keeps_its_cause() {
        let error = CommandError::from(ClientError::from(io::Error::from(io::ErrorKind::ConnectionReset)));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "connection reset");
        assert!(error.needs_new_connection() && error.is_worth_a_second_try());
    }
}
