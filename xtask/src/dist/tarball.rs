//! Compressed archives of `tar`.

use std::collections::BTreeSet;

use tar::{Builder, EntryType, Header};

use super::contents::{PackedFile, gzip};
use crate::Failure;

/// The files as `.tar.gz`, all of them owned by root. `prefix` stands before each path.
pub(super) fn pack(files: &[PackedFile], prefix: &str, time: u64) -> Result<Vec<u8>, Failure> {
    let mut archive = Builder::new(Vec::new());
    let mut directories = BTreeSet::new();
    for file in files {
        // Tools that install a package expect an entry for each directory.
        for (end, _) in file.path.match_indices('/') {
            let directory = &file.path[..=end];
            if directories.insert(directory) {
                let mut header = header(EntryType::Directory, 0o755, 0, time);
                archive.append_data(&mut header, format!("{prefix}{directory}"), &[][..])?;
            }
        }
        let mut header = header(EntryType::Regular, file.mode, file.contents.len() as u64, time);
        archive.append_data(&mut header, format!("{prefix}{}", file.path), &file.contents[..])?;
    }
    gzip(&archive.into_inner()?)
}

fn header(kind: EntryType, mode: u16, size: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode.into());
    header.set_size(size);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::*;
    use crate::dist::contents::tests::contents;

    #[test]
    fn an_archive_has_each_directory_once_and_is_reproducible() {
        let files = contents().portable("kaltura-0.1.0");
        let packed = pack(&files, "", 1_700_000_000).unwrap();
        assert_eq!(packed, pack(&files, "", 1_700_000_000).unwrap());
        let mut archive = Archive::new(GzDecoder::new(&packed[..]));
        let mut paths = Vec::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.header().mtime().unwrap(), 1_700_000_000);
            paths.push(entry.path().unwrap().to_string_lossy().into_owned());
        }
        assert_eq!(paths.iter().filter(|path| *path == "kaltura-0.1.0/completions/").count(), 1, "{paths:?}");
        assert_eq!(paths.len(), files.len() + 4);
    }
}
