//! Faults that a test injects between the client and the server.

mod apply;
mod parse;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use self::apply::{apply_fault, echo_secrets};
pub use self::parse::InvalidFaultRule;

use crate::backend::random::Random;

/// One fault of a response.
///
/// The action runs, unless the rule says otherwise; only the response is faulty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another HTTP status and an empty body, as from a gateway after a timeout.
    Status(u16),
    /// An HTML page with this status, as from a proxy or the login page of a network.
    HtmlPage(u16),
    /// The response in XML, independent of the requested format.
    Xml,
    /// A JSON string in the place of an object, with HTTP 200.
    PlainString(String),
    /// Another body, as it is, with HTTP 200 and the content type of JSON. It need not be text.
    Body(Vec<u8>),
    /// The connection ends in the middle of the body.
    CutBody,
    /// The connection is reset in the middle of the body.
    ResetBody,
    /// The connection is reset after the whole response, so that it cannot be used for another request.
    ResetAfter,
    /// Half of the body arrives, with a matching length.
    TruncatedBody,
    /// An empty body.
    EmptyBody,
    /// The connection is reset before the response.
    Reset,
    /// The response is delayed by this time.
    Slow(Duration),
    /// The body arrives in pieces, the last one after this time.
    SlowBody(Duration),
    /// After the body, spaces follow without an end.
    EndlessBody,
    /// The length in the header differs from that of the body by so many bytes. If it is too large, the connection ends
    /// after the body; if it is too small, the rest of the body follows the response.
    WrongLength(i64),
    /// Another content type.
    ContentType(String),
    /// Another value of a response header; an empty value removes it. Name and value.
    Header(String, String),
    /// An error whose message contains the secrets that were sent.
    EchoSecrets,
    /// The server's clock in the headers is ahead by this many seconds; behind if negative.
    ClockSkew(i64),
}

/// A fault, and the calls that it affects.
///
/// ```
/// # use std::time::Duration; use kaltura_emulator::{Emulator, Fault, FaultRule};
/// let emulator = Emulator::new();
/// // The second login gets a gateway error; each widget session is slow with a probability of 0.1.
/// emulator.inject(FaultRule::new(Fault::Status(503)).on("appToken.startSession").nth(2));
/// emulator.inject(
///     FaultRule::new(Fault::Slow(Duration::from_secs(5)))
///         .on("session.startWidgetSession")
///         .probability(0.1),
/// );
/// // The same as text, in the format of the command line.
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
    /// A rule that affects every call, until it is restricted.
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

    /// Affects only calls of this action, named like `appToken.startSession`; case is ignored. Every multirequest has the
    /// name `multirequest`.
    pub fn on(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Affects only the n-th such call from now on, counted from 1.
    pub const fn nth(mut self, n: u64) -> Self {
        self.occurrences = n..=n;
        self
    }

    /// Affects only the first `n` such calls from now on.
    pub const fn times(mut self, n: u64) -> Self {
        self.occurrences = 1..=n;
        self
    }

    /// Affects only the calls of a range from now on, counted from 1.
    pub const fn calls(mut self, range: RangeInclusive<u64>) -> Self {
        self.occurrences = range;
        self
    }

    /// Affects a call with this probability, from 0 to 1. The emulator's random seed determines which.
    pub const fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// The action does not run: the request was lost on its way to the server.
    pub const fn before_the_action(mut self) -> Self {
        self.before_the_action = true;
        self
    }

    fn applies_to(&mut self, action: &str, random: &mut Random) -> bool {
        if self.action.as_ref().is_some_and(|named| !named.eq_ignore_ascii_case(action)) {
            return false;
        }
        self.seen += 1;
        self.occurrences.contains(&self.seen) && (self.probability >= 1.0 || random.happens(self.probability))
    }
}

