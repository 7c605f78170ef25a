//! A row of a dump: a document of `MongoDB` or a row of a table, whose fields are found by name in
//! camelCase and `snake_case` alike, and whose values may be extended JSON.

use super::extended_json;
use chat::ExternalId;
use serde_json::{Map, Value};
use std::cell::RefCell;
use time::OffsetDateTime;

/// Why a field cannot be used, in words for the report.
pub type Reason = String;

/// The fields of one row, in the order of the dump.
pub struct Row {
    fields: Vec<(String, Value)>,
    /// What was left out of a row that is taken.
    notes: RefCell<Vec<Reason>>,
}

impl Row {
    pub fn new(fields: Map<String, Value>) -> Self {
        Self {
            fields: fields.into_iter().collect(),
            notes: RefCell::default(),
        }
    }

    /// Remembers what of the row is left out, for the report.
    pub fn note(&self, reason: Reason) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&reason) {
            notes.push(reason);
        }
    }

    pub fn notes(&self) -> Vec<Reason> {
        self.notes.take()
    }

    /// The row in a line of a dump.
    ///
    /// # Errors
    /// The line is not a JSON object.
    pub fn parse(line: &[u8]) -> Result<Self, Reason> {
        match serde_json::from_slice(line) {
            Ok(Value::Object(fields)) => Ok(Self::new(fields)),
            Ok(_) => Err("the row is not a JSON object".to_owned()),
            Err(_) => Err("the row is not JSON".to_owned()),
        }
    }

    /// The first of these fields that is there and not null. `_id` is `id`.
    pub fn get(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| {
            let is_it =
                |(field, value): &&(String, Value)| is_same(field, name) && !value.is_null();
            self.fields.iter().find(is_it).map(|(_, value)| value)
        })
    }

    /// Whether the dump has a field, even if it is null.
    pub fn has(&self, names: &[&str]) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|(field, _)| names.iter().any(|name| is_same(field, name)))
    }

    /// An id that must be there.
    pub fn id(&self, names: &[&str]) -> Result<ExternalId, Reason> {
        self.optional_id(names)?
            .ok_or_else(|| format!("`{}` is missing", names[0]))
    }

    pub fn optional_id(&self, names: &[&str]) -> Result<Option<ExternalId>, Reason> {
        self.get(names)
            .map(|value| external_id(value).ok_or_else(|| format!("`{}` is not an id", names[0])))
            .transpose()
    }

    /// The ids of a list, or of a list of documents. What is no id is left out.
    pub fn ids(&self, names: &[&str]) -> Vec<ExternalId> {
        let list = self.get(names).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(external_id).collect()
    }

    pub fn text(&self, names: &[&str]) -> Option<&str> {
        self.get(names).and_then(Value::as_str)
    }

    /// A text that is neither missing nor blank, without white space around it.
    pub fn filled(&self, names: &[&str]) -> Option<String> {
        let text = self.text(names)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether a flag is set. `SQLite` and `MySQL` have 0 and 1.
    pub fn flag(&self, names: &[&str]) -> bool {
        self.optional_flag(names).unwrap_or(false)
    }

    pub fn optional_flag(&self, names: &[&str]) -> Option<bool> {
        match self.get(names)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => Some(matches!(text.as_str(), "true" | "t" | "1")),
            number => extended_json::integer(number).map(|number| number != 0),
        }
    }

    pub fn time(&self, names: &[&str]) -> Result<OffsetDateTime, Reason> {
        self.optional_time(names)?
            .ok_or_else(|| format!("`{}` is missing", names[0]))
    }

    pub fn optional_time(&self, names: &[&str]) -> Result<Option<OffsetDateTime>, Reason> {
        self.get(names)
            .map(|value| {
                extended_json::time(value).ok_or_else(|| format!("`{}` is not a time", names[0]))
            })
            .transpose()
    }

    /// The document in a field.
    pub fn row(&self, names: &[&str]) -> Option<Row> {
        let fields = self.get(names).and_then(Value::as_object);
        fields.map(|fields| Self::new(fields.clone()))
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

/// The id in a value: text, a number, an `ObjectId`, or that of a document in place of its id.
pub fn external_id(value: &Value) -> Option<ExternalId> {
    match value {
        Value::String(text) => ExternalId::parse(text),
        Value::Object(document) => match extended_json::text(value) {
            Some(text) => ExternalId::parse(&text),
            None => external_id(document.get("_id").or_else(|| document.get("id"))?),
        },
        number => ExternalId::parse(&extended_json::integer(number)?.to_string()),
    }
}

/// Whether two names differ only in case and underscores.
fn is_same(left: &str, right: &str) -> bool {
    letters_of(left).eq(letters_of(right))
}

fn letters_of(name: &str) -> impl Iterator<Item = u8> {
    let letters = name.bytes().filter(|byte| *byte != b'_');
    letters.map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::Row;
    use time::macros::datetime;

    fn row(text: &str) -> Row {
        Row::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn fields_are_found_in_any_spelling() {
        let row = row(
            r#"{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "sender_id": 7, "groupId": null,
            "participant_1_id": "9", "isRead": 1, "sender": {"_id": "a", "name": "Ada"}}"#,
        );
        assert_eq!(
            row.id(&["id"]).unwrap().as_str(),
            "507f1f77bcf86cd799439011"
        );
        assert_eq!(row.id(&["senderId"]).unwrap().as_str(), "7");
        assert_eq!(row.id(&["participant1Id"]).unwrap().as_str(), "9");
        assert_eq!(row.id(&["sender"]).unwrap().as_str(), "a");
        assert_eq!(row.id(&["groupId"]).unwrap_err(), "`groupId` is missing");
        assert!(row.flag(&["is_read"]));
    }

    #[test]
    fn what_cannot_be_read_says_which_field() {
        let row = row(r#"{"id": [], "createdAt": "yesterday"}"#);
        assert_eq!(row.id(&["id"]).unwrap_err(), "`id` is not an id");
        assert_eq!(
            row.time(&["createdAt"]).unwrap_err(),
            "`createdAt` is not a time"
        );
        assert!(Row::parse(b"[1]").is_err());
        assert!(Row::parse(b"{").is_err());
    }

    #[test]
    fn a_time_that_not_everybody_can_hold_is_none() {
        for text in [
            r#""9999-12-31T23:59:59-23:59""#,
            r#""9999-12-31T23:59:59Z""#,
            r#""0000-01-01T00:00:00+23:59""#,
            r#""-9999-01-01""#,
            r#""0001-01-01 00:00:00+00 BC""#,
            r#""infinity""#,
            r#"{"$date": "9999-12-31T23:59:59.999-00:01"}"#,
            r#"{"$date": {"$numberLong": "-210900000000000"}}"#,
            r#"{"$date": {"$numberLong": "-377705116800000"}}"#,
            r#"{"$date": {"$numberLong": "9223372036854775807"}}"#,
            r#"{"$date": {"$numberLong": "-9223372036854775808"}}"#,
            r#"{"$date": {"$numberDouble": "Infinity"}}"#,
            r#"{"$date": {"$date": {"$date": 1}}}"#,
            "253402300799999",
            "18446744073709551615",
            "1e300",
        ] {
            let row = row(&format!(r#"{{"at": {text}}}"#));
            let reason = row.time(&["at"]).unwrap_err();
            assert_eq!(reason, "`at` is not a time", "{text}");
        }
        let last = row(r#"{"at": "9998-12-31T23:59:59.999Z"}"#);
        assert!(last.time(&["at"]).is_ok());
    }

    #[test]
    fn times_of_all_dumps_are_the_same() {
        for text in [
            r#"{"at": {"$date": "2026-03-01T12:04:05.678Z"}}"#,
            r#"{"at": {"$date": {"$numberLong": "1772366645678"}}}"#,
            r#"{"at": {"$date": 1772366645678}}"#,
            r#"{"at": "2026-03-01T12:04:05.678"}"#,
            r#"{"at": "2026-03-01 12:04:05.678+00"}"#,
            r#"{"at": "2026-03-01T13:04:05.678+01:00"}"#,
            r#"{"at": "2026-03-01T17:34:05.678+0530"}"#,
            r#"{"at": 1772366645678}"#,
        ] {
            let at = row(text).time(&["at"]).unwrap();
            assert_eq!(at, datetime!(2026-03-01 12:04:05.678 UTC), "{text}");
        }
    }
}
