//! How long to wait before another try: longer each time, and never all clients at once.

const FIRST: f64 = 500.0;
const LONGEST: f64 = 30_000.0;

/// Milliseconds before the next try after so many failures, with a chance of 0 to 1 to spread it
/// between half of that and all of it.
pub fn delay(failures: u32, chance: f64) -> u32 {
    let full = (FIRST * f64::from(1_u32 << failures.min(16))).min(LONGEST);
    // Positive and below LONGEST.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let delay = (full * (0.5 + chance / 2.0)) as u32;
    delay
}

#[cfg(test)]
mod tests {
    use super::delay;

    #[test]
    fn doubles_up_to_half_a_minute() {
        let full: Vec<_> = (0..9).map(|failures| delay(failures, 1.0)).collect();
        assert_eq!(
            full,
            [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(delay(u32::MAX, 1.0), 30_000);
    }

    #[test]
    fn spreads_over_the_upper_half() {
        assert_eq!(delay(2, 0.0), 1000);
        assert_eq!(delay(2, 0.5), 1500);
    }
}
