//! Which entries a list shows, and in which order.

use kaltura_types::PartnerId;

use super::{MEDIA_CLIP, READY, VIDEO};
use crate::request::{Arguments, equals_number};
use crate::state::Entry;
use kaltura_types::api_error::ApiException;

/// The filter of a list. What it does not know, such as `nameLike`, it lets through.
#[derive(Default)]
pub(super) struct Filter {
    id: Option<String>,
    ids: Option<String>,
    excluded_ids: Option<String>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    /// Whether it asks for what no entry here is, such as an image.
    excludes_all: bool,
    order: Order,
}

impl Filter {
    /// That of `media`, which knows of media types.
    pub(super) fn of_media(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let mut read = Self::of_entries(arguments)?;
        if let Some(filter) = arguments.object("filter")? {
            read.excludes_all |= !asks_for(filter, "mediaType", VIDEO)?;
        }
        Ok(read)
    }

    pub(super) fn of_entries(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self::default()) };
        // An entry is never changed, so it was updated when it was made.
        let latest =
            |one: &str, other: &str| filter.time(one).into_option().max(filter.time(other).into_option());
        let earliest = |one: &str, other: &str| {
            let both = [one, other].map(|name| filter.time(name).into_option());
            both.into_iter().flatten().min()
        };
        Ok(Self {
            id: filter.text("idEqual")?.into_option(),
            ids: filter.text("idIn")?.into_option(),
            excluded_ids: filter.text("idNotIn")?.into_option(),
            created_from: latest("createdAtGreaterThanOrEqual", "updatedAtGreaterThanOrEqual"),
            created_to: earliest("createdAtLessThanOrEqual", "updatedAtLessThanOrEqual"),
            excludes_all: !asks_for(filter, "status", READY)? || !asks_for(filter, "type", MEDIA_CLIP)?,
            order: Order::read(&filter.text_or_empty("orderBy")?),
        })
    }

    pub(super) fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
        let is = |id: &str| entry.seed.id.eq_ignore_ascii_case(id);
        let is_among = |ids: &str| ids.split(',').any(is);
        let created = entry.created_at.as_seconds();
        entry.seed.partner_id == partner
            && !self.excludes_all
            && self.id.as_deref().is_none_or(is)
            && self.ids.as_deref().is_none_or(is_among)
            && !self.excluded_ids.as_deref().is_some_and(is_among)
            && self.created_from.is_none_or(|from| created >= from)
            && self.created_to.is_none_or(|to| created <= to)
    }

    pub(super) fn sort(&self, entries: &mut [&Entry]) {
        match self.order {
            Order::AsStored => {}
            Order::OldestFirst => entries.sort_by_key(|entry| entry.created_at),
            Order::NewestFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at)),
        }
    }
}

/// Whether the filters of a property that is the same for all entries let them through.
fn asks_for(filter: Arguments<'_>, property: &str, number: i64) -> Result<bool, ApiException> {
    let wanted = filter.text(&format!("{property}Equal"))?.into_option();
    let among = filter.text(&format!("{property}In"))?.into_option();
    Ok(wanted.is_none_or(|wanted| equals_number(&wanted, number))
        && among.is_none_or(|list| list.split(',').any(|one| equals_number(one, number))))
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
    fn read(text: &str) -> Self {
        match text {
            "+createdAt" | "+updatedAt" => Self::OldestFirst,
            "-createdAt" | "-updatedAt" => Self::NewestFirst,
            _ => Self::AsStored,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::EntrySeed;
    use crate::test_client::{NOW, PARTNER, builder};
    use kaltura_types::UnixTime;

    /// The ids that a list shows of `0_b`, `0_a` and `0_c`, made in this order, and how many it counts.
    fn listed(parameters: &Value) -> String {
        let mut emulator = builder();
        for (id, age) in [("0_b", 20), ("0_a", 0), ("0_c", 10)] {
            let made = UnixTime::from_seconds(NOW - age);
            emulator = emulator.entry(EntrySeed::new(id, PARTNER, id).created_at(made));
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
    fn entries_are_filtered_and_ordered() {
        for (filter, expected) in [
            (json!({}), "0_b 0_a 0_c of 3"),
            (json!({ "idEqual": "0_A" }), "0_a of 1"),
            (json!({ "idIn": "0_c,0_a,0_x" }), "0_a 0_c of 2"),
            (json!({ "idNotIn": "0_C,0_a" }), "0_b of 1"),
            (json!({ "statusEqual": 2, "typeEqual": "1", "mediaTypeEqual": 1 }), "0_b 0_a 0_c of 3"),
            (json!({ "statusIn": "7,2", "typeIn": "1", "mediaTypeIn": "5,1" }), "0_b 0_a 0_c of 3"),
            (json!({ "statusEqual": 7 }), " of 0"),
            (json!({ "typeIn": "2,5" }), " of 0"),
            (json!({ "mediaTypeEqual": 5 }), " of 0"),
            (json!({ "createdAtGreaterThanOrEqual": NOW - 10 }), "0_a 0_c of 2"),
            (json!({ "createdAtLessThanOrEqual": NOW - 10 }), "0_b 0_c of 2"),
            (
                json!({ "createdAtGreaterThanOrEqual": NOW - 10, "updatedAtGreaterThanOrEqual": NOW }),
                "0_a of 1",
            ),
            (json!({ "createdAtLessThanOrEqual": NOW - 20, "updatedAtLessThanOrEqual": NOW }), "0_b of 1"),
            (json!({ "orderBy": "+createdAt" }), "0_b 0_c 0_a of 3"),
            (json!({ "orderBy": "-updatedAt" }), "0_a 0_c 0_b of 3"),
            (json!({ "orderBy": "nosuch" }), "0_b 0_a 0_c of 3"),
        ] {
            assert_eq!(listed(&json!({ "filter": filter })), expected, "{filter}");
        }
    }

    #[test]
    fn entries_are_counted_so_far_and_no_further() {
        for (pager, expected) in [
            (json!({ "pageSize": 2, "pageIndex": 2 }), "0_c of 3"),
            (json!({ "pageSize": 500, "pageIndex": 20 }), " of 3"),
            (json!({ "pageSize": 500, "pageIndex": 21 }), "\"QUERY_EXCEEDED_MAX_MATCHES_ALLOWED\""),
        ] {
            assert_eq!(listed(&json!({ "pager": pager })), expected, "{pager}");
        }
    }
}
