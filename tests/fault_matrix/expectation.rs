//! The rules: what each class of faults means at each step.

use std::fmt;
use std::ops::RangeInclusive;

use crate::faults::{Class, Fault};
use crate::outcome::{Cell, CellResult, Kind};
use crate::scenario::{Api, Duration, Link};
use crate::steps::Step;

/// The outcome that the rules require.
#[derive(Debug)]
pub(crate) struct Expected {
    result: CellResult,
    /// How many requests. A range where the time between logins is random.
    requests: RangeInclusive<usize>,
}

impl Expected {
    pub(crate) fn matches(&self, cell: &Cell) -> bool {
        self.result == cell.result && self.requests.contains(&cell.requests)
    }

    pub(crate) fn of(link: Link, api: Api, fault: &Fault, step: Step, lasts: Duration) -> Self {
        match fault.class {
            Class::Harmless => ok(step.requests()),
            Class::Transient(kind) => transient(kind, link, step, lasts),
            Class::Permanent(kind) => permanent(kind, step, lasts),
            // The wait until then is longer than that for any login.
            Class::Postponed(kind) => permanent(kind, step, lasts),
            Class::Lost => lost(link, step, lasts),
            // Only the time of the second request counts (session manager, life of a session).
            Class::ExpiredOnArrival if step.is_login() && step != Step::WidgetSession => {
                permanent(Kind::ExpiredOnArrival, step, lasts)
            }
            Class::ExpiredOnArrival => ok(step.requests()),
            Class::LongKs if step == Step::WidgetSession => failed(Kind::TooLarge, step, 2..=2),
            Class::InvalidKs | Class::LongKs => invalid_ks(api, step, lasts),
            Class::EmptyList if step == Step::Multirequest => failed(Kind::BodyIgnored, step, 1..=1),
            Class::EmptyList => permanent(Kind::NotKaltura, step, lasts),
            Class::DeadWidgetKs => dead_widget_ks(step),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.requests.start(), self.requests.end());
        write!(f, "{} {least}", self.result)?;
        if least == most { Ok(()) } else { write!(f, " to {most}") }
    }
}

const fn ok(requests: usize) -> Expected {
    Expected { result: CellResult::Ok, requests: requests..=requests }
}

const fn kept(requests: usize) -> Expected {
    Expected { result: CellResult::Kept, requests: requests..=requests }
}

const fn failed(kind: Kind, step: Step, requests: RangeInclusive<usize>) -> Expected {
    Expected { result: CellResult::Failed { login: step.is_login(), kind }, requests }
}

/// How often a call is sent at most.
const fn attempts(link: Link) -> usize {
    match link {
        Link::InProcess => 4,
        Link::Socket => 2,
    }
}

/// A call waits for the next login, for up to 30 s. Over sockets the wait would be longer.
const fn login_attempts(link: Link) -> RangeInclusive<usize> {
    match link {
        Link::InProcess => 5..=7,
        Link::Socket => 1..=1,
    }
}

fn plus(range: &RangeInclusive<usize>, more: usize) -> RangeInclusive<usize> {
    range.start() + more..=range.end() + more
}

/// Whether the failure of a login is shared with other clients: the server has sent it, and it holds for all.
const fn is_shared(kind: Kind) -> bool {
    matches!(kind, Kind::Unavailable | Kind::ServerFailed | Kind::ExpiredOnArrival)
}

/// What is safe to repeat is repeated. A chunk of an upload is not, but the server is asked what it has: all of it. A
/// session that is still valid is kept.
fn transient(kind: Kind, link: Link, step: Step, lasts: Duration) -> Expected {
    let (once, waits) = (lasts == Duration::Once, link == Link::InProcess);
    // After an error of the API, another widget session is started.
    let more = if step == Step::StartSession && kind == Kind::ServerFailed { 2 } else { 1 };
    match step {
        Step::WidgetSession | Step::StartSession | Step::Call | Step::Pages | Step::Multirequest
            if once && (waits || !step.is_login()) =>
        {
            ok(step.requests() + more)
        }
        Step::WidgetSession => failed(kind, step, login_attempts(link)),
        Step::StartSession if kind == Kind::ServerFailed => {
            let attempts = login_attempts(link);
            failed(kind, step, attempts.start() * 2..=attempts.end() * 2)
        }
        Step::StartSession => failed(kind, step, plus(&login_attempts(link), 1)),
        Step::Call | Step::Multirequest => failed(kind, step, attempts(link)..=attempts(link)),
        Step::Pages => failed(kind, step, attempts(link) + 1..=attempts(link) + 1),
        Step::Change => failed(kind, step, 1..=1),
        Step::Upload => ok(step.requests() + if once { 1 } else { 2 }),
        Step::Renewal => kept(step.requests()),
        // This client waits for the end of the backoff that the first one has shared, or does not.
        Step::Adoption if is_shared(kind) && !waits => failed(kind, step, 0..=0),
        Step::Adoption if once => ok(Step::StartSession.requests()),
        Step::Adoption => {
            // The first attempt may have been that of the other client.
            let alone = transient(kind, link, Step::StartSession, lasts);
            let (least, most) = (*alone.requests.start(), *alone.requests.end());
            Expected { requests: least.saturating_sub(usize::from(waits)).max(1)..=most, ..alone }
        }
    }
}

/// Nothing is repeated.
fn permanent(kind: Kind, step: Step, lasts: Duration) -> Expected {
    let requests = match step {
        Step::WidgetSession | Step::Call | Step::Change | Step::Multirequest => 1,
        Step::StartSession | Step::Pages => 2,
        Step::Upload => 3,
        Step::Renewal => return kept(step.requests()),
        Step::Adoption if is_shared(kind) => 0,
        Step::Adoption if lasts == Duration::Once => return ok(Step::StartSession.requests()),
        Step::Adoption => 2,
    };
    failed(kind, step, requests..=requests)
}

/// What is safe to repeat is first sent again at once, on a fresh connection.
fn lost(link: Link, step: Step, lasts: Duration) -> Expected {
    if step == Step::Change {
        return failed(Kind::Broken, step, 1..=1);
    }
    if step == Step::Upload {
        return transient(Kind::Broken, link, step, lasts);
    }
    if lasts == Duration::Once {
        // The first client of an adoption has recovered.
        return ok(step.requests() + usize::from(step != Step::Adoption));
    }
    match step {
        Step::Renewal => kept(step.requests() + 1),
        Step::Adoption => lost(link, Step::StartSession, lasts),
        _ => {
            let without_it = transient(Kind::Broken, link, step, lasts);
            Expected { requests: plus(&without_it.requests, 1), ..without_it }
        }
    }
}

/// The server refuses the KS: the login begins anew, once. The session is refused by the call, not by the login.
fn invalid_ks(api: Api, step: Step, lasts: Duration) -> Expected {
    // The async client renews in the background: the call still has the old session.
    if (api, step) == (Api::Async, Step::Renewal) {
        return ok(step.requests());
    }
    let requests = step.requests() + 2;
    match lasts {
        Duration::Once => ok(requests),
        Duration::Lasting if step == Step::WidgetSession => failed(Kind::KsRefused, step, 4..=4),
        Duration::Lasting => {
            let result = CellResult::Failed { login: false, kind: Kind::KsRefused };
            Expected { result, requests: requests..=requests }
        }
    }
}

/// The refused widget KS is replaced by one that does not come from the cache.
const fn dead_widget_ks(step: Step) -> Expected {
    match step {
        Step::Adoption => ok(step.requests()),
        _ => ok(step.requests() + 2),
    }
}
