//! The file with the profiles. What people wrote into it stays as they wrote it, comments and order included.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

use super::secret_store::StoreError;
use super::{Profile, ProfileName, ProfileSecret, SecretPlace, SecretStore, StoredSecret};
use crate::environment::{Environment, SETTINGS_VARIABLE, Setting, settings_folder};
use crate::error::{ExitCode, Failure};
use crate::files;
use crate::files::{ForeignOwner, behind_links, without_bom};
use crate::output::Ui;
use crate::redaction::{has_password, repeatable};
use crate::secret_input::Secret;

/// How many bytes of the file are looked at.
const MOST_BYTES: u64 = 1 << 20;

/// The profiles, as they stand in the file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Where the file is, or would be.
    pub(crate) path: Option<PathBuf>,
    /// The name of the profile that is used where none is named.
    pub(crate) default_profile: Option<String>,
    profiles: Vec<Profile>,
}

impl Config {
    /// Where the file is, or would be; nothing if the environment names no place for it.
    pub(crate) fn path(environment: &Environment) -> Option<PathBuf> {
        Some(settings_folder(environment)?.join("config.toml"))
    }

    pub(crate) fn read(environment: &Environment) -> Result<Self, Failure> {
        let Some(path) = Self::path(environment) else { return Ok(Self::default()) };
        let text = Self::text(&path)?;
        Self::of_text(&path, &text)
    }

    pub(crate) fn is_of_another_user(environment: &Environment) -> bool {
        let Some(path) = Self::path(environment) else { return false };
        match File::open(&path) {
            Ok(file) => ForeignOwner::of_file(&file).is_some(),
            Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
        }
    }

    /// The text of the file; empty if there is none.
    pub(super) fn text(path: &Path) -> Result<String, Failure> {
        let mut text = String::new();
        let file = File::open(path);
        // A user who can change the file can have a command run as the user who reads it.
        if let Some(owner) = file.as_ref().ok().and_then(ForeignOwner::of_file) {
            let message = format!("the profiles file {} belongs to {owner}", path.display());
            return Err(Failure::usage(message).with_hint(owner.hint(SETTINGS_VARIABLE)));
        }
        match file.and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text)) {
            Ok(bytes) if bytes as u64 > MOST_BYTES => Err(Failure::usage(format!(
                "cannot read the profiles in {}: the file has more than {MOST_BYTES} bytes",
                path.display()
            ))),
            Ok(_) => Ok(without_bom(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text),
            Err(error) => {
                let message = format!("cannot read the profiles in {}", path.display());
                Err(Failure::usage(message).caused_by(&error).with_hint(
                    "Make sure you can read the file, or set KALTURA_CONFIG_DIR to another directory.",
                ))
            }
        }
    }

    pub(super) fn of_text(path: &Path, text: &str) -> Result<Self, Failure> {
        Reading { text, path }.config()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name.as_str() == name)
    }

    pub(crate) fn profile(mut self, name: &str) -> Result<Profile, Failure> {
        match self.profiles.iter().position(|profile| profile.name.as_str() == name) {
            Some(place) => Ok(self.profiles.swap_remove(place)),
            None => Err(self.unknown(name)),
        }
    }

    /// The profile that is used where none is named.
    pub(crate) fn default_profile(self) -> Result<Option<Profile>, Failure> {
        match self.default_profile.clone() {
            Some(name) => self.profile(&name).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }

    /// No profile is named, and none is the default one.
    pub(crate) fn none_chosen(&self, environment: &Environment) -> Failure {
        let empty = environment.but_empty(&[Profile::VARIABLE]);
        Failure::usage(format!("no profile is selected, and there is no default profile{empty}"))
            .with_hint(self.those_there_are())
    }

    /// Refuses a name that differs from another one only in case: on some systems both would be one file.
    pub(crate) fn refuse_namesake(&self, name: &ProfileName) -> Result<(), Failure> {
        let mut others = self.profiles.iter().map(|profile| &profile.name).filter(|other| *other != name);
        match others.find(|other| other.as_str().eq_ignore_ascii_case(name.as_str())) {
            None => Ok(()),
            Some(other) => {
                let message = format!("profile '{other}' exists, which differs from '{name}' only in case");
                Err(Failure::usage(message).with_hint("Use its exact name, or choose another one."))
            }
        }
    }

    /// There is no such profile. The name is shown only if it can be one, and does not look like a secret: it may be
    /// one by mistake.
    pub(crate) fn unknown(&self, name: &str) -> Failure {
        let message = match name.parse::<ProfileName>() {
            Ok(name) => format!("no profile '{}' found", repeatable(name.as_str())),
            Err(error) => format!("no such profile: {error}"),
        };
        Failure::usage(message).with_hint(self.those_there_are())
    }

    fn those_there_are(&self) -> String {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        match (&self.path, names.is_empty()) {
            (_, false) => format!("Profiles: {}.", names.join(", ")),
            (Some(path), true) => {
                format!("There are none in {}. Create one with `kaltura profile add`.", path.display())
            }
            (None, true) => "No directory for profiles: set HOME or KALTURA_CONFIG_DIR.".to_owned(),
        }
    }
}

