//! Ids and times as the five systems write them.

use chat::ExternalId;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use crate::contracts::timestamp::iso;

/// An `ObjectId` in extended JSON, if the id is one.
pub fn object_id(id: &ExternalId) -> Value {
    let text = id.as_str();
    if text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        json!({ "$oid": text })
    } else {
        text.into()
    }
}

/// A number, if the id is one that reads the same.
pub fn number(id: &ExternalId) -> Value {
    let number: Option<i64> = id.as_str().parse().ok();
    match number.filter(|number| number.to_string() == id.as_str()) {
        Some(number) => number.into(),
        None => id.as_str().into(),
    }
}

/// A time in relaxed extended JSON.
pub fn date(at: OffsetDateTime) -> Value {
    json!({ "$date": iso(at) })
}

/// Sets the fields of a document that have a value.
pub fn set<const N: usize>(document: &mut Value, fields: [(&str, Option<Value>); N]) {
    for (name, value) in fields {
        if let Some(value) = value {
            document[name] = value;
        }
    }
}
