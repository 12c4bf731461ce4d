//! The types of other crates in the public items of a library.
//!
//! A new major version of such a crate is a new major version of the library, and its users can only use the version
//! that the library uses. So each one is listed here, with the reason. The public items are those of `docs/api`.

use std::collections::BTreeMap;

use super::{TextFile, Violation};

/// The crates that a library may show.
struct Library {
    name: &'static str,
    /// With the reason.
    crates: &'static [(&'static str, &'static str)],
}

const SERDE: (&str, &str) = ("serde_core", "objects are read and written by any format of serde");
const JSON: (&str, &str) =
    ("serde_json", "the API speaks JSON: parameters and results of raw actions are its values");
const HTTP: (&str, &str) = ("http", "the types that HTTP clients share");
const BYTES: (&str, &str) = ("bytes", "bodies that HTTP clients share without a copy");

const ALLOWED: &[Library] = &[
    Library { name: "kaltura-types", crates: &[SERDE, JSON] },
    Library { name: "kaltura-ks", crates: &[SERDE] },
    Library {
        name: "kaltura-auth",
        crates: &[
            SERDE,
            JSON,
            HTTP,
            BYTES,
            ("http_body", "the body of a tower service, with the feature `tower`"),
            ("tower_service", "the trait of a tower service, with the feature `tower`"),
        ],
    },
    Library {
        name: "kaltura-client",
        crates: &[
            SERDE,
            JSON,
            ("futures_core", "pages are a stream, until the standard library has one"),
            ("futures_io", "the reader of an upload: an adapter for tokio exists"),
        ],
    },
    Library {
        name: "kaltura-http",
        crates: &[(
            "reqwest",
            "a client that the program has configured; its major version is that of the crate",
        )],
    },
    Library { name: "kaltura-testing", crates: &[JSON] },
    Library { name: "kaltura-emulator", crates: &[SERDE, HTTP, BYTES] },
];

/// Where the lists of public items are.
const DIRECTORY: &str = "docs/api/";

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let lists = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix(DIRECTORY)?.strip_suffix(".txt")?;
        Some((name, file))
    });
    lists.flat_map(|(name, file)| check_list(name, file, allowed(name))).collect()
}

fn allowed(name: &str) -> &'static [(&'static str, &'static str)] {
    ALLOWED.iter().find(|library| library.name == name).map_or(&[], |library| library.crates)
}

fn check_list(name: &str, file: &TextFile, allowed: &[(&str, &str)]) -> Vec<Violation> {
    let shown = external_crates(&file.text);
    let unlisted = shown.iter().filter(|(shown, _)| !allowed.iter().any(|(listed, _)| listed == *shown));
    let unlisted = unlisted.map(|(shown, line)| {
        let problem = format!("a public item of {name} shows a type of the crate {shown}");
        Violation::at(&file.path, *line, problem, "hide it, or list it in xtask/src/tidy/external_types.rs")
    });
    let unused = allowed.iter().filter(|(listed, _)| !shown.contains_key(listed)).map(|(listed, _)| {
        let problem = format!("no public item of {name} shows a type of the crate {listed}");
        Violation::in_file(&file.path, problem, "remove it from xtask/src/tidy/external_types.rs")
    });
    unlisted.chain(unused).collect()
}

/// The crates in the paths of a list that are neither the standard library nor of this workspace, with the first line.
fn external_crates(text: &str) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (end, _) in line.match_indices("::") {
            let before = &line[..end];
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let start = before.rfind(|c| !is_name(c)).map_or(0, |index| index + 1);
            let (rest, name) = before.split_at(start);
            // A crate starts a path, and its name is in lower case: `T::Output` starts with a parameter.
            let starts_path = !rest.ends_with(':') && name.starts_with(|c: char| c.is_ascii_lowercase());
            let own = name == "kaltura" || name.starts_with("kaltura_");
            if starts_path && !own && !["alloc", "core", "std"].contains(&name) {
                found.entry(name).or_insert(number);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_found_at_the_start_of_paths() {
        let text = "pub fn kaltura_a::f(core::time::Duration) -> http::response::Response<bytes::Bytes>\n\
                    impl<T: serde_core::de::DeserializeOwned> kaltura_a::G<T>::h for alloc::vec::Vec<T::Output>\n\
                    pub use kaltura_a::<<kaltura_b::*>>\npub fn kaltura_a::g(&http::request::Request<()>)\n";
        let found: Vec<_> = external_crates(text).into_iter().collect();
        assert_eq!(found, [("bytes", 1), ("http", 1), ("serde_core", 2)]);
    }

    fn violations(text: &str, allowed: &[(&str, &str)]) -> Vec<String> {
        let file = TextFile { path: "docs/api/a.txt".to_owned(), text: text.to_owned() };
        check_list("a", &file, allowed).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_shown_is_listed_and_what_is_listed_is_shown() {
        let own = "pub fn kaltura::f()\npub fn kaltura::f(http::Uri)\n";
        assert_eq!(violations(own, &[("http", "")]), [""; 0]);
        let expected = "docs/api/a.txt:2: a public item of a shows a type of the crate http; \
                        hide it, or list it in xtask/src/tidy/external_types.rs";
        assert_eq!(violations(own, &[]), [expected]);
        let unused = violations(own, &[("http", ""), ("url", "")]);
        assert!(unused[0].contains("no public item of a shows a type of the crate url"), "{unused:?}");
    }

    #[test]
    fn each_reason_is_a_text() {
        for library in ALLOWED {
            assert!(library.crates.iter().all(|(_, reason)| reason.len() > 10), "{}", library.name);
        }
    }
}
