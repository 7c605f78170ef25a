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

/// Whether a text anywhere in the value has a NUL character.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.values().any(has_nul),
        _ => false,
    }
}
