//! The services `media` and `baseEntry`, as far as needed to use a session.

mod filter;

use self::filter::Filter;

use crate::backend::seed::EntrySeed;
use crate::backend::state::Entry;
use crate::request::Arguments;
use crate::request::Pager;
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;
use kaltura_types::api_error::ApiException;

/// Entries come from a search, which has no page after this many objects (Kaltura's help: "API results limitation").
const MAX_MATCHES: usize = 10_000;

/// One of the partner's entries. The parameter `version` changes nothing in the result.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    Ok(Box::new(move |call| {
        let entry = call.state.entry(call.partner, &id);
        Ok(object(entry.ok_or_else(|| ApiException::entry_id_not_found(&id))?))
    }))
}

/// The partner's videos.
pub(crate) fn list_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    list(arguments, Filter::of_media(arguments)?, "KalturaMediaListResponse")
}

/// The partner's entries, which are all videos here.
pub(crate) fn list_base_entries(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    list(arguments, Filter::of_entries(arguments)?, "KalturaBaseEntryListResponse")
}

fn list(arguments: Arguments<'_>, filter: Filter, class: &'static str) -> Result<Prepared, ApiException> {
    let pager = Pager::read(arguments)?;
    Ok(Box::new(move |call| {
        let entries = call.state.entries.iter();
        let mut found: Vec<&Entry> = entries.filter(|entry| filter.matches(entry, call.partner)).collect();
        filter.sort(&mut found);
        if pager.offset() >= MAX_MATCHES {
            return Err(ApiException::too_many_matches().into());
        }
        let objects: Vec<ApiValue> = pager.page(&found).iter().map(|entry| object(entry)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(Object::new(class).with("totalCount", total).with("objects", objects).into())
    }))
}

/// `KalturaMediaType::VIDEO`.
const VIDEO: i64 = 1;
/// `KalturaEntryStatus::READY`.
const READY: i64 = 2;
/// `KalturaEntryType::MEDIA_CLIP`.
const MEDIA_CLIP: i64 = 1;

fn object(entry: &Entry) -> ApiValue {
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
        .with("downloadUrl", download_url(seed))
        .into()
}

/// The URL of the video. There is none, so the host is one that does not exist.
fn download_url(entry: &EntrySeed) -> String {
    let (partner, id) = (entry.partner_id, &entry.id);
    format!(
        "https://cdn.example.com/p/{partner}/sp/{partner}00/playManifest/entryId/{id}/format/download/protocol/https/flavorParamIds/0"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_client::{NOW, PARTNER, body, builder};
    use crate::{Emulator, EntrySeed, PartnerSeed};
    use kaltura_types::{PartnerId, SessionType};

    const OTHER: PartnerId = PartnerId::new(7);

    /// An emulator with an entry of each of two partners.
    fn emulator() -> Emulator {
        builder()
            .partner(PartnerSeed::new(OTHER))
            .entry(EntrySeed::new("0_own", PARTNER, "A & b").tags("t").duration(95))
            .entry(EntrySeed::new("0_foreign", OTHER, "x"))
            .build()
            .unwrap()
    }

    fn get(emulator: &Emulator, id: &str) -> Value {
        emulator.call("media.get", json!({ "ks": emulator.admin_ks(), "entryId": id }))
    }

    #[test]
    fn get_and_list_return_the_same_entry() {
        let emulator = emulator();
        let list = emulator.call("media.list", json!({ "ks": emulator.admin_ks() }));
        let expected = json!({
            "mediaType": 1, "plays": 0, "views": 0, "duration": 95, "msDuration": 95_000, "id": "0_own",
            "name": "A & b", "partnerId": PARTNER.get(), "tags": "t", "status": 2, "type": 1, "createdAt": NOW,
            "updatedAt": NOW,
            "downloadUrl": "https://cdn.example.com/p/1234567/sp/123456700/playManifest/entryId/0_own/format/download/protocol/https/flavorParamIds/0",
            "objectType": "KalturaMediaEntry",
        });
        assert_eq!(list["objects"], json!([expected]));
        assert_eq!(get(&emulator, "0_OWN"), expected);
        let parameters = json!({ "ks": emulator.admin_ks(), "entryId": "0_own", "version": 100 });
        assert_eq!(emulator.call("baseEntry.get", parameters), expected);
    }

    #[test]
    fn an_unknown_entry_and_another_partners_entry_are_not_found() {
        let emulator = emulator();
        for id in ["0_nosuch", "0_foreign", ""] {
            let error = json!({
                "code": "ENTRY_ID_NOT_FOUND", "message": format!("Entry id \"{id}\" not found"),
                "objectType": "KalturaAPIException", "args": { "ENTRY_ID": id },
            });
            assert_eq!(get(&emulator, id), error);
        }
        let no_id = emulator.call("media.get", json!({ "ks": emulator.admin_ks() }));
        assert_eq!(no_id["args"], json!({ "PARAM_NAME": "entryId" }));
    }

    #[test]
    fn any_session_can_get_an_entry() {
        let emulator = emulator();
        let player = emulator.ks(SessionType::User, "", "setrole:PLAYBACK_BASE_ROLE");
        let sessions = [emulator.widget_ks(), emulator.ks(SessionType::User, "u", ""), player];
        for action in ["media.get", "baseEntry.get"] {
            for ks in &sessions {
                assert_eq!(emulator.error(action, json!({ "ks": ks, "entryId": "0_own" })), Value::Null);
            }
            assert_eq!(emulator.error(action, json!({ "entryId": "0_own" })), "SERVICE_FORBIDDEN");
        }
    }

    #[test]
    fn a_reference_selects_an_entry_of_a_list() {
        let emulator = emulator();
        let responses = emulator.call(
            "multirequest.null",
            json!({
                "ks": emulator.admin_ks(),
                "1": { "service": "media", "action": "list" },
                "2": { "service": "media", "action": "get", "entryId": "{1:result:objects:0:id}" },
                "3": { "service": "media", "action": "get", "entryId": "{1:result:objects:1:id}" },
            }),
        );
        assert_eq!(responses[1], responses[0]["objects"][0]);
        assert_eq!(responses[2]["message"], "Entry id \"\" not found");
    }

    #[test]
    fn an_entry_is_written_in_xml() {
        let emulator = emulator();
        let uri = format!("/api_v3/service/media/action/get/entryId/0_own?ks={}", emulator.admin_ks());
        let response = emulator.send(http::Request::get(uri), "");
        let start = "<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result><objectType>KalturaMediaEntry</objectType>\
                     <relatedObjects></relatedObjects><mediaType>1</mediaType>";
        assert!(body(&response).starts_with(start), "{}", body(&response));
        assert!(
            body(&response).contains("<name>A &amp; b</name><description></description>"),
            "{}",
            body(&response)
        );
    }
}
