//! Durations as people write them: `20m`, `an hour`, `in 3 days`.

use time::Duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Each unit with its seconds, its name, and how it may be cut short.
const UNITS: [(i64, &str, &[&str]); 4] = [
    (MINUTE, "minute", &["m", "min", "mins"]),
    (HOUR, "hour", &["h", "hr", "hrs"]),
    (DAY, "day", &["d"]),
    (7 * DAY, "week", &["w", "wk"]),
];

/// A year: nothing that is asked for here is longer.
const MAX: i64 = 366 * DAY;

/// A number and a unit, of at most a year. `None` for anything else.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, unit) = if digits > 0 {
        (text[..digits].parse().ok()?, text[digits..].trim_start())
    } else {
        let (word, unit) = text.split_once(' ')?;
        (matches!(word, "a" | "an").then_some(1)?, unit.trim_start())
    };
    let named = UNITS.iter().find(|(_, name, short)| {
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        singular == *name || short.contains(&unit)
    });
    let seconds = named?.0.checked_mul(count)?;
    (1..=MAX)
        .contains(&seconds)
        .then(|| Duration::seconds(seconds))
}

/// In the largest unit of which it is a whole number: `1 hour`, `90 minutes`.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.whole_seconds();
    let units = UNITS.iter().rev();
    let whole = units.filter(|(unit, ..)| seconds % unit == 0);
    let (unit, name, _) = whole.into_iter().next().unwrap_or(&UNITS[0]);
    match seconds / unit {
        1 => format!("1 {name}"),
        count => format!("{count} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, in_words, parse};

    #[test]
    fn reads_a_number_and_a_unit() {
        for (text, minutes, words) in [
            ("20m", 20, "20 minutes"),
            ("20 Minutes", 20, "20 minutes"),
            (" 1 min ", 1, "1 minute"),
            ("1h", 60, "1 hour"),
            ("an hour", 60, "1 hour"),
            ("90m", 90, "90 minutes"),
            ("120 mins", 120, "2 hours"),
            ("3 hrs", 180, "3 hours"),
            ("a day", 1_440, "1 day"),
            ("14 days", 20_160, "2 weeks"),
            ("1w", 10_080, "1 week"),
        ] {
            let parsed = parse(text);
            assert_eq!(parsed.map(Duration::whole_minutes), Some(minutes), "{text}");
            assert_eq!(in_words(parsed.unwrap()), words);
        }
        for text in [
            "",
            "20",
            "m",
            "hour",
            "0m",
            "-1h",
            "1.5h",
            "a",
            "two hours",
            "1 month",
            "367d",
            "99999999999999999999m",
            "9999999999999999999h",
            "1h 5m",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
