//! Uploads a video in chunks, and goes on after a crash or a lost connection where it stopped.
//!
//! After each chunk the program writes how far it is to `FILE.upload`, and reads that when it starts again. When all is
//! uploaded, the file becomes the content of a new entry.
//!
//! ```sh
//! kaltura emulate -- cargo run -p chunked-upload lecture.mp4
//! ```

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kaltura::{RawAction, UploadTokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const CHUNK_BYTES: usize = 4 << 20;

/// How far an upload is.
#[derive(Serialize, Deserialize)]
struct State {
    token_id: String,
    uploaded: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: chunked-upload FILE")?;
    let name = path.file_name().ok_or("not a file")?.to_string_lossy().into_owned();
    let client = kaltura::blocking::client(kaltura::from_env()?)?;

    let mut state_file = path.clone().into_os_string();
    state_file.push(".upload");
    let state_file = PathBuf::from(state_file);
    let mut file = File::open(&path)?;
    let length = file.metadata()?.len();
    let state = read_state(&state_file)?;
    if let Some(state) = &state {
        println!("continue at {} of {length}", state.uploaded);
        file.seek(SeekFrom::Start(state.uploaded))?;
    }
    let mut upload = client.upload(file, length).chunk_size(CHUNK_BYTES).file_name(&name);
    if let Some(state) = state {
        upload = upload.resume(UploadTokenId::new(state.token_id), state.uploaded);
    }
    let mut unwritten = Ok(());
    let upload = upload.on_progress(|progress| {
        let token_id = progress.token_id().expose().to_owned();
        unwritten = write_state(&state_file, &State { token_id, uploaded: progress.uploaded() });
        println!("{} of {}", progress.uploaded(), progress.length());
    });
    // On a failure the state file is there: the next run goes on. The server keeps the chunks for seven days.
    let token = upload.send()?;
    unwritten?;

    let entry = json!({ "objectType": "KalturaMediaEntry", "mediaType": 1, "name": name });
    let entry: Value = client.call(&RawAction::new("media", "add").param("entry", entry))?;
    let resource = json!({ "objectType": "KalturaUploadedFileTokenResource", "token": token.id.expose() });
    let content = RawAction::new("media", "addContent").param("entryId", entry["id"].clone());
    client.call(&content.param("resource", resource))?;
    fs::remove_file(&state_file)?;
    println!("entry {}", entry["id"].as_str().unwrap_or_default());
    Ok(())
}

fn read_state(path: &Path) -> Result<Option<State>, Box<dyn Error>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The id of the upload token gives access to the file: only this user may read it. A crash leaves the old state or the
/// new one, and not half of it.
fn write_state(path: &Path, state: &State) -> io::Result<()> {
    let new = path.with_extension("upload.new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(serde_json::to_string(state)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}
