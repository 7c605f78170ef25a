//! What is wrong with JSON that a client has sent.

use serde_json::Value;

/// What is wrong with a JSON text, in words that name no part of the parser. What is wrong with a value has words of
/// the client in it, and is for `fault`.
pub fn json_reason(error: &serde_json::Error) -> String {
    let reason = if is_half_character(error) {
        "has half of a character, a surrogate (\\ud800 to \\udfff) without its other half"
    } else {
        "is not valid JSON"
    };
    let (line, column) = (error.line(), error.column());
    format!("{reason} (line {line}, column {column})")
}

/// Whether a text in the JSON has a surrogate without its other half, which only who reads the text notices.
pub fn is_half_character(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().contains("hex escape")
}

/// A whole number with its sign, as parameters have it.
const NUMBER: &str = "must be a whole number";
const TEXT: &str = "must be a text";
const TIME: &str = "must be a time, such as 2027-01-04T08:00:00Z";

/// Characters of the name of a field that are told: ours have fewer.
const MAX_NAME: usize = 64;

/// Field and reason, from the path that serde was at, empty for the whole, and what it says. A client's own text is
/// in neither but for the names of fields.
pub fn fault(path: &str, text: &str, whole: &str) -> (String, String) {
    let named = |prefix| text.strip_prefix(prefix)?.strip_suffix('`');
    let within = |name: &str| match path {
        "" => field_name(name),
        path => field_name(&format!("{path}.{name}")),
    };
    if let Some(name) = named("missing field `") {
        return (within(name), "is missing".to_owned());
    }
    if let Some(name) = named("duplicate field `") {
        return (within(name), "is given more than once".to_owned());
    }
    // The name of one that is unknown is a client's own text, and mostly the end of the path.
    let unknown = text.strip_prefix("unknown field `");
    if let Some(name) = unknown.and_then(|it| Some(it.rsplit_once("`, expected ")?.0)) {
        let is_told = path == name || path.ends_with(&format!(".{name}"));
        let field = if is_told {
            field_name(path)
        } else {
            within(name)
        };
        return (field, "is unknown".to_owned());
    }
    let field = field_name(if path.is_empty() { whole } else { path });
    (field, value_reason(text))
}

/// The name of a field as it is told: a client may have chosen it.
pub fn field_name(name: &str) -> String {
    let shown = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    name.chars().take(MAX_NAME).map(shown).collect()
}

/// What is wrong with a value, from what serde says of it, in words that name no type of the program. What the client
/// has sent comes before what was expected.
fn value_reason(text: &str) -> String {
    if let Some((_, wanted)) = text.rsplit_once(", expected ") {
        // A list of variants, or a type.
        return match wanted.strip_prefix("one of ") {
            Some(names) => format!("must be one of {}", names.replace('`', "")),
            None => format!("must be {}", wanted_value(wanted)),
        };
    }
    let has = |part| text.contains(part);
    if text.starts_with("unknown variant") {
        UNREADABLE.to_owned()
    } else if text.starts_with("must be ") {
        text.to_owned()
    } else if has("digit") || has("integer") || has("number too") || text == "number out of range" {
        NUMBER.to_owned()
    } else if has("component")
        || has("character literal")
        || has("unexpected end of input")
        || has("unexpected trailing characters")
        || has("was not in range")
        || has("not a time")
    {
        // `time` names the part that it could not read.
        TIME.to_owned()
    } else if text == "expected value" {
        // One of several texts was expected, and something else is there.
        TEXT.to_owned()
    } else if has("provided string was not `true` or `false`") {
        "must be true or false".to_owned()
    } else {
        UNREADABLE.to_owned()
    }
}

/// Where serde says something that is known to have no words for clients.
const UNREADABLE: &str = "can't be read";

/// What serde expected, as people call it. What is not here is a type of the program, or words of our own.
fn wanted_value(wanted: &str) -> String {
    let is = |begins: &[&str]| begins.iter().any(|it| wanted.starts_with(it));
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
        | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "unit" | "null" => "null",
        // A text, or one of several: what these are is told to whom sends another text.
        "a string"
        | "a borrowed string"
        | "str"
        | "a character"
        | "string or map"
        | "map with a single key" => "a text",
        _ if wanted.contains("OffsetDateTime") => return TIME.replacen("must be ", "", 1),
        _ if is(&["a nonzero"]) => "a whole number, and not 0",
        _ if is(&["a sequence", "a tuple", "tuple", "an array", "array"]) => "a list",
        _ if is(&[
            "a map",
            "map",
            "struct ",
            "internally tagged",
            "adjacently tagged",
        ]) =>
        {
            "an object"
        }
        _ if is(&["enum ", "variant ", "unit variant", "newtype ", "value"]) => "a text",
        _ => return wanted.replace('`', ""),
    }
    .to_owned()
}

