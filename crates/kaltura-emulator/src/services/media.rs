//! The services `media` and `baseEntry`, as far as needed to use a session.

mod filter;

use self::filter::Filter;

use crate::backend::seed::EntrySeed;
use crate::backend::state::Entry;
use crate::request::{Arguments, Pager, has_null_suffix};
use crate::response::value::{ApiValue, Object};
use crate::services::{Call, Prepared};
use kaltura_types::api_error::ApiException;

/// Entries come from a search, which has no page after this many objects (Kaltura's help: "API results limitation").
const MAX_MATCHES: usize = 10_000;

/// One of the partner's entries. The parameter `version` changes nothing in the result. A call without a KS finds none.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    Ok(Box::new(move |call| {
        let entry = call.state.entry(call.partner, &id).filter(|_| call.ks.is_some());
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
    let has_null = has_null_suffix(arguments)?;
    Ok(Box::new(move |call| {
        call.ignore_filters(&filter.ignored);
        if has_null {
            return Err(ApiException::internal_server_error().into());
        }
        let owner = if filter.names_ids() { None } else { only_owner(call) };
        let is_listed = |entry: &&Entry| {
            let is_visible = owner.as_deref().is_none_or(|owner| entry.is_owned_by(owner));
            is_visible && filter.matches(entry, call.partner)
        };
        let mut found: Vec<&Entry> = call.state.entries.iter().filter(is_listed).collect();
        filter.sort(&mut found);
        if pager.offset() >= MAX_MATCHES {
            return Err(ApiException::too_many_matches().into());
        }
        let objects: Vec<ApiValue> = pager.page(&found).iter().map(|entry| object(entry)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(Object::new(class).with("totalCount", total).with("objects", objects).into())
    }))
}

/// The user whose entries the session lists; `None` if it lists all: an ADMIN session, and one with the privilege
/// `list:*`, or `*` alone (wire contract, section 4.11).
pub(crate) fn only_owner(call: &Call<'_>) -> Option<String> {
    let claims = call.ks.as_ref()?.opened.claims();
    let lists_all = claims.privileges().get("list").is_some_and(|list| list.values() == ["*"])
        || claims.privileges_text() == Some("*");
    let owner = claims.user().map_or("", |user| user.as_str());
    (!claims.is_admin() && !lists_all).then(|| owner.to_owned())
}

/// `KalturaMediaType::VIDEO`.
const VIDEO: i64 = 1;
/// `KalturaEntryStatus::READY`.
const READY: i64 = 2;
/// `KalturaEntryType::MEDIA_CLIP`.
const MEDIA_CLIP: i64 = 1;

/// An entry with all properties of the server, most of which have no value here.
fn object(entry: &Entry) -> ApiValue {
    const NULL: ApiValue = ApiValue::Null;
    let seed = &entry.seed;
    let id = seed.id.as_str();
    let owner = seed.user_id.as_ref().map_or("", |user| user.as_str());
    Object::new("KalturaMediaEntry")
        .with("id", id)
        .with("name", seed.name.as_str())
        .with("description", seed.description.as_deref().unwrap_or_default())
        .with("partnerId", seed.partner_id.get())
        .with("userId", owner)
        .with("creatorId", owner)
        .with("tags", seed.tags.as_deref().unwrap_or_default())
        .with("adminTags", NULL)
        .with("categories", "")
        .with("categoriesIds", "")
        .with("status", READY)
        .with("moderationStatus", 2)
        .with("moderationCount", 0)
        .with("type", MEDIA_CLIP)
        .with("createdAt", entry.created_at.as_seconds())
        .with("updatedAt", entry.created_at.as_seconds())
        .with("rank", 0)
        .with("totalRank", 0)
        .with("votes", 0)
        .with("groupId", NULL)
        .with("partnerData", NULL)
        .with(
            "downloadUrl",
            url(seed, "playManifest/entryId", "/format/download/protocol/https/flavorParamIds/0"),
        )
        .with("searchText", search_text(seed))
        .with("licenseType", NULL)
        .with("version", 0)
        .with("thumbnailUrl", url(seed, "thumbnail/entry_id", "/version/0"))
        .with("accessControlId", NULL)
        .with("startDate", NULL)
        .with("endDate", NULL)
        .with("referenceId", NULL)
        .with("replacingEntryId", NULL)
        .with("replacedEntryId", NULL)
        .with("replacementStatus", 0)
        .with("partnerSortValue", 0)
        .with("conversionProfileId", NULL)
        .with("redirectEntryId", NULL)
        .with("rootEntryId", id)
        .with("parentEntryId", NULL)
        .with("operationAttributes", Vec::new())
        .with("entitledUsersEdit", "")
        .with("entitledUsersPublish", "")
        .with("entitledUsersView", "")
        .with("capabilities", "")
        .with("templateEntryId", NULL)
        .with("displayInSearch", 1)
        .with("application", NULL)
        .with("applicationVersion", NULL)
        .with("blockAutoTranscript", false)
        .with("defaultLanguage", NULL)
        .with("responseLanguage", NULL)
        .with("plays", 0)
        .with("views", 0)
        .with("lastPlayedAt", NULL)
        .with("width", NULL)
        .with("height", NULL)
        .with("duration", seed.duration)
        .with("msDuration", seed.duration.saturating_mul(1000))
        .with("durationType", NULL)
        .with("mediaType", VIDEO)
        .with("conversionQuality", NULL)
        .with("sourceType", "1")
        .with("sourceVersion", NULL)
        .with("searchProviderType", NULL)
        .with("searchProviderId", NULL)
        .with("creditUserName", NULL)
        .with("creditUrl", NULL)
        .with("mediaDate", NULL)
        .with("dataUrl", url(seed, "playManifest/entryId", "/format/url/protocol/https"))
        .with("flavorParamsIds", NULL)
        .with("isTrimDisabled", NULL)
        .with("streams", NULL)
        .into()
}