#[cfg(test)]
impl Config {
    pub(crate) fn of_test(text: &str) -> Self {
        Reading { text, path: std::path::Path::new("/settings/config.toml") }.config().unwrap()
    }
}

pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
}

impl Reading<'_> {
    pub(super) fn config(&self) -> Result<Config, Failure> {
        let document =
            Document::parse(self.text).map_err(|error| self.wrong(error.span(), error.message()))?;
        let mut config = Config { path: Some(self.path.to_owned()), ..Config::default() };
        for (key, item) in document.iter() {
            match key {
                "default_profile" => {
                    let name =
                        item.as_str().ok_or_else(|| self.wrong(item.span(), "this is not a string"))?;
                    config.default_profile = Some(name.to_owned()).filter(|name| !name.is_empty());
                }
                "profiles" => {
                    for (name, item) in self.table(item)?.iter() {
                        config.profiles.push(self.profile(name, item)?);
                    }
                }
                _ => {
                    return Err(self.wrong(
                        item.span(),
                        "unknown entry: only default_profile and profiles are allowed here",
                    ));
                }
            }
        }
        Ok(config)
    }

    fn profile(&self, name: &str, item: &Item) -> Result<Profile, Failure> {
        let name = name.parse().map_err(|why| self.wrong(item.span(), why))?;
        let mut entries = Vec::new();
        for (key, item) in self.table(item)?.iter() {
            if !is_known(key) {
                return Err(self.wrong(item.span(), "unknown entry in a profile"));
            }
            let text = match item.as_value() {
                Some(Value::String(text)) => text.value().clone(),
                Some(Value::Integer(number)) => number.value().to_string(),
                _ => return Err(self.wrong(item.span(), "this is neither a string nor a number")),
            };
            let is_store = ProfileSecret::ALL.iter().any(|secret| secret.store_entry() == key);
            if is_store && SecretStore::of_entry(&text).is_none() {
                return Err(self.wrong(item.span(), "a store is keyring or file"));
            }
            if key == Setting::STORE.entry && has_password(&text) {
                let why = "a URL with a password belongs into a file that store_file names";
                return Err(self.wrong(item.span(), why));
            }
            entries.push((key.to_owned(), text));
        }
        let profile = Profile { name, entries, folder: self.path.parent().unwrap_or(self.path).to_owned() };
        self.one_of(&profile, item, &[Setting::SERVICE_URL.entry, Setting::REGION.entry])?;
        self.one_of(&profile, item, &[Setting::STORE.entry, Setting::STORE_FILE.entry])?;
        for secret in ProfileSecret::ALL {
            self.one_of(&profile, item, &secret.entries)?;
        }
        Ok(profile)
    }

    fn table<'a>(&self, item: &'a Item) -> Result<&'a dyn TableLike, Failure> {
        item.as_table_like().ok_or_else(|| self.wrong(item.span(), "a profile is a table: [profiles.NAME]"))
    }

    /// Sees to it that the profile has one of these entries at most.
    fn one_of(&self, profile: &Profile, item: &Item, entries: &[&str]) -> Result<(), Failure> {
        if entries.iter().filter(|entry| profile.text(entry).is_some()).count() > 1 {
            let why = format!("profile '{}' has more than one of {}", profile.name, entries.join(", "));
            return Err(self.wrong(item.span(), &why));
        }
        Ok(())
    }

    fn wrong(&self, place: Option<Range<usize>>, why: &str) -> Failure {
        let before = place.and_then(|place| self.text.get(..place.start));
        let line = before.map(|before| format!(", line {}", before.matches('\n').count() + 1));
        let (path, line) = (self.path.display(), line.unwrap_or_default());
        Failure::usage(format!("cannot read the profiles in {path}{line}: {why}")).with_hint(
            "Edit the file, or move it away and create the profiles again with `kaltura profile add`.",
        )
    }
}

