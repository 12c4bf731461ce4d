//! The service `uploadToken` (wire contract, sections 10.1 to 10.5).

mod list;
mod upload;

pub(crate) use self::list::list;
pub(crate) use self::upload::{finish, upload};

use kaltura_types::api_error::ApiException;

use crate::backend::entry::EntryStatus;
use crate::backend::upload::UploadToken;
use crate::request::{Arguments, Choice, Given};
use crate::response::value::{ApiValue, Object};
use crate::services::{Call, Prepared};

/// The number of characters that are kept of a file name.
const MAX_FILE_NAME: usize = 256;

/// Creates a token. Each call creates another.
pub(crate) fn add(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let draft = Draft::read(arguments)?;
    Ok(Box::new(move |call| {
        draft.check()?;
        let owner = call.new_owner();
        let id = format!("0_{}", call.state.random.hex::<16>());
        let mut token = UploadToken::new(id, call.partner, owner, call.now());
        token.file_name = draft.file_name;
        token.file_size = draft.file_size;
        token.auto_finalize = draft.auto_finalize;
        let result = object(&token);
        call.state.uploads.add(token);
        Ok(result)
    }))
}

#[derive(Default)]
struct Draft {
    /// The first property that the server determines itself.
    refused: Option<&'static str>,
    file_name: Option<String>,
    file_size: Option<i64>,
    auto_finalize: bool,
}

impl Draft {
    fn read(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let Some(fields) = arguments.object("uploadToken")? else { return Ok(Self::default()) };
        for name in ["id", "userId", "uploadUrl", "attachedObjectType", "attachedObjectId"] {
            fields.text(name)?;
        }
        fields.choice("status", Choice::UPLOAD_TOKEN_STATUS)?;
        let file_name = fields.text("fileName")?.into_option();
        let refused = [
            "id",
            "partnerId",
            "userId",
            "status",
            "uploadedFileSize",
            "createdAt",
            "updatedAt",
            "uploadUrl",
            "attachedObjectType",
            "attachedObjectId",
        ];
        Ok(Self {
            refused: refused.into_iter().find(|name| fields.given(name) != Given::Absent),
            file_name: file_name.map(|name| name.chars().take(MAX_FILE_NAME).collect()),
            file_size: fields.float("fileSize").map(rounded).into_option(),
            auto_finalize: fields.choice("autoFinalize", Choice::NULLABLE_BOOLEAN)?.into_option() == Some(1),
        })
    }

    fn check(&self) -> Result<(), ApiException> {
        if let Some(name) = self.refused {
            return Err(ApiException::property_not_updatable(&format!("KalturaUploadToken::{name}")));
        }
        if self.auto_finalize && self.file_size.is_none() {
            return Err(ApiException::upload_token_missing_file_size());
        }
        Ok(())
    }
}

/// PHP's `round`, as the database stores it.
#[expect(clippy::cast_possible_truncation, reason = "the cast of Rust saturates, as the database does")]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

/// A token of the caller.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("uploadTokenId")?;
    Ok(Box::new(move |call| Ok(object(find(call, &id)?))))
}

/// Deletes a token. An entry that waits for its file is without content again.
pub(crate) fn delete(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("uploadTokenId")?;
    Ok(Box::new(move |call| {
        let token = find(call, &id)?.clone();
        call.state.uploads.remove(&token);
        let now = call.now();
        let waiting = token
            .attachment
            .and_then(|attachment| call.state.entries.get_mut(call.partner, &attachment.entry));
        if let Some(entry) = waiting.filter(|entry| entry.status == EntryStatus::Importing) {
            entry.status = EntryStatus::NoContent;
            entry.updated_at = now;
        }
        Ok(ApiValue::Null)
    }))
}

/// A token that belongs to the caller. To an ADMIN session belong all of the partner.
fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a UploadToken, ApiException> {
    let token = call.state.uploads.get(call.partner, id).filter(|token| is_visible(call, token));
    token.ok_or_else(ApiException::upload_token_not_found)
}

fn is_visible(call: &Call<'_>, token: &UploadToken) -> bool {
    token.partner == call.partner && (call.is_admin() || token.owner.is(call.user()))
}

fn object(token: &UploadToken) -> ApiValue {
    let attachment = token.attachment.as_ref();
    Object::new("KalturaUploadToken")
        .with("id", token.id.as_str())
        .with("partnerId", token.partner.get())
        .with("userId", token.owner.user())
        .with("status", token.status.number())
        .with("fileName", token.file_name.as_deref())
        .with("fileSize", token.file_size.map(|size| size.to_string()))
        .with("uploadedFileSize", token.uploaded_size.map(|size| size.to_string()))
        .with("createdAt", token.created_at.as_seconds())
        .with("updatedAt", token.updated_at.as_seconds())
        .with("uploadUrl", ApiValue::Null)
        .with("autoFinalize", token.auto_finalize)
        .with("attachedObjectType", attachment.map(|_| "flavorAsset"))
        .with("attachedObjectId", attachment.map(|attachment| attachment.asset.as_str()))
        .into()
}

#[cfg(test)]
mod tests;
