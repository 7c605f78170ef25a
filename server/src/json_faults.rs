//! What is wrong with JSON that a client has sent.

use serde_json::Value;

/// What is wrong with a JSON text, in words that name no part of the parser.
pub fn json_reason(error: &serde_json::Error) -> String {
    let reason = error.to_string();
    if reason.contains("hex escape") {
        let (line, column) = (error.line(), error.column());
        return format!(
            "has half of a character, a surrogate (\\ud800 to \\udfff) without its other half (line {line}, column {column})"
        );
    }
    reason
}

/// A whole number with its sign, as parameters have it.
const NUMBER: &str = "must be a whole number";
const TIME: &str = "must be a time, such as 2027-01-04T08:00:00Z";

/// What is wrong with a value, from what serde says of it, in words that name no type of the program.
pub fn value_reason(text: &str) -> String {
    if let Some((_, wanted)) = text.split_once(", expected ") {
        // A list of variants, or a type.
        return match wanted.strip_prefix("one of ") {
            Some(names) => format!("must be one of {}", names.replace('`', "")),
            None => format!("must be {}", wanted_value(wanted)),
        };
    }
    let has = |part| text.contains(part);
    if has("digit") || has("integer") || has("number too") {
        NUMBER.to_owned()
    } else if has("component")
        || has("character literal")
        || has("unexpected end of input")
        || has("was not in range")
    {
        // `time` names the part that it could not read.
        TIME.to_owned()
    } else if has("provided string was not `true` or `false`") {
        "must be true or false".to_owned()
    } else {
        text.to_owned()
    }
}

/// What serde expected, as people call it.
fn wanted_value(wanted: &str) -> String {
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "a string" | "a borrowed string" | "a character" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if wanted.contains("OffsetDateTime") => return TIME.replacen("must be ", "", 1),
        _ if wanted.starts_with("struct ") => "an object",
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
    use super::value_reason;
    use serde::Deserialize;
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
    struct At(
        #[serde(with = "model::timestamp")]
        #[allow(dead_code, reason = "it is only read")]
        OffsetDateTime,
    );

    fn reason<T: std::fmt::Debug + for<'a> Deserialize<'a>>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
        value_reason(error.split(" at line ").next().unwrap())
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
}
