//! The actions of the services `media` and `baseEntry` that read entries.

mod filter;

use self::filter::Filter;

use crate::backend::entry::Entry;
use crate::request::{Arguments, Pager, has_null_suffix};
use crate::response::value::{ApiValue, Object};
use crate::services::entry::object;
use crate::services::{Call, Prepared};
use kaltura_types::api_error::ApiException;

/// Entries come from a search, which has no page after this many objects (Kaltura's help: "API results limitation").
const MAX_MATCHES: usize = 10_000;

/// One of the partner's media entries. The parameter `version` changes nothing in the result. A call without a KS finds
/// none.
pub(crate) fn get(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    get_if(arguments, |entry| entry.is_media)
}

/// One of the partner's entries, also one without a type.
pub(crate) fn get_base_entry(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    get_if(arguments, |_| true)
}

fn get_if(arguments: Arguments<'_>, is_served: fn(&Entry) -> bool) -> Result<Prepared, ApiException> {
    let id = arguments.required_text("entryId")?;
    Ok(Box::new(move |call| {
        let entry = call.state.entries.get(call.partner, &id).filter(|_| call.ks.is_some());
        let entry = entry.filter(|entry| is_served(entry));
        let entry = entry.ok_or_else(|| ApiException::entry_id_not_found(&id))?;
        Ok(object(entry, &call.state.entries.categories))
    }))
}

/// The partner's media entries.
pub(crate) fn list_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    list(arguments, Filter::of_media(arguments)?, "KalturaMediaListResponse")
}

/// The partner's entries.
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
        let sees_all = filter.names_ids() || sees_all(call);
        let mut found = matches(call, &filter, sees_all);
        filter.sort(&mut found);
        if pager.offset() >= MAX_MATCHES {
            return Err(ApiException::too_many_matches().into());
        }
        let page = pager.page(&found).iter();
        let objects: Vec<ApiValue> =
            page.map(|entry| object(entry, &call.state.entries.categories)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(Object::new(class).with("totalCount", total).with("objects", objects).into())
    }))
}

/// The number of media entries that a list contains (wire contract, section 10.8).
pub(crate) fn count_media(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    count(arguments, Filter::of_media(arguments)?)
}

/// The number of entries that a list contains.
pub(crate) fn count_base_entries(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    count(arguments, Filter::of_entries(arguments)?)
}

/// In contrast to a list, ids in the filter do not show the entries of other users.
fn count(arguments: Arguments<'_>, filter: Filter) -> Result<Prepared, ApiException> {
    let has_null = has_null_suffix(arguments)?;
    Ok(Box::new(move |call| {
        call.ignore_filters(&filter.ignored);
        if has_null {
            return Err(ApiException::internal_server_error().into());
        }
        let found = matches(call, &filter, sees_all(call));
        Ok(i64::try_from(found.len()).unwrap_or(i64::MAX).into())
    }))
}

fn matches<'a>(call: &'a Call<'_>, filter: &Filter, sees_all: bool) -> Vec<&'a Entry> {
    let entries = call.state.entries.iter();
    let is_seen = |entry: &Entry| sees_all || entry.owner.is(call.user());
    entries.filter(|entry| filter.matches(entry, call.partner) && is_seen(entry)).collect()
}

/// Whether a session lists the entries of all users: an ADMIN session, and one with the privilege `list:*`, or `*`
/// alone (wire contract, section 4.11).
fn sees_all(call: &Call<'_>) -> bool {
    let Some(claims) = call.ks.as_ref().map(|ks| ks.opened.claims()) else { return false };
    let lists_all = claims.privileges().get("list").is_some_and(|list| list.values() == ["*"]);
    claims.is_admin() || lists_all || claims.privileges_text() == Some("*")
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
