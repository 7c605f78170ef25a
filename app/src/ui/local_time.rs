//! Times as text. The server renders them in English and in UTC; the browser, after hydration, in its own time zone and
//! in the form of its language (`reader_format.rs`). Words such as Yesterday are the page's own.

use super::{
    erased_view::{dynamic_attr, dynamic_text, escape_html},
    reader_format::{Form, Reader, from_milliseconds, local, now},
};
use crate::erased_signal::{ErasedSignal, effect};
use leptos::prelude::*;
use model::timestamp;
use std::time::Duration;
use time::{Date, OffsetDateTime};
use wasm_bindgen::JsCast;

/// The time zone of the page. Has today's date in the browser's zone, and how its reader writes times; `None` before
/// hydration, when times are in UTC. Beside it is the time of the last minute, in seconds since 1970.
#[derive(Clone, Copy)]
pub struct Zone(ErasedSignal<Option<Today>>, ErasedSignal<i64>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Today {
    date: Date,
    reader: Reader,
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
    /// Reads the date, the offset from UTC, and which clock the user has chosen.
    pub fn read(self) {
        let today = Today {
            date: local(now()).date(),
            reader: Reader::of_page(),
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

    /// How many days before today a time is; `None` before hydration.
    fn age(self, at: OffsetDateTime) -> Option<i64> {
        let today = self.0.get()?;
        Some((today.date - local(at).date()).whole_days())
    }

    /// A form of a time: the reader's, or the server's.
    fn text(self, form: Form, at: OffsetDateTime) -> String {
        match self.0.get() {
            Some(today) => today.reader.text(form, at),
            None => server_text(form, at),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// 14:05 or 2:05 PM, Yesterday, Monday, 3 Nov or 3 Nov 2025: the shortest that is unambiguous.
    Short,
    /// 3 November 2026 at 14:05
    Full,
}

#[component]
pub fn LocalTime(at: OffsetDateTime, format: TimeFormat) -> impl IntoView {
    let zone = use_zone();
    let text = dynamic_text(move || match format {
        TimeFormat::Short => short(zone, at),
        TimeFormat::Full => zone.text(Form::Full, at),
    });
    any_view! {
        <time translate="no" datetime=timestamp::to_text(at) title=dynamic_attr(move || zone.text(Form::Full, at))>
            {text}
        </time>
    }
}

/// A time with its date in full where it is pointed at, as HTML.
fn time_html(zone: Zone, at: OffsetDateTime, inner: &str) -> String {
    format!(
        r#"<time translate="no" datetime="{}" title="{}">{inner}</time>"#,
        timestamp::to_text(at),
        escape_html(&zone.text(Form::Full, at)),
    )
}

/// A time as the clock shows it, as HTML.
pub fn clock_html(zone: Zone, at: OffsetDateTime) -> String {
    let text = escape_html(&zone.text(Form::Clock, at));
    let half = zone.0.get().and_then(|today| today.reader.half_day(at));
    // The gutter of rows has no room for more than the digits, and makes the half of the day small.
    let text = match half.as_deref().and_then(|half| text.split_once(half)) {
        Some((before, after)) => {
            let (digits, rest) = (before.trim_end(), after.trim_start());
            let half = &text[digits.len()..text.len() - rest.len()];
            format!(r#"{digits}<span class="half-day">{half}</span>{rest}"#)
        }
        None => text,
    };
    time_html(zone, at, &text)
}

/// The clock at a time, as text: 14:05 or 2:05 PM.
pub fn clock_text(zone: Zone, at: OffsetDateTime) -> String {
    zone.text(Form::Clock, at)
}

/// A time that is to come, within a sentence: today at 14:05, tomorrow at 09:00, Monday at 09:00, or a date.
pub fn coming_text(zone: Zone, at: OffsetDateTime) -> String {
    isolated(coming(zone.age(at), |form| zone.text(form, at)))
}

/// A time that was so many days ago, or is to come where these are less than 0.
fn coming(age: Option<i64>, text: impl Fn(Form) -> String) -> String {
    match age {
        Some(0) => format!("today at {}", text(Form::Clock)),
        Some(-1) => format!("tomorrow at {}", text(Form::Clock)),
        Some(-6..=-2) => format!("{} at {}", text(Form::Weekday), text(Form::Clock)),
        _ => text(Form::Full),
    }
}

/// A text that may run from right to left, in a sentence that runs from left to right.
fn isolated(text: String) -> String {
    if text.contains(|c| ('\u{590}'..'\u{900}').contains(&c)) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text
    }
}

/// How long ago a time was, as HTML: in minutes or hours of the last day, and as the shortest date before.
pub fn ago_html(zone: Zone, at: OffsetDateTime) -> String {
    let minutes = (zone.1.get() - at.unix_timestamp()) / 60;
    let text = match minutes {
        _ if zone.0.get().is_none() => short(zone, at),
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => short(zone, at),
    };
    time_html(zone, at, &escape_html(&text))
}

/// Shows the times that the server has rendered in an element in full, in the browser's time zone.
pub fn show_local_times_in(element: &web_sys::Element) {
    let Ok(times) = element.query_selector_all("time[datetime]") else {
        return;
    };
    let reader = Reader::of_page();
    for index in 0..times.length() {
        let time = times.item(index).and_then(|time| time.dyn_into().ok());
        let time: Option<web_sys::Element> = time;
        let Some((time, at)) = time.and_then(|time| {
            let at = js_sys::Date::parse(&time.get_attribute("datetime")?);
            Some((time, at))
        }) else {
            continue;
        };
        let text = reader.text(Form::Full, from_milliseconds(at));
        let _ = time.set_attribute("title", &text);
        time.set_text_content(Some(&text));
    }
}

/// The heading of a day: Today, Yesterday, a weekday, or a date.
pub fn day_name(zone: Zone, day: Date) -> String {
    let Some(today) = zone.0.get() else {
        return server_text(Form::Date, day.midnight().assume_utc());
    };
    let form = match (today.date - day).whole_days() {
        0 => return "Today".to_owned(),
        1 => return "Yesterday".to_owned(),
        2..7 => Form::Weekday,
        _ => Form::Date,
    };
    today.reader.day_text(form, day)
}

fn short(zone: Zone, at: OffsetDateTime) -> String {
    // By the reader's calendar.
    let is_this_year = || zone.text(Form::Year, at) == zone.text(Form::Year, now());
    shortest(zone.age(at), is_this_year, |form| zone.text(form, at))
}

/// The shortest text that is unambiguous of a time that was so many days ago.
fn shortest(
    age: Option<i64>,
    is_this_year: impl FnOnce() -> bool,
    text: impl FnOnce(Form) -> String,
) -> String {
    match age {
        Some(0) => text(Form::Clock),
        Some(1) => "Yesterday".to_owned(),
        Some(2..7) => text(Form::Weekday),
        Some(_) if !is_this_year() => text(Form::ShortDate),
        _ => text(Form::DayAndMonth),
    }
}

/// The form in which the server renders a time, which has no zone: in English, with the clock of 24 hours.
fn server_text(form: Form, at: OffsetDateTime) -> String {
    let (day, month, year) = (at.day(), at.month().to_string(), at.year());
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    match form {
        Form::Clock => clock,
        Form::Weekday => at.weekday().to_string(),
        Form::DayAndMonth => format!("{day} {}", &month[..3]),
        Form::ShortDate => format!("{day} {} {year}", &month[..3]),
        Form::Date => format!("{day} {month} {year}"),
        Form::Full => format!("{day} {month} {year} at {clock}"),
        Form::Year => year.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, coming, server_text, shortest};
    use time::{
        Date, OffsetDateTime,
        macros::{date, datetime},
    };

    const TODAY: Date = date!(2026 - 11 - 21);

    fn age(at: OffsetDateTime) -> i64 {
        (TODAY - at.date()).whole_days()
    }

    #[test]
    fn formats_the_shortest_that_is_unambiguous() {
        for (at, expected) in [
            (datetime!(2026-11-21 09:05 UTC), "09:05"),
            (datetime!(2026-11-20 23:59 UTC), "Yesterday"),
            (datetime!(2026-11-16 12:00 UTC), "Monday"),
            (datetime!(2026-11-14 12:00 UTC), "14 Nov"),
            (datetime!(2025-11-21 12:00 UTC), "21 Nov 2025"),
        ] {
            let is_this_year = || at.year() == TODAY.year();
            let text = shortest(Some(age(at)), is_this_year, |form| server_text(form, at));
            assert_eq!(text, expected);
        }
        let at = datetime!(2025-11-21 12:00 UTC);
        let on_the_server = shortest(None, || false, |form| server_text(form, at));
        assert_eq!(on_the_server, "21 Nov");
    }

    #[test]
    fn names_what_is_to_come() {
        for (at, expected) in [
            (datetime!(2026-11-21 14:05 UTC), "today at 14:05"),
            (datetime!(2026-11-22 09:00 UTC), "tomorrow at 09:00"),
            (datetime!(2026-11-23 09:00 UTC), "Monday at 09:00"),
            (datetime!(2026-11-28 09:00 UTC), "28 November 2026 at 09:00"),
            (datetime!(2026-11-20 09:00 UTC), "20 November 2026 at 09:00"),
        ] {
            assert_eq!(
                coming(Some(age(at)), |form| server_text(form, at)),
                expected
            );
        }
    }

    #[test]
    fn needs_no_zone_on_the_server() {
        let at = datetime!(2026-11-21 09:05 UTC);
        for (form, expected) in [
            (Form::Clock, "09:05"),
            (Form::DayAndMonth, "21 Nov"),
            (Form::Date, "21 November 2026"),
            (Form::Full, "21 November 2026 at 09:05"),
        ] {
            assert_eq!(server_text(form, at), expected);
        }
    }
}
