//! Where the middle of some numbers is, and how far the half of them around it reaches.

use std::fmt;

/// The median and the quartiles.
#[derive(Debug, PartialEq)]
pub(super) struct Spread {
    lower: f64,
    median: f64,
    upper: f64,
}

impl Spread {
    /// Those of these numbers; of none, they are no numbers either.
    pub(super) fn of(numbers: &[f64]) -> Self {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self { lower: at(&sorted, 1), median: at(&sorted, 2), upper: at(&sorted, 3) }
    }
}

/// The number that so many quarters of them are below; between two of them, what lies in between.
fn at(sorted: &[f64], quarters: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let (place, rest) = (last * quarters / 4, last * quarters % 4);
    let (below, above) = (sorted[place], sorted[(place + 1).min(last)]);
    // No more than three quarters.
    let share = f64::from(u8::try_from(rest).unwrap_or_default()) / 4.0;
    below + (above - below) * share
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.1} ({:.1} to {:.1})", self.median, self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: &[f64]) -> (f64, f64, f64) {
        let Spread { lower, median, upper } = Spread::of(numbers);
        (lower, median, upper)
    }

    #[test]
    fn the_half_around_the_middle_is_told() {
        assert_eq!(spread(&[5.0, 1.0, 4.0, 2.0, 3.0]), (2.0, 3.0, 4.0));
        assert_eq!(spread(&[7.0]), (7.0, 7.0, 7.0));
        let one_to_21: Vec<f64> = (1_u8..=21).map(f64::from).collect();
        assert_eq!(spread(&one_to_21), (6.0, 11.0, 16.0));
    }

    #[test]
    fn between_two_numbers_it_is_what_lies_in_between() {
        assert_eq!(spread(&[1.0, 2.0]), (1.25, 1.5, 1.75));
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), (1.75, 2.5, 3.25));
    }

    #[test]
    fn one_that_is_far_off_moves_nothing() {
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0, 1_000.0]), (2.0, 3.0, 4.0));
    }

    #[test]
    fn it_is_written_with_one_digit_behind_the_point() {
        assert_eq!(Spread::of(&[1.0, 2.0, 12.34]).to_string(), "    2.0 (1.5 to 7.2)");
    }
}
