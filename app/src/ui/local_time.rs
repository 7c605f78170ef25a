//! Times as text. The server renders them in UTC; the browser, after hydration, in its own time zone.

use super::erased_view::{dynamic_attr, dynamic_text};
use crate::erased_signal::{ErasedSignal, effect};
use leptos::prelude::*;
use model::timestamp;
use std::time::Duration;
use time::{Date, OffsetDateTime, UtcOffset};
use wasm_bindgen::JsCast;

/// The time zone of the page. Has today's date in the browser's zone and the user's clock; `None` before
/// hydration, when times are in UTC. Beside it is the time of the last minute, in seconds since 1970.
#[derive(Clone, Copy)]
pub struct Zone(ErasedSignal<Option<Today>>, ErasedSignal<i64>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Today {
    date: Date,
    /// Whether the clock has twelve hours: 2:05 PM.
    is_twelve: bool,
}

/// Puts the zone into the context. Checks every minute whether a new day has begun.
pub fn provide_zone() {
    let zone = Zone(ErasedSignal::new(None), ErasedSignal::new(0));
    provide_context(zone);
    effect(move || {
        let tick = move || {
            zone.read();
            zone.1.set(now().unix_timestamp());
        };
        tick();
        if let Ok(interval) = set_interval_with_handle(tick, Duration::from_mins(1)) {
            on_cleanup(move || interval.clear());
        }
    });
}

pub fn use_zone() -> Zone {
    expect_context()
}

impl Zone {
    /// Reads the date, and which clock the user has chosen.
    pub fn read(self) {
        let today = Today {
            date: local(now()).date(),
            is_twelve: has_twelve_hours(),
        };
        if self.0.get_untracked() != Some(today) {
            self.0.set(Some(today));
        }
    }

    /// A time in the zone of the page.
    pub fn to_local(self, at: OffsetDateTime) -> OffsetDateTime {
        if self.0.get().is_some() {
            local(at)
        } else {
            at
        }
    }

    pub fn day(self, at: OffsetDateTime) -> Date {
        self.to_local(at).date()
    }

    fn today(self) -> Option<Date> {
        Some(self.0.get()?.date)
    }

    fn is_twelve(self) -> bool {
        self.0.get().is_some_and(|today| today.is_twelve)
    }
}

/// The user's choice, which the root element has, or else the clock of the browser's language.
fn has_twelve_hours() -> bool {
    let root = document().document_element();
    let choice = root.and_then(|root| root.get_attribute("data-clock"));
    match choice.as_deref() {
        Some("12") => true,
        Some("24") => false,
        _ => {
            let options = js_sys::Object::new();
            let set = js_sys::Reflect::set(&options, &"hour".into(), &"numeric".into());
            let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &options);
            let found = js_sys::Reflect::get(&format.resolved_options(), &"hour12".into());
            set.is_ok() && found.is_ok_and(|it| it.is_truthy())
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// 14:05 or 2:05 PM, Yesterday, Monday, 3 Nov or 3 Nov 2025: the shortest that is unambiguous.
    Short,
    /// 3 November 2026, 14:05
    Full,
}

#[component]
pub fn LocalTime(at: OffsetDateTime, format: TimeFormat) -> impl IntoView {
    let zone = use_zone();
    let text = dynamic_text(move || {
        let local = zone.to_local(at);
        match format {
            TimeFormat::Short => short(local, zone.today(), zone.is_twelve()),
            TimeFormat::Full => full(local, zone.is_twelve()),
        }
    });
    any_view! {
        <time translate="no" datetime=timestamp::to_text(at) title=dynamic_attr(move || full(zone.to_local(at), zone.is_twelve()))>
            {text}
        </time>
    }
}

/// A time as the clock shows it, as HTML.
pub fn clock_html(zone: Zone, at: OffsetDateTime) -> String {
    let (local, is_twelve) = (zone.to_local(at), zone.is_twelve());
    // The gutter of rows has no room for more than the digits.
    let (digits, half) = clock(local, is_twelve);
    format!(
        r#"<time translate="no" datetime="{}" title="{}">{digits}<span class="half-day">{half}</span></time>"#,
        timestamp::to_text(at),
        full(local, is_twelve),
    )
}

/// The clock at a time, as text: 14:05 or 2:05 PM.
pub fn clock_text(zone: Zone, at: OffsetDateTime) -> String {
    let (digits, half) = clock(zone.to_local(at), zone.is_twelve());
    digits + half
}

/// A time that is to come, within a sentence: today at 14:05, tomorrow at 09:00, Monday at 09:00, or a date.
pub fn coming_text(zone: Zone, at: OffsetDateTime) -> String {
    coming(zone.to_local(at), zone.today(), zone.is_twelve())
}

fn coming(at: OffsetDateTime, today: Option<Date>, is_twelve: bool) -> String {
    let (digits, half) = clock(at, is_twelve);
    match today.map(|today| (at.date() - today).whole_days()) {
        Some(0) => format!("today at {digits}{half}"),
        Some(1) => format!("tomorrow at {digits}{half}"),
        Some(2..7) => format!("{} at {digits}{half}", at.weekday()),
        _ => full(at, is_twelve),
    }
}

/// How long ago a time was, as HTML: in minutes or hours of the last day, and as the shortest date before.
pub fn ago_html(zone: Zone, at: OffsetDateTime) -> String {
    let local = zone.to_local(at);
    let minutes = (zone.1.get() - at.unix_timestamp()) / 60;
    let text = match minutes {
        _ if zone.today().is_none() => short(local, None, false),
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => short(local, zone.today(), zone.is_twelve()),
    };
    format!(
        r#"<time translate="no" datetime="{}" title="{}">{text}</time>"#,
        timestamp::to_text(at),
        full(local, zone.is_twelve()),
    )
}

/// Shows the times that the server has rendered in an element in full, in the browser's time zone.
pub fn show_local_times_in(element: &web_sys::Element) {
    let Ok(times) = element.query_selector_all("time[datetime]") else {
        return;
    };
    for index in 0..times.length() {
        let time = times.item(index).and_then(|time| time.dyn_into().ok());
        let time: Option<web_sys::Element> = time;
        let Some((time, at)) = time.and_then(|time| {
            let at = js_sys::Date::parse(&time.get_attribute("datetime")?);
            Some((time, at))
        }) else {
            continue;
        };
        let text = full(local(from_milliseconds(at)), has_twelve_hours());
        let _ = time.set_attribute("title", &text);
        time.set_text_content(Some(&text));
    }
}

/// The heading of a day: Today, Yesterday, a weekday, or a date.
pub fn day_name(zone: Zone, day: Date) -> String {
    let age = zone.today().map(|today| (today - day).whole_days());
    match age {
        Some(0) => "Today".to_owned(),
        Some(1) => "Yesterday".to_owned(),
        Some(2..7) => day.weekday().to_string(),
        _ => format!("{} {} {}", day.day(), day.month(), day.year()),
    }
}

/// The digits, and the half of the day where the clock has twelve hours.
fn clock(at: OffsetDateTime, is_twelve: bool) -> (String, &'static str) {
    let (hour, minute) = (at.hour(), at.minute());
    if !is_twelve {
        return (format!("{hour:02}:{minute:02}"), "");
    }
    let half = if hour < 12 { "\u{a0}AM" } else { "\u{a0}PM" };
    (format!("{}:{minute:02}", (hour + 11) % 12 + 1), half)
}

fn full(at: OffsetDateTime, is_twelve: bool) -> String {
    let (digits, half) = clock(at, is_twelve);
    format!("{} {} {}, {digits}{half}", at.day(), at.month(), at.year())
}

fn short(at: OffsetDateTime, today: Option<Date>, is_twelve: bool) -> String {
    let month: String = at.month().to_string().chars().take(3).collect();
    let Some(today) = today else {
        return format!("{} {month}", at.day());
    };
    match (today - at.date()).whole_days() {
        0 => {
            let (digits, half) = clock(at, is_twelve);
            digits + half
        }
        1 => "Yesterday".to_owned(),
        2..7 => at.weekday().to_string(),
        _ if today.year() == at.year() => format!("{} {month}", at.day()),
        _ => format!("{} {month} {}", at.day(), at.year()),
    }
}

fn now() -> OffsetDateTime {
    from_milliseconds(js_sys::Date::now())
}

/// The same time in the browser's time zone, as of that time.
fn local(at: OffsetDateTime) -> OffsetDateTime {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a clock has no more than 53 bits"
    )]
    let date = js_sys::Date::new(&((at.unix_timestamp() * 1000) as f64).into());
    #[allow(clippy::cast_possible_truncation, reason = "minutes of a day")]
    let minutes_behind = date.get_timezone_offset() as i32;
    UtcOffset::from_whole_seconds(minutes_behind * -60).map_or(at, |offset| at.to_offset(offset))
}

