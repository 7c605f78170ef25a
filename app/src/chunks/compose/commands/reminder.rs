//! The time of `/remind`: one that has a name, or how long from now.

use super::duration;
use crate::{chunks::later::times::choices, client::now, ui::Zone};
use time::OffsetDateTime;

/// The names of times that begin with a text, or have a word that does.
pub fn names(zone: Zone, query: &str) -> Vec<String> {
    let query = query.to_lowercase();
    let names = choices(zone, now()).into_iter().map(|(name, _)| name);
    let begins = |name: &String| {
        let name = name.to_lowercase();
        name.starts_with(&query) || name.contains(&format!(" {query}"))
    };
    names.filter(begins).collect()
}

/// The time that is written. `None` if it is none.
pub fn read(zone: Zone, text: &str) -> Option<OffsetDateTime> {
    let now = now();
    read_at(&choices(zone, now), now, text)
}

fn read_at(
    choices: &[(String, OffsetDateTime)],
    now: OffsetDateTime,
    text: &str,
) -> Option<OffsetDateTime> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("me ").unwrap_or(&text).trim_start();
    let after = text.strip_prefix("in ").unwrap_or(text);
    if let Some(duration) = duration::parse(after) {
        return now.checked_add(duration);
    }
    // A day without its hour.
    let is_day = !text.is_empty() && !text.starts_with("in");
    let named = choices.iter().find(|(name, _)| {
        let name = name.to_lowercase();
        name == text || is_day && name.starts_with(&format!("{text} "))
    });
    named.map(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::read_at;
    use time::{Duration, macros::datetime};

    #[test]
    fn reads_names_of_times_and_durations() {
        let now = datetime!(2026-11-27 12:00 UTC);
        let tomorrow = datetime!(2026-11-28 09:00 UTC);
        let choices = [
            ("In 20 minutes".to_owned(), now + Duration::minutes(20)),
            ("In 1 hour".to_owned(), now + Duration::hours(1)),
            ("Tomorrow at 09:00".to_owned(), tomorrow),
        ];
        let read = |text: &str| read_at(&choices, now, text);
        for (text, minutes) in [
            ("In 20 minutes", 20),
            ("me in 20 minutes ", 20),
            ("in an hour", 60),
            ("2h", 120),
            ("me 3 days", 4_320),
        ] {
            assert_eq!(read(text), Some(now + Duration::minutes(minutes)), "{text}");
        }
        for text in [
            "tomorrow",
            "Tomorrow at 09:00",
            "me TOMORROW",
            "tomorrow at",
        ] {
            assert_eq!(read(text), Some(tomorrow), "{text}");
        }
        for text in ["", "me", "in", "in 1", "tom", "yesterday", "at 9"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