/// The text of the command line, such as `status:503@media.list#2%50`. [`FaultRule::before_the_action`] has no text.
///
/// ```
/// # use kaltura_emulator::FaultRule;
/// let rule: FaultRule = "status:503@appToken.startSession#2-4%12.5".parse()?;
/// assert_eq!(rule.to_string(), "status:503@appToken.startSession#2-4%12.5");
/// # Ok::<(), kaltura_emulator::InvalidFaultRule>(())
/// ```
impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)?;
        if let Some(action) = &self.action {
            write!(f, "@{action}")?;
        }
        match (*self.occurrences.start(), *self.occurrences.end()) {
            (1, u64::MAX) => {}
            (first, last) if first == last => write!(f, "#{first}")?,
            (first, last) => write!(f, "#{first}-{last}")?,
        }
        if self.probability < 1.0 {
            // Without the inexact digits of the multiplication.
            write!(f, "%{}", (self.probability * 1e8).round() / 1e6)?;
        }
        Ok(())
    }
}

/// The text of the command line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status:{status}"),
            Self::HtmlPage(200) => f.write_str("html"),
            Self::HtmlPage(status) => write!(f, "html:{status}"),
            Self::Xml => f.write_str("xml"),
            Self::PlainString(text) => write!(f, "string:{text}"),
            Self::Body(body) => write!(f, "body:{}", String::from_utf8_lossy(body)),
            Self::CutBody => f.write_str("cut"),
            Self::ResetBody => f.write_str("reset-body"),
            Self::ResetAfter => f.write_str("reset-after"),
            Self::TruncatedBody => f.write_str("truncate"),
            Self::EmptyBody => f.write_str("empty"),
            Self::Reset => f.write_str("reset"),
            Self::Slow(time) => write!(f, "slow:{}", time.as_millis()),
            Self::SlowBody(time) => write!(f, "slow-body:{}", time.as_millis()),
            Self::EndlessBody => f.write_str("endless"),
            Self::WrongLength(difference) => write!(f, "length:{difference:+}"),
            Self::Header(name, value) => write!(f, "header:{name}={value}"),
            Self::ContentType(value) => write!(f, "content-type:{value}"),
            Self::EchoSecrets => f.write_str("echo"),
            Self::ClockSkew(seconds) => write!(f, "skew:{seconds}"),
        }
    }
}

/// How long responses are delayed, in the format of the command line: milliseconds like `20-80`, or `50` for both ends.
///
/// ```
/// # use kaltura_emulator::{Emulator, LatencyRange};
/// let range: LatencyRange = "20-80".parse()?;
/// let emulator = Emulator::builder().latency(range.into()).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyRange {
    least: Duration,
    most: Duration,
}

impl FromStr for LatencyRange {
    type Err = InvalidLatencyRange;

    fn from_str(text: &str) -> Result<Self, InvalidLatencyRange> {
        let (least, most) = text.split_once('-').unwrap_or((text, text));
        let milliseconds =
            |text: &str| text.parse().map(Duration::from_millis).map_err(|_| InvalidLatencyRange);
        let (least, most) = (milliseconds(least)?, milliseconds(most)?);
        if least <= most { Ok(Self { least, most }) } else { Err(InvalidLatencyRange) }
    }
}

impl From<LatencyRange> for RangeInclusive<Duration> {
    fn from(range: LatencyRange) -> Self {
        range.least..=range.most
    }
}

/// A text is not a range of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write milliseconds, like 20-80 or 50")]
#[non_exhaustive]
pub struct InvalidLatencyRange;

/// The active rules.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<FaultRule>,
    latency: Option<RangeInclusive<Duration>>,
}

/// The faults of one request.
#[derive(Default)]
pub(crate) struct Triggered {
    pub(crate) faults: Vec<Fault>,
    /// Whether the action does not run.
    pub(crate) before_the_action: bool,
    pub(crate) latency: Duration,
}

impl Faults {
    pub(crate) const fn new(rules: Vec<FaultRule>, latency: Option<RangeInclusive<Duration>>) -> Self {
        Self { rules, latency }
    }

    pub(crate) fn inject(&mut self, rule: FaultRule) {
        self.rules.push(rule);
    }

