//! Dates and clocks as the reader writes them: with the order, words, digits and calendar of the browser's language,
//! which its `Intl` knows, and the clock that the user has chosen.

use js_sys::{Array, Intl::DateTimeFormat, Object, Reflect};
use leptos::prelude::document;
use std::cell::RefCell;
use time::{Date, OffsetDateTime, UtcOffset};
use wasm_bindgen::{JsCast, JsValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// 14:05 or 2:05 PM
    Clock,
    /// Monday
    Weekday,
    /// 3 Nov
    DayAndMonth,
    /// 3 Nov 2026
    ShortDate,
    /// 3 November 2026
    Date,
    /// 3 November 2026 at 14:05
    Full,
    /// Only for comparing.
    Year,
}

/// Options of `Intl.DateTimeFormat`.
type Options = &'static [(&'static str, &'static str)];

const DAY: (&str, &str) = ("day", "numeric");
const MONTH: (&str, &str) = ("month", "short");
const YEAR: (&str, &str) = ("year", "numeric");
const MINUTE: (&str, &str) = ("minute", "2-digit");

impl Form {
    const fn options(self) -> Options {
        match self {
            Self::Clock => &[("timeStyle", "short")],
            Self::Weekday => &[("weekday", "long")],
            Self::DayAndMonth => &[DAY, MONTH],
            Self::ShortDate => &[DAY, MONTH, YEAR],
            Self::Date => &[("dateStyle", "long")],
            Self::Full => &[("dateStyle", "long"), ("timeStyle", "short")],
            Self::Year => &[YEAR],
        }
    }

    /// All but the hours, of a form that has a clock. With `timeStyle` and a clock that is not the language's own, some
    /// have 02:05 pm, or another form of the date.
    const fn without_hours(self) -> Option<Options> {
        match self {
            Self::Clock => Some(&[MINUTE]),
            Self::Full => Some(&[DAY, ("month", "long"), YEAR, MINUTE]),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hours {
    OfLanguage,
    Twelve,
    TwentyFour,
}

impl Hours {
    /// `None` for those of the language. Not `hour12`, by which midnight is 0:05 am or 24:05 in some languages.
    const fn options(self) -> Option<Options> {
        match self {
            Self::OfLanguage => None,
            Self::Twelve => Some(&[("hour", "numeric"), ("hourCycle", "h12")]),
            Self::TwentyFour => Some(&[("hour", "2-digit"), ("hourCycle", "h23")]),
        }
    }
}

/// What the forms depend on, beside the language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader {
    hours: Hours,
    /// Of the time zone now, by which another zone is noticed.
    minutes_behind_utc: i32,
}

thread_local! {
    /// To make one takes longer than to format a hundred times.
    static FORMATS: RefCell<Vec<(Reader, Form, DateTimeFormat)>> = const { RefCell::new(Vec::new()) };
}

impl Reader {
    /// With the user's choice, which the root element has.
    pub(super) fn of_page() -> Self {
        let root = document().document_element();
        let choice = root.and_then(|root| root.get_attribute("data-clock"));
        Self {
            hours: match choice.as_deref() {
                Some("12") => Hours::Twelve,
                Some("24") => Hours::TwentyFour,
                _ => Hours::OfLanguage,
            },
            minutes_behind_utc: minutes_behind_utc(&date(now())),
        }
    }

    pub(super) fn text(self, form: Form, at: OffsetDateTime) -> String {
        self.format(form, &date(at))
    }

    /// A day by the clocks of the browser's time zone.
    pub(super) fn day_text(self, form: Form, day: Date) -> String {
        const NOON: i32 = 12;
        #[allow(clippy::cast_sign_loss, reason = "no message is that old")]
        let year = day.year() as u32;
        let month = i32::from(u8::from(day.month())) - 1;
        let day = i32::from(day.day());
        let noon = js_sys::Date::new_with_year_month_day_hr(year, month, day, NOON);
        self.format(form, &noon)
    }

    /// The part of the clock that says which half of the day it is, where it has twelve hours.
    pub(super) fn half_day(self, at: OffsetDateTime) -> Option<String> {
        let get = |part: &JsValue, name: &str| Reflect::get(part, &name.into()).ok()?.as_string();
        let parts = self.with(Form::Clock, |format| format.format_to_parts(&date(at)));
        let mut parts = parts.iter();
        let half = parts.find(|part| get(part, "type").as_deref() == Some("dayPeriod"))?;
        get(&half, "value")
    }

    fn format(self, form: Form, date: &js_sys::Date) -> String {
        let text = self.with(form, |format| {
            format.format().call1(&JsValue::UNDEFINED, date)
        });
        text.ok()
            .and_then(|text| text.as_string())
            .unwrap_or_default()
    }

    fn with<T>(self, form: Form, work: impl FnOnce(&DateTimeFormat) -> T) -> T {
        FORMATS.with_borrow_mut(|formats| {
            formats.retain(|(reader, ..)| *reader == self);
            let known = formats.iter().position(|(_, it, _)| *it == form);
            let index = known.unwrap_or_else(|| {
                formats.push((self, form, self.new_format(form)));
                formats.len() - 1
            });
            work(&formats[index].2)
        })
    }

    fn new_format(self, form: Form) -> DateTimeFormat {
        let options = Object::new();
        let (fields, hours) = match (form.without_hours(), self.hours.options()) {
            (Some(fields), Some(hours)) => (fields, hours),
            _ => (form.options(), &[][..]),
        };
        for (name, value) in fields.iter().chain(hours) {
            // Setting a property of a new object cannot fail.
            let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
        }
        DateTimeFormat::new(&Array::new(), options.unchecked_ref())
    }
}

pub(super) fn now() -> OffsetDateTime {
    from_milliseconds(js_sys::Date::now())
}

pub(super) fn from_milliseconds(milliseconds: f64) -> OffsetDateTime {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a clock has no more than 53 bits"
    )]
    OffsetDateTime::from_unix_timestamp(milliseconds as i64 / 1000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The same time in the browser's time zone, as of that time.
pub(super) fn local(at: OffsetDateTime) -> OffsetDateTime {
    let offset = UtcOffset::from_whole_seconds(minutes_behind_utc(&date(at)) * -60);
    offset.map_or(at, |offset| at.to_offset(offset))
}

fn minutes_behind_utc(date: &js_sys::Date) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "minutes of a day")]
    let minutes = date.get_timezone_offset() as i32;
    minutes
}

fn date(at: OffsetDateTime) -> js_sys::Date {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a clock has no more than 53 bits"
    )]
    let milliseconds = (at.unix_timestamp() * 1000) as f64;
    js_sys::Date::new(&milliseconds.into())
}

/// The name of the browser's time zone in the IANA database.
pub fn time_zone_name() -> Option<String> {
    let options =
        DateTimeFormat::new(&Array::new(), Object::new().unchecked_ref()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}
