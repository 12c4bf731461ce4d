//! The widget KS that logins of one token share.
//!
//! It is not single-use: with it, a renewal costs one request instead of two. It is kept until the server
//! refuses it or its life may be over. After a refusal of the API it is thrown away and the next one is got
//! past the server's cache, which would otherwise give the same KS and with it the same error (wire contract,
//! section 7).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaltura_types::Ks;

use crate::manager::{Deadline, Moment};

/// How long a widget KS lives if nothing else is asked (wire contract, section 4.2).
const LIFE: Duration = Duration::from_secs(86_400);

/// How old a widget KS may be when the server's cache gives it (wire contract, section 4.2).
const CACHE_AGE: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(super) struct WidgetKsCache(Mutex<CachedWidgetKs>);

#[derive(Debug, Default)]
struct CachedWidgetKs {
    widget: Option<(Ks, Deadline)>,
    uncached: bool,
}

/// What a login may build upon.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StartFrom {
    /// This widget KS, which saves the first request.
    Widget(Ks),
    /// Nothing; the server's cache may answer.
    Nothing,
    /// Nothing, and the server's cache must not answer.
    Uncached,
}

impl WidgetKsCache {
    pub(super) fn start_from(&self, now: Moment) -> StartFrom {
        let shelf = self.lock();
        match &shelf.widget {
            Some((ks, until)) if !until.is_reached(now) => StartFrom::Widget(ks.clone()),
            _ if shelf.uncached => StartFrom::Uncached,
            _ => StartFrom::Nothing,
        }
    }

    /// At once when the first request has brought it, so that a login that is dropped later does not lose it.
    pub(super) fn keep(&self, ks: &Ks, now: Moment) {
        let mut shelf = self.lock();
        if !shelf.widget.as_ref().is_some_and(|(kept, _)| kept == ks) {
            shelf.widget = Some((ks.clone(), Deadline::after(now, LIFE.saturating_sub(CACHE_AGE))));
        }
    }

    /// After a refusal of the API. `ks` is the widget KS that was sent, if one was; another one, which a login
    /// beside this one has brought meanwhile, stays.
    pub(super) fn refused(&self, ks: Option<&Ks>) {
        let mut shelf = self.lock();
        shelf.widget.take_if(|(kept, _)| ks == Some(&*kept));
        shelf.uncached = true;
    }

    /// After a success: the server's cache is good again.
    pub(super) fn succeeded(&self) {
        self.lock().uncached = false;
    }

    fn lock(&self) -> MutexGuard<'_, CachedWidgetKs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(seconds), wall: Duration::from_secs(seconds) }
    }

    #[test]
    fn it_is_kept_until_it_may_be_over() {
        let shelf = WidgetKsCache::default();
        assert_eq!(shelf.start_from(at(0)), StartFrom::Nothing);
        shelf.keep(&Ks::new("w"), at(0));
        // Seeing it again later does not make it younger.
        shelf.keep(&Ks::new("w"), at(1000));
        assert_eq!(shelf.start_from(at(85_799)), StartFrom::Widget(Ks::new("w")));
        assert_eq!(shelf.start_from(at(85_800)), StartFrom::Nothing);
    }

    #[test]
    fn after_a_refusal_the_cache_is_avoided_until_a_success() {
        let shelf = WidgetKsCache::default();
        shelf.keep(&Ks::new("w"), at(0));
        shelf.refused(Some(&Ks::new("w")));
        assert_eq!(shelf.start_from(at(1)), StartFrom::Uncached);
        shelf.keep(&Ks::new("x"), at(1));
        assert_eq!(shelf.start_from(at(1)), StartFrom::Widget(Ks::new("x")));
        shelf.succeeded();
        assert_eq!(shelf.start_from(at(90_000)), StartFrom::Nothing);
    }

    #[test]
    fn a_late_refusal_of_an_old_one_does_not_drop_a_new_one() {
        let shelf = WidgetKsCache::default();
        shelf.keep(&Ks::new("new"), at(0));
        shelf.refused(Some(&Ks::new("old")));
        shelf.refused(None);
        assert_eq!(shelf.start_from(at(1)), StartFrom::Widget(Ks::new("new")));
    }
}
