//! The filter and the order of a list of entries.

use kaltura_types::PartnerId;
use kaltura_types::api_error::ApiException;

use crate::backend::entry::{Entry, EntryStatus};
use crate::backend::state::are_equal;
use crate::request::{Arguments, Choice, check_advanced_search, equals_number};
use crate::services::entry::MEDIA_CLIP;

/// The filter of a list or a count. An empty condition, like an absent one, matches every entry.
#[derive(Default)]
pub(crate) struct Filter {
    media_only: bool,
    id: Option<String>,
    ids: Option<String>,
    redirected_from: Option<String>,
    root: Option<String>,
    excluded_ids: Option<String>,
    user: Option<String>,
    users: Option<String>,
    reference: Option<String>,
    references: Option<String>,
    parent: Option<String>,
    status: Numbers,
    excluded_statuses: Option<String>,
    entry_type: Numbers,
    media_type: Numbers,
    created_from: Option<i64>,
    created_to: Option<i64>,
    updated_from: Option<i64>,
    updated_to: Option<i64>,
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
        read.media_only = true;
        if let Some(filter) = arguments.object("filter")? {
            read.media_type = Numbers::read(filter, "mediaType", Choice::MEDIA_TYPE)?;
        }
        Ok(read)
    }

    pub(crate) fn of_entries(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let Some(filter) = arguments.object("filter")? else { return Ok(Self::default()) };
        check_advanced_search(filter)?;
        let condition = |name| filter.condition(name);
        let time = |name| Ok::<_, ApiException>(filter.time(name)?.into_option());
        Ok(Self {
            media_only: false,
            id: condition("idEqual")?,
            ids: condition("idIn")?,
            redirected_from: condition("redirectFromEntryId")?,
            root: condition("rootEntryIdEqual")?,
            excluded_ids: condition("idNotIn")?,
            user: condition("userIdEqual")?,
            users: condition("userIdIn")?,
            reference: condition("referenceIdEqual")?,
            references: condition("referenceIdIn")?,
            parent: condition("parentEntryIdEqual")?,
            status: Numbers::read(filter, "status", Choice::ENTRY_STATUS)?,
            excluded_statuses: condition("statusNotIn")?,
            entry_type: Numbers::read(filter, "type", Choice::ENTRY_TYPE)?,
            media_type: Numbers::default(),
            created_from: time("createdAtGreaterThanOrEqual")?,
            created_to: time("createdAtLessThanOrEqual")?,
            updated_from: time("updatedAtGreaterThanOrEqual")?,
            updated_to: time("updatedAtLessThanOrEqual")?,
            order: Order::read(&filter.text_or_empty("orderBy")?),
            ignored: filter.names_except(&KNOWN),
        })
    }

    /// Whether it selects entries by their ids. Then the list of a USER session also shows the entries of others.
    pub(crate) const fn names_ids(&self) -> bool {
        self.id.is_some() || self.ids.is_some() || self.redirected_from.is_some()
    }

    pub(crate) fn matches(&self, entry: &Entry, partner: PartnerId) -> bool {
        let is = |id: &str| are_equal(&entry.id, id);
        let is_among = |ids: &str| ids.split(',').any(is);
        let is_of = |user: &str| entry.owner.user().is_some_and(|own| are_equal(own, user));
        let refers_to = |id: &str| entry.reference.as_deref().is_some_and(|own| are_equal(own, id));
        let (created, updated) = (entry.created_at.as_seconds(), entry.updated_at.as_seconds());
        entry.partner == partner
            && (entry.is_media || !self.media_only)
            && self.matches_status(entry.status)
            && self.entry_type.contain(entry.is_media.then_some(MEDIA_CLIP))
            && self.media_type.contain(entry.media_type)
            // No entry is redirected or has a parent, and each is its own root.
            && [&self.id, &self.redirected_from, &self.root].iter().all(|id| id.as_deref().is_none_or(is))
            && self.parent.is_none()
            && self.ids.as_deref().is_none_or(is_among)
            && !self.excluded_ids.as_deref().is_some_and(is_among)
            && self.user.as_deref().is_none_or(is_of)
            && self.users.as_deref().is_none_or(|users| users.split(',').any(is_of))
            && self.reference.as_deref().is_none_or(refers_to)
            && self.references.as_deref().is_none_or(|ids| ids.split(',').any(refers_to))
            && self.created_from.is_none_or(|from| created >= from)
            && self.created_to.is_none_or(|to| created <= to)
            && self.updated_from.is_none_or(|from| updated >= from)
            && self.updated_to.is_none_or(|to| updated <= to)
    }

    /// Without a condition on the status, only entries that are ready match, and with `idEqual` those of every status,
    /// also deleted ones (wire contract, section 10.8).
    fn matches_status(&self, status: EntryStatus) -> bool {
        let is = |text: &str| equals_number(text, status.number());
        if self.excluded_statuses.as_deref().is_some_and(|list| list.split(',').any(is)) {
            false
        } else if self.status.is_any() {
            self.id.is_some() || status == EntryStatus::Ready
        } else {
            self.status.contain(Some(status.number()))
        }
    }

    pub(crate) fn sort(&self, entries: &mut [&Entry]) {
        match self.order {
            Order::AsStored => {}
            Order::OldestFirst => entries.sort_by_key(|entry| entry.created_at),
            Order::NewestFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at)),
            Order::ByName => entries.sort_by_cached_key(|entry| entry.name.to_lowercase()),
            Order::ByNameDescending => {
                entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.name.to_lowercase()));
            }
            Order::LeastUpdatedFirst => entries.sort_by_key(|entry| entry.updated_at),
            Order::LastUpdatedFirst => entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated_at)),
        }
    }
}

/// The conditions on a number: `…Equal` and `…In`.
#[derive(Default)]
struct Numbers {
    equal: Option<i64>,
    among: Option<String>,
}

impl Numbers {
    fn read(filter: Arguments<'_>, property: &str, choice: Choice) -> Result<Self, ApiException> {
        Ok(Self {
            equal: filter.choice(&format!("{property}Equal"), choice)?.into_option(),
            among: filter.condition(&format!("{property}In"))?,
        })
    }

    const fn is_any(&self) -> bool {
        self.equal.is_none() && self.among.is_none()
    }

    fn contain(&self, number: Option<i64>) -> bool {
        let is = |text: &str| number.is_some_and(|number| equals_number(text, number));
        self.equal.is_none_or(|equal| number == Some(equal))
            && self.among.as_deref().is_none_or(|list| list.split(',').any(is))
    }
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
    LeastUpdatedFirst,
    LastUpdatedFirst,
}

impl Order {
    fn read(text: &str) -> Self {
        match text {
            "+name" => Self::ByName,
            "-name" => Self::ByNameDescending,
            "+createdAt" => Self::OldestFirst,
            "-createdAt" => Self::NewestFirst,
            "+updatedAt" => Self::LeastUpdatedFirst,
            "-updatedAt" => Self::LastUpdatedFirst,
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
