//! Medians and latency histograms.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Histogram of latencies in microseconds, to three significant digits, from 1 µs to an hour.
#[derive(Clone)]
pub struct Latencies(Histogram<u64>);

/// Percentiles of a histogram, as much as a plot needs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Curve {
    pub count: u64,
    pub mean: f64,
    /// Percentile and latency in microseconds.
    pub points: Vec<(f64, u64)>,
}

impl Default for Latencies {
    fn default() -> Self {
        // A longer latency is recorded as an hour.
        let histogram = Histogram::new_with_bounds(1, 3_600_000_000, 3);
        Self(histogram.expect("the bounds are in order"))
    }
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        self.0
            .saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn add(&mut self, other: &Self) {
        // Adding fails only if the bounds differ, and all have the same.
        let _ = self.0.add(&other.0);
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Latency in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a latency is far below 2^53 µs")]
    pub fn percentile(&self, percentile: f64) -> f64 {
        self.0.value_at_percentile(percentile) as f64 / 1000.0
    }

    pub fn curve(&self) -> Curve {
        let points = self.0.iter_quantiles(4);
        Curve {
            count: self.0.len(),
            mean: self.0.mean(),
            points: points
                .map(|it| (it.quantile_iterated_to() * 100.0, it.value_iterated_to()))
                .collect(),
        }
    }
}

/// Median; of an even number of values, the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Converts a count for arithmetic with measurements.
#[expect(clippy::cast_precision_loss, reason = "nothing here counts to 2^53")]
pub fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::{Latencies, median};
    use std::time::Duration;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!(median(&[]).is_nan());
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn latencies_of_several_runs_are_one() {
        let (mut one, mut other) = (Latencies::default(), Latencies::default());
        one.record(Duration::from_millis(10));
        other.record(Duration::from_millis(30));
        one.add(&other);
        assert_eq!(one.count(), 2);
        assert!((one.percentile(100.0) - 30.0).abs() < 0.1);
        assert_eq!(one.curve().count, 2);
    }
}
