//! The steps of a random walk, and their frequencies.

use std::time::Duration;

use kaltura_auth::manager::InvalidReason;
use kaltura_auth::manager::state::Caller;
use kaltura_auth::{Error, WireResponse};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::fixtures::*;

/// One step of a walk.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time passes on both clocks.
    Pass(Duration),
    /// The wall clock is changed by so many seconds.
    SetWall(i64),
    /// Time passes on the monotonic clock alone.
    SkipAhead(Duration),
    Decide(Caller, Duration),
    /// The login in progress ends.
    Succeed(Granted, Duration),
    Fail(Failure, Duration),
    Abandon,
    /// The permit is lost for now.
    Lose,
    /// A lost permit, or that of a login that timed out, is used late.
    SucceedLate(Index),
    FailLate(Index),
    AbandonLate(Index),
    InvalidateCached(InvalidReason),
    InvalidateAny(Index, InvalidReason),
}

#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Transient,
    Permanent,
    RateLimited,
    /// The response has `Retry-After` with so many seconds.
    Busy(u64),
}

impl Failure {
    /// An error of this kind, different from all others.
    pub(crate) fn error(&self, number: usize) -> Error {
        match self {
            Self::Transient => transient(&format!("failure {number}")),
            Self::Permanent => permanent(&format!("failure {number}")),
            Self::RateLimited => response_error(rate_limited().with_header("X-Me", format!("host {number}"))),
            Self::Busy(wait) => response_error(
                WireResponse::new(503, "")
                    .with_header("Retry-After", wait.to_string())
                    .with_header("X-Me", format!("host {number}")),
            ),
        }
    }
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => pass().prop_map(Step::Pass),
        1 => (-7200_i64..7200).prop_map(Step::SetWall),
        1 => (0_u64..100).prop_map(|skip| Step::SkipAhead(seconds(skip))),
        12 => (caller(), min()).prop_map(|(caller, min)| Step::Decide(caller, min)),
        7 => (granted(), took()).prop_map(|(granted, took)| Step::Succeed(granted, took)),
        4 => (failure(), took()).prop_map(|(failure, took)| Step::Fail(failure, took)),
        1 => Just(Step::Abandon),
        1 => Just(Step::Lose),
        1 => any::<Index>().prop_map(Step::SucceedLate),
        1 => any::<Index>().prop_map(Step::FailLate),
        1 => any::<Index>().prop_map(Step::AbandonLate),
        2 => reason().prop_map(Step::InvalidateCached),
        1 => (any::<Index>(), reason()).prop_map(|(index, reason)| Step::InvalidateAny(index, reason)),
    ]
}

fn pass() -> impl Strategy<Value = Duration> {
    select(vec![1, 50, 900, 1000, 5000, 29_999, 30_000, 60_000, 270_000, 400_000, 3_300_000])
        .prop_map(milliseconds)
}

fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![3 => Just(Caller::OnDemand), 1 => Just(Caller::RefreshLoop)]
}

fn min() -> impl Strategy<Value = Duration> {
    prop_oneof![3 => Just(Duration::ZERO), 1 => (0_u64..200).prop_map(seconds)]
}

fn took() -> impl Strategy<Value = Duration> {
    prop_oneof![5 => 0_u64..3000, 1 => 29_000_u64..32_000].prop_map(milliseconds)
}

fn granted() -> impl Strategy<Value = Granted> {
    let lifetime = select(vec![-5, 0, 1, 2, 3, 30, 600, 3600, 3600, 86_400]);
    let ahead = select(vec![0, 0, -600, 600, -7200, 7200]);
    let requested = proptest::option::of(select(vec![1, 60, 3600, 86_400]));
    (lifetime, ahead, proptest::bool::weighted(0.8), requested).prop_map(
        |(lifetime, ahead, has_server_time, requested)| Granted {
            lifetime,
            ahead,
            has_server_time,
            requested,
        },
    )
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        Just(Failure::Transient),
        Just(Failure::Permanent),
        Just(Failure::RateLimited),
        (0_u64..5000).prop_map(Failure::Busy),
    ]
}

fn reason() -> impl Strategy<Value = InvalidReason> {
    select(vec![
        InvalidReason::Expired,
        InvalidReason::LoggedOut,
        InvalidReason::ActionsUsedUp,
        InvalidReason::ActionsUsedUpEarly,
    ])
}
