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
            // Redis 6 reports an error inside of a script as ERR, with the error's own code in the text.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Self::from_code(error.detail().and_then(nested_code).unwrap_or("ERR"))
            }
            _ => Self::from_code(error.code().unwrap_or("ERR")),
        }
    }
}

impl CommandError {
    fn from_code(code: &str) -> Self {
        match code {
            "WRONGPASS" | "NOAUTH" => Self::Credentials,
            "NOPERM" => Self::Permission,
            "OOM" => Self::OutOfMemory,
            "READONLY" => Self::ReadOnly,
            "LOADING" => Self::NotReady { code: "LOADING" },
            "MASTERDOWN" => Self::NotReady { code: "MASTERDOWN" },
            "TRYAGAIN" => Self::NotReady { code: "TRYAGAIN" },
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
            ("READONLY You can't write against a read only replica.", "read-only replica"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "out of memory"),
            ("NOPERM this user has no permissions to run the 'eval' command", "no right"),
            ("WRONGPASS invalid username-password pair", "password was refused"),
            ("NOAUTH Authentication required.", "password was refused"),
            ("TRYAGAIN Multiple keys request during rehashing of slot", "not ready (TRYAGAIN)"),
            ("NOREPLICAS Not enough good replicas to write.", "not ready (NOREPLICAS)"),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", "another program"),
            ("MOVED 1 10.0.0.1:1", "cluster"),
            ("ASK 1 10.0.0.1:1", "cluster"),
            ("CROSSSLOT Keys in request don't hash to the same slot", "cluster"),
            ("CLUSTERDOWN The cluster is down", "cluster"),
            (
                "ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed",
                "out of memory",
            ),
            ("ERR Error running script: @user_script: 1: -READONLY You can't write", "read-only replica"),
            ("ERR Error running script: @user_script: 1: @globals:7: MISCONF Errors writing", "(MISCONF)"),
            ("ERR The user executing the script can't run this command or subcommand", "no right"),
            ("ERR The user executing the script can't access at least one of the keys", "no right"),
            ("ERR unknown command `HELLO`, with args beginning with: `hush`", "error (ERR)"),
            ("SECRETLIKE hush", "error (SECRETLIKE)"),
            ("Hush hush", "error (ERR)"),
            ("AB hush", "error (AB)"),
            ("A hush", "error (ERR)"),
            ("ABCDEFGHIJKLMNOP hush", "error (ABCDEFGHIJKLMNOP)"),
            ("ABCDEFGHIJKLMNOPQ hush", "error (ERR)"),
        ] {
            let text = server_error(line).to_string();
            assert!(text.contains(expected), "{line}: {text}");
            assert!(!text.contains("ush"), "{text}");
        }
    }

    /// Its letters say whether it needs a new connection, is worth a second try, and may end with a failover.
    fn reactions(error: &CommandError) -> String {
        let letter = |yes, letter| if yes { letter } else { "-" };
        letter(error.needs_new_connection(), "n").to_owned()
            + letter(error.is_worth_a_second_try(), "s")
            + letter(error.may_end_with_a_failover(), "f")
    }

    #[test]
    fn each_error_has_a_kind_a_cause_and_a_reaction() {
        let io = || Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        let url: RedisUrl = "redis://u:hush@127.0.0.1".parse().unwrap();
        for (error, kind, expected, has_cause) in [
            (CommandError::Connect(io()), StoreErrorKind::Unavailable, "--f", true),
            (CommandError::MasterNotFound, StoreErrorKind::Unavailable, "--f", false),
            (CommandError::Disconnected(Some(io())), StoreErrorKind::Unavailable, "nsf", true),
            (CommandError::Disconnected(None), StoreErrorKind::Unavailable, "nsf", false),
            (CommandError::ReadOnly, StoreErrorKind::Unavailable, "nsf", false),
            (CommandError::NotReady { code: "LOADING" }, StoreErrorKind::Unavailable, "--f", false),
            (CommandError::NotReady { code: "MASTERDOWN" }, StoreErrorKind::Unavailable, "n-f", false),
            (CommandError::TimedOut(Duration::ZERO), StoreErrorKind::TimedOut, "n--", false),
            (CommandError::PlaintextMaster, StoreErrorKind::Denied, "---", false),
            (CommandError::Credentials, StoreErrorKind::Denied, "---", false),
            (CommandError::Permission, StoreErrorKind::Denied, "---", false),
            (CommandError::OutOfMemory, StoreErrorKind::Full, "---", false),
            (CommandError::UnexpectedReply, StoreErrorKind::Corrupt, "---", false),
            (CommandError::TooOld, StoreErrorKind::Other, "---", false),
            (CommandError::Cluster, StoreErrorKind::Other, "---", false),
            (CommandError::Thread(io()), StoreErrorKind::Other, "---", true),
        ] {
            assert_eq!(reactions(&error), expected, "{error:?}");
            let text = format!("redis://u:***@127.0.0.1:6379/0: {error}");
            let error = error.into_store_error(&url);
            assert_eq!((error.kind(), error.to_string()), (kind, text));
            assert_eq!(std::error::Error::source(&error).is_some(), has_cause, "{error:?}");
        }
    }

    #[test]
    fn the_kind_of_the_clients_error_decides() {
        for (kind, expected) in [
            (ErrorKind::AuthenticationFailed, "WRONGPASS"),
            (ErrorKind::RESP3NotSupported, "RESP3"),
            (ErrorKind::Parse, "another form"),
            (ErrorKind::UnexpectedReturnType, "another form"),
            (ErrorKind::Client, "error (ERR)"),
        ] {
            let text = CommandError::from(ClientError::from((kind, "hush"))).to_string();
            assert!(text.contains(expected) && !text.contains("hush"), "{kind:?}: {text}");
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
