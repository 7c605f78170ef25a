//! Times as text. The server renders them in UTC; the browser, after hydration, in its own time zone.

use super::erased_view::{dynamic_attr, dynamic_text};
use crate::erased_signal::{ErasedSignal, effect};
use leptos::prelude::*;
use model::timestamp;
use std::time::Duration;
use time::{Date, OffsetDateTime, UtcOffset};
use wasm_bindgen::JsCast;

/// The time zone of the page. Has today's date in the browser's zone; `None` before hydration, when
/// times are in UTC. Beside it is the time of the last minute, in seconds since 1970.
#[derive(Clone, Copy)]
pub struct Zone(ErasedSignal<Option<Date>>, ErasedSignal<i64>);

/// Puts the zone into the context. Checks every minute whether a new day has begun.
pub fn provide_zone() {
    let zone = Zone(ErasedSignal::new(None), ErasedSignal::new(0));
    provide_context(zone);
    effect(move || {
        let tick = move || {
            let today = local(now()).date();
            if zone.0.get_untracked() != Some(today) {
                zone.0.set(Some(today));
            }
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
        self.0.get()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// 14:05, Yesterday, Monday, 3 Nov or 3 Nov 2025: the shortest that is unambiguous.
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
            TimeFormat::Short => short(local, zone.today()),
            TimeFormat::Full => full(local),
        }
    });
    any_view! {
        <time translate="no" datetime=timestamp::to_text(at) title=dynamic_attr(move || full(zone.to_local(at)))>
            {text}
        </time>
    }
}

/// A time as the clock shows it, as HTML.
pub fn clock_html(zone: Zone, at: OffsetDateTime) -> String {
    let local = zone.to_local(at);
    format!(
        r#"<time translate="no" datetime="{}" title="{}">{}</time>"#,
        timestamp::to_text(at),
        full(local),
        clock(local)
    )
}

/// How long ago a time was, as HTML: in minutes or hours of the last day, and as the shortest date before.
pub fn ago_html(zone: Zone, at: OffsetDateTime) -> String {
    let local = zone.to_local(at);
    let minutes = (zone.1.get() - at.unix_timestamp()) / 60;
    let text = match minutes {
        _ if zone.today().is_none() => short(local, None),
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => short(local, zone.today()),
    };
    format!(
        r#"<time translate="no" datetime="{}" title="{}">{text}</time>"#,
        timestamp::to_text(at),
        full(local),
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
        let text = full(local(from_milliseconds(at)));
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

fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

fn full(at: OffsetDateTime) -> String {
    format!("{} {} {}, {}", at.day(), at.month(), at.year(), clock(at))
}

fn short(at: OffsetDateTime, today: Option<Date>) -> String {
    let month: String = at.month().to_string().chars().take(3).collect();
    let Some(today) = today else {
        return format!("{} {month}", at.day());
    };
    match (today - at.date()).whole_days() {
        0 => clock(at),
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
    use super::{full, short};
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
            assert_eq!(short(at, today), expected);
        }
    }

    #[test]
    fn needs_no_zone_on_the_server() {
        let at = datetime!(2026-11-21 09:05 UTC);
        assert_eq!(short(at, None), "21 Nov");
        assert_eq!(full(at), "21 November 2026, 09:05");
    }
}
