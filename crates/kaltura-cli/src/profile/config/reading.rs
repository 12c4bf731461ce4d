//! From the text of the file to the profiles. What is wrong is told with its line, which is not quoted.

use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, Item, TableLike, Value};

use super::Config;
use crate::config::Setting;
use crate::error::Failure;
use crate::profile::store_slot::StoreSlot;
use crate::profile::{Profile, ProfileSecret};

/// A file that is being read.
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
                    let name = item.as_str().ok_or_else(|| self.wrong(item.span(), "this is no text"))?;
                    config.default_profile = Some(name.to_owned()).filter(|name| !name.is_empty());
                }
                "profiles" => {
                    for (name, item) in self.table(item)?.iter() {
                        config.profiles.push(self.profile(name, item)?);
                    }
                }
                _ => return Err(self.wrong(item.span(), "only default_profile and profiles are known here")),
            }
        }
        Ok(config)
    }

    fn profile(&self, name: &str, item: &Item) -> Result<Profile, Failure> {
        let name = name.parse().map_err(|error: crate::profile::name::InvalidProfileName| {
            self.wrong(item.span(), &error.to_string())
        })?;
        let mut entries = Vec::new();
        for (key, item) in self.table(item)?.iter() {
            if !is_known(key) {
                return Err(self.wrong(item.span(), "there is no entry of this name in a profile"));
            }
            let text = match item.as_value() {
                Some(Value::String(text)) => text.value().clone(),
                Some(Value::Integer(number)) => number.value().to_string(),
                _ => return Err(self.wrong(item.span(), "this is neither text nor number")),
            };
            let is_store = ProfileSecret::ALL.iter().any(|secret| secret.store_entry() == key);
            if let (true, Err(error)) = (is_store, text.parse::<StoreSlot>()) {
                return Err(self.wrong(item.span(), &error.to_string()));
            }
            entries.push((key.to_owned(), text));
        }
        let profile = Profile { name, entries, folder: self.path.parent().unwrap_or(self.path).to_owned() };
        self.one_of(&profile, item, &[Setting::SERVICE_URL.entry, Setting::REGION.entry])?;
        for secret in ProfileSecret::ALL {
            self.one_of(&profile, item, &secret.entries())?;
        }
        Ok(profile)
    }

    fn table<'a>(&self, item: &'a Item) -> Result<&'a dyn TableLike, Failure> {
        item.as_table_like().ok_or_else(|| self.wrong(item.span(), "a profile is a table: [profiles.NAME]"))
    }

    /// Sees to it that the profile has one of these entries at most.
    fn one_of(&self, profile: &Profile, item: &Item, entries: &[&str]) -> Result<(), Failure> {
        if entries.iter().filter(|entry| profile.text(entry).is_some()).count() > 1 {
            let why = format!("the profile {} has more than one of {}", profile.name, entries.join(", "));
            return Err(self.wrong(item.span(), &why));
        }
        Ok(())
    }

    fn wrong(&self, place: Option<Range<usize>>, why: &str) -> Failure {
        let before = place.and_then(|place| self.text.get(..place.start));
        let line = before.map(|before| format!(", line {}", before.matches('\n').count() + 1));
        let (path, line) = (self.path.display(), line.unwrap_or_default());
        Failure::usage(format!("the profiles in {path}{line} can not be read: {why}")).with_hint(
            "Edit the file, or move it away and make the profiles anew with `kaltura profile add`.",
        )
    }
}

fn is_known(entry: &str) -> bool {
    Setting::ALL.iter().any(|setting| setting.entry == entry)
        || ProfileSecret::ALL.iter().any(|secret| secret.entries().contains(&entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        Reading { text, path: Path::new("/settings/config.toml") }.config()
    }

    #[test]
    fn texts_and_numbers_are_entries() {
        let config = read("# mine\n[profiles.a]\npartner_id = 7\nprofiles = 1\n");
        assert!(config.is_err());
        let config =
            read("# mine\n[profiles.a]\npartner_id = 7\nuser = \"me\"\n[profiles]\nb.region = 'eu'\n");
        let config = config.unwrap();
        let a = config.profiles().next().unwrap();
        assert_eq!((a.text("partner_id"), a.text("user"), a.text("region")), (Some("7"), Some("me"), None));
        assert_eq!(config.profiles().map(|profile| profile.name().as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_not_quoted() {
        for (text, line, why) in [
            ("\n[profiles.a\n", 2, ""),
            ("default_profile = 5", 1, "no text"),
            ("\n\nhush = 1", 3, "only default_profile"),
            ("[profiles]\na = 1", 2, "is a table"),
            ("[profiles.a]\nhush = 1", 2, "no entry of this name"),
            ("[profiles.a]\nuser = [\"hush\"]", 2, "neither text nor number"),
            ("[profiles.\"hush hush\"]", 1, "is named by"),
            ("[profiles.a]\nregion = \"eu\"\nservice_url = \"x\"", 1, "more than one of"),
            ("[profiles.a]\ntoken_file = \"x\"\ntoken_command = \"y\"", 1, "more than one of"),
            ("[profiles.a]\nuser = \"hush", 2, ""),
            ("[profiles.a]\n\ntoken_store = \"hush\"", 3, "keyring or file"),
        ] {
            let failure = format!("{:?}", read(text).unwrap_err());
            assert!(failure.contains(&format!("config.toml, line {line} can")), "{text}: {failure}");
            assert!(failure.contains(why) && !failure.contains("hush"), "{text}: {failure}");
        }
    }
}
