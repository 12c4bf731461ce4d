//! How an entry gets its content: `addContent` and `addFromUploadedFile` (wire contract, section 10.7).

use kaltura_types::api_error::ApiException;

use super::draft::Draft;
use super::{Needs, Service, find, object};
use crate::backend::entry::{Content, EntryStatus};
use crate::backend::upload::{Attachment, UploadStatus};
use crate::request::Arguments;
use crate::response::value::{ApiValue, Failure};
use crate::services::{Call, Prepared};

/// Gives a media entry the file of an upload token.
pub(crate) fn add_content_to_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    add_content(arguments, Service::Media)
}

/// Gives an entry the file of an upload token. The file gives it its type.
pub(crate) fn add_content_to_base_entry(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    add_content(arguments, Service::BaseEntry)
}

fn add_content(arguments: Arguments<'_>, service: Service) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    let token = match arguments.object("resource")? {
        Some(resource) => Some(token_of(resource)?),
        None => None,
    };
    Ok(Box::new(move |call| {
        let entry = find(call, &id, service, Needs::Edit)?;
        if let Some(token) = &token {
            if entry.status != EntryStatus::NoContent {
                return Err(ApiException::entry_already_with_content().into());
            }
            attach(call, &entry.id, entry.is_media, token)?;
        }
        Ok(current(call, &entry.id)?)
    }))
}

/// The id in a resource. Of the server's classes of resources the emulator has one.
fn token_of(resource: Arguments<'_>) -> Result<String, ApiException> {
    let class = resource.text_or_empty("objectType")?;
    if !class.eq_ignore_ascii_case("KalturaUploadedFileTokenResource") {
        return Err(ApiException::object_type_abstract("KalturaResource"));
    }
    resource.text_or_empty("token")
}

/// Gives an entry the file of a token, or attaches the token to it if the file is not there: it is not complete, or
/// another entry has it. The id of the token is enough: it may belong to another user.
fn attach(call: &mut Call<'_>, entry: &str, is_media: bool, token: &str) -> Result<(), Failure> {
    let Some(token) = call.state.uploads.get_mut(call.partner, token) else {
        return Err(ApiException::upload_token_not_found().into());
    };
    let now = call.time.now;
    if token.status == UploadStatus::Full {
        token.updated_at = now;
        let content = Content { file_name: token.file_name.clone(), bytes: token.close() };
        let converted_at = call.state.upload_settings.converted_at(call.time.milliseconds);
        call.state.entries.fill(entry, content, now, converted_at);
        return Ok(());
    }
    if !is_media {
        return Err(ApiException::entry_type_not_supported().into());
    }
    token.updated_at = now;
    token.attachment = Some(Attachment { entry: entry.to_owned(), asset: call.state.random.object_id() });
    if let Some(entry) = call.state.entries.get_mut(call.partner, entry) {
        entry.await_file(now);
    }
    Ok(())
}

/// Creates a media entry with the file of an upload token.
pub(crate) fn add_from_uploaded_file(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let draft = Draft::read(arguments.required_object("mediaEntry")?, Service::Media)?;
    let token = arguments.required_text("uploadTokenId")?;
    Ok(Box::new(move |call| {
        draft.check_media_type()?;
        // A server with one data center looks for an unknown token in others, and fails.
        let found =
            call.state.uploads.get(call.partner, &token).ok_or_else(ApiException::internal_server_error)?;
        if found.status != UploadStatus::Full {
            return Err(ApiException::upload_token_invalid_status_for_add_entry().into());
        }
        let entry = draft.create(call)?;
        let id = entry.id.clone();
        call.state.entries.add(entry);
        attach(call, &id, true, &token)?;
        Ok(current(call, &id)?)
    }))
}

/// The entry as it is now.
fn current(call: &Call<'_>, id: &str) -> Result<ApiValue, ApiException> {
    let entry =
        call.state.entries.get(call.partner, id).ok_or_else(|| ApiException::entry_id_not_found(id))?;
    Ok(object(entry, &call.state.entries.categories))
}