fn from_milliseconds(milliseconds: f64) -> OffsetDateTime {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a clock has no more than 53 bits"
    )]
    OffsetDateTime::from_unix_timestamp(milliseconds as i64 / 1000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::{coming, full, short};
    use time::macros::{date, datetime};

    #[test]
    fn formats_the_shortest_that_is_unambiguous() {
        let today = Some(date!(2026 - 11 - 21));
        for (at, expected) in [
            (datetime!(2026-11-21 09:05 UTC), "09:05"),
            (datetime!(2026-11-20 23:59 UTC), "Yesterday"),
            (datetime!(2026-11-16 12:00 UTC), "Monday"),
            (datetime!(2026-11-14 12:00 UTC), "14 Nov"),
            (datetime!(2025-11-21 12:00 UTC), "21 Nov 2025"),
        ] {
            assert_eq!(short(at, today, false), expected);
        }
    }

    #[test]
    fn names_what_is_to_come() {
        let today = Some(date!(2026 - 11 - 21));
        for (at, expected) in [
            (datetime!(2026-11-21 14:05 UTC), "today at 14:05"),
            (datetime!(2026-11-22 09:00 UTC), "tomorrow at 09:00"),
            (datetime!(2026-11-23 09:00 UTC), "Monday at 09:00"),
            (datetime!(2026-11-28 09:00 UTC), "28 November 2026, 09:00"),
            (datetime!(2026-11-20 09:00 UTC), "20 November 2026, 09:00"),
        ] {
            assert_eq!(coming(at, today, false), expected);
        }
    }

    #[test]
    fn a_clock_of_twelve_hours_has_no_hour_zero() {
        let today = Some(date!(2026 - 11 - 21));
        for (at, expected) in [
            (datetime!(2026-11-21 00:05 UTC), "12:05\u{a0}AM"),
            (datetime!(2026-11-21 11:59 UTC), "11:59\u{a0}AM"),
            (datetime!(2026-11-21 12:00 UTC), "12:00\u{a0}PM"),
            (datetime!(2026-11-21 23:09 UTC), "11:09\u{a0}PM"),
        ] {
            assert_eq!(short(at, today, true), expected);
        }
        let at = datetime!(2026-11-21 14:05 UTC);
        assert_eq!(full(at, true), "21 November 2026, 2:05\u{a0}PM");
    }

    #[test]
    fn needs_no_zone_on_the_server() {
        let at = datetime!(2026-11-21 09:05 UTC);
        assert_eq!(short(at, None, false), "21 Nov");
        assert_eq!(full(at, false), "21 November 2026, 09:05");
    }
}
