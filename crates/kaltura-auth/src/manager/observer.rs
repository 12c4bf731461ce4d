//! Whoever wants to hear of events.

use super::event::Event;
use crate::maybe_send::{MaybeSend, MaybeSync};

/// Is told what happens in a session manager, on the thread where it happens and outside of any lock. It should
/// not take long.
///
/// Any closure that takes an event is one:
///
/// ```
/// # use kaltura_auth::manager::{Event, Observer};
/// let observer = |event: &Event| eprintln!("{event:?}");
/// # fn takes(_: impl Observer) {} takes(observer);
/// ```
pub trait Observer: MaybeSend + MaybeSync {
    /// Something has happened.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + MaybeSend + MaybeSync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}
