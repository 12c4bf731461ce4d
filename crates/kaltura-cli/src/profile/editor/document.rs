//! The text of the file, changed where it must be and nowhere else.

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::config::Setting;
use crate::error::Failure;
use crate::profile::{ProfileName, ProfileSecret};

const DEFAULT: &str = "default_profile";
const PROFILES: &str = "profiles";

/// The file, which could be read.
pub(super) struct ProfileDocument(DocumentMut);

impl ProfileDocument {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        // The text was read before, which tells better what is wrong.
        let document: Result<DocumentMut, _> = text.parse();
        document.map(Self).map_err(|_| Failure::usage("the profiles can not be read"))
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    pub(super) fn set_default(&mut self, name: &ProfileName) {
        set(self.0.as_table_mut(), DEFAULT, name.as_str().into());
    }

    /// Sets an entry of a profile. URL and region exclude each other.
    pub(super) fn set(&mut self, name: &ProfileName, setting: &Setting, text: &str) {
        let Some(profile) = self.profile(name) else { return };
        if setting.entry == Setting::SERVICE_URL.entry {
            profile.remove(Setting::REGION.entry);
        }
        if setting.entry == Setting::REGION.entry {
            profile.remove(Setting::SERVICE_URL.entry);
        }
        let number = Some(setting.entry).filter(|entry| *entry == Setting::PARTNER_ID.entry);
        let number = number.and_then(|_| text.parse::<i64>().ok());
        set(profile, setting.entry, number.map_or_else(|| text.into(), Value::from));
    }

    /// Takes an entry out of a profile.
    pub(super) fn unset(&mut self, name: &ProfileName, setting: &Setting) {
        if let Some(profile) = self.profile(name) {
            profile.remove(setting.entry);
        }
    }

    /// Says where a secret is. It was elsewhere before, or nowhere.
    pub(super) fn set_place(&mut self, name: &ProfileName, secret: ProfileSecret, entry: &str, text: &str) {
        let Some(profile) = self.profile(name) else { return };
        for other in secret.entries().into_iter().filter(|other| *other != entry) {
            profile.remove(other);
        }
        set(profile, entry, text.into());
    }

    /// Takes a profile away. If it is the default one, there is none afterwards.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(profiles) = self.0.get_mut(PROFILES).and_then(Item::as_table_like_mut) {
            profiles.remove(name);
        }
        if self.0.get(DEFAULT).and_then(Item::as_str) == Some(name) {
            self.0.remove(DEFAULT);
        }
    }

    /// The table of a profile, which is made if there is none.
    fn profile(&mut self, name: &ProfileName) -> Option<&mut dyn TableLike> {
        let profiles = self.0.entry(PROFILES).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let profiles = profiles.as_table_like_mut()?;
        let profile = profiles.entry(name.as_str()).or_insert(Item::Table(Table::new()));
        profile.as_table_like_mut()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, change: impl FnOnce(&mut ProfileDocument, &ProfileName)) -> String {
        let mut document = ProfileDocument::parse(text).unwrap();
        change(&mut document, &"work".parse().unwrap());
        document.text()
    }

    #[test]
    fn what_people_wrote_stays() {
        let text = "# mine\ndefault_profile='work' # this one\n\n[profiles.play]\nregion = 'eu'\n\n# for work\n\
                    [profiles.work]\nuser   =   'me' # or you?\nservice_url = 'https://example.com'\n";
        let now = changed(text, |document, name| {
            document.set(name, &Setting::USER, "you");
            document.set(name, &Setting::REGION, "ca");
            document.set(name, &Setting::PARTNER_ID, "7");
        });
        let expected = "# mine\ndefault_profile='work' # this one\n\n[profiles.play]\nregion = 'eu'\n\n# for work\n\
                        [profiles.work]\nuser   =   \"you\" # or you?\nregion = \"ca\"\npartner_id = 7\n";
        assert_eq!(now, expected);
    }

    #[test]
    fn a_profile_is_added_however_the_others_are_written() {
        let add = |document: &mut ProfileDocument, name: &ProfileName| {
            document.set(name, &Setting::REGION, "eu");
            document.set_default(name);
        };
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
            assert_eq!(changed(text, add), expected);
        }
    }

    #[test]
    fn a_secret_is_at_one_place() {
        let text = "[profiles.work]\ntoken_command = 'x'\nadmin_secret_file = 'y'\n";
        let now = changed(text, |document, name| {
            document.set_place(name, ProfileSecret::AppToken, "token_store", "keyring");
        });
        assert_eq!(now, "[profiles.work]\nadmin_secret_file = 'y'\ntoken_store = \"keyring\"\n");
    }

    #[test]
    fn a_profile_goes_with_all_that_is_its_own() {
        let text = "default_profile = 'work'\n[profiles.work]\nregion = 'eu'\n# play\n[profiles.play]\n";
        assert_eq!(
            changed(text, |document, name| document.remove(name.as_str())),
            "# play\n[profiles.play]\n"
        );
    }
}
