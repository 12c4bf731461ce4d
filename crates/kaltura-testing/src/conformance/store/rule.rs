//! The rules of the contract of stores.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $text:literal,)*) => {
        /// A rule of the contract of [`SessionStore`](kaltura_auth::store::SessionStore). `Display` describes it in a
        /// sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// All rules, in the order in which they are checked.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];
        }

        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$rule => $text,)*
                })
            }
        }
    };
}

rules! {
    /// Where there is nothing, the first that asks gets the lease, and the others how long it is held.
    FirstGetsTheLease = "the first that asks gets the lease, the others how long it is held",
    /// A question that is repeated with the same lease id gets the same lease.
    RepeatedAsk = "a repeated question finds its own lease",
    /// Of many that ask at the same time, one gets the lease.
    OneLease = "of many that ask at once, one gets the lease",
    /// At no time two hold the lease, whatever the order of calls.
    MutualExclusion = "two never hold the lease at the same time",
    /// A released lease is free.
    Released = "a released lease is free",
    /// No call with another lease id frees a lease.
    ForeignLease = "no call with another lease id frees the lease",
    /// A lease that is not extended ends after its duration; one that ends only with its holder, when it is dropped.
    LeaseEnds = "a lease ends by itself",
    /// An extended lease holds for its duration from then.
    LeaseExtended = "an extended lease holds on",
    /// A lease that another has taken cannot be extended.
    LostLease = "a lost lease is not extended",
    /// The times of a store come from one clock.
    OneClock = "the times of the lease and of the store come from one clock",
    /// A published session is found, whole, with the time that it has left.
    SessionFound = "a published session is found whole, with the time left",
    /// Publishing frees the lease.
    PublishFreesTheLease = "publishing frees the lease",
    /// The session that is held is not returned.
    HeldLeftOut = "the session that is held is not returned",
    /// A session with too little time left is not returned.
    MinLeft = "a session with too little time left is not returned",
    /// A session stays for others while one renews it.
    StaysDuringRenewal = "a session stays for others while one renews it",
    /// A session with less life does not replace one with more.
    LongerStays = "a session that lives longer stays",
    /// A session that was renewed or refused is replaced, however long it would live.
    Replaced = "a session that is to be replaced is replaced",
    /// A session is stored without a lease, too, and does not free the lease of another.
    PublishedWithoutLease = "a session can be published without a lease",
    /// A session is gone at its end.
    AbsoluteEnd = "a session is gone at its end",
    /// A session that has expired is not stored, and does not harm the one that is there.
    ExpiredIsNotStored = "an expired session is not stored and removes nothing",
    /// A session with more time left than was granted counts as absent.
    NotCredible = "a session with more time left than granted counts as absent",
    /// A failure is returned to all until its backoff is over, and frees the lease.
    FailureShared = "a failure is returned to all while its backoff lasts",
    /// After the backoff, one gets the lease.
    BackoffEnds = "after the backoff, one gets the lease",
    /// A session that is not held comes before a backoff.
    SessionBeforeBackoff = "a session comes before a backoff",
    /// A published session ends the backoff.
    PublishEndsBackoff = "a published session ends the backoff",
    /// The failure of a login that has lost its lease is ignored.
    FailureWithoutLease = "a failure without the lease is ignored",
    /// What is stored under one key does not affect another.
    KeysAreSeparate = "keys are separate",
    /// A future that is dropped does not affect other calls. Only for an async store.
    DroppedCall = "a dropped future does not affect other calls",
    /// A blocking wait for a change ends within its limit. Only for a blocking store.
    WaitEnds = "waiting for a change ends in time",
}
