//! Files that belong to another user, who can change them at any time, or who would be locked out of what is made
//! among them.

use std::fmt;
use std::fs::File;
use std::path::Path;

use crate::environment::Environment;

/// As whom the system shows owners who have no number on this machine.
const NOBODY: u32 = 65_534;

/// A user who is neither the one who runs this nor the superuser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stranger {
    number: u32,
    /// Whether the superuser runs this.
    before_root: bool,
}

impl Stranger {
    /// Whom the file belongs to, if it is a stranger.
    pub(crate) fn with_file(file: &File) -> Option<Self> {
        owner::of_file(file).and_then(Self::new)
    }

    /// In whose place a folder is that is to be written to. One that is not there yet is in the home of a stranger
    /// when it is `sudo` that would make it there: nobody but the superuser could use it then.
    pub(crate) fn with_folder(folder: &Path, environment: Environment) -> Option<Self> {
        let (nearest, owner) = folder.ancestors().find_map(|it| Some((it, owner::of_folder(it)?)))?;
        let stranger = Self::new(owner)?;
        let by_sudo = || environment.text("SUDO_UID").ok().flatten()?.parse::<u32>().ok();
        let is_in_the_way = nearest == folder || (stranger.before_root && by_sudo() == Some(owner));
        is_in_the_way.then_some(stranger)
    }

    fn new(owner: u32) -> Option<Self> {
        let me = owner::me()?;
        (owner != me && owner != 0).then_some(Self { number: owner, before_root: me == 0 })
    }

    /// What to do. `variable` names another folder.
    pub(crate) fn remedy(self, variable: &str) -> String {
        let me = if self.before_root { "root" } else { "you" };
        if self.number == NOBODY {
            format!(
                "This number stands for owners who are not known on this machine (user namespaces, NFS). Set \
                 {variable} to a copy that belongs to {me}."
            )
        } else if !self.before_root {
            format!(
                "Have it given to you (chown), if you trust what is in it. Or set {variable} to your own folder."
            )
        } else if Environment::of_the_process().is_set("SUDO_UID") {
            format!("Run kaltura as that user, without sudo. Or set {variable} to a folder of the superuser.")
        } else {
            format!(
                "Run kaltura as that user; in a container, with docker run --user \"$(id -u)\", and {variable} set \
                 to that folder. Or set {variable} to a copy that belongs to root."
            )
        }
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "another user (number {})", self.number)
    }
}

#[cfg(unix)]
mod owner {
    use std::fs::{self, File};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    pub(super) fn me() -> Option<u32> {
        Some(rustix::process::geteuid().as_raw())
    }

    pub(super) fn of_file(file: &File) -> Option<u32> {
        file.metadata().ok().map(|about| about.uid())
    }

    pub(super) fn of_folder(folder: &Path) -> Option<u32> {
        fs::metadata(folder).ok().map(|about| about.uid())
    }
}

/// Elsewhere the folders of a user belong to the user alone.
#[cfg(not(unix))]
mod owner {
    use std::fs::File;
    use std::path::Path;

    pub(super) fn me() -> Option<u32> {
        None
    }

    pub(super) fn of_file(_: &File) -> Option<u32> {
        None
    }

    pub(super) fn of_folder(_: &Path) -> Option<u32> {
        None
    }
}
