//! The commands of a store and their responses. Each is one short script: with `EVALSHA` a user would need one more
//! right, and compare-and-set options of `SET` exist on Valkey 9 only.

use std::time::Duration;

use kaltura_auth::SessionId;
use kaltura_auth::store::{
    Ask, Lease, Published, Record, StoreError, StoreErrorKind, StoreKey, StoreTime, StoredFailure, Taken,
};
use redis::{Cmd, FromRedisValue, Value};

use super::error::CommandError;

/// How long a lease holds unless it is extended. Others wait for that time when its holder dies.
const LEASE: Duration = Duration::from_secs(2);
/// `LEASE` in milliseconds.
const LEASE_MILLIS: &str = "2000";
/// A time to live must not overflow when the server adds the time of day.
const MAX_BACKOFF_MILLIS: u64 = 1 << 52;

/// The keys of a login. The braces put them into one slot of a cluster.
pub(super) struct Keys {
    session: String,
    lease: String,
    backoff: String,
    pub(super) channel: String,
}

impl Keys {
    pub(super) fn new(key: &StoreKey) -> Self {
        let key = |name: &str| format!("kaltura:1:{{{}}}:{name}", key.as_hex());
        Self {
            session: key("session"),
            lease: key("lease"),
            backoff: key("backoff"),
            channel: key("changed"),
        }
    }

    pub(super) fn take(&self, ask: &Ask, unreadable: Unreadable) -> Cmd {
        let held = ask.held().map_or_else(String::new, |id| hex(id.to_bits()));
        let mut command =
            script(include_str!("scripts/take.lua"), &[&self.session, &self.lease, &self.backoff]);
        command.arg(hex(ask.lease_id())).arg(LEASE_MILLIS).arg(held).arg(millis(ask.min_left()));
        command.arg(u8::from(unreadable.session)).arg(u8::from(unreadable.backoff));
        command
    }

    pub(super) fn extend(&self, lease: &Lease) -> Cmd {
        let mut command = script(include_str!("scripts/extend.lua"), &[&self.lease]);
        command.arg(hex(lease.id())).arg(LEASE_MILLIS);
        command
    }

    pub(super) fn publish(&self, lease: Option<&Lease>, record: &Record, replaces: Option<SessionId>) -> Cmd {
        let keys = [&self.session, &self.lease, &self.backoff];
        let mut command = script(include_str!("scripts/publish.lua"), &keys.map(String::as_str));
        command.arg(lease.map_or_else(String::new, |lease| hex(lease.id())));
        command.arg(record.to_json_exposing_ks());
        command.arg(record.expires_at().as_millis()).arg(millis(record.lifetime()));
        command.arg(replaces.map_or_else(String::new, |id| hex(id.to_bits()))).arg(&self.channel);
        command
    }

    pub(super) fn fail(&self, lease: &Lease, failure: &StoredFailure, backoff: Duration) -> Cmd {
        let mut command = script(include_str!("scripts/fail.lua"), &[&self.lease, &self.backoff]);
        // A time to live of 0 is an error.
        command.arg(hex(lease.id())).arg(failure.to_json()).arg(millis(backoff).clamp(1, MAX_BACKOFF_MILLIS));
        command.arg(&self.channel);
        command
    }

    pub(super) fn release(&self, lease: &Lease) -> Cmd {
        let mut command = script(include_str!("scripts/release.lua"), &[&self.lease]);
        command.arg(hex(lease.id())).arg(&self.channel);
        command
    }
}

fn script(text: &str, keys: &[&str]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys);
    command
}

fn hex(id: u128) -> String {
    format!("{id:032x}")
}

/// Rounded down.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What is stored, but cannot be read by this version: it counts as absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unreadable {
    session: bool,
    backoff: bool,
}

/// The answer of `take`, or what to leave out when it is asked again.
pub(super) type Answer = Result<Taken, Unreadable>;

pub(super) fn read_taken(response: &Value, ask: &Ask, before: Unreadable) -> Result<Answer, CommandError> {
    let Value::Array(parts) = response else { return Err(CommandError::UnexpectedReply) };
    let bytes = |index: usize| match parts.get(index) {
        Some(Value::BulkString(bytes)) => Ok(bytes.as_slice()),
        _ => Err(CommandError::UnexpectedReply),
    };
    let number = |index: usize| match parts.get(index) {
        Some(Value::Int(number)) => u64::try_from(*number).map_err(|_| CommandError::UnexpectedReply),
        _ => Err(CommandError::UnexpectedReply),
    };
    let left = number(1).map(Duration::from_millis);
    Ok(Ok(match bytes(0)? {
        b"session" => match Record::from_json(bytes(2)?) {
            Ok(Some(record)) => Taken::Session { record, left: left? },
            Ok(None) | Err(_) => return Ok(Err(Unreadable { session: true, ..before })),
        },
        b"backoff" => {
            let failure = bytes(2)?.splitn(2, |byte| *byte == b' ').nth(1).map(StoredFailure::from_json);
            match failure {
                Some(Ok(Some(failure))) => Taken::Backoff { failure, left: left? },
                _ => return Ok(Err(Unreadable { backoff: true, ..before })),
            }
        }
        b"held" => Taken::Held { left: left? },
        b"lease" => {
            let lease = Lease::new(ask.lease_id(), StoreTime::from_millis(number(1)?), LEASE);
            Taken::Lease(if number(2)? == 0 { lease } else { lease.with_trouble(unreadable_session()) })
        }
        _ => return Err(CommandError::UnexpectedReply),
    }))
}

fn unreadable_session() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "the session in Redis is not one of this library")
}

pub(super) fn read_published(response: &Value) -> Result<Published, CommandError> {
    match response {
        Value::BulkString(answer) => match answer.as_slice() {
            b"stored" => Ok(Published::Stored),
            b"kept" => Ok(Published::Kept),
            b"expired" => Ok(Published::Expired),
            _ => Err(CommandError::UnexpectedReply),
        },
        _ => Err(CommandError::UnexpectedReply),
    }
}

/// Reads seconds and microseconds. Rounded down, so that no end is too late.
pub(super) fn read_time(response: &Value) -> Result<StoreTime, CommandError> {
    let (seconds, micros) =
        <(u64, u64)>::from_redis_value_ref(response).map_err(|_| CommandError::UnexpectedReply)?;
    Ok(StoreTime::from_millis(seconds.saturating_mul(1_000).saturating_add(micros / 1_000)))
}