    pub(crate) fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// Removes the rules with this text. Returns whether there was one.
    pub(crate) fn remove(&mut self, text: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.to_string() != text);
        self.rules.len() < before
    }

    pub(crate) const fn latency(&self) -> Option<&RangeInclusive<Duration>> {
        self.latency.as_ref()
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn set_latency(&mut self, latency: Option<RangeInclusive<Duration>>) {
        self.latency = latency;
    }

    /// Counts a call, and returns its faults.
    pub(crate) fn trigger(&mut self, action: &str, random: &mut Random) -> Triggered {
        let mut triggered = Triggered { latency: self.draw_latency(random), ..Triggered::default() };
        for rule in &mut self.rules {
            if rule.applies_to(action, random) {
                triggered.faults.push(rule.fault.clone());
                triggered.before_the_action |= rule.before_the_action;
            }
        }
        triggered
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

    fn triggered(rule: FaultRule, calls: &[&str]) -> Vec<bool> {
        let mut random = Random::from_seed(1);
        let mut faults = Faults::new(vec![rule], None);
        calls.iter().map(|action| !faults.trigger(action, &mut random).faults.is_empty()).collect()
    }

    #[test]
    fn a_rule_counts_the_calls_of_its_action() {
        let rule = || FaultRule::new(Fault::Reset).on("a.b");
        let calls = ["a.b", "x.y", "A.B", "a.b"];
        assert_eq!(triggered(rule(), &calls), [true, false, true, true]);
        assert_eq!(triggered(rule().nth(2), &calls), [false, false, true, false]);
        assert_eq!(triggered(rule().times(2), &calls), [true, false, true, false]);
        assert_eq!(triggered(rule().calls(2..=3), &calls), [false, false, true, true]);
        assert_eq!(triggered(FaultRule::new(Fault::Reset).nth(2), &calls), [false, true, false, false]);
    }

    #[test]
    fn a_rule_has_the_text_that_it_was_read_from() {
        for text in [
            "status:503@a.b#2",
            "html",
            "html:502%12.5",
            "xml#1-3",
            "string:Service unavailable@multirequest",
            "cut",
            "truncate",
            "empty%7",
            "reset%0.1",
            "slow:1500@a.b#2-4%50",
            "body:null",
            "reset-body",
            "reset-after#1",
            "slow-body:1500@a.b",
            "endless%50",
            "length:+10",
            "length:-1",
            "header:Retry-After=7@a.b#1",
            "header:Date=",
            "content-type:text/html",
            "echo",
            "skew:-300",
        ] {
            assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_rule_is_removed_by_its_text_and_the_others_stay() {
        let rule = |text: &str| text.parse::<FaultRule>().unwrap();
        let mut faults = Faults::new(vec![rule("reset@a.b"), rule("status:503")], None);
        assert!(!faults.remove("status:502"));
        assert!(faults.remove("status:503"));
        let left: Vec<_> = faults.rules().iter().map(ToString::to_string).collect();
        assert_eq!(left, ["reset@a.b"]);
    }

    #[test]
    fn the_seed_determines_which_calls_are_faulty() {
        let rule = FaultRule::new(Fault::Reset).probability(0.5);
        let calls = ["a.b"; 200];
        let once = triggered(rule.clone(), &calls);
        assert_eq!(once, triggered(rule, &calls));
        assert!((60..140).contains(&once.iter().filter(|triggered| **triggered).count()));
    }

    #[test]
    fn a_latency_is_a_range_of_milliseconds() {
        let milliseconds = Duration::from_millis;
        let read = |text: &str| text.parse::<LatencyRange>().map(RangeInclusive::from);
        assert_eq!(read("20-80"), Ok(milliseconds(20)..=milliseconds(80)));
        assert_eq!(read("50"), Ok(milliseconds(50)..=milliseconds(50)));
        for text in ["", "80-20", "-5", "5-", "1s"] {
            assert_eq!(read(text), Err(InvalidLatencyRange), "{text}");
        }
    }

    #[test]
    fn latency_is_within_its_range() {
        let range = Duration::from_millis(10)..=Duration::from_millis(20);
        let mut faults = Faults::new(Vec::new(), Some(range.clone()));
        let mut random = Random::from_seed(1);
        let drawn: Vec<Duration> = (0..100).map(|_| faults.trigger("a.b", &mut random).latency).collect();
        assert!(drawn.iter().all(|latency| range.contains(latency)));
        assert!(drawn.iter().any(|latency| *latency != drawn[0]));
        faults.set_latency(None);
        assert_eq!(faults.trigger("a.b", &mut random).latency, Duration::ZERO);
    }
}