/// A URL of the video. There is none, so the host is one that does not exist.
fn url(entry: &EntrySeed, action: &str, rest: &str) -> String {
    let (partner, id) = (entry.partner_id, &entry.id);
    format!("https://cdn.example.com/p/{partner}/sp/{partner}00/{action}/{id}{rest}")
}

/// What the server's search looks at.
fn search_text(entry: &EntrySeed) -> String {
    let texts = [Some(entry.name.as_str()), entry.tags.as_deref(), entry.description.as_deref()];
    let texts: Vec<&str> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    format!("_PAR_ONLY_ _{}_ _MEDIA_TYPE_{VIDEO}|  {} ", entry.partner_id, texts.join(" "))
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
            .entry(EntrySeed::new("0_own", PARTNER, "A & b").user("alice").tags("t").duration(95))
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
        let expected = get(&emulator, "0_OWN ");
        assert_eq!(list["objects"], json!([expected]));
        assert_eq!(expected["id"], "0_own");
        assert_eq!(expected["userId"], "alice");
        assert_eq!(expected["duration"], 95);
        assert_eq!(expected["createdAt"], NOW);
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
            // Without a KS the action runs, and finds nothing.
            let without_ks = json!({ "entryId": "0_own", "partnerId": PARTNER.get() });
            assert_eq!(emulator.error(action, without_ks), "ENTRY_ID_NOT_FOUND");
        }
    }

    #[test]
    fn a_session_lists_the_entries_of_its_user_unless_it_may_list_all() {
        let emulator = builder()
            .entry(EntrySeed::new("0_alice", PARTNER, "a").user("alice"))
            .entry(EntrySeed::new("0_bob", PARTNER, "b").user("bob"))
            .entry(EntrySeed::new("0_none", PARTNER, "c"))
            .build()
            .unwrap();
        let total = |ks: &str, filter: Value| {
            let totals = ["media.list", "baseEntry.list"].map(|action| {
                emulator.call(action, json!({ "ks": ks, "filter": filter }))["totalCount"].as_u64().unwrap()
            });
            assert_eq!(totals[0], totals[1]);
            totals[0]
        };
        for (privileges, expected) in [
            ("", 1),
            ("list", 1),
            ("list:0_bob", 1),
            ("sview:*,edit:*,disableentitlement", 1),
            ("setrole:PLAYBACK_BASE_ROLE", 1),
            ("sessionid:x,*", 1),
            ("sessionid:x,list:*", 3),
            ("*", 3),
        ] {
            let ks = emulator.ks(SessionType::User, "ALICE", privileges);
            assert_eq!(total(&ks, json!({})), expected, "{privileges}");
        }
        assert_eq!(total(&emulator.admin_ks(), json!({})), 3);
        assert_eq!(total(&emulator.widget_ks(), json!({})), 0);
        assert_eq!(total(&emulator.ks(SessionType::User, "", ""), json!({})), 0);
        // Who names ids sees them.
        let alice = emulator.ks(SessionType::User, "alice", "");
        for (filter, expected) in [
            (json!({ "idEqual": "0_bob" }), 1),
            (json!({ "idIn": "0_bob,0_none" }), 2),
            (json!({ "redirectFromEntryId": "0_bob" }), 1),
            (json!({ "idEqual": "", "idIn": null }), 1),
            (json!({ "idNotIn": "0_alice" }), 0),
            (json!({ "userIdEqual": "bob" }), 0),
        ] {
            assert_eq!(total(&alice, filter.clone()), expected, "{filter}");
        }
        assert_eq!(total(&emulator.admin_ks(), json!({ "userIdEqual": "BOB" })), 1);
        assert_eq!(total(&emulator.admin_ks(), json!({ "userIdIn": "bob,alice" })), 2);
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
                     <relatedObjects></relatedObjects><id>0_own</id>";
        assert!(body(&response).starts_with(start), "{}", body(&response));
        assert!(
            body(&response).contains("<name>A &amp; b</name><description></description>"),
            "{}",
            body(&response)
        );
    }
}
