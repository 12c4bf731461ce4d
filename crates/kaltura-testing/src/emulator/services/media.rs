//! The services `media` and `baseEntry`, so far that a session can show what it is good for.

use kaltura_types::PartnerId;

use crate::emulator::actions::Prepared;
use crate::emulator::answer::{Answer, Object};
use crate::emulator::paging::Pager;
use crate::emulator::request::Arguments;
use crate::emulator::state::Entry;
use crate::exception::Exception;

/// The partner's videos.
pub(crate) fn list_media(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    list(arguments, "KalturaMediaListResponse")
}

/// The partner's entries, which are all videos here.
pub(crate) fn list_base_entries(arguments: Arguments<'_>) -> Result<Prepared, Exception> {
    list(arguments, "KalturaBaseEntryListResponse")
}

fn list(arguments: Arguments<'_>, class: &'static str) -> Result<Prepared, Exception> {
    let filter = Filter::read(arguments)?;
    let pager = Pager::read(arguments)?;
    Ok(Box::new(move |call| {
        let entries = call.state.entries.iter();
        let found: Vec<&Entry> = entries.filter(|entry| filter.matches(entry, call.partner)).collect();
        let objects: Vec<Answer> = pager.page(&found).iter().map(|entry| object(entry)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(Object::new(class).with("totalCount", total).with("objects", objects).into())
    }))
}

struct Filter {
    id: Option<String>,
    ids: Option<String>,
}

impl Filter {
    fn read(arguments: Arguments<'_>) -> Result<Self, Exception> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self { id: None, ids: None }) };
        Ok(Self { id: filter.text("idEqual")?.into_option(), ids: filter.text("idIn")?.into_option() })
    }

    fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
        let is = |id: &str| entry.seed.id.eq_ignore_ascii_case(id);
        entry.seed.partner_id == partner
            && self.id.as_deref().is_none_or(is)
            && self.ids.as_deref().is_none_or(|ids| ids.split(',').any(is))
    }
}

fn object(entry: &Entry) -> Answer {
    /// `KalturaMediaType::VIDEO`.
    const VIDEO: i64 = 1;
    /// `KalturaEntryStatus::READY`.
    const READY: i64 = 2;
    /// `KalturaEntryType::MEDIA_CLIP`.
    const MEDIA_CLIP: i64 = 1;
    let seed = &entry.seed;
    Object::new("KalturaMediaEntry")
        .with("mediaType", VIDEO)
        .with("plays", 0)
        .with("views", 0)
        .with("duration", seed.duration)
        .with("msDuration", seed.duration.saturating_mul(1000))
        .with("id", seed.id.as_str())
        .with("name", seed.name.as_str())
        .with("description", seed.description.as_deref())
        .with("partnerId", seed.partner_id.get())
        .with("tags", seed.tags.as_deref())
        .with("status", READY)
        .with("type", MEDIA_CLIP)
        .with("createdAt", entry.created_at.as_seconds())
        .with("updatedAt", entry.created_at.as_seconds())
        .into()
}
