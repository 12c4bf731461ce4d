//! Links, which stay links when the file behind them is written anew.

use std::fs;
use std::path::{Path, PathBuf};

/// How many links are followed from one file to the next.
const MOST: usize = 16;

/// The file that a link leads to, whether it is there or not; what is no link is itself.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(&path).join(target);
    }
    path
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        symlink("second", place("first")).unwrap();
        symlink(place("file"), place("second")).unwrap();
        assert_eq!(behind_links(&place("first")), place("file"));
        assert_eq!(behind_links(&place("file")), place("file"));
    }

    #[test]
    fn links_in_a_circle_come_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        symlink("second", place("first")).unwrap();
        symlink("first", place("second")).unwrap();
        assert!(behind_links(&place("first")).is_symlink());
    }
}
