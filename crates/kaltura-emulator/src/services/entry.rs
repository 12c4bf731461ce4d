//! The actions of the services `media` and `baseEntry` that create and change entries, and who may (wire contract,
//! sections 10.6 to 10.8).

mod content;
mod draft;
mod object;

pub(crate) use self::content::{add_content_to_base_entry, add_content_to_media, add_from_uploaded_file};
pub(crate) use self::object::{MEDIA_CLIP, object};

use kaltura_ks::KsClaims;
use kaltura_types::api_error::ApiException;

use self::draft::Draft;
use crate::backend::entry::{Entry, EntryStatus};
use crate::backend::state::are_equal;
use crate::request::Arguments;
use crate::response::value::{ApiValue, Failure};
use crate::services::{Call, Prepared};

/// A service for entries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    /// It has only entries with a media type.
    Media,
    BaseEntry,
}

/// Creates a media entry without content.
pub(crate) fn add_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    add(arguments, Service::Media)
}

/// Creates an entry without content. Without a type it becomes a media entry with its content.
pub(crate) fn add_base_entry(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    add(arguments, Service::BaseEntry)
}

fn add(arguments: Arguments<'_>, service: Service) -> Result<Prepared, ApiException> {
    let mut draft = Draft::read(arguments.required_object("entry")?, service)?;
    if service == Service::BaseEntry {
        draft.set_type(arguments.int_or("type", -1));
    }
    Ok(Box::new(move |call| {
        if service == Service::Media {
            draft.check_media_type()?;
        }
        let entry = draft.create(call)?;
        let result = object(&entry, &call.state.entries.categories);
        call.state.entries.add(entry);
        Ok(result)
    }))
}

/// Changes a media entry.
pub(crate) fn update_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    update(arguments, Service::Media, "mediaEntry")
}

/// Changes an entry.
pub(crate) fn update_base_entry(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    update(arguments, Service::BaseEntry, "baseEntry")
}

fn update(
    arguments: Arguments<'_>,
    service: Service,
    parameter: &'static str,
) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    let draft = Draft::read(arguments.required_object(parameter)?, service)?;
    Ok(Box::new(move |call| {
        let entry = find(call, &id, service, Needs::Edit)?;
        let changed = draft.change(call, entry)?;
        let result = object(&changed, &call.state.entries.categories);
        if let Some(entry) = call.state.entries.get_mut(call.partner, &id) {
            *entry = changed;
        }
        Ok(result)
    }))
}

/// Deletes a media entry.
pub(crate) fn delete_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    delete(arguments, Service::Media, Needs::Edit)
}

/// Deletes an entry. Users that may only edit it may not.
pub(crate) fn delete_base_entry(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    delete(arguments, Service::BaseEntry, Needs::Ownership)
}

fn delete(arguments: Arguments<'_>, service: Service, needs: Needs) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    Ok(Box::new(move |call| {
        find(call, &id, service, needs)?;
        let now = call.now();
        if let Some(entry) = call.state.entries.get_mut(call.partner, &id) {
            entry.status = EntryStatus::Deleted;
            entry.updated_at = now;
            let content = entry.content.take().unwrap_or_default();
            call.state.uploads.release(u64::try_from(content.len()).unwrap_or(u64::MAX));
        }
        Ok(ApiValue::Null)
    }))
}

/// What an action needs of a USER session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// To own the entry, or to be one of the users that may edit it.
    Edit,
    Ownership,
}

/// The entry of a call. Whether the session may change it is checked first.
fn find(call: &Call<'_>, id: &str, service: Service, needs: Needs) -> Result<Entry, Failure> {
    let exists = call.state.entries.find(id);
    if exists.is_some_and(|entry| !may_change(call, entry, needs)) {
        return Err(ApiException::invalid_ks_not_owned().into());
    }
    let entry = call.state.entries.get(call.partner, id);
    let entry = entry.filter(|entry| service == Service::BaseEntry || entry.is_media);
    Ok(entry.cloned().ok_or_else(|| ApiException::entry_id_not_found(id))?)
}

fn may_change(call: &Call<'_>, entry: &Entry, needs: Needs) -> bool {
    let Some(claims) = call.ks.as_ref().map(|ks| ks.opened.claims()) else { return false };
    if claims.is_admin() {
        return true;
    }
    let users = entry.entitled_to_edit.split(',');
    let is_entitled =
        |user: &str| users.clone().any(|one| !one.trim().is_empty() && are_equal(one.trim(), user));
    entry.partner == call.partner
        && !claims.is_widget_session()
        && (is_owner(call, entry)
            || may_edit(claims, &entry.id)
            || (needs == Needs::Edit && call.user().is_some_and(is_entitled)))
}

fn is_owner(call: &Call<'_>, entry: &Entry) -> bool {
    entry.owner.is(call.user())
}

/// Whether the privileges allow to change an entry of another user: `edit:*`, `edit:ID`, or nothing but `*`.
fn may_edit(claims: &KsClaims, entry: &str) -> bool {
    let names = |value: &String| value == "*" || are_equal(value, entry);
    claims.privileges_text() == Some("*")
        || claims.privileges().get("edit").is_some_and(|privilege| privilege.values().iter().any(names))
}

#[cfg(test)]
mod tests;
