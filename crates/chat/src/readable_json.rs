//! JSON of others, of which a part cannot be read: half of a surrogate pair, as text that was cut has it
//! (`"\ud83d"`), a number beyond every range, nesting without end. Only that part is lost.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value, value::RawValue};
use std::fmt;

/// Levels of objects and lists within which the unreadable part is looked for. Deeper down, the value of
/// the last level is lost as a whole.
const MAX_LEVELS: usize = 8;

/// The value of a JSON text, with an empty list in place of each value that cannot be read: it is neither
/// absent nor null, and equal to nothing that anybody looks for. `None` for what is no JSON.
pub fn parse_readable(json: &[u8]) -> Option<Value> {
    serde_json::from_slice(json).ok().or_else(|| {
        let raw: &RawValue = serde_json::from_slice(json).ok()?;
        Some(readable(raw, MAX_LEVELS))
    })
}

/// The same for JSON that has been taken over as it is.
pub fn readable_value(raw: &RawValue) -> Value {
    readable(raw, MAX_LEVELS)
}

fn readable(raw: &RawValue, levels: usize) -> Value {
    if let Ok(value) = serde_json::from_str(raw.get()) {
        return value;
    }
    let unreadable = || Value::Array(Vec::new());
    let Some(levels) = levels.checked_sub(1) else {
        return unreadable();
    };
    if raw.get().starts_with('{') {
        let object: Option<RawObject<'_>> = serde_json::from_str(raw.get()).ok();
        return object.map_or_else(unreadable, |object| object.readable(levels));
    }
    let list: Option<Vec<&RawValue>> = serde_json::from_str(raw.get()).ok();
    list.map_or_else(unreadable, |list| {
        list.into_iter().map(|it| readable(it, levels)).collect()
    })
}

/// The fields of an object in order, whatever their names are.
struct RawObject<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl RawObject<'_> {
    /// A field whose name cannot be read is left out. Of two with one name, the last one counts.
    fn readable(self, levels: usize) -> Value {
        let fields = self.0.into_iter().filter_map(|(name, value)| {
            let name: String = serde_json::from_str(name.get()).ok()?;
            Some((name, readable(value, levels)))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> de::Visitor<'de> for Fields {
            type Value = RawObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(RawObject(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::parse_readable;
    use serde_json::json;

    #[test]
    fn only_the_unreadable_part_is_lost() {
        for bad in [r#""\ud83d""#, r#""a\udc00b""#, "1e400", "-1e999"] {
            let text = format!(
                r#"{{"sub":"7","bad":{bad},"roles":["a",{bad}],"user":{{"x":{bad},"id":5}}}}"#
            );
            let expected = json!({
                "sub": "7", "bad": [], "roles": ["a", []], "user": { "x": [], "id": 5 }
            });
            assert_eq!(parse_readable(text.as_bytes()), Some(expected), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let around = parse_readable(format!(r#"{{"bad":{deep},"sub":"7"}}"#).as_bytes());
        assert_eq!(around.unwrap()["sub"], "7");
        let name = parse_readable(br#"{"\ud83d":1,"a":2,"a":1e400}"#);
        assert_eq!(name, Some(json!({ "a": [] })));
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        for bad in ["", "{", r#"{"a":}"#, r#"{"a":1}}"#, r#""\ud8""#, "{'a':1}"] {
            assert_eq!(parse_readable(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse_readable(b"{\"a\":\"\xff\"}"), None, "no UTF-8");
        assert_eq!(parse_readable(b"[1]"), Some(json!([1])));
    }
}
