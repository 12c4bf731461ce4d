//! What stands in the files: a session, or why there is none; and when it was written.

use std::time::Duration;

use kaltura_auth::store::{Record, StoreKey, StoreTime, StoredFailure, StoredWidgetKs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::clock::Timestamp;

/// The form of the files. Another number is another form.
const VERSION: u32 = 1;

/// A file is neither of this version nor of this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invalid;

/// A file, as JSON.
#[derive(Serialize, Deserialize)]
struct Envelope {
    version: u32,
    /// Of which key it is, so that a file that was moved is not taken for another one.
    key: String,
    /// When it was written. The times in the content are by its [`Timestamp::store_time`].
    written: Timestamp,
    content: Value,
}

impl Envelope {
    fn read(text: &[u8], key: &StoreKey) -> Result<Self, Invalid> {
        let envelope: Self = serde_json::from_slice(text).map_err(|_| Invalid)?;
        let is_ours = envelope.version == VERSION && envelope.key == key.as_hex();
        if is_ours { Ok(envelope) } else { Err(Invalid) }
    }

    fn write(key: &StoreKey, now: &Timestamp, content: Value) -> Zeroizing<Vec<u8>> {
        let (key, written) = (key.as_hex().to_owned(), now.clone());
        let envelope = Self { version: VERSION, key, written, content };
        // Cannot fail: every member is a string, a number, or a list or an object of them.
        Zeroizing::new(serde_json::to_vec(&envelope).unwrap_or_default())
    }
}

/// A session in its file.
pub(super) fn write_session(key: &StoreKey, now: &Timestamp, record: &Record) -> Zeroizing<Vec<u8>> {
    let content = serde_json::from_str(&record.to_json_exposing_ks()).unwrap_or_default();
    Envelope::write(key, now, content)
}

/// The session and the time that it has left. `None` if it has expired, or the clock was set back since it was written.
pub(super) fn read_session(
    key: &StoreKey,
    now: &Timestamp,
    text: &[u8],
) -> Result<Option<(Record, Duration)>, Invalid> {
    let Envelope { written, content, .. } = Envelope::read(text, key)?;
    let record = Record::from_json(content.to_string().as_bytes()).map_err(|_| Invalid)?.ok_or(Invalid)?;
    let Some(since) = now.since(&written) else { return Ok(None) };
    let written = written.store_time();
    let left = record.left_at(written.plus(since));
    Ok(left.map(|left| (rebased(record, written.plus(since), now.store_time()), left)))
}

/// A record whose times are by the clock that shows `to`, and not by the one that shows `from` at the same moment: the
/// machine was restarted since, or the wall clock was set.
fn rebased(record: Record, from: StoreTime, to: StoreTime) -> Record {
    if from == to {
        return record;
    }
    let rebase = |time: StoreTime| to.plus(time.since(from).unwrap_or_default());
    let widget = record.widget_ks();
    let widget = widget.map(|widget| StoredWidgetKs::new(widget.ks().clone(), rebase(widget.expires_at())));
    Record::new(record.id(), record.session().clone(), record.lifetime(), rebase(record.expires_at()))
        .with_widget_ks(widget)
}

#[derive(Serialize, Deserialize)]
struct Backoff {
    duration_ms: u64,
    failure: Value,
}

/// A failed login in its file.
pub(super) fn write_backoff(
    key: &StoreKey,
    now: &Timestamp,
    failure: &StoredFailure,
    duration: Duration,
) -> Zeroizing<Vec<u8>> {
    let failure = serde_json::from_str(&failure.to_json()).unwrap_or_default();
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Envelope::write(key, now, serde_json::to_value(Backoff { duration_ms, failure }).unwrap_or_default())
}

/// The failure, and the time until its backoff ends. `None` if it has ended, or the clock was set back.
pub(super) fn read_backoff(
    key: &StoreKey,
    now: &Timestamp,
    text: &[u8],
) -> Result<Option<(StoredFailure, Duration)>, Invalid> {
    let Envelope { written, content, .. } = Envelope::read(text, key)?;
    let Backoff { duration_ms, failure } = serde_json::from_value(content).map_err(|_| Invalid)?;
    let failure = StoredFailure::from_json(failure.to_string().as_bytes()).map_err(|_| Invalid)?;
    let left = now.since(&written).and_then(|since| Duration::from_millis(duration_ms).checked_sub(since));
    Ok(failure.zip(left.filter(|left| !left.is_zero())))
}
