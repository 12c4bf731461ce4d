//! The filter and the order of a list of entries.

use kaltura_types::PartnerId;

use super::{MEDIA_CLIP, READY, VIDEO};
use crate::backend::state::{Entry, are_equal};
use crate::request::{Arguments, Choice, Given, check_advanced_search, equals_number};
use kaltura_types::api_error::ApiException;

/// The filter of a list. An empty condition, like an absent one, matches every entry.
#[derive(Default)]
pub(crate) struct Filter {
    id: Option<String>,
    ids: Option<String>,
    redirected_from: Option<String>,
    root: Option<String>,
    excluded_ids: Option<String>,
    user: Option<String>,
    users: Option<String>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    /// Whether a condition matches no entry of the emulator, such as an image.
    excludes_all: bool,
    order: Order,
    /// The fields that are not obeyed.
    pub(crate) ignored: Vec<String>,
}

/// The fields of the server's filter that are obeyed.
const KNOWN: [&str; 23] = [
    "idEqual",
    "idIn",
    "idNotIn",
    "redirectFromEntryId",
    "rootEntryIdEqual",
    "referenceIdEqual",
    "referenceIdIn",
    "parentEntryIdEqual",
    "userIdEqual",
    "userIdIn",
    "createdAtGreaterThanOrEqual",
    "createdAtLessThanOrEqual",
    "updatedAtGreaterThanOrEqual",
    "updatedAtLessThanOrEqual",
    "statusEqual",
    "statusIn",
    "typeEqual",
    "typeIn",
    "mediaTypeEqual",
    "mediaTypeIn",
    "orderBy",
    "objectType",
    "statusNotIn",
];

impl Filter {
    /// The filter of `media`, which has media types.
    pub(crate) fn of_media(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let mut read = Self::of_entries(arguments)?;
        if let Some(filter) = arguments.object("filter")? {
            read.excludes_all |= !allows(filter, "mediaType", Choice::MEDIA_TYPE, VIDEO)?;
        }
        Ok(read)
    }

    pub(crate) fn of_entries(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self::default()) };
        check_advanced_search(filter)?;
        // An entry never changes, so its update time is its creation time.
        let times = |names: [&str; 2]| -> Result<Vec<i64>, ApiException> {
            let times: Result<Vec<_>, _> = names.into_iter().map(|name| filter.time(name)).collect();
            Ok(times?.into_iter().filter_map(Given::into_option).collect())
        };
        let from = times(["createdAtGreaterThanOrEqual", "updatedAtGreaterThanOrEqual"])?;
        let to = times(["createdAtLessThanOrEqual", "updatedAtLessThanOrEqual"])?;
        // No entry has a reference or a parent.
        let mut names_another = false;
        for name in ["referenceIdEqual", "referenceIdIn", "parentEntryIdEqual"] {
            names_another |= filter.condition(name)?.is_some();
        }
        let excluded = filter.condition("statusNotIn")?;
        let is_excluded = excluded.is_some_and(|list| list.split(',').any(|one| equals_number(one, READY)));
        Ok(Self {
            id: filter.condition("idEqual")?,
            ids: filter.condition("idIn")?,
            redirected_from: filter.condition("redirectFromEntryId")?,
            root: filter.condition("rootEntryIdEqual")?,
            excluded_ids: filter.condition("idNotIn")?,
            user: filter.condition("userIdEqual")?,
            users: filter.condition("userIdIn")?,
            created_from: from.into_iter().max(),
            created_to: to.into_iter().min(),
            excludes_all: names_another
                || is_excluded
                || !allows(filter, "status", Choice::ENTRY_STATUS, READY)?
                || !allows(filter, "type", Choice::ENTRY_TYPE, MEDIA_CLIP)?,
            order: Order::read(&filter.text_or_empty("orderBy")?),
            ignored: filter.names_except(&KNOWN),
        })
    }

    /// Whether it selects entries by their ids. Then a USER session also sees the entries of others.
    pub(crate) const fn names_ids(&self) -> bool {
        self.id.is_some() || self.ids.is_some() || self.redirected_from.is_some()
    }

    pub(crate) fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
        let is = |id: &str| are_equal(&entry.seed.id, id);
        let is_among = |ids: &str| ids.split(',').any(is);
        let is_owned_by = |user: &str| entry.is_owned_by(user);
        let created = entry.created_at.as_seconds();
        entry.seed.partner_id == partner
            && !self.excludes_all
            // No entry is redirected, and each is its own root.
            && [&self.id, &self.redirected_from, &self.root].iter().all(|id| id.as_deref().is_none_or(is))
            && self.ids.as_deref().is_none_or(is_among)
            && !self.excluded_ids.as_deref().is_some_and(is_among)
            && self.user.as_deref().is_none_or(is_owned_by)
            && self.users.as_deref().is_none_or(|users| users.split(',').any(is_owned_by))
            && self.created_from.is_none_or(|from| created >= from)
            && self.created_to.is_none_or(|to| created <= to)
    }

    pub(crate) fn sort(&self, entries: &mut [&Entry]) {
        match self.order {
            Order::AsStored => {}
            Order::OldestFirst => entries.sort_by_key(|entry| entry.created_at),
            Order::NewestFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at)),
            Order::ByName => entries.sort_by_cached_key(|entry| entry.seed.name.to_lowercase()),
            Order::ByNameDescending => {
                entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.seed.name.to_lowercase()));
            }
        }
    }
}

/// Whether the conditions on a property with the same value for all entries match it.
fn allows(filter: Arguments<'_>, property: &str, choice: Choice, number: i64) -> Result<bool, ApiException> {
    let requested = filter.choice(&format!("{property}Equal"), choice)?.into_option();
    let among = filter.condition(&format!("{property}In"))?;
    Ok(requested.is_none_or(|requested| requested == number)
        && among.is_none_or(|list| list.split(',').any(|one| equals_number(one, number))))
}

/// An unknown order is the stored order.
#[derive(Default)]
enum Order {
    #[default]
    AsStored,
    OldestFirst,
    NewestFirst,
    ByName,
    ByNameDescending,
}

impl Order {
    fn read(text: &str) -> Self {
        match text {
            "+createdAt" | "+updatedAt" => Self::OldestFirst,
            "-createdAt" | "-updatedAt" => Self::NewestFirst,
            "+name" => Self::ByName,
            "-name" => Self::ByNameDescending,
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
            (json!({ "orderBy": "+name" }), "0_a 0_b 0_c of 3"),
            (json!({ "orderBy": "-name" }), "0_c 0_b 0_a of 3"),
            (json!({ "rootEntryIdEqual": "0_a" }), "0_a of 1"),
            (json!({ "referenceIdEqual": "x" }), " of 0"),
            (json!({ "statusNotIn": "2" }), " of 0"),
            (
                json!({ "idIn": "", "idEqual": false, "statusIn": null, "mediaTypeIn": "", "typeIn": "" }),
                "0_b 0_a 0_c of 3",
            ),
            (json!({ "statusEqual": "abc" }), "\"INVALID_ENUM_VALUE\""),
            (json!({ "mediaTypeEqual": "" }), "\"INVALID_ENUM_VALUE\""),
            (json!({ "idEqual__null": "" }), "\"INTERNAL_SERVERL_ERROR\""),
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
