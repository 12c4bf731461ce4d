//! A nightly import, started by cron: adds a media entry for each line of a file that has none yet.
//!
//! - It reads all entries with `pages`, however many there are, so it can run again after a failure: nothing is added
//!   twice.
//! - The session is in a folder of the user (`FileStore`): imports that follow or run beside each other log in once.
//!
//! ```sh
//! printf 'lecture 1\nlecture 2\n' > titles.txt
//! KALTURA_USER=importer kaltura emulate -- cargo run -p nightly-import titles.txt ~/.cache/import
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use kaltura::blocking::{Client, client_builder};
use kaltura::store::file::FileStore;
use kaltura::{List, RawAction};
use serde::Deserialize;
use serde_json::{Value, json};

/// Every status but deleted: from a failed conversion to an entry without content.
const ANY_STATUS: &str = "-2,-1,0,1,2,4,5,6,7";

#[derive(Deserialize)]
struct Entry {
    name: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [titles, cache] = &arguments[..] else {
        eprintln!("usage: nightly-import TITLES CACHE");
        return ExitCode::from(2);
    };
    match import(Path::new(titles), Path::new(cache)) {
        Ok((added, present)) => {
            println!("added {added}, already there {present}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            // Cron sends what is printed. The cause and the remedy are in the report and the hint.
            if let Some(error) = error.downcast_ref::<kaltura::Error>() {
                eprintln!("{}\n{}", error.report(), error.hint());
            }
            ExitCode::FAILURE
        }
    }
}

/// The numbers of entries that were added, and of those that were there already.
fn import(titles: &Path, cache: &Path) -> Result<(usize, usize), Box<dyn Error>> {
    let titles = fs::read_to_string(titles)?;
    let titles: BTreeSet<&str> = titles.lines().map(str::trim).filter(|title| !title.is_empty()).collect();
    // Of its user only, and created if it does not exist.
    let client = client_builder(kaltura::from_env()?)?.store(FileStore::new(cache)).build();

    let present = names(&client)?;
    let missing: Vec<&str> = titles.iter().copied().filter(|title| !present.contains(*title)).collect();
    for title in &missing {
        add(&client, title)?;
    }
    Ok((missing.len(), titles.len() - missing.len()))
}

/// The names of all entries of the session's user.
fn names(client: &Client) -> Result<BTreeSet<String>, kaltura::Error> {
    let list = RawAction::new("media", "list")
        // Without a filter of the status, only entries with content are listed, and not those of the last run. Ordered by
        // the time of creation, an entry that is added meanwhile moves no other to another page.
        .param("filter", json!({ "statusIn": ANY_STATUS, "orderBy": "+createdAt" }))
        .param("pager", json!({ "pageSize": 500 }))
        .output::<List<Entry>>();
    client.pages(list).objects().map(|entry| entry.map(|entry| entry.name)).collect()
}

fn add(client: &Client, title: &str) -> Result<(), kaltura::Error> {
    let entry = json!({ "objectType": "KalturaMediaEntry", "mediaType": 1, "name": title, "tags": "import" });
    let entry: Value = client.call(&RawAction::new("media", "add").param("entry", entry))?;
    println!("added {} {title}", entry["id"].as_str().unwrap_or_default());
    Ok(())
}
