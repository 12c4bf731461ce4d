//! `uploadToken.upload` (wire contract, section 10.3).

use kaltura_types::api_error::ApiException;
use kaltura_types::{PartnerId, UnixTime};

use super::{find, object};
use crate::backend::entry::{Content, EntryStatus};
use crate::backend::state::State;
use crate::backend::upload::{AwaitedChunks, Chunk, ChunkRefusal, UploadStatus, UploadToken};
use crate::request::{Arguments, Given, Parameter, UploadedFile};
use crate::response::value::{ApiValue, Failure};
use crate::services::{Call, Prepared, Time};

/// The time in seconds after the last chunk in which an upload can be continued.
const MAX_RESUME_TIME: i64 = 604_800;

/// Adds a file, or a chunk of it, to a token. The file that completes the token of a waiting entry goes to the entry.
pub(crate) fn upload(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("uploadTokenId")?;
    let file = match arguments.given("fileData") {
        Given::Value(Parameter::File(file)) if !file.name.is_empty() => Some(file.clone()),
        Given::Absent | Given::Null | Given::Value(Parameter::Null) => {
            return Err(ApiException::missing_mandatory_parameter("fileData"));
        }
        Given::Value(_) => None,
    };
    let resume = arguments.truth_or("resume", false);
    let is_final = arguments.truth_or("finalChunk", true);
    let offset = arguments.float("resumeAt").into_option().and_then(offset);
    Ok(Box::new(move |call| {
        let token = find(call, &id)?;
        check_status(token, call.now())?;
        let UploadedFile { name, content } = file.ok_or_else(ApiException::upload_error)?;
        let chunk = Chunk { content, resume, is_final, offset };
        if !call.state.uploads.has_room(token, &chunk) {
            return Err(out_of_memory(call.state.uploads.memory_limit).into());
        }
        let id = token.id.clone();
        if let Some(token) = call.state.uploads.get_mut(call.partner, &id)
            && token.file_name.as_deref().is_none_or(str::is_empty)
        {
            token.file_name = Some(name);
        }
        let now = call.now();
        if let Err(refusal) = call.state.uploads.receive(call.partner, &id, chunk, now) {
            return Err(refused(call, id, refusal));
        }
        deliver(call.state, call.time, call.partner, &id);
        Ok(object(find(call, &id)?))
    }))
}

/// The end of the file for -1.
fn offset(number: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is not negative, and the cast of Rust saturates"
    )]
    (number >= 0.0).then_some(number as u64)
}

fn check_status(token: &UploadToken, now: UnixTime) -> Result<(), ApiException> {
    match token.status {
        UploadStatus::Pending => Ok(()),
        UploadStatus::Partial if now.seconds_since(token.updated_at) > MAX_RESUME_TIME => {
            Err(ApiException::upload_passed_max_resume_time_allowed(MAX_RESUME_TIME))
        }
        UploadStatus::Partial => Ok(()),
        UploadStatus::Full | UploadStatus::Closed => {
            Err(ApiException::upload_token_invalid_status_for_upload())
        }
        UploadStatus::Error => Err(ApiException::max_allowed_chunk_count_exceeded()),
    }
}

/// The emulator's own limit. The message says so.
fn out_of_memory(limit: u64) -> ApiException {
    let mut exception = ApiException::upload_error();
    exception.message = format!(
        "{}: the emulator keeps at most {limit} bytes of uploaded files in memory; see EmulatorBuilder::upload_memory",
        exception.message
    );
    exception
}

fn refused(call: &mut Call<'_>, token: String, refusal: ChunkRefusal) -> Failure {
    let exception = match refusal {
        ChunkRefusal::NothingToResume => ApiException::upload_token_cannot_resume(),
        ChunkRefusal::TooManyWaiting => ApiException::max_allowed_chunk_count_exceeded(),
        ChunkRefusal::UnexpectedSize { end } => {
            call.await_chunks(AwaitedChunks { partner: call.partner, token, end });
            ApiException::upload_token_cannot_match_expected_size()
        }
    };
    exception.into()
}

/// The result of a final chunk that waited for others, if they arrived meanwhile.
pub(crate) fn finish(state: &mut State, chunks: &AwaitedChunks, time: Time) -> Option<ApiValue> {
    if !state.uploads.finish(chunks, time.now) {
        return None;
    }
    deliver(state, time, chunks.partner, &chunks.token);
    state.uploads.get(chunks.partner, &chunks.token).map(object)
}

/// Gives a complete file to the entry that waits for it.
fn deliver(state: &mut State, time: Time, partner: PartnerId, id: &str) {
    let Some(token) = state.uploads.get_mut(partner, id) else { return };
    let attachment = token.attachment.clone().filter(|_| token.status == UploadStatus::Full);
    let Some(attachment) = attachment else { return };
    let entry = state.entries.get(partner, &attachment.entry);
    if entry.is_none_or(|entry| entry.status != EntryStatus::Importing) {
        return;
    }
    let content = Content { file_name: token.file_name.clone(), bytes: token.close() };
    let converted_at = state.upload_settings.converted_at(time.milliseconds);
    state.entries.fill(&attachment.entry, content, time.now, converted_at);
}
