//! One client for each session request, up to a maximum.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaltura_auth::SessionRequest;

/// A cache of clients by session request. A full pool evicts the least recently used client.
#[derive(Debug)]
pub(crate) struct ClientPool<C> {
    capacity: usize,
    entries: Mutex<Entries<C>>,
}

#[derive(Debug)]
struct Entries<C> {
    /// Counts accesses: the order of use.
    accesses: u64,
    by_request: HashMap<SessionRequest, Entry<C>>,
}

#[derive(Debug)]
struct Entry<C> {
    last_access: u64,
    client: C,
}

impl<C: Clone> ClientPool<C> {
    pub(crate) fn new(capacity: usize) -> Self {
        let entries = Entries { accesses: 0, by_request: HashMap::new() };
        Self { capacity: capacity.max(1), entries: Mutex::new(entries) }
    }

    /// The client for this request; if there is none, creates it. `create` runs under the lock, so that there is never
    /// more than one client for a request; it must be quick.
    pub(crate) fn get_or_create<E>(
        &self,
        request: &SessionRequest,
        create: impl FnOnce() -> Result<C, E>,
    ) -> Result<C, E> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.accesses += 1;
        let last_access = entries.accesses;
        if let Some(entry) = entries.by_request.get_mut(request) {
            entry.last_access = last_access;
            return Ok(entry.client.clone());
        }
        let client = create()?;
        let evicted = if entries.by_request.len() >= self.capacity { entries.evict() } else { None };
        entries.by_request.insert(request.clone(), Entry { last_access, client: client.clone() });
        drop(entries);
        // Outside of the lock: it may be the last handle, and then much is freed.
        drop(evicted);
        Ok(client)
    }
}

impl<C> Entries<C> {
    fn evict(&mut self) -> Option<C> {
        let oldest = self.by_request.iter().min_by_key(|(_, entry)| entry.last_access)?.0.clone();
        self.by_request.remove(&oldest).map(|entry| entry.client)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn the_least_recently_used_client_is_evicted_first() {
        let pool = ClientPool::new(2);
        let mut created = 0;
        let mut get = |user: &str| {
            let Ok(number) = pool.get_or_create(&SessionRequest::new().user_id(user), || {
                created += 1;
                Ok::<_, Infallible>(created)
            });
            number
        };
        assert_eq!([get("a"), get("b"), get("a")], [1, 2, 1]);
        assert_eq!([get("c"), get("a"), get("b")], [3, 1, 4]);
    }
}
