//! The store in which sessions are shared with other programs and machines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use kaltura_auth::store::SessionStore;
use kaltura_store::file::FileStore;
#[cfg(feature = "redis")]
use kaltura_store::redis::{InvalidRedisUrl, RedisStore, RedisUrl};

use crate::config::{Setting, Settings};
use crate::error::Failure;
use crate::secret_input;

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Session")]
pub(crate) struct StoreOptions {
    /// Share the session through this folder, or this Redis or Valkey (a URL without a password) [env: KALTURA_STORE]
    #[arg(long, value_name = "FOLDER|URL", help_heading = "Session")]
    store: Option<String>,

    /// Take the URL of the store from this file, which may contain a password [env: KALTURA_STORE_FILE]
    #[arg(long, value_name = "FILE", help_heading = "Session", conflicts_with = "store")]
    store_file: Option<PathBuf>,

    /// Use a redis:// URL of another machine: sessions are sent unencrypted
    #[arg(long, help_heading = "Session")]
    allow_plain_store: bool,
}

impl StoreOptions {
    /// The store. Nothing if none is set: then the command has its own cache.
    pub(crate) fn open(&self, settings: &Settings) -> Result<Option<Arc<dyn SessionStore>>, Failure> {
        if let Some(text) = &self.store {
            return self.parse(text, Setting::STORE.option, false).map(Some);
        }
        if let Some(path) = &self.store_file {
            return self.read(path).map(Some);
        }
        match settings.given(&[&Setting::STORE, &Setting::STORE_FILE])? {
            None => Ok(None),
            Some(given) if *given.setting == Setting::STORE_FILE => self.read(&given.path()?).map(Some),
            Some(given) => self.parse(&given.text, &given.place(), given.profile.is_none()).map(Some),
        }
    }

    fn read(&self, path: &Path) -> Result<Arc<dyn SessionStore>, Failure> {
        let text = secret_input::from_file(path)?;
        self.parse(&text, &format!("the file {}", path.display()), true)
    }

    /// The text is not quoted: it may contain a password.
    fn parse(
        &self,
        text: &str,
        place: &str,
        may_have_password: bool,
    ) -> Result<Arc<dyn SessionStore>, Failure> {
        if !text.contains("://") {
            let folder = std::path::absolute(text)
                .map_err(|error| Failure::usage(format!("{place} is not a folder")).caused_by(&error))?;
            return Ok(Arc::new(FileStore::new(folder)));
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Ok(Arc::new(FileStore::new(path)));
        }
        self.open_redis(text, place, may_have_password)
    }

    #[cfg(feature = "redis")]
    fn open_redis(
        &self,
        text: &str,
        place: &str,
        may_have_password: bool,
    ) -> Result<Arc<dyn SessionStore>, Failure> {
        let url = if self.allow_plain_store {
            RedisUrl::parse_allowing_plaintext(text)
        } else {
            text.parse::<RedisUrl>()
        };
        let url = url.map_err(|error| {
            let failure = Failure::usage(format!("{place} cannot be used: {error}"));
            match error {
                InvalidRedisUrl::Plaintext => failure
                    .with_hint("If no one else uses the network to the server, use --allow-plain-store."),
                _ => failure,
            }
        })?;
        if url.has_password() && !may_have_password {
            let message = format!("{place} must not contain a password, which others can read there");
            return Err(Failure::usage(message)
                .with_hint("Set KALTURA_STORE to the URL, or put it into a file (--store-file FILE)."));
        }
        let store = RedisStore::builder(url)
            .build()
            .map_err(|error| Failure::usage("the session store cannot be used").caused_by(&error))?;
        Ok(Arc::new(store))
    }

    #[cfg(not(feature = "redis"))]
    fn open_redis(&self, _: &str, place: &str, _: bool) -> Result<Arc<dyn SessionStore>, Failure> {
        let message = format!("{place} is not a folder, and this kaltura was built without Redis");
        Err(Failure::usage(message).with_hint("Use a folder, or a kaltura with the feature `redis`."))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::Environment;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        store: StoreOptions,
    }

    const UNSET: Environment = Environment::of_test(|_| None);
    const SECRET: Environment = Environment::of_test(|name| {
        (name == "KALTURA_STORE").then(|| "rediss://me:hush@redis.example.com".into())
    });

    fn open(arguments: &[&str], environment: &Environment, profile: &str) -> Result<bool, Failure> {
        let line = Line::try_parse_from([&["x"], arguments].concat()).unwrap();
        let settings = Settings::of_test(environment, profile);
        line.store.open(&settings).map(|store| store.is_some())
    }

    #[test]
    fn it_is_a_folder_a_url_or_nothing() {
        assert!(!open(&[], &UNSET, "").unwrap());
        for text in ["/srv/x", "here", "file:///srv/x"] {
            assert!(open(&["--store", text], &UNSET, "").unwrap());
            assert!(open(&[], &UNSET, &format!("store = '{text}'")).unwrap());
        }
        assert!(open(&["--store", "http://example.com"], &UNSET, "").is_err());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_password_comes_from_the_variable_or_a_file_and_is_never_shown() {
        assert!(open(&[], &SECRET, "").unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        std::fs::write(&file, "rediss://:hush@redis.example.com\n").unwrap();
        let file = file.to_str().unwrap();
        assert!(open(&["--store-file", file], &UNSET, "").unwrap());
        assert!(open(&[], &UNSET, &format!("store_file = '{file}'")).unwrap());
        let url = "rediss://me:hush@redis.example.com";
        let failure = open(&["--store", url], &UNSET, "").unwrap_err();
        let text = format!("{failure:?}");
        assert!(text.contains("must not contain a password") && !text.contains("hush"), "{text}");
        assert_eq!(failure.exit_code().number(), 2);
        for url in ["redis://:hush@redis.example.com", "rediss://hush@redis.example.com", "rediss://hush:1:2"]
        {
            let text = format!("{:?}", open(&["--store", url], &UNSET, "").unwrap_err());
            assert!(!text.contains("hush"), "{text}");
        }
        let plain = ["--store", "redis://redis.example.com"];
        assert!(format!("{:?}", open(&plain, &UNSET, "").unwrap_err()).contains("--allow-plain-store"));
        assert!(open(&[&plain[..], &["--allow-plain-store"]].concat(), &UNSET, "").unwrap());
    }
}