fn is_known(entry: &str) -> bool {
    Setting::ALL.iter().any(|setting| setting.entry == entry)
        || ProfileSecret::ALL.iter().any(|secret| secret.entries.contains(&entry))
}

/// What shall be changed in a profile. What is not named stays as it is.
#[derive(Default)]
pub(crate) struct ProfileChanges {
    /// Settings that are taken out, before others are set.
    pub(crate) unset: Vec<&'static Setting>,
    /// Settings with their new texts, each of which can be read.
    pub(crate) settings: Vec<(&'static Setting, String)>,
    /// Where secrets are from now on.
    pub(crate) secrets: Vec<(ProfileSecret, NewPlace)>,
    /// Where secrets are kept; otherwise the keyring, and where that cannot be used, a file.
    pub(crate) store: Option<SecretStore>,
}

pub(crate) enum NewPlace {
    /// What a command of the shell prints.
    Command(String),
    /// The content of a file of the user, with its absolute path.
    File(String),
    Variable(String),
    /// A store of this program, which is to keep this value.
    Kept(Secret),
}

pub(crate) struct Saved {
    pub(crate) is_new: bool,
    /// Whether it is now the profile that is used where none is named, and was not before.
    pub(crate) became_default: bool,
    pub(crate) notes: Vec<String>,
}

pub(crate) struct Removed {
    /// Whether it was the profile that is used where none is named.
    pub(crate) was_default: bool,
    pub(crate) forgotten: Vec<ProfileSecret>,
    pub(crate) notes: Vec<String>,
}

impl ProfileChanges {
    pub(crate) fn setting(&self, setting: &Setting) -> Option<&str> {
        self.settings.iter().find(|(it, _)| *it == setting).map(|(_, text)| text.as_str())
    }

    pub(crate) fn place(&self, secret: ProfileSecret) -> Option<&NewPlace> {
        self.secrets.iter().find(|(it, _)| *it == secret).map(|(_, place)| place)
    }

    /// Adds a setting, or gives it another text.
    pub(crate) fn set(&mut self, setting: &'static Setting, text: String) {
        self.settings.retain(|(it, _)| *it != setting);
        self.settings.push((setting, text));
        self.settings.sort_by_key(|(it, _)| Setting::ALL.iter().position(|one| one == it));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unset.is_empty() && self.settings.is_empty() && self.secrets.is_empty()
    }
}

const DEFAULT: &str = "default_profile";
const PROFILES: &str = "profiles";

/// The table of a profile, which is made if there is none.
fn table_of<'a>(document: &'a mut DocumentMut, name: &ProfileName) -> Option<&'a mut dyn TableLike> {
    let profiles = document.entry(PROFILES).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let profiles = profiles.as_table_like_mut()?;
    profiles.entry(name.as_str()).or_insert(Item::Table(Table::new())).as_table_like_mut()
}

/// Sets an entry of a profile. URL and region exclude each other.
fn set_setting(profile: &mut dyn TableLike, setting: &Setting, text: &str) {
    if *setting == Setting::SERVICE_URL {
        profile.remove(Setting::REGION.entry);
    }
    if *setting == Setting::REGION {
        profile.remove(Setting::SERVICE_URL.entry);
    }
    let number = text.parse::<i64>().ok().filter(|_| *setting == Setting::PARTNER_ID);
    set(profile, setting.entry, number.map_or_else(|| text.into(), Value::from));
}

