//! How fast something went, and how that compares with something else.

use std::fmt;
use std::time::Duration;

/// What was measured of many runs of the same work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    per_second: f64,
    /// Half of the runs took no longer.
    median: Duration,
    /// One run in a hundred took longer.
    p99: Duration,
}

impl Figures {
    /// From the time of each run, and of all of them together.
    pub(crate) fn new(mut times: Vec<Duration>, all: Duration) -> Self {
        assert!(!times.is_empty(), "something was measured");
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
        Self { per_second: times.len() as f64 / all.as_secs_f64(), median: at(50), p99: at(99) }
    }

    /// As ratios, in which a number above 1 is slower.
    pub(crate) fn in_terms_of(&self, other: &Self) -> String {
        format!(
            "{:.2} of the rate, {:.2} times the p50, {:.2} times the p99",
            self.per_second / other.per_second,
            self.median.as_secs_f64() / other.median.as_secs_f64(),
            self.p99.as_secs_f64() / other.p99.as_secs_f64(),
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let Self { per_second, median, p99 } = self;
        write!(
            f,
            "{per_second:.0} per second, p50 {:.2} ms, p99 {:.2} ms",
            milliseconds(*median),
            milliseconds(*p99)
        )
    }
}

#[test]
fn figures_are_those_of_the_sorted_times() {
    let times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
    let figures = Figures::new(times, Duration::from_secs(4));
    assert_eq!(figures.to_string(), "50 per second, p50 100.00 ms, p99 198.00 ms");
    let slower = Figures::new(vec![Duration::from_millis(300)], Duration::from_millis(40));
    assert_eq!(slower.in_terms_of(&figures), "0.50 of the rate, 3.00 times the p50, 1.52 times the p99");
}
