//! Medians and quartiles.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quartiles {
    pub(super) lower: f64,
    pub(super) median: f64,
    pub(super) upper: f64,
}

impl Quartiles {
    /// NaN for no numbers.
    pub(super) fn of(numbers: &[f64]) -> Self {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |quarters| quantile(&sorted, quarters, 4);
        Self { lower: at(1), median: at(2), upper: at(3) }
    }
}

impl fmt::Display for Quartiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lower, median, upper } = self;
        let decimals = match median.abs() {
            small if small < 0.1 => 4,
            small if small < 10.0 => 2,
            _ => 1,
        };
        write!(f, "{median:.decimals$} ({lower:.decimals$} to {upper:.decimals$})")
    }
}

/// The value at a part of sorted numbers, interpolated between its neighbours. NaN for no numbers.
pub(super) fn quantile(sorted: &[f64], part: usize, parts: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let (index, rest) = (last * part / parts, last * part % parts);
    let (below, above) = (sorted[index], sorted[(index + 1).min(last)]);
    let as_float = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    below + (above - below) * as_float(rest) / as_float(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated() {
        let of = |numbers: &[f64]| {
            let Quartiles { lower, median, upper } = Quartiles::of(numbers);
            [lower, median, upper]
        };
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0, 5.0]), [2.0, 3.0, 4.0]);
        assert_eq!(of(&[1.0, 2.0]), [1.25, 1.5, 1.75]);
        assert_eq!(of(&[7.0]), [7.0; 3]);
        assert!(Quartiles::of(&[]).median.is_nan());
    }

    #[test]
    fn small_numbers_have_more_decimals() {
        let shown = |median| Quartiles { lower: median, median, upper: median }.to_string();
        assert_eq!(shown(123.456), "123.5 (123.5 to 123.5)");
        assert_eq!(shown(1.456), "1.46 (1.46 to 1.46)");
        assert_eq!(shown(0.0123), "0.0123 (0.0123 to 0.0123)");
    }
}
