//! A secret in a file that this program has made: where there is no keyring, or where it was asked for.

use std::fs::File;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::paths;
use crate::error::{ExitCode, Failure};
use crate::files::Stranger;
use crate::secret_input::Secret;
use crate::{files, secret_input};

/// The secret; nothing if there is no file. What others could read or put there is not trusted.
pub(super) fn read(path: &Path) -> Result<Option<Secret>, Failure> {
    let place = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::usage(format!("can not open the file {place}")).caused_by(&error));
        }
    };
    if let Some(stranger) = Stranger::with_file(&file) {
        let message = format!("the file {place}, which holds a secret, belongs to {stranger}");
        return Err(Failure::usage(message).with_hint(stranger.remedy(paths::SETTINGS_VARIABLE)));
    }
    if files::is_open_to_others(&file) {
        let message = format!("others can read the file {place}, which holds a secret");
        return Err(Failure::usage(message).with_hint(format!(
            "Run: chmod 600 '{place}'. If others may have read it, replace the secret."
        )));
    }
    secret_input::read(file, &format!("the file {place}")).map(Some)
}

/// Puts the secret there. The caller holds the lock of the profiles.
pub(super) fn keep(path: &Path, secret: &str) -> Result<(), Failure> {
    let mut line = Zeroizing::new(String::with_capacity(secret.len() + 1));
    line.push_str(secret);
    line.push('\n');
    path.parent()
        .map_or(Ok(()), files::make_folder)
        .and_then(|()| files::replace(path, line.as_bytes()))
        .map_err(|error| {
            let message = format!("the secret can not be written to {}", path.display());
            Failure::new(ExitCode::Local, message).caused_by(&error)
        })
}

/// Takes it away, and tells whether there was one.
pub(super) fn forget(path: &Path) -> io::Result<bool> {
    files::remove_all(path)
}

/// Takes away what is not whole, which a process that was killed has left beside it.
pub(super) fn forget_half(path: &Path) -> io::Result<()> {
    files::remove_half(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_kept_comes_back_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets/work.app-token");
        assert!(read(&path).unwrap().is_none());
        for secret in ["one", " two \n", "\u{e9}"] {
            keep(&path, secret).unwrap();
            assert_eq!(read(&path).unwrap().unwrap().as_str(), secret);
        }
        assert!(forget(&path).unwrap());
        assert!(!forget(&path).unwrap());
    }

    #[test]
    fn what_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.app-token");
        keep(&path, "hush").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let failure = format!("{:?}", read(&path).unwrap_err());
        assert!(failure.contains("chmod 600") && !failure.contains("hush"), "{failure}");
    }
}
