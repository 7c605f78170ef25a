//! What is said about filters that do not do what they seem to say.

use super::days::likely;
use crate::text::distance;
use model::{SearchProblem, SearchProblemCode};
use time::Date;

/// Of an operator that does not know its value. `known` are the values of one with a fixed set.
pub fn of_value(
    code: SearchProblemCode,
    filter: String,
    operator: &'static str,
    known: &[&str],
    today: Date,
) -> SearchProblem {
    let (sign, value) = sign_and_value(&filter);
    let mut values = match operator {
        "from" => vec!["me".to_owned()],
        "in" => Vec::new(),
        "before" | "after" | "on" => days(&value, today),
        _ => known.iter().map(|it| (*it).to_owned()).collect(),
    };
    // Stable: those that are not like it stay in their order.
    values.sort_by_key(|it| distance(&value, it).min(value.chars().count().max(3) / 2 + 1));
    let named = format!("{sign}{operator}:");
    let detail = match (operator, known) {
        ("before" | "after" | "on", _) => format!(
            "“{named}” takes a day (2026-03-05), a month (2026-03), a year, today or yesterday."
        ),
        (_, []) => format!("“{named}” needs a name."),
        (_, [only]) => format!("“{named}” takes {only}."),
        (_, [all @ .., last]) => format!("“{named}” takes {} or {last}.", all.join(", ")),
    };
    SearchProblem {
        filter,
        code,
        detail,
        suggestions: values.iter().map(|it| format!("{named}{it}")).collect(),
    }
}

/// Of `-on:`.
pub fn not_negatable(filter: String) -> SearchProblem {
    let (_, value) = sign_and_value(&filter);
    SearchProblem {
        code: SearchProblemCode::NotNegatable,
        detail: "“-on:” leaves out nothing: a search has one range of time.".to_owned(),
        suggestions: vec![format!("before:{value}"), format!("after:{value}")],
        filter,
    }
}

/// Of `from:` or `in:` with a name that nobody, or no conversation of the caller, has.
pub fn of_name(
    code: SearchProblemCode,
    filter: String,
    name: &str,
    similar: &[String],
) -> SearchProblem {
    let named = &filter[..=filter.find(':').unwrap_or(0)];
    let suggestions = similar.iter().map(|it| format!("{named}{}", quoted(it)));
    SearchProblem {
        code,
        detail: match code {
            SearchProblemCode::UnknownUser => format!("Nobody is called “{name}”."),
            _ => format!("You are in no conversation that is called “{name}”."),
        },
        suggestions: suggestions.collect(),
        filter,
    }
}

/// The minus of a filter, and its value without quotes, in lower case.
fn sign_and_value(filter: &str) -> (&'static str, String) {
    let sign = if filter.starts_with('-') { "-" } else { "" };
    let value = filter.split_once(':').map_or("", |(_, value)| value);
    let value = value.trim_matches(['"', '“', '”', '„', '«', '»']);
    (sign, value.trim().to_lowercase())
}

/// What may be meant for days, and otherwise three that are understood.
fn days(value: &str, today: Date) -> Vec<String> {
    let month = format!("{:04}-{:02}", today.year(), u8::from(today.month()));
    let always = ["today".to_owned(), "yesterday".to_owned(), month];
    likely(value).into_iter().chain(always).take(3).collect()
}

/// A value as it is written after an operator: with quotes if it has spaces.
fn quoted(value: &str) -> String {
    if !value.contains(char::is_whitespace) && !value.starts_with(['"', '“', '„', '«']) {
        value.to_owned()
    } else if value.contains('"') {
        format!("“{value}”")
    } else {
        format!("\"{value}\"")
    }
}
