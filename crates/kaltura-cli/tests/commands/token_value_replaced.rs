//! What `--value-file` with `--force` puts the value of a token in the place of: a file, and nothing else.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::account::{account, count, manage};
use crate::support::invocation::Finished;
use crate::support::server::{TestServer, VALUE, text_of};

fn add(server: &TestServer, path: &Path) -> Finished {
    manage(server, ["add", "--value-file", text_of(path), "--force"]).run()
}

/// Sees to it that there is a value of a token in a file that is for its owner alone.
#[track_caller]
fn holds_a_value(path: &Path) {
    let metadata = fs::symlink_metadata(path).unwrap();
    assert!(metadata.is_file(), "{metadata:?}");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(path).unwrap().trim_end().len(), 32);
}

#[test]
fn what_is_no_file_is_not_replaced_and_nothing_is_made() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (pipe, inner, link) = (place("pipe"), place("folder"), place("link"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(&inner).unwrap();
    symlink("pipe", &link).unwrap();
    for path in [&pipe, &inner, &link] {
        let refused = add(&server, path).fails_with(2);
        refused.saying("is not a regular file, and is not replaced");
    }
    // The value is written after the token is made, or changed: both are too late here.
    for line in [&["get", "0_importer"][..], &["rotate", "0_importer"]] {
        let more = ["--value-file", text_of(&pipe), "--force"];
        manage(&server, line).arguments(more).fails(2).saying("is not a regular file");
    }
    assert_eq!(count(&server), 1);
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(fs::symlink_metadata(&inner).unwrap().is_dir());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn a_link_stays_one_and_what_it_leads_to_is_replaced() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("safe")).unwrap();
    let target = place("safe/value");
    fs::write(&target, "old").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
    symlink("safe/value", place("link")).unwrap();
    symlink("safe/new", place("loose")).unwrap();
    for (link, target) in [("link", "safe/value"), ("loose", "safe/new")] {
        add(&server, &place(link)).ends_with(0);
        assert!(fs::symlink_metadata(place(link)).unwrap().is_symlink());
        holds_a_value(&place(target));
    }
    assert_eq!(fs::read_dir(place("safe")).unwrap().count(), 2);
}

#[test]
fn a_secret_is_no_name_of_a_file() {
    let server = account();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(VALUE);
    for more in [&[][..], &["--force"]] {
        let add = manage(&server, ["add", "--value-file", text_of(&path)]).arguments(more);
        let refused = add.fails(2);
        assert!(!refused.stderr.contains(VALUE), "{refused:#?}");
        refused.saying("looks like a secret");
    }
    assert_eq!((count(&server), fs::read_dir(folder.path()).unwrap().count()), (1, 0));
}
