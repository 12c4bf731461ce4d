//! An entry as a result.

use kaltura_types::PartnerId;

use crate::backend::entry::{Categories, Entry};
use crate::response::value::{ApiValue, Object};

/// `KalturaEntryType::MEDIA_CLIP`.
pub(crate) const MEDIA_CLIP: i64 = 1;

/// A `KalturaMediaEntry`, or a `KalturaBaseEntry` for an entry that has no type yet.
pub(crate) fn object(entry: &Entry, categories: &Categories) -> ApiValue {
    properties(entry, categories).into()
}

pub(super) fn properties(entry: &Entry, categories: &Categories) -> Object {
    let class = if entry.is_media { "KalturaMediaEntry" } else { "KalturaBaseEntry" };
    let names: Vec<&str> =
        entry.categories.iter().filter_map(|id| categories.name(entry.partner, *id)).collect();
    let ids: Vec<String> = entry.categories.iter().map(ToString::to_string).collect();
    let urls = Urls::of(entry);
    let base = Object::new(class)
        .with("id", entry.id.as_str())
        .with("name", entry.name.as_str())
        .with("description", entry.description.as_str())
        .with("partnerId", entry.partner.get())
        .with("userId", entry.owner.user().unwrap_or_default())
        .with("creatorId", entry.creator.as_str())
        .with("tags", entry.tags.as_str())
        .with("adminTags", entry.admin_tags.as_deref())
        .with("categories", names.join(","))
        .with("categoriesIds", ids.join(","))
        .with("status", entry.status.number())
        .with("moderationStatus", entry.moderation_status)
        .with("moderationCount", 0)
        .with("type", entry.is_media.then_some(MEDIA_CLIP))
        .with("createdAt", entry.created_at.as_seconds())
        .with("updatedAt", entry.updated_at.as_seconds())
        .with("rank", 0)
        .with("totalRank", 0)
        .with("votes", 0)
        .with("groupId", entry.group)
        .with("partnerData", entry.partner_data.as_deref())
        .with("downloadUrl", urls.download)
        .with("searchText", search_text(entry))
        .with("licenseType", entry.license_type)
        .with("version", 0)
        .with("thumbnailUrl", urls.thumbnail)
        .with("accessControlId", entry.access_control)
        .with("startDate", entry.start_date)
        .with("endDate", entry.end_date)
        .with("referenceId", entry.reference.as_deref())
        .with("replacingEntryId", ApiValue::Null)
        .with("replacedEntryId", ApiValue::Null)
        .with("replacementStatus", 0)
        .with("partnerSortValue", 0)
        .with("conversionProfileId", entry.conversion_profile)
        .with("redirectEntryId", ApiValue::Null)
        .with("rootEntryId", entry.id.as_str())
        .with("parentEntryId", ApiValue::Null)
        .with("operationAttributes", Vec::new())
        .with("entitledUsersEdit", entry.entitled_to_edit.as_str())
        .with("entitledUsersPublish", entry.entitled_to_publish.as_str())
        .with("entitledUsersView", entry.entitled_to_view.as_str())
        .with("capabilities", "")
        .with("templateEntryId", ApiValue::Null)
        .with("displayInSearch", entry.display_in_search)
        .with("application", ApiValue::Null)
        .with("applicationVersion", ApiValue::Null)
        .with("blockAutoTranscript", false)
        .with("defaultLanguage", ApiValue::Null)
        .with("responseLanguage", ApiValue::Null);
    if !entry.is_media {
        return base;
    }
    base.with("plays", 0)
        .with("views", 0)
        .with("lastPlayedAt", ApiValue::Null)
        .with("width", ApiValue::Null)
        .with("height", ApiValue::Null)
        .with("duration", entry.milliseconds / 1000)
        .with("msDuration", entry.milliseconds)
        .with("durationType", ApiValue::Null)
        .with("mediaType", entry.media_type)
        .with("conversionQuality", entry.conversion_quality)
        .with("sourceType", entry.source_type)
        .with("sourceVersion", ApiValue::Null)
        .with("searchProviderType", ApiValue::Null)
        .with("searchProviderId", ApiValue::Null)
        .with("creditUserName", ApiValue::Null)
        .with("creditUrl", ApiValue::Null)
        .with("mediaDate", ApiValue::Null)
        .with("dataUrl", urls.data)
        .with("flavorParamsIds", ApiValue::Null)
        .with("isTrimDisabled", ApiValue::Null)
        .with("streams", ApiValue::Null)
}

/// What the server's own search finds: name, tags and description behind the partner and the media type.
fn search_text(entry: &Entry) -> String {
    let scope = if entry.display_in_search == 2 { "_KAL_NET_" } else { "_PAR_ONLY_" };
    let media_type = entry.media_type.map(|number| number.to_string()).unwrap_or_default();
    let mut text = format!("{scope} _{}_ _MEDIA_TYPE_{media_type}|  ", entry.partner);
    for part in [&entry.name, &entry.tags, &entry.description] {
        if !part.is_empty() {
            text.push_str(&part.replace('"', ""));
            text.push(' ');
        }
    }
    text
}

/// The URLs of an entry. There is no such server, so the host is one that does not exist.
struct Urls {
    download: String,
    thumbnail: String,
    data: String,
}

impl Urls {
    fn of(entry: &Entry) -> Self {
        let base = base_url(entry.partner);
        let id = &entry.id;
        let manifest = format!("{base}/playManifest/entryId/{id}/format");
        Self {
            download: if entry.is_media {
                format!("{manifest}/download/protocol/https/flavorParamIds/0")
            } else {
                format!("{base}/raw/entry_id/{id}/version/0")
            },
            thumbnail: format!("{base}/thumbnail/entry_id/{id}/version/0"),
            data: format!("{manifest}/url/protocol/https"),
        }
    }
}

fn base_url(partner: PartnerId) -> String {
    format!("https://cdn.example.com/p/{partner}/sp/{partner}00")
}
