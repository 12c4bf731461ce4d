//! That no text shows a secret: the secrets that were sent and received, in every spelling that a server may return.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Spells a text in another way.
pub(crate) type Spell = fn(&str) -> String;

/// The spellings of a text in which the server returns it, by name.
pub(crate) const SPELLINGS: [(&str, Spell); 11] = [
    ("plain", str::to_owned),
    ("upper case", str::to_uppercase),
    ("Base64", |text| STANDARD.encode(text)),
    ("Base64 for URLs", |text| URL_SAFE_NO_PAD.encode(text)),
    ("hex", |text| hex::encode(text)),
    ("percent", |text| each(text, |byte| format!("%{byte:02X}"))),
    ("percent twice", |text| each(text, |byte| format!("%25{byte:02x}"))),
    ("HTML", |text| each(text, |byte| format!("&#{byte};"))),
    ("escapes", |text| each(text, |byte| format!("\\u{byte:04x}"))),
    ("quoted-printable", |text| each(text, |byte| format!("={byte:02X}"))),
    ("spaced", |text| each(text, |byte| format!("{} ", char::from(byte)))),
];

fn each(text: &str, to: impl Fn(u8) -> String) -> String {
    text.bytes().map(to).collect()
}

/// Secrets, and the texts that were shown.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    secrets: BTreeSet<String>,
    shown: String,
}

impl Leaks {
    pub(crate) fn add_secret(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.insert(secret.to_owned());
        }
    }

    pub(crate) fn show(&mut self, text: &str) {
        self.shown.push_str(text);
    }

    /// The first secret that is shown, without showing it again.
    pub(crate) fn find(&self) -> Option<String> {
        // The start of a secret is enough: a shown text may be cut.
        self.secrets.iter().find_map(|secret| {
            let start: String = secret.chars().take(48).collect();
            let (name, _) = SPELLINGS.iter().find(|(_, spell)| self.shown.contains(&spell(&start)))?;
            Some(format!("a secret of {} characters is shown ({name})", secret.len()))
        })
    }

    pub(crate) fn secret_count(&self) -> usize {
        self.secrets.len()
    }
}

thread_local! {
    static RECORDED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Records the spans and events of threads that have a recording.
struct Recorder;

/// Everything that `work` logs on this thread, and its result.
pub(crate) fn record_logs<T>(work: impl FnOnce() -> T) -> (T, String) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _ = tracing::subscriber::set_global_default(Recorder);
    });
    RECORDED.set(Some(String::new()));
    let result = work();
    (result, RECORDED.take().unwrap_or_default())
}

fn record(add: impl FnOnce(&mut Text<'_>)) {
    RECORDED.with_borrow_mut(|recorded| {
        if let Some(text) = recorded {
            add(&mut Text(text));
        }
    });
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = writeln!(self.0, "{}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = writeln!(self.0, "{}={value}", field.name());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        record(|text| attributes.record(text));
        Id::from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        record(|text| values.record(text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        record(|text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn each_spelling_of_a_secret_is_found() {
    for (name, spell) in SPELLINGS {
        let mut leaks = Leaks::default();
        leaks.add_secret("canary-secret-value");
        leaks.show("nothing here");
        assert_eq!(leaks.find(), None, "{name}");
        leaks.show(&format!("the key is {}", spell("canary-secret-value")));
        assert!(leaks.find().is_some(), "{name}");
    }
}
