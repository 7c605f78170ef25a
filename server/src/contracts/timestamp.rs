//! Timestamps as the contracts' clients parse them.

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// A time in UTC as JavaScript's `toISOString` prints it, with milliseconds.
pub fn iso(time: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    // Formatting fails only for years beyond 9999, which then come in another format.
    time.to_offset(time::UtcOffset::UTC)
        .format(FORMAT)
        .unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::iso;
    use time::macros::datetime;

    #[test]
    fn times_are_those_of_javascript() {
        let time = datetime!(2026-03-01 13:04:05.678_9 +1);
        assert_eq!(iso(time), "2026-03-01T12:04:05.678Z");
    }
}
