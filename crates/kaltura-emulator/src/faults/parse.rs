//! Rules as text, for a command line: `FAULT[:VALUE][@SERVICE.ACTION][#N|#N-M][%PERCENT]`.

use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::{Fault, FaultRule};

/// Reads a rule: a fault, then the action, the calls and the probability. These are optional and in this order.
///
/// Faults: `status:503`, `html` or `html:502`, `xml`, `string:TEXT`, `body:TEXT`, `cut`, `truncate`, `empty`, `reset`,
/// `reset-body`, `reset-after`, `slow:1500` and `slow-body:1500` (milliseconds), `endless`, `length:+10` or `length:-10`
/// (bytes), `content-type:text/html`, `header:NAME=VALUE` (without a value to remove it), `echo`, `skew:-300` (seconds).
///
/// ```
/// # use kaltura_emulator::FaultRule;
/// for text in ["reset", "status:503@appToken.startSession#2", "slow:1500#1-3", "cut%2.5"] {
///     assert!(text.parse::<FaultRule>().is_ok());
/// }
/// assert!("stauts:503".parse::<FaultRule>().is_err());
/// ```
impl FromStr for FaultRule {
    type Err = InvalidFaultRule;

    fn from_str(text: &str) -> Result<Self, InvalidFaultRule> {
        let (rest, percent) = split(text, '%');
        let (rest, calls) = split(rest, '#');
        let (fault, action) = split(rest, '@');
        let mut rule = Self::new(read_fault(fault)?);
        if let Some(action) = action {
            let is_action = action.eq_ignore_ascii_case("multirequest") || action.split('.').count() == 2;
            if !is_action {
                return Err(InvalidFaultRule::Action(action.to_owned()));
            }
            rule = rule.on(action);
        }
        if let Some(calls) = calls {
            let (first, last) = calls.split_once('-').unwrap_or((calls, calls));
            let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
            match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last => rule = rule.calls(first..=last),
                _ => return Err(InvalidFaultRule::Calls(calls.to_owned())),
            }
        }
        if let Some(percent) = percent {
            match percent.parse::<f64>() {
                Ok(number) if (0.0..=100.0).contains(&number) => rule = rule.probability(number / 100.0),
                _ => return Err(InvalidFaultRule::Percent(percent.to_owned())),
            }
        }
        Ok(rule)
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.rsplit_once(separator).map_or((text, None), |(rest, part)| (rest, Some(part)))
}

fn read_fault(text: &str) -> Result<Fault, InvalidFaultRule> {
    let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
    let invalid = || InvalidFaultRule::Fault(text.to_owned());
    let status =
        |value: &str| value.parse().ok().filter(|status| (200..=599).contains(status)).ok_or_else(invalid);
    match (name, value) {
        ("status", Some(value)) => status(value).map(Fault::Status),
        ("html", None) => Ok(Fault::HtmlPage(200)),
        ("html", Some(value)) => status(value).map(Fault::HtmlPage),
        ("xml", None) => Ok(Fault::Xml),
        ("string", Some(value)) => Ok(Fault::PlainString(value.to_owned())),
        ("body", Some(value)) => Ok(Fault::Body(value.as_bytes().to_vec())),
        ("cut", None) => Ok(Fault::CutBody),
        ("truncate", None) => Ok(Fault::TruncatedBody),
        ("empty", None) => Ok(Fault::EmptyBody),
        ("reset", None) => Ok(Fault::Reset),
        ("reset-body", None) => Ok(Fault::ResetBody),
        ("reset-after", None) => Ok(Fault::ResetAfter),
        ("slow", Some(value)) => milliseconds(value).map(Fault::Slow).ok_or_else(invalid),
        ("slow-body", Some(value)) => milliseconds(value).map(Fault::SlowBody).ok_or_else(invalid),
        ("endless", None) => Ok(Fault::EndlessBody),
        ("length", Some(value)) => value.parse().map(Fault::WrongLength).map_err(|_| invalid()),
        ("header", Some(value)) => read_header(value).ok_or_else(invalid),
        ("content-type", Some(value)) => Ok(Fault::ContentType(value.to_owned())),
        ("echo", None) => Ok(Fault::EchoSecrets),
        ("skew", Some(value)) => value.parse().map(Fault::ClockSkew).map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

fn milliseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

/// `NAME=VALUE`, both valid in a response.
fn read_header(text: &str) -> Option<Fault> {
    let (name, value) = text.split_once('=')?;
    let is_valid = name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok();
    is_valid.then(|| Fault::Header(name.to_owned(), value.to_owned()))
}

/// A text is not a fault rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFaultRule {
    /// The fault is unknown, or its value is missing or wrong.
    #[error(
        "not a fault: {0:?}; use status:503, html[:502], xml, string:TEXT, body:TEXT, cut, truncate, empty, reset, reset-body, reset-after, slow:1500, slow-body:1500, endless, length:+10, content-type:TYPE, header:NAME=VALUE, echo or skew:-300"
    )]
    Fault(String),
    /// The text after `@` is not an action.
    #[error("not an action: {0:?}; write it like appToken.startSession, or multirequest")]
    Action(String),
    /// The text after `#` is not a number or a range of calls.
    #[error("not a call or a range of calls, counted from 1: {0:?}; write #2 or #1-3")]
    Calls(String),
    /// The text after `%` is not a probability.
    #[error("not a percentage: {0:?}; write a number from 0 to 100")]
    Percent(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(Fault, Option<String>, u64, u64, f64), InvalidFaultRule> {
        let rule = text.parse::<FaultRule>()?;
        let (first, last) = (*rule.occurrences.start(), *rule.occurrences.end());
        Ok((rule.fault, rule.action, first, last, rule.probability))
    }

    #[test]
    fn every_part_is_read() {
        let action = Some("a.b".to_owned());
        assert_eq!(parsed("status:503@a.b#2-4%12.5"), Ok((Fault::Status(503), action, 2, 4, 0.125)));
        assert_eq!(parsed("html"), Ok((Fault::HtmlPage(200), None, 1, u64::MAX, 1.0)));
        assert_eq!(parsed("skew:-300#7"), Ok((Fault::ClockSkew(-300), None, 7, 7, 1.0)));
        assert_eq!(
            parsed("string:Service unavailable").unwrap().0,
            Fault::PlainString("Service unavailable".to_owned())
        );
    }

    #[test]
    fn each_mistake_is_named() {
        for (text, error) in [
            ("", InvalidFaultRule::Fault(String::new())),
            ("status", InvalidFaultRule::Fault("status".into())),
            ("status:99", InvalidFaultRule::Fault("status:99".into())),
            ("reset:1", InvalidFaultRule::Fault("reset:1".into())),
            ("length:ten", InvalidFaultRule::Fault("length:ten".into())),
            ("header:Retry-After", InvalidFaultRule::Fault("header:Retry-After".into())),
            ("header:a b=1", InvalidFaultRule::Fault("header:a b=1".into())),
            ("reset@login", InvalidFaultRule::Action("login".into())),
            ("reset#0", InvalidFaultRule::Calls("0".into())),
            ("reset#3-2", InvalidFaultRule::Calls("3-2".into())),
            ("reset%101", InvalidFaultRule::Percent("101".into())),
            ("reset%NaN", InvalidFaultRule::Percent("NaN".into())),
        ] {
            assert_eq!(parsed(text), Err(error), "{text}");
        }
    }
}