/// Says where a secret of a profile is. It was elsewhere before, or nowhere.
fn set_place(document: &mut DocumentMut, name: &ProfileName, secret: ProfileSecret, entry: &str, text: &str) {
    let Some(profile) = table_of(document, name) else { return };
    for other in secret.entries.into_iter().filter(|other| *other != entry) {
        profile.remove(other);
    }
    set(profile, entry, text.into());
}

fn set_default(document: &mut DocumentMut, name: &ProfileName) {
    set(document.as_table_mut(), DEFAULT, name.as_str().into());
}

/// Takes a profile away. If it is the default one, there is none afterwards.
fn remove(document: &mut DocumentMut, name: &str) {
    if let Some(profiles) = document.get_mut(PROFILES).and_then(Item::as_table_like_mut) {
        profiles.remove(name);
    }
    if document.get(DEFAULT).and_then(Item::as_str) == Some(name) {
        document.remove(DEFAULT);
    }
}

/// Sets a value; what stands around the old one stays there.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
}

/// The file with the profiles, while no other process changes it. A process that only reads it does not wait.
///
/// Opening it shows that the folder can be written to: a caller with a secret that must not be lost opens
/// it before. [`Self::save`] then keeps the secret and writes the entries. A secret comes as [`NewPlace::Kept`].
pub(crate) struct ProfileEditor {
    pub(crate) path: PathBuf,
    pub(crate) config: Config,
    document: DocumentMut,
    _lock: File,
}

impl ProfileEditor {
    /// Waits until no other process changes the profiles, and reads them.
    pub(crate) fn open(ui: &Ui, environment: &Environment) -> Result<Self, Failure> {
        let path = Config::path(environment).ok_or_else(|| {
            Failure::usage("no directory for profiles").with_hint("Set HOME or KALTURA_CONFIG_DIR.")
        })?;
        let folder = path.parent().unwrap_or(&path);
        if let Some(owner) = ForeignOwner::of_folder(folder, environment) {
            let message = format!("the profiles in {} would belong to {owner}", path.display());
            return Err(Failure::usage(message).with_hint(owner.hint(SETTINGS_VARIABLE)));
        }
        let lock = files::lock(ui, &path.with_file_name("config.lock")).map_err(|error| {
            let message = format!("cannot change the profiles in {}", path.display());
            Failure::new(ExitCode::Local, message)
                .caused_by(&error)
                .with_hint("Make sure you can write there, or set KALTURA_CONFIG_DIR to another directory.")
        })?;
        let (config, document) = read(&path)?;
        Ok(Self { path, config, document, _lock: lock })
    }

    /// Reads the file again: a person may have edited it since it was opened.
    fn reread(&mut self) -> Result<(), Failure> {
        (self.config, self.document) = read(&self.path)?;
        Ok(())
    }

    /// Creates or updates a profile: stores the secrets that are given, writes the entries, and deletes stored secrets
    /// that no profile names any more. The first profile becomes the default. The notes are for the user: they say
    /// where a secret is in clear text.
    ///
    /// Killed at any moment, the profile is as before or as wanted, secrets included.
    pub(crate) fn save(&mut self, name: &ProfileName, changes: &ProfileChanges) -> Result<Saved, Failure> {
        self.reread()?;
        self.config.refuse_namesake(name)?;
        let before = self.config.find(name.as_str());
        let (is_new, before) = (before.is_none(), before.map(stored_secrets).unwrap_or_default());
        let becomes_default =
            self.config.profiles().next().is_none() && self.config.default_profile.is_none();
        if let Some(profile) = table_of(&mut self.document, name) {
            for setting in &changes.unset {
                profile.remove(setting.entry);
            }
            for (setting, text) in &changes.settings {
                set_setting(profile, setting, text);
            }
        }
        let mut stored = NewlyStored::default();
        let put = self.put_secrets(name, changes, &before, &mut stored);
        if becomes_default {
            set_default(&mut self.document, name);
        }
        if let Err(failure) = put.and_then(|()| self.write()) {
            for place in stored.places.iter().filter(|place| !self.names(place)) {
                let _ = place.delete();
            }
            return Err(failure);
        }
        for (secret, place) in before.iter().filter(|(_, place)| !self.names(place)) {
            stored.notes.extend(place.delete().err().map(|error| not_deleted(*secret, name, &error)));
        }
        Ok(Saved { is_new, became_default: becomes_default, notes: stored.notes })
    }

