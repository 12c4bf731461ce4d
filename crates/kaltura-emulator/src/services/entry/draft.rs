//! The object of `add` and `update`: the requested properties of an entry.

use std::collections::HashSet;

use kaltura_types::api_error::ApiException;

use super::Service;
use super::object::properties;
use crate::backend::entry::{ACCESS_CONTROL, CONVERSION_PROFILE, Entry};
use crate::request::{Arguments, Choice, Given, Parameter, text};
use crate::response::value::{ApiValue, Failure};
use crate::services::Call;

/// The properties that the server determines, in its order. A draft may contain them in `update` if they are as they
/// are, except those of [`NEVER`].
const READ_ONLY: [&str; 26] = [
    "id",
    "partnerId",
    "status",
    "moderationStatus",
    "moderationCount",
    "createdAt",
    "updatedAt",
    "rank",
    "totalRank",
    "votes",
    "downloadUrl",
    "searchText",
    "version",
    "replacingEntryId",
    "replacedEntryId",
    "replacementStatus",
    "rootEntryId",
    "capabilities",
    "plays",
    "views",
    "lastPlayedAt",
    "width",
    "height",
    "duration",
    "dataUrl",
    "thumbnailUrl",
];

/// The properties that `add` sets and `update` cannot change.
const SET_ONCE: [&str; 5] = ["creatorId", "mediaType", "sourceType", "conversionQuality", "type"];

/// The properties that `update` refuses even as they are.
const NEVER: [&str; 4] = ["status", "createdAt", "updatedAt", "replacementStatus"];

/// The number of categories of an entry that are read. The server refuses more.
const MAX_CATEGORIES: usize = 32;

/// The fields in the order in which the server reads them.
pub(super) struct Draft {
    class: &'static str,
    /// The fields that cannot be changed, with their values as texts.
    fixed: Vec<(&'static str, String)>,
    is_media: bool,
    name: Given<String>,
    description: Given<String>,
    user: Given<String>,
    creator: Given<String>,
    tags: Given<String>,
    admin_tags: Given<String>,
    categories: Given<String>,
    categories_ids: Given<String>,
    group: Given<i64>,
    partner_data: Given<String>,
    license_type: Given<i64>,
    access_control: Given<i64>,
    start_date: Given<i64>,
    end_date: Given<i64>,
    reference: Given<String>,
    conversion_profile: Given<i64>,
    entitled_to_edit: Given<String>,
    entitled_to_publish: Given<String>,
    entitled_to_view: Given<String>,
    milliseconds: Given<i64>,
    media_type: Given<i64>,
}

impl Draft {
    pub(super) fn read(fields: Arguments<'_>, service: Service) -> Result<Self, ApiException> {
        let class = fields.text("objectType")?.into_option().unwrap_or_default();
        // Another class is ignored.
        let is_media = service == Service::Media || class.eq_ignore_ascii_case("KalturaMediaEntry");
        let fixed = READ_ONLY.into_iter().chain(SET_ONCE).filter_map(|name| match fields.given(name) {
            Given::Absent => None,
            Given::Null => Some((name, String::new())),
            Given::Value(value) => Some((name, text(value).into_owned())),
        });
        Ok(Self {
            class: if is_media { "KalturaMediaEntry" } else { "KalturaBaseEntry" },
            fixed: fixed.collect(),
            is_media,
            name: multilingual(fields, "name")?,
            description: multilingual(fields, "description")?,
            user: fields.text("userId")?,
            creator: fields.text("creatorId")?,
            tags: multilingual(fields, "tags")?,
            admin_tags: fields.text("adminTags")?,
            categories: fields.text("categories")?,
            categories_ids: fields.text("categoriesIds")?,
            group: fields.int("groupId"),
            partner_data: fields.text("partnerData")?,
            license_type: fields.int("licenseType"),
            access_control: fields.int("accessControlId"),
            start_date: fields.time("startDate")?,
            end_date: fields.time("endDate")?,
            reference: fields.text("referenceId")?,
            conversion_profile: fields.int("conversionProfileId"),
            entitled_to_edit: fields.text("entitledUsersEdit")?,
            entitled_to_publish: fields.text("entitledUsersPublish")?,
            entitled_to_view: fields.text("entitledUsersView")?,
            milliseconds: fields.int("msDuration"),
            media_type: if is_media {
                fields.choice("mediaType", Choice::MEDIA_TYPE)?
            } else {
                Given::Absent
            },
        })
    }

