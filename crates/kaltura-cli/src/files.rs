//! Texts of files, and files that only their owner can read: replaced as a whole, with locks beside them.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs, io, thread};

use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::error::Failure;
use crate::output::Ui;

/// The byte order mark, which editors on Windows put before a text.
const BOM: char = '\u{feff}';
/// For what size there is room from the beginning, so that no copies of a secret are left behind in memory.
const ROOM: u64 = 64 << 10;

/// Reads a text of at most this many bytes, without a byte order mark. No error quotes it.
pub(crate) fn read_text(from: impl Read, most: u64, place: &str) -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most.min(ROOM) as usize + 1));
    from.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("cannot read {place}")).caused_by(&error))?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(format!("{place} is larger than {most} bytes")));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.trim_start_matches(BOM).to_owned())),
        Err(_) => Err(Failure::usage(format!("{place} is not UTF-8 text"))),
    }
}

/// A text without the byte order mark.
pub(crate) fn without_bom(text: String) -> String {
    match text.strip_prefix(BOM) {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Writes the content beside the file, and then moves it there at once. The caller holds the lock, so that a file
/// beside is what a killed process has left.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    remove_half(path)?;
    let written = create_new(&beside)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may be a secret. The first error is the one that is reported.
        let _ = remove(&beside);
    }
    written.map(|()| keep_name(path))
}

/// Takes a file away, and what a process that was killed has left beside it. Tells whether the file was there.
pub(crate) fn remove_all(path: &Path) -> io::Result<bool> {
    remove_half(path)?;
    remove(path)
}

/// Takes away what a process that was killed has left beside a file.
pub(crate) fn remove_half(path: &Path) -> io::Result<()> {
    remove(&beside(path)).map(drop)
}

fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sees to it that the new name outlives a loss of power, where the system can do that.
fn keep_name(path: &Path) {
    if cfg!(unix)
        && let Some(Ok(folder)) = path.parent().map(File::open)
    {
        let _ = folder.sync_all();
    }
}

/// Makes a file where nothing is yet.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    own(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Makes a folder, and those around it, for its owner alone. Those that are there stay as they are.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether anybody but its owner can read or change it.
pub(crate) fn is_open_to_others(file: &File) -> bool {
    others_may(file.metadata(), 0o077)
}

/// Whether users other than the owner have one of these rights, which are bits of a mode.
pub(crate) fn others_may(about: io::Result<Metadata>, rights: u32) -> bool {
    about.is_ok_and(|about| system::mode(&about) & rights != 0)
}

/// `name.json.new` for `name.json`: what is written there takes the place of the file when it is whole.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(unix)]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// How long to wait without a note.
const SILENCE: Duration = Duration::from_secs(2);
/// The pauses between tries to lock, before the note and after it.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(100)];
/// Opens a file beside others to lock it, and waits for the lock as long as another process holds it. That has an
/// end: a process that ends, or is killed, loses its locks, and a signal ends the one that waits. No limit of time
/// would be right: a person may be asked meanwhile, by a command that prints the secret.
///
/// The lock is held until the file is dropped. An error is one of the file: it cannot be created or locked.
pub(crate) fn lock(ui: &Ui, path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), make_folder)?;
    let file = own(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
    let mut waited = Duration::ZERO;
    let [mut pause, later] = PAUSES;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        if pause < later && waited >= SILENCE {
            ui.note("waiting for another kaltura process");
            pause = later;
        }
        thread::sleep(pause);
        waited += pause;
    }
}

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

/// How the system shows owners without a number on this machine.
const UNKNOWN_OWNER: u32 = 65_534;

/// A user other than the current one and the superuser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForeignOwner {
    number: u32,
    /// Whether the superuser runs this.
    before_root: bool,
}

impl ForeignOwner {
    /// The owner of a file, if it is another user.
    pub(crate) fn of_file(file: &File) -> Option<Self> {
        Self::new(system::owner(&file.metadata().ok()?)?)
    }

    /// The owner of a folder that is to be written to, if it is another user. A folder that does not exist yet counts as
    /// theirs if `sudo` would create it in their home, where only the superuser could use it.
    pub(crate) fn of_folder(folder: &Path, environment: &Environment) -> Option<Self> {
        let (nearest, owner) =
            folder.ancestors().find_map(|it| Some((it, system::owner(&it.metadata().ok()?)?)))?;
        let foreign = Self::new(owner)?;
        let by_sudo = || environment.text("SUDO_UID").ok().flatten()?.parse::<u32>().ok();
        let is_in_the_way = nearest == folder || (foreign.before_root && by_sudo() == Some(owner));
        is_in_the_way.then_some(foreign)
    }

    fn new(owner: u32) -> Option<Self> {
        let me = system::me()?;
        (owner != me && owner != 0).then_some(Self { number: owner, before_root: me == 0 })
    }

    /// What to do. `variable` names another folder.
    pub(crate) fn hint(self, variable: &str) -> String {
        let me = if self.before_root { "root" } else { "you" };
        if self.number == UNKNOWN_OWNER {
            format!(
                "This number stands for owners unknown on this machine (user namespaces, NFS). Set {variable} to a \
                 copy that belongs to {me}."
            )
        } else if !self.before_root {
            format!(
                "If you trust its content, take ownership (chown). Or set {variable} to a folder of yours."
            )
        } else {
            format!(
                "Run kaltura as that user, without sudo; in a container, with docker run --user \"$(id -u)\", and \
                 {variable} set to that folder. Or set {variable} to a folder that belongs to root."
            )
        }
    }
}

impl fmt::Display for ForeignOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "another user (number {})", self.number)
    }
}

#[cfg(unix)]
mod system {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;

    pub(super) fn me() -> Option<u32> {
        Some(rustix::process::geteuid().as_raw())
    }

    pub(super) fn owner(about: &Metadata) -> Option<u32> {
        Some(about.uid())
    }

    pub(super) fn mode(about: &Metadata) -> u32 {
        about.mode()
    }
}

/// Elsewhere the folders of a user belong to the user alone.
#[cfg(not(unix))]
mod system {
    use std::fs::Metadata;

    pub(super) const fn me() -> Option<u32> {
        None
    }

    pub(super) const fn owner(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) const fn mode(_: &Metadata) -> u32 {
        0
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_is_written_is_for_its_owner_alone_and_takes_the_place_of_the_old() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("a/b");
        let path = folder.join("it.json");
        let _held = lock(&Ui::silent(), &folder.join("it.lock")).unwrap();
        // What a killed process has left.
        fs::write(beside(&path), "half").unwrap();
        for content in ["one", "two"] {
            replace(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!is_open_to_others(&File::open(&path).unwrap()));
        }
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!beside(&path).exists());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_open_to_others(&File::open(&path).unwrap()));
    }

    #[test]
    fn a_lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.lock");
        let held = lock(&Ui::silent(), &path).unwrap();
        let waiting = thread::spawn({
            let path = path.clone();
            move || lock(&Ui::silent(), &path).map(drop)
        });
        thread::sleep(SILENCE + 3 * PAUSES[1]);
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
    }

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