    /// Stores the secrets that are given, and those whose names change with the entries.
    fn put_secrets(
        &mut self,
        name: &ProfileName,
        changes: &ProfileChanges,
        before: &[(ProfileSecret, StoredSecret)],
        stored: &mut NewlyStored,
    ) -> Result<(), Failure> {
        let next = self.next(name)?;
        for (secret, place) in &changes.secrets {
            let [command, file, variable, _] = secret.entries;
            let (entry, text) = match place {
                NewPlace::Command(text) => (command, text.as_str()),
                NewPlace::File(text) => (file, text.as_str()),
                NewPlace::Variable(text) => (variable, text.as_str()),
                NewPlace::Kept(value) => {
                    (secret.store_entry(), stored.keep(&next, *secret, changes.store, value)?.as_str())
                }
            };
            set_place(&mut self.document, name, *secret, entry, text);
        }
        for (secret, old) in before {
            let store = match old {
                _ if changes.secrets.iter().any(|(given, _)| given == secret) => continue,
                StoredSecret::Keyring(_) => SecretStore::Keyring,
                StoredSecret::File(_) => SecretStore::File,
            };
            if next.stored_secret(*secret, store) == *old {
                continue;
            }
            if let Some(value) = old.read()? {
                stored.keep(&next, *secret, Some(store), &value)?;
                set_place(&mut self.document, name, *secret, secret.store_entry(), store.as_str());
            }
        }
        Ok(())
    }

    /// The profile as the changed text says.
    fn next(&mut self, name: &ProfileName) -> Result<Profile, Failure> {
        Config::of_text(&self.path, &self.document.to_string())?.profile(name.as_str())
    }

    /// Whether a profile has its secret here.
    fn names(&self, place: &StoredSecret) -> bool {
        self.config.profiles().flat_map(stored_secrets).any(|(_, named)| named == *place)
    }

    /// Makes a profile the one that is used where none is named.
    pub(crate) fn make_default(&mut self, name: &str) -> Result<(), Failure> {
        self.reread()?;
        let Some(profile) = self.config.find(name) else { return Err(self.config.unknown(name)) };
        set_default(&mut self.document, &profile.name);
        self.write()
    }

    /// Removes a profile, and its stored secrets that no other profile names.
    pub(crate) fn remove(&mut self, name: &str) -> Result<Removed, Failure> {
        self.reread()?;
        let Some(profile) = self.config.find(name) else { return Err(self.config.unknown(name)) };
        let was_default = self.config.default_profile.as_deref() == Some(name);
        let (name, places) = (profile.name.clone(), stored_secrets(profile));
        remove(&mut self.document, name.as_str());
        self.write()?;
        let mut removed = Removed { was_default, forgotten: Vec::new(), notes: Vec::new() };
        for (secret, place) in places.into_iter().filter(|(_, place)| !self.names(place)) {
            match place.delete() {
                Ok(true) => removed.forgotten.push(secret),
                Ok(false) => {}
                Err(error) => removed.notes.push(not_deleted(secret, &name, &error)),
            }
        }
        Ok(removed)
    }

    /// Writes the file as a whole, once it is sure that it can be read again.
    fn write(&mut self) -> Result<(), Failure> {
        let text = self.document.to_string();
        let config = Config::of_text(&self.path, &text)?;
        files::replace(&behind_links(&self.path), text.as_bytes()).map_err(|error| {
            let message = format!("cannot write the profiles to {}", self.path.display());
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })?;
        self.config = config;
        Ok(())
    }
}

/// What a change has stored.
#[derive(Default)]
struct NewlyStored {
    places: Vec<StoredSecret>,
    notes: Vec<String>,
}

