//! The times that are offered by name, in the time zone of the page.

use crate::ui::{Zone, clock_text};
use time::{Date, Duration, OffsetDateTime, Weekday};

/// The hour of the morning.
const MORNING: u8 = 9;

/// From now to the nearest time that a field takes: the server takes none within 30 seconds, and a field has whole
/// minutes.
pub const NEAREST_OF_FIELD: Duration = Duration::seconds(90);

/// Each with its name, the soonest first.
pub fn choices(zone: Zone, now: OffsetDateTime) -> Vec<(String, OffsetDateTime)> {
    let mut choices = vec![
        ("In 20 minutes".to_owned(), now + Duration::minutes(20)),
        ("In 1 hour".to_owned(), now + Duration::hours(1)),
        ("In 3 hours".to_owned(), now + Duration::hours(3)),
    ];
    for (name, day) in mornings(zone.day(now)) {
        if let Some(at) = at_hour(day, MORNING) {
            choices.push((format!("{name} at {}", clock_text(zone, at)), at));
        }
    }
    choices
}

/// Tomorrow, and the Monday after it.
fn mornings(today: Date) -> Vec<(&'static str, Date)> {
    let tomorrow = today.next_day();
    let monday = tomorrow.map(|it| it.next_occurrence(Weekday::Monday));
    let named = [("Tomorrow", tomorrow), ("Monday", monday)];
    let there = named.into_iter();
    there.filter_map(|(name, day)| Some((name, day?))).collect()
}

/// An hour of a day by the clocks of the browser's time zone.
fn at_hour(day: Date, hour: u8) -> Option<OffsetDateTime> {
    let year = u32::try_from(day.year()).ok()?;
    let month = i32::from(u8::from(day.month())) - 1;
    let date = js_sys::Date::new_with_year_month_day_hr(
        year,
        month,
        i32::from(day.day()),
        i32::from(hour),
    );
    of_date(&date)
}

/// The time that a field of a date and a time has; `None` if it is not complete.
pub fn of_field(value: &str) -> Option<OffsetDateTime> {
    of_date(&js_sys::Date::new(&value.into()))
}

fn of_date(date: &js_sys::Date) -> Option<OffsetDateTime> {
    let seconds = date.get_time() / 1000.0;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a clock has no more than 53 bits"
    )]
    let seconds = seconds.is_finite().then_some(seconds as i64)?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// A time as a field of a date and a time has it.
pub fn field_value(zone: Zone, at: OffsetDateTime) -> String {
    let at = zone.to_local(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::mornings;
    use time::macros::date;

    #[test]
    fn the_monday_is_after_tomorrow() {
        let friday = date!(2026 - 11 - 27);
        let expected = [
            ("Tomorrow", date!(2026 - 11 - 28)),
            ("Monday", date!(2026 - 11 - 30)),
        ];
        assert_eq!(mornings(friday), expected);
        let sunday = date!(2026 - 11 - 29);
        let expected = [
            ("Tomorrow", date!(2026 - 11 - 30)),
            ("Monday", date!(2026 - 12 - 7)),
        ];
        assert_eq!(mornings(sunday), expected);
    }
}
