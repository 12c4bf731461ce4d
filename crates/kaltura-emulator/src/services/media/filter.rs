//! The filter and the order of a list of entries.

use kaltura_types::PartnerId;

use super::{MEDIA_CLIP, READY, VIDEO};
use crate::backend::state::Entry;
use crate::request::{Arguments, equals_number};
use kaltura_types::api_error::ApiException;

/// The filter of a list. An unknown condition, such as `nameLike`, matches every entry.
#[derive(Default)]
pub(crate) struct Filter {
    id: Option<String>,
    ids: Option<String>,
    excluded_ids: Option<String>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    /// Whether a condition matches no entry of the emulator, such as an image.
    excludes_all: bool,
    order: Order,
}

impl Filter {
    /// The filter of `media`, which has media types.
    pub(crate) fn of_media(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let mut read = Self::of_entries(arguments)?;
        if let Some(filter) = arguments.object("filter")? {
            read.excludes_all |= !allows(filter, "mediaType", VIDEO)?;
        }
        Ok(read)
    }

    pub(crate) fn of_entries(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self::default()) };
        // An entry never changes, so its update time is its creation time.
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
            excludes_all: !allows(filter, "status", READY)? || !allows(filter, "type", MEDIA_CLIP)?,
            order: Order::read(&filter.text_or_empty("orderBy")?),
        })
    }

    pub(crate) fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
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

    pub(crate) fn sort(&self, entries: &mut [&Entry]) {
        match self.order {
            Order::AsStored => {}
            Order::OldestFirst => entries.sort_by_key(|entry| entry.created_at),
            Order::NewestFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at)),
        }
    }
}

/// Whether the conditions on a property with the same value for all entries match it.
fn allows(filter: Arguments<'_>, property: &str, number: i64) -> Result<bool, ApiException> {
    let requested = filter.text(&format!("{property}Equal"))?.into_option();
    let among = filter.text(&format!("{property}In"))?.into_option();
    Ok(requested.is_none_or(|requested| equals_number(&requested, number))
        && among.is_none_or(|list| list.split(',').any(|one| equals_number(one, number))))
}

/// An unknown order is the stored order.
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

    /// The listed ids of `0_b`, `0_a` and `0_c`, created in this order, and the total count.
    fn listed(parameters: &Value) -> String {
        let mut emulator = builder();
        for (id, age) in [("0_b", 20), ("0_a", 0), ("0_c", 10)] {
            let added = UnixTime::from_seconds(NOW - age);
            emulator = emulator.entry(EntrySeed::new(id, PARTNER, id).created_at(added));
        }
        let emulator = emulator.build().unwrap();
        let mut parameters = parameters.clone();
        parameters["ks"] = emulator.admin_ks().into();
        let response = emulator.call("media.list", parameters);
        let Some(objects) = response["objects"].as_array() else { return response["code"].to_string() };
        let ids: Vec<&str> = objects.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        format!("{} of {}", ids.join(" "), response["totalCount"])
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
    fn pages_after_the_maximum_of_matches_are_refused() {
        for (pager, expected) in [
            (json!({ "pageSize": 2, "pageIndex": 2 }), "0_c of 3"),
            (json!({ "pageSize": 500, "pageIndex": 20 }), " of 3"),
            (json!({ "pageSize": 500, "pageIndex": 21 }), "\"QUERY_EXCEEDED_MAX_MATCHES_ALLOWED\""),
        ] {
            assert_eq!(listed(&json!({ "pager": pager })), expected, "{pager}");
        }
    }
}
