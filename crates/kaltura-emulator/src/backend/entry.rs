//! Entries: what the database knows of each, and their conversion (wire contract, section 10.6).

use std::collections::BTreeSet;

use bytes::Bytes;
use indexmap::IndexMap;
use kaltura_types::{PartnerId, UnixTime};

use super::owner::Owner;
use super::seed::EntrySeed;
use super::state::{are_equal, key};

/// All entries, in the order in which they were added, and the categories that they are in.
#[derive(Default)]
pub(crate) struct Entries {
    all: Vec<Entry>,
    /// The entries that wait for their conversion, and when it ends, in milliseconds.
    converting: BTreeSet<(i64, usize)>,
    pub(crate) categories: Categories,
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { all: entries.into_iter().collect(), ..Self::default() }
    }
}

impl Entries {
    pub(crate) fn add(&mut self, entry: Entry) {
        self.all.push(entry);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.all.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.all.iter_mut()
    }

    /// An entry of a partner that is not deleted.
    pub(crate) fn get(&self, partner: PartnerId, id: &str) -> Option<&Entry> {
        self.find(id).filter(|entry| entry.partner == partner)
    }

    pub(crate) fn get_mut(&mut self, partner: PartnerId, id: &str) -> Option<&mut Entry> {
        let index = self.index(id)?;
        self.all.get_mut(index).filter(|entry| entry.partner == partner)
    }

    /// An entry of any partner that is not deleted.
    pub(crate) fn find(&self, id: &str) -> Option<&Entry> {
        self.all.get(self.index(id)?)
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.all.iter().position(|entry| are_equal(&entry.id, id) && entry.status != EntryStatus::Deleted)
    }

    /// Gives an entry its content. A video or audio entry is then converted, which ends at a time in milliseconds, if
    /// it ends.
    pub(crate) fn fill(&mut self, id: &str, content: Content, now: UnixTime, converted_at: Option<i64>) {
        let Some(index) = self.index(id) else { return };
        let entry = &mut self.all[index];
        entry.updated_at = now;
        entry.source_type = UPLOADED;
        if !entry.is_media {
            entry.is_media = true;
            entry.media_type = Some(media_type_of(content.file_name.as_deref()));
        }
        if entry.media_type == Some(IMAGE) {
            entry.status = EntryStatus::Ready;
        } else {
            entry.conversion_profile.get_or_insert(CONVERSION_PROFILE);
            entry.conversion_quality = entry.conversion_profile;
            entry.status = EntryStatus::Converting;
        }
        if content.bytes.is_empty() {
            entry.status = EntryStatus::ConversionFailed;
        }
        entry.content = Some(content.bytes);
        if let Some(time) = converted_at.filter(|_| entry.status == EntryStatus::Converting) {
            self.converting.insert((time, index));
        }
    }

    /// Ends the conversions whose time has come.
    pub(crate) fn convert(&mut self, milliseconds: i64) {
        while let Some((time, index)) =
            self.converting.first().copied().filter(|(time, _)| *time <= milliseconds)
        {
            self.converting.remove(&(time, index));
            if let Some(entry) =
                self.all.get_mut(index).filter(|entry| entry.status == EntryStatus::Converting)
            {
                entry.status = EntryStatus::Ready;
                entry.updated_at = UnixTime::from_seconds(time.div_euclid(1000));
            }
        }
    }
}

/// The content for an entry.
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    pub(crate) file_name: Option<String>,
}

/// A partner's own conversion profile and access control profile: each has one of each, with these ids.
pub(crate) const CONVERSION_PROFILE: i64 = 1001;
pub(crate) const ACCESS_CONTROL: i64 = 2001;

/// `KalturaMediaType`.
pub(crate) const VIDEO: i64 = 1;
pub(crate) const IMAGE: i64 = 2;
pub(crate) const AUDIO: i64 = 5;
/// `KalturaSourceType`: a file, and none yet.
const UPLOADED: &str = "1";
const NO_SOURCE: &str = "6";

/// The media type of a file by its name.
fn media_type_of(file_name: Option<&str>) -> i64 {
    let extension = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    let is_among = |list: [&str; 6]| {
        extension.is_some_and(|extension| list.iter().any(|one| one.eq_ignore_ascii_case(extension)))
    };
    if is_among(["bmp", "gif", "jpeg", "jpg", "png", "webp"]) {
        IMAGE
    } else if is_among(["aac", "flac", "m4a", "mp3", "ogg", "wav"]) {
        AUDIO
    } else {
        VIDEO
    }
}

/// An entry.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) partner: PartnerId,
    pub(crate) owner: Owner,
    pub(crate) creator: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: String,
    pub(crate) admin_tags: Option<String>,
    /// The ids of its categories.
    pub(crate) categories: Vec<i64>,
    pub(crate) status: EntryStatus,
    pub(crate) moderation_status: i64,
    /// Whether it is a `KalturaMediaEntry`. Without a type, an entry is a `KalturaBaseEntry` until it has content.
    pub(crate) is_media: bool,
    pub(crate) media_type: Option<i64>,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    pub(crate) group: Option<i64>,
    pub(crate) partner_data: Option<String>,
    pub(crate) license_type: Option<i64>,
    pub(crate) access_control: Option<i64>,
    pub(crate) start_date: Option<i64>,
    pub(crate) end_date: Option<i64>,
    pub(crate) reference: Option<String>,
    pub(crate) conversion_profile: Option<i64>,
    pub(crate) conversion_quality: Option<i64>,
    /// Users, separated by commas.
    pub(crate) entitled_to_edit: String,
    pub(crate) entitled_to_publish: String,
    pub(crate) entitled_to_view: String,
    /// Whether it is found by searches of all partners' entries, as `KalturaEntryDisplayInSearchType`.
    pub(crate) display_in_search: i64,
    pub(crate) milliseconds: i64,
    pub(crate) source_type: &'static str,
    pub(crate) content: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryStatus {
    ConversionFailed,
    /// It waits for the file of an upload token.
    Importing,
    Converting,
    Ready,
    Deleted,
    NoContent,
}