/// Whether a text anywhere in the value has a NUL character.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.values().any(has_nul),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME, fault, field_name, json_reason, value_reason};
    use serde::Deserialize;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use time::OffsetDateTime;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Newest,
        Best,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Direct,
        Group,
        Channel,
    }

    #[derive(Debug, Deserialize)]
    struct Limits {
        #[allow(dead_code, reason = "it is only read")]
        limit: i64,
    }

    #[derive(Debug, Deserialize)]
    struct At(
        #[serde(with = "model::timestamp")]
        #[allow(dead_code, reason = "it is only read")]
        OffsetDateTime,
    );

    fn reason<T: std::fmt::Debug + for<'a> Deserialize<'a>>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
        value_reason(error.rsplit_once(" at line ").unwrap().0)
    }

    #[test]
    fn names_no_type_of_the_program() {
        let number = "must be a whole number";
        assert_eq!(reason::<i64>("\"x\""), number);
        assert_eq!(reason::<u32>("-1"), number);
        assert_eq!(
            value_reason(&"x".parse::<i64>().unwrap_err().to_string()),
            number
        );
        assert_eq!(
            value_reason(&"".parse::<i64>().unwrap_err().to_string()),
            number
        );
        assert_eq!(reason::<String>("1"), "must be a text");
        assert_eq!(reason::<bool>("1"), "must be true or false");
        assert_eq!(reason::<Vec<i64>>("1"), "must be a list");
        assert_eq!(reason::<Order>("\"x\""), "must be newest or best");
        assert_eq!(
            reason::<Kind>("\"x\""),
            "must be one of direct, group, channel"
        );
        let time = "must be a time, such as 2027-01-04T08:00:00Z";
        for wrong in [
            "\"\"",
            "\"tomorrow\"",
            "\"2027-13-04T08:00:00Z\"",
            "\"2027-01-04\"",
            "1",
        ] {
            assert_eq!(reason::<At>(wrong), time, "{wrong}");
        }
    }

    /// As over Socket.IO, where serde reads a value and no text.
    fn reason_of<T: std::fmt::Debug + for<'a> Deserialize<'a>>(value: &Value) -> String {
        value_reason(&T::deserialize(value).unwrap_err().to_string())
    }

    fn tells_both<T: std::fmt::Debug + for<'a> Deserialize<'a>>(wrong: &[Value], told: &str) {
        for value in wrong {
            assert_eq!(reason_of::<T>(value), told, "{value}");
            assert_eq!(reason::<T>(&value.to_string()), told, "{value}");
        }
    }

    #[test]
    fn tells_each_kind_of_value_in_the_same_words_from_both_doors() {
        let list = "must be a list";
        let wrong = [json!({ "a": 1 }), json!(null), json!("x"), json!(true)];
        tells_both::<Vec<i64>>(&wrong, list);
        tells_both::<(i64, i64)>(&wrong, list);
        tells_both::<[i64; 2]>(&wrong, list);
        let wrong = [json!(null), json!("x"), json!(1.5)];
        tells_both::<Limits>(&wrong, "must be an object");
        tells_both::<BTreeMap<String, i64>>(&wrong, "must be an object");
        let wrong = [
            json!(null),
            json!("x"),
            json!(1.5),
            json!(99_999),
            json!([]),
            json!({}),
        ];
        tells_both::<i16>(&wrong, "must be a whole number");
        tells_both::<f64>(&[json!(null), json!("x")], "must be a number");
        tells_both::<bool>(&wrong, "must be true or false");
        tells_both::<String>(&[json!(null), json!(1), json!([])], "must be a text");
        tells_both::<Order>(&[json!(null), json!(1), json!([])], "must be a text");
        tells_both::<Order>(&[json!({ "best": 1 })], "must be null");
        let time = "must be a time, such as 2027-01-04T08:00:00Z";
        tells_both::<At>(
            &[json!(null), json!("x"), json!("2027-02-30"), json!({})],
            time,
        );
        assert_eq!(reason::<i64>("1e999"), "must be a whole number");
        assert_eq!(reason_of::<Order>(&json!({})), "must be a text");
    }

    #[test]
    fn tells_no_text_of_the_client() {
        for text in [
            "x, expected foo",
            "x`, expected one of `y",
            "hex escape",
            "x at line 1 column 1",
            "digit",
            "missing field `secret`",
        ] {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(reason::<Order>(&json), "must be newest or best", "{text}");
            assert_eq!(reason::<i64>(&json), "must be a whole number", "{text}");
            let error = serde_json::from_str::<Order>(&json).unwrap_err();
            assert!(!json_reason(&error).contains("surrogate"), "{text}");
        }
        assert_eq!(value_reason("something else: <b>"), "can't be read");
        let error = serde_json::from_str::<Value>("{\"body\": }").unwrap_err();
        assert_eq!(json_reason(&error), "is not valid JSON (line 1, column 10)");
        let error = serde_json::from_str::<Value>("\"\\ud800\"").unwrap_err();
        assert!(json_reason(&error).starts_with("has half of a character"));
    }

    #[test]
    fn names_the_field_that_is_missing_or_comes_twice() {
        let known = |path: &str, text: &str| {
            let (field, reason) = fault(path, text, "query");
            format!("{field} {reason}")
        };
        assert_eq!(known("", "missing field `q`"), "q is missing");
        assert_eq!(
            known("", "duplicate field `limit`"),
            "limit is given more than once"
        );
        assert_eq!(known("new", "missing field `body`"), "new.body is missing");
        assert_eq!(known("", "nonsense"), "query can't be read");
        for (path, name) in [
            ("poll.max_choices", "max_choices"),
            ("poll", "max_choices"),
            ("poll.a`, expected b", "a`, expected b"),
        ] {
            let text = format!("unknown field `{name}`, expected one of `options`, `maxChoices`");
            let told = known(path, &text);
            assert!(
                told.starts_with("poll.") && told.ends_with(" is unknown"),
                "{told}"
            );
            assert!(!told.contains("options"), "{told}");
        }
        assert_eq!(field_name("a\u{202e}b\n<"), "a?b?<");
        assert_eq!(field_name(&"x".repeat(1000)).len(), MAX_NAME);
    }
}