    /// The type of `baseEntry.add`, which makes any entry a media entry.
    pub(super) const fn set_type(&mut self, number: i64) {
        self.is_media |= number == super::object::MEDIA_CLIP;
    }

    /// Checks a media entry: it needs a media type.
    pub(super) fn check_media_type(&self) -> Result<(), ApiException> {
        match self.media_type {
            Given::Value(_) => Ok(()),
            Given::Absent | Given::Null => {
                Err(ApiException::property_cannot_be_null("KalturaMediaEntry::mediaType"))
            }
        }
    }

    /// Creates an entry without content. It is not stored yet.
    pub(super) fn create(&self, call: &mut Call<'_>) -> Result<Entry, Failure> {
        if let Some((name, _)) =
            self.fixed.iter().find(|(name, _)| READ_ONLY.contains(name) && *name != "thumbnailUrl")
        {
            return Err(self.not_updatable(name).into());
        }
        self.check_lengths()?;
        self.check_user(call, call.user())?;
        self.check_properties(call)?;
        let owner = match &self.user {
            Given::Value(user) if !user.is_empty() => call.owner_with_user(user),
            Given::Value(_) if call.is_admin() => crate::backend::owner::Owner::new(Some("")),
            _ => call.new_owner(),
        };
        let id = call.state.random.object_id();
        let mut entry = Entry::new(id, call.partner, owner, call.now());
        if let (Given::Value(creator), Given::Value(_)) = (&self.creator, &self.user) {
            entry.creator.clone_from(creator);
        }
        entry.is_media = self.is_media;
        entry.media_type = self.media_type.clone().into_option();
        entry.name = match &self.name {
            Given::Absent => format!("{}_{}", call.partner, call.now().as_seconds()),
            Given::Null => String::new(),
            Given::Value(name) => name.clone(),
        };
        self.apply(call, &mut entry);
        check_schedule(&entry)?;
        Ok(entry)
    }

    /// The entry with the changes. It is not stored yet.
    pub(super) fn change(&self, call: &mut Call<'_>, mut entry: Entry) -> Result<Entry, Failure> {
        let present = properties(&entry, &call.state.entries.categories);
        for (name, value) in &self.fixed {
            let is_unchanged = match present.property(name) {
                Some(ApiValue::Text(present)) => present == value,
                Some(ApiValue::Int(present)) => present.to_string() == *value,
                Some(ApiValue::Null) => value.is_empty(),
                _ => false,
            };
            if NEVER.contains(name) || !is_unchanged {
                return Err(self.not_updatable(name).into());
            }
        }
        self.check_lengths()?;
        self.check_user(call, entry.owner.user())?;
        let edits = [&self.entitled_to_edit, &self.entitled_to_publish];
        let is_restricted = edits.into_iter().any(|given| *given != Given::Absent);
        if is_restricted && !(call.is_admin() || super::is_owner(call, &entry) || is_editor(call, &entry)) {
            return Err(ApiException::invalid_ks_not_owned().into());
        }
        self.check_properties(call)?;
        if let Given::Value(user) = &self.user
            && call.is_admin()
        {
            entry.owner = if user.is_empty() {
                crate::backend::owner::Owner::new(Some(""))
            } else {
                call.owner_with_user(user)
            };
        }
        set(&self.name, &mut entry.name);
        self.apply(call, &mut entry);
        check_schedule(&entry)?;
        entry.updated_at = call.now();
        Ok(entry)
    }

    fn not_updatable(&self, name: &str) -> ApiException {
        ApiException::property_not_updatable(&format!("{}::{name}", self.class))
    }

    fn check_lengths(&self) -> Result<(), ApiException> {
        const MIN_REFERENCE: usize = 2;
        match &self.reference {
            Given::Value(id) if !id.is_empty() && id.chars().count() < MIN_REFERENCE => {
                Err(ApiException::property_min_length(&format!("{}::referenceId", self.class), MIN_REFERENCE))
            }
            _ => Ok(()),
        }
    }

    /// Only an ADMIN session can give an entry another user than `present`.
    fn check_user(&self, call: &Call<'_>, present: Option<&str>) -> Result<(), ApiException> {
        match &self.user {
            Given::Value(user) if !call.is_admin() => {
                let is_same = present.is_some_and(|present| crate::backend::state::are_equal(present, user));
                if is_same { Ok(()) } else { Err(ApiException::invalid_ks_not_owned()) }
            }
            _ => Ok(()),
        }
    }

