//! The services `media` and `baseEntry`, so far that a session can show what it is good for.

use kaltura_types::PartnerId;

use crate::emulator::actions::Prepared;
use crate::emulator::answer::{Answer, Object};
use crate::emulator::paging::Pager;
use crate::emulator::request::Arguments;
use crate::emulator::state::Entry;
use crate::exception::Exception;

/// Entries are searched, and the search gives no page that begins behind so many objects (Kaltura's help: "API
/// results limitation").
const MOST_MATCHES: usize = 10_000;

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
        let mut found: Vec<&Entry> = entries.filter(|entry| filter.matches(entry, call.partner)).collect();
        filter.order.sort(&mut found);
        if pager.offset() >= MOST_MATCHES {
            return Err(Exception::too_many_matches().into());
        }
        let objects: Vec<Answer> = pager.page(&found).iter().map(|entry| object(entry)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(Object::new(class).with("totalCount", total).with("objects", objects).into())
    }))
}

#[derive(Default)]
struct Filter {
    id: Option<String>,
    ids: Option<String>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    order: Order,
}

/// An order that the server does not know is none.
#[derive(Default)]
enum Order {
    #[default]
    AsStored,
    OldestFirst,
    NewestFirst,
}

impl Order {
    fn sort(&self, entries: &mut [&Entry]) {
        match self {
            Self::AsStored => {}
            Self::OldestFirst => entries.sort_by_key(|entry| entry.created_at),
            Self::NewestFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at)),
        }
    }
}

impl Filter {
    fn read(arguments: Arguments<'_>) -> Result<Self, Exception> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self::default()) };
        Ok(Self {
            id: filter.text("idEqual")?.into_option(),
            ids: filter.text("idIn")?.into_option(),
            created_from: filter.time("createdAtGreaterThanOrEqual").into_option(),
            created_to: filter.time("createdAtLessThanOrEqual").into_option(),
            order: match filter.text_or_empty("orderBy")?.as_ref() {
                "+createdAt" => Order::OldestFirst,
                "-createdAt" => Order::NewestFirst,
                _ => Order::AsStored,
            },
        })
    }

    fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
        let is = |id: &str| entry.seed.id.eq_ignore_ascii_case(id);
        let created = entry.created_at.as_seconds();
        entry.seed.partner_id == partner
            && self.id.as_deref().is_none_or(is)
            && self.ids.as_deref().is_none_or(|ids| ids.split(',').any(is))
            && self.created_from.is_none_or(|from| created >= from)
            && self.created_to.is_none_or(|to| created <= to)
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::emulator::EntrySeed;
    use crate::emulator::test_client::{NOW, builder};
    use kaltura_types::{PartnerId, UnixTime};

    fn listed(parameters: &Value) -> String {
        let mut emulator = builder();
        for (id, age) in [("0_b", 20), ("0_a", 0), ("0_c", 10)] {
            let made = UnixTime::from_seconds(NOW - age);
            emulator = emulator.entry(EntrySeed::new(id, PartnerId::new(1_234_567), id).created_at(made));
        }
        let emulator = emulator.build().unwrap();
        let mut parameters = parameters.clone();
        parameters["ks"] = emulator.admin_ks().into();
        let answer = emulator.call("media.list", parameters);
        let Some(objects) = answer["objects"].as_array() else { return answer["code"].to_string() };
        let ids: Vec<&str> = objects.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        format!("{} of {}", ids.join(" "), answer["totalCount"])
    }

    #[test]
    fn entries_are_ordered_filtered_and_counted_so_far_and_no_further() {
        for (parameters, expected) in [
            (json!({}), "0_b 0_a 0_c of 3"),
            (json!({ "filter": { "orderBy": "+createdAt" } }), "0_b 0_c 0_a of 3"),
            (json!({ "filter": { "orderBy": "-createdAt" } }), "0_a 0_c 0_b of 3"),
            (json!({ "filter": { "createdAtGreaterThanOrEqual": NOW - 10 } }), "0_a 0_c of 2"),
            (json!({ "filter": { "createdAtLessThanOrEqual": NOW - 10 } }), "0_b 0_c of 2"),
            (json!({ "pager": { "pageSize": 2, "pageIndex": 2 } }), "0_c of 3"),
            (json!({ "pager": { "pageSize": 500, "pageIndex": 20 } }), " of 3"),
            (
                json!({ "pager": { "pageSize": 500, "pageIndex": 21 } }),
                "\"QUERY_EXCEEDED_MAX_MATCHES_ALLOWED\"",
            ),
        ] {
            assert_eq!(listed(&parameters), expected, "{parameters}");
        }
    }
}
