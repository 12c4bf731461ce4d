//! The session cache: whether it can be written, and is for its owner alone.

use std::fs::{self, File};
use std::path::Path;

use super::check::{Finding, Outcome};
use crate::config::{Environment, paths};
use crate::files;
use crate::files::Stranger;
use crate::output::Ui;

/// Writes a file into the folder of the cache, and takes it away again.
pub(super) fn look(ui: &Ui, environment: &Environment) -> Outcome {
    let Some(folder) = paths::caches(environment) else {
        return Outcome::nothing(Finding::warning(
            "there is no place for it, so that each command logs in",
            "Set HOME, or KALTURA_CACHE_DIR to an absolute path.",
        ));
    };
    let shown = folder.display();
    if let Some(stranger) = Stranger::with_folder(&folder, environment) {
        return Outcome::nothing(Finding::warning(
            format!("{shown} is a place of {stranger}, so that each command logs in"),
            stranger.remedy(paths::CACHES_VARIABLE),
        ));
    }
    if let Err(error) = try_to_write(ui, &folder) {
        return Outcome::nothing(Finding::warning(
            format!("{shown} can not be written, so that each command logs in: {error}"),
            "Make the folder writable for you, or set KALTURA_CACHE_DIR to another one.",
        ));
    }
    Outcome::nothing(match File::open(&folder) {
        Ok(opened) if files::is_open_to_others(&opened) => Finding::warning(
            format!("others can look into {shown}"),
            format!("Close it: chmod 700 '{shown}'. The sessions in it are closed to others all the same."),
        ),
        _ => Finding::ok(format!("{shown} can be written, and is for its owner alone")),
    })
}

/// The folder is made if it is not there, as by any command that keeps a session.
fn try_to_write(ui: &Ui, folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let written = files::lock(ui, &path);
    let _ = fs::remove_file(&path);
    written.map(drop)
}
