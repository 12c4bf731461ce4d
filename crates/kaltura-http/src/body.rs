//! Reading an answer without taking more of it than is allowed.

use kaltura_auth::{TransportError, TransportErrorKind};
use reqwest::Response;

use crate::classify::{AnswerFault, classify};

/// A server may promise a large body and send none of it; no more than this is set aside for a promise.
const MOST_ROOM_AT_ONCE: u64 = 64 << 10;

/// Reads the body to its end. What counts are the bytes after decompression, so that a small answer can not
/// grow large here.
pub(crate) async fn read(answer: &mut Response, limit: u64) -> Result<Vec<u8>, TransportError> {
    let declared = answer.content_length().unwrap_or(0);
    if declared > limit {
        return Err(too_large(limit));
    }
    let room = usize::try_from(declared.min(MOST_ROOM_AT_ONCE)).unwrap_or_default();
    let mut body = Vec::with_capacity(room);
    while let Some(chunk) = answer.chunk().await.map_err(classify)? {
        if (body.len() as u64).saturating_add(chunk.len() as u64) > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(limit: u64) -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, AnswerFault::TooLarge { limit })
}