impl EntryStatus {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::ConversionFailed => -1,
            Self::Importing => 0,
            Self::Converting => 1,
            Self::Ready => 2,
            Self::Deleted => 3,
            Self::NoContent => 7,
        }
    }
}

impl Entry {
    /// A new entry without content.
    pub(crate) fn new(id: String, partner: PartnerId, owner: Owner, now: UnixTime) -> Self {
        let creator = owner.user().unwrap_or_default().to_owned();
        Self {
            id,
            partner,
            owner,
            creator,
            name: String::new(),
            description: String::new(),
            tags: String::new(),
            admin_tags: None,
            categories: Vec::new(),
            status: EntryStatus::NoContent,
            moderation_status: 6,
            is_media: true,
            media_type: None,
            created_at: now,
            updated_at: now,
            group: None,
            partner_data: None,
            license_type: Some(-1),
            access_control: Some(ACCESS_CONTROL),
            start_date: None,
            end_date: None,
            reference: None,
            conversion_profile: None,
            conversion_quality: None,
            entitled_to_edit: String::new(),
            entitled_to_publish: String::new(),
            entitled_to_view: String::new(),
            display_in_search: 2,
            milliseconds: 0,
            source_type: NO_SOURCE,
            content: None,
        }
    }

    /// Waits for the file of an upload token.
    pub(crate) const fn await_file(&mut self, now: UnixTime) {
        self.status = EntryStatus::Importing;
        self.source_type = UPLOADED;
        self.updated_at = now;
    }

    /// An entry of a seed: a video that is ready.
    pub(crate) fn from_seed(seed: EntrySeed, now: UnixTime) -> Self {
        let owner = seed.user_id.map_or_else(Owner::none, |user| Owner::new(Some(user.as_str())));
        let created_at = seed.created_at.unwrap_or(now);
        Self {
            name: seed.name,
            description: seed.description.unwrap_or_default(),
            tags: seed.tags.unwrap_or_default(),
            status: EntryStatus::Ready,
            moderation_status: 2,
            media_type: Some(VIDEO),
            license_type: None,
            access_control: None,
            display_in_search: 1,
            milliseconds: seed.duration.saturating_mul(1000),
            source_type: UPLOADED,
            ..Self::new(seed.id, seed.partner_id, owner, created_at)
        }
    }
}

/// The categories of all partners: their full names, such as `a>b`, by partner and name as the database compares it.
#[derive(Default)]
pub(crate) struct Categories(IndexMap<(PartnerId, String), String>);

impl Categories {
    /// The levels of a category that are created. Deeper ones are ignored.
    const MAX_DEPTH: usize = 8;

    /// The id of a category, which is created with those above it if it does not exist.
    pub(crate) fn id_of(&mut self, partner: PartnerId, full_name: &str) -> i64 {
        let mut index = 0;
        let ends = full_name.match_indices('>').map(|(end, _)| end).chain([full_name.len()]);
        for end in ends.take(Self::MAX_DEPTH) {
            let name = &full_name[..end];
            let entry = self.0.entry((partner, key(name)));
            index = entry.index();
            entry.or_insert_with(|| name.to_owned());
        }
        i64::try_from(index + 1).unwrap_or(i64::MAX)
    }

    /// The full name of a partner's category.
    pub(crate) fn name(&self, partner: PartnerId, id: i64) -> Option<&str> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        let ((owner, _), name) = self.0.get_index(index)?;
        (*owner == partner).then_some(name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: PartnerId = PartnerId::new(1);
    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

    #[test]
    fn the_media_type_follows_the_name_of_the_file() {
        for (name, media_type) in [
            (Some("a.JPG"), IMAGE),
            (Some("b.c.mp3"), AUDIO),
            (Some("a.mp4"), VIDEO),
            (Some("jpg"), VIDEO),
            (None, VIDEO),
        ] {
            assert_eq!(media_type_of(name), media_type, "{name:?}");
        }
    }

    #[test]
    fn a_conversion_ends_at_its_time() {
        let mut entries = Entries::default();
        for id in ["0_a", "0_b"] {
            let entry = Entry::new(id.to_owned(), PARTNER, Owner::none(), NOW);
            entries.add(Entry { media_type: Some(VIDEO), ..entry });
            let content = Content { bytes: Bytes::from_static(b"x"), file_name: None };
            entries.fill(id, content, NOW, (id == "0_a").then_some(5_500));
        }
        let mut statuses = |milliseconds| {
            entries.convert(milliseconds);
            ["0_a", "0_b"].map(|id| entries.get(PARTNER, id).unwrap().status.number())
        };
        assert_eq!([statuses(5_499), statuses(5_500)], [[1, 1], [2, 1]]);
        assert_eq!(entries.get(PARTNER, "0_A").unwrap().updated_at, UnixTime::from_seconds(5));
    }

    #[test]
    fn categories_are_created_with_those_above_them() {
        let mut categories = Categories::default();
        assert_eq!(categories.id_of(PARTNER, "a>b"), 2);
        assert_eq!(categories.id_of(PARTNER, "A"), 1);
        assert_eq!(categories.id_of(PARTNER, "a>c"), 3);
        assert_eq!(categories.name(PARTNER, 2), Some("a>b"));
        assert_eq!(categories.name(PartnerId::new(2), 2), None);
        assert_eq!(categories.name(PARTNER, 0), None);
    }
}
