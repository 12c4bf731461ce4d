//! The result: a row for each failure, with what must hold and what was seen.

use std::fmt;
use std::time::Duration;

/// What a machine that is busy with other things may add to a wait.
const SLACK: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

/// The limits of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) min_logins: u64,
    pub(super) max_logins: u64,
    /// Calls with a session that has ended.
    pub(super) dead: u64,
    /// How long a caller may wait for its session.
    pub(super) wait: Duration,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) logins: u64,
    pub(super) dead: u64,
    /// Calls that failed for their caller.
    pub(super) failed: u64,
    pub(super) calls: u64,
    pub(super) longest_wait: Duration,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    limits: Limits,
    seen: Seen,
}

impl Row {
    fn holds(&self) -> bool {
        let Self { limits, seen, .. } = self;
        (limits.min_logins..=limits.max_logins).contains(&seen.logins)
            && seen.dead <= limits.dead
            && seen.failed == 0
            && seen.calls > 0
            && seen.longest_wait <= limits.wait + SLACK
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limits, seen } = self;
        let Limits { min_logins, max_logins, dead, wait } = limits;
        let logins = if min_logins == max_logins {
            format!("{max_logins}")
        } else {
            format!("{min_logins} to {max_logins}")
        };
        let (wait, waited) = (wait.as_secs_f64(), seen.longest_wait.as_secs_f64());
        let verdict = if self.holds() { "holds" } else { "FAILS" };
        write!(
            f,
            "| {name} | {logins} | {} | {dead} | {} | {wait:.1} s | {waited:.2} s | {} of {} | {verdict} |",
            seen.logins, seen.dead, seen.failed, seen.calls
        )
    }
}

impl Table {
    /// Adds a row, and returns it as text.
    pub(super) fn add(&mut self, name: &'static str, limits: Limits, seen: Seen) -> String {
        let row = Row { name, limits, seen };
        let text = row.to_string();
        self.0.push(row);
        text
    }

    /// Whether every row holds.
    pub(super) fn holds(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(Row::holds)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what happens | logins: limit | seen | calls with a dead session: limit | seen | longest wait: limit \
             | seen | failed calls | |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { min_logins: 1, max_logins: 2, dead: 0, wait: Duration::from_millis(600) };
    const SEEN: Seen =
        Seen { logins: 2, dead: 0, failed: 0, calls: 40, longest_wait: Duration::from_millis(2_500) };

    fn holds(seen: Seen) -> bool {
        let mut table = Table::default();
        table.add("a", LIMITS, seen);
        table.holds()
    }

    #[test]
    fn a_row_fails_beyond_any_of_its_limits() {
        assert!(holds(SEEN));
        for seen in [
            Seen { logins: 0, ..SEEN },
            Seen { logins: 3, ..SEEN },
            Seen { dead: 1, ..SEEN },
            Seen { failed: 1, ..SEEN },
            Seen { calls: 0, ..SEEN },
            Seen { longest_wait: Duration::from_millis(2_601), ..SEEN },
        ] {
            assert!(!holds(seen), "{seen:?}");
        }
        assert!(!Table::default().holds());
    }

    #[test]
    fn one_failing_row_fails_the_table() {
        let mut table = Table::default();
        table.add("a", LIMITS, SEEN);
        let row = table.add("b", LIMITS, Seen { dead: 1, ..SEEN });
        assert_eq!(row, "| b | 1 to 2 | 2 | 0 | 1 | 0.6 s | 2.50 s | 0 of 40 | FAILS |");
        assert!(!table.holds());
        assert!(
            table.to_string().contains("| a | 1 to 2 | 2 | 0 | 0 | 0.6 s | 2.50 s | 0 of 40 | holds |\n")
        );
    }
}
