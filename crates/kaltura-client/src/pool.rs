//! One client for each session request, up to a bound.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaltura_auth::SessionRequest;

/// Keeps what was made for a request, and lets the least recently used go when there are too many.
#[derive(Debug)]
pub(crate) struct Pool<C> {
    bound: usize,
    entries: Mutex<Entries<C>>,
}

#[derive(Debug)]
struct Entries<C> {
    used: u64,
    by_request: HashMap<SessionRequest, (u64, C)>,
}

impl<C: Clone> Pool<C> {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound: bound.max(1), entries: Mutex::new(Entries { used: 0, by_request: HashMap::new() }) }
    }

    /// What was made for this request, or else what `make` makes now. `make` runs under the lock, so that there is
    /// never more than one for a request; it must be quick.
    pub(crate) fn get_or_make<E>(
        &self,
        request: &SessionRequest,
        make: impl FnOnce() -> Result<C, E>,
    ) -> Result<C, E> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.used += 1;
        let now = entries.used;
        if let Some((used, present)) = entries.by_request.get_mut(request) {
            *used = now;
            return Ok(present.clone());
        }
        let made = make()?;
        let let_go = if entries.by_request.len() >= self.bound { entries.take_oldest() } else { None };
        entries.by_request.insert(request.clone(), (now, made.clone()));
        drop(entries);
        // Outside of the lock, since it may be the last handle on much.
        drop(let_go);
        Ok(made)
    }
}

impl<C> Entries<C> {
    fn take_oldest(&mut self) -> Option<C> {
        let oldest = self.by_request.iter().min_by_key(|(_, (used, _))| *used)?.0.clone();
        self.by_request.remove(&oldest).map(|(_, let_go)| let_go)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let pool = Pool::new(2);
        let mut made = 0;
        let mut get = |user: &str| {
            let Ok(number) = pool.get_or_make(&SessionRequest::new().user_id(user), || {
                made += 1;
                Ok::<_, Infallible>(made)
            });
            number
        };
        assert_eq!([get("a"), get("b"), get("a")], [1, 2, 1]);
        assert_eq!([get("c"), get("a"), get("b")], [3, 1, 4]);
    }
}
