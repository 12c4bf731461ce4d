//! Many callers of one client over loopback: all at once without a session, and steadily while it is renewed.

pub(crate) fn herd(_callers: usize) {}

pub(crate) fn renewal(_seconds: u64) {}
