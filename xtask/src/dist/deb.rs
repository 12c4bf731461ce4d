//! A package of Debian: an archive of `ar` with the control file and the files to install.

use super::contents::{Contents, PackedFile, System};
use super::tarball;
use super::task::Release;
use crate::Failure;

pub(super) fn file_name(release: &Release) -> String {
    format!("kaltura_{}-1_amd64.deb", release.version)
}

pub(super) fn pack(release: &Release, contents: &Contents) -> Result<Vec<u8>, Failure> {
    let files = contents.installed(System::Debian)?;
    let control = PackedFile {
        path: "control".to_owned(),
        contents: control(release, &files).into_bytes(),
        mode: 0o644,
    };
    let control = tarball::pack(&[control], "./", release.time)?;
    let data = tarball::pack(&files, "./", release.time)?;
    let mut archive = b"!<arch>\n".to_vec();
    for (name, contents) in
        [("debian-binary", &b"2.0\n"[..]), ("control.tar.gz", &control), ("data.tar.gz", &data)]
    {
        let (time, size) = (release.time, contents.len());
        archive.extend(format!("{name:<16}{time:<12}{0:<6}{0:<6}{1:<8}{size:<10}`\n", 0, "100644").bytes());
        archive.extend(contents);
        // Each member starts at an even offset.
        if size % 2 == 1 {
            archive.push(b'\n');
        }
    }
    Ok(archive)
}

fn control(release: &Release, files: &[PackedFile]) -> String {
    let Release { version, description, target, .. } = release;
    let kib = files.iter().map(|file| file.contents.len().div_ceil(1024)).sum::<usize>();
    let depends = match &target.glibc {
        Some(version) => format!("Depends: libc6 (>= {version})\n"),
        None => String::new(),
    };
    format!(
        "Package: kaltura\nVersion: {version}-1\nArchitecture: amd64\nMaintainer: The kaltura-rs authors\n\
         Installed-Size: {kib}\n{depends}Recommends: ca-certificates\nSection: utils\nPriority: optional\n\
         Description: {description}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::contents::tests::contents;
    use crate::dist::task::tests::release;

    #[test]
    fn members_start_at_even_offsets() {
        let archive = pack(&release(None), &contents()).unwrap();
        assert!(archive.starts_with(b"!<arch>\ndebian-binary   "));
        let text = String::from_utf8_lossy(&archive);
        assert!(text[68..].starts_with("2.0\ncontrol.tar.gz  "), "{}", &text[..160]);
        let mut offset = 8;
        let mut names = Vec::new();
        while offset < archive.len() {
            assert_eq!(offset % 2, 0);
            let header = std::str::from_utf8(&archive[offset..offset + 60]).unwrap();
            assert!(header.ends_with("`\n"), "{header:?}");
            names.push(header[..16].trim().to_owned());
            let size: usize = header[48..58].trim().parse().unwrap();
            offset += 60 + size + size % 2;
        }
        assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
    }

    #[test]
    fn only_a_dynamic_command_depends_on_the_c_library() {
        assert!(!control(&release(None), &[]).contains("Depends"));
        assert!(control(&release(Some("2.36")), &[]).contains("\nDepends: libc6 (>= 2.36)\n"));
    }
}
