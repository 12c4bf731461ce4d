//! The widget KS that the logins of one token share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaltura_types::Ks;

use crate::runtime::moment::{Deadline, Moment};

/// The default lifetime of a widget KS (wire contract, section 4.2).
const WIDGET_KS_LIFETIME: Duration = Duration::from_secs(86_400);

/// The maximum age of a widget KS from the server's response cache (wire contract, section 4.2).
const MAX_CACHE_AGE: Duration = Duration::from_secs(600);

/// The widget KS that the logins of one token share.
///
/// It can be used many times; with it, a renewal takes one request instead of two. It is kept until the server refuses
/// it or it may have expired. After an API error the next one is fetched with `nocache`: the server's response cache
/// would return the same KS, and with it the same error (wire contract, section 7).
///
/// With a store it is shared with other processes, too.
#[derive(Debug, Default)]
pub struct WidgetKsCache(Mutex<CachedWidgetKs>);

#[derive(Debug, Default)]
struct CachedWidgetKs {
    entry: Option<(Ks, Deadline)>,
    /// The next widget KS must not come from the server's cache.
    bypass_server_cache: bool,
    /// The last one that was refused. It is not taken back from another process.
    refused: Option<Ks>,
}

/// How a login starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StartFrom {
    /// With this widget KS, which saves the first request.
    WidgetKs(Ks),
    /// With a widget KS that may come from the server's cache.
    Nothing,
    /// With a widget KS that must not come from the server's cache.
    Uncached,
}

impl WidgetKsCache {
    pub(super) fn start_from(&self, now: Moment) -> StartFrom {
        let cached = self.lock();
        match &cached.entry {
            Some((ks, until)) if !until.is_reached(now) => StartFrom::WidgetKs(ks.clone()),
            _ if cached.bypass_server_cache => StartFrom::Uncached,
            _ => StartFrom::Nothing,
        }
    }

    /// Called as soon as the first request has succeeded, so that a login that is dropped later does not lose it.
    pub(super) fn insert(&self, ks: &Ks, now: Moment) {
        let mut cached = self.lock();
        if !cached.entry.as_ref().is_some_and(|(current, _)| current == ks) {
            cached.entry =
                Some((ks.clone(), Deadline::after(now, WIDGET_KS_LIFETIME.saturating_sub(MAX_CACHE_AGE))));
        }
    }

    /// Called after an API error. `ks` is the widget KS that was sent, if any. If a concurrent login has inserted another
    /// one meanwhile, that is kept.
    pub(super) fn remove_refused(&self, ks: Option<&Ks>) {
        let mut cached = self.lock();
        cached.entry.take_if(|(current, _)| ks == Some(&*current));
        cached.bypass_server_cache = true;
        cached.refused = ks.cloned().or_else(|| cached.refused.take());
    }

    /// Called after a successful login: the server's cache can be used again.
    pub(super) fn login_succeeded(&self) {
        self.lock().bypass_server_cache = false;
    }

    /// The widget KS, and the time for which it can still be used.
    pub(crate) fn get(&self, now: Moment) -> Option<(Ks, Duration)> {
        let cached = self.lock();
        let (ks, until) = cached.entry.as_ref()?;
        let left = until.remaining(now);
        (!left.is_zero()).then(|| (ks.clone(), left))
    }

    /// Takes over the widget KS of another process, which can be used for `left` from `asked_at`.
    pub(crate) fn adopt(&self, ks: &Ks, asked_at: Moment, left: Duration) {
        let mut cached = self.lock();
        let is_known = cached.refused.as_ref() == Some(ks)
            || cached.entry.as_ref().is_some_and(|(current, _)| current == ks);
        if !is_known && !left.is_zero() {
            let longest = WIDGET_KS_LIFETIME.saturating_sub(MAX_CACHE_AGE);
            cached.entry = Some((ks.clone(), Deadline::after(asked_at, left.min(longest))));
        }
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
    fn a_widget_ks_is_used_until_it_may_have_expired() {
        let cache = WidgetKsCache::default();
        assert_eq!(cache.start_from(at(0)), StartFrom::Nothing);
        cache.insert(&Ks::new("w"), at(0));
        // Inserting it again later does not extend it.
        cache.insert(&Ks::new("w"), at(1000));
        assert_eq!(cache.start_from(at(85_799)), StartFrom::WidgetKs(Ks::new("w")));
        assert_eq!(cache.start_from(at(85_800)), StartFrom::Nothing);
    }

    #[test]
    fn after_a_refusal_the_server_cache_is_bypassed_until_a_login_succeeds() {
        let cache = WidgetKsCache::default();
        cache.insert(&Ks::new("w"), at(0));
        cache.remove_refused(Some(&Ks::new("w")));
        assert_eq!(cache.start_from(at(1)), StartFrom::Uncached);
        cache.insert(&Ks::new("x"), at(1));
        assert_eq!(cache.start_from(at(1)), StartFrom::WidgetKs(Ks::new("x")));
        cache.login_succeeded();
        assert_eq!(cache.start_from(at(90_000)), StartFrom::Nothing);
    }

    #[test]
    fn a_late_refusal_of_an_old_widget_ks_does_not_remove_a_new_one() {
        let cache = WidgetKsCache::default();
        cache.insert(&Ks::new("new"), at(0));
        cache.remove_refused(Some(&Ks::new("old")));
        cache.remove_refused(None);
        assert_eq!(cache.start_from(at(1)), StartFrom::WidgetKs(Ks::new("new")));
    }

    #[test]
    fn the_widget_ks_of_another_process_is_used_unless_it_was_refused() {
        let cache = WidgetKsCache::default();
        let (first, second) = (Ks::new("w"), Ks::new("x"));
        cache.adopt(&first, at(0), Duration::from_secs(100));
        assert_eq!(cache.start_from(at(99)), StartFrom::WidgetKs(first.clone()));
        assert_eq!(cache.get(at(40)), Some((first.clone(), Duration::from_secs(60))));
        assert_eq!(cache.get(at(100)), None);
        cache.remove_refused(Some(&first));
        cache.adopt(&first, at(1), Duration::from_secs(100));
        assert_eq!(cache.get(at(1)), None);
        cache.adopt(&second, at(1), Duration::from_secs(1_000_000));
        assert_eq!(cache.get(at(1)), Some((second, Duration::from_secs(85_800))));
    }
}
