//! The clock of this machine against that of the server.

use kaltura_types::UnixTime;

use super::check::{Finding, Outcome};
use super::connection::FirstAnswer;
use crate::time;

/// Clocks that differ by no more than this agree: both are read in whole seconds.
const AGREEING: i64 = 2;
/// From here on it is worth a warning.
const HARMLESS: i64 = 30;

/// Looks at the time that the first answer tells.
pub(super) fn look(answer: &FirstAnswer) -> Outcome {
    let finding = match answer.response.server_time() {
        Some(server) => finding(seconds_ahead(server, answer.asked_at, answer.answered_at)),
        None => Finding::skipped("the server does not tell its time"),
    };
    Outcome::found(finding, ())
}

/// How far the clock of this machine is ahead at least: the server read its own at any moment in between.
fn seconds_ahead(server: UnixTime, asked_at: UnixTime, answered_at: UnixTime) -> i64 {
    let (least, most) = (asked_at.seconds_since(server), answered_at.seconds_since(server));
    if least > 0 { least } else { most.min(0) }
}

fn finding(ahead: i64) -> Finding {
    let apart = time::show_duration(ahead.unsigned_abs());
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let skewed = format!("this machine's clock is {apart} {direction} the server's");
    if ahead.saturating_abs() <= AGREEING {
        return Finding::ok("this machine's clock agrees with the server's");
    }
    if ahead.saturating_abs() <= HARMLESS {
        return Finding::ok(skewed);
    }
    Finding::warning(
        skewed,
        "Set it, best by NTP. Logins do without it; but a session that is signed here, as `kaltura sign` and \
         `kaltura token` do it, ends too early or too late.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::check::Verdict;

    fn ahead(server: i64, asked: i64, answered: i64) -> i64 {
        let [server, asked, answered] = [server, asked, answered].map(UnixTime::from_seconds);
        seconds_ahead(server, asked, answered)
    }

    #[test]
    fn a_slow_answer_is_no_skew() {
        assert_eq!(ahead(1_010, 1_000, 1_020), 0);
        assert_eq!(ahead(1_000, 1_000, 1_000), 0);
        assert_eq!(ahead(900, 1_000, 1_020), 100);
        assert_eq!(ahead(1_100, 1_000, 1_020), -80);
    }

    #[test]
    fn more_than_half_a_minute_is_worth_a_warning() {
        for (ahead, verdict, said) in [
            (0, Verdict::Ok, "agrees"),
            (-2, Verdict::Ok, "agrees"),
            (30, Verdict::Ok, "30 s ahead of"),
            (-31, Verdict::Warning, "31 s behind"),
            (3_600, Verdict::Warning, "1 h ahead of"),
        ] {
            let finding = finding(ahead);
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.message.contains(said), "{finding:?}");
        }
    }
}
