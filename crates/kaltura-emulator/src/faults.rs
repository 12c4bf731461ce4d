//! What goes wrong between a client and a server, on purpose.

mod parse;
mod spoil;

use std::ops::RangeInclusive;
use std::time::Duration;

pub use self::parse::InvalidFaultRule;
pub(super) use self::spoil::{echo_secrets, spoil};

use super::random::Random;

/// One thing that goes wrong with an answer.
///
/// The server does its work all the same, unless the rule says otherwise; what goes wrong is the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another HTTP status and an empty body, as from a gateway that gave up.
    Status(u16),
    /// An HTML page with this status, as from a proxy or a login page of the network.
    HtmlPage(u16),
    /// The answer in XML, whatever format was asked for.
    Xml,
    /// A JSON string where an object belongs, with HTTP 200.
    PlainString(String),
    /// The connection ends in the middle of the body.
    CutBody,
    /// Half of the body arrives as if it were all.
    TruncatedBody,
    /// Nothing in the body.
    EmptyBody,
    /// The connection is reset before the answer.
    Reset,
    /// The answer takes this long.
    Slow(Duration),
    /// Another content type.
    ContentType(String),
    /// An error whose message repeats the secrets that were sent.
    EchoSecrets,
    /// The server's clock, as the headers show it, is ahead by so many seconds; behind if negative.
    ClockSkew(i64),
}

/// When a fault strikes.
///
/// ```
/// # use std::time::Duration; use kaltura_emulator::{Emulator, Fault, FaultRule};
/// let emulator = Emulator::new();
/// // The second login meets a gateway error, each widget session has a chance of one in ten to be slow.
/// emulator.inject(FaultRule::new(Fault::Status(503)).on("appToken.startSession").nth(2));
/// emulator.inject(
///     FaultRule::new(Fault::Slow(Duration::from_secs(5)))
///         .on("session.startWidgetSession")
///         .with_probability(0.1),
/// );
/// // The same as texts, as the command line takes them.
/// let rule: FaultRule = "status:503@appToken.startSession#2".parse()?;
/// # Ok::<(), kaltura_emulator::InvalidFaultRule>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a rule does nothing until it is injected"]
pub struct FaultRule {
    fault: Fault,
    action: Option<String>,
    occurrences: RangeInclusive<u64>,
    probability: f64,
    before_the_action: bool,
    seen: u64,
}

impl FaultRule {
    /// The fault strikes each time, until it is narrowed down.
    pub const fn new(fault: Fault) -> Self {
        Self {
            fault,
            action: None,
            occurrences: 1..=u64::MAX,
            probability: 1.0,
            before_the_action: false,
            seen: 0,
        }
    }

    /// Only on an action, written like `appToken.startSession`, in any case. A multirequest is
    /// `multirequest`, whatever is in it.
    pub fn on(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Only on the n-th such call from now on, counted from 1.
    pub const fn nth(mut self, n: u64) -> Self {
        self.occurrences = n..=n;
        self
    }

    /// Only on the first `n` such calls from now on.
    pub const fn times(mut self, n: u64) -> Self {
        self.occurrences = 1..=n;
        self
    }

    /// Only on the calls of a range from now on, counted from 1.
    pub const fn calls(mut self, range: RangeInclusive<u64>) -> Self {
        self.occurrences = range;
        self
    }

    /// Only with this probability, from 0 to 1. The emulator's random seed decides.
    pub const fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// The action is not run: the request got lost on its way to the server.
    pub const fn before_the_action(mut self) -> Self {
        self.before_the_action = true;
        self
    }

    fn strikes(&mut self, action: &str, random: &mut Random) -> bool {
        if self.action.as_ref().is_some_and(|named| !named.eq_ignore_ascii_case(action)) {
            return false;
        }
        self.seen += 1;
        self.occurrences.contains(&self.seen) && (self.probability >= 1.0 || random.happens(self.probability))
    }
}

/// The rules that are in force.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<FaultRule>,
    latency: Option<RangeInclusive<Duration>>,
}

/// What strikes one request.
#[derive(Default)]
pub(super) struct Strikes {
    pub(super) faults: Vec<Fault>,
    /// Whether the action is not run.
    pub(super) before_the_action: bool,
    pub(super) latency: Duration,
}

impl Faults {
    pub(super) const fn new(rules: Vec<FaultRule>, latency: Option<RangeInclusive<Duration>>) -> Self {
        Self { rules, latency }
    }

    pub(super) fn inject(&mut self, rule: FaultRule) {
        self.rules.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(super) fn set_latency(&mut self, latency: Option<RangeInclusive<Duration>>) {
        self.latency = latency;
    }

    /// Counts a call, and says what strikes it.
    pub(super) fn strike(&mut self, action: &str, random: &mut Random) -> Strikes {
        let mut strikes = Strikes { latency: self.draw_latency(random), ..Strikes::default() };
        for rule in &mut self.rules {
            if rule.strikes(action, random) {
                strikes.faults.push(rule.fault.clone());
                strikes.before_the_action |= rule.before_the_action;
            }
        }
        strikes
    }

    fn draw_latency(&self, random: &mut Random) -> Duration {
        let Some(range) = &self.latency else { return Duration::ZERO };
        let width = range.end().saturating_sub(*range.start()).as_micros();
        let width = u64::try_from(width).unwrap_or(u64::MAX);
        *range.start() + Duration::from_micros(random.below(width.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(rule: FaultRule, calls: &[&str]) -> Vec<bool> {
        let mut random = Random::from_seed(1);
        let mut faults = Faults::new(vec![rule], None);
        calls.iter().map(|action| !faults.strike(action, &mut random).faults.is_empty()).collect()
    }

    #[test]
    fn a_rule_counts_the_calls_of_its_action() {
        let rule = || FaultRule::new(Fault::Reset).on("a.b");
        let calls = ["a.b", "x.y", "A.B", "a.b"];
        assert_eq!(struck(rule(), &calls), [true, false, true, true]);
        assert_eq!(struck(rule().nth(2), &calls), [false, false, true, false]);
        assert_eq!(struck(rule().times(2), &calls), [true, false, true, false]);
        assert_eq!(struck(rule().calls(2..=3), &calls), [false, false, true, true]);
        assert_eq!(struck(FaultRule::new(Fault::Reset).nth(2), &calls), [false, true, false, false]);
    }

    #[test]
    fn chance_is_the_seeds() {
        let rule = FaultRule::new(Fault::Reset).with_probability(0.5);
        let calls = ["a.b"; 200];
        let once = struck(rule.clone(), &calls);
        assert_eq!(once, struck(rule, &calls));
        assert!((60..140).contains(&once.iter().filter(|struck| **struck).count()));
    }

    #[test]
    fn latency_keeps_to_its_range() {
        let range = Duration::from_millis(10)..=Duration::from_millis(20);
        let mut faults = Faults::new(Vec::new(), Some(range.clone()));
        let mut random = Random::from_seed(1);
        let drawn: Vec<Duration> = (0..100).map(|_| faults.strike("a.b", &mut random).latency).collect();
        assert!(drawn.iter().all(|latency| range.contains(latency)));
        assert!(drawn.iter().any(|latency| *latency != drawn[0]));
        faults.set_latency(None);
        assert_eq!(faults.strike("a.b", &mut random).latency, Duration::ZERO);
    }
}
