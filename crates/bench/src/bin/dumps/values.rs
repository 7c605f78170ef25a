//! Values of the rows: ids, texts, times, and rows that are broken.

use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};
use std::fmt::Write;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const WORDS: &[&str] = &[
    "the",
    "to",
    "and",
    "a",
    "of",
    "is",
    "it",
    "that",
    "for",
    "you",
    "we",
    "on",
    "with",
    "this",
    "can",
    "have",
    "not",
    "please",
    "thanks",
    "meeting",
    "tomorrow",
    "server",
    "release",
    "review",
    "größer",
    "naïve",
    "Übung",
    "привет",
    "сегодня",
    "встреча",
    "你好",
    "明天见",
    "会議",
    "ありがとう",
    "안녕하세요",
    "مرحبا",
    "שלום",
    "नमस्ते",
    "👍",
    "🎉",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "😀",
    "<b>bold</b>",
    "\"quoted\"",
    "back\\slash",
    "https://example.org/a?b=c&d=e",
];

/// One to forty words, sometimes several lines.
pub fn text(random: &mut StdRng) -> String {
    let count = match random.random_range(0..10) {
        0..=6 => random.random_range(1..12),
        7..=8 => random.random_range(12..25),
        _ => random.random_range(25..40),
    };
    let mut text = String::new();
    for number in 0..count {
        if number > 0 {
            text.push(if random.random_bool(0.03) { '\n' } else { ' ' });
        }
        text.push_str(WORDS[random.random_range(0..WORDS.len())]);
    }
    text
}

/// An `ObjectId` of a kind (users, messages, …) and a number.
pub fn object_id(kind: u8, number: u64) -> String {
    format!("67{kind:02x}{number:020x}")
}

/// A cuid of a kind and a number.
pub fn cuid(kind: char, number: u64) -> String {
    format!("cm{kind}{number:022}")
}

pub fn iso(milliseconds: i64) -> String {
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

/// Values of `MongoDB` as extended JSON, relaxed or canonical.
#[derive(Clone, Copy)]
pub struct Bson {
    pub canonical: bool,
}

impl Bson {
    pub fn time(self, milliseconds: i64) -> Value {
        if self.canonical {
            json!({ "$date": { "$numberLong": milliseconds.to_string() } })
        } else {
            json!({ "$date": iso(milliseconds) })
        }
    }

    pub fn int(self, number: i32) -> Value {
        if self.canonical {
            json!({ "$numberInt": number.to_string() })
        } else {
            number.into()
        }
    }
}

/// The faults of a row of the messages, by turns. Each is one for which an import leaves the row.
pub fn spoil(mut row: Value, number: u64, fields: &Fields) -> String {
    match number % 4 {
        0 => row[fields.created_at] = Value::Null,
        1 => row[fields.sender] = json!([]),
        2 => {
            let mut long = String::new();
            for word in 0..3000 {
                let _ = write!(long, "word{word} ");
            }
            row[fields.text] = long.into();
        }
        _ => row[fields.id] = Value::Null,
    }
    row.to_string()
}

/// The names of the fields of a message.
pub struct Fields {
    pub id: &'static str,
    pub sender: &'static str,
    pub text: &'static str,
    pub created_at: &'static str,
}