impl NewlyStored {
    /// Stores a secret: in the wanted store; else in the keyring, and where there is none, in a file.
    fn keep(
        &mut self,
        profile: &Profile,
        secret: ProfileSecret,
        wanted: Option<SecretStore>,
        value: &str,
    ) -> Result<SecretStore, Failure> {
        let what = secret.what;
        let mut store = wanted.unwrap_or(SecretStore::Keyring);
        let mut place = profile.stored_secret(secret, store);
        let mut outcome = place.store(value);
        if let Err(StoreError::Keyring(error)) = &outcome
            && wanted.is_none()
        {
            store = SecretStore::File;
            place = profile.stored_secret(secret, store);
            if let StoredSecret::File(path) = &place {
                let path = path.display();
                self.notes.push(format!(
                    "{what} is stored in clear text in the file {path}, which only you can read: {error}"
                ));
            }
            outcome = place.store(value);
        }
        outcome.map_err(|error| place.failure(what, &error))?;
        self.places.push(place);
        Ok(store)
    }
}

fn not_deleted(secret: ProfileSecret, name: &ProfileName, error: &StoreError) -> String {
    format!("{} of profile '{name}' could not be deleted: {error}", secret.what)
}

/// The secrets of a profile that kaltura stores.
fn stored_secrets(profile: &Profile) -> Vec<(ProfileSecret, StoredSecret)> {
    let stored = |secret| match profile.place_of(secret)? {
        SecretPlace::Stored(place) => Some((secret, place)),
        _ => None,
    };
    ProfileSecret::ALL.into_iter().filter_map(stored).collect()
}

/// The file, as it is and as it can be changed.
fn read(path: &Path) -> Result<(Config, DocumentMut), Failure> {
    let text = Config::text(path)?;
    // The first one tells better what is wrong.
    let config = Config::of_text(path, &text)?;
    let document = text.parse().map_err(|_| Failure::usage("cannot read the profiles"))?;
    Ok((config, document))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    use crate::environment::Setting;

    fn changed(text: &str, settings: &[(&Setting, &str)]) -> String {
        let mut document: DocumentMut = text.parse().unwrap();
        let work = "work".parse().unwrap();
        for (setting, text) in settings {
            set_setting(table_of(&mut document, &work).unwrap(), setting, text);
        }
        set_default(&mut document, &work);
        document.to_string()
    }

    #[test]
    fn what_people_wrote_stays() {
        let text = "# mine\ndefault_profile='work' # this one\n\n[profiles.play]\nregion = 'eu'\n\n# for work\n\
                    [profiles.work]\nuser   =   'me' # or you?\nservice_url = 'https://example.com'\n";
        let settings = [(&Setting::USER, "you"), (&Setting::REGION, "ca"), (&Setting::PARTNER_ID, "7")];
        let expected = "# mine\ndefault_profile=\"work\" # this one\n\n[profiles.play]\nregion = 'eu'\n\n# for work\n\
                        [profiles.work]\nuser   =   \"you\" # or you?\nregion = \"ca\"\npartner_id = 7\n";
        assert_eq!(changed(text, &settings), expected);
    }

    #[test]
    fn a_profile_is_added_however_the_others_are_written() {
        for (text, expected) in [
            ("", "default_profile = \"work\"\n\n[profiles.work]\nregion = \"eu\"\n"),
            (
                "[profiles.a]\nuser = 'x'\n",
                "default_profile = \"work\"\n[profiles.a]\nuser = 'x'\n\n[profiles.work]\nregion = \"eu\"\n",
            ),
            (
                "profiles = { a = { user = 'x' } }",
                "profiles = { a = { user = 'x' } , work.region = \"eu\" }\ndefault_profile = \"work\"\n",
            ),
        ] {
            assert_eq!(changed(text, &[(&Setting::REGION, "eu")]), expected);
        }
    }

    #[test]
    fn what_a_person_writes_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let lock = files::lock(&Ui::silent(), &folder.path().join("config.lock")).unwrap();
        let (config, document) = super::read(&path).unwrap();
        let mut editor = ProfileEditor { path: path.clone(), config, document, _lock: lock };
        fs::write(&path, "# mine\n[profiles.byhand]\npartner_id = 7\n").unwrap();

        let settings = vec![(&Setting::PARTNER_ID, "8".to_owned())];
        let changes = ProfileChanges { settings, ..ProfileChanges::default() };
        editor.save(&"work".parse().unwrap(), &changes).unwrap();
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.starts_with("# mine\n[profiles.byhand]\npartner_id = 7\n"), "{after}");
        assert!(after.contains("[profiles.work]\npartner_id = 8\n"), "{after}");
    }
}
