//! Throughput and latency of many runs, and their ratio to another measurement.

use std::fmt;
use std::time::Duration;

/// Throughput and latency of many runs of the same work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    per_second: f64,
    median: Duration,
    /// One run in a hundred took longer.
    p99: Duration,
}

impl Measurement {
    /// From the time of each run, and the total time.
    pub(crate) fn new(mut times: Vec<Duration>, total: Duration) -> Self {
        assert!(!times.is_empty(), "there are runs");
        times.sort_unstable();
        let percentile = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
        Self {
            per_second: times.len() as f64 / total.as_secs_f64(),
            median: percentile(50),
            p99: percentile(99),
        }
    }

    /// The ratios to another measurement; a latency above 1 is slower.
    pub(crate) fn relative_to(&self, other: &Self) -> String {
        format!(
            "{:.2} of the rate, {:.2} times the p50, {:.2} times the p99",
            self.per_second / other.per_second,
            self.median.as_secs_f64() / other.median.as_secs_f64(),
            self.p99.as_secs_f64() / other.p99.as_secs_f64(),
        )
    }
}

impl fmt::Display for Measurement {
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
fn measurement_sorts_its_times() {
    let times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
    let measured = Measurement::new(times, Duration::from_secs(4));
    assert_eq!(measured.to_string(), "50 per second, p50 100.00 ms, p99 198.00 ms");
    let slower = Measurement::new(vec![Duration::from_millis(300)], Duration::from_millis(40));
    assert_eq!(slower.relative_to(&measured), "0.50 of the rate, 3.00 times the p50, 1.52 times the p99");
}