    fn check_properties(&self, call: &Call<'_>) -> Result<(), ApiException> {
        for (name, given) in [("categories", &self.categories), ("adminTags", &self.admin_tags)] {
            if *given != Given::Absent && !call.is_admin() {
                return Err(ApiException::property_admin_only(name));
            }
        }
        if let Given::Value(ids) = &self.categories_ids {
            for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
                let name =
                    id.parse().ok().and_then(|id| call.state.entries.categories.name(call.partner, id));
                name.ok_or_else(|| ApiException::category_not_found(id))?;
            }
        }
        match self.conversion_profile {
            Given::Value(id) if id != CONVERSION_PROFILE && id != NO_CONVERSION => {
                return Err(ApiException::conversion_profile_id_not_found(&id.to_string()));
            }
            _ => {}
        }
        match self.access_control {
            Given::Value(id) if id != ACCESS_CONTROL => {
                Err(ApiException::access_control_id_not_found(&id.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Changes what every draft can change. A USER session cannot set the reference id and the schedule: they are
    /// dropped.
    fn apply(&self, call: &mut Call<'_>, entry: &mut Entry) {
        set(&self.description, &mut entry.description);
        set(&self.tags.clone().map(|tags| normalized(&tags)), &mut entry.tags);
        self.admin_tags.clone().map(|tags| normalized(&tags)).apply(&mut entry.admin_tags);
        if let Given::Value(names) = &self.categories {
            let names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).take(MAX_CATEGORIES);
            entry.categories =
                names.map(|name| call.state.entries.categories.id_of(entry.partner, name)).collect();
        } else if let Given::Value(ids) = &self.categories_ids {
            let ids = ids.split(',').filter_map(|id| id.trim().parse().ok()).take(MAX_CATEGORIES);
            entry.categories = ids.collect();
        }
        self.group.clone().apply(&mut entry.group);
        self.partner_data.clone().apply(&mut entry.partner_data);
        self.license_type.clone().apply(&mut entry.license_type);
        self.access_control.clone().apply(&mut entry.access_control);
        self.conversion_profile.clone().apply(&mut entry.conversion_profile);
        set(&self.entitled_to_edit, &mut entry.entitled_to_edit);
        set(&self.entitled_to_publish, &mut entry.entitled_to_publish);
        set(&self.entitled_to_view, &mut entry.entitled_to_view);
        set(&self.milliseconds, &mut entry.milliseconds);
        if call.is_admin() {
            self.start_date.clone().apply(&mut entry.start_date);
            self.end_date.clone().apply(&mut entry.end_date);
            self.reference.clone().apply(&mut entry.reference);
        }
    }
}

/// `-1`: the entry is not converted.
const NO_CONVERSION: i64 = -1;

fn is_editor(call: &Call<'_>, entry: &Entry) -> bool {
    call.ks.as_ref().is_some_and(|ks| super::may_edit(ks.opened.claims(), &entry.id))
}

/// Changes a property whose empty value is its null.
fn set<T: Clone + Default>(given: &Given<T>, property: &mut T) {
    match given {
        Given::Absent => {}
        Given::Null => *property = T::default(),
        Given::Value(value) => property.clone_from(value),
    }
}

/// A text that can be in several languages. A JSON null is refused, `name__null` is not.
fn multilingual(fields: Arguments<'_>, name: &str) -> Result<Given<String>, ApiException> {
    match fields.given(name) {
        Given::Value(Parameter::Null) => Err(ApiException::wrong_request_language()),
        _ => fields.text(name),
    }
}

/// Tags without those of one byte, without doubles, and joined by a comma and a blank.
fn normalized(tags: &str) -> String {
    let mut known = HashSet::new();
    let tags = tags.split(',').map(str::trim).filter(|tag| tag.len() > 1);
    tags.filter(|tag| known.insert(*tag)).collect::<Vec<_>>().join(", ")
}

fn check_schedule(entry: &Entry) -> Result<(), ApiException> {
    match (entry.start_date, entry.end_date) {
        (Some(start), Some(end)) if start > 0 && end > 0 && end < start => {
            Err(ApiException::invalid_entry_schedule_dates())
        }
        _ => Ok(()),
    }
}
