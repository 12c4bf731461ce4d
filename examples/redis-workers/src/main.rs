//! A worker of a fleet: takes ids of entries from a list in Redis and looks each up, until the list is empty.
//!
//! Start as many as you like, on as many machines: they share one session through the same Redis, so the fleet logs in
//! once, and once for each renewal.
//!
//! ```sh
//! redis-cli rpush entries 0_sample01 0_sample02
//! kaltura emulate -- cargo run -p redis-workers redis://127.0.0.1
//! ```

use std::error::Error;

use kaltura::store::redis::RedisStore;
use kaltura::{ErrorKind, RawAction};
use redis::AsyncCommands as _;

/// The list of the entries to look up, and that of the entries that workers are busy with.
const WAITING: &str = "entries";
const UNDER_WAY: &str = "entries:under-way";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: redis-workers REDIS_URL")?;
    // A cache: if it is away, the worker logs in for itself.
    let store = RedisStore::new(url.parse()?)?;
    let client = kaltura::client_builder(kaltura::from_env()?)?.store(store).build();
    let refresh = tokio::spawn(client.run_refresh_loop());

    let mut queue = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let (mut found, mut missing) = (0, 0);
    // An entry stays in the second list until it is done: what a killed worker had taken is not lost.
    while let Some(entry) = take(&mut queue).await? {
        match client.call(&RawAction::new("media", "get").param("entryId", entry.as_str())).await {
            Ok(media) => {
                println!("{entry}: {}", media["name"].as_str().unwrap_or_default());
                found += 1;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => missing += 1,
            Err(error) => return Err(error.into()),
        }
        let _: usize = queue.lrem(UNDER_WAY, 1, &entry).await?;
    }
    println!("found {found}, missing {missing}");
    refresh.abort();
    Ok(())
}

async fn take(queue: &mut redis::aio::MultiplexedConnection) -> redis::RedisResult<Option<String>> {
    queue.lmove(WAITING, UNDER_WAY, redis::Direction::Left, redis::Direction::Right).await
}
